#![allow(unused_variables)]

use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc(slwo)]
    fn topic(&self) -> String {
        self.topic.clone()
    }

    #[rpc]
    fn id(&self, cx: &mut Cx<Self>) -> Result<u64> {
        Ok(1)
    }

    #[rpc]
    async fn forward(this: This<Self>, to: String) -> Result<u64> {
        let other = this.objects().get_by_name::<Room>(to);
        other.topic().await?;
        Ok(1)
    }
}

fn main() {}

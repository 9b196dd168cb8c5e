use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[alarm]
    async fn remind(cx: &mut Cx<Self>) -> Result {
        Ok(())
    }
}

fn main() {}

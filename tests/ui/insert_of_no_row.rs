use do_runtime::prelude::*;

#[durable_object]
pub struct Room;

#[durable_object]
impl Room {
    #[rpc]
    fn join(&mut self, cx: &mut Cx<Self>, email: String) -> Result {
        cx.insert(email)?;
        Ok(())
    }
}

fn main() {}

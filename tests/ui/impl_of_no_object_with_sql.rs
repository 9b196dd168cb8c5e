use do_runtime::prelude::*;

pub struct Room;

#[durable_object]
impl Room {
    #[init]
    fn wake(&mut self) -> Result {
        Ok(())
    }

    #[rpc]
    fn first(&self, cx: &Cx<Self>, author: &str) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT body FROM message WHERE author = :author LIMIT 1").all()
    }

    fn second(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT body FROM message LIMIT 2").all()
    }
}

fn main() {}

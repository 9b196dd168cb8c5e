use do_runtime::prelude::*;

pub struct Room;

#[durable_object(helpers)]
impl Room {
    fn first(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT body FROM message LIMIT 1").all()
    }

    fn second(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT body FROM message LIMIT 2").all()
    }
}

fn main() {}

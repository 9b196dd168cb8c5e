use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Greeting {
    words: String,
}

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[websocket(open, send = Greeting)]
    fn joined(&mut self, socket: &Socket) -> Result {
        socket.send(&Greeting { words: self.topic.clone() })
    }
}

fn main() {}

//! What a stub's method takes over from the handler.
#![deny(warnings)]
#![allow(missing_docs)]

use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    #[must_use = "it is asked for"]
    fn topic(&self) -> Result<String> {
        Ok(self.topic.clone())
    }

    #[rpc]
    #[deprecated(note = "use `topic`")]
    fn subject(&self) -> Result<String> {
        Ok(self.topic.clone())
    }

    #[rpc(rename = "rename")]
    fn set_topic(&mut self, mut topic: String) -> Result {
        topic.push('!');
        self.topic = topic;
        Ok(())
    }

    #[rpc]
    #[allow(clippy::too_many_arguments)]
    fn many(&self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> Result<u8> {
        Ok(a + b + c + d + e + f + g + h)
    }
}

#[allow(deprecated)]
pub fn all(room: &RoomStub) -> (Call<Room, String>, Call<Room, String>, Call<Room, ()>) {
    (room.topic(), room.subject(), room.rename("new"))
}

fn main() {}

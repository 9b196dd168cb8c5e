//! Methods that come and go with `cfg`.
#![deny(warnings)]
#![allow(missing_docs)]

use do_runtime::prelude::*;

#[durable_object]
pub struct Room;

#[durable_object]
impl Room {
    #[cfg(unix)]
    #[rpc]
    fn system(&self) -> Result<String> {
        Ok("unix".to_owned())
    }

    #[cfg(not(unix))]
    #[rpc]
    fn system(&self, detail: Vec<String>) -> Result<String> {
        Ok(detail.concat())
    }

    #[cfg(any())]
    #[rpc]
    fn never(&self, what: DoesNotExist) -> Result {
        Ok(what)
    }

    #[cfg(any())]
    #[init]
    fn wake(&mut self) -> Result {
        Ok(())
    }
}

pub fn system(room: &RoomStub) -> Call<Room, String> {
    room.system()
}

fn main() {}

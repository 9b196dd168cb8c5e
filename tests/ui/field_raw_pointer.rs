use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[ephemeral(default = std::ptr::null())]
    buffer: *const u8,
}

#[durable_object]
impl Room {}

fn main() {}

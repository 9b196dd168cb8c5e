use do_runtime::prelude::*;

struct Mood(u8);

#[durable_object]
pub struct Room {
    #[ephemeral]
    mood: Mood,
}

#[durable_object]
impl Room {}

fn main() {}

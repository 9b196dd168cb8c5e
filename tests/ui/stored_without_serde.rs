use do_runtime::prelude::*;

#[derive(Default)]
struct Mood;

#[durable_object]
pub struct Room {
    #[stored]
    mood: Mood,
}

#[durable_object]
impl Room {}

fn main() {}

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Mood(u8);

#[durable_object]
pub struct Room {
    #[stored]
    mood: Mood,
}

#[durable_object]
impl Room {}

fn main() {}

use do_runtime::prelude::*;

#[durable_object]
pub struct Lobby;

#[durable_object]
impl Lobby {}

#[durable_object(tables(Lobby))]
pub struct Room;

#[durable_object]
impl Room {}

fn main() {}

use do_runtime::prelude::*;

#[table]
#[durable_object]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub body: String,
}

fn main() {}

use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    #[default(1)]
    pub id: Id<Message>,
    pub body: String,
}

fn main() {}

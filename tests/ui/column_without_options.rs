use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[column]
    pub body: String,
}

fn main() {}

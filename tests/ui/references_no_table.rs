use do_runtime::prelude::*;

pub struct Author;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[references]
    pub author: Id<Author>,
}

fn main() {}

use do_runtime::prelude::*;

#[table(index = (author, author desc))]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
}

fn main() {}

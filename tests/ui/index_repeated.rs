use do_runtime::prelude::*;

#[table(index = (author, at), unique = (author, at))]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
    pub at: Timestamp,
}

fn main() {}

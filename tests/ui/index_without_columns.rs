use do_runtime::prelude::*;

#[table(index)]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
}

fn main() {}

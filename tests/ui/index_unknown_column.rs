use do_runtime::prelude::*;

#[table(index = auhtor)]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
}

fn main() {}

use do_runtime::prelude::*;

#[table(idnex = author)]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
}

fn main() {}

use do_runtime::prelude::*;

#[table(colour = "red")]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
}

fn main() {}

use do_runtime::prelude::*;

#[table(ttl = "30d")]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
}

fn main() {}

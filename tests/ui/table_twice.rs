use do_runtime::prelude::*;

#[table(index = body)]
#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub body: String,
}

fn main() {}

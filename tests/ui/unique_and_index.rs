use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[unique]
    #[index]
    pub token: String,
}

fn main() {}

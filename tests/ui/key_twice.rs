use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    #[key]
    pub id: Id<Message>,
}

fn main() {}

use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[defualt(now)]
    pub at: Timestamp,
}

fn main() {}

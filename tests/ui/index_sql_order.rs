use do_runtime::prelude::*;

#[table(index = (at descending))]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub at: Timestamp,
}

fn main() {}

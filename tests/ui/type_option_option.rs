use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub reply: Option<Option<i64>>,
}

fn main() {}

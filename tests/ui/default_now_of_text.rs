use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[default(now)]
    pub at: String,
}

fn main() {}

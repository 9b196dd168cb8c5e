use do_runtime::prelude::*;

#[table(name = "sqlite_messages")]
pub struct Message {
    #[key]
    pub id: Id<Message>,
}

fn main() {}

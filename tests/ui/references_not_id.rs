use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[references(on_delete = cascade)]
    pub author: i64,
}

fn main() {}

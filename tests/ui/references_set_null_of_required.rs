use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[references(on_delete = set_null)]
    pub reply: Id<Message>,
}

fn main() {}

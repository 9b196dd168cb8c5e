use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[references(on_delete = casacde)]
    pub reply: Option<Id<Message>>,
}

fn main() {}

use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[references(delete = cascade)]
    pub reply: Option<Id<Message>>,
}

fn main() {}

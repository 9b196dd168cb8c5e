use do_runtime::prelude::*;

#[table(name = messages)]
pub struct Message {
    #[key]
    pub id: Id<Message>,
}

fn main() {}

use do_runtime::prelude::*;

#[table(name = "a", name = "b")]
pub struct Message {
    #[key]
    pub id: Id<Message>,
}

fn main() {}

use do_runtime::prelude::*;

#[table(name = "")]
pub struct Message {
    #[key]
    pub id: Id<Message>,
}

fn main() {}

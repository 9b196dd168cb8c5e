use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: Option<&str>,
}

fn main() {}

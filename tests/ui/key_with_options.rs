use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key(auto)]
    pub id: Id<Message>,
}

fn main() {}

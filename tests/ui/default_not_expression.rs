use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[default(= 1)]
    pub n: i64,
}

fn main() {}

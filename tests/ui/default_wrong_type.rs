use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[default("none")]
    pub n: i64,
}

fn main() {}

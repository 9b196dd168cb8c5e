use do_runtime::prelude::*;

pub enum Status {
    Open,
}

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub status: Status,
}

fn main() {}

use do_runtime::prelude::*;

pub struct Line;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[column(json)]
    pub lines: Vec<Line>,
}

fn main() {}

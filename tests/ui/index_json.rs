use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[column(json)]
    #[index]
    pub tags: Vec<String>,
}

fn main() {}

use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Option<i64>,
    pub body: String,
}

fn main() {}

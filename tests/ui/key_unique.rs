use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    #[unique]
    pub id: i64,
}

fn main() {}

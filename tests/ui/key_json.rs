use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    #[column(json)]
    pub id: Vec<u8>,
}

fn main() {}

use do_runtime::prelude::*;

#[table]
pub enum Message {
    #[key]
    Text(String),
}

fn main() {}

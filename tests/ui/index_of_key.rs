use do_runtime::prelude::*;

#[table(index = (session, sku))]
pub struct Message {
    #[key]
    pub session: i64,
    #[key]
    pub sku: String,
}

fn main() {}

use do_runtime::prelude::*;

#[table(search = body)]
pub struct Page {
    #[key]
    pub path: String,
    pub body: String,
}

fn main() {}

use do_runtime::prelude::*;

#[derive(Column)]
pub enum Status {
    #[column(nmae = "open")]
    Open,
}

fn main() {}

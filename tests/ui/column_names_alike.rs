use do_runtime::prelude::*;

#[derive(Column)]
pub enum Status {
    Open,
    #[column(name = "open")]
    Opened,
}

fn main() {}

use do_runtime::prelude::*;

#[derive(Row)]
pub struct Line {
    #[column(name = "body")]
    pub text: String,
}

fn main() {}

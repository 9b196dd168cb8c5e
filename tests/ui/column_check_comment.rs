use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[column(check = "n > 0 -- positive")]
    pub n: i64,
}

fn main() {}

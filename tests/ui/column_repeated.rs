use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[column(name = "body")]
    pub text: String,
    pub body: String,
}

fn main() {}

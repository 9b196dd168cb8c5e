use do_runtime::prelude::*;

#[table]
pub struct Message<T> {
    #[key]
    pub id: Id<Message<T>>,
    pub body: T,
}

fn main() {}

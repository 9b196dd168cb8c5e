use do_runtime::prelude::*;

#[table(search = "body")]
pub struct Note {
    #[key]
    pub id: Id<Note>,
    pub body: String,
}

fn main() {}

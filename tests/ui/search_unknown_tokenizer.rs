use do_runtime::prelude::*;

#[table(search(body, tokenize = "proter"))]
pub struct Note {
    #[key]
    pub id: Id<Note>,
    pub body: String,
}

fn main() {}

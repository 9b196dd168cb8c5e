use do_runtime::prelude::*;

#[table(search = title, search = body)]
pub struct Note {
    #[key]
    pub id: Id<Note>,
    pub title: String,
    pub body: String,
}

fn main() {}

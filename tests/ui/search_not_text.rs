use do_runtime::prelude::*;

#[table(search = (title, at))]
pub struct Note {
    #[key]
    pub id: Id<Note>,
    pub title: String,
    pub at: Timestamp,
}

fn main() {}

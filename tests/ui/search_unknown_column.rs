use do_runtime::prelude::*;

#[table(search = (title, bdoy))]
pub struct Note {
    #[key]
    pub id: Id<Note>,
    pub title: String,
    pub body: String,
}

#[durable_object(tables(Note))]
pub struct Notebook;

#[durable_object]
impl Notebook {
    #[rpc]
    fn find(&self, cx: &Cx<Self>, query: &str) -> Result<i64> {
        Note::search(cx, query).limit(5).count()
    }
}

fn main() {}

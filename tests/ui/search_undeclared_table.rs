use do_runtime::prelude::*;

#[table(search = body)]
pub struct Note {
    #[key]
    pub id: Id<Note>,
    pub body: String,
}

#[durable_object]
pub struct Notebook;

#[durable_object]
impl Notebook {
    #[rpc]
    fn find(&self, cx: &Cx<Self>, query: &str) -> Result<i64> {
        Note::search(cx, query).count()
    }
}

fn main() {}

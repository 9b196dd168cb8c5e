//! An object and its table in a function.
use do_runtime::prelude::*;

fn main() {
    #[table]
    struct Note {
        #[key]
        id: Id<Note>,
        text: String,
    }

    #[durable_object(tables(Note))]
    struct Notes;

    #[durable_object]
    impl Notes {
        fn texts(&self, cx: &Cx<Self>, limit: u32) -> Result<Vec<String>> {
            sql!(cx, String, "SELECT text FROM note ORDER BY id DESC LIMIT :limit").all()
        }

        fn longest(&self, cx: &Cx<Self>) -> Result<Option<i64>> {
            let row = sql!(cx, "SELECT max(length(text)) AS longest FROM note", allow(scan, "few notes")).one()?;
            Ok(row.longest)
        }
    }

    let _ = (Notes::texts, Notes::longest);
    let _ = |note: Note| (note.id, note.text);
}

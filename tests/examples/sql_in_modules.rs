//! `sql!` in nested modules, with tables under other names, and in a block of helpers elsewhere.
#![deny(warnings)]
#![allow(missing_docs)]

use do_runtime::prelude::*;

mod model {
    pub(crate) mod tables {
        use do_runtime::prelude::*;

        #[table(index = author)]
        pub(crate) struct Message {
            #[key]
            pub(crate) id: Id<Message>,
            pub(crate) author: String,
            pub(crate) body: Option<String>,
        }
    }

    pub(crate) mod objects {
        use do_runtime::prelude::*;

        use super::tables::Message as Line;

        #[durable_object(tables(Line))]
        pub(crate) struct Room;
    }
}

use model::objects::Room as Chat;
use model::tables::Message as Entry;

#[durable_object]
impl model::objects::Room {
    pub(crate) fn lines(&self, cx: &Cx<Self>, author: &str) -> Result<Vec<Entry>> {
        sql!(cx, Entry, "SELECT * FROM message WHERE author = :author").all()
    }

    pub(crate) fn bodies(&self, cx: &Cx<Self>) -> Result<Vec<Option<String>>> {
        let lines = sql!(cx, "SELECT * FROM message LIMIT 5").all()?;
        Ok(lines.into_iter().map(|line| line.body).collect())
    }
}

mod elsewhere {
    pub(crate) mod deeper {
        use do_runtime::prelude::*;

        #[durable_object(helpers)]
        impl crate::model::objects::Room {
            pub(crate) fn authors(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
                let authors = sql!(cx, "SELECT DISTINCT author FROM message LIMIT 5").all()?;
                Ok(authors.into_iter().map(|row| row.author).collect())
            }

            pub(crate) fn forget(&mut self, cx: &mut Cx<Self>, author: &str) -> Result<u64> {
                let all = |cx: &mut Cx<Self>| sql!(cx, "DELETE FROM message WHERE author = :author").run();
                all(cx)
            }
        }
    }
}

pub async fn use_it(objects: &Objects) {
    let _ = objects.get_by_name::<Chat>("mine");
    let _ = (Chat::lines, Chat::bodies, Chat::authors, Chat::forget);
    let _ = |entry: Entry| (entry.id, entry.author, entry.body);
}

fn main() {}

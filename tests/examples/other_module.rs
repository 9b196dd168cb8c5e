//! The impl, and helpers, in other modules than the struct.
#![deny(warnings)]
#![allow(missing_docs)]

use do_runtime::prelude::*;

mod model {
    use do_runtime::prelude::*;
    use serde::{Deserialize, Serialize};

    #[table]
    #[derive(Serialize, Deserialize)]
    pub(crate) struct Note {
        #[key]
        pub(crate) id: Id<Self>,
        pub(crate) text: String,
    }

    #[durable_object(tables(Note))]
    pub(crate) struct Notes {
        #[stored]
        pub(super) count: u32,
    }
}

mod helpers {
    use do_runtime::prelude::*;

    #[durable_object(helpers)]
    impl super::model::Notes {
        pub(super) fn next(&mut self) -> u32 {
            self.count += 1;
            self.count
        }

        pub(super) fn texts(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
            cx.sql_unchecked("SELECT text FROM note", ()).all()
        }
    }
}

#[durable_object]
impl model::Notes {
    #[rpc]
    fn add(&mut self, cx: &mut Cx<Self>, text: String) -> Result<u32> {
        cx.insert(model::Note::new(text))?;
        Ok(self.next())
    }

    #[rpc]
    fn all(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        self.texts(cx)
    }
}

pub async fn use_it(objects: &Objects) -> Result<u32> {
    let notes = objects.get_by_name::<model::Notes>("mine");
    notes.add("text").await?;
    Ok(notes.all().await?.len() as u32)
}

fn main() {}

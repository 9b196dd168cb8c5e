//! Everything inside of a function, where nothing is in the scope of modules.
#![deny(warnings)]
#![allow(missing_docs)]

use do_runtime::prelude::*;

fn main() {
    #[derive(Column)]
    enum Kind {
        Small,
        Large,
    }

    #[table(index = kind)]
    struct Thing {
        #[key]
        name: String,
        kind: Kind,
    }

    #[durable_object(tables(Thing))]
    struct Things;

    #[durable_object]
    impl Things {
        #[rpc]
        fn count(&self, cx: &Cx<Self>) -> Result<i64> {
            Ok(Thing::by_kind(cx, Kind::Small).count()? + Thing::by_kind(cx, Kind::Large).count()?)
        }

        #[rpc]
        fn put(&mut self, cx: &mut Cx<Self>, name: String) -> Result<String> {
            let thing = cx.insert(Thing::new(name, Kind::Large))?;
            let found = cx.get::<Thing>(&thing.name)?;
            Ok(found.map_or(thing.name, |thing| thing.name))
        }
    }
}

//! Several objects of one module with the same tables, under names and visibilities of all kinds.
#![deny(warnings)]
#![allow(missing_docs)]

use do_runtime::prelude::*;

mod model {
    pub(super) mod tables {
        use do_runtime::prelude::*;

        #[table]
        pub(in crate::model) struct Message {
            #[key]
            pub(in crate::model) id: Id<Message>,
            pub(in crate::model) body: String,
        }

        pub(super) mod deeper {
            use do_runtime::prelude::*;

            #[table(name = "topic")]
            pub(in crate::model) struct Message {
                #[key]
                pub(in crate::model) name: String,
            }
        }
    }

    use do_runtime::prelude::*;
    use tables::Message;
    use tables::deeper::Message as Topic;

    #[durable_object(tables(Message, Topic))]
    pub(super) struct First;

    #[durable_object(tables(self::tables::deeper::Message))]
    pub(crate) struct Second;

    #[durable_object(tables(Message))]
    struct Third {
        #[stored]
        count: u32,
    }

    #[durable_object]
    impl Third {
        #[rpc]
        fn count(&self, cx: &Cx<Self>) -> Result<i64> {
            let ids = sql!(cx, i64, "SELECT id FROM message LIMIT 5").all()?;
            Ok(ids.iter().sum::<i64>() + i64::from(self.count))
        }
    }

    #[durable_object(helpers)]
    impl Third {
        fn bodies(&self, cx: &Cx<Self>) -> Result<Vec<Message>> {
            sql!(cx, Message, "SELECT * FROM message LIMIT 5").all()
        }
    }

    pub(super) fn use_it() {
        let _ = (Third::bodies, Third::count);
        let _ = |message: Message, topic: Topic| (message.id, message.body, topic.name);
    }
}

#[durable_object]
impl model::First {
    #[rpc]
    fn bodies(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT body FROM message LIMIT 5").all()
    }
}

mod handlers {
    use do_runtime::prelude::*;

    use super::model::{Second, SecondStub};

    #[durable_object]
    impl Second {
        #[rpc]
        fn names(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
            sql!(cx, String, "SELECT name FROM topic LIMIT 5").all()
        }
    }

    pub(super) async fn use_it(second: &SecondStub) -> Result<Vec<String>> {
        second.names().await
    }
}

mod helpers {
    use do_runtime::prelude::*;

    use super::model::Second as Names;

    #[durable_object(helpers)]
    impl Names {
        pub(super) fn longest(&self, cx: &Cx<Self>) -> Result<Option<i64>> {
            let row = sql!(cx, "SELECT max(length(name)) AS longest FROM topic", allow(scan, "few")).one()?;
            Ok(row.longest)
        }
    }
}

pub async fn use_it(objects: &Objects) -> Result<Vec<String>> {
    let _ = (model::First::bodies, model::Second::longest);
    model::use_it();
    handlers::use_it(&objects.get_by_name::<model::Second>("second")).await
}

fn main() {}

//! Rows that expire: gone from the instant on, deleted later.

use do_runtime::prelude::*;
use do_runtime::testing::TestKit;
use serde::{Deserialize, Serialize};

/// Lives thirty seconds from the moment on at which it is written.
#[table(ttl = "30s", index = author, search = body)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Message {
    #[key]
    id: Id<Message>,
    author: String,
    body: String,
    #[references(on_delete = set_null)]
    reply_to: Option<Id<Message>>,
}

/// Lives a minute from its last use on.
#[table(ttl = "1m", ttl_from = used_at)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Session {
    #[key]
    id: Id<Session>,
    #[unique]
    token: String,
    #[default(now)]
    used_at: Timestamp,
}

/// Goes with its session.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Item {
    #[key]
    id: Id<Item>,
    #[references(on_delete = cascade)]
    #[index]
    session: Id<Session>,
    name: String,
}

/// Goes with its item.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    #[key]
    id: Id<Note>,
    #[references(on_delete = cascade)]
    item: Option<Id<Item>>,
    text: String,
}

/// Loses its session.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Visit {
    #[key]
    page: String,
    #[references(on_delete = set_null)]
    session: Option<Id<Session>>,
}

/// Goes with the one above it.
#[table(ttl = "1m", ttl_from = at)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Branch {
    #[key]
    id: Id<Branch>,
    #[references(on_delete = cascade)]
    above: Option<Id<Branch>>,
    at: Timestamp,
}

/// Says itself when it ends.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Offer {
    #[key]
    name: String,
    price: i64,
    #[expires_at]
    until: Option<Timestamp>,
}

#[durable_object(tables(Message, Session, Item, Note, Visit, Branch, Offer))]
struct Shop {
    #[stored]
    calls: u64,
}

#[durable_object]
impl Shop {
    #[rpc]
    fn say(&mut self, cx: &mut Cx<Self>, author: String, body: String) -> Result<Message> {
        self.calls += 1;
        cx.insert(Message::new(author, body, None))
    }

    #[rpc]
    fn messages(&self, cx: &Cx<Self>) -> Result<Vec<Message>> {
        sql!(cx, Message, "SELECT * FROM message ORDER BY id", allow(scan, "few")).all()
    }
}

#[do_runtime::test]
async fn a_row_is_gone_at_the_instant_and_not_before(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    let message = shop.say("ann", "hello").await?;
    kit.advance("29s").await;
    kit.advance("999ms").await;
    assert_eq!(shop.messages().await?, [message]);
    kit.advance("1ms").await;
    assert_eq!(shop.messages().await?, []);
    assert_eq!(kit.physical_rows::<Message>(&shop).await?, 1);
    shop.say("bob", "hi").await?;
    assert_eq!(kit.physical_rows::<Message>(&shop).await?, 1);
    Ok(())
}

//! `#[table(export)]`: objects and their SQL with tables of another crate.

use do_runtime::prelude::*;
use do_test_tables::parcels::Parcel as Box;
use do_test_tables::{Receiver, State};

/// A box, its state and its note.
type Stored = (Id<Box>, State, Option<String>);

#[durable_object(tables(Receiver, Box))]
struct Depot;

#[durable_object]
impl Depot {
    #[rpc]
    fn accept(&mut self, cx: &mut Cx<Self>, name: String, content: Option<String>) -> Result<Box> {
        let known = sql!(cx, Receiver, "SELECT * FROM receiver WHERE name = :name").optional()?;
        let receiver = match known {
            Some(receiver) => receiver,
            None => cx.insert(Receiver::new(name))?,
        };
        cx.insert(Box::new(receiver.id, content))
    }

    #[rpc]
    fn send(&mut self, cx: &mut Cx<Self>, id: Id<Box>) -> Result<u64> {
        sql!(cx, "UPDATE \"order\" SET state = :state WHERE id = :id", state = State::Sent).run()
    }

    #[rpc]
    fn states(&self, cx: &Cx<Self>, name: &str) -> Result<Vec<Stored>> {
        let rows = sql!(
            cx,
            "SELECT o.* FROM \"order\" o JOIN receiver r ON r.id = o.receiver WHERE r.name = :name ORDER BY o.id"
        )
        .all()?;
        Ok(rows.into_iter().map(|row| (row.id, row.state, row.content)).collect())
    }
}

/// Another object with one of the tables, by its path.
#[durable_object(tables(do_test_tables::Receiver))]
struct Phonebook;

#[durable_object]
impl Phonebook {
    #[rpc]
    fn add(&mut self, cx: &mut Cx<Self>, name: &str) -> Result<Id<Receiver>> {
        sql!(cx, Id<Receiver>, "INSERT INTO receiver (name) VALUES (:name) RETURNING id").one()
    }
}

#[do_runtime::test]
async fn tables_of_another_crate_are_known_to_sql(kit: TestKit) -> Result {
    let depot = kit.objects().get_by_name::<Depot>("depot");
    let first = depot.accept("ann", None).await?;
    let second = depot.accept("ann", Some("a hat".to_owned())).await?;

    let changed = depot.send(first.id).await?;
    let states = depot.states("ann").await?;

    assert_eq!(changed, 1);
    assert_eq!(second.state, State::Waiting);
    let expected = [(first.id, State::Sent, None), (second.id, State::Waiting, Some("a hat".to_owned()))];
    assert_eq!(states, expected);
    Ok(())
}

#[do_runtime::test]
async fn a_table_of_another_crate_serves_several_objects(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Phonebook>("book");

    let id = book.add("ben").await?;
    let again = book.add("ben").await;

    assert_eq!(id.as_i64(), 1);
    assert_eq!(again.map_err(|error| error.kind()), Err(ErrorKind::Conflict));
    Ok(())
}

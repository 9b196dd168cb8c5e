//! What a program without the check does with its SQL.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// A note.
#[table(index = author)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    #[key]
    id: Id<Note>,
    author: String,
    body: String,
}

/// Its SQL is right.
#[durable_object(tables(Note))]
struct Right;

#[durable_object]
impl Right {
    #[rpc]
    fn add(&mut self, cx: &mut Cx<Self>, author: &str, body: &str) -> Result<u64> {
        sql!(cx, "INSERT INTO note (author, body) VALUES (:author, :text)", text = body).run()
    }

    #[rpc]
    fn of(&self, cx: &Cx<Self>, authors: Vec<String>) -> Result<Vec<Note>> {
        sql!(cx, Note, "SELECT * FROM note WHERE author IN (:authors) ORDER BY id").all()
    }

    #[rpc]
    fn count(&self, cx: &Cx<Self>) -> Result<(i64, Option<String>)> {
        sql!(cx, (i64, Option<String>), "SELECT count(*), max(author) FROM note").one()
    }

    #[rpc]
    fn shouted(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT replace(upper(body), 'O', '0') FROM note").all()
    }

    #[rpc]
    fn misread(&self, cx: &Cx<Self>) -> Result<Vec<i64>> {
        sql!(cx, i64, "SELECT body FROM note").all()
    }
}

/// Its SQL is wrong.
#[durable_object(tables(Note))]
struct Wrong;

/// Where the wrong statement is.
const LINE: u32 = line!() + 11;

#[durable_object]
impl Wrong {
    #[rpc]
    fn fine(&self) -> Result<i64> {
        Ok(1)
    }

    #[rpc]
    fn names(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT auhtor FROM note").all()
    }
}

#[do_runtime::test]
async fn right_statements_work(kit: TestKit) -> Result {
    let notes = kit.objects().get_by_name::<Right>("notes");

    assert_eq!(notes.count().await?, (0, None));
    assert_eq!((notes.add("ann", "hello").await?, notes.add("bob", "bye").await?), (1, 1));
    let of_ann: Vec<String> = notes.of(vec!["ann".to_owned()]).await?.into_iter().map(|note| note.body).collect();
    assert_eq!(of_ann, ["hello"]);
    assert_eq!(notes.count().await?, (2, Some("bob".to_owned())));
    assert_eq!(notes.shouted().await?, ["HELL0", "BYE"]);
    Ok(())
}

#[do_runtime::test]
async fn rows_of_another_type_are_an_error_when_they_are_read(kit: TestKit) -> Result {
    let notes = kit.objects().get_by_name::<Right>("notes");
    notes.add("ann", "hello").await?;

    let misread = notes.misread().await;

    assert_eq!(misread.map_err(|error| error.kind()), Err(ErrorKind::Storage));
    Ok(())
}

#[do_runtime::test]
async fn a_wrong_statement_is_an_error_of_the_first_wake_that_names_its_place(kit: TestKit) -> Result {
    let wrong = kit.objects().get_by_name::<Wrong>("wrong");

    let error = wrong.fine().await.expect_err("the SQL of its class is refused");

    let message = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Storage, "{message}");
    assert!(message.contains(&format!("waking.rs:{LINE} is refused")), "{message}");
    assert!(message.contains("no such column: auhtor"), "{message}");
    Ok(())
}

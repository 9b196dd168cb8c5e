//! `sql!`: statements that were checked while this crate was compiled.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

mod model {
    use super::*;

    /// What became of a line.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Column)]
    pub(crate) enum Status {
        Open,
        Done,
    }

    #[table(name = "line", index = (author, at desc))]
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub(crate) struct Line {
        #[key]
        pub(crate) id: Id<Line>,
        pub(crate) author: String,
        pub(crate) body: Option<String>,
        pub(crate) status: Status,
        pub(crate) at: i64,
    }
}

use model::{Line as Entry, Status};

/// When somebody wrote last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Row)]
struct Span {
    author: Option<String>,
    last: i64,
}

#[durable_object(tables(Entry))]
struct Log;

#[durable_object]
impl Log {
    #[rpc]
    fn add(
        &mut self,
        cx: &mut Cx<Self>,
        author: String,
        body: Option<String>,
        status: Status,
        at: i64,
    ) -> Result<Entry> {
        cx.insert(Entry::new(author, body, status, at))
    }

    #[rpc]
    fn newest(&self, cx: &Cx<Self>, limit: u32) -> Result<Vec<Entry>> {
        sql!(cx, Entry, "SELECT * FROM line ORDER BY id DESC LIMIT :limit").all()
    }

    #[rpc]
    fn records(&self, cx: &Cx<Self>) -> Result<Vec<(String, Status)>> {
        let rows = sql!(cx, "SELECT * FROM line ORDER BY id LIMIT :limit", limit = 2 * 5).all()?;
        let _: Vec<Id<Entry>> = rows.iter().map(|row| row.id).collect();
        let _: Vec<Option<String>> = rows.iter().map(|row| row.body.clone()).collect();
        Ok(rows.into_iter().map(|row| (row.author, row.status)).collect())
    }

    #[rpc]
    fn span(&self, cx: &Cx<Self>, author: &str) -> Result<Span> {
        let span = sql!(cx, Span, r#"SELECT max(at) AS "last!", author AS "author?" FROM line WHERE author = :author"#)
            .one()?;
        let record = sql!(cx, r#"SELECT max(at) AS "last!" FROM line WHERE author = :author"#).one()?;
        ensure!(record.last == span.last, "the record has {}", record.last);
        Ok(span)
    }

    #[rpc]
    fn of(&self, cx: &Cx<Self>, authors: Vec<String>) -> Result<Vec<Entry>> {
        sql!(cx, Entry, "SELECT * FROM line WHERE author IN (:authors) ORDER BY id", allow(scan, "a test")).all()
    }

    #[rpc]
    async fn close(this: This<Self>, author: String) -> Result<u64> {
        this.update(|me, cx| me.close_all(cx, &author)).await
    }
}

mod helpers {
    use do_runtime::prelude::*;

    #[durable_object(helpers)]
    impl super::Log {
        pub(super) fn close_all(&mut self, cx: &mut Cx<Self>, author: &str) -> Result<u64> {
            sql!(cx, "UPDATE line SET status = :status WHERE author = :author", status = super::Status::Done).run()
        }
    }
}

#[do_runtime::test]
async fn rows_records_lists_and_writes_are_what_the_sql_says(kit: TestKit) -> Result {
    let log = kit.objects().get_by_name::<Log>("log");
    for (author, at) in [("ann", 1), ("bob", 2), ("cleo", 3), ("ann", 4)] {
        log.add(author, None, Status::Open, at).await?;
    }

    let newest = log.newest(2).await?;
    let closed = log.close("ann").await?;
    let records = log.records().await?;
    let of_two = log.of(vec!["bob".to_owned(), "cleo".to_owned(), "nobody".to_owned()]).await?;

    assert_eq!(newest.iter().map(|line| line.at).collect::<Vec<_>>(), [4, 3]);
    assert_eq!(closed, 2);
    assert_eq!(records[0], ("ann".to_owned(), Status::Done));
    assert_eq!(records[1], ("bob".to_owned(), Status::Open));
    assert_eq!(of_two.iter().map(|line| line.author.as_str()).collect::<Vec<_>>(), ["bob", "cleo"]);
    assert!(log.of(Vec::new()).await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn the_sign_that_says_what_may_be_null_is_no_part_of_the_name(kit: TestKit) -> Result {
    let log = kit.objects().get_by_name::<Log>("log");
    log.add("ann", None, Status::Open, 7).await?;

    let span = log.span("ann").await?;
    let of_nobody = log.span("nobody").await;

    assert_eq!(span, Span { author: Some("ann".to_owned()), last: 7 });
    assert_eq!(of_nobody.map_err(|error| error.kind()), Err(ErrorKind::Storage));
    Ok(())
}

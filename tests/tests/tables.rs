//! Tables, as a user of an SQL library expects them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use do_runtime::named;
use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// A kind of account: a C-like enum, kept as text in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Column)]
enum Kind {
    Checking,
    LongTerm,
}

/// A newtype around another column type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Column)]
struct Email(String);

impl From<&str> for Email {
    fn from(text: &str) -> Self {
        Email(text.to_owned())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Settings {
    theme: String,
    sizes: BTreeMap<String, u32>,
}

fn settings() -> Settings {
    Settings { theme: "dark".into(), sizes: [("font".into(), 12)].into() }
}

/// One of everything.
#[table(index = (kind, opened desc), index = (nick, score))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Account {
    #[key]
    id: Id<Account>,
    #[unique]
    email: Email,
    kind: Kind,
    nick: Option<String>,
    #[index]
    #[column(check = "score >= 0")]
    score: i64,
    #[column(json)]
    settings: Settings,
    #[default(now)]
    opened: Timestamp,
    #[default(true)]
    active: bool,
    #[default(1.5)]
    weight: f64,
    #[default("none".to_owned())]
    note: String,
    #[column(name = "raw_bytes")]
    bytes: Vec<u8>,
}

/// A compound key, and a reference.
#[table(unique = (account, rank))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Pin {
    #[key]
    #[references(on_delete = cascade)]
    account: Id<Account>,
    #[key]
    place: String,
    rank: u32,
}

/// References with the other two answers to a deletion.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Visit {
    #[key]
    id: Id<Visit>,
    #[references(on_delete = set_null)]
    account: Option<Id<Account>>,
}

#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Invoice {
    #[key]
    number: String,
    #[references(on_delete = restrict)]
    account: Id<Account>,
}

/// Every name is a word of SQL or of Rust.
#[table(name = "order", index = (group, select desc))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    #[key]
    r#type: String,
    group: i64,
    select: i64,
    #[unique]
    r#where: Option<String>,
    #[default(0)]
    values: i64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Row)]
struct Tally {
    kind: Kind,
    accounts: i64,
    best: Option<i64>,
}

#[durable_object(tables(Account, Pin, Visit, Invoice, Order))]
struct Bank;

#[durable_object]
impl Bank {}

fn account(email: &str, kind: Kind, nick: Option<&str>, score: i64) -> NewAccount {
    Account::new(email.into(), kind, nick.map(str::to_owned), score, settings(), vec![1, 2, 3])
}

type Inside<'a> = &'a mut Cx<Bank>;

/// Runs a test inside one object, in a transaction.
async fn inside<T>(kit: &TestKit, body: impl FnOnce(Inside<'_>) -> Result<T>) -> Result<T> {
    kit.inside(&kit.objects().get_by_name::<Bank>("a"), |_, cx| body(cx)).await
}

fn conflict<T: std::fmt::Debug>(result: Result<T>) -> String {
    let error = result.expect_err("a conflict");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    error.to_string()
}

#[do_runtime::test]
async fn a_row_comes_back_as_it_was_written(kit: TestKit) -> Result {
    let written = inside(&kit, |cx| cx.insert(account("ann@x", Kind::LongTerm, Some("ann"), 7))).await?;
    kit.crash().await?;
    inside(&kit, |cx| {
        assert_eq!(cx.get::<Account>(written.id)?, Some(written.clone()));
        assert_eq!(written.opened, kit.now());
        assert_eq!((written.active, written.weight, written.note.as_str()), (true, 1.5, "none"));
        assert_eq!(written.settings, settings());
        assert_eq!(cx.count::<Account>()?, 1);
        let texts: (String, String, Vec<u8>) =
            cx.sql_unchecked("SELECT kind, settings, raw_bytes FROM account", ()).one()?;
        assert_eq!(texts, ("long_term".into(), r#"{"theme":"dark","sizes":{"font":12}}"#.into(), vec![1, 2, 3]));
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn setters_replace_defaults_and_a_full_row_keeps_its_values(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        let early = Timestamp::from_millis(5);
        let first =
            cx.insert(account("ann@x", Kind::Checking, None, 0).opened(early).active(false).note("hi".into()))?;
        assert_eq!((first.opened, first.active, first.note.as_str()), (early, false, "hi"));
        let row = Account { id: Id::from_raw(77), email: "bob@x".into(), ..first };
        assert_eq!(cx.insert(row.clone())?, row);
        assert_eq!(cx.get::<Account>(Id::from_raw(77))?, Some(row));
        let next = cx.insert(account("cid@x", Kind::Checking, None, 0))?;
        assert_eq!(next.id, Id::from_raw(78));
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn a_taken_unique_value_is_a_conflict_that_names_it(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        cx.insert(account("ann@x", Kind::Checking, None, 0))?;
        let sentence = conflict(cx.insert(account("ann@x", Kind::LongTerm, None, 0)));
        assert!(sentence.contains("email"), "{sentence}");
        cx.insert(Order::new("a", 1, 1, Some("here".into())))?;
        conflict(cx.insert(Order::new("a", 2, 2, None)));
        conflict(cx.insert(Order::new("b", 2, 2, Some("here".into()))));
        // NULL equals nothing.
        cx.insert(Order::new("c", 1, 1, None))?;
        cx.insert(Order::new("d", 1, 1, None))?;
        assert_eq!(cx.count::<Order>()?, 3);
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn a_violated_check_is_a_conflict(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        let sentence = conflict(cx.insert(account("ann@x", Kind::Checking, None, -1)));
        assert!(sentence.contains("score"), "{sentence}");
        let mut row = cx.insert(account("ann@x", Kind::Checking, None, 1))?;
        row.score = -5;
        conflict(cx.update(&row));
        assert_eq!(cx.get::<Account>(row.id)?.map(|row| row.score), Some(1));
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn compound_keys_are_taken_as_tuples(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        let ann = cx.insert(account("ann@x", Kind::Checking, None, 0))?.id;
        cx.insert(Pin::new(ann, "door", 1))?;
        cx.insert(Pin::new(ann, "roof", 2))?;
        conflict(cx.insert(Pin::new(ann, "door", 3)));
        conflict(cx.insert(Pin::new(ann, "cellar", 2)));
        assert_eq!(cx.get::<Pin>((ann, "roof"))?.map(|pin| pin.rank), Some(2));
        assert_eq!(cx.get::<Pin>((ann, "cellar"))?, None);
        assert_eq!(Pin::by_account(cx, ann).all()?.len(), 2);
        assert_eq!(Pin::by_account_and_rank(cx, ann, 1)?.map(|pin| pin.place).as_deref(), Some("door"));
        let moved = Pin { account: ann, place: "door".into(), rank: 9 };
        cx.update(&moved)?;
        assert_eq!(cx.get::<Pin>((ann, "door"))?, Some(moved));
        assert!(cx.delete::<Pin>((ann, "door"))?);
        assert!(!cx.delete::<Pin>((ann, "door"))?);
        assert_eq!(cx.count::<Pin>()?, 1);
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn what_references_a_deleted_row_does_as_it_says(kit: TestKit) -> Result {
    let (ann, bob, visit) = inside(&kit, |cx| {
        let ann = cx.insert(account("ann@x", Kind::Checking, None, 0))?.id;
        let bob = cx.insert(account("bob@x", Kind::Checking, None, 0))?.id;
        cx.insert(Pin::new(ann, "door", 1))?;
        cx.insert(Pin::new(bob, "door", 1))?;
        let visit = cx.insert(Visit::new(Some(ann)))?.id;
        cx.insert(Invoice::new("1", bob))?;
        Ok((ann, bob, visit))
    })
    .await?;
    inside(&kit, |cx| {
        assert!(cx.delete::<Account>(ann)?);
        assert_eq!(cx.get::<Pin>((ann, "door"))?, None, "cascade");
        assert_eq!(cx.get::<Visit>(visit)?.map(|visit| visit.account), Some(None), "set null");
        Ok(())
    })
    .await?;
    conflict(inside(&kit, |cx| cx.delete::<Account>(bob)).await);
    conflict(inside(&kit, |cx| cx.insert(Pin::new(ann, "door", 1))).await);
    inside(&kit, |cx| {
        assert_eq!(cx.count::<Account>()?, 1);
        assert_eq!(cx.count::<Pin>()?, 1);
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn finders_follow_their_index(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        for n in 0..10 {
            let kind = if n % 2 == 0 { Kind::Checking } else { Kind::LongTerm };
            let at = Timestamp::from_millis(1000 - n);
            cx.insert(account(&format!("{n}@x"), kind, None, n / 3).opened(at))?;
        }
        let emails = |rows: Vec<Account>| rows.into_iter().map(|row| row.email.0).collect::<Vec<_>>().join(" ");
        let even = || Account::by_kind(cx, Kind::Checking);
        assert_eq!(emails(even().all()?), "0@x 2@x 4@x 6@x 8@x", "the newest first");
        assert_eq!(emails(even().rev().all()?), "8@x 6@x 4@x 2@x 0@x");
        assert_eq!(emails(even().rev().limit(2).all()?), "8@x 6@x");
        assert_eq!(even().limit(0).all()?, []);
        assert_eq!(even().first()?.map(|row| row.email), Some("0@x".into()));
        assert_eq!(even().count()?, 5);
        let ms = Timestamp::from_millis;
        assert_eq!(emails(even().between(ms(994)..ms(998)).all()?), "4@x 6@x", "the end is left out");
        assert_eq!(emails(even().between(ms(994)..=ms(998)).all()?), "2@x 4@x 6@x");
        assert_eq!(emails(even().between(ms(998)..).rev().all()?), "2@x 0@x");
        assert_eq!(emails(even().between(..ms(994)).all()?), "8@x");
        assert_eq!(emails(even().between(..).limit(1).all()?), "0@x");
        assert_eq!(even().between(ms(998)..ms(994)).all()?, [], "a range of nothing");
        assert_eq!(emails(Account::by_kind_and_opened(cx, Kind::LongTerm, ms(999)).all()?), "1@x");
        assert_eq!(emails(Account::by_score(cx, 1).all()?), "3@x 4@x 5@x");
        assert_eq!(Account::by_email(cx, &"4@x".into())?.map(|row| row.score), Some(1));
        assert_eq!(Account::by_email(cx, &"none".into())?, None);
        let mut seen = 0;
        even().each(|row| {
            seen += 1;
            if row.email.0 == "4@x" { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        assert_eq!(seen, 3);
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn none_is_found_by_none(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        cx.insert(account("ann@x", Kind::Checking, Some("a"), 1))?;
        cx.insert(account("bob@x", Kind::Checking, None, 1))?;
        cx.insert(account("cid@x", Kind::Checking, None, 2))?;
        assert_eq!(Account::by_nick(cx, None).all()?.len(), 2);
        assert_eq!(Account::by_nick(cx, Some("a")).all()?.len(), 1);
        assert_eq!(Account::by_nick_and_score(cx, None, 2).all()?.len(), 1);
        assert_eq!(Account::by_nick(cx, None).between(2..9).all()?.len(), 1);
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn upsert_goes_by_the_primary_key(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        let ann = cx.insert(account("ann@x", Kind::Checking, None, 0))?;
        cx.insert(Pin::new(ann.id, "door", 1))?;
        assert_eq!(cx.upsert(Pin::new(ann.id, "door", 5))?.rank, 5);
        assert_eq!(cx.upsert(Pin::new(ann.id, "roof", 6))?.rank, 6);
        assert_eq!(cx.count::<Pin>()?, 2);
        // It replaces the row in place: what references it stays.
        let changed = Account { score: 12, ..ann.clone() };
        assert_eq!(cx.upsert(changed.clone())?, changed);
        assert_eq!(cx.get::<Account>(ann.id)?, Some(changed));
        assert_eq!(cx.count::<Pin>()?, 2, "an upsert deletes nothing");
        // Another unique column is a conflict all the same.
        cx.insert(account("bob@x", Kind::Checking, None, 0))?;
        conflict(cx.upsert(Account { email: "bob@x".into(), ..ann }));
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn an_update_of_a_missing_row_is_not_found(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        let ann = cx.insert(account("ann@x", Kind::Checking, None, 0))?;
        cx.update(&Account { score: 3, ..ann.clone() })?;
        assert_eq!(cx.get::<Account>(ann.id)?.map(|row| row.score), Some(3));
        assert!(cx.delete::<Account>(ann.id)?);
        assert_eq!(cx.update(&ann).expect_err("missing").kind(), ErrorKind::NotFound);
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn insert_all_inserts_all_or_none(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        let rows = cx.insert_all((0..300).map(|n| Order::new(format!("t{n:03}"), n % 7, n, None)))?;
        assert_eq!(rows.len(), 300);
        assert_eq!(rows[17].r#type, "t017");
        assert_eq!(cx.count::<Order>()?, 300);
        conflict(cx.insert_all(["x", "y", "t000"].map(|key| Order::new(key, 0, 0, None))));
        assert_eq!(cx.count::<Order>()?, 300, "the two before the conflict are undone");
        assert_eq!(cx.insert_all(Vec::<NewOrder>::new())?, []);
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn words_of_sql_may_be_names(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        cx.insert(Order::new("a", 1, 10, Some("x".into())))?;
        cx.insert(Order::new("b", 1, 20, None).values(5))?;
        let found = Order::by_group(cx, 1).all()?;
        assert_eq!(found.iter().map(|row| row.r#type.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(Order::by_where(cx, Some("x"))?.map(|row| row.select), Some(10));
        assert_eq!(Order::by_group_and_select(cx, 1, 20).first()?.map(|row| row.values), Some(5));
        cx.update(&Order { values: 9, ..found[0].clone() })?;
        assert_eq!(cx.get::<Order>("b")?.map(|row| row.values), Some(9));
        cx.upsert(Order { values: 10, ..found[0].clone() })?;
        assert!(cx.delete::<Order>("a")?);
        let all: Vec<Order> = cx.sql_unchecked(r#"SELECT * FROM "order""#, ()).all()?;
        assert_eq!(all, [Order { values: 10, ..found[0].clone() }]);
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn unchecked_sql_takes_parameters_of_every_form(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        let at = kit.now();
        for (n, kind) in [Kind::Checking, Kind::LongTerm, Kind::Checking].into_iter().enumerate() {
            cx.insert(account(&format!("{n}@x"), kind, None, n as i64))?;
        }
        let id: i64 = cx.sql_unchecked("SELECT count(*) FROM account", ()).one()?;
        assert_eq!(id, 3);
        let emails: Vec<String> =
            cx.sql_unchecked("SELECT email FROM account WHERE kind = ?1 AND score > ?2", (Kind::Checking, 0)).all()?;
        assert_eq!(emails, ["2@x"]);
        let emails: Vec<Email> = cx.sql_unchecked("SELECT email FROM account WHERE score IN (?, ?)", [0, 1]).all()?;
        assert_eq!(emails, ["0@x".into(), "1@x".into()]);
        let score = 2;
        let named = named![kind = Kind::Checking, score = score, since = at];
        let found: Option<Account> = cx
            .sql_unchecked("SELECT * FROM account WHERE kind = :kind AND score = :score AND opened >= :since", named)
            .optional()?;
        assert_eq!(found.map(|row| row.email), Some("2@x".into()));
        let tallies: Vec<Tally> = cx
            .sql_unchecked("SELECT kind, count(*) AS accounts, max(score) AS best FROM account GROUP BY kind", ())
            .all()?;
        assert_eq!(tallies[0], Tally { kind: Kind::Checking, accounts: 2, best: Some(2) });
        let pairs: Vec<(Id<Account>, Option<String>)> = cx.sql_unchecked("SELECT id, nick FROM account", ()).all()?;
        assert_eq!(pairs[0], (Id::from_raw(1), None));
        let changed = cx.sql_unchecked("UPDATE account SET score = score + ?1", [10]).run()?;
        assert_eq!(changed, 3);
        let back: Vec<i64> = cx.sql_unchecked("DELETE FROM account WHERE score > ?1 RETURNING score", (10,)).all()?;
        assert_eq!(back, [11, 12]);
        let mut sum = 0;
        cx.sql_unchecked("SELECT score FROM account", ()).each(|score: i64| sum += score)?;
        assert_eq!(sum, 10);
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn unchecked_sql_that_is_wrong_says_so(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        let none = cx.sql_unchecked::<i64>("SELECT id FROM account", ()).one().expect_err("no row");
        assert_eq!(none.kind(), ErrorKind::NotFound);
        cx.insert(account("ann@x", Kind::Checking, None, 0))?;
        cx.insert(account("bob@x", Kind::Checking, None, 0))?;
        let two = cx.sql_unchecked::<i64>("SELECT id FROM account", ()).one().expect_err("two rows");
        assert_eq!(two.kind(), ErrorKind::Invalid);
        let kinds = [
            cx.sql_unchecked::<i64>("SELEC 1", ()).all().expect_err("no SQL"),
            cx.sql_unchecked::<i64>("SELECT nothing FROM account", ()).all().expect_err("no column"),
            cx.sql_unchecked::<i64>("SELECT 1; SELECT 2", ()).all().expect_err("two statements"),
            cx.sql_unchecked::<i64>("SELECT ?1 + ?2", (1,)).all().expect_err("a parameter is missing"),
            cx.sql_unchecked::<i64>("SELECT ?1", (1, 2)).all().expect_err("a parameter too many"),
            cx.sql_unchecked::<i64>("SELECT :a", named![b = 1]).all().expect_err("another name"),
        ];
        for error in kinds {
            assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        }
        let wrong = cx.sql_unchecked::<i64>("SELECT email FROM account LIMIT 1", ()).one().expect_err("text");
        assert!(wrong.to_string().contains("integer") || wrong.to_string().contains("i64"), "{wrong}");
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn unchecked_sql_cannot_leave_its_object(kit: TestKit) -> Result {
    for text in [
        "ATTACH DATABASE 'other.db' AS other",
        "DETACH DATABASE main",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = 1",
        "COMMIT",
        "ROLLBACK",
        "BEGIN",
        "SAVEPOINT mine",
        "VACUUM",
        "VACUUM INTO 'copy.db'",
        "DELETE FROM sqlite_schema",
        "SELECT load_extension('x')",
        "INSERT INTO \"order\" (type) SELECT readfile('/etc/passwd')",
    ] {
        let error = inside(&kit, |cx| cx.sql_unchecked(text, ()).run()).await.expect_err(text);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{text}: {error}");
    }
    inside(&kit, |cx| {
        cx.insert(account("ann@x", Kind::Checking, None, 0))?;
        assert_eq!(cx.count::<Account>()?, 1);
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn sql_tells_virtual_time(kit: TestKit) -> Result {
    kit.advance("400d").await;
    let now = kit.now();
    inside(&kit, |cx| {
        assert_eq!(cx.now(), now);
        let seconds: i64 = cx.sql_unchecked("SELECT unixepoch()", ()).one()?;
        assert_eq!(seconds, now.as_millis() / 1000);
        let day: String = cx.sql_unchecked("SELECT date('now')", ()).one()?;
        assert_eq!(day, "2027-02-05");
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn numbers_that_sqlite_cannot_hold_are_refused(kit: TestKit) -> Result {
    #[derive(Debug)]
    struct Case(&'static str, Result<Vec<i64>>);
    inside(&kit, |cx| {
        let cases = [
            Case("u64", cx.sql_unchecked("SELECT ?1", (u64::MAX,)).all()),
            Case("NaN", cx.sql_unchecked("SELECT ?1", (f64::NAN,)).all()),
        ];
        for case in cases {
            assert_eq!(case.1.expect_err(case.0).kind(), ErrorKind::Invalid, "{}", case.0);
        }
        let edges: (i64, i64, f64) = cx.sql_unchecked("SELECT ?1, ?2, 3", (i64::MIN, i64::MAX)).one()?;
        assert_eq!(edges, (i64::MIN, i64::MAX, 3.0));
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn key_values_are_listed_in_order(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        cx.kv_mut().put_all([("b/1", 1), ("b/2", 2), ("a", 0), ("c", 9)])?;
        assert_eq!(cx.kv().get::<i32>("b/1")?, Some(1));
        assert_eq!(cx.kv().get::<i32>("zz")?, None);
        assert_eq!(cx.kv().list().keys()?, ["a", "b/1", "b/2", "c"]);
        assert_eq!(cx.kv().list().prefix("b/").all::<i32>()?, [("b/1".into(), 1), ("b/2".into(), 2)]);
        assert_eq!(cx.kv().list().start("b/2").end("c").keys()?, ["b/2"]);
        assert_eq!(cx.kv().list().reverse().limit(2).keys()?, ["c", "b/2"]);
        assert_eq!(cx.kv().get::<String>("a").expect_err("another type").kind(), ErrorKind::Storage);
        assert!(cx.kv_mut().delete("a")?);
        assert!(!cx.kv_mut().delete("a")?);
        cx.kv_mut().delete_all()?;
        assert!(cx.kv().list().keys()?.is_empty());
        Ok(())
    })
    .await
}

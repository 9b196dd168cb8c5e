//! Libraries: objects that keep something in every way in which the runtime keeps something, and what they must answer.
//!
//! Nothing in them falls due or expires within a lifetime.

use std::time::Duration;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// A century: longer than anybody runs these tests.
const LONG: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A book, which can be searched for.
#[table(index = author, search = (title, author))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Book {
    /// The row.
    #[key]
    pub id: Id<Book>,
    /// What it is called.
    pub title: String,
    /// Who wrote it.
    pub author: String,
    /// How many there are.
    pub copies: u32,
    /// Its first page.
    pub scan: Option<Vec<u8>>,
}

/// A loan, which expires.
#[table(ttl = "36500d")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Loan {
    /// Who has it.
    #[key]
    pub reader: String,
    /// What.
    pub title: String,
}

/// What a stored field may be made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum Rule {
    /// Everybody may come.
    #[default]
    Open,
    /// Only these may.
    Only {
        /// Their names.
        names: Vec<String>,
        /// Why.
        reason: Option<String>,
    },
}

/// A library.
#[durable_object(tables(Book, Loan), migrations(
    1 = "CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL, author TEXT NOT NULL, copies INTEGER NOT NULL) STRICT;
         CREATE INDEX book_author ON book (author);
         CREATE TABLE loan (reader TEXT PRIMARY KEY NOT NULL, title TEXT NOT NULL) STRICT",
    2 = "ALTER TABLE book ADD COLUMN scan BLOB",
))]
pub struct Library {
    #[stored]
    visits: u64,
    #[stored]
    rule: Rule,
    #[stored]
    letters: Vec<String>,
}

/// All that a library tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inventory {
    /// Its books.
    pub books: Vec<(String, String, u32, Option<Vec<u8>>)>,
    /// What a search for "sea" finds.
    pub found: Vec<String>,
    /// Its loans.
    pub loans: Vec<(String, String)>,
    /// Its stored fields.
    pub fields: (u64, Rule, Vec<String>),
    /// Its key-values.
    pub keys: Vec<(String, String)>,
    /// Key, method and year of its alarms.
    pub alarms: Vec<(Option<String>, String, String)>,
}

#[durable_object]
impl Library {
    /// Fills it.
    #[rpc]
    fn found(&mut self, cx: &mut Cx<Self>, copies: u32) -> Result {
        cx.insert(Book::new("The Old Man and the Sea", "Hemingway", copies, Some(vec![0, 1, 254, 255])))?;
        cx.insert(Book::new("Middlemarch", "Eliot", copies + 1, None))?;
        cx.insert(Loan::new("ann", "Middlemarch"))?;
        self.rule = Rule::Only { names: vec!["ann".into(), "Bö".into()], reason: None };
        cx.kv_mut().put("hours", "9 to 5")?;
        cx.kv_mut().put("address", "7 Sea Lane")?;
        cx.schedule().remind("dues".to_owned(), 7).key("dues").at(Timestamp::from_millis(4_102_444_800_000))?;
        cx.schedule().remind("roof".to_owned(), 1).key("roof").every("36500d")
    }

    /// Counts a visit, under a key once.
    #[rpc]
    fn visit(&mut self) -> Result<u64> {
        self.visits += 1;
        Ok(self.visits)
    }

    /// Writes to another library.
    #[rpc]
    fn write(&mut self, cx: &mut Cx<Self>, to: String, letter: String) -> Result {
        let other = cx.objects().get_by_name::<Library>(to);
        cx.send(other.receive(letter))
    }

    #[rpc]
    fn receive(&mut self, letter: String) -> Result {
        self.letters.push(letter);
        Ok(())
    }

    #[alarm]
    fn remind(&mut self, what: String, times: u32) -> Result {
        self.letters.push(format!("{what} {times}"));
        Ok(())
    }

    /// All of it.
    #[rpc]
    fn look(&self, cx: &Cx<Self>) -> Result<Inventory> {
        let alarms = cx.alarms().pending()?;
        Ok(Inventory {
            books: cx.sql_unchecked("SELECT title, author, copies, scan FROM book ORDER BY id", ()).all()?,
            found: Book::search(cx, "sea").all()?.into_iter().map(|found| found.title).collect(),
            loans: cx.sql_unchecked("SELECT reader, title FROM loan ORDER BY reader", ()).all()?,
            fields: (self.visits, self.rule.clone(), self.letters.clone()),
            keys: cx.kv().list().all()?,
            alarms: alarms
                .iter()
                .map(|alarm| {
                    let year = alarm.due().to_string().chars().take(2).collect();
                    (alarm.key().map(str::to_owned), alarm.method().to_owned(), year)
                })
                .collect(),
        })
    }
}

/// The names of the libraries that there are.
pub const NAMES: [&str; 3] = ["town", "port", "Größe"];

/// How a folder is opened.
///
/// # Errors
/// What prevents it.
pub async fn open(folder: &std::path::Path) -> Result<Objects> {
    Objects::builder().keep_replies(LONG).open(folder).await
}

/// Writes all of it: with `closed`, into the store; without, some of it is in the journal alone.
///
/// # Errors
/// What a call answers.
pub async fn write(objects: &Objects) -> Result {
    for (number, name) in (0..).zip(NAMES) {
        let library = objects.get_by_name::<Library>(name);
        library.found(number).await?;
        library.visit().idempotency_key("first").await?;
        library.visit().idempotency_key("first").await?;
    }
    // One that was there and is not any more.
    let libraries = objects.namespace::<Library>();
    objects.get_by_name::<Library>("burnt").found(1).await?;
    libraries.delete(libraries.id_from_name("burnt")).await.map(drop)
}

/// Writes more, of which messages may be under way when this returns.
///
/// # Errors
/// What a call answers.
pub async fn write_letters(objects: &Objects) -> Result {
    for letter in ["one", "two", "three"] {
        objects.get_by_name::<Library>("port").write("town".to_owned(), letter.to_owned()).await?;
    }
    Ok(())
}

/// Compares all of it, and goes on writing; `rounds` is how often that was done before.
///
/// # Errors
/// What a call answers.
///
/// # Panics
/// If something is not as it was written.
pub async fn check(objects: &Objects, rounds: u64) -> Result {
    let listed = objects.namespace::<Library>().list().all()?;
    let mut names: Vec<_> = listed.iter().filter_map(|listed| listed.name.as_deref()).collect();
    let mut expected = NAMES;
    names.sort_unstable();
    expected.sort_unstable();
    assert_eq!(names, expected);
    for (number, name) in (0..).zip(NAMES) {
        let library = objects.get_by_name::<Library>(name);
        let mut inventory = library.look().await?;
        // Letters arrive once, in order; when, is the courier's affair.
        while name == "town" && inventory.fields.2.len() < 3 {
            tokio::task::yield_now().await;
            inventory = library.look().await?;
        }
        let letters = if name == "town" { vec!["one".into(), "two".into(), "three".into()] } else { Vec::new() };
        let rule = Rule::Only { names: vec!["ann".into(), "Bö".into()], reason: None };
        assert_eq!(
            inventory,
            Inventory {
                books: vec![
                    ("The Old Man and the Sea".into(), "Hemingway".into(), number, Some(vec![0, 1, 254, 255])),
                    ("Middlemarch".into(), "Eliot".into(), number + 1, None),
                ],
                found: vec!["The Old Man and the Sea".into()],
                loans: vec![("ann".into(), "Middlemarch".into())],
                fields: (1 + rounds, rule, letters),
                keys: vec![("address".into(), "7 Sea Lane".into()), ("hours".into(), "9 to 5".into())],
                alarms: vec![
                    (Some("dues".into()), "remind".into(), "21".into()),
                    (Some("roof".into()), "remind".into(), "21".into()),
                ],
            },
            "{name}"
        );
        assert_eq!(library.visit().idempotency_key("first").await?, 1, "the reply is kept");
        assert_eq!(library.visit().await?, 2 + rounds);
    }
    Ok(())
}

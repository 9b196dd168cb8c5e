//! Full-text search: what is found, in which order, and that the index is always in step with the rows.

use std::ops::ControlFlow;

use do_runtime::Match;
use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[table(search = (title, body), unique = slug)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    #[key]
    id: Id<Note>,
    slug: String,
    title: String,
    body: Option<String>,
    #[default(0)]
    seen: u32,
}

/// Every name is a word of SQL or has odd characters, and SQLite does not assign the key.
#[table(name = "it's an order", search(group, text, tokenize = "porter unicode61"))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    #[key]
    #[column(name = "select")]
    number: u32,
    group: String,
    #[column(name = "the \\ text's")]
    text: String,
}

/// Goes with its note.
#[table(search = text)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Remark {
    #[key]
    id: Id<Remark>,
    #[references(on_delete = cascade)]
    note: Id<Note>,
    text: String,
}

#[durable_object(tables(Note, Order, Remark))]
struct Notebook;

#[durable_object]
impl Notebook {
    #[rpc]
    fn add(&mut self, cx: &mut Cx<Self>, slug: String, title: String, body: String) -> Result<Id<Note>> {
        Ok(cx.insert(Note::new(slug, title, Some(body)))?.id)
    }

    #[rpc]
    fn find(&self, cx: &Cx<Self>, query: &str) -> Result<Vec<Match<Note>>> {
        Note::search(cx, query).marks("[", "]").matches()
    }

    #[rpc]
    fn add_and_fail(&mut self, cx: &mut Cx<Self>, title: String) -> Result {
        cx.insert(Note::new("failed", title, None))?;
        cx.sql_unchecked::<()>("UPDATE note SET title = 'zebra'", ()).run()?;
        bail!("not so");
    }
}

type Inside<'a> = &'a mut Cx<Notebook>;

/// Runs a test inside one object, in a transaction.
async fn inside<T>(kit: &TestKit, body: impl FnOnce(Inside<'_>) -> Result<T>) -> Result<T> {
    kit.inside(&kit.objects().get_by_name::<Notebook>("a"), |_, cx| body(cx)).await
}

/// `a` is about Rust and SQLite, `b` about SQLite alone, `c` about tea and has no body.
fn fill(cx: Inside<'_>) -> Result {
    cx.insert(Note::new("a", "Rust and SQLite", Some("A crab keeps its rows in one file.".into())))?;
    cx.insert(Note::new("b", "SQLite, SQLite, SQLite", Some("The full-text index of a small library.".into())))?;
    cx.insert(Note::new("c", "Tea in the Café", None))?;
    Ok(())
}

/// The slugs of what is found, in the order of the alphabet.
fn found(cx: &Cx<Notebook>, query: &str) -> String {
    let rows = Note::search(cx, query).all().unwrap_or_else(|error| panic!("{query:?}: {error}"));
    let mut slugs: Vec<String> = rows.into_iter().map(|note| note.slug).collect();
    slugs.sort();
    slugs.concat()
}

/// FTS5 compares its index with the rows.
fn in_step(cx: Inside<'_>) -> Result {
    for index in ["note_search", "\"it's an order_search\"", "remark_search"] {
        let check = format!("INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)");
        cx.sql_unchecked::<()>(&check, ()).run().context(index)?;
    }
    Ok(())
}

fn run(cx: Inside<'_>, sql: &str) -> Result<u64> {
    cx.sql_unchecked::<()>(sql, ()).run()
}

#[do_runtime::test]
async fn a_row_is_found_if_all_words_occur_in_any_column(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        fill(cx)?;
        assert_eq!(found(cx, "sqlite"), "ab");
        assert_eq!(found(cx, "crab SQLITE"), "a");
        assert_eq!(found(cx, "crab tea"), "");
        assert_eq!(found(cx, "cafe"), "c");
        assert_eq!(found(cx, "full-text"), "b");
        assert_eq!(found(cx, "lib*"), "b");
        assert_eq!(found(cx, "lib"), "");
        assert_eq!(found(cx, "zebra"), "");
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn the_best_match_comes_first_and_the_limit_keeps_it(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        fill(cx)?;
        let slugs = |rows: Vec<Note>| rows.into_iter().map(|note| note.slug).collect::<String>();
        assert_eq!(slugs(Note::search(cx, "sqlite").all()?), "ba");
        assert_eq!(slugs(Note::search(cx, "sqlite").limit(1).all()?), "b");
        assert_eq!(slugs(Note::search(cx, "sqlite").limit(0).all()?), "");
        assert_eq!(Note::search(cx, "sqlite").first()?.map(|note| note.slug).as_deref(), Some("b"));
        assert_eq!(Note::search(cx, "zebra").first()?, None);
        assert_eq!((Note::search(cx, "sqlite").count()?, Note::search(cx, "sqlite").limit(1).count()?), (2, 1));
        let mut first = None;
        Note::search(cx, "sqlite").each(|note| {
            first = Some(note.slug);
            ControlFlow::Break(())
        })?;
        assert_eq!(first.as_deref(), Some("b"));
        let error = Note::search(cx, "sqlite").limit(-1).all().unwrap_err();
        assert_eq!(error.to_string(), "a limit of -1 rows makes no sense");
        let error = Note::search(cx, "sqlite").raw().each(|_| Err::<(), _>(Error::invalid("enough"))).unwrap_err();
        assert_eq!(error.to_string(), "enough");
        let matches = Note::search(cx, "sqlite").matches()?;
        assert!(matches[0].rank < matches[1].rank, "{matches:?}");
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn a_snippet_shows_the_words_that_were_found(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        fill(cx)?;
        let snippets = |search: do_runtime::Search<'_, Note>| -> Result<Vec<String>> {
            Ok(search.matches()?.into_iter().map(|found| found.snippet).collect())
        };
        assert_eq!(snippets(Note::search(cx, "crab"))?, ["A **crab** keeps its rows in one file."]);
        assert_eq!(snippets(Note::search(cx, "crab").marks("<b>", "</b>").snippet_words(3))?, ["A <b>crab</b> keeps…"]);
        assert_eq!(snippets(Note::search(cx, "crab").snippet_of("title"))?, ["Rust and SQLite"]);
        assert_eq!(snippets(Note::search(cx, "tea").snippet_of("body"))?, [""]);
        for words in [0, 65] {
            let error = Note::search(cx, "crab").snippet_words(words).matches().unwrap_err();
            assert_eq!(error.to_string(), format!("a snippet has 1 to 64 words, not {words}"));
        }
        let error = Note::search(cx, "crab").snippet_of("slug").matches().unwrap_err();
        assert_eq!(error.to_string(), "the search of `note` has no column `slug`; it has `title`, `body`");
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn what_people_type_is_never_a_mistake(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        fill(cx)?;
        for nothing in ["", "  ", "*", "** *", "\0", "\"", "!!!", "- ( )", "''", "^", "NOT", "zebra OR"] {
            assert_eq!(found(cx, nothing), "", "{nothing:?}");
        }
        for odd in [
            "sqlite \"",
            "\"sqlite\"",
            "(sqlite",
            "sqlite)",
            "sqlite !!!",
            "!!! sqlite",
            "-sqlite",
            "^sqlite",
            "sqlite\0",
            "sqlite**",
            "+sqlite",
            "'sqlite'",
            "sqlite;",
            "sqlite --",
            "sqlite\n",
            "{sqlite}",
            "sqlite:",
        ] {
            assert_eq!(found(cx, odd), "ab", "{odd:?}");
        }
        assert_eq!(found(cx, "title:sqlite"), "", "a colon has no meaning");
        let many = "sqlite ".repeat(500);
        assert_eq!(found(cx, &many), "ab");
        let error = Note::search(cx, &"x".repeat(5000)).all().unwrap_err();
        assert_eq!(error.to_string(), "a query has at most 4096 bytes, and this one has 5000");
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn a_raw_query_has_the_syntax_of_fts5_and_its_mistakes_in_words(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        fill(cx)?;
        let raw = |query: &str| -> Result<String> {
            let mut slugs: Vec<String> =
                Note::search(cx, query).raw().all()?.into_iter().map(|note| note.slug).collect();
            slugs.sort();
            Ok(slugs.concat())
        };
        assert_eq!(raw("rust OR tea")?, "ac");
        assert_eq!(raw("sqlite NOT rust")?, "b");
        assert_eq!(raw("body: library")?, "b");
        assert_eq!(raw("title: library")?, "");
        assert_eq!(raw("\"full text\"")?, "b");
        assert_eq!(raw(" ")?, "");
        for (query, why) in [
            ("rust OR", "syntax error near \"\""),
            ("\"rust", "unterminated string"),
            ("rust AND (", "syntax error near \"\""),
            ("colour: red", "no such column: colour"),
            ("*id", "it begins with `*`, or has a NUL"),
            ("rust \0", "it begins with `*`, or has a NUL"),
        ] {
            let error = Note::search(cx, query).raw().all().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert_eq!(error.to_string(), format!("the query `{query}` can't be read as FTS5: {why}"));
        }
        let deep = "(".repeat(2000);
        assert_eq!(Note::search(cx, &deep).raw().count().unwrap_err().kind(), ErrorKind::Invalid);
        Ok(())
    })
    .await
}

#[do_runtime::test]
async fn the_index_follows_every_way_to_write_a_row(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        let mut note = cx.insert(Note::new("a", "apple", Some("red".into())))?;
        assert_eq!(note.id, Id::from_raw(1), "the triggers leave the key of the insert alone");
        assert_eq!(found(cx, "apple"), "a");

        note.title = "pear".into();
        cx.update(&note)?;
        assert_eq!((found(cx, "apple"), found(cx, "pear")), ("".into(), "a".into()));

        note.body = None;
        cx.upsert(note.clone())?;
        assert_eq!((found(cx, "red"), found(cx, "pear")), ("".into(), "a".into()));
        cx.upsert(Note { id: Id::from_raw(5), slug: "e".into(), title: "fig".into(), ..note.clone() })?;
        assert_eq!(found(cx, "fig"), "e");

        assert_eq!(run(cx, "UPDATE note SET seen = seen + 1")?, 2);
        assert_eq!(run(cx, "UPDATE note SET title = 'plum' WHERE slug = 'e'")?, 1);
        assert_eq!((found(cx, "fig"), found(cx, "plum")), ("".into(), "e".into()));
        run(cx, "UPDATE note SET id = 9 WHERE slug = 'e'")?;
        assert_eq!(found(cx, "plum"), "e");

        let returned: Note =
            cx.sql_unchecked("INSERT INTO note (slug, title) VALUES ('f', 'quince') RETURNING *", ()).one()?;
        assert_eq!((returned.id, found(cx, "quince")), (Id::from_raw(10), "f".into()));

        cx.delete::<Note>(note.id)?;
        assert_eq!(found(cx, "pear"), "");
        in_step(cx)?;
        assert_eq!(run(cx, "DELETE FROM note")?, 2);
        assert_eq!(found(cx, "plum quince"), "");
        in_step(cx)
    })
    .await
}

#[do_runtime::test]
async fn a_row_that_is_replaced_is_found_no_more(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        fill(cx)?;
        run(cx, "REPLACE INTO note (id, slug, title) VALUES (1, 'x', 'zebra')")?;
        run(cx, "INSERT OR REPLACE INTO note (slug, title) VALUES ('b', 'yak')")?;
        run(cx, "UPDATE OR REPLACE note SET slug = 'c' WHERE slug = 'x'")?;
        assert_eq!((found(cx, "sqlite"), found(cx, "zebra"), found(cx, "yak")), ("".into(), "c".into(), "b".into()));
        assert_eq!(found(cx, "tea"), "");
        in_step(cx)
    })
    .await
}

#[do_runtime::test]
async fn an_object_that_deletes_everything_begins_with_an_empty_index(kit: TestKit) -> Result {
    kit.inside(&kit.objects().get_by_name::<Notebook>("a"), |_, cx| {
        fill(cx)?;
        cx.delete_all()?;
        assert_eq!(found(cx, "sqlite"), "");
        fill(cx)?;
        assert_eq!(found(cx, "sqlite"), "ab");
        in_step(cx)
    })
    .await
}

#[do_runtime::test]
async fn a_row_that_goes_with_another_is_found_no_more(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        let note = cx.insert(Note::new("a", "apple", None))?;
        cx.insert(Remark::new(note.id, "sour"))?;
        assert_eq!(Remark::search(cx, "sour").count()?, 1);
        cx.delete::<Note>(note.id)?;
        assert_eq!(Remark::search(cx, "sour").count()?, 0);
        in_step(cx)
    })
    .await
}

#[do_runtime::test]
async fn what_is_undone_is_found_as_it_was(kit: TestKit) -> Result {
    let notebook = kit.objects().get_by_name::<Notebook>("a");
    inside(&kit, fill).await?;
    assert_eq!(notebook.add_and_fail("quince").await.unwrap_err().to_string(), "not so");
    inside(&kit, |cx| {
        assert_eq!((found(cx, "quince"), found(cx, "zebra"), found(cx, "sqlite")), ("".into(), "".into(), "ab".into()));
        in_step(cx)?;
        // One statement that fails at its second row.
        let error = run(cx, "INSERT INTO note (slug, title) VALUES ('d', 'quince'), ('a', 'quince')").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(found(cx, "quince"), "");
        Ok(())
    })
    .await?;
    kit.inside(&notebook, |me, cx| {
        let undone: Result = cx.savepoint(me, |_, cx| {
            cx.insert(Note::new("d", "quince", None))?;
            run(cx, "DELETE FROM note WHERE slug = 'a'")?;
            assert_eq!((found(cx, "quince"), found(cx, "sqlite")), ("d".into(), "b".into()));
            bail!("undone")
        });
        assert_eq!(undone.unwrap_err().to_string(), "undone");
        cx.insert(Note::new("e", "yak", None))?;
        assert_eq!((found(cx, "quince"), found(cx, "sqlite"), found(cx, "yak")), ("".into(), "ab".into(), "e".into()));
        in_step(cx)
    })
    .await
}

#[do_runtime::test]
async fn a_reading_handler_searches_before_and_after_sleep_and_crash(kit: TestKit) -> Result {
    let notebook = kit.objects().get_by_name::<Notebook>("a");
    assert!(notebook.find("crab").await?.is_empty(), "an object that does not exist yet has nothing");
    notebook.add("a", "Crabs", "Ferris is a crab.").await?;
    let before = notebook.find("crab").await?;
    assert_eq!(before[0].snippet, "Ferris is a [crab].");
    kit.evict(&notebook).await?;
    assert_eq!(notebook.find("crab").await?, before);
    kit.crash().await?;
    let notebook = kit.objects().get_by_name::<Notebook>("a");
    assert_eq!(notebook.find("crab").await?, before);
    notebook.add("b", "More crabs", "A crab, a crab.").await?;
    kit.checkpoint().await?;
    kit.restart().await?;
    let notebook = kit.objects().get_by_name::<Notebook>("a");
    let slugs: Vec<String> = notebook.find("crab").await?.into_iter().map(|found| found.row.slug).collect();
    assert_eq!(slugs, ["b", "a"]);
    inside(&kit, in_step).await
}

#[do_runtime::test]
async fn odd_names_and_a_tokenizer_of_ones_own(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        cx.insert(Order::new(7, "running", "shoes"))?;
        cx.insert(Order::new(3, "sleeping", "bags"))?;
        let found = Order::search(cx, "run shoe").matches()?;
        assert_eq!(found.iter().map(|found| found.row.number).collect::<Vec<_>>(), [7]);
        let found = Order::search(cx, "bag").snippet_of("the \\ text's").matches()?;
        assert_eq!(found[0].snippet, "**bags**");
        cx.delete::<Order>(7)?;
        assert_eq!(Order::search(cx, "shoes").count()?, 0);
        in_step(cx)
    })
    .await
}

#[do_runtime::test]
async fn many_rows_are_searched_in_one_transaction(kit: TestKit) -> Result {
    inside(&kit, |cx| {
        for n in 0..2000 {
            cx.insert(Note::new(format!("{n}"), format!("word{n} common"), Some("the same text for all".into())))?;
        }
        assert_eq!(found(cx, "word1234"), "1234");
        assert_eq!(Note::search(cx, "word12*").count()?, 111);
        assert_eq!(Note::search(cx, "common text").limit(5).all()?.len(), 5);
        run(cx, "DELETE FROM note WHERE id % 2 = 0")?;
        assert_eq!(Note::search(cx, "common").count()?, 1000);
        in_step(cx)
    })
    .await
}

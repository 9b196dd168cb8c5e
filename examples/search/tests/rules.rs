//! The rules of the library.

use do_runtime::prelude::*;
use search::{Document, Draft, Hit, Library, LibraryStub};

fn books(kit: &TestKit) -> LibraryStub {
    kit.objects().get_by_name::<Library>("books")
}

fn draft(title: &str, body: &str) -> Draft {
    Draft { title: title.into(), body: body.into() }
}

async fn add(books: &LibraryStub, title: &str, body: &str) -> Result<Id<Document>> {
    books.add(vec![draft(title, body)]).await?.pop().context("one was added")
}

async fn titles(books: &LibraryStub, query: &str) -> Result<Vec<String>> {
    Ok(books.search(query, 100).await?.into_iter().map(|hit| hit.title).collect())
}

#[do_runtime::test]
async fn the_best_match_comes_first(kit: TestKit) -> Result {
    let books = books(&kit);
    add(&books, "Bread", &format!("{} Vikings had boats.", "Flour, water, salt and time. ".repeat(20))).await?;
    add(&books, "Boats", "A boat is a boat: of oak, or of pine.").await?;
    add(&books, "Sailing", "He sailed around the world in a boat that he had built himself.").await?;
    add(&books, "Coffee", "Who sat where, and who paid.").await?;
    let hits = books.search("boat", 10).await?;
    assert_eq!(hits.iter().map(|hit| hit.title.as_str()).collect::<Vec<_>>(), ["Boats", "Sailing", "Bread"]);
    assert!(hits.is_sorted_by(|better, worse| better.rank <= worse.rank));
    assert_eq!(books.search("boat", 1).await?, hits[..1], "and it is the one that is left of a short list");
    Ok(())
}

#[do_runtime::test]
async fn a_snippet_shows_where_the_words_are(kit: TestKit) -> Result {
    let books = books(&kit);
    let long = format!("{} the keel of a boat is made of oak {}", "before ".repeat(200), "after ".repeat(200));
    add(&books, "Boats", &long).await?;
    let hits = books.search("keel oak", 10).await?;
    let snippet = &hits[0].snippet;
    assert!(snippet.contains("<mark>keel</mark> of a boat is made of <mark>oak</mark>"), "{snippet}");
    assert!(snippet.len() < 200, "{snippet}");
    assert_eq!(books.search("boats", 1).await?[0].title, "Boats", "a word of the title is found too");
    Ok(())
}

#[do_runtime::test]
async fn what_looks_like_markup_is_text_in_a_snippet(kit: TestKit) -> Result {
    let books = books(&kit);
    add(&books, "Mischief", "a <img src=x onerror=\"alert(1)\"> & more").await?;
    let hits = books.search("alert", 1).await?;
    assert_eq!(hits[0].snippet, "a &lt;img src=x onerror=&quot;<mark>alert</mark>(1)&quot;&gt; &amp; more");
    Ok(())
}

#[do_runtime::test]
async fn the_index_follows_every_change(kit: TestKit) -> Result {
    let books = books(&kit);
    let oak = add(&books, "Wood", "oak").await?;
    let pine = add(&books, "Wood, continued", "pine").await?;
    assert_eq!(titles(&books, "wood").await?.len(), 2);

    books.change(oak, draft("Metal", "iron")).await?;
    assert_eq!(titles(&books, "oak").await?, [""; 0]);
    assert_eq!(titles(&books, "iron").await?, ["Metal"]);
    assert_eq!(titles(&books, "wood").await?, ["Wood, continued"]);

    assert!(books.remove(pine).await?);
    assert!(!books.remove(pine).await?);
    assert_eq!(titles(&books, "pine").await?, [""; 0]);
    kit.crash().await?;
    assert_eq!(titles(&books, "wood").await?, [""; 0]);
    assert_eq!(titles(&books, "metal").await?, ["Metal"], "after a crash too");

    let error = books.change(pine, draft("Ghost", "gone")).await.expect_err("it is not there");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(titles(&books, "ghost").await?, [""; 0]);
    Ok(())
}

#[do_runtime::test]
async fn what_is_undone_is_not_found(kit: TestKit) -> Result {
    let books = books(&kit);
    add(&books, "Oak", "a tree").await?;
    let error = books.add(vec![draft("Pine", "another"), draft(" ", "it has no title")]).await.expect_err("refused");
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Invalid, "a document needs a title"));
    assert_eq!(titles(&books, "pine").await?, [""; 0]);
    assert_eq!(titles(&books, "oak").await?, ["Oak"]);
    Ok(())
}

#[do_runtime::test]
async fn words_are_found_by_their_stems_whatever_case_and_accents(kit: TestKit) -> Result {
    let books = books(&kit);
    add(&books, "Café society", "They were sailing boats").await?;
    for query in ["cafe", "CAFÉ", "boat", "sails", "boats society", "society boats", "soc*", "  café,  boat! "] {
        assert_eq!(titles(&books, query).await?, ["Café society"], "{query}");
    }
    for query in ["tea", "boat tea", "oat", ""] {
        assert_eq!(titles(&books, query).await?, [""; 0], "{query}");
    }
    Ok(())
}

#[do_runtime::test]
async fn no_query_of_a_stranger_is_a_mistake(kit: TestKit) -> Result {
    let books = books(&kit);
    add(&books, "Operators", "and or not near").await?;
    for query in ["\"", "AND", "a OR", "NOT", "title:", "(", "NEAR(", "*", "^", "-", "'; DROP TABLE document; --", "\0"]
    {
        books.search(query, 10).await?;
    }
    assert_eq!(titles(&books, "AND OR").await?, ["Operators"], "they are words like any other");
    let error = books.search("boat", 101).await.expect_err("it is too many");
    assert_eq!(error.to_string(), "a search gives at most 100 hits");
    Ok(())
}

#[do_runtime::test]
async fn each_library_has_an_index_of_its_own(kit: TestKit) -> Result {
    add(&books(&kit), "Boats", "of oak").await?;
    let other = kit.objects().get_by_name::<Library>("other");
    assert_eq!(other.search("boats", 10).await?, []);
    Ok(())
}

#[do_runtime::test]
async fn one_is_found_among_thousands(kit: TestKit) -> Result {
    let books = books(&kit);
    let drafts = (0..5_000).map(|number| draft(&format!("Volume {number}"), "the same words in each of them"));
    books.add(drafts.collect::<Vec<_>>()).await?;
    kit.evict_all().await?;
    assert_eq!(titles(&books, "volume 4711").await?, ["Volume 4711"]);
    assert_eq!(books.search("same words", 100).await?.len(), 100);
    Ok(())
}

#[do_runtime::test]
async fn it_is_searched_by_a_link(kit: TestKit) -> Result {
    let books = books(&kit);
    let id = add(&books, "Boats", "of oak & pine").await?;
    let found = kit.fetch("GET", "/objects/Library/books/search?q=oak+boats", "").await?;
    let hits: Vec<Hit> = found.body_json()?;
    assert_eq!((hits[0].id, hits[0].snippet.as_str()), (id, "of <mark>oak</mark> &amp; pine"));
    assert_eq!(kit.fetch("GET", "/objects/Library/books/search", "").await?.code(), 422, "a query is needed");
    assert_eq!(kit.fetch("GET", "/objects/Library/books/elsewhere", "").await?.code(), 404);
    Ok(())
}

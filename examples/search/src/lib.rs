//! A library of documents, and full-text search over them: the best match first, with a snippet of each.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// The most hits of one search.
const MOST_HITS: u32 = 100;

/// What stands around a found word until the text is escaped: characters that are no markup in any case.
const MARKS: (&str, &str) = ("\u{2}", "\u{3}");

/// A document. Its title and its text are searched, by English word stems.
#[table(search(title, body, tokenize = "porter unicode61"))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its number.
    #[key]
    pub id: Id<Document>,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// When it was written, or last changed.
    #[default(now)]
    pub at: Timestamp,
}

/// A document that is not in the library yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
}

/// A document that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Its number.
    pub id: Id<Document>,
    /// Its title.
    pub title: String,
    /// Where the words were found, as HTML: the text is escaped, and each found word is in `<mark>`.
    pub snippet: String,
    /// The less, the better. It compares hits of one search only.
    pub rank: f64,
}

/// The documents of one tenant, one project, one person.
#[durable_object(tables(Document))]
pub struct Library;

#[durable_object]
impl Library {
    /// Adds documents: all of them, or none. Their numbers.
    #[rpc(public)]
    fn add(&mut self, cx: &mut Cx<Self>, drafts: Vec<Draft>) -> Result<Vec<Id<Document>>> {
        drafts
            .into_iter()
            .map(|Draft { title, body }| {
                ensure!(!title.trim().is_empty(), "a document needs a title");
                Ok(cx.insert(Document::new(title, body))?.id)
            })
            .collect()
    }

    /// Changes a document. The next search finds it by its new words only.
    #[rpc(public)]
    fn change(&mut self, cx: &mut Cx<Self>, id: Id<Document>, draft: Draft) -> Result {
        let Draft { title, body } = draft;
        ensure!(!title.trim().is_empty(), "a document needs a title");
        let at = cx.now();
        cx.update(&Document { id, title, body, at })
    }

    /// Takes a document out; whether it was there.
    #[rpc(public)]
    fn remove(&mut self, cx: &mut Cx<Self>, id: Id<Document>) -> Result<bool> {
        cx.delete::<Document>(id)
    }

    /// A document.
    #[rpc(public)]
    fn document(&self, cx: &Cx<Self>, id: Id<Document>) -> Result<Option<Document>> {
        cx.get(id)
    }

    /// The documents in which all words of a query occur; `word*` is for all words that begin so. Nothing else in a query has a
    /// meaning, so that it may come from a stranger.
    #[rpc(public)]
    fn search(&self, cx: &Cx<Self>, query: &str, limit: u32) -> Result<Vec<Hit>> {
        ensure!(limit <= MOST_HITS, "a search gives at most {MOST_HITS} hits");
        let found =
            Document::search(cx, query).marks(MARKS.0, MARKS.1).snippet_words(12).snippet_of("body").limit(limit);
        let hit = |found: do_runtime::Match<Document>| {
            let Document { id, title, .. } = found.row;
            Hit { id, title, snippet: html(&found.snippet), rank: found.rank }
        };
        Ok(found.matches()?.into_iter().map(hit).collect())
    }

    /// The same for a link: `GET /objects/Library/{name}/search?q=two+words`.
    #[fetch(get, "/search")]
    fn search_page(&self, cx: &Cx<Self>, q: String, limit: Option<u32>) -> Result<Vec<Hit>> {
        self.search(cx, &q, limit.unwrap_or(10))
    }
}

/// A text with marks, as HTML.
fn html(marked: &str) -> String {
    marked
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
        .replace(MARKS.0, "<mark>")
        .replace(MARKS.1, "</mark>")
}

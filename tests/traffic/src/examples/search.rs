//! Documents that are added, changed and removed: a search finds each by the words that it has now, and by no others.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{lines, text};
use crate::drive::Traffic;
use crate::user::{Stop, User};

/// How many steps there are with one library.
const STEPS: u64 = 1_200;

/// A document: words that only it has ever had.
#[derive(Default)]
struct Document {
    /// What it has now; nothing if it was removed, or if nobody knows.
    word: Option<String>,
    /// What it does not have any more, or never had.
    gone: Vec<String>,
}

#[derive(Default)]
pub(super) struct Search {
    libraries: Mutex<BTreeMap<String, BTreeMap<u64, Document>>>,
}

impl Search {
    fn with<T>(&self, library: &str, id: u64, what: impl FnOnce(&mut Document) -> T) -> T {
        what(self.libraries.lock().entry(library.to_owned()).or_default().entry(id).or_default())
    }

    async fn finds(user: &mut User, library: &str, word: &str) -> Result<Vec<u64>, Stop> {
        let path = format!("/objects/Library/{library}/search?q=boats+{word}");
        let found = user.request("GET", &path, None, &[]).await?.value()?;
        for hit in lines(&found) {
            let snippet = text(hit, "snippet");
            let is_marked = snippet.contains(&format!("<mark>{word}</mark>")) && snippet.contains("&lt;b&gt;");
            user.ensure(is_marked, || format!("the snippet for {word} is {snippet}"));
        }
        Ok(lines(&found).filter_map(|hit| hit["id"].as_u64()).collect())
    }

    async fn add(user: &mut User, library: &str, word: &str) -> Result<u64, Stop> {
        let ids = user.ask("Library", library, "add", json!({"drafts": [draft(word)]})).await?;
        Ok(ids[0].as_u64().unwrap_or(0))
    }
}

impl Traffic for Search {
    const NAME: &'static str = "search";
    /// The document of its own that this user works on.
    type Memory = Option<(String, u64)>;

    async fn step(&self, user: &mut User, own: &mut Self::Memory) -> Result<(), Stop> {
        let word = format!("w{}", user.step);
        let Some((library, id)) = own.take() else {
            let library = format!("books-{}", user.step / STEPS);
            let id = Self::add(user, &library, &word).await?;
            self.with(&library, id, |document| document.word = Some(word));
            *own = Some((library, id));
            return Ok(());
        };
        let known = self.with(&library, id, |document| document.word.clone()).unwrap_or_default();
        match user.random.u8(0..8) {
            0..=3 => {
                let found = Self::finds(user, &library, &known).await?;
                user.ensure(found == [id], || format!("{known} finds {found:?}, and is in {id}"));
            }
            4..=5 => {
                self.with(&library, id, |document| document.word = None);
                user.ask("Library", &library, "change", json!({"id": id, "draft": draft(&word)})).await?;
                self.with(&library, id, |document| {
                    document.word = Some(word);
                    document.gone.push(known);
                });
            }
            6 => {
                self.with(&library, id, |document| document.word = None);
                let was_there = user.ask("Library", &library, "remove", json!({"id": id})).await?;
                user.ensure(was_there == json!(true), || format!("document {id} was not there to be removed"));
                self.with(&library, id, |document| document.gone.push(known));
                return Ok(());
            }
            _ => return Ok(()), // from here on somebody else may, at the end
        }
        *own = Some((library, id));
        Ok(())
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        let libraries = std::mem::take(&mut *self.libraries.lock());
        for (library, documents) in libraries {
            for (id, Document { word, gone }) in documents {
                if let Some(word) = word {
                    let found = Self::finds(user, &library, &word).await?;
                    if found != [id] {
                        let sentence = format!("{word} finds {found:?}, and was acknowledged in {id}");
                        user.find(|findings| findings.lose(1, sentence));
                    }
                }
                if let Some(word) = gone.last() {
                    let found = Self::finds(user, &library, word).await?;
                    user.ensure(found.is_empty(), || format!("{word} finds {found:?}, and is in none any more"));
                }
            }
        }
        Ok(())
    }
}

fn draft(word: &str) -> Value {
    json!({"title": format!("Title of {word}"), "body": format!("A <b> boat of {word}, built of oak.")})
}

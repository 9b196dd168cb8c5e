//! Plain HTTP to objects: which method a request reaches, what it takes of it, and what comes back.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    #[key]
    id: Id<Note>,
    text: String,
}

#[durable_object(name = "FetchedNotes", tables(Note))]
struct Notes;

#[durable_object]
impl Notes {
    #[fetch(get, "/")]
    fn page(&self, cx: &Cx<Self>) -> Result<Response> {
        let notes = sql!(cx, String, "SELECT text FROM note ORDER BY id", allow(scan, "few")).all()?;
        Ok(Response::html(format!("<ul>{}</ul>", notes.concat())).with_header("cache-control", "no-store"))
    }

    #[fetch(get, "/notes")]
    fn list(&self, cx: &Cx<Self>, limit: Option<u32>, containing: Option<String>) -> Result<Vec<Note>> {
        let (limit, pattern) = (limit.unwrap_or(10), format!("%{}%", containing.unwrap_or_default()));
        sql!(cx, Note, "SELECT * FROM note WHERE text LIKE :pattern ORDER BY id LIMIT :limit", allow(scan, "few")).all()
    }

    #[fetch(post, "/notes")]
    fn add(&mut self, cx: &mut Cx<Self>, request: Request) -> Result<Response> {
        let text: String = request.json()?;
        ensure!(!text.is_empty(), "a note needs a text");
        let note = cx.insert(Note::new(text))?;
        Ok(Response::json(&note)?.with_status(201))
    }

    #[fetch(get, "/notes/{id}")]
    fn one(&self, cx: &Cx<Self>, id: Id<Note>) -> Result<String> {
        let note = cx.get::<Note>(id)?;
        Ok(note.ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such note"))?.text)
    }

    #[fetch(delete, "/notes/{id}")]
    fn remove(&mut self, cx: &mut Cx<Self>, id: Id<Note>) -> Result {
        cx.delete::<Note>(id).map(drop)
    }

    #[fetch("/files/{*path}")]
    async fn file(this: This<Self>, path: String, request: Request) -> Result<Response> {
        let count = this.read(|_, cx| cx.count::<Note>()).await?;
        let accept = request.header("Accept").unwrap_or("nothing");
        Ok(Response::text(format!("{} {path} of {count}, for {accept}", request.method())))
    }

    #[rpc]
    fn hidden(&self) -> Result {
        Ok(())
    }
}

fn at(path: &str) -> String {
    format!("/objects/FetchedNotes/mine{path}")
}

#[do_runtime::test]
async fn a_request_reaches_the_method_for_its_method_and_path(kit: TestKit) -> Result {
    let added = kit.fetch("POST", &at("/notes"), "\"first\"").await?;
    assert_eq!((added.code(), added.header("content-type")), (201, Some("application/json")));
    let note: Note = added.body_json()?;
    assert_eq!(note.text, "first");
    kit.fetch("POST", &at("/notes"), "\"second\"").await?;
    assert_eq!(kit.fetch("GET", &at("/notes"), "").await?.body_json::<Vec<Note>>()?.len(), 2);
    let found = kit.fetch("GET", &at("/notes?limit=1&containing=s%65cond"), "").await?.body_json::<Vec<Note>>()?;
    assert_eq!(found[0].text, "second");
    let one = kit.fetch("GET", &at(&format!("/notes/{}", note.id)), "").await?;
    assert_eq!((one.body_text().as_str(), one.header("content-type")), ("first", Some("text/plain; charset=utf-8")));
    assert_eq!(kit.fetch("DELETE", &at(&format!("/notes/{}", note.id)), "").await?.code(), 204);
    assert_eq!(kit.fetch("GET", &at(&format!("/notes/{}", note.id)), "").await?.code(), 404);
    let page = kit.fetch("GET", &at(""), "").await?;
    assert_eq!(page.body_text(), "<ul>second</ul>");
    assert_eq!(
        (page.header("content-type"), page.header("cache-control")),
        (Some("text/html; charset=utf-8"), Some("no-store"))
    );
    let file = kit.fetch("PATCH", &at("/files/a/b%2Fc.txt"), "").await?;
    assert_eq!(file.body_text(), "PATCH a/b/c.txt of 1, for nothing");
    Ok(())
}

#[do_runtime::test]
async fn what_nothing_is_for_and_what_is_wrong_is_told(kit: TestKit) -> Result {
    for (method, path, status, words) in [
        ("GET", "/elsewhere", 404, "nothing at this path"),
        ("GET", "/hidden", 404, "nothing at this path"),
        ("PUT", "/notes", 405, "takes GET and POST"),
        ("GET", "/notes/seven", 422, "`id`"),
        ("GET", "/notes?limit=-1", 422, "`limit`"),
        ("POST", "/notes", 422, "can't be read"),
    ] {
        let answer = kit.fetch(method, &at(path), "").await?;
        let body = answer.body_text();
        assert!(answer.code() == status && body.contains(words), "{method} {path}: {} {body}", answer.code());
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    assert_eq!(kit.fetch("PUT", &at("/notes"), "").await?.header("allow"), Some("GET, POST"));
    assert_eq!(kit.fetch("GET", "/objects/NoNotes/mine", "").await?.code(), 404);
    assert_eq!(kit.fetch("GET", "/objects/FetchedNotes", "").await?.code(), 400);
    Ok(())
}

#[do_runtime::test]
async fn a_method_for_requests_is_called_by_the_stub_too(kit: TestKit) -> Result {
    let notes = kit.objects().get_by_name::<Notes>("mine");
    let added = notes.add(Request::new("POST", "/notes?x=1", "\"by the stub\"")).await?;
    assert_eq!(added.code(), 201);
    assert_eq!(notes.list(None, None).await?[0].text, "by the stub");
    Ok(())
}

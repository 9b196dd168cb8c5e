//! A tour of a document, or a server with a page for each.

#![allow(clippy::print_stdout)]

use collab_editor::{Document, TEXT};
use do_runtime::prelude::*;
use yrs::updates::decoder::Decode;
use yrs::{Doc, GetString, Text, Transact, Update};

const PAGE: &str = include_str!("../web/index.html");
const YJS: &str = include_str!("../web/yjs.js");

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("collab-editor-data").await?;
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("serve") {
        let address = args.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        println!(
            "the documents are at http://{address}/, and as text at http://{address}/objects/Document/{{name}}/text"
        );
        let server =
            objects.server().page("/", PAGE).asset("/yjs.js", "text/javascript", YJS).javascript("/objects.js");
        return server.serve(address).await;
    }
    let notes = objects.get_by_name::<Document>("notes");
    println!(
        "The notes have {} versions that can be seen; they are {:?}.",
        notes.history().await?.len(),
        notes.text().await?
    );
    // Two people who do not hear of each other for a while.
    let (ann, ben) = (Doc::new(), Doc::new());
    let hers = write(&ann, "Lamps are bright. ");
    let his = write(&ben, "Lamps are warm. ");
    notes.edit("ann", hers.clone()).await?;
    notes.edit("ben", his.clone()).await?;
    for (doc, other) in [(&ann, his), (&ben, hers)] {
        doc.transact_mut()
            .apply_update(Update::decode_v1(&other).context("it is an edit")?)
            .context("it can be applied")?;
    }
    println!("ann reads {:?},\nben reads {:?}.", read(&ann), read(&ben));
    println!("The notes are now {:?}, and can be replayed:", notes.text().await?);
    for version in notes.history().await?.iter().rev().take(3) {
        let author = version.author.as_deref().unwrap_or("many");
        println!("  version {} by {author}: {:?}", version.version, notes.text_at(version.version).await?);
    }
    objects.close().await
}

/// Writes at the beginning; what the edit is.
fn write(doc: &Doc, line: &str) -> Bytes {
    let text = doc.get_or_insert_text(TEXT);
    let mut transaction = doc.transact_mut();
    text.insert(&mut transaction, 0, line);
    transaction.encode_update_v1().into()
}

fn read(doc: &Doc) -> String {
    doc.get_or_insert_text(TEXT).get_string(&doc.transact())
}

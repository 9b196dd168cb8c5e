//! The library: a tour, or a server.

#![allow(clippy::print_stdout)]

use do_runtime::prelude::*;
use search::{Draft, Library};

/// What the library begins with.
const BOOKS: [(&str, &str); 5] = [
    (
        "Sailing alone",
        "He sailed alone around the world, in a boat that he had built himself. A boat is a small world.",
    ),
    ("The boat builder", "How to build a boat of oak: the keel, the ribs, the planks. Which boat for which water."),
    ("Bread", "Flour, water, salt and time. A sourdough is older than the boats of the Vikings."),
    ("Café society", "Who sat where, in the cafés of Vienna, and who paid for the coffee."),
    ("Mountains <of the north>", "Fog & snow, and a hut that is open all year."),
];

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("search-data").await?;
    let library = objects.get_by_name::<Library>("books");
    if library.search("boat", 1).await?.is_empty() {
        let drafts = BOOKS.map(|(title, body)| Draft { title: title.into(), body: body.into() });
        library.add(drafts.to_vec()).await?;
    }
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        None => {
            for query in ["boats", "cafe", "build* water", "fog"] {
                println!("{query}:");
                for hit in library.search(query, 3).await? {
                    println!("  {:<25} {}", hit.title, hit.snippet);
                }
            }
        }
        Some("serve") => {
            let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
            println!("search at http://{address}/objects/Library/books/search?q=boats");
            return objects.serve(address).await;
        }
        Some(other) => bail!("there is `serve`, or nothing, and not {other:?}"),
    }
    objects.close().await
}

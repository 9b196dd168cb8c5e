//! A tour of a user's hub, or a server of hubs.

#![allow(clippy::print_stdout)]

use do_runtime::http::BearerTokens;
use do_runtime::prelude::*;
use user_hub::{Profile, UserHub};

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("user-hub-data").await?;
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("serve") {
        let address = args.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        println!("POST http://{address}/rpc/UserHub/ann/inbox, and ws://{address}/objects/UserHub/ann?device=phone");
        // In earnest these come from wherever people log in.
        let tokens = BearerTokens::new([("token-of-ann", "ann"), ("token-of-ben", "ben")]);
        return objects.server().authenticate(tokens).serve(address).await;
    }
    let ann = objects.get_by_name::<UserHub>("ann");
    ann.set_profile(Profile { name: "Ann".into(), about: "likes lamps".into() }).await?;
    ann.set("theme", Some("dark".into())).await?;
    let mut unread = ann.unread().live()?;
    println!(
        "{} has {} unread letters, and the settings {:?}.",
        ann.profile().await?.name,
        unread.next().await?,
        ann.settings().await?
    );
    for number in 1..=5 {
        ann.deliver(format!("letter {number}")).caller("ben").await?;
    }
    println!("ben wrote to ann: {} are unread.", ann.unread().await?);
    let mut before = None;
    for _ in 0..2 {
        let page = ann.inbox(before, 2).await?;
        let bodies: Vec<_> = page.letters.iter().map(|letter| letter.body.as_str()).collect();
        println!("A page of the inbox: {bodies:?}.");
        ann.read(page.letters.iter().map(|letter| letter.id).collect()).await?;
        before = page.next;
    }
    println!("ann has read them: {} are unread.", ann.unread().await?);
    objects.close().await
}

//! A short tour: what a room does, and what it keeps.

use std::path::Path;

use chat_room::{ChatRoom, Refused};
use do_runtime::prelude::*;

/// Runs the tour in a folder, with a restart in the middle.
pub(crate) async fn run(folder: &Path) -> Result {
    println!("Opening the folder {}.", folder.display());
    let objects = Objects::open(folder).await?;
    let lobby = objects.get_by_name::<ChatRoom>("lobby");
    println!("The lobby has the id {}…, and it sleeps until it is called.", &lobby.id().to_string()[..12]);

    let message = lobby.post("ann", "hello").await?;
    println!("ann said {:?}: message {}, on disk before the call returned.", message.body, message.id);
    lobby.post("ben", "hi ann").await?;
    lobby.set_topic("greetings").await?;

    match lobby.post("ben", "").await {
        Err(CallError::User(Refused::Empty)) => {
            println!("An empty message is refused, with a type: {}.", Refused::Empty)
        }
        other => println!("An empty message should have been refused, and gave {other:?}."),
    }
    if let Some(copy) = lobby.forward("archive").await? {
        println!("The lobby forwarded {:?} to the archive, where it is message {}.", copy.body, copy.id);
    }
    println!("{} posts since the lobby woke, which is kept in memory only.", lobby.posts_since_wake().await?);

    println!("Closing the folder, and opening it again.");
    objects.close().await?;
    drop(objects);
    let objects = Objects::open(folder).await?;
    let lobby = objects.get_by_name::<ChatRoom>("lobby");
    println!(
        "{} posts since the lobby woke; its topic is still {:?}.",
        lobby.posts_since_wake().await?,
        lobby.topic().await?
    );
    for message in lobby.history(5).await?.iter().rev() {
        println!("  {}  {}: {}", message.at, message.author, message.body);
    }
    println!("Rooms: {}.", names(&objects)?.join(", "));
    objects.close().await
}

fn names(objects: &Objects) -> Result<Vec<String>> {
    objects
        .namespace::<ChatRoom>()
        .list()
        .into_iter()
        .map(|room| Ok(room?.name.as_deref().unwrap_or("(no name)").to_owned()))
        .collect()
}

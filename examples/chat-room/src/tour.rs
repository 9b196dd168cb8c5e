//! A short tour: what a room does, and what it keeps.

use std::path::Path;

use chat_room::{ChatRoom, Digest, HOUSE, Message, Moderator, Refused, Report, Verdict};
use do_runtime::prelude::*;

/// How long the tour waits for what objects send each other, which takes moments.
const PATIENCE: u64 = 10;

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

    if let Some(due) = lobby.next_digest().await? {
        println!("The lobby's daily digest is due at {due}: an alarm, for which it is woken, after a restart too.");
    }
    if let Some(Digest { messages, authors, at }) = lobby.digest().await? {
        println!("The last one, of {at}, counted {messages} messages of {authors} authors.");
    }
    let spam = lobby.post("eve", "buy my coins").await?;
    lobby.report(spam.id, "it is an advertisement").await?;
    println!(
        "Message {} was reported: the report is on disk, in the lobby's outbox, and goes to the moderator.",
        spam.id
    );

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
    moderate(&objects, &spam).await?;
    println!("What is left of the lobby vanishes thirty days after it was written.");
    println!("Rooms: {}.", names(&objects)?.join(", "));
    objects.close().await
}

/// The moderator gets the report, and the room gets the verdict.
async fn moderate(objects: &Objects, message: &Message) -> Result {
    let house = objects.get_by_name::<Moderator>(HOUSE);
    let lobby = objects.get_by_name::<ChatRoom>("lobby");
    let report =
        arrival(async || Ok(house.open().await?.into_iter().find(|report| report.message == *message))).await?;
    let Report { id, room, reason, .. } = report;
    println!("The moderator has report {id}, from the {room}: {reason}.");
    house.close(id, Verdict::Upheld).await?;
    arrival(async || Ok((!lobby.history(5).await?.contains(message)).then_some(()))).await?;
    println!("The verdict went back to the {room} in the same way, and message {} is gone.", message.id);
    Ok(())
}

/// Looks until there is what was sent.
async fn arrival<T>(look: impl AsyncFn() -> Result<Option<T>>) -> Result<T> {
    let looking = async {
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            tokio::time::sleep(millis(5)).await;
        }
    };
    tokio::time::timeout(secs(PATIENCE), looking).await.context("what was sent did not arrive")?
}

fn names(objects: &Objects) -> Result<Vec<String>> {
    objects
        .namespace::<ChatRoom>()
        .list()
        .into_iter()
        .map(|room| Ok(room?.name.as_deref().unwrap_or("(no name)").to_owned()))
        .collect()
}

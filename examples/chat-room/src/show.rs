//! Printing what is there.

use chat_room::{ChatRoom, Stats};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use do_runtime::prelude::*;
use futures::stream::{self, StreamExt, TryStreamExt};

/// Rooms that are asked at once.
const AT_ONCE: usize = 64;

/// How many of the largest rooms `stats` names.
const LARGEST: usize = 10;

/// Prints the newest messages of a room.
pub(crate) async fn history(objects: &Objects, room: &str, limit: u32) -> Result {
    let stub = objects.get_by_name::<ChatRoom>(room);
    let messages = stub.history(limit).await?;
    if messages.is_empty() {
        println!("nothing was said in {room:?}");
    }
    for message in messages.iter().rev() {
        println!("{}  {}: {}", message.at, message.author, message.body);
    }
    Ok(())
}

/// Prints the names of all rooms, without waking one.
pub(crate) fn rooms(objects: &Objects) -> Result {
    for room in objects.namespace::<ChatRoom>().list() {
        let room = room?;
        println!("{}", room.name.as_deref().unwrap_or("(no name)"));
    }
    Ok(())
}

/// Prints counts and sizes, in all and of the largest rooms.
pub(crate) async fn stats(objects: &Objects) -> Result {
    let listed = objects.namespace::<ChatRoom>().list().all()?;
    let mut rooms: Vec<(String, Stats)> = stream::iter(listed)
        .map(|room| async move {
            let stats = objects.get::<ChatRoom>(room.id).stats().await?;
            Ok::<_, Error>((room.name.as_deref().unwrap_or("(no name)").to_owned(), stats))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    rooms.sort_by(|(a, x), (b, y)| y.messages.cmp(&x.messages).then_with(|| a.cmp(b)));
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_header(["room", "messages", "authors", "bytes"]);
    for (name, stats) in rooms.iter().take(LARGEST) {
        table.add_row([name.clone(), stats.messages.to_string(), stats.authors.to_string(), stats.bytes.to_string()]);
    }
    if rooms.len() > LARGEST {
        let rest = format!("and {} more", rooms.len() - LARGEST);
        table.add_row([
            rest,
            sum(&rooms[LARGEST..], |s| s.messages),
            String::new(),
            sum(&rooms[LARGEST..], |s| s.bytes),
        ]);
    }
    let all = format!("{} rooms in all", rooms.len());
    table.add_row([all, sum(&rooms, |s| s.messages), String::new(), sum(&rooms, |s| s.bytes)]);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    Ok(())
}

fn sum(rooms: &[(String, Stats)], of: impl Fn(&Stats) -> u64) -> String {
    rooms.iter().map(|(_, stats)| of(stats)).sum::<u64>().to_string()
}

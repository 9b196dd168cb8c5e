//! Loading a chat log.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use chat_room::{ChatRoom, LogLine};
use do_runtime::prelude::*;
use futures::stream::{self, StreamExt, TryStreamExt};
use indicatif::{ProgressBar, ProgressStyle};

/// Lines that are read before they are sent to their rooms.
const CHUNK: usize = 5_000;

/// Rooms that are written at once.
const AT_ONCE: usize = 64;

/// Loads a log and says how many of its messages were new.
pub(crate) async fn run(objects: &Objects, path: &Path) -> Result {
    let file = File::open(path).context(format!("{} can't be opened", path.display()))?;
    let bytes = file.metadata().context(format!("{} can't be read", path.display()))?.len();
    let progress = ProgressBar::new(bytes).with_style(
        ProgressStyle::with_template("{bar:40} {percent:>3} %  {binary_bytes_per_sec}  {msg}")
            .expect("the template is well formed"),
    );
    let mut lines = BufReader::new(file).lines().enumerate();
    let (mut read, mut new) = (0, 0);
    loop {
        let mut rooms: BTreeMap<String, Vec<LogLine>> = BTreeMap::new();
        let mut chunk_bytes = 0;
        let mut count = 0;
        for (number, line) in lines.by_ref().take(CHUNK) {
            let line = line.context(format!("line {} of {}", number + 1, path.display()))?;
            chunk_bytes += line.len() as u64 + 1;
            if line.trim().is_empty() {
                continue;
            }
            let line: LogLine = serde_json::from_str(&line)
                .or_invalid()
                .map_err(|error| error.context(format!("line {} of {}", number + 1, path.display())))?;
            rooms.entry(line.room.clone()).or_default().push(line);
            count += 1;
        }
        if chunk_bytes == 0 {
            break;
        }
        new += stream::iter(rooms)
            .map(|(room, lines)| {
                let room = objects.get_by_name::<ChatRoom>(room);
                async move { room.import(lines).await }
            })
            .buffer_unordered(AT_ONCE)
            .try_fold(0, |sum, new| async move { Ok(sum + new) })
            .await?;
        read += count;
        progress.inc(chunk_bytes);
        progress.set_message(format!("{read} messages, {new} new"));
    }
    progress.finish();
    println!("{read} messages read, {new} of them new");
    Ok(())
}

//! What the examples cost: the main operations of each, of one object in a folder on disk, by one caller and by 64.
//!
//! `cargo run --release -p do-bench --bin patterns [EXAMPLE…]`; all of them if none is named. What writes is durable when it
//! returns. `bytes` is what the databases grow by with each call.

#![allow(clippy::print_stdout)]

mod bench;
mod limits;
mod people;
mod records;
mod work;

use do_runtime::prelude::*;

/// The examples, in the order of the table.
const EXAMPLES: [&str; 20] = [
    "rate-limiter",
    "lock",
    "leader-election",
    "quota",
    "sharded-counter",
    "cache",
    "dedup",
    "user-session",
    "analytics",
    "leaderboard",
    "search",
    "scheduler",
    "iot-device",
    "tenant-db",
    "workflow",
    "game-server",
    "fleet",
    "user-hub",
    "collab-editor",
    "chat-room",
];

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result {
    let named: Vec<String> = std::env::args().skip(1).collect();
    bench::heading();
    match named.is_empty() {
        true => measure(EXAMPLES.map(str::to_owned)).await,
        false => measure(named).await,
    }
}

/// One after the other: each has the machine for itself.
async fn measure(examples: impl IntoIterator<Item = String>) -> Result {
    for example in examples {
        match example.as_str() {
            "rate-limiter" => limits::rate_limiter().await?,
            "lock" => limits::lock().await?,
            "leader-election" => limits::leader_election().await?,
            "quota" => limits::quota().await?,
            "sharded-counter" => limits::sharded_counter().await?,
            "cache" => limits::cache().await?,
            "dedup" => limits::dedup().await?,
            "user-session" => people::user_session().await?,
            "analytics" => records::analytics().await?,
            "leaderboard" => records::leaderboard().await?,
            "search" => records::search().await?,
            "scheduler" => work::scheduler().await?,
            "iot-device" => records::iot_device().await?,
            "tenant-db" => records::tenant_db().await?,
            "workflow" => work::workflow().await?,
            "game-server" => work::game_server().await?,
            "fleet" => work::fleet().await?,
            "user-hub" => people::user_hub().await?,
            "collab-editor" => people::collab_editor().await?,
            "chat-room" => people::chat_room().await?,
            other => bail!("there is no example {other:?}"),
        }
    }
    Ok(())
}

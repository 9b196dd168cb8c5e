//! The command line of the chat rooms.

#![allow(clippy::print_stdout)]

mod import;
mod show;
mod tour;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use do_runtime::prelude::*;

/// The page of `serve`. It calls the rooms with the client at `/objects.js`, which is made of their methods.
const PAGE: &str = include_str!("../web/index.html");

/// Chat rooms as durable objects, in a folder of this machine.
#[derive(Parser)]
#[command(version, about)]
struct Command {
    /// The folder of the rooms; it is made if it does not exist.
    #[arg(long, default_value = "chat-data", global = true)]
    data: PathBuf,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand)]
enum Action {
    /// Loads a chat log: JSON lines of id, room, author, body and time (milliseconds). Each message once, by its id,
    /// however often it is loaded.
    Import {
        /// The log.
        file: PathBuf,
    },
    /// Prints the newest messages of a room, the oldest of them first.
    History {
        /// The room's name.
        room: String,
        /// How many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Prints the names of all rooms.
    Rooms,
    /// Serves the rooms and a page for them over HTTP until the process is told to end.
    Serve {
        /// The address.
        #[arg(long, default_value = "127.0.0.1:8080")]
        address: String,
    },
    /// Prints how many rooms and messages there are, and how large they are.
    Stats,
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    match run(Command::parse()).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat-room: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result {
    let Some(action) = command.action else {
        return tour::run(&command.data).await;
    };
    let objects = Objects::open(&command.data).await?;
    match action {
        Action::Import { file } => import::run(&objects, &file).await?,
        Action::History { room, limit } => show::history(&objects, &room, limit).await?,
        Action::Rooms => show::rooms(&objects)?,
        Action::Serve { address } => {
            println!("the rooms are at http://{address}/, and for programs: POST /rpc/ChatRoom/{{room}}/{{method}}");
            return objects.server().page("/", PAGE).javascript("/objects.js").serve(address).await;
        }
        Action::Stats => show::stats(&objects).await?,
    }
    objects.close().await
}

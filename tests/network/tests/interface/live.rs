//! Live queries, sockets and streams of the generated client, in Node, with a server that goes and comes back.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use do_network::Served;
use do_runtime::http::{BearerTokens, Server};
use do_runtime::interface::Interface;
use tokio::sync::mpsc;

use crate::client::{SOURCES, tools};

/// How long a program may take from one order to the next.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server that can be stopped and started at the same address, on the same folder.
struct House {
    address: SocketAddr,
    served: Option<Served>,
    /// While it is stopped.
    folder: Option<tempfile::TempDir>,
}

fn with_token(server: Server) -> Server {
    // Streams without end are cut off when it stops.
    server.drain("500ms").authenticate(BearerTokens::new([("s3cret", "ann")]))
}

impl House {
    async fn open() -> Self {
        let served = Served::new(with_token).await;
        House { address: served.address, served: Some(served), folder: None }
    }

    async fn start(&mut self) {
        let folder = self.folder.take().expect("it was stopped");
        self.served = Some(Served::on(folder, self.address, with_token).await);
    }

    async fn stop(&mut self) {
        let Some(served) = self.served.take() else { return };
        let (ended, folder) = served.stop_and_keep().await;
        ended.expect("it ends well");
        self.folder = folder;
    }
}

/// A folder with the client and a program that uses it.
fn project(name: &str) -> Option<PathBuf> {
    let folder = tools()?.join(name);
    std::fs::create_dir_all(&folder).expect("it can be made");
    let interface = Interface::linked().only(&["Talk", "Echo", "Parrot", "Radio", "Feed"]);
    interface.write_javascript(folder.join("objects.mjs")).expect("it is written");
    for file in [&format!("{name}.mjs"), "house.mjs"] {
        std::fs::copy(format!("{SOURCES}/{file}"), folder.join(file)).expect("it is copied");
    }
    Some(folder)
}

/// Node, with WebSockets also where it does not have them by itself.
fn node() -> Command {
    let mut node = Command::new("node");
    let has = Command::new("node").args(["-p", "typeof WebSocket"]).output().expect("node runs");
    if has.stdout.starts_with(b"undefined") {
        node.args(["--experimental-websocket", "--no-warnings"]);
    }
    node
}

/// Runs a program, which says on its output what is to be done with the server, and waits for a line each time.
async fn run(name: &'static str) {
    let Some(folder) = project(name) else { return };
    let mut house = House::open().await;
    let mut command = node();
    command.current_dir(folder).arg(format!("{name}.mjs")).arg(house.address.to_string());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    let mut told = lines(&mut child);
    let mut answers = child.stdin.take().expect("it is piped");
    while let Some(line) = tokio::time::timeout(PATIENCE, told.recv()).await.unwrap_or_else(|_| {
        // What it hangs at is not known, but that it does.
        let _ = child.kill();
        panic!("{name}.mjs does not end")
    }) {
        match &*line {
            "stop" => house.stop().await,
            "start" => house.start().await,
            other => panic!("{other}"),
        }
        writeln!(answers, "done").expect("it listens");
    }
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{name}.mjs says what is wrong above");
    house.stop().await;
}

fn lines(child: &mut Child) -> mpsc::UnboundedReceiver<String> {
    let output = child.stdout.take().expect("it is piped");
    let (tell, told) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(std::io::Result::ok) {
            let _ = tell.send(line);
        }
    });
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn live_queries_are_told_across_the_end_of_a_server() {
    run("live").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_come_back_across_the_end_of_a_server() {
    run("sockets").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_read_to_their_end_and_tell_when_it_is_missing() {
    run("streams").await;
}

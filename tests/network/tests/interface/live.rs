//! Live queries and sockets of the generated client, in Node, with a server that goes and comes back.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use do_runtime::http::BearerTokens;
use do_runtime::interface::Interface;
use do_runtime::prelude::*;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::client::{SOURCES, tools};

/// How long a program may take from one order to the next.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server that can be stopped and started at the same address, on the same folder.
struct House {
    folder: tempfile::TempDir,
    address: SocketAddr,
    serving: Option<(oneshot::Sender<()>, JoinHandle<Result>)>,
}

impl House {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut house = House { folder, address: ([127, 0, 0, 1], 0).into(), serving: None };
        house.start().await;
        house
    }

    async fn start(&mut self) {
        let objects = Objects::open(self.folder.path()).await.expect("it opens");
        let listener = TcpListener::bind(self.address).await.expect("the port is free");
        self.address = listener.local_addr().expect("it has an address");
        let (stop, stopped) = oneshot::channel();
        let server = objects.server().authenticate(BearerTokens::new([("s3cret", "ann")]));
        let server = server.until(async move { drop(stopped.await) });
        self.serving = Some((stop, tokio::spawn(server.serve_on(listener))));
    }

    async fn stop(&mut self) {
        let Some((stop, serving)) = self.serving.take() else { return };
        let _ = stop.send(());
        serving.await.expect("no panic").expect("it ends well");
    }
}

/// A folder with the client and a program that uses it.
fn project(name: &str) -> Option<PathBuf> {
    let folder = tools()?.join(name);
    std::fs::create_dir_all(&folder).expect("it can be made");
    let interface = Interface::linked().only(&["Talk", "Echo", "Parrot", "Radio"]);
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

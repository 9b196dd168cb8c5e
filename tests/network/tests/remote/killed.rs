//! A server in a process of its own, which is killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use do_runtime::prelude::*;
use tokio::net::TcpListener;

use crate::desk::Desk;

const FOLDER: &str = "DO_REMOTE_FOLDER";
const ADDRESS: &str = "DO_REMOTE_ADDRESS";

/// What the child says once it serves.
const SERVING: &str = "serving at ";

#[test]
#[ignore = "it is the process that the other test kills"]
fn the_server_that_is_killed() {
    let (Ok(folder), Ok(address)) = (std::env::var(FOLDER), std::env::var(ADDRESS)) else { return };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let served: Result = runtime.block_on(async {
        let objects = Objects::open(folder).await?;
        let listener = TcpListener::bind(address).await.expect("the port is free");
        eprintln!("\n{SERVING}{}", listener.local_addr().expect("an address"));
        objects.server().serve_on(listener).await
    });
    served.expect("it serves until it is killed");
}

/// A child that serves, and its address.
fn serve(folder: &Path, address: &str) -> (Child, String) {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--exact", "killed::the_server_that_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .env(ADDRESS, address)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it can be started");
    let mut said =
        BufReader::new(child.stderr.take().expect("its errors are piped")).lines().map_while(|line| line.ok());
    let address = said.find_map(|line| line.strip_prefix(SERVING).map(str::to_owned)).expect("it serves");
    std::thread::spawn(move || said.for_each(|line| eprintln!("the server: {line}")));
    (child, address)
}

#[tokio::test(flavor = "multi_thread")]
async fn through_kills_of_the_server_each_call_is_applied_once() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut child, address) = serve(folder.path(), "127.0.0.1:0");
    let afar = Objects::connect(format!("http://{address}")).await?;
    let (said, mut heard) = tokio::sync::watch::channel(0);
    let calling = tokio::spawn({
        let afar = afar.clone();
        async move {
            let desk = afar.get_by_name::<Desk>("ann");
            for number in 1..=200 {
                assert_eq!(desk.put(1, None).await?, number, "each once, and in order");
                said.send_replace(number);
            }
            Ok::<(), Error>(())
        }
    });
    for kill in 1..=10 {
        heard.wait_for(|number| *number >= kill * 17).await.expect("it goes on");
        // SIGKILL.
        child.kill().expect("it runs");
        child.wait().expect("it has ended");
        (child, _) = serve(folder.path(), &address);
    }
    calling.await.expect("no panic")?;
    assert_eq!(afar.get_by_name::<Desk>("ann").count().await?, (200, 200));
    child.kill().expect("it runs");
    child.wait().expect("it has ended");
    Ok(())
}

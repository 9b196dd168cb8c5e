//! A call over HTTP beside a bare axum handler that answers the same, for a load generator: both in this process, on two ports.
//!
//! `cargo run --release -p do-bench --bin http` prints the two addresses and serves until it is told to end; `benches/http.sh` runs `wrk` against
//! both in turn, and prints their ratio.

#![allow(clippy::print_stdout)]

use axum::Router;
use axum::routing::post;
use do_runtime::prelude::*;
use tokio::net::TcpListener;

#[durable_object(name = "HttpCounter")]
struct Counter {
    #[stored]
    count: u64,
}

#[durable_object]
impl Counter {
    #[rpc(public)]
    fn noop(&self) -> Result {
        Ok(())
    }

    #[rpc(public)]
    fn add(&mut self) -> Result<u64> {
        self.count += 1;
        Ok(self.count)
    }
}

#[tokio::main]
async fn main() -> Result {
    let folder = tempfile::tempdir().or_invalid()?;
    let objects = Objects::open(folder.path()).await?;
    let bare = TcpListener::bind("127.0.0.1:0").await.or_invalid()?;
    let ours = TcpListener::bind("127.0.0.1:0").await.or_invalid()?;
    let (bare_at, ours_at) = (bare.local_addr().or_invalid()?, ours.local_addr().or_invalid()?);
    println!(
        "http://{bare_at}/noop http://{ours_at}/rpc/HttpCounter/visits/noop http://{ours_at}/rpc/HttpCounter/visits/add"
    );
    let router = Router::new().route("/noop", post(async || ([("content-type", "application/json")], "null")));
    tokio::spawn(async move { axum::serve(bare, router).await });
    objects.server().serve_on(ours).await
}

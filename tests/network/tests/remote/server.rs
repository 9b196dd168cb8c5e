//! A server with a runtime of its own, that can go away from one moment to the next and come back.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use do_runtime::http::Server;
use do_runtime::prelude::*;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

/// A server on a port that stays the same through its lives.
pub(crate) struct Life {
    pub(crate) address: SocketAddr,
    /// The objects as they are seen in the server's own process.
    pub(crate) objects: Objects,
    /// Not there once it has vanished.
    runtime: Option<Runtime>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Result>,
}

impl Life {
    /// On any port that is free.
    pub(crate) async fn begin(folder: &Path, set_up: fn(Server) -> Server) -> Self {
        Life::at(([127, 0, 0, 1], 0).into(), folder, set_up).await
    }

    /// On this port, in a folder that an earlier life may be about to let go.
    pub(crate) async fn at(address: SocketAddr, folder: &Path, set_up: fn(Server) -> Server) -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).enable_all().build().expect("a runtime");
        let folder = folder.to_owned();
        let (stop, stopped) = oneshot::channel();
        let beginning = runtime.spawn(async move {
            let listener = loop {
                match TcpListener::bind(address).await {
                    Ok(listener) => break listener,
                    Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => tokio::task::yield_now().await,
                    Err(error) => panic!("{error}"),
                }
            };
            let address = listener.local_addr().expect("it has an address");
            let objects = loop {
                match Objects::open(&folder).await {
                    Err(error) if error.kind() == ErrorKind::Unavailable => tokio::task::yield_now().await,
                    opened => break opened.expect("it opens"),
                }
            };
            (address, listener, objects)
        });
        let (address, listener, objects) = beginning.await.expect("no panic");
        let server = set_up(objects.server().until(async move { drop(stopped.await) }));
        let serving = runtime.spawn(server.serve_on(listener));
        Life { address, objects, runtime: Some(runtime), stop: Some(stop), serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Tells it to end, and waits for that.
    pub(crate) async fn stop(mut self) -> Result {
        drop(self.stop.take());
        let ended = (&mut self.serving).await.expect("no panic");
        self.vanish().await;
        ended
    }

    /// It is gone, whatever it is doing.
    pub(crate) async fn vanish(mut self) {
        let runtime = self.runtime.take().expect("it has not vanished yet");
        let gone = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(5)));
        gone.await.expect("no panic");
    }
}

impl Drop for Life {
    /// Of a test that failed.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Something between a caller and a server.
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    accepted: watch::Receiver<usize>,
    cut: watch::Sender<u64>,
    carrying: JoinHandle<()>,
}

impl Wire {
    /// Carries connections to an address.
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let (count, accepted) = watch::channel(0);
        let (cut, cuts) = watch::channel(0);
        let carrying = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                count.send_modify(|count| *count += 1);
                let mut cuts = cuts.clone();
                cuts.mark_unchanged();
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(server).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        _ = cuts.changed() => {}
                    }
                });
            }
        });
        Wire { address, accepted, cut, carrying }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        *self.accepted.borrow()
    }

    /// Cuts all connections that there are.
    pub(crate) fn cut(&self) {
        self.cut.send_modify(|cuts| *cuts += 1);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

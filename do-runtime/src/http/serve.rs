//! Listening: connections, what they may take, and the end.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::limits::Limits;
use super::prompt::Prompt;
use crate::Objects;
use crate::env::BoxFuture;
use crate::error::{Error, ErrorKind, Result};

/// How long clients may take to take note of the end.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long is waited after a connection could not be accepted: no descriptor is left, most of the time.
const RELIEF: Duration = Duration::from_millis(100);

/// Serves connections until it is told to stop, or the node fails; then lets calls end, and closes the objects.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    objects: Objects,
    limits: Limits,
    until: Option<BoxFuture>,
) -> Result {
    let stop: BoxFuture = match until {
        Some(until) => until,
        None => Box::pin(told_to_end()?),
    };
    let connections = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(limits.connections));
    let (mut stop, mut failed) = (stop, pin!(objects.failed()));
    let mut accepting = Box::pin(accept(&listener, &router, &limits, &room, &connections));
    let failed = poll_fn(|cx| {
        if let Poll::Ready(error) = failed.as_mut().poll(cx) {
            return Poll::Ready(Some(error));
        }
        if stop.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        accepting.as_mut().poll(cx).map(|()| None)
    })
    .await;
    drop(accepting);
    drop(listener);
    if timeout(limits.drain, connections.shutdown()).await.is_err() {
        tracing::warn!(drain = ?limits.drain, "calls were still running when the server stopped: their answers are lost");
    }
    let ended = match failed {
        Some(error) => Err(error),
        None => objects.close().await,
    };
    // Closing has told the sockets that are open: their clients are to hear it.
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    if timeout(FAREWELL, room.acquire_many(all)).await.is_err() {
        tracing::warn!("sockets whose clients do not answer were cut off");
    }
    ended
}

/// Accepts connections, as many at once as there is room for.
async fn accept(
    listener: &TcpListener,
    router: &Router,
    limits: &Limits,
    room: &Arc<Semaphore>,
    connections: &GracefulShutdown,
) {
    let http = protocols(limits);
    // It is never closed.
    while let Ok(place) = room.clone().acquire_owned().await {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(RELIEF).await;
                continue;
            }
        };
        let peer = Arc::new(Peer { address: address.ip(), cut: Notify::new(), _place: place });
        // Answers are small, and somebody waits for each.
        let _ = stream.set_nodelay(true);
        let stream = TokioIo::new(Prompt::new(stream, limits.arrival, limits.stream_idle));
        let connection =
            http.serve_connection_with_upgrades(stream, Peered::new(router.clone(), peer.clone())).into_owned();
        let watched = connections.watch(connection);
        tokio::spawn(async move {
            let ended = tokio::select! {
                ended = watched => ended,
                () = peer.cut.notified() => Ok(()),
            };
            // A peer that goes away, or sends what is no HTTP, is nobody's concern here.
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
}

/// HTTP/1 and HTTP/2 on the same port, each within the limits.
fn protocols(limits: &Limits) -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(limits.arrival).max_buf_size(limits.headers);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.headers).unwrap_or(u32::MAX))
        // A peer that is silent, or in the middle of a head, answers no ping.
        .keep_alive_interval(limits.arrival)
        .keep_alive_timeout(limits.arrival);
    http
}

/// The other end of a connection. It is held as long as the connection is open, as a WebSocket too.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) address: IpAddr,
    /// Told when it is to be closed whatever it is in the middle of.
    cut: Notify,
    _place: OwnedSemaphorePermit,
}

impl Peer {
    /// Closes the connection, whatever it is in the middle of.
    pub(super) fn cut(&self) {
        self.cut.notify_one();
    }
}

/// The router, which tells each request from where it comes.
#[derive(Clone)]
struct Peered {
    router: TowerToHyperService<Router>,
    peer: Arc<Peer>,
}

impl Peered {
    fn new(router: Router, peer: Arc<Peer>) -> Self {
        Peered { router: TowerToHyperService::new(router), peer }
    }
}

impl Service<Request<Incoming>> for Peered {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer.clone());
        self.router.call(request)
    }
}

/// Resolves when the process is told to end.
fn told_to_end() -> Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind: SignalKind| {
        signal(kind).map_err(|error| {
            Error::with_source(ErrorKind::Unavailable, format!("signals can't be listened for: {error}"), error)
        })
    };
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    Ok(poll_fn(move |cx| {
        let told = interrupt.poll_recv(cx).is_ready() || terminate.poll_recv(cx).is_ready();
        if told { Poll::Ready(()) } else { Poll::Pending }
    }))
}

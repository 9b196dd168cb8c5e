//! A pool of connections to one server.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::HeaderMap;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{HttpConnector, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{timeout, timeout_at};

use super::Told;
use super::answer;
use super::request::{Again, Outgoing, Sending};
use crate::error::{Error, ErrorKind, Result, shown};
use crate::metadata::RetryPolicy;
use crate::sync::RwLock;

/// A peer that does not answer for so long, and then for as long again when it is asked whether it is there, is gone.
const SILENCE: Duration = Duration::from_secs(5);

/// The longest time that anybody is taken to wait for.
pub(super) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How much of an answer is on its way, or has come and was not read. What all answers of a connection may have is as much as all of them together:
/// streams that nobody reads must not hold up the others.
const WINDOW: u32 = 1 << 18;

/// How many calls a server of ours lets be under way at once on a connection.
const STREAMS: u32 = 256;

/// More calls than can be under way.
const ALL: u32 = 1 << 24;

/// What holds for all calls of a connection.
pub(super) struct Settings {
    pub(super) headers: HeaderMap,
    pub(super) deadline: Duration,
    pub(super) retry: RetryPolicy,
    pub(super) connections: usize,
    pub(super) connect_within: Duration,
}

/// The way to a server.
pub(crate) struct Connection {
    /// Scheme, host and what the server's paths begin with; no slash at the end.
    base: String,
    settings: Settings,
    /// Nothing once it was closed.
    clients: RwLock<Option<Arc<Clients>>>,
    /// Where calls are sent from, whoever polls them.
    runtime: Handle,
    /// One permit for each call that is under way.
    under_way: Arc<Semaphore>,
    /// Closed once no call is taken any more.
    over: Semaphore,
}

#[cfg(not(feature = "tls"))]
type Dialer = HttpConnector;
#[cfg(feature = "tls")]
type Dialer = hyper_rustls::HttpsConnector<HttpConnector>;

/// Each has one connection of HTTP/2, made when it is needed.
struct Clients {
    each: Vec<Client<Dialer, Full<Bytes>>>,
    next: AtomicUsize,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

impl Connection {
    pub(super) fn new(url: &str, settings: Settings) -> Result<Self> {
        let base = base(url)?;
        let runtime = Handle::try_current().map_err(|_| {
            Error::invalid("objects are connected to inside a tokio runtime: call this from `#[tokio::main]`")
        })?;
        let dialer = dialer(&settings)?;
        let each = (0..settings.connections).map(|_| client(dialer.clone())).collect();
        let clients = Clients { each, next: AtomicUsize::new(0) };
        Ok(Connection {
            base,
            settings,
            clients: RwLock::new(Some(Arc::new(clients))),
            runtime,
            under_way: Arc::new(Semaphore::new(ALL as usize)),
            over: Semaphore::new(0),
        })
    }

    /// What its URLs begin with.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// How long a call waits that says nothing of it.
    pub(crate) fn deadline(&self) -> Duration {
        self.settings.deadline
    }

    /// How a call is sent again that says nothing of it.
    pub(crate) fn retry(&self) -> Again {
        Again::Unreached(self.settings.retry.clone())
    }

    /// Sends a call; it goes on if nobody waits for it any more.
    ///
    /// # Errors
    /// `unavailable` once the connection was closed.
    pub(crate) fn send(self: &Arc<Self>, call: Outgoing) -> Result<Sending> {
        let permit = self.permit()?;
        let connection = self.clone();
        let sending = self.runtime.spawn(async move {
            let answer = call.send(&connection).await;
            drop(permit);
            answer
        });
        Ok(Sending::new(sending))
    }

    fn permit(&self) -> Result<OwnedSemaphorePermit> {
        if self.is_closed() {
            return Err(closed());
        }
        self.under_way.clone().try_acquire_owned().map_err(|_| {
            Error::new(ErrorKind::Overloaded, format!("{ALL} calls are on their way to {} already", self.base))
        })
    }

    /// Makes sure that there is a server of objects.
    pub(super) async fn greet(self: &Arc<Self>) -> Result {
        let connection = self.clone();
        let greeting = self.runtime.spawn(async move {
            let uri = connection.uri("/rpc/")?;
            let request = Request::post(uri).body(Full::default()).map_err(|error| {
                Error::with_source(ErrorKind::Internal, format!("a greeting could not be made: {error}"), error)
            })?;
            let within = connection.settings.connect_within;
            let mute = || Error::new(ErrorKind::Unavailable, format!("{} says nothing", connection.base));
            let greeted = async {
                match connection.exchange(request, until(within)).await? {
                    Some(response) => answer::greeted(response, &connection.base).await,
                    None => Err(mute()),
                }
            };
            timeout(within, greeted).await.unwrap_or_else(|_| Err(mute()))
        });
        greeting.await.map_err(|_| runtime_ended())?
    }

    /// The URL of a path.
    pub(super) fn uri(&self, path: &str) -> Result<Uri> {
        format!("{}{path}", self.base).parse().map_err(|error| {
            let sentence = format!("the path `{}` is none of a URL: {error}", shown(path));
            Error::with_source(ErrorKind::Invalid, sentence, error)
        })
    }

    /// One request and the head of its answer; nothing if that did not come in time.
    ///
    /// # Errors
    /// `unavailable` if there is no connection, or it was lost: then it is not known whether the request arrived.
    pub(super) async fn exchange(
        &self,
        mut request: Request<Full<Bytes>>,
        until: Instant,
    ) -> Result<Option<Response<hyper::body::Incoming>>> {
        let clients = self.clients.read().clone().ok_or_else(closed)?;
        let next = clients.next.fetch_add(1, Ordering::Relaxed);
        let Some(client) = clients.each.get(next % clients.each.len().max(1)) else { return Err(closed()) };
        request.headers_mut().extend(self.settings.headers.clone());
        let connected = capture_connection(&mut request);
        let answer = match timeout_at(until.into(), client.request(request)).await {
            Ok(answer) => answer,
            Err(_) if connected.connection_metadata().is_some() => return Ok(None),
            Err(_) => {
                let sentence = format!("{} can't be reached: there was no connection in time", self.base);
                return Err(Error::new(ErrorKind::Unavailable, sentence));
            }
        };
        answer.map(Some).map_err(|error| {
            let why = Told::causes(&error);
            let sentence = match error.is_connect() {
                true => format!("{} can't be reached: {why}", self.base),
                false => format!("the connection to {} was lost before the answer: {why}", self.base),
            };
            Error::with_source(ErrorKind::Unavailable, sentence, error)
        })
    }

    /// Whether it was closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.over.is_closed()
    }

    /// Takes no new call and sends none again, waits for those that were sent, and closes the connections.
    pub(crate) async fn close(&self) {
        self.over.close();
        // All of them have ended once all permits are back.
        drop(self.under_way.acquire_many(ALL).await);
        self.hang_up();
    }

    /// Takes no new call and sends none again; the connections go with those that were sent.
    pub(crate) fn hang_up(&self) {
        self.over.close();
        self.clients.write().take();
    }

    /// Resolves once it was closed, with the error that calls have from then on.
    pub(crate) async fn over(&self) -> Error {
        // It never has a permit, and fails once it is closed.
        let _ = self.over.acquire().await;
        closed()
    }

    /// Whether it was still open at that time.
    pub(super) async fn is_open_at(&self, time: Instant) -> bool {
        timeout_at(time.into(), self.over.acquire()).await.is_err()
    }
}

/// The instant after such a time.
pub(super) fn until(within: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(within.min(LONGEST)).unwrap_or(now)
}

fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "these objects were closed: connect to them again")
}

/// The runtime that sent a call is gone.
pub(super) fn runtime_ended() -> Error {
    let sentence =
        "the tokio runtime in which these objects were connected to has ended: what came of the call is not known";
    Error::new(ErrorKind::Unavailable, sentence)
}

/// What the URLs of a server begin with.
fn base(url: &str) -> Result<String> {
    if url.contains('@') {
        // It is not shown: it has secrets, most of the time.
        let sentence = "the URL of a server has no credentials: give them with `.bearer(…)` or `.header(…)`";
        return Err(Error::invalid(sentence));
    }
    let wrong = |why: &str| {
        Error::invalid(format!("{:?} is no URL of a server: {why}, as in `http://127.0.0.1:8080`", shown(url)))
    };
    let uri: Uri = url.parse().map_err(|error| wrong(&format!("{error}: write scheme, host and port")))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(wrong("write scheme, host and port"));
    };
    match scheme {
        "http" => {}
        "https" if cfg!(feature = "tls") => {}
        "https" => {
            let sentence = "`https` needs the feature `tls` of do-runtime, which this program was built without: add it in `Cargo.toml`";
            return Err(Error::invalid(sentence));
        }
        _ => return Err(wrong("it begins with `http://` or `https://`")),
    }
    if uri.query().is_some() {
        return Err(wrong("it ends before the `?`"));
    }
    Ok(format!("{scheme}://{authority}{}", uri.path().trim_end_matches('/')))
}

fn client(dialer: Dialer) -> Client<Dialer, Full<Bytes>> {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .http2_only(true)
        .http2_keep_alive_interval(SILENCE)
        .http2_keep_alive_timeout(SILENCE)
        .http2_initial_stream_window_size(WINDOW)
        .http2_initial_connection_window_size(WINDOW * STREAMS)
        .build(dialer)
}

fn plain_dialer(settings: &Settings) -> HttpConnector {
    let mut http = HttpConnector::new();
    // Calls are small, and somebody waits for each.
    http.set_nodelay(true);
    http.set_connect_timeout(Some(settings.connect_within));
    http
}

#[cfg(not(feature = "tls"))]
#[expect(clippy::unnecessary_wraps, reason = "with TLS there are certificates to be found")]
fn dialer(settings: &Settings) -> Result<Dialer> {
    Ok(plain_dialer(settings))
}

/// With the certificates that the system trusts.
#[cfg(feature = "tls")]
fn dialer(settings: &Settings) -> Result<Dialer> {
    let mut http = plain_dialer(settings);
    http.enforce_http(false);
    // Said here, as another crate of the program may bring another one.
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let builder = hyper_rustls::HttpsConnectorBuilder::new().with_provider_and_native_roots(provider);
    let builder = builder.map_err(|error| {
        let sentence = format!("the certificates that this system trusts can't be read: {error}");
        Error::with_source(ErrorKind::Unavailable, sentence, error)
    })?;
    Ok(builder.https_or_http().enable_http2().wrap_connector(http))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_scheme_a_host_and_perhaps_a_path() {
        for (url, expected) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://example.com/", "http://example.com"),
            ("HTTP://[::1]:80/objects/", "http://[::1]:80/objects"),
        ] {
            assert_eq!(base(url).expect("a URL"), expected);
        }
        for url in ["", "localhost", "localhost:8080", "/rpc", "ftp://x", "http://", "http://a/?b=c", "http://a b"] {
            let error = base(url).expect_err("no URL");
            assert_eq!(error.kind(), ErrorKind::Invalid, "{url}");
            assert!(error.to_string().contains("http://127.0.0.1:8080"), "{url}: {error}");
        }
        let error = base("http://ann:s3cret@example.com").expect_err("it has credentials");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn a_secure_url_names_the_feature_that_is_missing() {
        let error = base("https://example.com").expect_err("no TLS");
        assert!(error.to_string().contains("`tls`"), "{error}");
    }
}

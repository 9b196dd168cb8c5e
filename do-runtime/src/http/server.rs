//! A server, as it is set up.

use std::fmt;
use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue};
use axum::routing::any;
use tokio::net::{TcpListener, ToSocketAddrs};

use super::allowance::Allowance;
use super::authenticate::Authenticate;
use super::documents::{Document, Kind};
use super::paths::Paths;
#[cfg(feature = "prometheus")]
use super::scrape::Scrape;
use super::shared::Shared;
use super::{request, serve};
use crate::Objects;
use crate::env::BoxFuture;
use crate::error::{Error, ErrorKind, FirstMistake, Result};
use crate::node::IntoBytes;
use crate::time::IntoDuration;

/// A server of the public methods of all classes: [`Objects::server`]. See [the module](super) for its paths.
pub struct Server {
    shared: Shared,
    until: Option<BoxFuture>,
    documents: Vec<Document>,
    #[cfg(feature = "prometheus")]
    scrape: Option<Scrape>,
    paths: Paths,
    wrong: FirstMistake,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({:?}, {:?})", self.shared.objects, self.shared.limits)
    }
}

impl Server {
    pub(crate) fn new(objects: Objects) -> Self {
        Server {
            shared: Shared::new(objects),
            until: None,
            documents: Vec::new(),
            #[cfg(feature = "prometheus")]
            scrape: None,
            paths: Paths::default(),
            wrong: FirstMistake::default(),
        }
    }

    /// Says who calls. Requests without credentials are refused then, unless [`Server::allow_anonymous`] is called too.
    pub fn authenticate(mut self, authenticator: impl Authenticate) -> Self {
        self.shared.authenticator = Some(Arc::new(authenticator));
        self
    }

    /// Lets anybody who reaches the address call, as `anonymous`: what they may do is for `#[authorize]` to say. Without it a server that has
    /// no authenticator listens on loopback addresses only.
    pub fn allow_anonymous(mut self) -> Self {
        self.shared.anonymous = true;
        self
    }

    /// Pages of these origins, such as `https://example.com`, may call too; without it only those of the server's own host.
    pub fn origins<T: Into<String>>(mut self, origins: impl IntoIterator<Item = T>) -> Self {
        self.shared.origins.extend(origins.into_iter().map(Into::into));
        self
    }

    /// Answers a `GET` of this path, such as `/openapi.json`, with the OpenAPI document of the objects. Nobody is asked who they are for it.
    #[cfg(feature = "interface")]
    pub fn openapi(self, path: impl Into<String>) -> Self {
        self.document(path.into(), Kind::OpenApi)
    }

    /// Answers a `GET` of this path, such as `/objects.js`, with the client as a module of JavaScript: a page imports it as it is. Nobody is
    /// asked who they are for it.
    #[cfg(feature = "interface")]
    pub fn javascript(self, path: impl Into<String>) -> Self {
        self.document(path.into(), Kind::JavaScript)
    }

    /// Answers a `GET` of this path, such as `/`, with a page of HTML. It is the server's own, so it may call the objects. Nobody is asked who they are
    /// for it.
    ///
    /// ```no_run
    /// # use do_runtime::prelude::*;
    /// # async fn example(objects: Objects) -> Result {
    /// objects.server().page("/", "<h1>Chat rooms</h1>").serve("127.0.0.1:8080").await
    /// # }
    /// ```
    pub fn page(self, path: impl Into<String>, html: impl Into<String>) -> Self {
        self.document(path.into(), Kind::Page(html.into().into()))
    }

    /// Answers a `GET` of this path with something else that a page needs, such as a script, a style or a picture, of this media type. A browser keeps
    /// it, and asks each time whether it still is the same (`ETag`), as for the page.
    ///
    /// ```no_run
    /// # use do_runtime::prelude::*;
    /// # async fn example(objects: Objects) -> Result {
    /// # const PAGE: &str = "";
    /// # const STYLE: &str = "";
    /// let server = objects.server().page("/", PAGE).asset("/style.css", "text/css", STYLE);
    /// server.asset("/dot.png", "image/png", [0x89_u8, 0x50]).serve("127.0.0.1:8080").await
    /// # }
    /// ```
    ///
    /// What `include_str!` and `include_bytes!` give is served as it is, without a copy.
    pub fn asset(mut self, path: impl Into<String>, media: &str, content: impl AsRef<[u8]> + Send + 'static) -> Self {
        match HeaderValue::try_from(media).ok().filter(|_| media.contains('/')) {
            Some(media) => self.document(path.into(), Kind::Asset(media, Bytes::from_owner(content))),
            None => {
                let sentence = format!("{media:?} is no media type: write one such as \"text/css\"");
                self.wrong.set(&mut (), "an asset", Err(Error::invalid(sentence)));
                self
            }
        }
    }

    fn document(mut self, path: String, kind: Kind) -> Self {
        match self.paths.take(path) {
            Ok(path) => self.documents.push(Document::at(path, kind)),
            Err(wrong) => self.wrong.set(&mut (), "a page or document", Err(wrong)),
        }
        self
    }

    /// Answers a `GET` of this path, such as `/metrics`, with the metrics of the process in the text format of Prometheus. Who reads them needs the
    /// credentials that a call needs.
    ///
    /// From here on the process has a recorder for Prometheus, which also takes what the program itself records with the crate `metrics`. If the
    /// program has installed another recorder, starting the server is a `conflict`.
    #[cfg(feature = "prometheus")]
    pub fn metrics(mut self, path: impl Into<String>) -> Self {
        match self.paths.take(path.into()).and_then(Scrape::at) {
            Ok(scrape) => self.scrape = Some(scrape),
            Err(wrong) => self.wrong.set(&mut (), "the metrics", Err(wrong)),
        }
        self
    }

    /// The largest body of a request: 1 MiB. A larger one is a 413.
    pub fn largest_body(mut self, bytes: impl IntoBytes) -> Self {
        self.wrong.set(&mut self.shared.limits.body, "the largest body of a request", bytes.into_bytes());
        self
    }

    /// How long the head of a request, and then its body, may take to arrive: 10 seconds each. After that the connection is closed, or
    /// the answer is a 408.
    pub fn arrival(mut self, within: impl IntoDuration) -> Self {
        self.wrong.set(
            &mut self.shared.limits.arrival,
            "how long a request may take to arrive",
            within.into_duration(),
        );
        self
    }

    /// How long a call may take: 30 seconds. After that the answer is a 504; a handler that has begun goes on, and what it does is kept.
    pub fn deadline(mut self, within: impl IntoDuration) -> Self {
        self.wrong.set(&mut self.shared.limits.answer, "the deadline of calls from outside", within.into_duration());
        self
    }

    /// The largest message of a WebSocket, in either frames or all of it: 1 MiB. A larger one closes the socket with 1009.
    pub fn largest_message(mut self, bytes: impl IntoBytes) -> Self {
        self.wrong.set(&mut self.shared.limits.message, "the largest message of a socket", bytes.into_bytes());
        self
    }

    /// How much may wait to be sent to one WebSocket: 1 MiB. A client for whom more waits reads too slowly, and is closed with 1013.
    pub fn socket_buffer(mut self, bytes: impl IntoBytes) -> Self {
        self.wrong.set(&mut self.shared.limits.socket_buffer, "what may wait for a socket", bytes.into_bytes());
        self
    }

    /// How many WebSockets one object may have: 32,768. Further ones are refused with a 429.
    pub fn sockets_per_object(mut self, most: usize) -> Self {
        self.shared.limits.sockets_per_object = most;
        self
    }

    /// How many WebSockets one address may have: 32,768, as there may be a proxy before the server. Further ones are refused with a 429.
    pub fn sockets_per_peer(mut self, most: usize) -> Self {
        self.shared.limits.sockets_per_peer = most;
        self
    }

    /// How many calls a caller may make in a period, such as `(100, "10s")`: so many at once, and then one whenever its share of the period has passed.
    /// Not limited, unless it is said. Further ones are refused with a 429 that says in `Retry-After` how many seconds it is until the next.
    ///
    /// Calls are requests at `/rpc/…` and `/objects/…`, WebSockets that are opened, and each `call` and `watch` over `GET /rpc`; not the messages
    /// to an object. A caller is the principal whom the authenticator names, else the address that the request comes from (of IPv6 its first 64 bits): behind a
    /// proxy all who are anonymous are one. Requests without the credentials that they need, or with wrong ones, are calls of their address too.
    /// A router that is merged with one's own learns addresses from axum's `ConnectInfo`, and takes all who are anonymous for one where that is missing.
    pub fn calls_per_caller(mut self, most: usize, per: impl IntoDuration) -> Self {
        let allowance = Allowance::new("this caller makes too many calls", most, per.into_duration());
        self.wrong.set(&mut self.shared.callers.calls, "how many calls a caller may make", allowance.map(Some));
        self
    }

    /// How many objects that do not exist a caller may call in a period, such as `(20, "1h")`, in calls that could bring them into being: all but those of
    /// `&self` methods. Not limited, unless it is said. Further ones are refused with a 429, as by [`Server::calls_per_caller`], which
    /// says who is a caller.
    ///
    /// An object exists from its first committed write ([`Namespace::exists`](crate::Namespace::exists)). Each call before that counts: several that are made at
    /// once, and such as write nothing in the end.
    pub fn new_objects_per_caller(mut self, most: usize, per: impl IntoDuration) -> Self {
        let allowance = Allowance::new("this caller names too many new objects", most, per.into_duration());
        self.wrong.set(
            &mut self.shared.callers.new_objects,
            "how many new objects a caller may name",
            allowance.map(Some),
        );
        self
    }

    /// How many wrong credentials may come from one address (of IPv6 its first 64 bits) in a period, such as `(20, "1m")`: after that its requests are refused with a
    /// 429 before their credentials are looked at, right ones too, so that nobody finds them by trying. Not limited, unless it is said: behind a
    /// proxy all have one address, and one who guesses would lock out the others.
    pub fn wrong_credentials_per_address(mut self, most: usize, per: impl IntoDuration) -> Self {
        let allowance = Allowance::new("this address has sent too many wrong credentials", most, per.into_duration());
        self.wrong.set(
            &mut self.shared.callers.wrong_credentials,
            "how many wrong credentials may come from an address",
            allowance.map(Some),
        );
        self
    }

    /// How often a WebSocket is sent a ping: every 30 seconds. One that is silent until the next one is taken for broken.
    pub fn ping(mut self, every: impl IntoDuration) -> Self {
        self.wrong.set(&mut self.shared.limits.ping, "how often a socket is sent a ping", every.into_duration());
        self
    }

    /// How many connections are open at once, WebSockets among them: 32,768. Further ones wait to be accepted.
    pub fn connections(mut self, most: usize) -> Self {
        self.shared.limits.connections = most.max(1);
        self
    }

    /// How long the client of a stream (`Response::stream`, `Streaming`) may take nothing of what waits for it: 30 seconds. After that the stream is dropped and
    /// its connection closed (of HTTP/2, the one answer). How long the stream itself has nothing to say does not matter, nor does [`Server::deadline`],
    /// which ends with the head of the answer. A connection on which nothing at all is taken for so long is closed, whatever it carries.
    pub fn stream_idle(mut self, within: impl IntoDuration) -> Self {
        self.wrong.set(
            &mut self.shared.limits.stream_idle,
            "how long the client of a stream may take nothing",
            within.into_duration(),
        );
        self
    }

    /// How long calls that run, and streams, may go on when the server stops: 10 seconds.
    pub fn drain(mut self, within: impl IntoDuration) -> Self {
        self.wrong.set(
            &mut self.shared.limits.drain,
            "how long calls may go on when the server stops",
            within.into_duration(),
        );
        self
    }

    /// Stops when this resolves, instead of when the process is told to end (SIGINT, SIGTERM).
    pub fn until(mut self, stop: impl Future<Output = ()> + Send + 'static) -> Self {
        self.until = Some(Box::pin(stop));
        self
    }

    /// The paths as a router, to be merged with one's own. What listens is then one's own too: who is let in from where, how long
    /// heads of requests may take, how many connections there are, and when it ends.
    ///
    /// # Errors
    /// `invalid` if a limit was given that is none.
    pub fn router(self) -> Result<Router> {
        self.wrong.told()?;
        Ok(self.into_router())
    }

    pub(crate) fn into_router(self) -> Router {
        let documents = self.documented();
        // The rest of the path is ours: an empty name is a mistake that is told.
        let shared = Arc::new(self.shared);
        let router = Router::new()
            .route("/rpc/{*call}", any(request::rpc))
            .route("/rpc/", any(request::rpc))
            .route("/rpc", any(request::connection))
            .route("/objects/{*object}", any(request::object))
            .route("/objects/", any(request::object));
        #[cfg(feature = "prometheus")]
        let router = match self.scrape {
            Some(scrape) => scrape.served(router),
            None => router,
        };
        router.with_state(shared).merge(documents)
    }

    fn documented(&self) -> Router {
        self.documents.iter().fold(Router::new(), |router, document| {
            let body = match &document.kind {
                #[cfg(feature = "interface")]
                Kind::OpenApi => self.described().openapi().to_string().into(),
                #[cfg(feature = "interface")]
                Kind::JavaScript => self.described().javascript().into(),
                Kind::Page(content) | Kind::Asset(_, content) => content.clone(),
            };
            document.served(router, body)
        })
    }

    #[cfg(feature = "interface")]
    fn described(&self) -> crate::interface::Interface {
        let interface = self.shared.objects.interface();
        let needs_token = self.shared.authenticator.is_some() && !self.shared.anonymous;
        if needs_token { interface.bearer() } else { interface }
    }

    /// Listens on an address until it is told to stop, lets the calls end that run, and closes the objects.
    ///
    /// # Errors
    /// `invalid` for an address that others reach where nobody says who calls; `unavailable` if the address can't be listened on, or
    /// if the node fails meanwhile.
    pub async fn serve(self, address: impl ToSocketAddrs) -> Result {
        let cannot = |what: &str, error: std::io::Error| {
            Error::with_source(ErrorKind::Unavailable, format!("{what} can't be listened on: {error}"), error)
        };
        let found = tokio::net::lookup_host(address).await.map_err(|error| cannot("the address", error))?;
        let addresses: Vec<SocketAddr> = found.collect();
        let listener = TcpListener::bind(&*addresses).await.map_err(|error| {
            let named: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
            cannot(&named.join(" or "), error)
        })?;
        self.serve_on(listener).await
    }

    /// The same for a listener that is there already.
    ///
    /// # Errors
    /// As [`Server::serve`].
    pub async fn serve_on(mut self, listener: TcpListener) -> Result {
        let address = listener.local_addr().map_err(|error| {
            Error::with_source(ErrorKind::Unavailable, format!("the listener has no address: {error}"), error)
        })?;
        self.check(address)?;
        // It is a loopback address then, or the check would have refused it.
        self.shared.loopback = self.shared.is_unguarded();
        #[cfg(feature = "connect")]
        self.shared.objects.home().refuse_remote("objects in another process are served by that process")?;
        let until = self.until.take();
        let (objects, limits) = (self.shared.objects.clone(), self.shared.limits.clone());
        // A router that is merged with another leaves this to that one.
        let theirs = objects.clone();
        let nowhere = move |headers: HeaderMap| ready(request::nowhere(&theirs, &headers));
        serve::serve(listener, self.router()?.fallback(nowhere), objects, limits, until).await
    }

    /// Refuses to let strangers in by mistake.
    fn check(&self, address: SocketAddr) -> Result {
        if !self.shared.is_unguarded() || address.ip().is_loopback() {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "{address} can be reached from elsewhere, and nobody says who calls: add `.authenticate(…)`, or \
             `.allow_anonymous()` if anybody may"
        )))
    }
}

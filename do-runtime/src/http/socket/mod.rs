//! Opening a WebSocket (RFC 6455) at an object.

mod peers;
mod pulse;
mod pump;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::authenticate::PROTOCOL;
use super::callers::{Asker, address};
use super::failure::AskedFor;
use super::problem::Problem;
use super::request::{About, class, handed_on, text};
use super::route;
use super::serve::Peer;
use super::shared::Shared;
use crate::error::ErrorKind;
use crate::sockets::{Terms, Upgrade};

pub(super) use peers::Peers;
use peers::Seat;
use pulse::Taking;
pub(super) use pulse::{Beat, Pulse};

/// How long the other side may take to say goodbye.
pub(super) const FAREWELL: Duration = Duration::from_secs(5);

/// What is read of a socket at once. A sleeping one holds on to as much.
const READ_BUFFER: usize = 2 << 10;

/// Whether a request is for a WebSocket.
pub(super) fn is_asked_for(headers: &HeaderMap) -> bool {
    has_token(headers, &UPGRADE, "websocket")
}

/// Opens a socket: the object is asked before the client is told.
pub(super) async fn open(shared: &Arc<Shared>, request: Request, about: About) -> Result<Response, Problem> {
    let place_path = request.uri().path().to_owned();
    let place = route::read_object(&place_path)?;
    let (handshake, head) = Handshake::of(shared, request).await?;
    let class = class(&place.class)?;
    shared.count_new(&handshake.asker, class, &place.object)?;
    let (caller, headers) = (handshake.asker.caller.clone(), &head.headers);
    let upgrade = Upgrade::new(caller, handed_on(&head, place.rest, Bytes::new())).with(about.id, about.trace);
    let limits = &shared.limits;
    let buffer = usize::try_from(limits.socket_buffer).unwrap_or(usize::MAX);
    let terms = Terms { buffer, sockets: limits.sockets_per_object };
    let connecting = class
        .connect(shared.objects.home(), &place.object, upgrade, terms)
        .map_err(|error| Problem::of_request(&error))?;
    let connection = connecting.await.map_err(|error| {
        let asked_for = AskedFor { class: class.name(), object: place.object, method: None, request_id: about.id };
        asked_for.problem(&error.into(), &shared.objects, about.problems)
    })?;
    let ping = limits.ping;
    Ok(handshake.accept(headers, move |socket| async move {
        match socket {
            Some(socket) => pump::run(socket, connection, ping).await,
            None => connection.ended(1006, "").await,
        }
    }))
}

/// A WebSocket on the network.
pub(super) type Socket = WebSocketStream<Taking<TokioIo<Upgraded>>>;

/// A request for a WebSocket that is in order: from somebody who may ask.
pub(super) struct Handshake {
    pub(super) asker: Asker,
    key: String,
    on_upgrade: OnUpgrade,
    config: WebSocketConfig,
    /// What it takes of the server's places, as long as it is open.
    held: (Option<Arc<Peer>>, Option<Seat>),
}

impl Handshake {
    /// Looks at a request, and at who makes it.
    pub(super) async fn of(shared: &Shared, mut request: Request) -> Result<(Self, Parts), Problem> {
        let on_upgrade = request.extensions_mut().remove::<OnUpgrade>();
        let peer = request.extensions().get::<Arc<Peer>>().cloned();
        let (head, _) = request.into_parts();
        if head.method != Method::GET {
            return Err(Problem::not_allowed(vec!["GET"]));
        }
        let key = key(&head.headers)?;
        let asker = shared.caller(&head).await?;
        shared.count_call(&asker)?;
        let on_upgrade =
            on_upgrade.ok_or_else(|| Problem::malformed("this connection can't become a WebSocket: use HTTP/1.1"))?;
        let limits = &shared.limits;
        let seat = match address(&head) {
            Some(address) => Some(
                shared
                    .peers
                    .take(address, limits.sockets_per_peer)
                    .ok_or_else(|| Problem::overloaded("this address has as many sockets as it may"))?,
            ),
            None => None,
        };
        let largest = usize::try_from(limits.message).unwrap_or(usize::MAX);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(Some(largest))
            .max_frame_size(Some(largest));
        Ok((Handshake { asker, key, on_upgrade, config, held: (peer, seat) }, head))
    }

    /// Says yes, and serves the socket once it is one; none, if the client goes away before.
    pub(super) fn accept<F: Future<Output = ()> + Send>(
        self,
        headers: &HeaderMap,
        serve: impl FnOnce(Option<Socket>) -> F + Send + 'static,
    ) -> Response {
        let response = switching(&self.key, offers_token(headers));
        tokio::spawn(async move {
            let _held = self.held;
            let socket = match self.on_upgrade.await {
                Ok(upgraded) => {
                    let io = Taking::new(TokioIo::new(upgraded));
                    Some(WebSocketStream::from_raw_socket(io, Role::Server, Some(self.config)).await)
                }
                Err(error) => {
                    tracing::debug!(%error, "a client went away while its socket was opened");
                    None
                }
            };
            serve(socket).await;
        });
        response
    }
}

/// The answer that turns the connection into a socket.
fn switching(key: &str, by_token: bool) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.extend(
        HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok().map(|accept| (SEC_WEBSOCKET_ACCEPT, accept)),
    );
    if by_token {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    }
    response
}

/// The client's key, if its handshake is one (section 4.2.1).
fn key(headers: &HeaderMap) -> Result<String, Problem> {
    if !has_token(headers, &CONNECTION, "upgrade") {
        return Err(Problem::malformed("a WebSocket is opened with `Connection: Upgrade`"));
    }
    if text(headers, &SEC_WEBSOCKET_VERSION)? != Some("13") {
        let sentence = "this server speaks version 13 of WebSockets";
        return Err(Problem::new(StatusCode::UPGRADE_REQUIRED, ErrorKind::Invalid, sentence));
    }
    match text(headers, &SEC_WEBSOCKET_KEY)? {
        // Sixteen bytes in base64.
        Some(key) if key.len() == 24 => Ok(key.to_owned()),
        _ => Err(Problem::malformed("a WebSocket is opened with a `Sec-WebSocket-Key` of 16 bytes")),
    }
}

/// Whether a list of tokens has one, in whatever case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
}

/// Whether the client says who it is in place of a protocol, and so wants one to be chosen.
fn offers_token(headers: &HeaderMap) -> bool {
    has_token(headers, &SEC_WEBSOCKET_PROTOCOL, PROTOCOL)
}

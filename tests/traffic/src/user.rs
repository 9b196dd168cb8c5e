//! One of those who use a program: what it sends, and what it hears.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use fastrand::Rng;
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::header::HeaderMap;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite};

use crate::findings::{Count, Findings, Ledger};
use crate::world::World;

/// How long an answer may take, a while after which nobody believes in it: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait between two looks at something that comes to be by itself.
const LOOK: Duration = Duration::from_millis(10);

/// Why a user could not go on with what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The server was killed: nobody knows whether what was asked for was done.
    Unanswered,
    /// The server is not there any more, and does not come back.
    Over,
    /// A rule was broken.
    Broken(String),
}

/// An answer over HTTP.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; a text if it is no JSON.
    pub body: Value,
    asked: String,
}

impl Answer {
    /// What was answered, if that is no refusal.
    ///
    /// # Errors
    /// It is one, which is told as a broken rule.
    pub fn value(self) -> Result<Value, Stop> {
        if self.status == 200 { Ok(self.body) } else { Err(self.unexpected()) }
    }

    /// What was answered, or nothing if it was refused with this status.
    ///
    /// # Errors
    /// It was refused with another one.
    pub fn unless(self, status: u16) -> Result<Option<Value>, Stop> {
        if self.status == status { Ok(None) } else { self.value().map(Some) }
    }

    /// That this should not have been answered.
    pub fn unexpected(&self) -> Stop {
        Stop::Broken(format!("{} was answered with {} {}", self.asked, self.status, self.body))
    }
}

/// A user, which does one thing after the other.
#[derive(Debug)]
pub struct User {
    /// Its number, from 0.
    pub number: usize,
    /// What it draws is the same for a seed.
    pub random: Rng,
    /// The number of the step that it takes, among those of all users.
    pub step: u64,
    world: Arc<World>,
}

impl User {
    pub(crate) fn new(number: usize, seed: u64, world: Arc<World>) -> Self {
        let random = Rng::with_seed(seed.wrapping_add(number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        User { number, random, step: 0, world }
    }

    /// Calls a public method: `POST /rpc/{class}/{name}/{method}`.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn call(&mut self, class: &str, name: &str, method: &str, arguments: Value) -> Result<Answer, Stop> {
        self.call_with(class, name, method, arguments, &[]).await
    }

    /// The same with headers of its own.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn call_with(
        &mut self,
        class: &str,
        name: &str,
        method: &str,
        arguments: Value,
        headers: &[(&'static str, &str)],
    ) -> Result<Answer, Stop> {
        let path = format!("/rpc/{class}/{}/{method}", encoded(name));
        self.request("POST", &path, Some(&arguments), headers).await
    }

    /// The same, where nothing but a result will do.
    ///
    /// # Errors
    /// There is no answer, or it is a refusal.
    pub async fn ask(&mut self, class: &str, name: &str, method: &str, arguments: Value) -> Result<Value, Stop> {
        self.call(class, name, method, arguments).await?.value()
    }

    /// Sends a request.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn request(
        &mut self,
        method: &'static str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&'static str, &str)],
    ) -> Result<Answer, Stop> {
        let world = self.world.clone();
        let life = world.begin_request().await?;
        let asked = || format!("{method} {path} {}", body.unwrap_or(&Value::Null));
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", world.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = Full::new(body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string())));
        let request = request.body(body).map_err(|error| Stop::Broken(format!("{}: {error}", asked())))?;
        let begun = Instant::now();
        let sending = async {
            let answer = world.client.request(request).await.map_err(|error| error.to_string())?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
            Ok((head, body))
        };
        let (head, body) = self.within(&asked, life, sending).await?;
        let status = head.status.as_u16();
        world.answered(begun.elapsed(), status);
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
        Ok(Answer { status, headers: head.headers, body, asked: asked() })
    }

    /// Opens a WebSocket.
    ///
    /// # Errors
    /// There is no answer, or the server does not want it.
    pub async fn connect(&mut self, path: &str, protocols: Option<&str>) -> Result<Socket, Stop> {
        let world = self.world.clone();
        let life = world.begin_request().await?;
        let asked = || format!("a WebSocket at {path}");
        let url = format!("ws://{}{path}", world.address);
        let mut request = url.into_client_request().map_err(|error| Stop::Broken(error.to_string()))?;
        if let Some(Ok(protocols)) = protocols.map(HeaderValue::from_str) {
            request.headers_mut().insert("sec-websocket-protocol", protocols);
        }
        let begun = Instant::now();
        let connecting = async { tokio_tungstenite::connect_async(request).await.map_err(refusal) };
        let (stream, _) = self.within(&asked, life, connecting).await?;
        world.answered(begun.elapsed(), 200);
        Ok(Socket { stream, life, path: path.to_owned() })
    }

    /// Sends a text through a socket.
    ///
    /// # Errors
    /// The server is gone.
    pub async fn say(&mut self, socket: &mut Socket, text: String) -> Result<(), Stop> {
        self.world.begin_request().await?;
        let asked = || format!("{text} at {}", socket.path);
        let sending = socket.stream.send(Message::text(text.clone()));
        let sending = async { sending.await.map_err(|error| error.to_string()) };
        self.within(&asked, socket.life, sending).await
    }

    /// The next message of a socket, which has to come.
    ///
    /// # Errors
    /// The server is gone, or has closed the socket.
    pub async fn hear(&mut self, socket: &mut Socket) -> Result<Message, Stop> {
        let asked = || format!("the next message at {}", socket.path);
        let stream = &mut socket.stream;
        let hearing = async {
            loop {
                match stream.next().await {
                    Some(Ok(Message::Close(frame))) => break Err(format!("it was closed: {frame:?}")),
                    Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => break Ok(message),
                    Some(Ok(_)) => {} // of the protocol
                    Some(Err(error)) => break Err(error.to_string()),
                    None => break Err("it has ended".to_owned()),
                }
            }
        };
        self.within(&asked, socket.life, hearing).await
    }

    /// The next message of a socket, as JSON.
    ///
    /// # Errors
    /// The server is gone, or what it said is no JSON.
    pub async fn hear_json(&mut self, socket: &mut Socket) -> Result<Value, Stop> {
        let message = self.hear(socket).await?;
        let text = message.to_text().map_err(|error| Stop::Broken(error.to_string()))?;
        serde_json::from_str(text).map_err(|error| Stop::Broken(format!("{text}: {error}")))
    }

    /// Notes that what a socket was told was acknowledged.
    pub fn heard_back(&self, took: Duration) {
        self.world.answered(took, 200);
    }

    /// Looks until something is there that comes by itself.
    ///
    /// # Errors
    /// It does not come, or looking fails.
    pub async fn until<T>(
        &mut self,
        what: &str,
        mut look: impl AsyncFnMut(&mut User) -> Result<Option<T>, Stop>,
    ) -> Result<T, Stop> {
        let begun = Instant::now();
        loop {
            if let Some(found) = look(self).await? {
                return Ok(found);
            }
            if begun.elapsed() > PATIENCE {
                return Err(Stop::Broken(format!("{what}: it did not come within a minute")));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// A line that the program has printed last among those with these words in it.
    pub fn printed(&self, words: &str) -> Option<String> {
        self.world.said.lock().iter().rev().find(|line| line.contains(words)).cloned()
    }

    /// How many times the program was started.
    pub fn lives(&self) -> u64 {
        self.world.lives()
    }

    /// What was found.
    pub fn find(&self, what: impl FnOnce(&mut Findings)) {
        what(&mut self.world.findings.lock());
    }

    /// Notes that a rule is broken, unless it is kept.
    pub fn ensure(&self, kept: bool, sentence: impl FnOnce() -> String) {
        if !kept {
            self.find(|findings| findings.broke(sentence()));
        }
    }

    /// Compares a count with what is there.
    pub fn compare(&self, what: &str, count: Count, there: u64) {
        self.find(|findings| count.compare(what, there, findings));
    }

    /// Compares things that have names with those that are there.
    pub fn compare_all(&self, what: &str, ledger: &Ledger, there: impl IntoIterator<Item = impl Into<String>>) {
        self.find(|findings| ledger.compare(what, there, findings));
    }

    async fn within<T>(
        &self,
        asked: &impl Fn() -> String,
        life: u64,
        doing: impl Future<Output = Result<T, String>>,
    ) -> Result<T, Stop> {
        match tokio::time::timeout(PATIENCE, doing).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(self.world.broke_off(life, || format!("{}: {error}", asked())).await),
            Err(_) => Err(Stop::Broken(format!("{}: there was no answer within a minute", asked()))),
        }
    }
}

/// An open WebSocket.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    life: u64,
    path: String,
}

/// Why a socket was not opened, with what the server says to that.
fn refusal(error: tungstenite::Error) -> String {
    match &error {
        tungstenite::Error::Http(answer) => {
            let body = answer.body().as_deref().unwrap_or_default();
            format!("{error}: {}", String::from_utf8_lossy(body))
        }
        _ => error.to_string(),
    }
}

/// A part of a path, whatever is in it.
pub fn encoded(part: &str) -> String {
    utf8_percent_encode(part, NON_ALPHANUMERIC).to_string()
}

/// Milliseconds since the Unix epoch: the server has the same clock.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

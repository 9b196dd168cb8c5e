//! Many calls and live queries over one WebSocket: `GET /rpc`.
//!
//! The client numbers what it asks; answers carry the number, and come as they are ready:
//!
//! ```json
//! {"id": 1, "call": {"class": "ChatRoom", "name": "lobby", "method": "post", "arguments": {"author": "ann", "body": "hi"}, "key": "…"}}
//! {"id": 2, "watch": {"class": "ChatRoom", "name": "lobby", "method": "history", "arguments": {"limit": 50}}}
//! {"id": 2, "unwatch": true}
//! ```
//!
//! ```json
//! {"id": 1, "answer": …}
//! {"id": 2, "error": {"status": 404, …}}
//! ```

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use futures_core::Stream;
use futures_sink::Sink;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error as Broken, Message, Utf8Bytes};
use uuid::Uuid;

use super::callers::Asker;
use super::failure::AskedFor;
use super::problem::Problem;
use super::request::{About, class};
use super::shared::Shared;
use super::socket::{Handshake, Socket};
use crate::call::{Answers, Asked, AskedBy, Refusal};
use crate::error::ErrorKind;
use crate::metadata::TraceParent;
use crate::node::{Addressee, Answering};
use crate::object::{Answer, Wire};

/// After how long it is worth another try where there are more.
const RELIEF: Duration = Duration::from_secs(1);

/// What one connection may ask for at the same time.
const MOST_AT_ONCE: usize = 1024;

/// Answers that wait to be sent: who watches waits too, and then gets the newest.
const MOST_WAITING: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asking<'a> {
    id: u64,
    #[serde(borrow)]
    call: Option<Wanted<'a>>,
    #[serde(borrow)]
    watch: Option<Wanted<'a>>,
    #[serde(default)]
    unwatch: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted<'a> {
    #[serde(borrow)]
    class: Cow<'a, str>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    object: Option<Cow<'a, str>>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    traceparent: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
struct Answered<'a> {
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a RawValue>,
}

/// Opens a connection for many calls.
pub(super) async fn open(shared: &Arc<Shared>, request: Request, about: About) -> Result<Response, Problem> {
    let (handshake, head) = Handshake::of(shared, request).await?;
    let (shared, asker) = (shared.clone(), handshake.asker.clone());
    Ok(handshake.accept(&head.headers, move |socket| async move {
        if let Some(socket) = socket {
            serve(socket, shared, asker, about.trace).await;
        }
    }))
}

/// What the calls of a connection have in common.
struct Connected {
    shared: Arc<Shared>,
    asker: Asker,
    trace: Option<TraceParent>,
    answers: mpsc::Sender<Outgoing>,
}

/// Whom an answer is for: the number that the client gave what it asks, and the id that was drawn for it.
#[derive(Clone, Copy)]
struct To {
    id: u64,
    request_id: Uuid,
}

/// A call that was made or is watched, for the log.
struct Made {
    class: &'static str,
    object: Addressee<'static>,
    method: String,
}

/// Whether an answer is the last of its number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Yes,
    No,
}

/// An answer on its way.
struct Outgoing {
    text: String,
    /// The number that is free with it.
    ends: Option<u64>,
}

async fn serve(mut socket: Socket, shared: Arc<Shared>, asker: Asker, trace: Option<TraceParent>) {
    let ping = shared.limits.ping;
    let (answers, mut ready) = mpsc::channel(MOST_WAITING);
    let connected = Arc::new(Connected { shared, asker, trace, answers });
    let mut running = JoinSet::new();
    let mut under_way: HashMap<u64, AbortHandle> = HashMap::new();
    let (mut timer, mut heard) = (Box::pin(sleep(ping)), true);
    let Ok(mut ending) = connected.shared.objects.home().node().map(|node| node.ending()) else { return };
    let farewell = loop {
        tokio::select! {
            // Answers that nobody reads are not made for ever.
            message = poll_fn(|cx| Pin::new(&mut socket).poll_next(cx)), if running.len() < 2 * MOST_AT_ONCE => {
                heard = true;
                match message {
                    Some(Ok(Message::Text(text))) => ask(&connected, &text, &mut running, &mut under_way),
                    Some(Ok(Message::Binary(_))) => break Some((1003_u16, "this connection takes text")),
                    Some(Ok(Message::Close(_))) => {
                        // The answer to it is written; who does not wait for that misses it.
                        let _ = flush(&mut socket).await;
                        break None;
                    }
                    None => break None,
                    Some(Ok(_)) => if flush(&mut socket).await.is_err() { break None },
                    Some(Err(Broken::Capacity(_))) => break Some((1009, "the message is too large")),
                    Some(Err(_)) => break None,
                }
            }
            Some(Outgoing { text, ends }) = ready.recv() => {
                if let Some(id) = ends { under_way.remove(&id); }
                if send(&mut socket, Message::Text(text.into())).await.is_err() { break None }
            }
            Some(_) = running.join_next() => {}
            () = &mut timer => {
                if !std::mem::take(&mut heard) { break None }
                timer.as_mut().reset(Instant::now() + ping);
                if send(&mut socket, Message::Ping(Default::default())).await.is_err() { break None }
            }
            _ = ending.changed() => break Some((1001, "the server stops")),
        }
    };
    if let Some((code, words)) = farewell {
        let frame = CloseFrame { code: code.into(), reason: Utf8Bytes::from_static(words) };
        // Who does not listen any more misses it.
        let _ = send(&mut socket, Message::Close(Some(frame))).await;
    }
}

/// Begins what a message asks for.
fn ask(connected: &Arc<Connected>, text: &str, running: &mut JoinSet<()>, under_way: &mut HashMap<u64, AbortHandle>) {
    let request_id = connected.shared.objects.home().random().uuid();
    let asking: Asking<'_> = match serde_json::from_str(text) {
        Ok(asking) => asking,
        Err(error) => {
            let to = To { id: 0, request_id };
            return tell(connected, running, to, Problem::malformed(format!("this asks for nothing: {error}")));
        }
    };
    let to = To { id: asking.id, request_id };
    let refuse = |running: &mut JoinSet<()>, problem: Problem| tell(connected, running, to, problem);
    match asking {
        Asking { unwatch: true, call: None, watch: None, .. } => {
            if let Some(task) = under_way.remove(&to.id) {
                task.abort();
            }
        }
        _ if under_way.contains_key(&to.id) => {
            refuse(running, Problem::malformed("this number is under way: take another one"))
        }
        _ if under_way.len() >= MOST_AT_ONCE => {
            let sentence = format!("{MOST_AT_ONCE} calls of this connection are under way");
            refuse(running, Problem::overloaded(sentence, RELIEF));
        }
        Asking { call: Some(wanted), watch: None, unwatch: false, .. } => match call(connected, &wanted, to) {
            Ok((answering, made)) => {
                let connected = connected.clone();
                let task = running.spawn(async move {
                    let answer = answering.await.and_then(|reply| reply.to_wire(Wire::Json).map_err(Into::into));
                    connected.answer(to, Ends::Yes, answer.map_err(|refusal| made.problem(to, &refusal))).await;
                });
                under_way.insert(to.id, task);
            }
            Err(problem) => refuse(running, problem),
        },
        Asking { call: None, watch: Some(wanted), unwatch: false, .. } => match watch(connected, &wanted, to) {
            Ok((answers, made)) => {
                under_way.insert(to.id, running.spawn(go_on_answering(connected.clone(), to, answers, made)));
            }
            Err(problem) => refuse(running, problem),
        },
        _ => refuse(running, Problem::malformed("a message has one of `call`, `watch` and `unwatch`")),
    }
}

/// Sends the answers of what is watched, until its objects are closed.
async fn go_on_answering(connected: Arc<Connected>, to: To, mut answers: Box<dyn Answers>, made: Made) {
    loop {
        let answer = answers.next().await;
        let gone = answer.as_ref().is_err_and(|refusal| refusal.error().kind() == ErrorKind::Unavailable);
        // The end of the node is no failure of what is watched.
        let over = gone && connected.shared.objects.home().node().map_or(true, |node| node.is_closing());
        let answer = answer.and_then(|reply| reply.to_wire(Wire::Json).map_err(Into::into));
        let answer = answer.map_err(|refusal| match over {
            true => Problem::of_refusal(&refusal, Wire::Json),
            false => made.problem(to, &refusal),
        });
        let ends = if gone { Ends::Yes } else { Ends::No };
        connected.answer(to, ends, answer).await;
        if gone {
            return;
        }
    }
}

/// Makes a call that is wanted.
fn call(connected: &Connected, wanted: &Wanted<'_>, by: To) -> Result<(Answering, Made), Problem> {
    let Connected { shared, asker, .. } = connected;
    shared.count_call(asker)?;
    let (class, object) = (class(&wanted.class)?, wanted.addressee()?);
    let prepared = class.call(shared.objects.home(), &object, connected.asked(wanted, by));
    let prepared = prepared.map_err(|error| Problem::of_request(&error))?;
    if !prepared.reads {
        shared.count_new(asker, class, &object)?;
    }
    Ok((prepared.answering, Made { class: class.name(), object, method: wanted.method.to_string() }))
}

/// Watches what is wanted.
fn watch(connected: &Connected, wanted: &Wanted<'_>, by: To) -> Result<(Box<dyn Answers>, Made), Problem> {
    connected.shared.count_call(&connected.asker)?;
    let (class, object) = (class(&wanted.class)?, wanted.addressee()?);
    let answers = class.watch(connected.shared.objects.home(), &object, connected.asked(wanted, by));
    let answers = answers.map_err(|error| Problem::of_request(&error))?;
    Ok((answers, Made { class: class.name(), object, method: wanted.method.to_string() }))
}

impl Wanted<'_> {
    fn addressee(&self) -> Result<Addressee<'static>, Problem> {
        match (&self.name, &self.object) {
            (Some(name), None) if !name.is_empty() => Ok(Addressee::Named(name.to_string().into())),
            (None, Some(id)) => Ok(Addressee::WithId(id.to_string().into())),
            _ => Err(Problem::malformed("an object is told by its `name`, or by its id as `object`")),
        }
    }

    /// The trace that the call belongs to: as for a header, what is none is passed over.
    fn trace(&self) -> Option<TraceParent> {
        self.traceparent.as_ref()?.parse().ok()
    }
}

impl Made {
    fn problem(&self, by: To, refusal: &Refusal) -> Problem {
        let Made { class, object, method } = self;
        AskedFor { class, object, method: Some(method), request_id: by.request_id }.problem(refusal, Wire::Json)
    }
}

impl Connected {
    fn asked<'a>(&self, wanted: &'a Wanted<'a>, by: To) -> Asked<'a> {
        let by = AskedBy {
            caller: self.asker.caller.clone(),
            key: wanted.key.as_deref().map(Arc::from),
            trace: wanted.trace().or(self.trace),
            request_id: by.request_id,
            within: self.shared.limits.answer,
        };
        let arguments = wanted.arguments.map_or(&b""[..], |arguments| arguments.get().as_bytes());
        Asked { method: &wanted.method, arguments, wire: Wire::Json, by }
    }

    /// Sends an answer as soon as there is room for it.
    async fn answer(&self, to: To, ends: Ends, answer: Result<Vec<u8>, Problem>) {
        let To { id, request_id } = to;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok().and_then(|text| RawValue::from_string(text).ok());
        let (answer, error) = match answer {
            Ok(answer) => (text(answer), None),
            Err(problem) => (None, text(problem.document(&request_id.to_string(), Wire::Json))),
        };
        let answered = Answered { id, answer: answer.as_deref(), error: error.as_deref() };
        // It is made of JSON; and if nobody takes it the connection is gone.
        let text = serde_json::to_string(&answered).unwrap_or_default();
        let _ = self.answers.send(Outgoing { text, ends: (ends == Ends::Yes).then_some(id) }).await;
    }
}

/// Tells what is wrong.
fn tell(connected: &Arc<Connected>, running: &mut JoinSet<()>, to: To, problem: Problem) {
    let connected = connected.clone();
    running.spawn(async move {
        // It was never under way, and another of its number may be.
        connected.answer(to, Ends::No, Err(problem)).await;
    });
}

async fn send(socket: &mut Socket, message: Message) -> Result<(), Broken> {
    poll_fn(|cx| Pin::new(&mut *socket).poll_ready(cx)).await?;
    Pin::new(&mut *socket).start_send(message)?;
    flush(socket).await
}

async fn flush(socket: &mut Socket) -> Result<(), Broken> {
    poll_fn(|cx| Pin::new(&mut *socket).poll_flush(cx)).await
}

/// Reads a message as a connection does, and finds whom it is for.
#[cfg(any(test, fuzzing))]
pub(super) fn fuzz(text: &str) {
    let Ok(asking) = serde_json::from_str::<Asking<'_>>(text) else { return };
    for wanted in [asking.call, asking.watch].into_iter().flatten() {
        let told = wanted.name.is_some() != wanted.object.is_some() && wanted.name.as_deref() != Some("");
        assert_eq!(wanted.addressee().is_ok(), told);
        // What is handed on as it stands is a value of JSON.
        let arguments =
            wanted.arguments.map(|arguments| serde_json::from_str::<serde::de::IgnoredAny>(arguments.get()));
        assert!(arguments.is_none_or(|arguments| arguments.is_ok()));
    }
}

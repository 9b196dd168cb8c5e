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
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use futures_core::Stream;
use futures_sink::Sink;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error as Broken, Message, Utf8Bytes};
use uuid::Uuid;

use super::callers::Asker;
use super::failure::AskedFor;
use super::problem::Problem;
use super::request::{About, class};
use super::shared::Shared;
use super::socket::{Beat, FAREWELL, Handshake, Pulse, Socket};
use crate::call::{Answers, Asked, AskedBy};
use crate::error::ErrorKind;
use crate::metadata::TraceParent;
use crate::node::{Addressee, Answering, ClassEntry};
use crate::object::{Answer, Wire};

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

/// What comes of the socket next.
enum Event {
    Came(Option<Result<Message, Broken>>),
    /// All has left that was to be sent.
    Sent(Result<(), Broken>),
}

/// How a connection ends.
enum End {
    /// There is nobody to be told.
    Gone,
    /// The client has said goodbye; Tungstenite answers that, with what is sent next.
    Goodbye,
    Closed(u16, &'static str),
}

async fn serve(mut socket: Socket, shared: Arc<Shared>, asker: Asker, trace: Option<TraceParent>) {
    let mut pulse = Pulse::new(shared.limits.ping);
    let (answers, mut ready) = mpsc::channel(MOST_WAITING);
    let connected = Arc::new(Connected { shared, asker, trace, answers });
    let mut running = JoinSet::new();
    let mut under_way: HashMap<u64, AbortHandle> = HashMap::new();
    // While something is on its way nothing else is read or sent.
    let mut unsent = false;
    let Ok(mut ending) = connected.shared.objects.home().node().map(|node| node.ending()) else { return };
    let end = loop {
        // Answers that nobody reads are not made for ever.
        let reads = running.len() < 2 * MOST_AT_ONCE;
        tokio::select! {
            event = poll_fn(|cx| poll_socket(&mut socket, unsent, cx)), if unsent || reads => match event {
                Event::Sent(Ok(())) => unsent = false,
                Event::Sent(Err(_)) => break End::Gone,
                Event::Came(message) => {
                    pulse.hear();
                    match message {
                        Some(Ok(Message::Text(text))) => ask(&connected, &text, &mut running, &mut under_way),
                        Some(Ok(Message::Binary(_))) => break End::Closed(1003, "this connection takes text"),
                        Some(Ok(Message::Close(_))) => break End::Goodbye,
                        // A ping is answered with what is sent next, too.
                        Some(Ok(_)) => unsent = true,
                        Some(Err(Broken::Capacity(_))) => break End::Closed(1009, "the message is too large"),
                        Some(Err(_)) | None => break End::Gone,
                    }
                }
            },
            Some(Outgoing { text, ends }) = ready.recv(), if !unsent => {
                if let Some(id) = ends { under_way.remove(&id); }
                if Pin::new(&mut socket).start_send(Message::Text(text.into())).is_err() { break End::Gone }
                unsent = true;
            }
            Some(_) = running.join_next() => {}
            () = poll_fn(|cx| pulse.poll_due(cx)) => match pulse.beat(socket.get_mut(), unsent) {
                Beat::Ping => {
                    if Pin::new(&mut socket).start_send(Message::Ping(Default::default())).is_err() { break End::Gone }
                    unsent = true;
                }
                Beat::Wait => {}
                Beat::Gone => break End::Gone,
            },
            _ = ending.changed() => break End::Closed(1001, "the server stops"),
        }
    };
    let goodbye = match end {
        End::Gone => return,
        End::Goodbye => None,
        End::Closed(code, words) => Some(CloseFrame { code: code.into(), reason: Utf8Bytes::from_static(words) }),
    };
    // Who does not listen any more misses it.
    let _ = timeout(FAREWELL, leave(&mut socket, goodbye)).await;
}

/// Sends what was begun, or else reads what comes next.
fn poll_socket(socket: &mut Socket, unsent: bool, cx: &mut Context<'_>) -> Poll<Event> {
    match unsent {
        true => Pin::new(socket).poll_flush(cx).map(Event::Sent),
        false => Pin::new(socket).poll_next(cx).map(Event::Came),
    }
}

/// Says goodbye, behind what is still to be sent.
async fn leave(socket: &mut Socket, goodbye: Option<CloseFrame>) -> Result<(), Broken> {
    poll_fn(|cx| Pin::new(&mut *socket).poll_ready(cx)).await?;
    if let Some(frame) = goodbye {
        Pin::new(&mut *socket).start_send(Message::Close(Some(frame)))?;
    }
    poll_fn(|cx| Pin::new(&mut *socket).poll_flush(cx)).await
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
            refuse(running, Problem::overloaded(sentence));
        }
        Asking { call: Some(wanted), watch: None, unwatch: false, .. } => match call(connected, &wanted, to) {
            Ok((answering, asked_for)) => {
                let connected = connected.clone();
                let task = running.spawn(async move {
                    let answer = answering.await.and_then(|reply| reply.to_wire(Wire::Json).map_err(Into::into));
                    let answer =
                        answer.map_err(|refusal| asked_for.problem(&refusal, &connected.shared.objects, Wire::Json));
                    connected.answer(to, Ends::Yes, answer).await;
                });
                under_way.insert(to.id, task);
            }
            Err(problem) => refuse(running, problem),
        },
        Asking { call: None, watch: Some(wanted), unwatch: false, .. } => match watch(connected, &wanted, to) {
            Ok((answers, asked_for)) => {
                under_way.insert(to.id, running.spawn(go_on_answering(connected.clone(), to, answers, asked_for)));
            }
            Err(problem) => refuse(running, problem),
        },
        _ => refuse(running, Problem::malformed("a message has one of `call`, `watch` and `unwatch`")),
    }
}

/// Sends the answers of what is watched, until its objects are closed.
async fn go_on_answering(
    connected: Arc<Connected>,
    to: To,
    mut answers: Box<dyn Answers>,
    asked_for: AskedFor<'static>,
) {
    loop {
        let answer = answers.next().await;
        let gone = answer.as_ref().is_err_and(|refusal| refusal.error().kind() == ErrorKind::Unavailable);
        // The end of the node is no failure of what is watched.
        let over = gone && connected.shared.objects.home().node().map_or(true, |node| node.is_closing());
        let answer = answer.and_then(|reply| reply.to_wire(Wire::Json).map_err(Into::into));
        let answer = answer.map_err(|refusal| match over {
            true => Problem::of_refusal(&refusal, &connected.shared.objects, Wire::Json),
            false => asked_for.problem(&refusal, &connected.shared.objects, Wire::Json),
        });
        let ends = if gone { Ends::Yes } else { Ends::No };
        connected.answer(to, ends, answer).await;
        if gone {
            return;
        }
    }
}

/// Makes a call that is wanted.
fn call(connected: &Connected, wanted: &Wanted<'_>, by: To) -> Result<(Answering, AskedFor<'static>), Problem> {
    let Connected { shared, asker, .. } = connected;
    shared.count_call(asker)?;
    let (class, object) = (class(&wanted.class)?, wanted.addressee()?);
    let prepared = class.call(shared.objects.home(), &object, connected.asked(wanted, by));
    let prepared = prepared.map_err(|error| Problem::of_request(&error))?;
    if !prepared.reads {
        shared.count_new(asker, class, &object)?;
    }
    Ok((prepared.answering, wanted.asked_for(class, object, by)))
}

/// Watches what is wanted.
fn watch(connected: &Connected, wanted: &Wanted<'_>, by: To) -> Result<(Box<dyn Answers>, AskedFor<'static>), Problem> {
    connected.shared.count_call(&connected.asker)?;
    let (class, object) = (class(&wanted.class)?, wanted.addressee()?);
    let answers = class.watch(connected.shared.objects.home(), &object, connected.asked(wanted, by));
    let answers = answers.map_err(|error| Problem::of_request(&error))?;
    Ok((answers, wanted.asked_for(class, object, by)))
}

impl Wanted<'_> {
    fn addressee(&self) -> Result<Addressee<'static>, Problem> {
        match (&self.name, &self.object) {
            (Some(name), None) if !name.is_empty() => Ok(Addressee::Named(name.to_string().into())),
            (None, Some(id)) => Ok(Addressee::WithId(id.to_string().into())),
            _ => Err(Problem::malformed("an object is told by its `name`, or by its id as `object`")),
        }
    }

    /// The call of it, for the log.
    fn asked_for(&self, class: &ClassEntry, object: Addressee<'static>, by: To) -> AskedFor<'static> {
        let method = Some(self.method.to_string().into());
        AskedFor { class: class.name(), object, method, request_id: by.request_id }
    }

    /// The trace that the call belongs to: as for a header, what is none is passed over.
    fn trace(&self) -> Option<TraceParent> {
        self.traceparent.as_ref()?.parse().ok()
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

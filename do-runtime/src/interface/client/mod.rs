//! The client: one text, in which what only TypeScript has stands between marks, so that the two languages can't differ.
//!
//! `types` prints the types of objects, `classes` their classes, `sockets` what opens sockets at them. The rest is the same for all: `runtime.ts` makes calls;
//! `stream.ts` reads answers that come bit by bit; `line.ts` keeps a WebSocket open, for live queries in `watch.ts` and for sockets in `socket.ts`, which are all there if a class has any.

mod classes;
mod marks;
mod sockets;
mod types;

use marks::Marked;
use types::Types;

use super::names::{self, Names};
use super::needed::needed;
use super::{Class, Interface};
use crate::error::ErrorKind;

/// A language that a client is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    TypeScript,
    JavaScript,
}

/// What the module names itself, and what it uses by a name that a type could have.
const TAKEN: &[&str] = &[
    "AbortController",
    "AbortSignal",
    "Again",
    "Array",
    "ArrayBuffer",
    "AsyncGenerator",
    "Call",
    "CallOptions",
    "Channel",
    "ConnectOptions",
    "Date",
    "End",
    "Error",
    "ErrorKind",
    "EventTarget",
    "Format",
    "Id",
    "JSON",
    "Line",
    "LineUser",
    "Map",
    "Math",
    "Number",
    "Object",
    "ObjectId",
    "ObjectSocket",
    "Objects",
    "Omit",
    "Outcome",
    "Partial",
    "Period",
    "Problem",
    "Promise",
    "Read",
    "Record",
    "RequestInit",
    "Response",
    "ReturnType",
    "RpcError",
    "Set",
    "SocketClose",
    "SocketOptions",
    "StreamOptions",
    "String",
    "Target",
    "TextDecoder",
    "TextEncoder",
    "Timestamp",
    "TypeError",
    "URL",
    "Uint8Array",
    "Uuid",
    "Watch",
    "WatchOptions",
    "Watched",
    "WebSocket",
    "WebSocketLike",
    "WebSocketMaker",
    "Which",
    // What the runtime says in capitals.
    "TIMEOUT",
    "RETRIES",
    "PAUSE",
    "LONGEST_PAUSE",
    "PATIENCE",
    "LONGEST_TIMER",
    "REOPEN",
    "LONGEST_REOPEN",
    "OPEN",
    "END",
    "STEADY",
    "HANDSHAKE",
    "HEARTBEAT",
    "LONGEST_ANSWER",
    "FINAL",
    "LONGEST_REASON",
];

/// The whole module.
pub(super) fn module(interface: &Interface, language: Language) -> String {
    let mut taken = Names::without(TAKEN);
    let class_names: Vec<String> =
        interface.classes.iter().map(|class| taken.free(names::capital(&names::identifier(class.name)))).collect();
    let types = Types::new(&interface.types, &needed(&interface.classes, &interface.types), &mut taken);
    let mut text = Marked::default();
    text.line("// Made from the objects of a Rust program: change those, and make it anew. `docs/network.md` of do-runtime describes it.");
    text.line("//");
    text.line("// Whole numbers are `number`s: beyond 2^53 they are not exact. Bytes are lists of numbers. A field with `?` may be left out.");
    text.line("");
    types.all(&mut text);
    for (class, name) in interface.classes.iter().zip(&class_names) {
        classes::class(class, name, &types, &mut text);
    }
    classes::objects(&interface.classes, &class_names, &mut text);
    let (watches, sockets) =
        (interface.classes.iter().any(Class::is_live), interface.classes.iter().any(Class::has_sockets));
    let kinds: Vec<String> = ErrorKind::ALL.iter().map(|kind| types::quoted(kind.as_str())).collect();
    text.template(&include_str!("runtime.ts").replace("KINDS", &kinds.join(" | ")));
    let streams = interface.classes.iter().any(Class::has_streams);
    for (part, is_needed) in [
        (include_str!("stream.ts"), streams),
        (include_str!("line.ts"), watches || sockets),
        (include_str!("watch.ts"), watches),
        (include_str!("socket.ts"), sockets),
    ] {
        if is_needed {
            text.line("");
            text.template(part.trim_end());
            text.line("");
        }
    }
    text.in_language(language)
}

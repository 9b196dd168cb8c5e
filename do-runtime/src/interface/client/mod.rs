//! The client: one text, in which what only TypeScript has stands between marks, so that the two languages can't differ.
//!
//! `runtime.ts` is the part that is the same for all objects; `types` prints their types, and `classes` their classes.

mod classes;
mod marks;
mod types;

use marks::Marked;
use types::Types;

use super::Interface;
use super::names::{self, Names};
use super::needed::needed;
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
    "Call",
    "CallOptions",
    "ConnectOptions",
    "Date",
    "Error",
    "ErrorKind",
    "Id",
    "JSON",
    "Math",
    "Number",
    "Object",
    "ObjectId",
    "Objects",
    "Outcome",
    "Problem",
    "Promise",
    "Record",
    "RequestInit",
    "Response",
    "RpcError",
    "String",
    "Target",
    "Timestamp",
    "TypeError",
    "URL",
    "Uint8Array",
    "Uuid",
    "Which",
    // What the runtime says in capitals.
    "TIMEOUT",
    "RETRIES",
    "PAUSE",
    "LONGEST_PAUSE",
    "LONGEST_TIMER",
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
    let kinds: Vec<String> = ErrorKind::ALL.iter().map(|kind| types::quoted(kind.as_str())).collect();
    text.template(&include_str!("runtime.ts").replace("KINDS", &kinds.join(" | ")));
    text.in_language(language)
}

//! Attribute macros of do-runtime: durable objects, their tables and their calls. Use them through the crate
//! `do-runtime`, which says what they mean; this one says how they are made.
//!
//! Each macro is a pipeline: what is written is parsed into a plain model, the model is checked, and Rust is
//! printed from it. On a mistake the item is emitted all the same, beside stand-ins for what it would have made.
//!
//! | module | what is in it |
//! |---|---|
//! | `table` | `#[table]` |
//! | `object` | `#[durable_object]` on a struct |
//! | `methods` | `#[durable_object]` on an impl block, with `#[rpc]`, `#[alarm]`, `#[fetch]`, `#[websocket]`, `#[init]` and `#[authorize]` |
//! | `migrations` | `migrations(…)`: its steps, and whether they lead to the declared tables |
//! | `derive` | `Column`, `Row`, `RpcError` |
//! | `kit_test` | `#[do_runtime::test]` |
//! | `carry` | how the schema gets from tables to objects and to their SQL |
//! | `query` | `sql!` |
//! | `schema`, `sqlite` | the checks of SQL |
//! | `misplaced` | those elsewhere |
//! | `options`, `duration`, `size`, `cron` | what stands in attributes |
//! | `types`, `generics` | what can be told of types from their spelling |
//! | `sql`, `raw` | texts in SQL and as literals |
//! | `schema`, `sqlite` | the tables of an object, and SQLite asked about them |
//! | `problems`, `suggest`, `strip` | mistakes: collecting, helping, going on |

// Without SQLite the schema travels all the same, and nothing asks for it.
#![cfg_attr(not(feature = "checked-sql"), allow(dead_code))]

mod carry;
mod cron;
mod derive;
mod duration;
#[cfg(all(any(test, fuzzing), feature = "checked-sql"))]
mod fuzzing;
mod generics;
mod item;
mod kit_test;
mod methods;
#[cfg_attr(not(feature = "checked-sql"), allow(dead_code, reason = "only the check reads all of a step"))]
mod migrations;
mod misplaced;
mod object;
mod options;
mod problems;
mod query;
mod raw;
#[cfg_attr(not(feature = "checked-sql"), allow(dead_code, reason = "only the checks read all of it"))]
mod schema;
mod size;
mod sql;
#[cfg_attr(not(feature = "checked-sql"), allow(dead_code, reason = "only the parameters are looked for"))]
mod sqlite;
mod strip;
mod suggest;
mod table;
#[cfg(test)]
mod test_support;
mod types;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a table of an object's database.
///
/// `#[table(name = "…", index = column, index = (a, b desc), unique = (…), index(columns, where = "…"))]`; on the
/// fields `#[key]`, `#[default(now)]`, `#[default(expr)]`, `#[references(on_delete = cascade)]`, `#[unique]`, `#[index]`
/// and `#[column(name = "…", json, check = "…")]`.
#[proc_macro_attribute]
pub fn table(arguments: TokenStream, item: TokenStream) -> TokenStream {
    table::expand(arguments.into(), item.into()).into()
}

/// Makes a struct a class of durable objects, and reads its methods from an impl block.
///
/// On the struct: `#[durable_object(tables(A, B), name = "…", jurisdiction = "…", limits(…))]`, and `#[stored]` or
/// `#[ephemeral]` on each field. On the impl block: `#[durable_object]`, with `#[rpc]`, `#[alarm]`, `#[init]` and `#[authorize]` on its methods;
/// `#[durable_object(helpers)]` on further blocks.
#[proc_macro_attribute]
pub fn durable_object(arguments: TokenStream, item: TokenStream) -> TokenStream {
    item::durable_object(arguments.into(), item.into()).into()
}

/// Makes a method callable through the stub: on a method in a `#[durable_object] impl` block.
///
/// `#[rpc(public)]` lets it be called from outside the process too; `#[rpc(live)]` lets clients watch the answers of one that reads; `#[rpc(slow)]` keeps long computing off the callers' threads; `#[rpc(idempotent)]` says that repeating it is harmless;
/// `#[rpc(deadline = "2s")]` says how long its callers wait at most; `#[rpc(rename = "…")]` calls it otherwise.
#[proc_macro_attribute]
pub fn rpc(_: TokenStream, item: TokenStream) -> TokenStream {
    misplaced::expand("rpc", item.into()).into()
}

/// Makes a method one that can be scheduled, with its parameters as the payload: on a method in a `#[durable_object] impl`
/// block, which sets it by `cx.schedule()`.
///
/// `#[alarm(every = "1h")]` and `#[alarm(cron = "0 3 * * *", zone = "Europe/Paris")]` are set by themselves and have no
/// payload. `#[alarm(retries = 6, exhausted = method)]` says how often a run that failed is tried again, and what is
/// called with the payload and the `&Error` after that; `#[alarm(rename = "…")]` calls it otherwise.
#[proc_macro_attribute]
pub fn alarm(_: TokenStream, item: TokenStream) -> TokenStream {
    misplaced::expand("alarm", item.into()).into()
}

/// Runs a method at each wake, before anything else reaches the object: on a method in a `#[durable_object] impl` block.
#[proc_macro_attribute]
pub fn init(_: TokenStream, item: TokenStream) -> TokenStream {
    misplaced::expand("init", item.into()).into()
}

/// Asks the object before every call from outside the process, in the turn of that call: on a method in a `#[durable_object] impl` block
/// that takes `&self`, and `cx` if it wants to. `cx.meta()` says who calls what; an error is the answer, and nothing runs.
#[proc_macro_attribute]
pub fn authorize(_: TokenStream, item: TokenStream) -> TokenStream {
    misplaced::expand("authorize", item.into()).into()
}

/// Makes a method answer plain HTTP requests to its object: on a method in a `#[durable_object] impl` block. It is a handler as an `#[rpc]` is.
///
/// `#[fetch(get, "/messages/{id}")]` says for which method and path, each of which may be left out: the first method that fits is taken. A parameter is a part of the path or a value of
/// the query with its name, or the whole of it, `request: Request`. What is returned is a `Response`, text, nothing, or any value, which is sent as JSON.
#[proc_macro_attribute]
pub fn fetch(_: TokenStream, item: TokenStream) -> TokenStream {
    misplaced::expand("fetch", item.into()).into()
}

/// Makes a method the handler of an event of a WebSocket: `#[websocket(open)]`, `(message)`, `(close)` or `(error)`, one of each at most, on methods in the
/// `#[durable_object] impl` block. Each runs in a transaction.
///
/// `open` takes `&Socket` and `&Upgrade`, and an error refuses the client; `message` takes `&Socket` and a `String`, `Bytes`, or any `Deserialize` type, which
/// is read from JSON; `close` takes `&Socket`, the code as a `u16`, and the reason as a `String`; `error` takes `&Socket` and `&Error`, of a message that could
/// not be read or handled, and without it the socket is closed then. `cx` comes before them. Each may be left out.
/// `#[websocket(message, auto_response("ping", "pong"))]` answers one message without the object. `sends = Message`, on one of them, says what the object
/// sends, for the clients that are generated; without it they take what comes as it is.
#[proc_macro_attribute]
pub fn websocket(_: TokenStream, item: TokenStream) -> TokenStream {
    misplaced::expand("websocket", item.into()).into()
}

/// Collects the tables of an object: a step on the way from `#[table]` to `sql!`.
#[doc(hidden)]
#[proc_macro]
pub fn __freeze(input: TokenStream) -> TokenStream {
    carry::freeze::expand(input.into()).into()
}

/// `sql!`, with the schema of its object.
#[doc(hidden)]
#[proc_macro]
pub fn __sql(input: TokenStream) -> TokenStream {
    query::expand(input.into()).into()
}

/// Makes an async function a test with a runtime of its own, on virtual time.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    kit_test::expand(arguments.into(), item.into()).into()
}

/// Makes an enum without fields, or a newtype, a type of a column.
///
/// An enum is text in snake case; `#[column(name = "…")]` on a variant calls it otherwise. A newtype is what is in it.
#[proc_macro_derive(Column, attributes(column))]
pub fn derive_column(input: TokenStream) -> TokenStream {
    derive::column::expand(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct readable from the row of a query, by the names of the columns.
#[proc_macro_derive(Row, attributes(column))]
pub fn derive_row(input: TokenStream) -> TokenStream {
    derive::row::expand(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a type an error that handlers return: beside serde's derives and `Display`.
///
/// `#[rpc_error(status = 429, retry_after = field)]` above the type, or above a variant, says what it is over HTTP.
#[proc_macro_derive(RpcError, attributes(rpc_error))]
pub fn derive_rpc_error(input: TokenStream) -> TokenStream {
    derive::rpc_error::expand(&parse_macro_input!(input as DeriveInput)).into()
}

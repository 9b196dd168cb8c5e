//! What opens a socket at an object.

use super::super::model::{Frames, Sockets};
use super::marks::{Marked, only_types};
use super::types::{Types, quoted};

/// The method of a class for its sockets.
pub(super) fn method(sockets: &Sockets, name: &str, types: &Types<'_>, text: &mut Marked) {
    // What can be sent, and how.
    let (sent, sends) = match &sockets.takes {
        None => ("never".to_owned(), "raw"),
        Some(Frames::Text) => ("string".to_owned(), "raw"),
        Some(Frames::Bytes | Frames::Any) => ("string | ArrayBuffer | Uint8Array".to_owned(), "raw"),
        Some(Frames::Json(shape)) => (types.of(shape), "json"),
    };
    let (received, receives) = match &sockets.sends {
        None | Some(Frames::Text | Frames::Any) => ("string | Uint8Array".to_owned(), "raw"),
        Some(Frames::Bytes) => ("Uint8Array".to_owned(), "bytes"),
        Some(Frames::Json(shape)) => (types.of(shape), "json"),
    };
    let mut format = format!("sends: {}, receives: {}", quoted(sends), quoted(receives));
    if let Some((question, answer)) = sockets.auto_response {
        format += &format!(", heartbeat: [{}, {}]", quoted(question), quoted(answer));
    }
    text.doc("  ", "Opens a WebSocket at the object, and opens it again when it breaks.");
    text.line(&format!(
        "  {name}(options{} = {{}}){} {{",
        only_types(&format!(": SocketOptions<{received}>")),
        only_types(&format!(": ObjectSocket<{sent}, {received}>"))
    ));
    text.line(&format!("    return new ObjectSocket(this.#object, {{ {format} }}, options);"));
    text.line("  }");
}

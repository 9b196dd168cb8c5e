//! What a peer sends, before anybody knows who it is: paths, and messages on a connection for many calls.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{connection, route};
use crate::fetch::{FetchDef, find};
use crate::node::Addressee;
use crate::object::Method;

static METHOD: Method = Method::new("method");

/// What a path names is found at the path that is written of it, and nowhere else.
pub(crate) fn paths(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Ok(route) = route::read(&text) {
        let written = format!("/rpc/{}/{}/{}", part(&route.class), address(&route.object), part(&route.method));
        assert_eq!(route::read(&written).as_ref(), Ok(&route));
    }
    if let Ok(place) = route::read_object(&text) {
        let written = format!("/objects/{}/{}", part(&place.class), address(&place.object));
        let again = route::read_object(&written).expect("it names an object");
        assert_eq!((again.class, again.object, &*again.rest), (place.class, place.object, "/"));
        let defs =
            ["/a/{b}/{*c}", "/{a}/b", "/a"].map(|path| FetchDef { verb: None, path: Some(path), method: &METHOD });
        if let Ok((_, parts)) = find(&defs, "GET", &place.rest) {
            assert!(parts.iter().all(|(_, part)| place.rest.contains(&**part)));
        }
    }
}

/// A message asks for one thing, or is refused.
pub(crate) fn messages(input: &[u8]) {
    connection::fuzz(&String::from_utf8_lossy(input));
}

fn part(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn address(object: &Addressee<'_>) -> String {
    match object {
        Addressee::Named(name) => part(name),
        Addressee::WithId(id) => format!("by-id/{}", part(id)),
    }
}

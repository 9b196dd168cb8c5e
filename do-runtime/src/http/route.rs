//! What a path asks for.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::problem::Problem;
use crate::node::Addressee;

/// A call that a path names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Route<'a> {
    pub(super) class: Cow<'a, str>,
    pub(super) object: Addressee<'a>,
    pub(super) method: Cow<'a, str>,
}

/// Why a path names nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Astray {
    /// There is nothing at such a path.
    Unknown,
    /// It is one of ours, and lacks something or has something that can't be read.
    Malformed(&'static str),
}

impl From<Astray> for Problem {
    fn from(astray: Astray) -> Self {
        match astray {
            Astray::Unknown => Problem::not_found(
                "there is nothing at this path: a call is `/rpc/{class}/{name}/{method}`, and a socket is `/objects/{class}/{name}`",
            ),
            Astray::Malformed(sentence) => Problem::malformed(sentence),
        }
    }
}

/// An object that a path names, and what follows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) class: Cow<'a, str>,
    pub(super) object: Addressee<'a>,
    /// The rest of the path, decoded: `/` if there is none.
    pub(super) rest: String,
}

/// Reads the path of a request to an object itself: `/objects/{class}/{name}/…`.
pub(super) fn read_object(path: &str) -> Result<Place<'_>, Astray> {
    const MISSING: Astray = Astray::Malformed("an object is at `/objects/{class}/{name}`: this path names none");
    let mut parts = path.strip_prefix("/objects/").ok_or(Astray::Unknown)?.split('/');
    let mut next = || parts.next().filter(|part| !part.is_empty()).ok_or(MISSING);
    let (class, name) = (next()?, next()?);
    let object = match name {
        BY_ID => Addressee::WithId(decoded(next()?)?),
        name => Addressee::Named(decoded(name)?),
    };
    let rest: Vec<_> = parts.map(decoded).collect::<Result<_, _>>()?;
    Ok(Place { class: decoded(class)?, object, rest: format!("/{}", rest.join("/")) })
}

/// What stands for a name where an id follows.
const BY_ID: &str = "by-id";

/// Reads the path of a request.
pub(super) fn read(path: &str) -> Result<Route<'_>, Astray> {
    let rest = path.strip_prefix("/rpc/").ok_or(Astray::Unknown)?;
    // Before anything is decoded: a slash in a name is part of it.
    let parts: Vec<&str> = rest.split('/').collect();
    let (class, object, method) = match parts[..] {
        [class, BY_ID, id, method] => (class, Addressee::WithId(decoded(id)?), method),
        [class, name, method] => (class, Addressee::Named(decoded(name)?), method),
        [] | [_] | [_, _] => {
            return Err(Astray::Malformed("a call is `/rpc/{class}/{name}/{method}`: this path names no object"));
        }
        _ => return Err(Astray::Unknown),
    };
    if matches!(&object, Addressee::Named(name) | Addressee::WithId(name) if name.is_empty()) {
        return Err(Astray::Malformed("the name of the object is missing: a call is `/rpc/{class}/{name}/{method}`"));
    }
    Ok(Route { class: decoded(class)?, object, method: decoded(method)? })
}

fn decoded(part: &str) -> Result<Cow<'_, str>, Astray> {
    // The decoder would leave it as it stands: one name would have two spellings.
    let digits = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !part.split('%').skip(1).all(digits) {
        return Err(Astray::Malformed(
            "a `%` in the path is followed by two hexadecimal digits, or is itself written as `%25`",
        ));
    }
    percent_decode_str(part).decode_utf8().map_err(|_| Astray::Malformed("a part of the path is no UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named<'a>(class: &'a str, name: &'a str, method: &'a str) -> Result<Route<'a>, Astray> {
        Ok(Route { class: class.into(), object: Addressee::Named(name.into()), method: method.into() })
    }

    #[test]
    fn a_path_names_a_class_an_object_and_a_method() {
        assert_eq!(read("/rpc/Room/lobby/post"), named("Room", "lobby", "post"));
        let id = "ab".repeat(32);
        let with_id =
            Route { class: "Room".into(), object: Addressee::WithId(id.as_str().into()), method: "post".into() };
        assert_eq!(read(&format!("/rpc/Room/by-id/{id}/post")), Ok(with_id));
    }

    #[test]
    fn a_name_may_have_any_characters() {
        assert_eq!(read("/rpc/Room/a%2Fb%20c%C3%A9/post"), named("Room", "a/b cé", "post"));
        assert_eq!(read("/rpc/Room/../post"), named("Room", "..", "post"));
        assert_eq!(read("/rpc/Room/%2e%2e%2f%2e%2e/post"), named("Room", "../..", "post"));
        assert_eq!(read("/rpc/Room/by-id/post"), named("Room", "by-id", "post"));
    }

    #[test]
    fn a_path_names_an_object_and_what_follows() {
        let place = |name: &'static str, rest: &str| {
            Ok(Place { class: "Room".into(), object: Addressee::Named(name.into()), rest: rest.into() })
        };
        assert_eq!(read_object("/objects/Room/lobby"), place("lobby", "/"));
        assert_eq!(read_object("/objects/Room/lobby/"), place("lobby", "/"));
        assert_eq!(read_object("/objects/Room/a%2Fb/c%20d/../e"), place("a/b", "/c d/../e"));
        let id = "ab".repeat(32);
        let with_id = Place { class: "Room".into(), object: Addressee::WithId((&*id).into()), rest: "/x".into() };
        assert_eq!(read_object(&format!("/objects/Room/by-id/{id}/x")), Ok(with_id));
        for path in ["/objects/Room", "/objects/Room/", "/objects//lobby", "/objects/", "/objects/Room/by-id"] {
            assert!(matches!(read_object(path), Err(Astray::Malformed(_))), "{path}");
        }
        assert_eq!(read_object("/object/Room/lobby"), Err(Astray::Unknown));
    }

    #[test]
    fn what_is_missing_is_told() {
        for path in ["/rpc/Room//post", "/rpc/Room/post", "/rpc/Room/", "/rpc/", "/rpc/Room/by-id//post"] {
            assert!(matches!(read(path), Err(Astray::Malformed(_))), "{path}");
        }
        for name in ["%ff", "%zz", "%", "%2", "a%2Fb%g0", "%%20"] {
            assert!(matches!(read(&format!("/rpc/Room/{name}/post")), Err(Astray::Malformed(_))), "{name}");
        }
        for path in ["/", "/rpc", "/rpcs/Room/lobby/post", "/rpc/Room/lobby/post/more/and/more", ""] {
            assert_eq!(read(path), Err(Astray::Unknown), "{path}");
        }
    }
}

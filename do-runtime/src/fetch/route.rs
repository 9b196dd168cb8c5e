//! Which method a request is for.

use crate::object::Method;

/// What a `#[fetch]` method takes.
#[derive(Debug, Clone, Copy)]
pub struct FetchDef {
    /// `GET`, …; any if there is none.
    pub verb: Option<&'static str>,
    /// The path, with `{name}` for a part and `{*name}` for all that follows; any if there is none.
    pub path: Option<&'static str>,
    /// The method.
    pub method: &'static Method,
}

/// The parts of a path that a method names.
#[cfg(feature = "http")]
pub(crate) type Parts = Vec<(&'static str, String)>;

/// Why no method takes a request.
#[cfg(feature = "http")]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Astray {
    /// There is nothing at its path.
    Path,
    /// Only these methods are taken there.
    Verb(Vec<&'static str>),
}

/// The method for a request, and the parts of the path that it names. The first that fits is taken.
#[cfg(feature = "http")]
pub(crate) fn find(defs: &[FetchDef], verb: &str, path: &str) -> Result<(&'static Method, Parts), Astray> {
    let mut allowed = Vec::new();
    for def in defs {
        let Some(parts) = def.path.map_or(Some(Vec::new()), |pattern| parts(pattern, path)) else { continue };
        match def.verb {
            // What is got can be asked for without its body.
            Some(wanted) if wanted != verb && !(wanted == "GET" && verb == "HEAD") => allowed.push(wanted),
            _ => return Ok((def.method, parts)),
        }
    }
    Err(if allowed.is_empty() { Astray::Path } else { Astray::Verb(allowed) })
}

#[cfg(feature = "http")]
fn parts(pattern: &'static str, path: &str) -> Option<Parts> {
    let mut parts = Vec::new();
    let mut rest = path.strip_prefix('/')?;
    let mut patterns = pattern.strip_prefix('/')?.split('/').peekable();
    while let Some(wanted) = patterns.next() {
        let name = wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        if let Some(name) = name.and_then(|name| name.strip_prefix('*')) {
            parts.push((name, rest.to_owned()));
            return Some(parts);
        }
        let (part, after) = match rest.split_once('/') {
            Some((part, after)) => (part, Some(after)),
            None => (rest, None),
        };
        match name {
            Some(_) if part.is_empty() => return None,
            Some(name) => parts.push((name, part.to_owned())),
            None if part != wanted => return None,
            None => {}
        }
        rest = match (after, patterns.peek()) {
            (Some(after), Some(_)) => after,
            (None, None) => return Some(parts),
            _ => return None,
        };
    }
    None
}

#[cfg(all(test, feature = "http"))]
mod tests {
    use super::*;

    static LIST: Method = Method::new("list");
    static ADD: Method = Method::new("add");
    static ONE: Method = Method::new("one");
    static FILE: Method = Method::new("file");
    static REST: Method = Method::new("rest");

    const DEFS: &[FetchDef] = &[
        FetchDef { verb: Some("GET"), path: Some("/messages"), method: &LIST },
        FetchDef { verb: Some("POST"), path: Some("/messages"), method: &ADD },
        FetchDef { verb: Some("GET"), path: Some("/messages/{id}"), method: &ONE },
        FetchDef { verb: None, path: Some("/files/{*path}"), method: &FILE },
    ];

    fn found(defs: &[FetchDef], verb: &str, path: &str) -> Result<String, Astray> {
        find(defs, verb, path).map(|(method, parts)| format!("{} {parts:?}", method.name))
    }

    #[test]
    fn a_request_finds_its_method_and_the_parts_of_its_path() {
        assert_eq!(found(DEFS, "GET", "/messages").unwrap(), "list []");
        assert_eq!(found(DEFS, "HEAD", "/messages").unwrap(), "list []");
        assert_eq!(found(DEFS, "POST", "/messages").unwrap(), "add []");
        assert_eq!(found(DEFS, "GET", "/messages/7").unwrap(), r#"one [("id", "7")]"#);
        assert_eq!(found(DEFS, "PUT", "/files/a/b.txt").unwrap(), r#"file [("path", "a/b.txt")]"#);
    }

    #[test]
    fn a_request_that_nothing_takes_is_astray() {
        for path in ["/", "/message", "/messages/", "/messages/7/8", "/messages/7/", "messages", ""] {
            assert_eq!(found(DEFS, "GET", path), Err(Astray::Path), "{path}");
        }
        assert_eq!(found(DEFS, "PUT", "/messages"), Err(Astray::Verb(vec!["GET", "POST"])));
        assert_eq!(found(DEFS, "POST", "/messages/7"), Err(Astray::Verb(vec!["GET"])));
    }

    #[test]
    fn the_first_that_fits_is_taken() {
        let all = [DEFS[0], FetchDef { verb: None, path: None, method: &REST }];
        assert_eq!(found(&all, "GET", "/messages").unwrap(), "list []");
        assert_eq!(found(&all, "GET", "/anything/else").unwrap(), "rest []");
        assert_eq!(found(&all, "PUT", "/messages").unwrap(), "rest []");
    }
}

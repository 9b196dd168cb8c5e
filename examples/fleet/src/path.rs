//! Paths: `/` is the root, and each name below it adds a segment.
//!
//! A path is the name of an object, and compared as text. Nothing is ever resolved in it, so that `..` leads nowhere; and no
//! segment is let in that could be taken for two, or for another one, by whoever reads it as a URL or as a file.

use do_runtime::prelude::*;

/// The path of the root, which is always there.
pub const ROOT: &str = "/";

/// How long a path may be: as long as the name of an object.
const LONGEST: usize = 2_048;

/// How long a segment may be.
const LONGEST_SEGMENT: usize = 64;

/// The path of a child.
///
/// # Errors
/// `invalid`, with what is wrong with the name.
pub fn child(parent: &str, name: &str) -> Result<String> {
    ensure!((1..=LONGEST_SEGMENT).contains(&name.len()), "a name has 1 to {LONGEST_SEGMENT} characters");
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.');
    if let Some(sign) = name.chars().find(|&sign| !is_plain(sign)) {
        bail!("a name has letters, digits, '-', '_' and '.' in it, and no {sign:?}");
    }
    ensure!(!name.starts_with('.'), "a name does not begin with '.'");
    let path = format!("{}/{name}", parent.trim_end_matches('/'));
    ensure!(path.len() <= LONGEST, "a path has at most {LONGEST} characters, and this one would have {}", path.len());
    Ok(path)
}

/// The parent's path, and the name that it knows this path by. The root has none.
pub fn split(path: &str) -> Option<(&str, &str)> {
    match path.rsplit_once('/')? {
        (_, "") => None,
        ("", name) => Some((ROOT, name)),
        split => Some(split),
    }
}

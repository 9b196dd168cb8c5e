//! The paths of a server that the program chooses, for what is neither a call nor a socket.

use crate::error::{Error, Result};

/// What the paths of calls and of sockets begin with.
const CALLS: &str = "/rpc/";
const SOCKETS: &str = "/objects/";

/// Those that were chosen.
#[derive(Debug, Default)]
pub(super) struct Paths(Vec<String>);

impl Paths {
    /// Takes one more.
    ///
    /// # Errors
    /// `invalid` if the path is none, is taken, or is one of calls.
    pub(super) fn take(&mut self, path: String) -> Result<String> {
        let is_plain = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
        // What a router would take for a pattern, and what a request can't have in its path.
        if !is_plain || path.contains(['{', '}', '?', '#', '%', ':', '*']) {
            return Err(Error::invalid(format!("{path:?} is no path: write one such as \"/openapi.json\"")));
        }
        let ours = path == "/rpc" || [CALLS, SOCKETS].iter().any(|ours| path.starts_with(ours));
        if ours || self.0.contains(&path) {
            return Err(Error::invalid(format!("{path:?} is taken: write another path")));
        }
        self.0.push(path.clone());
        Ok(path)
    }
}

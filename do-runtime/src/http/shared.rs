//! What each request needs: the objects, the server's options, and who calls.

use std::sync::Arc;

use axum::http::request::Parts;

use super::authenticate::Authenticate;
use super::callers::{Asker, Callers};
use super::limits::Limits;
use super::problem::Problem;
use super::socket::Peers;
use crate::error::ErrorKind;
use crate::metadata::Caller;
use crate::node::{Addressee, ClassEntry};
use crate::{Objects, Timestamp};

/// What each request needs.
pub(super) struct Shared {
    pub(super) objects: Objects,
    pub(super) limits: Limits,
    pub(super) origins: Vec<String>,
    /// It is for this machine alone: it listens on a loopback address, and nobody says who calls.
    pub(super) loopback: bool,
    /// The sockets of each address.
    pub(super) peers: Peers,
    /// What each caller may do.
    pub(super) callers: Callers,
    pub(super) authenticator: Option<Arc<dyn Authenticate>>,
    pub(super) anonymous: bool,
}

impl Shared {
    pub(super) fn new(objects: Objects) -> Self {
        Shared {
            objects,
            limits: Limits::default(),
            origins: Vec::new(),
            loopback: false,
            peers: Peers::default(),
            callers: Callers::default(),
            authenticator: None,
            anonymous: false,
        }
    }

    /// Counts a call of somebody who may make so many.
    pub(super) fn count_call(&self, asker: &Asker) -> Result<(), Problem> {
        match &self.callers.calls {
            Some(calls) => Callers::count(calls, asker, self.now()?),
            None => Ok(()),
        }
    }

    /// Counts an object that somebody names, unless it exists.
    pub(super) fn count_new(&self, asker: &Asker, class: &ClassEntry, object: &Addressee<'_>) -> Result<(), Problem> {
        let Some(new_objects) = &self.callers.new_objects else { return Ok(()) };
        match class.exists(self.objects.home(), object) {
            Ok(true) => Ok(()),
            Ok(false) => Callers::count(new_objects, asker, self.now()?),
            Err(error) => Err(Problem::of_request(&error)),
        }
    }

    /// By the clock of the node.
    fn now(&self) -> Result<Timestamp, Problem> {
        self.objects.home().node().map(|node| node.now()).map_err(|error| Problem::of(&error))
    }

    /// Whether nobody says who calls, and nobody has said that anybody may.
    pub(super) fn is_unguarded(&self) -> bool {
        self.authenticator.is_none() && !self.anonymous
    }

    /// Who makes a request.
    pub(super) async fn caller(&self, head: &Parts) -> Result<Asker, Problem> {
        let Some(authenticator) = &self.authenticator else { return Ok(self.callers.asker(Caller::Anonymous, head)) };
        let now = self.now()?;
        self.callers.check_guesses(head, now)?;
        match authenticator.authenticate_at(head, now).await {
            Ok(Some(principal)) => Ok(self.callers.asker(Caller::from(principal), head)),
            Ok(None) if self.anonymous => Ok(self.callers.asker(Caller::Anonymous, head)),
            Ok(None) => {
                self.callers.count_unknown(head, now)?;
                Err(Problem::unauthorized("say who calls: there are no credentials"))
            }
            Err(error) if error.kind() == ErrorKind::Denied => {
                self.callers.count_guess(head, now);
                self.callers.count_unknown(head, now)?;
                Err(Problem::unauthorized(error.to_string()))
            }
            Err(error) => {
                tracing::warn!(%error, "who calls could not be found out");
                Err(Problem::of_request(&error))
            }
        }
    }
}

//! A call that was made and failed: what its caller is told of it, and what the log.

use uuid::Uuid;

use super::problem::Problem;
use crate::call::Refusal;
use crate::node::Addressee;
use crate::object::Wire;

/// What somebody outside asked for, as a line of the log names it.
pub(super) struct AskedFor<'a> {
    pub(super) class: &'static str,
    pub(super) object: &'a Addressee<'a>,
    /// None where a socket is opened.
    pub(super) method: Option<&'a str>,
    pub(super) request_id: Uuid,
}

impl AskedFor<'_> {
    /// The problem that its caller is told, written so. What the server has to look into is one line of its log: the caller is not told what it
    /// was, and finds it there by the request id.
    pub(super) fn problem(&self, refusal: &Refusal, wire: Wire) -> Problem {
        let problem = Problem::of_refusal(refusal, wire);
        if problem.is_ours() {
            self.log(refusal);
        }
        problem
    }

    #[cold]
    fn log(&self, refusal: &Refusal) {
        let AskedFor { class, object, method, request_id } = *self;
        tracing::warn!(class, ?object, method, %request_id, error = %refusal.error(), "a call from outside failed");
    }
}

//! A call that was made and failed: what its caller is told of it, and what the log.

use std::borrow::Cow;

use uuid::Uuid;

use super::problem::Problem;
use crate::call::Refusal;
use crate::error::Error;
use crate::node::{Addressee, Objects};
use crate::object::Wire;

/// What somebody outside asked for, as a line of the log names it.
pub(super) struct AskedFor<'a> {
    pub(super) class: &'static str,
    pub(super) object: Addressee<'a>,
    /// None where a socket is opened.
    pub(super) method: Option<Cow<'a, str>>,
    pub(super) request_id: Uuid,
}

impl AskedFor<'_> {
    /// The same, for what fails later.
    pub(super) fn into_owned(self) -> AskedFor<'static> {
        let AskedFor { class, object, method, request_id } = self;
        let method = method.map(|method| method.into_owned().into());
        AskedFor { class, object: object.into_owned(), method, request_id }
    }

    /// The problem that its caller is told, written so. What the server has to look into is one line of its log: the caller is not told what it
    /// was, and finds it there by the request id.
    pub(super) fn problem(&self, refusal: &Refusal, objects: &Objects, wire: Wire) -> Problem {
        self.logged(Problem::of_refusal(refusal, objects, wire), refusal.error())
    }

    /// The same of an error that is no handler's own.
    pub(super) fn problem_of(&self, error: &Error) -> Problem {
        self.logged(Problem::of(error), error)
    }

    fn logged(&self, problem: Problem, error: &Error) -> Problem {
        if problem.is_ours() {
            self.log(error);
        }
        problem
    }

    #[cold]
    fn log(&self, error: &Error) {
        let AskedFor { class, object, method, request_id } = self;
        let method = method.as_deref();
        tracing::warn!(class, ?object, method, %request_id, %error, "a call from outside failed");
    }
}

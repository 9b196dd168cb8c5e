//! A call with `.retry(…)`: its arguments as bytes, so that it can be sent again.

use std::sync::Arc;

use super::settings::Aside;
use crate::env::{BoxFuture, Random};
use crate::error::{Error, ErrorKind, Result};
use crate::metadata::{RetryPolicy, Settings, ambient};
use crate::node::Node;
use crate::object::{ArgumentsReader, ArgumentsWriter, Dispatch, Method};

/// What is kept to send a call again.
pub(super) struct Again {
    policy: RetryPolicy,
    method: &'static str,
    /// The same each time, although a map may be written in any order.
    pub(super) arguments: Vec<u8>,
    /// How often it was sent.
    pub(super) attempts: u32,
}

impl Again {
    /// Takes note of a call that is sent for the first time.
    fn of<O: Dispatch>(policy: RetryPolicy, method: &Method, request: &O::Request) -> Result<Self> {
        let arguments = written::<O>(request)?;
        Ok(Again { policy: policy.checked()?, method: method.name, arguments, attempts: 0 })
    }

    /// The call once more.
    pub(super) fn request<O: Dispatch>(&self) -> Result<(&'static Method, O::Request)> {
        O::decode(self.method, &mut ArgumentsReader::new(&self.arguments)?)
    }
}

/// The arguments of a request as bytes.
pub(super) fn written<O: Dispatch>(request: &O::Request) -> Result<Vec<u8>> {
    ArgumentsWriter::written(|to| O::encode(request, to))
}

impl Aside {
    /// Before a call is sent: what was set makes sense, and what is needed to send it again is there.
    pub(super) fn prepare<O: Dispatch>(
        &mut self,
        node: Option<&Node>,
        method: &Method,
        request: &O::Request,
    ) -> Result<()> {
        if let Some(error) = self.settings.wrong.take() {
            return Err(error);
        }
        if let Some(node) = node
            && let Some(policy) = self.settings.retry.take()
        {
            if self.settings.key.is_none() {
                self.settings.key = ambient::next_key(method);
            }
            self.settings.make_repeatable(method, &*node.env().random);
            self.again = Some(Again::of::<O>(policy, method, request)?);
        }
        if let Some(again) = &mut self.again {
            again.attempts += 1;
        }
        Ok(())
    }

    /// The pause before the call is sent again, unless this error is its answer.
    pub(super) fn pause_after(&self, error: &Error, node: &Node) -> Option<BoxFuture> {
        let again = self.again.as_ref()?;
        // A handler that was cut off under a key is not run again under it.
        if error.kind() == ErrorKind::Interrupted && self.settings.key.is_some() {
            return None;
        }
        let clock = &node.env().clock;
        let pause = again.policy.pause(again.attempts, error, &*node.env().random)?;
        let at = clock.now() + pause;
        let in_time = self.deadline.is_none_or(|deadline| at < deadline);
        in_time.then(|| clock.sleep_until(at))
    }
}

impl Settings {
    /// What a call that may be sent again needs to be one call: an id of its request, and a key unless repeating it is
    /// harmless.
    pub(super) fn make_repeatable(&mut self, method: &Method, random: &dyn Random) {
        self.request_id.get_or_insert_with(|| random.uuid());
        if !method.idempotent {
            self.key.get_or_insert_with(|| Arc::from(random.uuid().to_string()));
        }
    }
}

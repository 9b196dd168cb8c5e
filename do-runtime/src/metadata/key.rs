//! Idempotency keys: a call that is sent again under its key is applied once.

use std::sync::Arc;

use super::{Caller, Origin};
use crate::object::Method;
use crate::planted::{Defect, planted};
use crate::sqlite::ReplyPlace;

/// The key of a call, and what it is a key of.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) key: Arc<str>,
    /// Caller and method.
    scope: Arc<str>,
    /// A hash of the arguments.
    pub(crate) arguments: [u8; 16],
}

impl Key {
    /// The key of a call that is being sent.
    pub(crate) fn of(key: Arc<str>, origin: &Origin, method: &Method, arguments: &[u8]) -> Self {
        let mut hash = [0; 16];
        blake3::Hasher::new().update(arguments).finalize_xof().fill(&mut hash);
        let scope = match origin.caller() {
            Caller::Principal(_) if planted(Defect::KeyOfAnybody) => format!("{}\na", method.name),
            Caller::Principal(name) => format!("{}\np:{name}", method.name),
            Caller::Object(object) => format!("{}\no:{}:{}", method.name, object.class(), object.id()),
            Caller::Anonymous => format!("{}\na", method.name),
        };
        Key { key, scope: scope.into(), arguments: hash }
    }

    pub(crate) fn place(&self) -> ReplyPlace<'_> {
        ReplyPlace { scope: &self.scope, key: &self.key }
    }

    /// Two calls of one object with equal names are the same call.
    pub(crate) fn name(&self) -> (Arc<str>, Arc<str>) {
        (self.scope.clone(), self.key.clone())
    }
}

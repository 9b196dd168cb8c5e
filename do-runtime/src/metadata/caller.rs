//! Who calls.

use std::fmt;
use std::sync::Arc;

use super::Metadata;
use crate::object::Identity;

/// Who made a call. As text a principal is its name, an object its class and name, and everybody else `anonymous`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Caller {
    /// Somebody whom `.caller(…)` named.
    Principal(Arc<str>),
    /// The object whose asynchronous handler made the call, or that sent it.
    Object(Arc<Identity>),
    /// Nobody was named.
    Anonymous,
}

impl Caller {
    /// The principal's name, if it is one.
    pub fn principal(&self) -> Option<&str> {
        match self {
            Caller::Principal(name) => Some(name),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub fn object(&self) -> Option<&Identity> {
        match self {
            Caller::Object(identity) => Some(identity),
            _ => None,
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Caller::Principal(name) => f.write_str(name),
            Caller::Object(identity) => identity.fmt(f),
            Caller::Anonymous => f.write_str("anonymous"),
        }
    }
}

impl From<&str> for Caller {
    fn from(name: &str) -> Self {
        Caller::Principal(name.into())
    }
}

impl From<String> for Caller {
    fn from(name: String) -> Self {
        Caller::Principal(name.into())
    }
}

impl From<&String> for Caller {
    fn from(name: &String) -> Self {
        Caller::Principal(name.as_str().into())
    }
}

/// A call on the way to another one: an object, and the method of it that ran.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ChainedCall {
    object: Arc<Identity>,
    method: Option<&'static str>,
}

impl ChainedCall {
    pub(super) fn new(meta: &Metadata) -> Self {
        ChainedCall { object: meta.shared_object().clone(), method: meta.method() }
    }

    /// The object that made the next call.
    pub fn object(&self) -> &Identity {
        &self.object
    }

    /// The method in which it did; none where the runtime ran it by itself.
    pub fn method(&self) -> Option<&'static str> {
        self.method
    }
}

impl fmt::Display for ChainedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.method {
            Some(method) => write!(f, "{} {method}", self.object),
            None => self.object.fmt(f),
        }
    }
}

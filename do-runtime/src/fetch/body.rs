//! The body of a response: bytes, or a stream of them.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};

use crate::error::{Error, Result};
use crate::stream::{Gate, Streaming};
use crate::sync::Mutex;

/// A body.
#[derive(Clone)]
pub(super) enum Body {
    Whole(Bytes),
    /// Clones share it: nothing is left of it once one of them was read.
    Stream(Arc<Mutex<Option<Streaming<Bytes>>>>),
}

impl Body {
    pub(super) fn of(stream: impl Stream<Item = Result<Bytes>> + Send + 'static) -> Self {
        Body::Stream(Arc::new(Mutex::new(Some(Streaming::new(stream)))))
    }

    /// The bytes, if they are all there.
    pub(super) fn whole(&self) -> Option<&Bytes> {
        match self {
            Body::Whole(bytes) => Some(bytes),
            Body::Stream(_) => None,
        }
    }

    pub(super) fn into_stream(self) -> Streaming<Bytes> {
        match self {
            Body::Whole(bytes) => Streaming::new(Once::of(Ok(bytes))),
            Body::Stream(stream) => {
                let stream = stream.lock().take();
                let read = || Error::invalid("the body of this response was read already, through a clone of it");
                stream.unwrap_or_else(|| Streaming::new(Once::of(Err(read()))))
            }
        }
    }

    pub(super) fn hold_back(&self, gate: Gate) {
        if let Body::Stream(stream) = self
            && let Some(stream) = &mut *stream.lock()
        {
            stream.hold_back(gate);
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Whole(bytes) => bytes.fmt(f),
            Body::Stream(_) => f.write_str("a stream"),
        }
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Body::Whole(one), Body::Whole(other)) => one == other,
            (Body::Stream(one), Body::Stream(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Eq for Body {}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Body::Whole(bytes) => bytes.serialize(to),
            Body::Stream(_) => Err(ser::Error::custom("its body is a stream, which is read once and can't be kept")),
        }
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Bytes::deserialize(from).map(Body::Whole)
    }
}

/// One item.
struct Once(Option<Result<Bytes>>);

impl Once {
    /// No bytes are no item.
    fn of(item: Result<Bytes>) -> Self {
        let nothing = item.as_ref().is_ok_and(Bytes::is_empty);
        Once((!nothing).then_some(item))
    }
}

impl Stream for Once {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        Poll::Ready(self.0.take())
    }
}

//! The items of a method's stream as frames, and what its end is told as.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::http::problem::Problem;
use crate::object::Wire;
use crate::stream::Streaming;
use crate::stream::frames::{self, Kind};

/// Small items that are there at once leave together, up to about so many bytes.
const TOGETHER: usize = 16 << 10;

/// By what an error in the middle is found again in the log.
pub(in crate::http) struct Told {
    pub(in crate::http) class: &'static str,
    pub(in crate::http) method: String,
    pub(in crate::http) request_id: Uuid,
}

/// Frames of items.
pub(super) struct Lines {
    /// Nothing once the last frame was written.
    items: Option<Streaming<Bytes>>,
    wire: Wire,
    told: Told,
}

impl Lines {
    pub(super) fn new(items: Streaming<Bytes>, wire: Wire, told: Told) -> Self {
        Lines { items: Some(items), wire, told }
    }

    /// The document of an error.
    fn problem(&self, error: &Error) -> Vec<u8> {
        let problem = Problem::of(error);
        let Told { class, method, request_id } = &self.told;
        if problem.is_ours() {
            tracing::warn!(class, method, %request_id, %error, "a stream failed");
        }
        problem.document(&request_id.to_string(), self.wire)
    }
}

impl Stream for Lines {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let me = &mut *self;
        let mut written = BytesMut::new();
        while let Some(items) = &mut me.items
            && written.len() < TOGETHER
        {
            match Pin::new(items).poll_next(cx) {
                Poll::Ready(Some(Ok(item))) => frames::write(&mut written, me.wire, Kind::Item, &item),
                Poll::Ready(Some(Err(error))) => {
                    me.items = None;
                    frames::write(&mut written, me.wire, Kind::Error, &me.problem(&error));
                }
                Poll::Ready(None) => {
                    me.items = None;
                    frames::write(&mut written, me.wire, Kind::End, frames::end(me.wire));
                }
                Poll::Pending if written.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        Poll::Ready((!written.is_empty()).then(|| Ok(written.freeze())))
    }
}

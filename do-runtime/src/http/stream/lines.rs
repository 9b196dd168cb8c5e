//! The items of a method's stream as frames, and what its end is told as.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;

use crate::error::{Error, Result};
use crate::http::failure::AskedFor;
use crate::object::Wire;
use crate::stream::Streaming;
use crate::stream::frames::{self, Kind};

/// Small items that are there at once leave together, up to about so many bytes.
const TOGETHER: usize = 16 << 10;

/// Frames of items.
pub(super) struct Lines {
    /// Nothing once the last frame was written.
    items: Option<Streaming<Bytes>>,
    wire: Wire,
    asked_for: AskedFor<'static>,
}

impl Lines {
    pub(super) fn new(items: Streaming<Bytes>, wire: Wire, asked_for: AskedFor<'static>) -> Self {
        Lines { items: Some(items), wire, asked_for }
    }

    /// The document of an error.
    fn problem(&self, error: &Error) -> Vec<u8> {
        let problem = self.asked_for.problem_of(error);
        problem.document(&self.asked_for.request_id.to_string(), self.wire)
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

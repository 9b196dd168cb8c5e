//! A stream as the result of an `#[rpc]`.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Gate, Streaming};
use crate::error::{Error, Result};
#[cfg(feature = "interface")]
use crate::interface::{Shape, Shapes};
use crate::object::{Answer, Wire};

#[diagnostic::do_not_recommend]
impl<T: Send + Serialize + DeserializeOwned + 'static> Answer for Streaming<T> {
    const STREAMS: bool = true;

    fn to_reply(&self) -> Result<Vec<u8>> {
        Err(Error::invalid("a stream is not kept under an idempotency key: call the method without one"))
    }

    fn from_reply(_: &[u8]) -> Result<Self> {
        Err(Error::invalid("a stream is not kept under an idempotency key: there is none to be read"))
    }

    fn to_wire(&self, _: Wire) -> Result<Vec<u8>> {
        Err(Error::invalid(
            "this method answers with a stream, and here an answer is one message: call it by `POST /rpc/{class}/{name}/{method}`",
        ))
    }

    fn bind(&mut self, gate: impl FnOnce() -> Gate) {
        self.hold_back(gate());
    }

    fn into_items(self, wire: Wire) -> Result<Streaming<Bytes>, Self> {
        let encode = move |item: T| wire.encode(&item).map(Bytes::from);
        Ok(Streaming::new(Mapped { items: self, map: encode }))
    }

    fn from_items(items: Streaming<Bytes>, wire: Wire) -> Result<Self> {
        Ok(Streaming::new(Mapped { items, map: move |item: Bytes| wire.decode(&item) }))
    }

    #[cfg(feature = "interface")]
    fn shape(shapes: &mut Shapes) -> Shape {
        shapes.of::<T>()
    }

    fn from_wire(_: &[u8], _: Wire) -> Result<Self> {
        Err(Error::invalid(
            "the other process answered with one message where a stream is awaited: it has another version of the method",
        ))
    }
}

/// The items of a stream as others.
struct Mapped<T, M> {
    items: Streaming<T>,
    map: M,
}

impl<T, M> Unpin for Mapped<T, M> {}

impl<T, U, M: FnMut(T) -> Result<U>> Stream for Mapped<T, M> {
    type Item = Result<U>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<U>>> {
        let me = &mut *self;
        Pin::new(&mut me.items).poll_next(cx).map(|item| item.map(|item| item.and_then(&mut me.map)))
    }
}

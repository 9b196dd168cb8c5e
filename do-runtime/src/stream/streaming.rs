//! A stream of items, as its reader has it.

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::gate::{Gate, poll_apart};
use super::produce::{self, StreamSender};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::LogPosition;
use crate::node::words_of;

/// Items that come one after the other: what an `#[rpc]` gives that returns `Result<Streaming<T>>`, and what the body of a
/// [`Response`](crate::Response) can be made from. It is a [`Stream`] too.
///
/// The stream is not part of the handler's transaction, and holds no turn at the object: what makes it runs when its reader asks for the next item,
/// and ends when its reader lets it go. An item is given once everything that its handler has seen of the object by then is durable. After
/// an error nothing comes any more, and one that is cut off ends with an error: a stream that ends without one is complete.
///
/// ```
/// # use do_runtime::prelude::*;
/// # #[durable_object]
/// # struct Numbers { #[stored] all: Vec<u64> }
/// #[durable_object]
/// impl Numbers {
///     #[rpc(public)]
///     async fn export(this: This<Self>) -> Result<Streaming<u64>> {
///         Ok(Streaming::produce(|to| async move {
///             let mut next = 0;
///             loop {
///                 let page = this.read(move |me, _| Ok(me.all.iter().skip(next).take(100).copied().collect::<Vec<_>>())).await?;
///                 if page.is_empty() {
///                     return Ok(());
///                 }
///                 next += page.len();
///                 for number in page {
///                     to.send(number).await?; // waits for a reader that is behind
///                 }
///             }
///         }))
///     }
/// }
///
/// # async fn example(objects: Objects) -> Result {
/// let mut numbers = objects.get_by_name::<Numbers>("odd").export().await?;
/// while let Some(number) = numbers.next().await {
///     println!("{}", number?);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Streaming<T> {
    /// Nothing once it has ended.
    source: Option<Pin<Box<dyn Stream<Item = Result<T>> + Send>>>,
    /// What has come, and waits to be durable.
    held: Option<(Option<Result<T>>, LogPosition)>,
    gate: Option<Gate>,
}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Streaming<{}>", std::any::type_name::<T>())
    }
}

impl<T> Unpin for Streaming<T> {}

impl<T> Streaming<T> {
    /// Of any stream. It is polled as its reader asks, outside of the object. Of a stream that panics nothing more comes than an error.
    pub fn new(stream: impl Stream<Item = Result<T>> + Send + 'static) -> Self {
        Streaming { source: Some(Box::pin(stream)), held: None, gate: None }
    }

    /// Of what a closure sends as it goes: a few items ahead of the reader, and no more. It is run by whoever reads, and dropped with the stream, wherever
    /// it waits. What it returns ends the stream: an error is the last thing that its reader gets.
    pub fn produce<F, R>(produce: F) -> Self
    where
        T: Send + 'static,
        F: FnOnce(StreamSender<T>) -> R,
        R: Future<Output = Result> + Send + 'static,
    {
        Streaming::new(produce::produced(produce))
    }

    /// Of what a task of its own sends, at most `room` items ahead of the reader (and at least one). It ends with [`StreamSender::end`]: if the sender is just
    /// dropped, as by a panic, the reader gets an error.
    pub fn channel(room: usize) -> (StreamSender<T>, Self)
    where
        T: Send + 'static,
    {
        let (sender, stream) = produce::channel(room);
        (sender, Streaming::new(stream))
    }

    /// The next item; nothing after the last one.
    ///
    /// # Errors
    /// What went wrong with the handler's stream; `unavailable` if the objects were closed, or the connection to another process was lost. It is the last thing that
    /// comes.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// All items that are left.
    ///
    /// # Errors
    /// As [`Streaming::next`].
    pub async fn collect(mut self) -> Result<Vec<T>> {
        let mut all = Vec::new();
        while let Some(item) = self.next().await {
            all.push(item?);
        }
        Ok(all)
    }

    /// Keeps back what is not durable yet of what the handler sees from now on.
    pub(crate) fn hold_back(&mut self, gate: Gate)
    where
        T: Send + 'static,
    {
        if self.gate.is_some() {
            // The stream of another object, which is handed on: its own gate stays before this one.
            let handed_on = std::mem::replace(self, Streaming { source: None, held: None, gate: None });
            *self = Streaming::new(handed_on);
        }
        self.gate = Some(gate);
    }

    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        if let Some(gate) = &mut self.gate
            && let Err(error) = gate.check(cx)
        {
            return Poll::Ready(Some(Err(error)));
        }
        let Some(source) = &mut self.source else { return Poll::Ready(None) };
        let gate = self.gate.as_ref();
        let polled = catch_unwind(AssertUnwindSafe(|| poll_apart(gate, source.as_mut(), cx)));
        polled.unwrap_or_else(|panic| Poll::Ready(Some(Err(panicked(&*panic)))))
    }
}

/// The error of a stream that panicked. The panic itself was printed by the panic hook.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> Error {
    let words = words_of(panic);
    tracing::error!(panic = words, "a stream panicked");
    Error::new(ErrorKind::Handler, format!("a stream panicked: {words}"))
}

impl<T> Stream for Streaming<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let me = &mut *self;
        let (came, seen) = match me.held.take() {
            Some(held) => held,
            None if me.source.is_none() => return Poll::Ready(None),
            None => match me.poll_source(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(came) => (came, me.gate.as_ref().map(Gate::seen).unwrap_or_default()),
            },
        };
        if let Some(gate) = &me.gate {
            match gate.poll_durable(seen, cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => {
                    me.source = None;
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Pending => {
                    me.held = Some((came, seen));
                    return Poll::Pending;
                }
            }
        }
        if !matches!(came, Some(Ok(_))) {
            me.source = None;
        }
        Poll::Ready(came)
    }
}

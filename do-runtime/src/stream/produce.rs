//! Streams of what is sent as it is made.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::streaming::panicked;
use crate::error::{Error, ErrorKind, Result};

/// How many items a closure is ahead of its reader.
const AHEAD: usize = 8;

/// What is sent.
enum Sent<T> {
    Item(T),
    End,
    Failure(Error),
}

/// The other end of a [`Streaming`](super::Streaming).
pub struct StreamSender<T>(Sender<Sent<T>>);

impl<T> fmt::Debug for StreamSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamSender<{}>", std::any::type_name::<T>())
    }
}

impl<T> StreamSender<T> {
    /// Sends an item, once there is room for it. It reaches the reader when everything is durable that the handler of the stream has seen of its object by then.
    ///
    /// # Errors
    /// `unavailable` if nobody reads the stream any more.
    pub async fn send(&self, item: impl Into<T>) -> Result {
        self.0.send(Sent::Item(item.into())).await.map_err(|_| unread())
    }

    /// Ends the stream, and says that it is complete.
    ///
    /// # Errors
    /// As [`StreamSender::send`].
    pub async fn end(self) -> Result {
        self.0.send(Sent::End).await.map_err(|_| unread())
    }

    /// Ends the stream with an error.
    ///
    /// # Errors
    /// As [`StreamSender::send`].
    pub async fn fail(self, error: Error) -> Result {
        self.0.send(Sent::Failure(error)).await.map_err(|_| unread())
    }

    /// Resolves when nobody reads the stream any more.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

fn unread() -> Error {
    Error::new(ErrorKind::Unavailable, "nobody reads this stream any more")
}

/// What a task sends.
pub(super) struct Channel<T>(Receiver<Sent<T>>);

pub(super) fn channel<T>(room: usize) -> (StreamSender<T>, Channel<T>) {
    let (sender, receiver) = mpsc::channel(room.clamp(1, tokio::sync::Semaphore::MAX_PERMITS));
    (StreamSender(sender), Channel(receiver))
}

impl<T> Unpin for Channel<T> {}

impl<T> Stream for Channel<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        self.0.poll_recv(cx).map(|sent| match sent {
            Some(Sent::Item(item)) => Some(Ok(item)),
            Some(Sent::End) => None,
            Some(Sent::Failure(error)) => Some(Err(error)),
            None => {
                let sentence = "the sender of this stream was dropped before it had ended it: what came is not all";
                Some(Err(Error::new(ErrorKind::Interrupted, sentence)))
            }
        })
    }
}

/// What a closure sends.
pub(super) struct Produced<T> {
    channel: Receiver<Sent<T>>,
    /// Nothing once it has returned.
    running: Option<Pin<Box<dyn Future<Output = Result> + Send>>>,
    failure: Option<Error>,
}

pub(super) fn produced<T, F, R>(produce: F) -> Produced<T>
where
    F: FnOnce(StreamSender<T>) -> R,
    R: Future<Output = Result> + Send + 'static,
{
    let (sender, channel) = mpsc::channel(AHEAD);
    Produced { channel, running: Some(Box::pin(produce(StreamSender(sender)))), failure: None }
}

impl<T> Unpin for Produced<T> {}

impl<T> Stream for Produced<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let me = &mut *self;
        // What was made ahead comes first, so that it does not grow.
        if let Ok(sent) = me.channel.try_recv() {
            return Poll::Ready(me.came(sent));
        }
        if let Some(running) = &mut me.running
            // What it sent before it panicked is not lost.
            && let Poll::Ready(ended) = catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(cx)))
                .unwrap_or_else(|panic| Poll::Ready(Err(panicked(&*panic))))
        {
            me.running = None;
            me.failure = ended.err();
            // A sender that it has given away is late.
            me.channel.close();
        }
        match me.channel.poll_recv(cx) {
            Poll::Ready(Some(sent)) => Poll::Ready(me.came(sent)),
            Poll::Ready(None) if me.running.is_none() => Poll::Ready(me.failure.take().map(Err)),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

impl<T> Produced<T> {
    /// What was sent. An end or a failure ends it, whatever the closure would do after that.
    fn came(&mut self, sent: Sent<T>) -> Option<Result<T>> {
        match sent {
            Sent::Item(item) => return Some(Ok(item)),
            Sent::End => {}
            Sent::Failure(error) => self.failure = Some(error),
        }
        self.running = None;
        self.failure.take().map(Err)
    }
}

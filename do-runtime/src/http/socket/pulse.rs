//! Whether anybody is at the other end of a WebSocket.

use std::io;
use std::mem::{replace, take};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// When the other end is sent a ping, and whether it has been heard since.
pub(in crate::http) struct Pulse {
    timer: Pin<Box<Sleep>>,
    every: Duration,
    /// Whether it was sent one.
    asked: bool,
    heard: bool,
}

/// What is to be done when it is time for a ping.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::http) enum Beat {
    Ping,
    /// It has not taken yet what was sent before, but takes of it.
    Wait,
    /// There is nobody any more.
    Gone,
}

impl Pulse {
    pub(in crate::http) fn new(every: Duration) -> Self {
        Pulse { timer: Box::pin(sleep(every)), every, asked: false, heard: false }
    }

    /// Something has come.
    pub(in crate::http) fn hear(&mut self) {
        self.heard = true;
    }

    /// Ready when it is time for a ping.
    pub(in crate::http) fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(self.timer.as_mut().poll(cx));
        self.timer.as_mut().reset(Instant::now() + self.every);
        Poll::Ready(())
    }

    /// What is to be done then. Behind what is `unsent` a ping would wait: whoever takes of that is there.
    pub(in crate::http) fn beat<S>(&mut self, connection: &mut Taking<S>, unsent: bool) -> Beat {
        let (heard, taken) = (take(&mut self.heard), take(&mut connection.taken));
        let asked = replace(&mut self.asked, !unsent);
        match unsent {
            false if heard || !asked => Beat::Ping,
            true if heard || taken => Beat::Wait,
            _ => Beat::Gone,
        }
    }
}

/// A connection that takes note of what is taken of it.
#[derive(Debug)]
pub(in crate::http) struct Taking<S> {
    stream: S,
    taken: bool,
}

impl<S> Taking<S> {
    pub(super) fn new(stream: S) -> Self {
        Taking { stream, taken: false }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Taking<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Taking<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.taken |= matches!(written, Poll::Ready(Ok(1..)));
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    fn begun() -> (Pulse, Taking<DuplexStream>, DuplexStream) {
        let (near, far) = duplex(8);
        (Pulse::new(Duration::from_secs(1)), Taking::new(near), far)
    }

    #[tokio::test]
    async fn who_is_silent_from_one_ping_to_the_next_is_gone() {
        let (mut pulse, mut near, _far) = begun();
        assert_eq!(pulse.beat(&mut near, false), Beat::Ping);
        pulse.hear();
        assert_eq!(pulse.beat(&mut near, false), Beat::Ping);
        // That a ping could be sent says nothing.
        near.write_all(b"ping").await.expect("there is room");
        assert_eq!(pulse.beat(&mut near, false), Beat::Gone);
    }

    #[tokio::test]
    async fn who_takes_of_what_is_sent_is_waited_for_and_asked_once_it_has_all() {
        let (mut pulse, mut near, _far) = begun();
        assert_eq!(pulse.beat(&mut near, false), Beat::Ping);
        for _ in 0..2 {
            near.write_all(b"part").await.expect("there is room");
            assert_eq!(pulse.beat(&mut near, true), Beat::Wait);
        }
        assert_eq!(pulse.beat(&mut near, false), Beat::Ping, "it was not asked before");
        assert_eq!(pulse.beat(&mut near, false), Beat::Gone);
    }

    #[tokio::test]
    async fn who_takes_nothing_of_what_is_sent_is_gone() {
        let (mut pulse, mut near, _far) = begun();
        near.write_all(b"a part").await.expect("there is room");
        assert_eq!(pulse.beat(&mut near, true), Beat::Wait);
        assert_eq!(pulse.beat(&mut near, true), Beat::Gone);
    }
}

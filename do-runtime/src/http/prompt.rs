//! A connection whose peer says soon which protocol it speaks, and takes what is sent to it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// What a peer that speaks HTTP/2 says first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream that fails if its peer keeps it waiting: with its first bytes, by which HTTP/1 and HTTP/2 are told apart (no limit of either holds before), or by taking nothing
/// of what is sent.
pub(super) struct Prompt {
    stream: TcpStream,
    /// Until when it is to be said, and how much of the preface was; nothing once it is known.
    waiting: Option<(Pin<Box<Sleep>>, usize)>,
    /// How long it may take nothing.
    idle: Duration,
    /// Until when it has to take something; nothing if it is not waited for.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Prompt {
    pub(super) fn new(stream: TcpStream, within: Duration, idle: Duration) -> Self {
        Prompt { stream, waiting: Some((Box::pin(sleep(within)), 0)), idle, stalled: None }
    }

    /// Notes whether anything was taken.
    fn taken(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(self.idle)));
        stalled.as_mut().poll(cx).map(|()| Err(late("the peer took nothing of what was sent")))
    }
}

fn late(sentence: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, sentence)
}

/// How much of the preface there is once `more` was read; nothing if it is complete, or will not come.
fn follow(said: usize, more: &[u8]) -> Option<usize> {
    let ahead = &PREFACE[said..];
    let goes_on = !more.is_empty() && more.len() < ahead.len() && ahead.starts_with(more);
    goes_on.then(|| said + more.len())
}

impl AsyncRead for Prompt {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let me = &mut *self;
        let before = into.filled().len();
        let read = Pin::new(&mut me.stream).poll_read(cx, into);
        let Some((sleep, said)) = &mut me.waiting else { return read };
        match read {
            Poll::Pending => sleep.as_mut().poll(cx).map(|()| Err(late("the peer did not say what it speaks"))),
            read => {
                match follow(*said, &into.filled()[before..]) {
                    Some(now) => *said = now,
                    None => me.waiting = None,
                }
                read
            }
        }
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.taken(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.taken(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_waited_for_until_it_has_said_the_preface_or_anything_else() {
        assert_eq!(follow(0, b"P"), Some(1));
        assert_eq!(follow(1, b"RI * "), Some(6));
        assert_eq!(follow(6, &PREFACE[6..]), None, "it is complete");
        assert_eq!(follow(6, &[&PREFACE[6..], b"and more"].concat()), None);
        assert_eq!(follow(1, b"OST / HTTP/1.1"), None, "it is another request");
        assert_eq!(follow(1, b""), None, "it has closed");
    }
}

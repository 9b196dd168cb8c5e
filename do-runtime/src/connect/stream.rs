//! A stream that comes from another process.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use hyper::body::{Body, Incoming};
use hyper::{Response, StatusCode};

use super::Told;
use super::answer;
use super::connection::Connection;
use crate::error::{Error, ErrorKind, Result};
use crate::object::Wire;
use crate::stream::Streaming;
use crate::stream::frames::{self, Kind};

/// The items of a call's stream, or what the call failed with.
pub(super) async fn of_call(
    response: Response<Incoming>,
    connection: &Arc<Connection>,
) -> Result<Streaming<Bytes>, Told> {
    if response.status() == StatusCode::OK && answer::media(response.headers()) == frames::media(Wire::MessagePack) {
        let told = connection.clone();
        let over = Box::pin(async move { told.over().await });
        let server = connection.base().to_owned();
        return Ok(Streaming::new(Frames { body: response.into_body(), came: BytesMut::new(), over, server }));
    }
    answer::of_call(response, connection.base()).await?;
    let sentence = format!(
        "{} answered with one message where a stream is awaited: it has another version of the method",
        connection.base()
    );
    Err(Error::new(ErrorKind::Internal, sentence).into())
}

/// What comes is read as its reader asks for it: what it does not ask for waits at the other end.
struct Frames {
    body: Incoming,
    came: BytesMut,
    /// Resolves once the connection was closed.
    over: Pin<Box<dyn Future<Output = Error> + Send>>,
    server: String,
}

impl Frames {
    fn lost(&self, why: &str) -> Error {
        let sentence = format!("the connection to {} was lost within a stream: {why}", self.server);
        Error::new(ErrorKind::Unavailable, sentence)
    }
}

impl Stream for Frames {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let me = &mut *self;
        loop {
            match frames::read(&mut me.came) {
                Ok(Some((Kind::Item, item))) => return Poll::Ready(Some(Ok(item))),
                Ok(Some((Kind::End, _))) => return Poll::Ready(None),
                Ok(Some((Kind::Error, problem))) => {
                    let told = answer::problem(answer::PACKED_PROBLEM, &problem).map(|told| told.error);
                    let unreadable = || Error::new(ErrorKind::Internal, "a stream failed, and why can't be read");
                    return Poll::Ready(Some(Err(told.unwrap_or_else(unreadable))));
                }
                Ok(None) => {}
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
            if let Poll::Ready(closed) = me.over.as_mut().poll(cx) {
                return Poll::Ready(Some(Err(closed)));
            }
            match Pin::new(&mut me.body).poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        me.came.extend_from_slice(&data);
                    }
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(me.lost(&Told::causes(&error))))),
                Poll::Ready(None) => return Poll::Ready(Some(Err(me.lost("it ended before the stream had")))),
            }
        }
    }
}

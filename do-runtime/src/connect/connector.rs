//! The options of a connection.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::{
    ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
    TRANSFER_ENCODING,
};

use super::connection::{Connection, Settings};
use super::request;
use crate::Objects;
use crate::env::OsRandom;
use crate::error::{Error, ErrorKind, FirstMistake, Result, shown};
use crate::id::IdKey;
use crate::metadata::RetryPolicy;
use crate::node::Home;
use crate::time::IntoDuration;

/// Options of a connection to objects in another process: [`Objects::connector`].
///
/// ```no_run
/// # use do_runtime::prelude::*;
/// # async fn example() -> Result {
/// let objects = Objects::connector("http://127.0.0.1:8080")
///     .bearer("s3cret")
///     .deadline("5s")
///     .retry(RetryPolicy::default().attempts(3))
///     .connect()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is connected until `connect` is awaited"]
pub struct Connector {
    url: String,
    settings: Settings,
    /// The first option that made no sense: `connect` says so.
    wrong: FirstMistake,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The headers have secrets.
        f.debug_struct("Connector").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Connector {
    pub(crate) fn new(url: impl Into<String>) -> Self {
        Connector { url: url.into(), settings: Settings::default(), wrong: FirstMistake::default() }
    }

    /// Says who calls: `Authorization: Bearer …` with each call.
    pub fn bearer(self, token: impl AsRef<str>) -> Self {
        let value = HeaderValue::try_from(format!("Bearer {}", token.as_ref()));
        let value = value.map_err(|_| Error::invalid("a bearer token has visible ASCII characters only"));
        self.with(AUTHORIZATION, value)
    }

    /// A header that goes with each call.
    pub fn header(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let name = name.as_ref();
        let Ok(header) = HeaderName::try_from(name) else {
            return self.mistaken(Error::invalid(format!("{:?} is no name of a header", shown(name))));
        };
        let ours = [ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING];
        if ours.contains(&header) || request::OWN.contains(&header) {
            return self.mistaken(Error::invalid(format!("the header `{header}` is set by the connection itself")));
        }
        let value = HeaderValue::try_from(value.as_ref());
        let value = value.map_err(|_| Error::invalid(format!("the header `{header}` can't have this value")));
        self.with(header, value)
    }

    fn with(mut self, name: HeaderName, value: Result<HeaderValue>) -> Self {
        match value {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.settings.headers.insert(name, value);
                self
            }
            Err(error) => self.mistaken(error),
        }
    }

    fn mistaken(mut self, error: Error) -> Self {
        self.wrong.set(&mut (), "a header of a connection", Err(error));
        self
    }

    /// How long a call waits for its answer that sets no `.deadline(…)` itself: 30 seconds. The server may wait less.
    pub fn deadline(mut self, within: impl IntoDuration) -> Self {
        self.wrong.set(&mut self.settings.deadline, "the deadline of a connection's calls", within.into_duration());
        self
    }

    /// How often, and after which pauses, a call is sent again that did not reach the server, lost its answer, or is answered `unavailable`
    /// or `overloaded`: until its deadline, after 50 ms at first and a second at most. A call's own `.retry(…)` stands before it.
    ///
    /// A method that is not `#[rpc(idempotent)]` is called under a key, which is drawn if the call has none, so that it is applied
    /// once. With `RetryPolicy::default().attempts(1)` nothing is sent again, and no keys are drawn.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.wrong.set(&mut self.settings.retry, "the retry policy of a connection", policy.checked());
        self
    }

    /// Over how many connections calls are spread: one, if not set, which carries as many calls at once as the server lets it, 256 of
    /// one of ours; further ones wait.
    pub fn connections(mut self, count: usize) -> Self {
        self.settings.connections = count.max(1);
        self
    }

    /// How long it may take until a connection stands, and [`Connector::connect`] has its answer: 5 seconds.
    pub fn connect_within(mut self, within: impl IntoDuration) -> Self {
        self.wrong.set(&mut self.settings.connect_within, "how long connecting may take", within.into_duration());
        self
    }

    /// Connects, and makes sure that a server of objects is there. That it goes away later, and comes back, does not matter: a call
    /// that finds no connection makes one.
    ///
    /// # Errors
    /// - `invalid`: an option or the URL makes no sense, this was called outside a tokio runtime, or something else is there.
    /// - `unavailable`: it can't be reached.
    pub async fn connect(self) -> Result<Objects> {
        let connection = Arc::new(self.connection()?);
        connection.greet().await?;
        objects(connection)
    }

    /// The same without a look: the first call connects.
    ///
    /// # Errors
    /// `invalid` as for [`Connector::connect`].
    pub fn connect_lazily(self) -> Result<Objects> {
        objects(Arc::new(self.connection()?))
    }

    fn connection(self) -> Result<Connection> {
        self.wrong.told()?;
        Connection::new(&self.url, self.settings)
    }
}

fn objects(connection: Arc<Connection>) -> Result<Objects> {
    let random = Arc::new(OsRandom::new().map_err(|error| {
        Error::with_source(ErrorKind::Unavailable, format!("the system gives no random bytes: {error}"), error)
    })?);
    Ok(Objects::owning(Home::remote_at(connection, IdKey::drawn(&*random), random)))
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            headers: HeaderMap::new(),
            deadline: Duration::from_secs(30),
            retry: RetryPolicy::default()
                .attempts(u32::MAX)
                .first(Duration::from_millis(50))
                .most(Duration::from_secs(1)),
            connections: 1,
            connect_within: Duration::from_secs(5),
        }
    }
}

//! `Objects`: the user's handle to a node.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::{Builder, Home, Namespace};
use crate::error::{Error, Result};
use crate::journal::Log;
use crate::object::Dispatch;

/// All objects of one folder. Cheap to clone; the last clone releases the folder.
///
/// ```no_run
/// # use do_runtime::prelude::*;
/// # #[durable_object]
/// # struct Counter { #[stored] count: u64 }
/// # #[durable_object]
/// # impl Counter {
/// #     #[rpc]
/// #     fn add(&mut self) -> Result<u64> { self.count += 1; Ok(self.count) }
/// # }
/// # async fn example() -> Result {
/// let objects = Objects::open("data").await?;
/// let visits = objects.get_by_name::<Counter>("visits");
/// println!("{}", visits.add().await?); // on disk when it is printed
/// objects.close().await
/// # }
/// ```
#[derive(Clone)]
pub struct Objects {
    home: Arc<Home>,
    /// Not there in the handles that the runtime itself lends to handlers.
    #[expect(dead_code, reason = "it is held, not used")]
    open: Option<Arc<Open>>,
}

/// While it lives the node is open.
struct Open(Arc<Home>);

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(node) = self.0.leave() {
            node.abandon();
        }
        #[cfg(feature = "connect")]
        if let Some(connection) = self.0.remote() {
            connection.hang_up();
        }
    }
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "connect")]
        if let Some(connection) = self.home.remote() {
            return write!(f, "Objects(at {connection:?}{})", if connection.is_closed() { ", closed" } else { "" });
        }
        f.write_str(if self.home.node().is_ok() { "Objects(open)" } else { "Objects(closed)" })
    }
}

impl Objects {
    /// Opens a folder with the default options, and makes it if it does not exist.
    ///
    /// # Errors
    /// See [`Builder::open`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        Objects::builder().open(path).await
    }

    /// Options to open a folder with.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Connects to objects in another process, which serves them with [`Objects::serve`]: `http://127.0.0.1:8080`. Their stubs are the
    /// same, and reach the methods that are `#[rpc(public)]`.
    ///
    /// # Errors
    /// As [`Connector::connect`](crate::connect::Connector::connect).
    #[cfg(feature = "connect")]
    pub async fn connect(url: impl Into<String>) -> Result<Self> {
        Objects::connector(url).connect().await
    }

    /// Options to connect with: credentials, deadlines, how often a call is sent again.
    #[cfg(feature = "connect")]
    pub fn connector(url: impl Into<String>) -> crate::connect::Connector {
        crate::connect::Connector::new(url)
    }

    pub(crate) fn owning(home: Arc<Home>) -> Self {
        Objects { open: Some(Arc::new(Open(home.clone()))), home }
    }

    /// A handle that does not keep the node open.
    pub(crate) fn visiting(home: Arc<Home>) -> Self {
        Objects { home, open: None }
    }

    #[cfg(any(feature = "testing", feature = "http"))]
    pub(crate) fn home(&self) -> &Arc<Home> {
        &self.home
    }

    /// The objects of one class.
    pub fn namespace<O: Dispatch>(&self) -> Namespace<O> {
        Namespace::new(self.home.clone())
    }

    /// The stub of the object with a name. Wakes nothing, creates nothing.
    pub fn get_by_name<O: Dispatch>(&self, name: impl AsRef<str>) -> O::Stub {
        self.namespace::<O>().get_by_name(name)
    }

    /// The stub of the object with an id. Wakes nothing, creates nothing.
    pub fn get<O: Dispatch>(&self, id: crate::ObjectId) -> O::Stub {
        self.namespace::<O>().get(id)
    }

    /// What can be called from outside, described for other languages: OpenAPI, TypeScript, JavaScript.
    #[cfg(feature = "interface")]
    pub fn interface(&self) -> crate::interface::Interface {
        crate::interface::Interface::linked()
    }

    /// Serves the public methods of all classes over HTTP, on a loopback address, until the process is told to end; then the objects are
    /// closed. [`Objects::server`] has the options.
    ///
    /// # Errors
    /// As [`Server::serve`](crate::http::Server::serve).
    #[cfg(feature = "http")]
    pub async fn serve(&self, address: impl tokio::net::ToSocketAddrs) -> Result {
        self.server().serve(address).await
    }

    /// A server of the public methods of all classes, to be set up. It keeps the folder open.
    #[cfg(feature = "http")]
    pub fn server(&self) -> crate::http::Server {
        crate::http::Server::new(self.clone())
    }

    /// The paths of a server as an axum router, to be merged with one's own: [`Server::router`](crate::http::Server::router) of one without
    /// an authenticator.
    #[cfg(feature = "http")]
    pub fn router(&self) -> axum::Router {
        self.server().into_router()
    }

    /// Takes no new call, lets those that run end, hands everything over to the store, and releases the folder. Of objects in another
    /// process it closes the connection to them, and nothing else.
    ///
    /// # Errors
    /// What could not be written: it is in the journal, and the next open brings it in.
    pub async fn close(&self) -> Result {
        #[cfg(feature = "connect")]
        if let Some(connection) = self.home.remote() {
            connection.close().await;
            return Ok(());
        }
        match self.home.node() {
            Ok(node) => {
                let closed = super::checkpoint::close(&node).await;
                self.home.leave();
                closed
            }
            Err(_) => Ok(()),
        }
    }

    /// How many bytes have been appended to the journal since the folder was made.
    ///
    /// # Errors
    /// `unavailable` once the objects were closed.
    pub fn journal_bytes(&self) -> Result<u64> {
        Ok(self.home.node()?.log().end().0)
    }

    /// Resolves with the reason once the node has failed: its journal could not be written. Every call answers
    /// `unavailable` from then on; opening the folder again recovers all that was acknowledged. Pending as long as
    /// all is well. A connection to objects in another process never fails for good: there this resolves once it was closed.
    pub async fn failed(&self) -> Error {
        #[cfg(feature = "connect")]
        if let Some(connection) = self.home.remote() {
            return connection.over().await;
        }
        match self.home.node() {
            Ok(node) => node.log().failed().await,
            Err(closed) => closed,
        }
    }
}

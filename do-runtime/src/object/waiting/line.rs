//! Lines: one handler of an object at a time, in the order in which they came.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::Waiting;
use crate::call::Slot;
use crate::error::{Error, ErrorKind, Result};
use crate::object::{Dispatch, This};
use crate::sync::Mutex;

/// The lines at an object in which somebody stands. Who is first has the one permit.
#[derive(Default)]
pub(crate) struct Lines(Mutex<BTreeMap<Arc<str>, Arc<Semaphore>>>);

/// Where there are lines, whatever its class.
trait Lined: Send + Sync {
    fn lines(&self) -> &Lines;
}

impl<O: Dispatch> Lined for Slot<O> {
    fn lines(&self) -> &Lines {
        &self.shared.lines
    }
}

/// The first place in a line: what [`This::first_in_line`] gives. Dropped, it is the next one's.
#[must_use = "dropped, the place is the next one's at once"]
pub struct FirstInLine {
    #[expect(dead_code, reason = "it is held, not used")]
    place: Place,
}

impl fmt::Debug for FirstInLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstInLine")
    }
}

struct Place {
    at: Arc<dyn Lined>,
    key: Arc<str>,
    /// Nothing once it is left.
    line: Option<Arc<Semaphore>>,
    is_first: bool,
}

impl Place {
    fn at_the_end(at: Arc<dyn Lined>, key: Arc<str>) -> Self {
        let mut lines = at.lines().0.lock();
        let line = lines.entry(key.clone()).or_insert_with(|| Arc::new(Semaphore::new(1))).clone();
        drop(lines);
        Place { at, key, line: Some(line), is_first: false }
    }

    async fn first(mut self) -> Result<FirstInLine> {
        if let Some(line) = &self.line {
            let permit = line.acquire().await;
            permit
                .map_err(|_| Error::new(ErrorKind::Internal, "a line was closed while somebody stood in it"))?
                .forget();
            self.is_first = true;
        }
        Ok(FirstInLine { place: self })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = self.at.lines().0.lock();
        if let Some(line) = self.line.take()
            && self.is_first
        {
            line.add_permits(1);
        }
        if lines.get(&self.key).is_some_and(|line| Arc::strong_count(line) == 1) {
            lines.remove(&self.key);
        }
    }
}

impl<O: Dispatch> This<O> {
    /// Waits until all who came before, with the same key at this object, have dropped what this gives: one at a time, in order.
    ///
    /// It orders asynchronous handlers that await between their updates, for as long as they are under way; it keeps no other handler out, and
    /// nothing of it is stored. Whoever stands in a line waits for nothing that one behind could bring about: it would wait for ever.
    ///
    /// ```
    /// # use do_runtime::prelude::*;
    /// # #[durable_object]
    /// # struct Mirror { #[stored] value: String }
    /// # async fn store(_value: &str) -> Result { Ok(()) }
    /// #[durable_object]
    /// impl Mirror {
    ///     #[rpc]
    ///     async fn write(this: This<Self>, value: String) -> Result {
    ///         let _first = this.first_in_line("write").await?; // the last one there is the last one here
    ///         store(&value).await?;
    ///         this.update(|me, _cx| {
    ///             me.value = value;
    ///             Ok(())
    ///         })
    ///         .await
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// `deadline` when the deadline of the handler's call has come; `unavailable` once the node has closed.
    pub fn first_in_line<'a>(&'a self, key: impl Into<Arc<str>>) -> Waiting<'a, FirstInLine> {
        let key = key.into();
        Waiting::new(move |end| async move {
            self.node()?;
            let place = Place::at_the_end(self.stub.slot()?, key);
            self.within(end, place.first()).await?.transpose()
        })
    }
}

//! Options, and opening a folder.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::Objects;
use super::shared::Values;
use crate::env::Env;
use crate::error::{Error, ErrorKind, FirstMistake, Result};
use crate::journal::Rhythm;
use crate::time::IntoDuration;

/// How a node behaves.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// An object that was not called for so long is put to sleep.
    pub(crate) idle: Duration,
    /// Objects are put to sleep, the least recently used first, while those awake take more bytes than this.
    pub(crate) awake_memory: u64,
    /// The region that the node is in.
    pub(crate) jurisdiction: Option<String>,
    /// A checkpoint begins when the journal holds so many bytes.
    pub(crate) checkpoint_bytes: u64,
    /// The size of a journal segment in bytes.
    pub(crate) segment_bytes: u64,
    /// The largest transaction in bytes: the journal keeps room for it ready.
    pub(crate) largest: u64,
    /// A call that takes so many milliseconds or more is worth a line in the log.
    pub(crate) slow_call: u64,
    /// How long a reply is kept under the idempotency key of its call.
    pub(crate) keep_replies: Duration,
    /// Nothing may depend on how long things take: the node runs under simulation.
    pub(crate) deterministic: bool,
    /// How much is written to the journal at once under simulation.
    pub(crate) rhythm: Rhythm,
    /// What handlers can look up.
    pub(crate) shared: Values,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            idle: Duration::from_secs(10),
            awake_memory: 256 << 20,
            jurisdiction: None,
            checkpoint_bytes: 64 << 20,
            segment_bytes: 16 << 20,
            largest: 64 << 20,
            slow_call: 100,
            keep_replies: Duration::from_secs(24 * 60 * 60),
            deterministic: false,
            rhythm: Rhythm::Together,
            shared: Values::default(),
        }
    }
}

/// Options to open a folder with: [`Objects::builder`].
///
/// ```no_run
/// # use do_runtime::{Objects, Result};
/// # async fn open() -> Result {
/// let objects = Objects::builder().idle("30s").awake_memory("1GiB").open("data").await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is opened until `open` is awaited"]
#[derive(Default)]
pub struct Builder {
    options: Options,
    env: Option<Env>,
    /// The first option that made no sense: `open` says so.
    wrong: FirstMistake,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Builder {
    /// How long an object stays awake after its last call. 10 seconds if not set.
    pub fn idle(mut self, duration: impl IntoDuration) -> Self {
        self.wrong.set(&mut self.options.idle, "idle", duration.into_duration());
        self
    }

    /// How much memory objects may take while they are awake, about: a number of bytes, or text such as `"256MiB"`, which
    /// is what it is if not set. Beyond it the least recently used ones are put to sleep.
    pub fn awake_memory(mut self, size: impl IntoBytes) -> Self {
        self.wrong.set(&mut self.options.awake_memory, "awake_memory", size.into_bytes());
        self
    }

    /// The region that this node is in. A class that must stay in another one is refused at `open`.
    pub fn jurisdiction(mut self, region: impl Into<String>) -> Self {
        self.options.jurisdiction = Some(region.into());
        self
    }

    /// How many bytes the journal may hold before the pages of changed objects are written to the store: a number, or text.
    /// 64 MiB if not set. Less means a faster start after a crash, more means less writing.
    pub fn checkpoint_every(mut self, size: impl IntoBytes) -> Self {
        self.wrong.set(&mut self.options.checkpoint_bytes, "checkpoint_every", size.into_bytes());
        self
    }

    /// How long the reply of a call under an idempotency key is kept, so that the call can be sent again. A day if not set.
    pub fn keep_replies(mut self, duration: impl IntoDuration) -> Self {
        self.wrong.set(&mut self.options.keep_replies, "keep_replies", duration.into_duration());
        self
    }

    /// How long a call of a synchronous handler may take, its waiting included, before one line in the log says so, with the times in which it
    /// waited, ran, and was on its way to the disk. 100 ms if not set. The times are right to about 50 ms: they cost a call
    /// nothing.
    pub fn slow_call(mut self, duration: impl IntoDuration) -> Self {
        let millis = duration.into_duration().map(|it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX));
        self.wrong.set(&mut self.options.slow_call, "slow_call", millis);
        self
    }

    /// Gives the handlers of all objects something that belongs to the program, such as an HTTP client: one value of a type, which they get by
    /// [`cx.shared::<T>()`](crate::Cx::shared) and [`this.shared::<T>()`](crate::This::shared). A trait object is given as a `Box` or an `Arc` of it.
    ///
    /// ```no_run
    /// # use do_runtime::prelude::*;
    /// trait Rates: Send + Sync {
    ///     fn of(&self, currency: &str) -> Option<f64>;
    /// }
    ///
    /// # struct Fixed;
    /// # impl Rates for Fixed { fn of(&self, _: &str) -> Option<f64> { None } }
    /// # #[durable_object]
    /// # struct Shop;
    /// #[durable_object]
    /// impl Shop {
    ///     #[rpc]
    ///     fn price(&self, cx: &Cx<Self>, currency: &str) -> Result<f64> {
    ///         cx.shared::<Box<dyn Rates>>()?.of(currency).context("there is no such currency")
    ///     }
    /// }
    ///
    /// # async fn open() -> Result {
    /// let rates: Box<dyn Rates> = Box::new(Fixed);
    /// let objects = Objects::builder().with(rates).open("data").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A second value of one type is an `invalid` error of `open`.
    pub fn with<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        let added = self.options.shared.add(value);
        self.wrong.set(&mut (), "with", added);
        self
    }

    /// Runs on other seams than the machine's own.
    #[cfg(feature = "testing")]
    pub(crate) fn env(mut self, env: Env) -> Self {
        self.env = Some(env);
        self
    }

    /// How much is written to the journal at once.
    #[cfg(feature = "testing")]
    pub(crate) fn rhythm(mut self, rhythm: Rhythm) -> Self {
        self.options.rhythm = rhythm;
        self
    }

    /// Nothing depends on how long things take, and journal segments are small.
    #[cfg(feature = "testing")]
    pub(crate) fn deterministic(mut self) -> Self {
        self.options.deterministic = true;
        self.options.segment_bytes = 1 << 20;
        self
    }

    /// How many bytes a file of the journal holds, and for how large a transaction room is kept ready: 1 MiB and 64 MiB in a
    /// test kit. Where `limits(transaction = "…")` of a class is more, its calls make the files that are missing.
    #[cfg(feature = "testing")]
    pub fn journal(mut self, segment: impl IntoBytes, largest: impl IntoBytes) -> Self {
        self.wrong.set(&mut self.options.segment_bytes, "journal", segment.into_bytes());
        self.wrong.set(&mut self.options.largest, "journal", largest.into_bytes());
        self
    }

    /// Opens a folder, and makes it if it does not exist. What a crash left in its journal is brought in first.
    ///
    /// # Errors
    /// - `invalid`: an option makes no sense, two classes of one name are linked into the program, or this was called outside
    ///   a tokio runtime.
    /// - `unavailable`: another process has the folder; its process id is in the sentence.
    /// - `storage`: the folder can't be read or written, was written by a newer version, or is damaged below a position that was
    ///   durable. Nothing in it is changed then.
    pub async fn open(self, path: impl AsRef<Path>) -> Result<Objects> {
        // Before a folder is made.
        self.wrong.told()?;
        let builder = match self.env {
            Some(_) => self,
            None => Builder { env: Some(real(path.as_ref())?), ..self },
        };
        let (env, options) = builder.into_parts()?;
        super::folder::open(env, options).await
    }

    /// The seams and the options, if they make sense.
    pub(crate) fn into_parts(self) -> Result<(Env, Options)> {
        self.wrong.told()?;
        match self.env {
            Some(env) => Ok((env, self.options)),
            None => Err(Error::new(ErrorKind::Internal, "a node was to be opened nowhere")),
        }
    }
}

/// The machine's own seams.
fn real(folder: &Path) -> Result<Env> {
    let runtime = tokio::runtime::Handle::try_current().map_err(|_| {
        Error::invalid("`Objects::open` is awaited inside a tokio runtime: call it from `#[tokio::main]`")
    })?;
    Env::real(folder, runtime).map_err(|error| {
        let message = format!("the folder `{}` can't be used: {error}", folder.display());
        Error::with_source(ErrorKind::Storage, message, error)
    })
}

/// A number of bytes, or text such as `"64KiB"`, `"256MiB"`, `"1GB"`.
pub trait IntoBytes {
    /// The bytes, or an `invalid` error that says how sizes are written.
    fn into_bytes(self) -> Result<u64>;
}

impl IntoBytes for u64 {
    fn into_bytes(self) -> Result<u64> {
        Ok(self)
    }
}

impl IntoBytes for &str {
    fn into_bytes(self) -> Result<u64> {
        let wrong = || {
            Error::invalid(format!(
                "{self:?} is no size: write a number and a unit, such as \"64KiB\", \"256MiB\" or \"1GB\""
            ))
        };
        let digits = self.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.len());
        let (number, unit) = self.split_at(digits);
        let unit = match unit.trim() {
            "" | "B" => 1,
            "kB" | "KB" => 1000,
            "MB" => 1000 * 1000,
            "GB" => 1000 * 1000 * 1000,
            "TB" => 1000 * 1000 * 1000 * 1000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            "TiB" => 1 << 40,
            _ => return Err(wrong()),
        };
        let number: u64 = number.parse().map_err(|_| wrong())?;
        number.checked_mul(unit).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_numbers_with_a_unit() {
        let sizes =
            [("0", 0), ("17B", 17), ("2kB", 2000), ("64KiB", 65_536), ("3 MiB", 3 << 20), ("1GB", 1_000_000_000)];
        for (text, bytes) in sizes {
            assert_eq!(text.into_bytes().expect("a size"), bytes, "{text}");
        }
        for text in ["", "MiB", "-1MiB", "1.5GiB", "64 elephants", "99999999999TiB"] {
            let error = text.into_bytes().expect_err("no size");
            assert!(error.to_string().contains("such as"), "{error}");
        }
    }
}

//! The small conveniences of reading rows: what a closure for each row may return, and how many rows are wanted.

use std::ops::ControlFlow;

use crate::error::{Error, Result};

/// What the closure of `each` returns: nothing, a `Result`, or a `ControlFlow` to stop early.
#[diagnostic::on_unimplemented(
    message = "the closure of `each` can't return `{Self}`",
    label = "neither `()` nor a `Result` nor a `ControlFlow`",
    note = "return nothing, `Result`, `ControlFlow<()>` or `Result<ControlFlow<()>>`"
)]
pub trait Flow {
    /// Whether to go on, or why not.
    fn flow(self) -> Result<ControlFlow<()>>;
}

impl Flow for () {
    fn flow(self) -> Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }
}

impl Flow for ControlFlow<()> {
    fn flow(self) -> Result<ControlFlow<()>> {
        Ok(self)
    }
}

impl<F: Flow> Flow for Result<F, Error> {
    fn flow(self) -> Result<ControlFlow<()>> {
        self.and_then(F::flow)
    }
}

/// A number of rows, of whatever integer type the caller has it in.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a number of rows", label = "not an integer")]
pub trait RowLimit {
    /// The number. A negative one is `invalid`.
    fn row_limit(self) -> Result<u64>;
}

macro_rules! row_limit {
    ($($type:ty),*) => {$(
        impl RowLimit for $type {
            fn row_limit(self) -> Result<u64> {
                u64::try_from(self)
                    .map_err(|_| Error::invalid(format!("a limit of {self} rows makes no sense")))
            }
        }
    )*};
}

row_limit!(i32, i64, u8, u16, u32, u64, usize);

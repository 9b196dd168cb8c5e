//! The test kit: the real runtime on virtual time, on a disk that can lose what is not durable, with a look inside.
//!
//! ```
//! # use do_runtime::prelude::*;
//! # #[durable_object]
//! # struct Counter { #[stored] count: u64 }
//! # #[durable_object]
//! # impl Counter {
//! #     #[rpc]
//! #     fn add(&mut self) -> Result<u64> { self.count += 1; Ok(self.count) }
//! # }
//! #[do_runtime::test]
//! async fn a_count_is_kept(kit: TestKit) -> Result {
//!     let counter = kit.objects().get_by_name::<Counter>("visits");
//!     counter.add().await?;
//!     kit.crash().await?;
//!     assert_eq!(counter.add().await?, 2);
//!     Ok(())
//! }
//! ```

mod concurrent;
mod kit;
mod run;
mod threads;
mod variables;

pub use kit::{TestKit, TestSocket};
pub use run::{TestOutcome, run};
pub use variables::{number, seed};

#[doc(inline)]
pub use crate::env::{DiskCounts, Fault, Requests, SimDisk};

//! The runtime without the feature `checked-sql`: what the compiler still says of `sql!`. What is said when an object wakes is
//! in `tests/waking.rs`.
//!
//! ```
//! use do_runtime::prelude::*;
//!
//! #[durable_object]
//! struct Clock;
//!
//! #[durable_object]
//! impl Clock {
//!     #[rpc]
//!     fn seconds(&self, cx: &Cx<Self>) -> Result<i64> {
//!         sql!(cx, i64, "SELECT unixepoch()").one()
//!     }
//! }
//! ```
//!
//! Nothing is known of the columns, so rows without a type are refused:
//!
//! ```compile_fail
//! use do_runtime::prelude::*;
//!
//! #[durable_object]
//! struct Clock;
//!
//! #[durable_object]
//! impl Clock {
//!     #[rpc]
//!     fn seconds(&self, cx: &Cx<Self>) -> Result<i64> {
//!         Ok(sql!(cx, "SELECT unixepoch() AS now").one()?.now)
//!     }
//! }
//! ```

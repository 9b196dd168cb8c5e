//! The test kit: the real runtime on virtual time, on a disk that can lose what is not durable, with a look inside.
//!
//! ```ignore
//! #[do_runtime::test]
//! async fn a_message_is_kept(kit: TestKit) -> Result {
//!     let room = kit.objects().get_by_name::<ChatRoom>("lobby");
//!     room.post("ann", "hi").await?;
//!     kit.crash().await?;
//!     assert_eq!(room.history(10).await?.len(), 1);
//!     Ok(())
//! }
//! ```

mod kit;
mod run;

pub use kit::TestKit;
pub use run::{TestOutcome, run};

#[doc(inline)]
pub use crate::env::{DiskCounts, SimDisk};

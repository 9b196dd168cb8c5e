//! Whether nothing waits that nobody will wake.

use super::TestKit;
use crate::error::Result;
use crate::node::When;

impl TestKit {
    /// Lets everything rest, and checks that nothing waits: that the node will wake every object in time for what is due next by the
    /// object's own database, be it an alarm, a message, the cleanup of what has expired, or replies that are kept no longer. It
    /// wakes all objects. It is for tests of the runtime itself, and not while the disk fails: whatever a class does, it holds.
    ///
    /// # Errors
    /// `internal` with an object that would wait, for what, and what the node means to do instead; or why an object can't be
    /// woken.
    pub async fn check_wakes(&self) -> Result {
        self.settle().await;
        self.check_each(When::AtRest).await
    }

    /// The same while calls are under way, of each object in its turn: the node means to wake it in time.
    ///
    /// # Errors
    /// As [`TestKit::check_wakes`].
    pub async fn check_wakes_meanwhile(&self) -> Result {
        self.check_each(When::Meanwhile).await
    }

    async fn check_each(&self, when: When) -> Result {
        let node = self.home().node()?;
        let rest = node.rest()?;
        for class in rest.registry().classes().into_keys() {
            let Some(host) = node.linked_host(class, self.home()) else { continue };
            for listed in rest.registry().list(class, None, None, usize::MAX)? {
                host.clone().check_wake(listed.id, when).await?;
            }
        }
        Ok(())
    }
}

//! Who wants to know when an object changes: live queries.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::*};

use tokio::sync::watch;

use crate::ObjectId;
use crate::planted::{Defect, planted};
use crate::sync::Mutex;

/// The objects that somebody watches.
#[derive(Default)]
pub(crate) struct Watches {
    /// How many there are. It is all that a commit looks at where nobody watches anything.
    ///
    /// A watcher counts itself before it reads its object for the first time. Either that turn came before the one that commits, and
    /// then its holder sees the count, or the watcher reads what was committed. For sockets that come and go the lock of their list
    /// does what the turn does here.
    count: AtomicUsize,
    objects: Mutex<HashMap<ObjectId, watch::Sender<()>>>,
}

/// One who watches an object.
pub(crate) struct Watching {
    watches: Arc<Watches>,
    id: ObjectId,
    changes: watch::Receiver<()>,
}

impl Watches {
    /// Watches an object from now on.
    pub(crate) fn watch(self: &Arc<Self>, id: ObjectId) -> Watching {
        self.count.fetch_add(1, AcqRel);
        let changes = self.objects.lock().entry(id).or_insert_with(|| watch::channel(()).0).subscribe();
        Watching { watches: self.clone(), id, changes }
    }

    /// An object has committed, or its sockets are others.
    #[inline]
    pub(crate) fn changed(&self, id: ObjectId) {
        if self.count.load(Relaxed) > 0 && !planted(Defect::ChangeNotTold) {
            self.tell(id);
        }
    }

    #[cold]
    fn tell(&self, id: ObjectId) {
        if let Some(changes) = self.objects.lock().get(&id) {
            changes.send_replace(());
        }
    }

    /// Nothing changes any more.
    pub(super) fn end(&self) {
        self.objects.lock().clear();
    }
}

impl Watching {
    /// Resolves when the object has changed since this was called last; `None` once its node has ended.
    pub(crate) async fn changed(&mut self) -> Option<()> {
        self.changes.changed().await.ok()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.watches.count.fetch_sub(1, AcqRel);
        let mut objects = self.watches.objects.lock();
        // This one is still counted.
        if objects.get(&self.id).is_some_and(|changes| changes.receiver_count() <= 1) {
            objects.remove(&self.id);
        }
    }
}

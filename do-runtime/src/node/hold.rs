//! What a test holds back, and whom that concerns.

use std::collections::BTreeSet;

use crate::ObjectId;
use crate::journal::ClassTag;
use crate::sync::Mutex;

/// Objects, and their classes.
pub(crate) type Concerned = BTreeSet<(ClassTag, ObjectId)>;

/// Something that goes on by itself unless a test holds it back.
#[derive(Default)]
pub(crate) struct Hold(Mutex<Option<Concerned>>);

impl Hold {
    /// It is held back from now on.
    #[cfg(feature = "testing")]
    pub(crate) fn begin(&self) {
        self.0.lock().get_or_insert_default();
    }

    /// It goes on; the objects for which it was due.
    #[cfg(feature = "testing")]
    pub(crate) fn end(&self) -> Concerned {
        self.0.lock().take().unwrap_or_default()
    }

    /// Whether it is held back for an object for which it is due, which is then remembered.
    pub(crate) fn holds(&self, class: ClassTag, id: ObjectId) -> bool {
        self.0.lock().as_mut().map(|concerned| concerned.insert((class, id))).is_some()
    }
}

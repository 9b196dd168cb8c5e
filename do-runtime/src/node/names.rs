//! The names that ids were made from lately, so that an object which is made through its id knows its name too.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::ObjectId;
use crate::sync::Mutex;

/// How many are kept: an id whose name fell out can still be used once its object exists.
const MOST: usize = 65_536;

/// Names by id, the newest ones.
#[derive(Default)]
pub(crate) struct RecentNames(Mutex<Names>);

#[derive(Default)]
struct Names {
    names: HashMap<ObjectId, Arc<str>>,
    order: VecDeque<ObjectId>,
}

impl RecentNames {
    /// Keeps a name.
    pub(crate) fn remember(&self, id: ObjectId, name: &str) {
        let mut kept = self.0.lock();
        if kept.names.contains_key(&id) {
            return;
        }
        kept.names.insert(id, name.into());
        kept.order.push_back(id);
        if kept.order.len() > MOST
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.names.remove(&oldest);
        }
    }

    /// The name of an id, if it was made lately.
    pub(crate) fn recall(&self, id: ObjectId) -> Option<Arc<str>> {
        self.0.lock().names.get(&id).cloned()
    }
}

//! The sockets of one object, and of all objects of a node.

use std::collections::HashMap;
use std::sync::Arc;

use super::frame::{CloseCode, Frame};
use super::gate::Gate;
use super::line::Line;
use crate::ObjectId;
use crate::object::Identity;
use crate::sync::Mutex;

/// How many maps the halls are spread over, so that connections of different objects do not meet.
const SHARDS: usize = 16;

/// The sockets of one object. It is there as long as it has any: the object may sleep, and nothing else of it is in memory.
pub(crate) struct Hall {
    pub(super) identity: Arc<Identity>,
    /// In the order in which they came.
    lines: Mutex<Vec<Arc<Line>>>,
    pub(super) gate: Gate,
}

impl Hall {
    /// The sockets that are open, in the order in which they came. One that waits for its `#[websocket(open)]` is not among them: it has no
    /// tags and no attachment yet, and has to be told how things are before it is told what changes.
    pub(super) fn lines(&self) -> Vec<Arc<Line>> {
        self.lines.lock().iter().filter(|line| line.is_there() && !line.is_closed()).cloned().collect()
    }
}

/// The sockets of all objects of a node.
#[derive(Default)]
pub(crate) struct Halls {
    shards: [Mutex<HashMap<ObjectId, Arc<Hall>>>; SHARDS],
}

impl Halls {
    fn shard(&self, id: ObjectId) -> &Mutex<HashMap<ObjectId, Arc<Hall>>> {
        &self.shards[usize::from(id.as_bytes()[2]) % SHARDS]
    }

    /// The hall of an object, if it has any sockets.
    pub(crate) fn get(&self, id: ObjectId) -> Option<Arc<Hall>> {
        self.shard(id).lock().get(&id).cloned()
    }

    /// Loses the sockets of an object: a defect that is planted.
    pub(crate) fn forget(&self, id: ObjectId) {
        self.shard(id).lock().remove(&id);
    }

    /// The classes of objects that have sockets, and how many.
    #[cfg(feature = "metrics")]
    pub(crate) fn each(&self, told: &mut dyn FnMut(&'static str, usize)) {
        for shard in &self.shards {
            let halls: Vec<Arc<Hall>> = shard.lock().values().cloned().collect();
            halls.iter().for_each(|hall| told(hall.identity.class(), hall.lines.lock().len()));
        }
    }

    /// Closes all sockets of all objects.
    pub(crate) fn close_all(&self, code: CloseCode, reason: &str) {
        let reason: Arc<str> = reason.into();
        for shard in &self.shards {
            let halls: Vec<Arc<Hall>> = shard.lock().values().cloned().collect();
            for hall in halls {
                // Those too that are not let in yet.
                let lines = hall.lines.lock().clone();
                lines.iter().for_each(|line| line.push(Frame::Close(code, reason.clone())));
            }
        }
    }
}

#[cfg(any(feature = "http", feature = "testing"))]
impl Halls {
    /// Adds a socket to those of an object, unless it has so many already.
    pub(super) fn join(&self, identity: &Arc<Identity>, line: &Arc<Line>, most: usize) -> Option<Arc<Hall>> {
        let mut shard = self.shard(identity.id()).lock();
        let hall = shard.entry(identity.id()).or_insert_with(|| {
            Arc::new(Hall { identity: identity.clone(), lines: Mutex::default(), gate: Gate::default() })
        });
        let mut lines = hall.lines.lock();
        if lines.len() >= most {
            return None;
        }
        lines.push(line.clone());
        drop(lines);
        Some(hall.clone())
    }

    /// A socket is gone.
    pub(super) fn leave(&self, id: ObjectId, line: &Line) {
        let mut shard = self.shard(id).lock();
        let Some(hall) = shard.get(&id) else { return };
        let mut lines = hall.lines.lock();
        lines.retain(|other| other.id != line.id);
        let is_empty = lines.is_empty();
        drop(lines);
        if is_empty {
            shard.remove(&id);
        }
    }
}

//! What is not counted but looked at: when somebody asks, and every few seconds.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use metrics::gauge;
// Kept for the whole process, whatever runs in it.
use parking_lot::Mutex;

use super::names;
use super::recorded::is_on;
use crate::journal::Log;
use crate::node::Node;

/// How old the gauges get.
const EVERY: Duration = Duration::from_secs(5);

/// All nodes of the process: the gauges are their sums.
static WATCHED: Mutex<Watched> = Mutex::new(Watched { nodes: Vec::new(), classes: BTreeMap::new(), last: None });

struct Watched {
    nodes: Vec<Weak<Node>>,
    /// All that were ever seen: what has gone is 0, and not as it was at last.
    classes: BTreeMap<&'static str, Sums>,
    last: Option<Instant>,
}

#[derive(Default)]
struct Sums {
    awake: usize,
    bytes: u64,
    sockets: usize,
}

/// From now on a node is looked at.
pub(crate) fn watch(node: &Arc<Node>) {
    let mut watched = WATCHED.lock();
    watched.nodes.retain(|node| node.strong_count() > 0);
    watched.nodes.push(Arc::downgrade(node));
}

/// Looks at all nodes, unless that was done lately: for a thread that comes by often.
pub(crate) fn now_and_then() {
    let due = || WATCHED.lock().last.is_none_or(|last| last.elapsed() >= EVERY);
    if is_on() && due() {
        sample();
    }
}

/// Looks at all nodes, and sets the gauges.
pub(crate) fn sample() {
    if !is_on() {
        return;
    }
    // Outside of the lock the last one is let go of: a node that ends does much.
    let nodes: Vec<Arc<Node>> = WATCHED.lock().nodes.iter().filter_map(Weak::upgrade).collect();
    let mut watched = WATCHED.lock();
    watched.last = Some(Instant::now());
    watched.classes.values_mut().for_each(|sums| *sums = Sums::default());
    let (mut held, mut waiting) = (0, 0);
    for node in nodes.iter().filter(|node| !node.is_abandoned()) {
        for host in node.hosts() {
            let sums = watched.classes.entry(host.class()).or_default();
            for (_, bytes, _) in host.usage() {
                sums.awake += 1;
                sums.bytes += bytes;
            }
        }
        node.sockets().each(&mut |class, sockets| watched.classes.entry(class).or_default().sockets += sockets);
        held += node.log().held();
        waiting += node.rest().map_or(0, |rest| rest.behind.bytes());
    }
    for (&class, sums) in &watched.classes {
        gauge!(names::AWAKE_OBJECTS, "class" => class).set(sums.awake as f64);
        gauge!(names::AWAKE_BYTES, "class" => class).set(sums.bytes as f64);
        gauge!(names::SOCKETS_OPEN, "class" => class).set(sums.sockets as f64);
    }
    gauge!(names::JOURNAL_HELD).set(held as f64);
    gauge!(names::STORE_WAITING).set(waiting as f64);
    drop(watched);
}

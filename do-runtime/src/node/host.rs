//! The objects of one class in a node.

use std::any::Any;
use std::collections::HashMap;
use std::future::Future;
use std::hash::{BuildHasherDefault, Hasher};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use super::alarms::{Pick, Running};
#[cfg(feature = "testing")]
use super::overlooked::When;
use super::receive::{Arrival, Receiving};
use super::{Home, Node, statements};
use crate::ObjectId;
use crate::call::{Body, Shared, Slot, Status, TurnFor, TurnOf, give_back};
use crate::error::Result;
use crate::image::{Image, Page, PageSource};
use crate::journal::{ClassTag, TemplateId};
use crate::object::{Dispatch, Identity, outlines};
use crate::ownership::Baton;
use crate::placement::Place;
use crate::planted::{Defect, planted};
use crate::sqlite::{self, Database, DatabaseOptions, SchemaMark, build_template, build_template_with_alarms};
use crate::store::{Changes, Head, PageStore, WriteBehind};
use crate::sync::{Mutex, point};

/// How many maps the slots of a class are spread over, so that look-ups do not meet.
const SHARDS: usize = 16;

type Slots<O> = HashMap<ObjectId, Arc<Slot<O>>, BuildHasherDefault<IdHasher>>;

/// One class in one node.
pub(crate) struct Host<O: Dispatch> {
    node: Arc<Node>,
    home: Arc<Home>,
    tag: ClassTag,
    shards: [Mutex<Slots<O>>; SHARDS],
    template: OnceLock<Template>,
}

/// What a new object of a class begins as.
#[derive(Clone)]
pub(crate) struct Template {
    pub(crate) id: TemplateId,
    /// What tells a database whose tables are as the class declares them.
    pub(crate) mark: SchemaMark,
    pub(crate) pages: Arc<[Arc<Page>]>,
}

/// Ids are hashes already; and an order that differed from run to run could not be replayed.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }
}

impl<O: Dispatch> Host<O> {
    pub(crate) fn new(node: Arc<Node>, home: Arc<Home>) -> Self {
        Host {
            node,
            home,
            tag: ClassTag::of(O::CLASS),
            shards: std::array::from_fn(|_| Mutex::default()),
            template: OnceLock::new(),
        }
    }

    #[inline]
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    pub(crate) fn home(&self) -> &Arc<Home> {
        &self.home
    }

    pub(crate) fn tag(&self) -> ClassTag {
        self.tag
    }

    pub(crate) fn shared_node(&self) -> Arc<Node> {
        self.node.clone()
    }

    fn shard(&self, id: ObjectId) -> &Mutex<Slots<O>> {
        &self.shards[usize::from(id.as_bytes()[1]) % SHARDS]
    }

    /// The slot of an object, made if there is none. Wakes nothing.
    pub(crate) fn slot(self: &Arc<Self>, identity: &Identity) -> Result<Arc<Slot<O>>> {
        match self.node.placement().place(self.tag, identity.id()) {
            Place::Here => {}
        }
        let mut shard = self.shard(identity.id()).lock();
        // Under the lock: what is added after the slots were retired would look live to its stubs for ever.
        self.node.available()?;
        let slot = shard.entry(identity.id()).or_insert_with(|| {
            let identity = Identity::new(O::CLASS, identity.id(), identity.shared_name());
            Arc::new(Baton::new(Shared::new(self.clone(), Arc::new(identity), None), Body::Asleep))
        });
        if let Some(name) = identity.shared_name() {
            slot.shared.identity.learn_name(name);
        }
        Ok(slot.clone())
    }

    /// The slot of an object, if there is one.
    pub(crate) fn known_slot(&self, id: ObjectId) -> Option<Arc<Slot<O>>> {
        self.shard(id).lock().get(&id).cloned()
    }

    /// Replaces a slot whose handler does not return.
    pub(crate) fn replace(self: &Arc<Self>, stuck: &Arc<Slot<O>>) {
        let identity = stuck.shared.identity.clone();
        let position = stuck.shared.position();
        let fresh = Baton::new(Shared::new(self.clone(), identity.clone(), Some(position)), Body::Asleep);
        self.shard(identity.id()).lock().insert(identity.id(), Arc::new(fresh));
    }

    /// Waits until a slot that is being fenced has its successor.
    async fn succeeded(&self, slot: &Arc<Slot<O>>) {
        let id = slot.shared.identity.id();
        while !slot.shared.is_live() && self.known_slot(id).is_some_and(|known| Arc::ptr_eq(&known, slot)) {
            tokio::task::yield_now().await;
        }
    }

    /// What a new object begins as: built once, and durable in the store before anything refers to it.
    pub(crate) fn template(&self) -> Result<Template> {
        if let Some(template) = self.template.get() {
            return Ok(template.clone());
        }
        let ddl = sqlite::ddl(O::TABLES);
        let steps = outlines(O::MIGRATIONS);
        sqlite::check_versions(O::CLASS, &steps)?;
        let build = if O::ALARMS.is_empty() { build_template } else { build_template_with_alarms };
        let pages: Arc<[Arc<Page>]> = build(&ddl, &steps)
            .map_err(|error| error.context(format!("the tables of {} can't be made", O::CLASS)))?
            .into();
        let written = statements::of(O::CLASS);
        if !written.is_empty() {
            let options = DatabaseOptions { limits: O::LIMITS, random: self.node.env().random.clone() };
            let mut database = Database::open(Image::from_template(&pages, O::LIMITS), &options)?;
            database.watch(O::TABLES)?;
            statements::check(&database, &written).map_err(|error| error.context(O::CLASS))?;
        }
        let mut hash = blake3::Hasher::new();
        pages.iter().for_each(|page| {
            hash.update(&page[..]);
        });
        let mut id = [0; 16];
        hash.finalize_xof().fill(&mut id);
        let id = TemplateId(id);
        let rest = self.node.rest()?;
        if rest.pages.template(id)?.is_none() {
            rest.pages.put_template(id, &pages)?;
        }
        Ok(self
            .template
            .get_or_init(|| Template { id, mark: SchemaMark::of(&sqlite::fingerprint(&ddl, &steps)), pages })
            .clone())
    }

    /// Where the pages of an object come from that are not in memory.
    pub(crate) fn pages_of(&self, object: ObjectId) -> Result<Arc<dyn PageSource>> {
        Ok(Arc::new(Rested { behind: self.node.rest()?.behind.clone(), object }))
    }

    /// An object has its first commit.
    pub(crate) fn note_created(&self, identity: &Identity) {
        if let Ok(rest) = self.node.rest() {
            rest.registry().note_created(self.tag, identity.id(), identity.shared_name(), self.node.now());
        }
    }

    /// An object was deleted; its pages are to be dropped.
    pub(crate) fn note_deleted(&self, shared: &Shared<O>, head: Head) {
        shared.exists.store(false, Ordering::Release);
        if let Ok(rest) = self.node.rest() {
            rest.registry().note_deleted(self.tag, shared.identity.id());
            rest.registry().note_alarm(self.tag, shared.identity.id(), None, head.applied);
            if planted(Defect::DeletedComesBack) {
                return;
            }
            rest.behind.put(Changes { object: shared.identity.id(), head, pages: Vec::new() });
        }
    }

    /// The slots that satisfy a condition, each shard's in an order that a replay repeats.
    pub(crate) fn slots(&self, which: impl Fn(&Slot<O>) -> bool) -> Vec<Arc<Slot<O>>> {
        let mut slots = Vec::new();
        for shard in &self.shards {
            slots.extend(shard.lock().values().filter(|slot| which(slot)).cloned());
        }
        slots
    }

    /// Forgets slots of sleeping objects that no stub holds.
    pub(crate) fn forget_sleeping(&self) {
        for shard in &self.shards {
            shard.lock().retain(|_, slot| {
                let unused = Arc::strong_count(slot) == 1 && !slot.shared.awake.load(Ordering::Acquire);
                // A slot that was fenced before has to be rebuilt from the log at its next wake.
                let forget = unused && !slot.shared.rebuild.load(Ordering::Acquire);
                !(forget && slot.shared.move_status(Status::Live, Status::Retired))
            });
        }
    }
}

/// The pages of an object in the store.
struct Rested {
    behind: Arc<WriteBehind>,
    object: ObjectId,
}

impl PageSource for Rested {
    fn load(&self, page: u32, count: u32, into: &mut dyn FnMut(u32, Arc<Page>)) -> Result<()> {
        self.behind.read(self.object, page, page.saturating_add(count), into)
    }
}

/// Something that the node does with one object in a turn at it.
pub(crate) type Errand<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// What a node does with its classes whatever they are.
pub(crate) trait AnyHost: Send + Sync + 'static {
    /// The typed host.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
    /// The name of the class.
    fn class(&self) -> &'static str;
    /// The tag of the class.
    fn tag(&self) -> ClassTag;
    /// The name of an object that was used lately, if it has one: for a line in the log.
    fn known_name(&self, id: ObjectId) -> Option<Arc<str>>;
    /// Runs an alarm of an object.
    fn run_alarm(self: Arc<Self>, id: ObjectId, pick: Pick) -> Running;
    /// Applies a message at its receiver, an object of this class.
    fn receive(self: Arc<Self>, arrival: Arrival) -> Receiving;
    /// The ids of the objects that are awake.
    fn awake(&self) -> Vec<ObjectId>;
    /// Whether an object is awake that can go to sleep when it is idle, or that can give back memory.
    fn may_be_swept(&self) -> bool;
    /// Puts objects to sleep that were not called since `before` (coarse milliseconds), if they are idle now.
    fn put_idle_to_sleep(&self, before: u64);
    /// Gives back memory of objects that were not called since `before` (coarse milliseconds) and stay awake.
    fn release_memory(&self, before: u64);
    /// When each object that is awake was last called (coarse milliseconds), and the bytes that it takes.
    fn usage(&self) -> Vec<(u64, u64, ObjectId)>;
    /// Puts one object to sleep, if it is idle now.
    fn try_put_to_sleep(&self, id: ObjectId) -> bool;
    /// Puts objects to sleep, each as soon as its turn comes; all of them, or one.
    fn put_to_sleep(&self, which: Option<ObjectId>) -> Errand<'_>;
    /// Hands the pages of all changed objects over to the store.
    fn hand_over(&self) -> Errand<'_>;
    /// Fences objects whose handler has been running for too long.
    fn fence_stuck(self: Arc<Self>, now: u64);
    /// Wakes an object, and sees to it that the node will wake it in time for what is due next.
    #[cfg(feature = "testing")]
    fn check_wake(self: Arc<Self>, id: ObjectId, when: When) -> Errand<'static>;
    /// No slot of this host runs calls any more.
    fn retire(&self);
}

impl<O: Dispatch> AnyHost for Host<O> {
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn class(&self) -> &'static str {
        O::CLASS
    }

    fn tag(&self) -> ClassTag {
        self.tag
    }

    fn known_name(&self, id: ObjectId) -> Option<Arc<str>> {
        self.known_slot(id)?.shared.identity.shared_name()
    }

    fn run_alarm(self: Arc<Self>, id: ObjectId, pick: Pick) -> Running {
        Box::pin(super::alarms::run(self, id, pick))
    }

    fn receive(self: Arc<Self>, arrival: Arrival) -> Receiving {
        Box::pin(super::receive::receive(self, arrival))
    }

    fn awake(&self) -> Vec<ObjectId> {
        self.slots(is_awake).iter().map(|slot| slot.shared.identity.id()).collect()
    }

    fn may_be_swept(&self) -> bool {
        let waits = |slot: &Slot<O>| {
            let kept = slot.shared.orchestrations.load(Ordering::Acquire) > 0;
            is_awake(slot) && !(kept && slot.shared.released.load(Ordering::Relaxed))
        };
        !self.slots(waits).is_empty()
    }

    fn put_idle_to_sleep(&self, before: u64) {
        for slot in self.slots(|slot| is_awake(slot) && slot.shared.last_used.load(Ordering::Relaxed) < before) {
            try_sleep(slot);
        }
        self.forget_sleeping();
    }

    fn release_memory(&self, before: u64) {
        let idle = |slot: &Slot<O>| {
            is_awake(slot)
                && slot.shared.last_used.load(Ordering::Relaxed) < before
                && !slot.shared.released.load(Ordering::Relaxed)
        };
        for slot in self.slots(idle) {
            let Ok(mut turn) = Baton::try_take(slot) else { continue };
            let (body, shared) = turn.parts();
            if let Body::Awake(awake) = body {
                awake.release_memory();
                shared.released.store(true, Ordering::Relaxed);
            }
            give_back(turn);
        }
    }

    fn usage(&self) -> Vec<(u64, u64, ObjectId)> {
        self.slots(is_awake)
            .iter()
            .map(|slot| {
                let shared = &slot.shared;
                let resident = shared.resident.load(Ordering::Relaxed);
                (shared.last_used.load(Ordering::Relaxed), resident, shared.identity.id())
            })
            .collect()
    }

    fn try_put_to_sleep(&self, id: ObjectId) -> bool {
        self.known_slot(id).is_some_and(try_sleep)
    }

    fn put_to_sleep(&self, which: Option<ObjectId>) -> Errand<'_> {
        Box::pin(async move {
            let slots = match which {
                Some(id) => self.known_slot(id).into_iter().collect(),
                None => self.slots(is_awake),
            };
            for slot in slots {
                // A slot that was fenced meanwhile has no object any more.
                if let Ok(mut turn) = TurnFor::new(slot, TurnOf::Slot).await {
                    super::put_to_sleep(&mut turn);
                    give_back(turn);
                }
            }
            Ok(())
        })
    }

    fn hand_over(&self) -> Errand<'_> {
        Box::pin(async move {
            for slot in self.slots(|slot| slot.shared.dirty.load(Ordering::Acquire)) {
                if let Ok(mut turn) = TurnFor::new(slot.clone(), TurnOf::Slot).await {
                    super::sleep::hand_over(&mut turn);
                    give_back(turn);
                }
                self.succeeded(&slot).await;
            }
            // After the others: one that was fenced meanwhile has left a successor, which has it all from the log.
            for slot in self.slots(|slot| slot.shared.rebuild.load(Ordering::Acquire)) {
                super::wake::rebuild_asleep(slot).await?;
            }
            Ok(())
        })
    }

    fn fence_stuck(self: Arc<Self>, now: u64) {
        let longest = u64::try_from(O::LIMITS.run.as_millis()).unwrap_or(u64::MAX);
        let stuck = |slot: &Slot<O>| {
            let started = slot.shared.started.load(Ordering::Relaxed);
            started != 0 && now.saturating_sub(started) > longest
        };
        for slot in self.slots(stuck) {
            super::fence::fence(&self, &slot);
        }
    }

    #[cfg(feature = "testing")]
    fn check_wake(self: Arc<Self>, id: ObjectId, when: When) -> Errand<'static> {
        Box::pin(super::overlooked::check(self, id, when))
    }

    fn retire(&self) {
        for shard in &self.shards {
            for (_, slot) in shard.lock().drain() {
                slot.shared.retire();
                point();
                if let Ok(mut turn) = Baton::try_take(slot) {
                    *turn = Body::Asleep;
                    give_back(turn);
                }
            }
        }
    }
}

fn is_awake<O: Dispatch>(slot: &Slot<O>) -> bool {
    slot.shared.awake.load(Ordering::Acquire)
}

/// Puts an object to sleep if nobody has it and none of its asynchronous handlers is under way.
fn try_sleep<O: Dispatch>(slot: Arc<Slot<O>>) -> bool {
    if slot.shared.orchestrations.load(Ordering::Acquire) > 0 {
        return false;
    }
    match Baton::try_take(slot) {
        Ok(mut turn) => {
            super::put_to_sleep(&mut turn);
            give_back(turn);
            true
        }
        Err(_) => false,
    }
}

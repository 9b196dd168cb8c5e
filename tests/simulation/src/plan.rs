//! A plan: everything that a run does, as data. It is drawn from a seed before it runs, can be cut down, written as JSON, and run
//! again.

use serde::{Deserialize, Serialize};

/// What a run does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The seed of the kit: ids, `cx.random()`, torn writes.
    pub seed: u64,
    /// Who decides in which order tasks and threads go on.
    pub order: Order,
    /// Each commit is synced by itself.
    pub sync_each: bool,
    /// How the node is opened.
    pub limits: Limits,
    /// How many desks and agents there are; every fourth has no name.
    pub desks: u32,
    /// See above.
    pub agents: u32,
    /// One after the other; at the end of each everything is looked at.
    pub phases: Vec<Phase>,
}

/// The order of tasks and threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// As they become ready; no threads.
    Usual,
    /// The seed draws it, and what runs on threads in earnest runs on threads.
    Drawn,
}

/// How a node is opened.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of objects that are awake.
    pub awake: u64,
    /// Bytes of journal before a checkpoint.
    pub checkpoint: u64,
    /// Bytes of a segment of the journal.
    pub segment: u64,
    /// Bytes of journal that are kept ready.
    pub room: u64,
    /// Seconds that an object stays awake.
    pub idle: u64,
}

impl Limits {
    /// Those of any kit.
    pub const USUAL: Limits =
        Limits { awake: 256 << 20, checkpoint: 64 << 20, segment: 1 << 20, room: 1 << 20, idle: 10 };
}

/// Callers that call at the same time, and what happens meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// They call at the same time.
    pub callers: Vec<Caller>,
    /// What happens to the node meanwhile, in order.
    pub events: Vec<Event>,
    /// What happens before everything is looked at.
    pub ending: Ending,
}

/// One who calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Caller {
    /// What it is.
    pub on: On,
    /// One after the other.
    pub steps: Vec<Step>,
}

/// What a caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum On {
    /// A task.
    Task,
    /// A thread.
    Thread,
}

/// What happens between the calls of a phase and the look at everything.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Ending {
    /// Nothing.
    None,
    /// All objects go to sleep.
    Evict,
    /// A clean restart.
    Restart,
    /// A crash, with whole or torn writes.
    Crash {
        /// What was not synced is torn.
        torn: bool,
    },
    /// Time moves on until nothing is due any more.
    Rest,
}

/// What happens to the node while callers call.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The callers go on for so many rounds.
    Rounds(u32),
    /// One object goes to sleep.
    EvictAgent(u32),
    /// One object goes to sleep.
    EvictDesk(u32),
    /// All objects go to sleep.
    EvictAll,
    /// A checkpoint, while the callers go on.
    Checkpoint,
    /// Stops cleanly and starts again.
    Restart,
    /// The power goes and comes back.
    Crash {
        /// What was not synced is torn.
        torn: bool,
    },
    /// The power goes after so many steps of the disk; it comes back at the end of the phase, or at the next crash.
    Cut {
        /// Writes, syncs and changes of folders.
        steps: u64,
    },
    /// The power goes and comes back, and goes again so many steps into the recovery.
    CrashTwice {
        /// Writes, syncs and changes of folders.
        steps: u64,
        /// What was not synced is torn.
        torn: bool,
    },
    /// Time moves on.
    Advance {
        /// Milliseconds.
        millis: u64,
    },
    /// Time moves on at once, and what falls due runs beside the calls that are under way.
    Leap {
        /// Milliseconds.
        millis: u64,
    },
    /// The clock is set back.
    Back {
        /// Milliseconds.
        millis: u64,
    },
    /// The next syncs fail, and with them the journal.
    FailSyncs(u64),
    /// The next writes fail.
    FailWrites(u64),
    /// The disk is full, but for so many bytes.
    Full {
        /// Bytes that are left.
        left: u64,
    },
    /// There is room again.
    Room,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its number, which no other step has.
    pub token: i64,
    /// What it does, and where.
    pub act: Act,
    /// How it is called.
    pub how: How,
    /// So many rounds the caller waits before it.
    pub pause: u32,
}

/// How a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// As it is.
    Plain,
    /// Under an idempotency key; it is sent again later.
    Keyed,
    /// Twice at the same time under one key.
    Twice,
    /// With `.retry`.
    Retried,
    /// With a deadline of so many milliseconds.
    Deadline(u64),
    /// The caller goes away after so many rounds.
    Dropped(u32),
}

impl How {
    /// It has an idempotency key, and is sent again.
    pub fn is_keyed(self) -> bool {
        matches!(self, How::Keyed | How::Twice)
    }
}

/// What is called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Act {
    /// Something at a desk.
    Desk(u32, DeskAct),
    /// Something at an agent.
    Agent(u32, AgentAct),
}

/// What is done at a desk. Labels, keys and names are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeskAct {
    /// Opens a folder, behind another one.
    Open(u8, Option<u8>),
    /// Files a sheet: label, rank, size.
    File(u8, i8, u32),
    /// Drops a folder.
    Drop(u8),
    /// Gives a folder another label.
    Relabel(u8, u8),
    /// Puts an item.
    Put(u8),
    /// Takes an item.
    Take(u8),
    /// Fails in part.
    InPart(u8),
    /// Fails.
    Fail(u8),
    /// Panics.
    Panic(u8),
    /// Issues a pass.
    Issue,
    /// Opens a session.
    LogIn(u8),
    /// Uses a session.
    Touch(u8),
    /// Offers something, for so many seconds.
    Offer(u8, Option<u64>),
    /// Ends itself.
    Erase,
    /// Is deleted from outside.
    Delete,
    /// Is looked at.
    View,
}

/// What is done at an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AgentAct {
    /// Sets an alarm: what, its key, after or every so many milliseconds.
    Set(Set, Option<u8>, u64),
    /// Cancels the alarm with a key.
    Cancel(u8),
    /// Sends parcels.
    Mail(Vec<Post>),
    /// Sends one that was set aside again.
    SendAgain,
    /// Pays at a desk, with a pause of so many milliseconds.
    Pay(u32, u64),
    /// Fails.
    Fail,
    /// Panics.
    Panic,
    /// Is looked at.
    View,
}

/// What an alarm does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Set {
    /// Fails so many times, then runs.
    Ring(u32),
    /// Repeats.
    Tick,
    /// Is given up, and handed to a method.
    Doomed,
    /// Is given up, and stays.
    Hopeless,
    /// Asynchronous: the desk, and its pause in milliseconds.
    Fetch(u32, u64),
}

/// A parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// The agent that gets it.
    pub to: u32,
    /// It is refused for so many milliseconds; `None`: always.
    pub ready: Option<u64>,
    /// By an asynchronous handler.
    pub slow: bool,
    /// It is sent on to this agent.
    pub relay: Option<u32>,
}

impl Plan {
    /// How many calls it makes.
    pub fn steps(&self) -> usize {
        self.all().count()
    }

    /// The calls.
    pub fn all(&self) -> impl Iterator<Item = &Step> {
        self.phases.iter().flat_map(|phase| &phase.callers).flat_map(|caller| &caller.steps)
    }

    /// The clock is set back in it.
    pub fn jumps_back(&self) -> bool {
        self.events().any(|event| matches!(event, Event::Back { .. }))
    }

    /// The disk fails or is full in it.
    pub fn has_faults(&self) -> bool {
        self.events().any(|event| matches!(event, Event::FailSyncs(_) | Event::FailWrites(_) | Event::Full { .. }))
    }

    fn events(&self) -> impl Iterator<Item = &Event> {
        self.phases.iter().flat_map(|phase| &phase.events)
    }

    /// Whether a desk is ended in it.
    pub fn is_mortal(&self, desk: u32) -> bool {
        self.all().any(|step| matches!(&step.act, Act::Desk(at, DeskAct::Erase | DeskAct::Delete) if *at == desk))
    }
}

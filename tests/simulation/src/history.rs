//! What was called, what was answered, and what happened meanwhile.

use do_runtime::{ErrorKind, Timestamp};

use crate::classes::{AgentView, DeskView, Done};
use crate::plan::Step;

/// Orders what callers saw: one that ended before another began has the lower number.
pub type Moment = u64;

/// How a call ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It was applied, and this is where.
    Done(Done),
    /// What a desk showed.
    Desk(Box<DeskView>),
    /// What an agent showed.
    Agent(Box<AgentView>),
    /// The desk was deleted, if there was one.
    Deleted(bool),
    /// It was not applied.
    Refused {
        /// Why.
        kind: ErrorKind,
        /// Life of the object, and length of its log, if its handler has said so.
        at: Option<(i64, u64)>,
        /// In words.
        text: String,
    },
    /// It may have been applied.
    Unknown(String),
}

/// One call, with its repetitions.
#[derive(Debug, Clone)]
pub struct Call {
    /// What was called.
    pub step: Step,
    /// Who called: the phase, and the number of the caller in it.
    pub caller: (usize, usize),
    /// When, among the others.
    pub invoked: Moment,
    /// When it was answered; never if its caller went away.
    pub completed: Moment,
    /// When by the clock.
    pub at: Timestamp,
    /// When it was answered, by the clock.
    pub until: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
}

/// Everything that happened in a run.
#[derive(Debug, Default)]
pub struct History {
    /// The calls.
    pub calls: Vec<Call>,
    /// By how many milliseconds the clock was set back altogether.
    pub back: u64,
    /// Spans of time in which nothing but time passed.
    pub quiet: Vec<(Timestamp, Timestamp)>,
    /// Lines for a person.
    pub lines: Vec<String>,
    /// How often the node was started after a crash.
    pub crashes: u64,
    /// Answers that contradict each other.
    pub contradictions: Vec<String>,
    moment: Moment,
}

impl History {
    /// The next moment.
    pub fn tick(&mut self) -> Moment {
        self.moment += 1;
        self.moment
    }

    /// Adds a line for a person.
    pub fn say(&mut self, now: Timestamp, line: impl std::fmt::Display) {
        self.lines.push(format!("{now} {line}"));
    }
}

//! What a program is made of. Each step can follow on any other, so that steps can be left out when a failure is shrunk.

use super::SeededRandom;
use super::statements::Statements;

/// A step of a program. One that makes no sense where it stands does nothing.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A statement, in a transaction of its own if none is open.
    Sql(String),
    /// Opens a transaction.
    Begin,
    Commit,
    Rollback,
    /// Begins a savepoint, keeps the innermost one, undoes it.
    Savepoint,
    Keep,
    Undo,
    /// Gives changed pages to the store; between transactions.
    HandOver,
    /// The store writes what it was given; the log before it is not read again.
    Checkpoint,
    /// Lets go of pages until so many bytes are in memory.
    Shed(u64),
    /// Gives SQLite's memory back.
    Release,
    /// Puts the object to sleep, and wakes it from the store.
    Sleep,
    /// Loses what is not durable, and replays the log.
    Crash,
}

/// A program of so many steps.
pub(super) fn program(random: &SeededRandom, steps: usize) -> Vec<Step> {
    let statements = Statements::new(random);
    let mut program: Vec<Step> = statements.first().into_iter().map(Step::Sql).collect();
    while program.len() < steps {
        program.push(match random.below(100) {
            0..5 => Step::Begin,
            5..9 => Step::Commit,
            9 => Step::Rollback,
            10..13 => Step::Savepoint,
            13 => Step::Keep,
            14 | 15 => Step::Undo,
            16..19 => Step::HandOver,
            19 | 20 => Step::Checkpoint,
            21..25 => Step::Shed(random.below(40) * 4096),
            25 => Step::Release,
            26..29 => Step::Sleep,
            29 | 30 => Step::Crash,
            _ => Step::Sql(statements.next()),
        });
    }
    program
}

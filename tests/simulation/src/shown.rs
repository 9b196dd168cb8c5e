//! A plan as a person reads it.

use std::fmt;

use crate::plan::{Act, How, On, Plan, Step};

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} ", self.token)?;
        match &self.act {
            Act::Desk(number, act) => write!(f, "desk {number} {act:?}")?,
            Act::Agent(number, act) => write!(f, "agent {number} {act:?}")?,
        }
        match self.how {
            How::Plain => Ok(()),
            how => write!(f, " ({how:?})"),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { seed, order, sync_each, limits, desks, agents, phases } = self;
        writeln!(f, "seed {seed}, {desks} desks, {agents} agents, order: {order:?}, each commit synced: {sync_each}")?;
        writeln!(f, "{limits:?}")?;
        for (number, phase) in phases.iter().enumerate() {
            writeln!(f, "phase {number}")?;
            for (number, caller) in phase.callers.iter().enumerate() {
                let what = match caller.on {
                    On::Task => "task",
                    On::Thread => "thread",
                };
                writeln!(f, "  {what} {number} calls")?;
                for step in &caller.steps {
                    writeln!(f, "    {step}")?;
                }
            }
            if !phase.events.is_empty() {
                writeln!(f, "  meanwhile")?;
            }
            for event in &phase.events {
                writeln!(f, "    {event:?}")?;
            }
            writeln!(f, "  then: {:?}", phase.ending)?;
        }
        Ok(())
    }
}

//! The registry as the scheduler sees it: which object wants to be woken next.

use std::collections::BTreeSet;

#[cfg(feature = "testing")]
use rusqlite::OptionalExtension;
use rusqlite::params;

use super::registry::Registry;
#[cfg(feature = "testing")]
use super::wakes::Planned;
use super::wakes::{AHEAD, NextWake, Seen, Woken};
use crate::error::Result;
use crate::journal::{ClassTag, LogPosition};
use crate::{ObjectId, Timestamp};

impl Registry {
    /// A class is linked into the program: its objects are woken when they want to be. Whether that is new.
    pub fn link_class(&self, class: ClassTag) -> bool {
        self.wakes.lock().link(class)
    }

    /// The log says when an object wants to be woken. Whether that is before anything that is waited for.
    ///
    /// `since` is the position after the commit that says so.
    pub fn note_alarm(&self, class: ClassTag, id: ObjectId, next: Option<Timestamp>, since: LogPosition) -> bool {
        self.wakes.lock().note(class, id, next, since)
    }

    /// An asynchronous alarm of an object begins; `beside` is when the first of its others is due.
    pub fn begin_flight(&self, class: ClassTag, id: ObjectId, alarm: &str, beside: Option<Timestamp>) {
        self.wakes.lock().begin_flight(class, id, alarm, beside);
    }

    /// When the first alarm of an object is due that does not run. Whether that is before anything that is waited for.
    pub fn note_beside(&self, id: ObjectId, beside: Option<Timestamp>) -> bool {
        self.wakes.lock().note_beside(id, beside)
    }

    /// An asynchronous alarm of an object has ended. Whether something is due before anything that is waited for.
    pub fn end_flight(&self, id: ObjectId, alarm: &str) -> bool {
        self.wakes.lock().end_flight(id, alarm)
    }

    /// An object is to be looked at, whatever the log said.
    pub fn look_at(&self, class: ClassTag, id: ObjectId, now: Timestamp) {
        self.wakes.lock().look_at(class, id, now);
    }

    /// The asynchronous alarms of an object that run.
    pub fn flights(&self, id: ObjectId) -> BTreeSet<String> {
        self.wakes.lock().flights(id)
    }

    /// What is known of an object: to be asked for before it is looked at, for [`Woken::Idle`].
    pub fn seen(&self, id: ObjectId) -> Seen {
        self.wakes.lock().seen(id)
    }

    /// How often in a row an object could not be woken.
    pub fn wake_failures(&self, id: ObjectId) -> u32 {
        self.wakes.lock().failures(id)
    }

    /// What is to be done next. Touches no disk.
    pub fn next_wake(&self, now: Timestamp) -> NextWake {
        self.wakes.lock().next(now)
    }

    /// An object that [`Registry::next_wake`] gave is not being woken any more.
    pub fn release_wake(&self, id: ObjectId, woken: Woken) {
        self.wakes.lock().release(id, woken);
    }

    /// When an object is to be woken as things are, whatever its database says.
    #[cfg(feature = "testing")]
    pub fn planned_wake(&self, id: ObjectId) -> Result<Planned> {
        loop {
            let (planned, generation) = self.wakes.lock().planned(id);
            if let Some(planned) = planned {
                return Ok(planned);
            }
            let tabled: Option<i64> = self.with(|connection| {
                let mut statement = connection.prepare_cached("SELECT next_alarm FROM objects WHERE id = ?1")?;
                Ok(statement.query_row([id.as_bytes()], |row| row.get(0)).optional()?.flatten())
            })?;
            // Unless a checkpoint has come between.
            if self.wakes.lock().planned(id) == (None, generation) {
                return Ok(tabled.map_or(Planned::Never, |at| Planned::At(Timestamp::from_millis(at))));
            }
        }
    }

    /// Until when nothing is looked for, if whoever asks [`Registry::next_wake`] was told so.
    #[cfg(feature = "testing")]
    pub fn rests_until(&self) -> Option<Option<Timestamp>> {
        self.wakes.lock().resting()
    }

    /// Reads the index where that is needed.
    pub fn read_wakes(&self) -> Result<()> {
        let wanted = self.wakes.lock().wanted();
        for wanted in wanted {
            let rows = self.alarms(wanted.class, wanted.after, AHEAD)?;
            self.wakes.lock().put_read(wanted, rows);
        }
        Ok(())
    }

    /// Up to `limit` alarms of a class in the tables after a time and object, in order of time. Commits since the last
    /// checkpoint may have set others.
    pub fn alarms(
        &self,
        class: ClassTag,
        after: Option<(Timestamp, ObjectId)>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, ObjectId)>> {
        let (at, id) = after.unwrap_or((Timestamp::from_millis(i64::MIN), ObjectId([0; 32])));
        self.with(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT next_alarm, id FROM objects
                 WHERE class = ?1 AND next_alarm IS NOT NULL AND (next_alarm, id) > (?2, ?3)
                 ORDER BY next_alarm, id LIMIT ?4",
            )?;
            let mut rows = statement.query(params![class.0 as i64, at.as_millis(), id.as_bytes(), limit as i64])?;
            let mut alarms = Vec::new();
            while let Some(row) = rows.next()? {
                alarms.push((Timestamp::from_millis(row.get(0)?), ObjectId(row.get(1)?)));
            }
            Ok(alarms)
        })
    }
}

// All the ways to write an alarm.
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications)]
//! Alarms.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// What is brought to mind.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reminder<T> {
    text: T,
}

/// A room.
#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    /// Counts what was said.
    #[alarm(every = "1d")]
    fn digest(&mut self, _cx: &mut Cx<Self>) -> Result {
        self.topic.push('!');
        Ok(())
    }

    #[alarm(cron = "*/5 8-18 * * MON-FRI", zone = "America/Argentina/Buenos_Aires", retries = 0)]
    async fn poll(this: This<Self>) -> Result<()> {
        this.update(|me, cx| me.digest(cx)).await
    }

    #[alarm(cron = "@weekly", exhausted = not_tidied)]
    fn tidy(&mut self) -> Result {
        Ok(())
    }

    fn not_tidied(&mut self, _cx: &mut Cx<Self>, error: &Error) -> Result {
        self.topic = error.to_string();
        Ok(())
    }

    #[alarm(retries = 100, exhausted = not_reminded, rename = "remind_later")]
    fn remind(
        &mut self,
        who: String,
        text: &str,
        picture: &[u8],
        reminder: Reminder<Option<Bytes>>,
        r#type: Option<Timestamp>,
    ) -> Result {
        ensure!(r#type.is_some() && reminder.text.is_some(), "{who}, {text}, {}", picture.len());
        Ok(())
    }

    fn not_reminded(
        &mut self,
        who: &str,
        text: String,
        picture: &[u8],
        reminder: &Reminder<Option<Bytes>>,
        r#type: Option<Timestamp>,
        error: &Error,
    ) -> Result<(), Error> {
        self.topic = format!("{who}, {text}, {picture:?}, {reminder:?}, {type:?}, {error}");
        Ok(())
    }

    #[alarm]
    async fn visit(me: Vec<Self_>, cx: &str, run: Reminder<u8>, from: u8, to: u8, payload: u8) -> Result {
        ensure!(
            me.is_empty() && cx.is_empty() && run.text == from && to == payload,
            "names of arguments are the user's"
        );
        Ok(())
    }

    #[alarm]
    #[cfg(any())]
    fn never(&mut self, what: Unknown) -> Result {
        Ok(())
    }

    #[alarm]
    #[cfg(any())]
    fn either(&mut self, what: Unknown) -> Result {
        Ok(())
    }

    #[alarm]
    #[cfg(not(any()))]
    fn either(&mut self, what: Reminder<u32>) -> Result {
        ensure!(what.text > 0, "nothing");
        Ok(())
    }

    #[alarm]
    #[deprecated(note = "use `remind_later`")]
    fn knock(&mut self) -> Result {
        Ok(())
    }

    // A call of the same name as an alarm.
    #[rpc(idempotent, deadline = "2s")]
    fn remind_later(&mut self, reminder: Reminder<String>) -> Result<String> {
        Ok(reminder.text)
    }
}

/// Another way to spell it.
pub type Self_ = Reminder<String>;

fn main() {}

//! The outbox: calls that a transaction sends with it, delivered after it, in order for each receiver, and applied once.

use super::{ArgumentsWriter, Cx, Dispatch, Object};
use crate::call::{Call, Unsent};
use crate::error::Result;
use crate::metadata::trace_here;
use crate::sqlite::{Database, Incarnation, Message, Posting, Waiting};
use crate::{ObjectId, Timestamp};

impl<O: Object> Cx<O> {
    /// Sends a call with this transaction: it is kept with what the transaction writes, goes once the transaction is
    /// committed, after all that was sent to the same object before, and is applied there exactly once. Its result is not
    /// waited for.
    ///
    /// A receiver that can't be reached is tried again for seven days, one whose handler fails seven times. Then the
    /// message is set aside, where [`Cx::outbox`] shows it, and the next one goes on.
    ///
    /// ```
    /// # use do_runtime::prelude::*;
    /// # #[durable_object]
    /// # struct Inbox { #[stored] letters: u64 }
    /// # #[durable_object]
    /// # impl Inbox {
    /// #     #[rpc]
    /// #     fn put(&mut self, text: String) -> Result { self.letters += 1; Ok(()) }
    /// # }
    /// # #[durable_object]
    /// # struct Sender { #[stored] sent: u64 }
    /// #[durable_object]
    /// impl Sender {
    ///     #[rpc]
    ///     fn write(&mut self, cx: &mut Cx<Self>, to: String) -> Result {
    ///         self.sent += 1;
    ///         let inbox = cx.objects().get_by_name::<Inbox>(to);
    ///         cx.send(inbox.put("hello"))
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// `invalid` if the call was awaited before, if a caller, a deadline, a key or a policy was set for it, which mean nothing for
    /// a message, or if an argument can't be encoded; `storage` if the database can't be
    /// written.
    pub fn send<R: Dispatch, T, E>(&mut self, call: Call<R, T, E>) -> Result {
        let Unsent { stub, method, request, trace } = call.into_unsent()?;
        let mut arguments = ArgumentsWriter::new();
        R::encode(&request, &mut arguments)?;
        let arguments = arguments.finish();
        if self.database.incarnation()?.is_none() {
            let mut incarnation = [0; 16];
            self.surroundings().random.fill(&mut incarnation);
            self.database.set_incarnation(Incarnation(incarnation))?;
        }
        let trace =
            trace.or_else(trace_here).or_else(|| self.meta.trace()).map(|trace| trace.to_string()).unwrap_or_default();
        let message = Posting {
            receiver: stub.id(),
            class: R::CLASS,
            name: stub.name(),
            method: method.name,
            arguments: &arguments,
            origin: trace.as_bytes(),
        };
        self.database.post(&message, self.now())?;
        self.touch_outbox();
        Ok(())
    }

    /// What was sent and has not arrived.
    pub fn outbox(&self) -> Outbox<'_> {
        Outbox { database: &self.database }
    }

    /// The same, to send again or discard what was set aside.
    pub fn outbox_mut(&mut self) -> OutboxMut<'_> {
        self.touch_outbox();
        OutboxMut { now: self.now(), database: &self.database }
    }
}

/// What an object has sent and what has not arrived.
#[derive(Clone, Copy)]
pub struct Outbox<'a> {
    database: &'a Database,
}

/// The same, to change it.
pub struct OutboxMut<'a> {
    database: &'a Database,
    now: Timestamp,
}

/// A message that has not arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMessage {
    message: Message,
    waiting: Option<Waiting>,
}

impl Outbox<'_> {
    /// The messages that are on their way, in the order of their sending.
    ///
    /// # Errors
    /// `storage` if they can't be read.
    pub fn pending(&self) -> Result<Vec<OutboxMessage>> {
        let waiting = self.database.all_receivers()?;
        let mut seen = std::collections::BTreeSet::new();
        let messages = self.database.all_messages()?.into_iter().filter(|message| message.failed.is_none());
        Ok(messages
            .map(|message| {
                let first = seen.insert(message.receiver);
                let waiting = waiting.iter().find(|waiting| first && waiting.receiver.id == message.receiver).cloned();
                OutboxMessage { message, waiting }
            })
            .collect())
    }

    /// The messages that were set aside, in the order of their sending.
    ///
    /// # Errors
    /// `storage` if they can't be read.
    pub fn failed(&self) -> Result<Vec<OutboxMessage>> {
        let messages = self.database.all_messages()?.into_iter().filter(|message| message.failed.is_some());
        Ok(messages.map(|message| OutboxMessage { message, waiting: None }).collect())
    }
}

impl OutboxMut<'_> {
    /// Sends a message that was set aside once more, behind all that was sent meanwhile and under a new number; the number,
    /// or nothing if no message of this number was set aside.
    ///
    /// # Errors
    /// `storage` if the database can't be written.
    pub fn send_again(&mut self, sequence: u64) -> Result<Option<u64>> {
        self.database.post_again(sequence, self.now)
    }

    /// Deletes a message that was set aside; whether there was one.
    ///
    /// # Errors
    /// `storage` if the database can't be written.
    pub fn discard(&mut self, sequence: u64) -> Result<bool> {
        self.database.discard_message(sequence)
    }
}

impl OutboxMessage {
    /// Its number: messages of an object are counted from 1 on.
    pub fn sequence(&self) -> u64 {
        self.message.sequence
    }

    /// The id of its receiver.
    pub fn receiver(&self) -> ObjectId {
        self.message.receiver
    }

    /// The class of its receiver.
    pub fn class(&self) -> &str {
        &self.message.class
    }

    /// The name of its receiver, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.message.name.as_deref()
    }

    /// The method that it calls.
    pub fn method(&self) -> &str {
        &self.message.method
    }

    /// When it was sent.
    pub fn sent(&self) -> Timestamp {
        self.message.sent
    }

    /// How often it was tried: 0 for one that waits behind another.
    pub fn attempt(&self) -> u32 {
        self.waiting.as_ref().map_or(0, |waiting| waiting.receiver.attempts)
    }

    /// When it is tried next, if it is the next one of its receiver.
    pub fn due(&self) -> Option<Timestamp> {
        self.waiting.as_ref().map(|waiting| waiting.due)
    }

    /// What the last try ended with, or why it was set aside.
    pub fn error(&self) -> Option<&str> {
        let last = self.waiting.as_ref().and_then(|waiting| waiting.error.as_deref());
        self.message.failed.as_deref().or(last)
    }
}

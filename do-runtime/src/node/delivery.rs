//! Delivering what an object has sent: in order to each receiver, to different receivers at once.
//!
//! A delivery is to the scheduler what an asynchronous alarm is: it runs by itself, and meanwhile the object is woken for the
//! other things that are due.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::alarms::in_turn;
use super::receive::{Arrival, Undelivered};
use super::scheduler::{Delivering, pause_after_trouble};
use super::{AnyHost, Awake, Host};
use crate::call::{Instance, Slot};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::ClassTag;
use crate::object::Dispatch;
use crate::object::alarms::delay;
use crate::observe;
use crate::planted::{Defect, planted};
use crate::sqlite::{Delivery, Incarnation, Message, Receiver, Waiting};
use crate::{ObjectId, Timestamp};

/// Receivers of one sender that are served at once.
const AT_ONCE: usize = 16;

/// How often a handler may refuse a message.
const REFUSALS: u32 = 7;

/// For how long a receiver is tried that can't be reached.
const PATIENCE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What the scheduler knows a delivery by.
pub(super) fn flight(receiver: ObjectId) -> String {
    format!("d:{receiver}")
}

/// The next thing to do for the outbox of an object.
pub(super) enum Post {
    /// Messages go to this receiver now.
    Now(ObjectId),
    /// Nothing goes before then.
    Later(Timestamp),
    /// Nothing waits, or a delivery has to end first.
    Nothing,
}

impl<O: Dispatch> Awake<O> {
    /// What is to be done for the outbox, while some deliveries are under way.
    pub(super) fn next_post(&self, host: &Host<O>, flights: &BTreeSet<String>, now: Timestamp) -> Result<Post> {
        Ok(self.post(host, flights, now, self.next_delivery(flights)?))
    }

    /// What is to be done for the outbox whose next receiver this is.
    pub(super) fn post(
        &self,
        host: &Host<O>,
        flights: &BTreeSet<String>,
        now: Timestamp,
        next: Option<(Timestamp, ObjectId)>,
    ) -> Post {
        let Some((due, receiver)) = next else { return Post::Nothing };
        if due > now {
            return Post::Later(due);
        }
        let under_way = flights.iter().filter(|flight| flight.starts_with("d:")).count();
        let held = host.home().deliveries.holds(host.tag(), self.cx.id());
        if held || under_way >= AT_ONCE { Post::Nothing } else { Post::Now(receiver) }
    }
}

/// Lets the messages of an object to one receiver go.
pub(super) fn start<O: Dispatch>(host: Arc<Host<O>>, sender: ObjectId, receiver: ObjectId) {
    let node = host.shared_node();
    let delivering = Delivering::on(node.clone());
    node.spawn(Box::pin(async move {
        let (mut host, mut delivering) = (host, delivering);
        if let Err(error) = deliver(&host, sender, receiver).await
            && !host.node().is_closing()
        {
            let name = host.known_name(sender);
            tracing::warn!(class = O::CLASS, name = name.as_deref(), id = %sender, %receiver, %error, "messages wait for their sender");
            drop(delivering);
            let Some(still) = pause_after_trouble(host).await else { return };
            host = still;
            delivering = Delivering::on(host.shared_node());
        }
        // Whatever happened: none is on its way any more.
        host.end_flight(sender, &flight(receiver));
        drop(delivering);
    }));
}

/// What is sent to one receiver, as far as it was read.
struct Batch {
    incarnation: Incarnation,
    receiver: Receiver,
    messages: Vec<Message>,
}

/// Delivers messages to a receiver until there is none, or the next one has to wait.
async fn deliver<O: Dispatch>(host: &Arc<Host<O>>, sender: ObjectId, receiver: ObjectId) -> Result<()> {
    let next = move |awake: &mut Awake<O>, slot: &Arc<Slot<O>>| {
        (awake.next_batch(receiver, slot.shared.host.node().now()), Instance::Kept)
    };
    while let Some(batch) = in_turn(host, sender, next).await? {
        let mut delivered = None;
        let mut trouble = None;
        if planted(Defect::DeletedBeforeArrival) {
            let last = batch.messages.last().map(|message| message.sequence);
            in_turn(host, sender, move |awake, slot| {
                let noted = awake.in_one(&slot.shared, |awake| awake.note_delivery(batch.receiver, last, None));
                (noted, awake.kept())
            })
            .await?;
        }
        for message in batch.messages.into_iter().map(Arc::new) {
            let handed_over = hand_over(host, sender, batch.incarnation, message.clone()).await?;
            let came = || handed_over.as_ref().copied().map_err(Undelivered::kind);
            observe::posted(O::CLASS, &message, host.node().now(), came);
            match handed_over {
                Ok(()) => delivered = Some(message.sequence),
                Err(undelivered) => {
                    trouble = Some((message, undelivered));
                    if planted(Defect::NextOvertakes) {
                        continue;
                    }
                    break;
                }
            }
        }
        in_turn(host, sender, move |awake, slot| {
            let noted = awake.in_one(&slot.shared, |awake| awake.note_delivery(batch.receiver, delivered, trouble));
            (noted, awake.kept())
        })
        .await?;
    }
    Ok(())
}

/// Hands a message to its receiver. The outer error says that the sender's node can't go on.
async fn hand_over<O: Dispatch>(
    host: &Arc<Host<O>>,
    sender: ObjectId,
    incarnation: Incarnation,
    message: Arc<Message>,
) -> Result<Result<(), Undelivered>> {
    let node = host.shared_node();
    let Some(receivers) = node.linked_host(ClassTag::of(&message.class), host.home()) else {
        let error = format!("no class {:?} is linked into this program", message.class);
        return Ok(Err(Undelivered::Unreachable(Error::new(ErrorKind::Unavailable, error))));
    };
    let identity = host.slot(&crate::object::Identity::new(O::CLASS, sender, None))?.shared.identity.clone();
    let delivery = Delivery { sender, incarnation, sequence: message.sequence };
    let outcome = receivers.receive(Arrival { delivery, sender: identity, message }).await;
    // A receiver that is gone because this node is closing is no failed attempt.
    node.available()?;
    Ok(outcome)
}

impl<O: Dispatch> Awake<O> {
    fn next_batch(&self, receiver: ObjectId, now: Timestamp) -> Result<Option<Batch>> {
        let database = &self.cx.database;
        let Some(incarnation) = database.incarnation()? else { return Ok(None) };
        let Some(receiver) = database.due_receiver(receiver, now)? else { return Ok(None) };
        let messages = database.waiting_messages(receiver.id)?;
        Ok((!messages.is_empty()).then_some(Batch { incarnation, receiver, messages }))
    }

    fn note_delivery(
        &mut self,
        mut receiver: Receiver,
        delivered: Option<u64>,
        trouble: Option<(Arc<Message>, Undelivered)>,
    ) -> Result<()> {
        self.cx.touch_outbox();
        let (database, now) = (&self.cx.database, self.cx.now());
        if let Some(up_to) = delivered {
            database.note_delivered(receiver.id, up_to, now)?;
            receiver = Receiver { attempts: 0, refusals: 0, since: now, ..receiver };
        }
        let Some((message, undelivered)) = trouble else { return Ok(()) };
        receiver.attempts += 1;
        let (error, wait) = match undelivered {
            Undelivered::Refused(error) => {
                receiver.refusals += 1;
                let wait = (receiver.refusals < REFUSALS).then(|| delay(receiver.refusals));
                (error.to_string(), wait)
            }
            Undelivered::Unreachable(error) => {
                // 1 second after the first time.
                let wait = delay(receiver.attempts.saturating_sub(receiver.refusals + 1));
                (error.to_string(), (now - receiver.since < PATIENCE).then_some(wait))
            }
        };
        let (class, name, id) = (self.cx.class(), self.cx.name(), self.cx.id());
        // Nobody knows an object by its id alone.
        let Message { sequence, class: to_class, name: to_name, method, .. } = &*message;
        let (to, to_name) = (receiver.id, to_name.as_deref());
        match wait {
            Some(wait) => {
                tracing::warn!(class, name, %id, receiver = %to, to_class, to_name, method, sequence, error, ?wait, "a message could not be delivered");
                database.postpone(&Waiting { receiver, due: now + wait, error: Some(error) })
            }
            None => {
                tracing::error!(class, name, %id, receiver = %to, to_class, to_name, method, sequence, error, "a message is set aside");
                database.set_message_aside(receiver.id, *sequence, &error, now)
            }
        }
    }
}

//! What couriers have done, once nothing is on its way any more: each message and each alarm once, and in order.

use std::collections::BTreeSet;

use do_runtime::prelude::*;

use crate::{BOXES, COURIERS, Courier, CourierStub, Postbox, courier_of};

/// What the load was told since the last look.
#[derive(Debug, Clone, Default)]
pub(crate) struct Errands {
    mail: BTreeSet<i64>,
    alarms: BTreeSet<i64>,
    keys: BTreeSet<i64>,
}

/// How often it is looked whether all has come to rest.
const LOOKS: u32 = 12_000;

impl Errands {
    /// Takes a line of the load's output, if it is of this kind.
    pub(crate) fn take(&mut self, kind: &str, operation: i64) -> bool {
        let known = match kind {
            "mail" => &mut self.mail,
            "alarm" => &mut self.alarms,
            "key" => &mut self.keys,
            _ => return false,
        };
        assert!(known.insert(operation), "operation {operation} was acknowledged twice");
        true
    }

    /// Compares, when nothing is due any more; `pause` lets a little time pass.
    pub(crate) async fn check(&mut self, objects: &Objects, pause: &impl AsyncFn()) -> Result {
        self.send_again(objects).await?;
        for courier in 0..COURIERS {
            come_to_rest(&objects.get_by_name::<Courier>(courier_of(courier)), pause).await?;
        }
        for courier in 0..COURIERS {
            let name = courier_of(courier);
            let log = objects.get_by_name::<Courier>(&name).log().await?;
            for to in 0..BOXES {
                let sent: Vec<i64> = log.sent.iter().filter(|sent| sent.1 == to).map(|sent| sent.0).collect();
                let arrived = objects.get_by_name::<Postbox>(format!("box-{to}")).from(&name).await?;
                same(&format!("messages of {name} to box-{to}"), &sent, &arrived)?;
            }
            same(&format!("alarms of {name}"), &log.set, &log.rung)?;
            ensure!(log.keyed.is_sorted_by(|a, b| a < b), "{name}: a call under a key was applied twice");
            ensure!(log.expired == 0, "{name}: {} rows have expired and are there", log.expired);
            let sent: BTreeSet<i64> = log.sent.iter().map(|sent| sent.0).collect();
            let (set, keyed) = (log.set.into_iter().collect(), log.keyed.into_iter().collect());
            for (what, told, there) in
                [("mail", &self.mail, &sent), ("alarm", &self.alarms, &set), ("key", &self.keys, &keyed)]
            {
                let mut gone = told.iter().filter(|told| courier_of(**told) == name && !there.contains(told));
                if let Some(gone) = gone.next() {
                    bail!("{name}: {what} {gone} was acknowledged and is gone");
                }
            }
        }
        Ok(())
    }

    /// Sends calls again whose replies may not have come through, and some whose replies have.
    async fn send_again(&mut self, objects: &Objects) -> Result {
        let last = [&self.mail, &self.alarms, &self.keys].iter().filter_map(|told| told.last()).max().copied();
        let Some(last) = last else { return Ok(()) };
        for operation in ((last - 40).max(1)..last + 40).filter(|operation| operation % 4 == 3) {
            let courier = objects.get_by_name::<Courier>(courier_of(operation));
            let reply = courier.apply(operation).idempotency_key(operation.to_string()).await?;
            ensure!(reply == operation, "operation {operation} was answered {reply}");
            self.keys.insert(operation);
        }
        Ok(())
    }
}

async fn come_to_rest(courier: &CourierStub, pause: &impl AsyncFn()) -> Result {
    for _ in 0..LOOKS {
        match courier.unfinished().await? {
            (0, 0) => return Ok(()),
            (_, 0) => pause().await,
            (_, failed) => bail!("{failed} messages or alarms were given up"),
        }
    }
    bail!("messages or alarms are stuck: {:?}", courier.unfinished().await?)
}

/// Says where two lists differ, rather than all of them.
fn same(what: &str, asked: &[i64], done: &[i64]) -> Result {
    let place = asked.iter().zip(done).position(|(asked, done)| asked != done);
    ensure!(
        asked == done,
        "{what}: {} asked for, {} there, and different from {place:?} on: {:?} and {:?}",
        asked.len(),
        done.len(),
        asked.get(place.unwrap_or(done.len())),
        done.get(place.unwrap_or(asked.len()))
    );
    Ok(())
}

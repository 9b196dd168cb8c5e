//! Monthly quotas: several dimensions a tenant, refunds, and a month that begins at midnight where the tenant is.

use std::collections::BTreeMap;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// Something of which a tenant has so much a month.
#[table]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimension {
    /// What is counted.
    #[key]
    pub name: String,
    /// How much there is in a month.
    pub most: u64,
    /// How much of it was spent in this one.
    #[default(0)]
    pub used: u64,
}

/// What was spent at once, to be refunded at most once. It is forgotten when the month ends.
#[table]
#[derive(Debug, Clone)]
pub struct Charge {
    /// Its number, unlike that of any other month.
    #[key]
    pub id: Uuid,
    /// How much of which dimension.
    #[column(json)]
    pub amounts: BTreeMap<String, u64>,
}

/// What is left of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// When the next month begins.
    pub resets_at: Timestamp,
    /// What was spent of what.
    pub dimensions: Vec<Dimension>,
}

/// Why nothing was spent, or refunded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, RpcError)]
pub enum Refused {
    /// There is not enough.
    #[error("{left} are left of {dimension} until {resets_at}")]
    #[rpc_error(status = 429, retry_after = resets_at)]
    Exceeded {
        /// Of what.
        dimension: String,
        /// What is left of it.
        left: u64,
        /// When there will be more.
        resets_at: Timestamp,
    },
    /// The tenant has nothing of this.
    #[error("there is no quota of {dimension}")]
    UnknownDimension {
        /// Of what.
        dimension: String,
    },
    /// It was refunded already, or spent in another month, or never.
    #[error("there is no such charge in this month")]
    #[rpc_error(status = 404)]
    NoSuchCharge,
}

/// The alarm that begins a month. It is always set, and its time is the end of the month that runs.
const MONTH: &str = "month";

/// The quota of a tenant, after whom the object is named.
#[durable_object(tables(Dimension, Charge))]
pub struct Quota {
    /// Where the tenant is.
    #[stored(default = "UTC".to_owned())]
    zone: String,
}

#[durable_object]
impl Quota {
    #[init]
    fn wake(&mut self, cx: &mut Cx<Self>) -> Result {
        if cx.alarms().get(MONTH)?.is_none() {
            self.await_next_month(cx)?;
        }
        Ok(())
    }

    /// Sets how much of something there is in a month. What was spent stays spent.
    #[rpc]
    fn allow(&mut self, cx: &mut Cx<Self>, name: String, most: u64) -> Result {
        let used = cx.get::<Dimension>(&name)?.map_or(0, |dimension| dimension.used);
        cx.upsert(Dimension { name, most, used })?;
        Ok(())
    }

    /// Says where the tenant is, such as `Europe/Paris`. The month that runs ends when the next one begins there.
    #[rpc]
    fn move_to(&mut self, cx: &mut Cx<Self>, zone: String) -> Result {
        self.begin_month_if_due(cx)?;
        self.zone = zone;
        self.await_next_month(cx)
    }

    /// Spends some of several dimensions: all of it or nothing. The number is for a refund.
    #[rpc(public)]
    fn spend(&mut self, cx: &mut Cx<Self>, amounts: BTreeMap<String, u64>) -> Result<Uuid, CallError<Refused>> {
        self.begin_month_if_due(cx)?;
        for (name, &amount) in &amounts {
            let Some(dimension) = cx.get::<Dimension>(name)? else {
                bail!(Refused::UnknownDimension { dimension: name.clone() });
            };
            let left = dimension.most.saturating_sub(dimension.used);
            if amount > left {
                bail!(Refused::Exceeded { dimension: dimension.name, left, resets_at: self.resets_at(cx)? });
            }
            cx.update(&Dimension { used: dimension.used + amount, ..dimension })?;
        }
        let id = cx.uuid();
        cx.insert(Charge::new(id, amounts))?;
        Ok(id)
    }

    /// Gives back what was spent, once, and only within the month.
    #[rpc(public)]
    fn refund(&mut self, cx: &mut Cx<Self>, charge: Uuid) -> Result<(), CallError<Refused>> {
        self.begin_month_if_due(cx)?;
        let Some(Charge { id, amounts }) = cx.get(charge)? else { bail!(Refused::NoSuchCharge) };
        for (name, amount) in amounts {
            sql!(cx, "UPDATE dimension SET used = used - :amount WHERE name = :name").run()?;
        }
        cx.delete::<Charge>(id)?;
        Ok(())
    }

    /// What was spent in this month.
    #[rpc(public)]
    fn usage(&self, cx: &Cx<Self>) -> Result<Usage> {
        let resets_at = self.resets_at(cx)?;
        let dimensions =
            sql!(cx, Dimension, "SELECT * FROM dimension ORDER BY name", allow(scan, "there are few")).all()?;
        Ok(Usage { resets_at, dimensions })
    }

    /// A month begins, where the tenant is.
    #[alarm]
    fn begin_month(&mut self, cx: &mut Cx<Self>) -> Result {
        sql!(cx, "UPDATE dimension SET used = 0", allow(scan, "all of them, once a month")).run()?;
        sql!(cx, "DELETE FROM charge", allow(scan, "all of them, once a month")).run()?;
        info!(zone = self.zone, "a month begins");
        Ok(())
    }

    /// After a pause of the program a call may come before the alarm. It begins the month then, and sets the alarm for the next one.
    fn begin_month_if_due(&mut self, cx: &mut Cx<Self>) -> Result {
        if self.resets_at(cx)? <= cx.now() {
            self.begin_month(cx)?;
            self.await_next_month(cx)?;
        }
        Ok(())
    }

    fn await_next_month(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.schedule().cancel(MONTH)?; // to set the same one again would keep its time, which may have passed
        cx.schedule().begin_month().key(MONTH).cron_in(&self.zone, "0 0 1 * *")
    }

    fn resets_at(&self, cx: &Cx<Self>) -> Result<Timestamp> {
        Ok(cx.alarms().get(MONTH)?.context("the alarm of the month is always set")?.at())
    }
}

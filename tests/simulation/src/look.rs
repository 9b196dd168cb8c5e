//! Looking at everything that there is, and comparing it with what it should be.

use do_runtime::prelude::*;

use crate::check::{self, Found, Moved, Wrong};
use crate::classes::{Address, Agent, AgentView, Desk, DeskView, Offer, Pass, Session, Stamp};
use crate::history::Outcome;
use crate::plan::{Act, AgentAct, DeskAct, How, Plan, Step};
use crate::world::World;

/// Who looks.
const NOBODY: (usize, usize) = (usize::MAX, 0);

/// A look at the objects of a run.
pub(crate) struct Look<'a> {
    pub(crate) world: &'a World,
    pub(crate) plan: &'a Plan,
}

impl Look<'_> {
    /// Looks at everything, and compares it with what it should be.
    pub(crate) async fn everything(&self, moved: Moved) -> Result<(), Wrong> {
        let (mut desks, mut agents): (Vec<DeskView>, Vec<AgentView>) = (Vec::new(), Vec::new());
        // What is due is done before anything is looked at, and looking may bring more about: so twice.
        for _ in 0..2 {
            (desks, agents) = (Vec::new(), Vec::new());
            for number in 0..self.plan.desks {
                let Outcome::Desk(view) = self.see(Act::Desk(number, DeskAct::View)).await? else { continue };
                desks.push(*view);
            }
            for number in 0..self.plan.agents {
                let Outcome::Agent(view) = self.see(Act::Agent(number, AgentAct::View)).await? else { continue };
                agents.push(*view);
            }
            self.world.kit.settle().await;
        }
        let agent_ids: Vec<ObjectId> = self.world.agents.iter().map(|(_, id)| *id).collect();
        let names = |addresses: &[(Address, ObjectId)]| addresses.iter().map(|(address, _)| address.name()).collect();
        let (desk_names, agent_names): (Vec<_>, Vec<_>) = (names(&self.world.desks), names(&self.world.agents));
        let found = Found {
            desks: &desks,
            desk_names: &desk_names,
            agents: &agents,
            agent_names: &agent_names,
            agent_ids: &agent_ids,
            moved,
        };
        check::check(self.plan, &self.world.history(), &found)?;
        let exist = |lives: Vec<i64>, addresses: &[(Address, ObjectId)]| {
            let exist = lives.into_iter().zip(addresses).filter(|(life, _)| *life != 0);
            exist.map(|(_, address)| address.clone()).collect::<Vec<_>>()
        };
        self.listed::<Desk>(exist(desks.iter().map(|view| view.life).collect(), &self.world.desks))?;
        self.listed::<Agent>(exist(agents.iter().map(|view| view.life).collect(), &self.world.agents))
    }

    async fn see(&self, act: Act) -> Result<Outcome, Wrong> {
        let step = Step { token: 0, act, how: How::Plain, pause: 0 };
        self.world.call(&step, NOBODY).await;
        let last = self.world.history().calls.last().map(|call| call.outcome.clone());
        match last {
            Some(outcome @ (Outcome::Desk(_) | Outcome::Agent(_))) => Ok(outcome),
            other => Err(format!("{:?} can't be looked at: {other:?}", step.act)),
        }
    }

    /// Exactly these objects are listed, with their names.
    fn listed<O: do_runtime::Dispatch>(&self, mut expected: Vec<(Address, ObjectId)>) -> Result<(), Wrong> {
        let listed = self.world.kit.objects().namespace::<O>().list().all();
        let listed = listed.map_err(|error| format!("the objects can't be listed: {error}"))?;
        for listed in &listed {
            let place = expected.iter().position(|(_, id)| *id == listed.id);
            let (address, _) =
                expected.remove(place.ok_or_else(|| format!("{listed:?} is listed, and does not exist"))?);
            if listed.name.as_deref() != address.name().as_deref() {
                return Err(format!("{listed:?} has lost its name {:?}", address.name()));
            }
        }
        expected.first().map_or(Ok(()), |missing| Err(format!("{missing:?} is not listed")))
    }

    /// Looks at what lies beneath.
    pub(crate) async fn closely(&self) -> Result<(), Wrong> {
        let kit = &self.world.kit;
        for number in 0..self.plan.desks {
            let desk = self.world.desk(number, 0);
            let rows = async {
                let expired = [
                    kit.physical_rows::<Pass>(&desk).await?,
                    kit.physical_rows::<Session>(&desk).await?,
                    kit.physical_rows::<Stamp>(&desk).await?,
                ];
                let offers = kit.physical_rows::<Offer>(&desk).await?;
                let shown = kit.inside(&desk, |_, cx| cx.count::<Offer>()).await?;
                Ok::<_, Error>((expired, offers, shown))
            };
            let (expired, offers, shown) = rows.await.map_err(|error| format!("desk {number}: {error}"))?;
            if expired != [0; 3] || offers != shown.unsigned_abs() && !self.plan.jumps_back() {
                return Err(format!(
                    "desk {number}: rows that have expired are there: {expired:?}, {offers} offers and {shown}"
                ));
            }
        }
        Ok(())
    }
}

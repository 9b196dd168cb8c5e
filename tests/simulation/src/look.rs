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
        self.wakes().await?;
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
        self.listed::<Desk>(exist(desks.iter().map(|view| view.life).collect(), &self.world.desks), &[])?;
        let begun = self.begun_under_a_key();
        self.listed::<Agent>(exist(agents.iter().map(|view| view.life).collect(), &self.world.agents), &begun)
    }

    /// Nothing waits for which nobody means to wake its object in time.
    pub(crate) async fn wakes(&self) -> Result<(), Wrong> {
        self.world.kit.check_wakes().await.map_err(|error| format!("something waits: {error}"))
    }

    /// The same while callers go on.
    pub(crate) async fn wakes_meanwhile(&self) -> Result<(), Wrong> {
        let checked = self.world.kit.check_wakes_meanwhile().await;
        checked.map_err(|error| format!("something waits while callers call: {error}"))
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

    /// The agents at which an asynchronous call under a key may have begun: that it has is kept before its handler does anything.
    fn begun_under_a_key(&self) -> Vec<ObjectId> {
        let history = self.world.history();
        let began = history.calls.iter().filter_map(|call| match call.step {
            Step { act: Act::Agent(agent, AgentAct::Pay(..)), how: How::Keyed | How::Twice | How::Retried, .. } => {
                self.world.agents.get(agent as usize).map(|(_, id)| *id)
            }
            _ => None,
        });
        began.collect()
    }

    /// Exactly these objects are listed, with their names; and some of those that may be there with nothing in them.
    fn listed<O: do_runtime::Dispatch>(
        &self,
        mut expected: Vec<(Address, ObjectId)>,
        may: &[ObjectId],
    ) -> Result<(), Wrong> {
        let listed = self.world.kit.objects().namespace::<O>().list().all();
        let listed = listed.map_err(|error| format!("the objects can't be listed: {error}"))?;
        for listed in &listed {
            let Some(place) = expected.iter().position(|(_, id)| *id == listed.id) else {
                if may.contains(&listed.id) {
                    continue;
                }
                return Err(format!("{listed:?} is listed, and does not exist"));
            };
            let (address, _) = expected.remove(place);
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

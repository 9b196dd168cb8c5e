//! An order: where it is, and what takes it on.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Step;

const NO_ORDER: &str = "nothing was ordered under this name";

/// What a customer wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchase {
    /// Of what.
    pub item: String,
    /// How many.
    pub quantity: u32,
    /// For how much in all.
    pub cents: u32,
    /// From whose account.
    pub account: String,
    /// To where.
    pub address: String,
}

/// Where an order is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// This step is being taken.
    Taking(Step),
    /// Every step is done.
    Complete,
    /// A step failed, and this one is being undone.
    Undoing(Step),
    /// A step failed, and those before it are undone.
    Cancelled,
    /// This step could not be undone: a person has to look, and to [`resume`](OrderStub::resume).
    Stuck(Step),
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was taken.
    Done {
        /// What the partner gave for it.
        receipt: String,
    },
    /// It was not taken, or nobody knows.
    Failed {
        /// Why.
        why: String,
    },
    /// It was undone.
    Undone,
    /// It could not be undone.
    NotUndone {
        /// Why.
        why: String,
    },
}

/// A line of an order's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Which step.
    pub step: Step,
    /// What became of it.
    pub outcome: Outcome,
}

/// All that there is to know of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What was ordered.
    pub purchase: Purchase,
    /// Where it is.
    pub state: State,
    /// What happened so far.
    pub log: Vec<Entry>,
}

/// An order: a workflow that is taken on by its alarms, whatever crashes in between.
#[durable_object]
pub struct Order {
    #[stored]
    progress: Option<Progress>,
}

#[durable_object]
impl Order {
    /// Places the order. Who did not hear the answer may ask again.
    #[rpc(public)]
    fn place(&mut self, cx: &mut Cx<Self>, purchase: Purchase) -> Result<Progress> {
        if let Some(progress) = &self.progress {
            ensure!(progress.purchase == purchase, Error::conflict("this order is for something else"));
            return Ok(progress.clone());
        }
        ensure!(cx.name().is_some(), "an order has a name: its partners know it by that");
        ensure!(purchase.quantity > 0 && purchase.cents > 0, "an order is for something, and for some money");
        self.progress = Some(Progress { purchase, state: State::Taking(Step::Reserve), log: Vec::new() });
        self.enter(cx, State::Taking(Step::Reserve))?;
        self.progress()
    }

    /// Where the order is, and what happened so far.
    #[rpc(public, live)]
    fn progress(&self) -> Result<Progress> {
        self.progress.clone().context(NO_ORDER)
    }

    /// Goes on with an order that is stuck.
    #[rpc(public)]
    fn resume(&mut self, cx: &mut Cx<Self>) -> Result {
        let State::Stuck(step) = self.progress()?.state else { bail!("this order is not stuck") };
        self.enter(cx, State::Undoing(step))
    }

    /// Takes one step. It runs again if a crash cuts it off, and the partner does nothing twice. A partner who is away is
    /// tried again for about a minute.
    #[alarm(retries = 5, exhausted = not_taken)]
    async fn take(this: This<Self>, step: Step) -> Result {
        let Some((order, purchase)) = this.read(|me, cx| me.if_in(cx, &State::Taking(step))).await? else {
            return Ok(()); // it was noted before the crash
        };
        match step.take(&this.objects(), &order, purchase).await {
            Ok(receipt) => {
                let next = step.next().map_or(State::Complete, State::Taking);
                this.update(|me, cx| me.note(cx, step, Outcome::Done { receipt }, next)).await
            }
            Err(CallError::User(refused)) => {
                let why = refused.to_string();
                this.update(|me, cx| me.note(cx, step, Outcome::Failed { why }, undoing(step.before()))).await
            }
            Err(CallError::Runtime(error)) => Err(error),
        }
    }

    /// The partner did not answer. The step may have been taken all the same: so it is undone, too.
    fn not_taken(&mut self, cx: &mut Cx<Self>, step: Step, error: &Error) -> Result {
        self.note(cx, step, Outcome::Failed { why: error.to_string() }, State::Undoing(step))
    }

    /// Undoes one step. It is tried for four days.
    #[alarm(retries = 100, exhausted = not_undone)]
    async fn undo(this: This<Self>, step: Step) -> Result {
        let Some((order, purchase)) = this.read(|me, cx| me.if_in(cx, &State::Undoing(step))).await? else {
            return Ok(());
        };
        step.undo(&this.objects(), &order, purchase).await?;
        this.update(|me, cx| me.note(cx, step, Outcome::Undone, undoing(step.before()))).await
    }

    fn not_undone(&mut self, cx: &mut Cx<Self>, step: Step, error: &Error) -> Result {
        self.note(cx, step, Outcome::NotUndone { why: error.to_string() }, State::Stuck(step))
    }
}

#[durable_object(helpers)]
impl Order {
    /// The order's name and purchase, if this is where it is.
    fn if_in(&self, cx: &Cx<Self>, state: &State) -> Result<Option<(String, Purchase)>> {
        let progress = self.progress.as_ref().filter(|progress| progress.state == *state);
        Ok(progress.zip(cx.name()).map(|(progress, name)| (name.to_owned(), progress.purchase.clone())))
    }

    /// Writes down what became of a step, and goes on: one transaction.
    fn note(&mut self, cx: &mut Cx<Self>, step: Step, outcome: Outcome, next: State) -> Result {
        info!(?step, ?outcome, "noted");
        let entry = Entry { at: cx.now(), step, outcome };
        self.progress.as_mut().context(NO_ORDER)?.log.push(entry);
        self.enter(cx, next)
    }

    /// Changes the state, and sets the alarm that goes with it.
    fn enter(&mut self, cx: &mut Cx<Self>, state: State) -> Result {
        let now = cx.now();
        match state {
            State::Taking(step) => cx.schedule().take(step).at(now)?,
            State::Undoing(step) => cx.schedule().undo(step).at(now)?,
            State::Complete | State::Cancelled | State::Stuck(_) => {}
        }
        self.progress.as_mut().context(NO_ORDER)?.state = state;
        Ok(())
    }
}

/// What is left to be done when these steps have to be undone, the last one first.
fn undoing(step: Option<Step>) -> State {
    step.map_or(State::Cancelled, State::Undoing)
}

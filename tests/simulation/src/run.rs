//! Running a plan, on a runtime of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::Once;

use do_runtime::env::SeededRandom;
use do_runtime::prelude::*;
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};

use crate::check::{Moved, Wrong};
use crate::classes::ON_PURPOSE;
use crate::history::{Call as Called, Outcome};
use crate::look::Look;
use crate::plan::{Act, AgentAct, Caller, DeskAct, Ending, Event, On, Order, Phase, Plan, Step};
use crate::world::World;

/// What came of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// What is wrong, if anything is.
    pub wrong: Option<Wrong>,
    /// What happened, line by line.
    pub lines: Vec<String>,
    /// Calls that were made.
    pub calls: u64,
    /// Those that were acknowledged.
    pub acknowledged: u64,
    /// Crashes and clean restarts.
    pub starts: u64,
    /// Virtual time that passed, in seconds.
    pub seconds: u64,
}

/// Runs a plan, and checks it.
pub fn run(plan: &Plan) -> Report {
    be_silent_on_purpose();
    let mut report = Report::default();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // Its own time, which nothing of the run goes by, passes only when all tasks wait for each other.
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime of one thread can be made");
        runtime.block_on(play(plan, &mut report))
    }));
    report.wrong = match outcome {
        Ok(outcome) => outcome.err(),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a text");
            Some(format!("a panic: {text}"))
        }
    };
    report
}

/// Panics that handlers are asked for are not worth a line on the terminal.
fn be_silent_on_purpose() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.payload().downcast_ref::<&str>() != Some(&ON_PURPOSE) {
                usual(panic);
            }
        }));
    });
}

async fn play(plan: &Plan, report: &mut Report) -> Result<(), Wrong> {
    let kit = match plan.order {
        Order::Usual => TestKit::open(plan.seed).await,
        Order::Drawn => TestKit::shuffled(plan.seed).await,
    };
    let kit = kit.map_err(|error| format!("the folder can't be made: {error}"))?;
    if plan.sync_each {
        kit.sync_each_commit();
    }
    let limits = plan.limits;
    kit.configure(move |builder| {
        builder
            .idle(secs(limits.idle))
            .awake_memory(limits.awake)
            .checkpoint_every(limits.checkpoint)
            .journal(limits.segment, limits.room)
    });
    kit.restart().await.map_err(|error| format!("the first restart: {error}"))?;
    let player =
        Player { world: Arc::new(World::new(kit, plan)), plan, random: SeededRandom::new(plan.seed ^ 0x544f_524e) };
    let outcome = match tokio::time::timeout(std::time::Duration::from_secs(1), player.phases(report)).await {
        Ok(outcome) => outcome,
        Err(_) => Err("all tasks wait for each other".into()),
    };
    let now = player.world.kit.now();
    let mut history = player.world.history();
    if let Err(wrong) = &outcome {
        history.say(now, format_args!("WRONG: {wrong}"));
    }
    report.lines = std::mem::take(&mut history.lines);
    let calls = history.calls.iter().filter(|call| call.step.token > 0);
    report.calls = calls.clone().count() as u64;
    report.acknowledged = calls.filter(|call| matches!(call.outcome, Outcome::Done(_))).count() as u64;
    report.starts = history.crashes;
    outcome
}

/// A caller that calls; what is wrong with what it saw.
type Calling = BoxFuture<'static, Result<(), Wrong>>;

struct Player<'a> {
    world: Arc<World>,
    plan: &'a Plan,
    random: SeededRandom,
}

/// What may have gone wrong with the node since it was started.
#[derive(Default)]
struct Trouble {
    /// A cut of the power is under way.
    cut: bool,
    /// Something was made to fail.
    faults: bool,
    /// Something that may have been believed to be on disk was not written: the parts of the store that it was in answer
    /// nothing until the next start.
    lost: bool,
}

impl Player<'_> {
    async fn phases(&self, report: &mut Report) -> Result<(), Wrong> {
        let begin = self.world.kit.now();
        let last = Phase { callers: Vec::new(), events: Vec::new(), ending: Ending::Rest };
        for (number, phase) in self.plan.phases.iter().chain([&last]).enumerate() {
            self.say(format_args!("-- phase {number}"));
            self.phase(number, phase).await?;
            report.seconds = report.seconds.max((self.world.kit.now() - begin).as_secs());
        }
        self.look().closely().await
    }

    fn look(&self) -> Look<'_> {
        Look { world: &self.world, plan: self.plan }
    }

    fn say(&self, line: impl std::fmt::Display) {
        let now = self.world.kit.now();
        self.world.history().say(now, line);
    }

    async fn phase(&self, phase_number: usize, phase: &Phase) -> Result<(), Wrong> {
        let callers =
            phase.callers.iter().enumerate().map(|(number, it)| self.start(it.clone(), (phase_number, number)));
        let callers: Vec<_> = callers.collect();
        let mut trouble = Trouble::default();
        for event in &phase.events {
            self.event(*event, &mut trouble).await?;
        }
        self.mend(&mut trouble).await?;
        self.all_answered(callers).await?;
        let keyed: Vec<usize> = {
            let now = self.world.kit.now();
            let history = self.world.history();
            let keyed = |call: &Called| call.step.how.is_keyed() && !is_view(&call.step);
            // Replies are kept for a day from when they were given, which was earlier than the call was sent if the clock was set back.
            let fresh = |call: &Called| now - call.at + millis(history.back) < hours(24) - millis(1);
            let refused = |call: &Called| matches!(call.outcome, Outcome::Refused { .. });
            // What is not known yet is asked soon, what is known as late as possible.
            let unknown = |call: &Called| call.caller.0 == phase_number && matches!(call.outcome, Outcome::Unknown(_));
            let known = |call: &Called| self.random.below(3) == 0 && matches!(call.outcome, Outcome::Done(_));
            let repeated =
                |call: &Called| keyed(call) && fresh(call) && !refused(call) && (unknown(call) || known(call));
            (0..history.calls.len()).filter(|number| repeated(&history.calls[*number])).collect()
        };
        let repeat = |number| {
            let world = self.world.clone();
            self.world.kit.spawn(async move { world.repeat(number).await }).boxed()
        };
        self.all_answered(keyed.into_iter().map(repeat).collect()).await?;
        // It wakes all objects: not always, so that many an end comes while they sleep.
        if self.random.below(2) == 0 {
            self.look().wakes().await?;
        }
        let moved = self.end(phase.ending).await?;
        self.look().everything(moved).await
    }

    /// Lets a caller call.
    fn start(&self, caller: Caller, number: (usize, usize)) -> Calling {
        let (world, kit) = (self.world.clone(), &self.world.kit);
        let calls = async move |world: &World| {
            for step in caller.steps {
                rounds(step.pause).await;
                world.call(&step, number).await;
            }
            Ok(())
        };
        match caller.on {
            On::Task => kit.spawn(async move { calls(&world).await }).boxed(),
            On::Thread => kit.thread(move || world.kit.block_on(calls(&world))).boxed(),
        }
    }

    async fn event(&self, event: Event, trouble: &mut Trouble) -> Result<(), Wrong> {
        let kit = &self.world.kit;
        if !matches!(event, Event::Rounds(_)) {
            self.say(format_args!("{event:?}"));
        }
        // What fails here fails because of the faults; what must not is found when everything is looked at.
        match event {
            Event::Rounds(count) => rounds(count).await,
            Event::EvictAgent(number) => drop(kit.evict(&self.world.agent(number, 0)).await),
            Event::EvictDesk(number) => drop(kit.evict(&self.world.desk(number, 0)).await),
            Event::EvictAll => drop(kit.evict_all().await),
            Event::Checkpoint => {
                let outcome = kit.checkpoint().await;
                if let Err(error) = outcome {
                    self.say(format_args!("the checkpoint failed: {error}"));
                }
            }
            Event::Restart if trouble.cut || trouble.faults => self.crash(false, trouble).await?,
            Event::Restart => self.restart().await?,
            Event::Crash { torn } => self.crash(torn, trouble).await?,
            Event::CrashTwice { steps, torn } => {
                // The new disk has no power any more when the node is opened, or a little later.
                let random = self.torn();
                kit.disk().set_capacity(None);
                let opened = kit.crash_and_cut(torn.then_some(&random), steps).await;
                self.say(format_args!("the first start: {:?}", opened.as_ref().err()));
                self.world.history().crashes += 1;
                trouble.cut = true;
                rounds(30).await;
                self.crash(torn, trouble).await?;
            }
            Event::Cut { steps } => {
                trouble.cut = true;
                kit.disk().cut_power_after(steps);
            }
            Event::Advance { millis: by } => {
                let from = kit.now();
                let quiet = !trouble.cut && !trouble.faults && !self.has_failed();
                kit.advance(millis(by)).await;
                if quiet {
                    let to = kit.now();
                    self.world.history().quiet.push((from, to));
                    if self.random.below(2) == 0 {
                        self.look().wakes().await?;
                    }
                }
            }
            Event::Leap { millis: by } => {
                kit.leap(millis(by));
                if !trouble.cut && !trouble.faults && !self.has_failed() && self.random.below(2) == 0 {
                    self.look().wakes_meanwhile().await?;
                }
            }
            Event::Back { millis: by } => {
                self.world.history().back += by;
                kit.set_time(kit.now() - millis(by)).await;
            }
            Event::FailSyncs(count) => {
                (trouble.faults, trouble.lost) = (true, true);
                kit.disk().fail_syncs(count, std::io::ErrorKind::Other);
            }
            Event::FailWrites(count) => {
                (trouble.faults, trouble.lost) = (true, true);
                kit.disk().fail_writes(count, std::io::ErrorKind::Other);
            }
            Event::Full { left } => {
                trouble.faults = true;
                let disk = kit.disk();
                disk.set_capacity(Some(disk.used() + left));
            }
            Event::Room => kit.disk().set_capacity(None),
        }
        Ok(())
    }

    fn torn(&self) -> SeededRandom {
        SeededRandom::new(self.random.next_u64())
    }

    fn has_failed(&self) -> bool {
        self.world.kit.objects().failed().now_or_never().is_some()
    }

    /// The power goes, unless it has gone already, and comes back; what was broken is whole again.
    async fn crash(&self, torn: bool, trouble: &mut Trouble) -> Result<(), Wrong> {
        let kit = &self.world.kit;
        kit.disk().set_capacity(None);
        let opened = if torn { kit.crash_torn(&self.torn()).await } else { kit.crash().await };
        *trouble = Trouble::default();
        self.world.history().crashes += 1;
        opened.map_err(|error| format!("the folder can't be opened after a crash: {error}"))
    }

    async fn restart(&self) -> Result<(), Wrong> {
        let outcome = self.world.kit.restart().await;
        self.world.history().crashes += 1;
        outcome.map_err(|error| format!("the folder can't be closed and opened: {error}"))
    }

    /// Takes all faults away; where the journal has failed, or the power has gone, the node starts again.
    async fn mend(&self, trouble: &mut Trouble) -> Result<(), Wrong> {
        let disk = self.world.kit.disk();
        disk.set_capacity(None);
        // Room is asked for again after a pause.
        self.world.kit.advance(secs(1)).await;
        disk.fail_syncs(0, std::io::ErrorKind::Other);
        disk.fail_writes(0, std::io::ErrorKind::Other);
        if trouble.cut || trouble.lost || self.has_failed() {
            self.say("starts again");
            self.crash(self.random.below(2) == 0, trouble).await?;
        }
        Ok(())
    }

    async fn all_answered(&self, callers: Vec<Calling>) -> Result<(), Wrong> {
        let kit = &self.world.kit;
        let mut all = join_all(callers);
        for round in 0..200 {
            kit.settle().await;
            if let Some(outcomes) = (&mut all).now_or_never() {
                return outcomes.into_iter().collect();
            }
            // Pauses before repetitions, and asynchronous handlers: longer ones where the clock was set back meanwhile.
            kit.advance(if round < 20 { secs(5) } else { minutes(5) }).await;
        }
        Err("a call is never answered".into())
    }

    async fn end(&self, ending: Ending) -> Result<Moved, Wrong> {
        let kit = &self.world.kit;
        self.say(format_args!("ending: {ending:?}"));
        match ending {
            Ending::None => {}
            Ending::Evict => kit.evict_all().await.map_err(|error| format!("nothing goes to sleep: {error}"))?,
            Ending::Restart => self.restart().await?,
            Ending::Crash { torn } => self.crash(torn, &mut Trouble::default()).await?,
            Ending::Rest => {
                let from = kit.now();
                kit.advance(hours(5)).await;
                let to = kit.now();
                self.world.history().quiet.push((from, to));
                return Ok(Moved::ToRest);
            }
        }
        kit.settle().await;
        Ok(Moved::Maybe)
    }
}

fn is_view(step: &Step) -> bool {
    matches!(step.act, Act::Desk(_, DeskAct::View) | Act::Agent(_, AgentAct::View))
}

/// Lets the others go on.
async fn rounds(count: u32) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

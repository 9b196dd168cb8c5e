//! How traffic is driven: users at once, kills between two requests of theirs, and the check after the last one.

use std::future::Future;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use fastrand::Rng;
use tokio::sync::mpsc;
use tokio::task::{JoinSet, LocalSet};

use crate::findings::Findings;
use crate::process::Process;
use crate::programs::Programs;
use crate::user::{Stop, User};
use crate::world::{State, World};

/// What is sent to an example, and what has to be there afterwards.
pub trait Traffic: Default + 'static {
    /// The package, and the program.
    const NAME: &'static str;

    /// How many do something at once.
    const USERS: usize = 32;

    /// What one user remembers from step to step.
    type Memory: Default;

    /// Does something in the folder before the program is started.
    ///
    /// # Errors
    /// A sentence, if it can't be done.
    fn before(&self, _programs: &Programs, _folder: &Path) -> Result<(), String> {
        Ok(())
    }

    /// One thing that a user does: a request, or a few that belong together.
    fn step(&self, user: &mut User, memory: &mut Self::Memory) -> impl Future<Output = Result<(), Stop>>;

    /// Looks at all that is there, after the last kill.
    fn check(&self, user: &mut User) -> impl Future<Output = Result<(), Stop>>;

    /// Looks at the folder once the program is not there any more.
    ///
    /// # Errors
    /// A sentence, if something is wrong with it.
    fn after(&self, _programs: &Programs, _folder: &Path) -> Result<(), String> {
        Ok(())
    }
}

/// How much traffic.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How many requests, at least: a step is finished.
    pub requests: u64,
    /// How often the server is killed between two of them. It is killed once more after the last one.
    pub kills: u64,
    /// How many users at once; without it as many as the example says.
    pub users: Option<usize>,
    /// What is drawn.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// How long the traffic took, with the kills.
    pub took: Duration,
    /// How many requests were answered with what they asked for.
    pub acknowledged: u64,
    /// How many were answered with a refusal.
    pub refused: u64,
    /// How many were under way when the server was killed.
    pub unanswered: u64,
    /// The time that half of the answered ones took at most.
    pub p50: Duration,
    /// The same for 99 of a hundred.
    pub p99: Duration,
    /// What is wrong.
    pub findings: Findings,
}

/// Drives the traffic of an example. All users are tasks of one thread, which is less than the server has to do.
///
/// # Errors
/// A sentence, if the program can't be started. What it does wrongly is in the outcome.
pub async fn drive<T: Traffic>(programs: &Programs, plan: Plan) -> Result<Outcome, String> {
    LocalSet::new().run_until(drive_here::<T>(programs, plan)).await
}

async fn drive_here<T: Traffic>(programs: &Programs, plan: Plan) -> Result<Outcome, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("there is no temporary folder: {error}"))?;
    let traffic = Rc::new(T::default());
    traffic.before(programs, folder.path())?;
    let mut process = Process::new(programs.path(T::NAME), folder.path())?;
    let mut random = Rng::with_seed(plan.seed);
    let kills: Vec<u64> = (0..plan.kills).map(|_| random.u64(1..=plan.requests.max(1))).collect();
    let (killer, mut to_kill) = mpsc::unbounded_channel();
    let world = Arc::new(World::new(process.address, process.said(), kills, killer));
    world.starts();
    process.begin()?;
    process.ready().await?;
    world.enter(State::Up);

    let begun = Instant::now();
    let mut users = send(&traffic, &world, plan);
    let users_left = loop {
        tokio::select! {
            Some(()) = to_kill.recv() => restart(&mut process, &world, &mut random).await,
            ended = users.join_next() => match ended {
                Some(Ok(())) => {}
                Some(Err(error)) => break Some(error),
                None => break None,
            },
        }
    };
    if let Some(panicked) = users_left {
        return Err(format!("a user failed: {panicked}"));
    }
    let took = begun.elapsed();
    let figures = std::mem::take(&mut *world.figures.lock());
    restart(&mut process, &world, &mut random).await;
    let mut looker = User::new(usize::MAX, plan.seed, world.clone());
    if let Err(stop) = traffic.check(&mut looker).await {
        note(&world, stop);
    }
    world.enter(State::Dying);
    if let Err(error) = process.kill().and_then(|()| traffic.after(programs, folder.path())) {
        note(&world, Stop::Broken(error));
    }
    let findings = std::mem::take(&mut *world.findings.lock());
    let mut latencies = figures.took;
    latencies.sort_unstable();
    let quantile = |of_a_hundred: usize| {
        let micros = latencies.get((latencies.len() * of_a_hundred / 100).min(latencies.len().saturating_sub(1)));
        Duration::from_micros(micros.copied().unwrap_or(0).into())
    };
    let (p50, p99) = (quantile(50), quantile(99));
    let (acknowledged, refused, unanswered) = (figures.acknowledged, figures.refused, figures.unanswered);
    Ok(Outcome { took, acknowledged, refused, unanswered, p50, p99, findings })
}

/// Lets the users begin.
fn send<T: Traffic>(traffic: &Rc<T>, world: &Arc<World>, plan: Plan) -> JoinSet<()> {
    let steps = Arc::new(AtomicU64::new(0));
    let mut users = JoinSet::new();
    for number in 0..plan.users.unwrap_or(T::USERS) {
        let (traffic, world, steps) = (traffic.clone(), world.clone(), steps.clone());
        let mut user = User::new(number, plan.seed, world.clone());
        users.spawn_local(async move {
            let mut memory = T::Memory::default();
            while world.sent() < plan.requests {
                user.step = steps.fetch_add(1, Relaxed);
                match traffic.step(&mut user, &mut memory).await {
                    Ok(()) | Err(Stop::Unanswered) => {}
                    Err(Stop::Over) => return,
                    Err(broken) => note(&world, broken),
                }
            }
        });
    }
    users
}

/// Kills the server and starts it again. One time in four the next life is killed as well, while it recovers.
async fn restart(process: &mut Process, world: &World, random: &mut Rng) {
    world.enter(State::Dying);
    let restarted = async {
        process.kill()?;
        world.enter(State::Down);
        world.starts();
        process.begin()?;
        if random.u8(0..4) == 0 {
            tokio::time::sleep(Duration::from_micros(random.u64(0..50_000))).await;
            process.kill()?;
            world.starts();
            process.begin()?;
        }
        process.ready().await
    };
    match restarted.await {
        Ok(()) => world.enter(State::Up),
        Err(error) => {
            world.findings.lock().caused(error);
            world.enter(State::Gone);
        }
    }
}

fn note(world: &World, stop: Stop) {
    world.findings.lock().broke(match stop {
        Stop::Broken(sentence) => sentence,
        Stop::Unanswered => "the server broke a connection off".to_owned(),
        Stop::Over => "the server did not come back".to_owned(),
    });
}

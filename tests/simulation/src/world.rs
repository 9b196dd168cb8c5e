//! The objects of a run, and how they are called.

use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use do_runtime::Dispatch;
use do_runtime::prelude::*;
use futures::future::join;

use crate::classes::{Address, Agent, AgentStub, Alarm, Desk, DeskStub, Done, Mailing, refused_at};
use crate::history::{Call as Called, History, Moment, Outcome};
use crate::plan::{Act, AgentAct, DeskAct, How, Plan, Set, Step};

/// What is more in the token of a call that is never applied.
const OTHER: i64 = 1_000_000;

/// The objects of a run and what was seen of them.
pub struct World {
    /// The kit.
    pub kit: TestKit,
    /// Where the desks and the agents are.
    pub desks: Vec<(Address, ObjectId)>,
    /// See above.
    pub agents: Vec<(Address, ObjectId)>,
    history: Mutex<History>,
}

/// Every fourth object has no name.
fn addresses<O: Dispatch>(kit: &TestKit, count: u32, word: &str) -> Vec<(Address, ObjectId)> {
    let namespace = kit.objects().namespace::<O>();
    let address = |number: u32| {
        if number % 4 == 3 || number == 1 && word == "desk" {
            let id = namespace.new_unique_id();
            (Address::Unnamed(id), id)
        } else {
            // Names that differ in spaces alone are other names.
            let name = format!("{word} \u{e9}{}", " ".repeat(number as usize));
            let id = namespace.id_from_name(&name);
            (Address::Named(name), id)
        }
    };
    (0..count).map(address).collect()
}

impl World {
    /// The objects of a plan; none of them exists yet.
    pub fn new(kit: TestKit, plan: &Plan) -> Self {
        let desks = addresses::<Desk>(&kit, plan.desks, "desk");
        let agents = addresses::<Agent>(&kit, plan.agents, "agent");
        World { kit, desks, agents, history: Mutex::default() }
    }

    fn tick(&self) -> Moment {
        self.history().tick()
    }

    /// What happened so far. The kit is not to be asked for anything while this is held: another thread may go on then.
    pub fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stub of a desk, for a call with this token: some call by the id though there is a name.
    pub fn desk(&self, number: u32, token: i64) -> DeskStub {
        match &self.desks[number as usize] {
            (Address::Named(name), _) if token % 3 != 1 => self.kit.objects().get_by_name::<Desk>(name),
            (_, id) => self.kit.objects().get::<Desk>(*id),
        }
    }

    /// The stub of an agent, likewise.
    pub fn agent(&self, number: u32, token: i64) -> AgentStub {
        match &self.agents[number as usize] {
            (Address::Named(name), _) if token % 3 != 1 => self.kit.objects().get_by_name::<Agent>(name),
            (_, id) => self.kit.objects().get::<Agent>(*id),
        }
    }

    /// Makes a call, and notes it.
    pub async fn call(&self, step: &Step, caller: (usize, usize)) {
        let at = self.kit.now();
        let invoked = self.tick();
        let (outcome, completed) = match step.how {
            How::Twice => self.twice(step).await,
            _ => self.outcome(step, step.token).await,
        };
        let until = self.kit.now();
        self.note(Called { step: step.clone(), caller, invoked, completed, at, until, outcome });
    }

    /// Two calls under one key, at the same time: one of them is applied, and both get its answer.
    async fn twice(&self, step: &Step) -> (Outcome, Moment) {
        let answers = join(self.outcome(step, step.token), self.outcome(step, step.token)).await;
        match answers {
            ((Outcome::Done(one), _), (Outcome::Done(other), _)) if one != other => {
                let told = format!("#{} twice under one key was answered {one:?} and {other:?}", step.token);
                self.history().contradictions.push(told);
                answers.0
            }
            // What was refused first may have been done then; who was answered first matters for the order.
            ((one @ Outcome::Done(_), at), (_, other)) | ((_, at), (one @ Outcome::Done(_), other)) => {
                (one, at.max(other))
            }
            ((one @ Outcome::Unknown(_), at), _) | (_, (one @ Outcome::Unknown(_), at)) => (one, at),
            // The later one, so that its reason is looked for where it was given.
            (one, other) => {
                if one.1 > other.1 {
                    one
                } else {
                    other
                }
            }
        }
    }

    /// Sends a call under a key again: it is the same call, that took so much longer. Says what is wrong with the answer.
    pub async fn repeat(&self, number: usize) -> Result<(), String> {
        let before = self.history().calls[number].clone();
        let invoked = self.tick();
        let token = before.step.token;
        let (outcome, completed) = self.outcome(&before.step, token).await;
        match (&before.outcome, &outcome) {
            (Outcome::Done(first), Outcome::Done(again)) if first == again => {
                // The same key with other arguments.
                let other = Step { token: token + OTHER, ..before.step.clone() };
                match self.outcome(&other, token).await.0 {
                    Outcome::Refused { kind: ErrorKind::Conflict, at: None, .. } | Outcome::Unknown(_) => {}
                    outcome => return Err(format!("other arguments under the key of #{token}: {outcome:?}")),
                }
            }
            (Outcome::Done(_), _) => {
                return Err(format!("#{token} under its key was answered {:?}, then {outcome:?}", before.outcome));
            }
            (Outcome::Unknown(_), Outcome::Unknown(_)) => {}
            (Outcome::Unknown(_), _) => {
                let invoked = if matches!(outcome, Outcome::Done(_)) { before.invoked } else { invoked };
                let until = self.kit.now();
                let mut history = self.history();
                history.say(until, format_args!("#{token} sent again: {}", told(&outcome)));
                history.calls[number] = Called { invoked, completed, until, outcome, ..before };
            }
            _ => {}
        }
        Ok(())
    }

    fn note(&self, call: Called) {
        let now = self.kit.now();
        let mut history = self.history();
        let line = format!("{}: {}", call.step, told(&call.outcome));
        history.say(now, line);
        history.calls.push(call);
    }

    /// Calls, under the key of a token.
    async fn outcome(&self, step: &Step, under: i64) -> (Outcome, Moment) {
        let token = step.token;
        match &step.act {
            Act::Desk(number, act) => {
                let desk = self.desk(*number, token);
                let label = |number: u8| format!("label {number}");
                match *act {
                    DeskAct::Open(own, behind) => {
                        let memo = memo(token);
                        self.done(step, under, desk.open(token, label(own), behind.map(label), memo)).await
                    }
                    DeskAct::File(to, rank, size) => {
                        self.done(step, under, desk.file(token, label(to), rank.into(), size)).await
                    }
                    DeskAct::Drop(which) => self.done(step, under, desk.drop_folder(token, label(which))).await,
                    DeskAct::Relabel(from, to) => {
                        self.done(step, under, desk.relabel(token, label(from), label(to))).await
                    }
                    DeskAct::Put(key) => self.done(step, under, desk.put(token, key.to_string())).await,
                    DeskAct::Take(key) => self.done(step, under, desk.take(token, key.to_string())).await,
                    DeskAct::InPart(which) => self.done(step, under, desk.in_part(token, label(which))).await,
                    DeskAct::Fail(which) => self.done(step, under, desk.fail(token, label(which))).await,
                    DeskAct::Panic(which) => self.done(step, under, desk.panic(token, label(which))).await,
                    DeskAct::Issue => self.done(step, under, desk.issue(token)).await,
                    DeskAct::LogIn(name) => self.done(step, under, desk.log_in(token, name.to_string())).await,
                    DeskAct::Touch(name) => self.done(step, under, desk.touch(token, name.to_string())).await,
                    DeskAct::Offer(name, seconds) => {
                        self.done(step, under, desk.offer(token, name.to_string(), seconds)).await
                    }
                    DeskAct::Erase => self.done(step, under, desk.erase(token)).await,
                    DeskAct::Delete => {
                        let namespace = self.kit.objects().namespace::<Desk>();
                        let id = self.desks[*number as usize].1;
                        self.sent(step, namespace.delete(id), Outcome::Deleted).await
                    }
                    DeskAct::View => {
                        self.sent(step, prepared(desk.view(), step, under), |view| Outcome::Desk(Box::new(view))).await
                    }
                }
            }
            Act::Agent(number, act) => {
                let agent = self.agent(*number, token);
                match act {
                    AgentAct::Set(set, key, after) => {
                        let key = key.map(|key| format!("k{key}"));
                        self.done(step, under, agent.set(token, self.alarm(set), key, *after)).await
                    }
                    AgentAct::Cancel(key) => self.done(step, under, agent.cancel(token, format!("k{key}"))).await,
                    AgentAct::Mail(posts) => {
                        let find = |number: u32| (self.agents[number as usize].0.clone(), number);
                        let mailings = posts.iter().map(|post| Mailing {
                            to: find(post.to),
                            ready: post.ready,
                            slow: post.slow,
                            relay: post.relay.map(find),
                        });
                        self.done(step, under, agent.mail(token, *number, mailings.collect())).await
                    }
                    AgentAct::SendAgain => self.done(step, under, agent.send_again(token)).await,
                    AgentAct::Pay(desk, pause) => {
                        let desk = self.desks[*desk as usize].0.clone();
                        self.done(step, under, agent.pay(token, desk, *pause)).await
                    }
                    AgentAct::Fail => self.done(step, under, agent.fail(token)).await,
                    AgentAct::Panic => self.done(step, under, agent.panic(token)).await,
                    AgentAct::View => {
                        self.sent(step, prepared(agent.view(), step, under), |view| Outcome::Agent(Box::new(view)))
                            .await
                    }
                }
            }
        }
    }

    fn alarm(&self, set: &Set) -> Alarm {
        match *set {
            Set::Ring(fails) => Alarm::Ring { fails },
            Set::Tick => Alarm::Tick,
            Set::Doomed => Alarm::Doomed,
            Set::Hopeless => Alarm::Hopeless,
            Set::Fetch(desk, pause) => Alarm::Fetch { desk: self.desks[desk as usize].0.clone(), pause },
        }
    }

    async fn done<O: Dispatch>(&self, step: &Step, key: i64, call: Call<O, Done>) -> (Outcome, Moment)
    where
        Call<O, Done>: Future<Output = Result<Done>>,
    {
        self.sent(step, prepared(call, step, key), Outcome::Done).await
    }

    /// Waits for the answer, or for as long as the caller has patience.
    async fn sent<T>(
        &self,
        step: &Step,
        call: impl Future<Output = Result<T>>,
        done: impl FnOnce(T) -> Outcome,
    ) -> (Outcome, Moment) {
        let mut patience = match step.how {
            How::Dropped(rounds) => Some(rounds),
            _ => None,
        };
        let mut call = pin!(call);
        let answer = std::future::poll_fn(|cx| match (call.as_mut().poll(cx), &mut patience) {
            (Poll::Ready(answer), _) => Poll::Ready(Some(answer)),
            (Poll::Pending, Some(0)) => Poll::Ready(None),
            (Poll::Pending, Some(left)) => {
                *left -= 1;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            (Poll::Pending, None) => Poll::Pending,
        });
        match answer.await {
            None => (Outcome::Unknown("its caller went away".into()), Moment::MAX),
            Some(answer) => {
                let outcome = answer.map_or_else(failed, done);
                (outcome, self.tick())
            }
        }
    }
}

/// What an error says of the call.
fn failed(error: Error) -> Outcome {
    match error.kind() {
        ErrorKind::Unavailable | ErrorKind::Interrupted | ErrorKind::Deadline => Outcome::Unknown(error.to_string()),
        kind => Outcome::Refused { kind, at: refused_at(&error), text: error.to_string() },
    }
}

/// A call with what is set for it.
fn prepared<O: Dispatch, T>(call: Call<O, T>, step: &Step, key: i64) -> Call<O, T> {
    match step.how {
        How::Plain | How::Dropped(_) => call,
        // Some are of callers of whom each has the same key.
        How::Keyed if key % 3 == 0 => call.caller(format!("caller {key}")).idempotency_key("the same key"),
        How::Keyed | How::Twice => call.idempotency_key(format!("key {key}")),
        How::Retried => call.retry(RetryPolicy::default()),
        How::Deadline(within) => call.deadline(millis(within)),
    }
}

/// The memo of the folder that a token opens: some of the words.
pub fn memo(token: i64) -> String {
    let words = crate::classes::WORDS.iter().enumerate().filter(|(bit, _)| token >> bit & 1 == 1);
    words.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(done) => format!("done as entry {} of life {}, {}", done.place, done.life, done.value),
        Outcome::Desk(view) => format!("life {} with {} entries", view.life, view.log.len()),
        Outcome::Agent(view) => format!("life {} with {} entries", view.life, view.log.len()),
        Outcome::Deleted(was) => format!("deleted: {was}"),
        Outcome::Refused { kind, text, .. } => format!("{kind}: {text}"),
        Outcome::Unknown(text) => format!("unknown: {text}"),
    }
}

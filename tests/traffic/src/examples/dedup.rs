//! Questions that many ask at once: all get one answer, also across a kill, and upstream was asked once for each, and once more at most for
//! each that a kill cut off.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;
use serde_json::json;

use crate::drive::Traffic;
use crate::user::{Stop, User, now};

/// How many questions are asked at a time, and how often each.
const QUESTIONS: u64 = 16;
const TIMES: u64 = 40;

/// How long an answer is kept at least, in milliseconds: a little less than what the example says.
const KEPT: i64 = 50_000;

#[derive(Default)]
struct Known {
    /// By question: the answer, and when somebody first asked.
    answers: BTreeMap<u64, (String, i64)>,
    asked: BTreeMap<u64, i64>,
    /// How often a question may have been asked of upstream, and that was cut off.
    cut_off: BTreeSet<(u64, u64)>,
}

#[derive(Default)]
pub(super) struct Dedup {
    known: Mutex<Known>,
}

impl Dedup {
    async fn ask(&self, user: &mut User, question: u64) -> Result<(), Stop> {
        let (asked, life) = (now(), user.lives());
        let first = *self.known.lock().asked.entry(question).or_insert(asked);
        let answer =
            user.ask("Lookup", &format!("question {question}"), "get", json!({})).await.inspect_err(|stop| {
                if *stop == Stop::Unanswered {
                    self.known.lock().cut_off.insert((question, life));
                }
            })?;
        let answer = answer.as_str().unwrap_or_default().to_owned();
        let mut known = self.known.lock();
        let (before, _) = known.answers.entry(question).or_insert((answer.clone(), asked)).clone();
        if before != answer && now() - first < KEPT {
            user.find(|findings| findings.lose(1, format!("{before:?} was answered, then {answer:?}")));
        }
        Ok(())
    }
}

impl Traffic for Dedup {
    const NAME: &'static str = "dedup";
    const USERS: usize = 64;
    type Memory = ();

    async fn step(&self, user: &mut User, (): &mut ()) -> Result<(), Stop> {
        let question = user.step / (QUESTIONS * TIMES) * QUESTIONS + user.random.u64(0..QUESTIONS);
        self.ask(user, question).await
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        let young: Vec<u64> = {
            let known = self.known.lock();
            known.asked.iter().filter(|(_, asked)| now() - **asked < KEPT / 2).map(|(question, _)| *question).collect()
        };
        for question in young {
            self.ask(user, question).await?;
        }
        let known = std::mem::take(&mut *self.known.lock());
        if known.asked.values().any(|asked| now() - asked > KEPT) {
            return Ok(()); // some answers have ended, and may have been asked for again
        }
        let calls: BTreeMap<u64, u64> =
            known.answers.iter().map(|(question, (said, _))| (call(said), *question)).collect();
        user.ensure(calls.len() == known.answers.len(), || format!("two questions have one answer: {calls:?}"));
        let (last, most) = (calls.keys().last().copied().unwrap_or(0), known.asked.len() + known.cut_off.len());
        user.ensure(last <= most as u64, || format!("upstream was asked {last} times, for at most {most} reasons"));
        Ok(())
    }
}

/// The number of the call, of `question 7? Answer 12.`
fn call(answer: &str) -> u64 {
    answer.rsplit(' ').next().and_then(|last| last.trim_end_matches('.').parse().ok()).unwrap_or(0)
}

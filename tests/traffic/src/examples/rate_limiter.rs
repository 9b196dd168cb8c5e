//! Clients that insist: no window of a minute has more than sixty hits that were allowed, across kills too; nobody is refused before that; and
//! who is refused is told when to come again.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::drive::Traffic;
use crate::user::{Stop, User, now};

/// The limit that everybody has.
const MOST: usize = 60;
const WINDOW: i64 = 60_000;

/// How often an endpoint of a client is hit.
const HITS: u64 = 100;

#[derive(Default)]
struct Endpoint {
    /// When a hit that was allowed was answered, and sent.
    allowed: Vec<(i64, i64)>,
    /// How many had no answer. They may count.
    unanswered: usize,
    /// How many were allowed or under way when the first one was refused.
    refused_at: Option<usize>,
    under_way: usize,
}

#[derive(Default)]
pub(super) struct RateLimiter {
    endpoints: Mutex<BTreeMap<u64, Endpoint>>,
}

impl RateLimiter {
    fn with<T>(&self, number: u64, what: impl FnOnce(&mut Endpoint) -> T) -> T {
        what(self.endpoints.lock().entry(number).or_default())
    }

    async fn hit(&self, user: &mut User, number: u64) -> Result<(), Stop> {
        let (client, endpoint) = (format!("client-{}", number / 3), format!("api/{}", number % 3));
        let sent = now();
        self.with(number, |endpoint| endpoint.under_way += 1);
        let answer = user.call("RateLimiter", &client, "hit", json!({"endpoint": endpoint})).await;
        self.with(number, |endpoint| {
            endpoint.under_way -= 1;
            match answer {
                Ok(answer) if answer.status == 429 => {
                    let others = endpoint.allowed.len() + endpoint.unanswered + endpoint.under_way;
                    endpoint.refused_at.get_or_insert(others);
                    let wait =
                        answer.headers.get("retry-after").and_then(|wait| wait.to_str().ok()?.parse::<i64>().ok());
                    let fits = wait.is_some_and(|wait| (1..=WINDOW / 1000).contains(&wait));
                    if fits { Ok(()) } else { Err(answer.unexpected()) }
                }
                Ok(answer) => {
                    let allowed = answer.value()?;
                    endpoint.allowed.push((now(), sent));
                    let remaining = allowed.get("remaining").and_then(Value::as_u64);
                    let fits = remaining.is_some_and(|remaining| remaining < MOST as u64);
                    if fits { Ok(()) } else { Err(Stop::Broken(format!("allowed with {allowed}"))) }
                }
                Err(stop) => {
                    endpoint.unanswered += usize::from(stop == Stop::Unanswered);
                    Err(stop)
                }
            }
        })
    }
}

impl Traffic for RateLimiter {
    const NAME: &'static str = "rate-limiter";
    type Memory = ();

    async fn step(&self, user: &mut User, (): &mut ()) -> Result<(), Stop> {
        let number = user.step / HITS;
        self.hit(user, number).await
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        // What was counted before the kill still counts.
        let last = self.endpoints.lock().keys().last().copied().unwrap_or(0);
        for _ in 0..MOST {
            self.hit(user, last).await?;
        }
        for (number, endpoint) in self.endpoints.lock().iter_mut() {
            endpoint.allowed.sort_unstable();
            for window in endpoint.allowed.windows(MOST + 1) {
                let first = window.iter().map(|(_, sent)| *sent).min().unwrap_or(0);
                let took = window[MOST].0 - first;
                user.ensure(took >= WINDOW, || format!("endpoint {number}: {} hits within {took} ms", MOST + 1));
            }
            let refused_at = endpoint.refused_at;
            user.ensure(refused_at.is_none_or(|others| others >= MOST), || {
                format!("endpoint {number}: a hit was refused after {refused_at:?} at most")
            });
        }
        Ok(())
    }
}

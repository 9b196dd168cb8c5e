//! Threads that write, put to sleep and checkpoint the same few objects at the same time, and a crash: whatever was acknowledged
//! is there, in order, once. The seed draws which thread goes on wherever they meet, so that each seed is another race.
//!
//! `DO_RACES=5000` tries so many seeds, `DO_SEED=…` one.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};

use do_runtime::env::SeededRandom;
use do_runtime::prelude::*;
use do_runtime::testing::number;
use futures::future::join_all;

/// How many seeds the short form tries.
const SEEDS: u64 = 300;

const OBJECTS: u64 = 2;

#[table]
#[derive(Debug, Clone, PartialEq)]
struct Line {
    #[key]
    number: u64,
    text: String,
}

#[durable_object(tables(Line))]
struct Page {
    #[stored]
    lines: u64,
}

#[durable_object]
impl Page {
    #[rpc]
    fn write(&mut self, cx: &mut Cx<Self>, text: String) -> Result<u64> {
        self.lines += 1;
        cx.insert(Line { number: self.lines, text })?;
        Ok(self.lines)
    }

    #[rpc(slow)]
    fn write_slowly(&mut self, cx: &mut Cx<Self>, text: String) -> Result<u64> {
        self.write(cx, text)
    }

    #[rpc]
    fn read(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        let lines = sql!(cx, String, "SELECT text FROM line ORDER BY number", allow(scan, "few")).all()?;
        assert_eq!(lines.len() as u64, self.lines, "the stored field and the rows are of one commit");
        Ok(lines)
    }
}

/// What a page acknowledged: the number that a line got, and its text.
type Acknowledged = Arc<Mutex<Vec<(u64, u64, String)>>>;

fn page(kit: &TestKit, number: u64) -> PageStub {
    kit.objects().get_by_name::<Page>(format!("{number}"))
}

/// What a thread does again and again.
#[derive(Clone, Copy)]
enum Part {
    Write,
    WriteSlowly,
    /// Something is written first, so that there is something to hand over.
    Sleep,
    Checkpoint,
}

impl Part {
    fn drawn(random: &SeededRandom) -> Self {
        [Part::Write, Part::WriteSlowly, Part::Sleep, Part::Sleep, Part::Checkpoint][random.below(5) as usize]
    }
}

/// One thread's life.
fn life(kit: &TestKit, random: &SeededRandom, who: u64, acknowledged: &Acknowledged) -> impl FnOnce() + Send + use<> {
    let part = Part::drawn(random);
    let parts = move |random: &SeededRandom| if random.below(4) == 0 { Part::drawn(random) } else { part };
    let steps: Vec<_> = (0..1 + random.below(5)).map(|step| (step, parts(random), random.below(OBJECTS))).collect();
    let (kit, acknowledged) = (kit.clone(), acknowledged.clone());
    move || {
        for (step, part, number) in steps {
            let (page, text) = (page(&kit, number), format!("{who} {step}"));
            let answer = match part {
                Part::Write | Part::Sleep => kit.block_on(page.write(text.clone())),
                Part::WriteSlowly => kit.block_on(page.write_slowly(text.clone())),
                Part::Checkpoint => {
                    // What a crash prevents is not looked at.
                    let _ = kit.block_on(kit.checkpoint());
                    continue;
                }
            };
            // A crash in between leaves it open whether the line is there.
            if let Ok(count) = answer {
                acknowledged.lock().expect("nobody panicked").push((number, count, text));
            }
            if let Part::Sleep = part {
                let _ = kit.block_on(kit.evict(&page));
            }
        }
    }
}

async fn race(kit: TestKit) -> Result {
    let random = SeededRandom::new(kit.seed() ^ 0x5eed);
    let acknowledged = Acknowledged::default();
    let who = 2 + random.below(4);
    let threads: Vec<_> = (0..who).map(|who| kit.thread(life(&kit, &random, who, &acknowledged))).collect();
    let threads = join_all(threads);
    // The power goes when all have ended, or before.
    let in_between = random.below(3) == 0;
    let threads = if in_between {
        for _ in 0..random.below(30) {
            tokio::task::yield_now().await;
        }
        Some(threads)
    } else {
        threads.await;
        None
    };
    match random.below(3) {
        0 => kit.crash_torn(&random).await?,
        _ => kit.crash().await?,
    }
    if let Some(threads) = threads {
        threads.await;
    }
    check(&kit, &acknowledged).await
}

/// Each line that was acknowledged is where its answer said, and none is there twice.
async fn check(kit: &TestKit, acknowledged: &Acknowledged) -> Result {
    let acknowledged = acknowledged.lock().expect("nobody panicked").clone();
    for number in 0..OBJECTS {
        let lines = page(kit, number).read().await?;
        for (_, count, text) in acknowledged.iter().filter(|(page, ..)| *page == number) {
            assert_eq!(
                lines.get(*count as usize - 1),
                Some(text),
                "page {number} has lost what it acknowledged: {lines:?}"
            );
        }
        let mut once = lines.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), lines.len(), "page {number} has a line twice: {lines:?}");
    }
    Ok(())
}

fn run(seed: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime
            .block_on(async { race(TestKit::shuffled(seed).await?).await })
            .expect("every call that is looked at succeeds")
    }));
    if let Err(panic) = outcome {
        eprintln!("this was seed {seed}: DO_SEED={seed} cargo test -p do-tests --test races");
        resume_unwind(panic);
    }
}

#[test]
fn whatever_was_acknowledged_survives_every_race() {
    let first = number("DO_SEED");
    let count = number("DO_RACES").unwrap_or(if first.is_some() { 1 } else { SEEDS });
    (first.unwrap_or(0)..).zip(0..count).for_each(|(seed, _)| run(seed));
}

//! One seed is one run: the same files, byte for byte.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use do_runtime::env::Disk;
use do_runtime::prelude::*;
use futures::future::{join_all, try_join_all};
use serde::{Deserialize, Serialize};

#[table(index = (kind, at desc))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Event {
    #[key]
    id: Id<Event>,
    kind: u32,
    token: String,
    #[default(now)]
    at: Timestamp,
}

#[durable_object(tables(Event))]
struct Worker {
    #[stored]
    done: u64,
    #[stored]
    names: BTreeMap<String, u64>,
}

#[durable_object]
impl Worker {
    #[rpc]
    fn note(&mut self, cx: &mut Cx<Self>, kind: u32) -> Result<u64> {
        let token = format!("{:x} {}", cx.random(), cx.uuid());
        cx.insert(Event::new(kind, token))?;
        self.done += 1;
        *self.names.entry(format!("kind {kind}")).or_default() += 1;
        Ok(self.done)
    }

    /// Notes, waits, asks another, notes again.
    #[rpc]
    async fn work(this: This<Self>, others: u32, rounds: u32) -> Result<u64> {
        let mut sum = 0;
        for round in 0..rounds {
            let drawn = this.update(|me, cx| {
                me.note(cx, round)?;
                Ok(cx.random())
            });
            let drawn = drawn.await?;
            this.sleep(millis(drawn % 500)).await?;
            let other = this.objects().get_by_name::<Worker>(format!("{}", drawn % u64::from(others)));
            sum += other.note(100 + round).await?;
        }
        Ok(sum)
    }

    #[rpc]
    fn stumble(&mut self, cx: &mut Cx<Self>) -> Result {
        self.note(cx, 999)?;
        panic!("as it must")
    }
}

/// The program, and what is left of it: its answers, and the files of the journal.
async fn run(kit: TestKit) -> (Vec<String>, BTreeMap<PathBuf, Vec<u8>>) {
    let mut answers = Vec::new();
    let workers: Vec<_> = (0..20).map(|n| kit.objects().get_by_name::<Worker>(format!("{n}"))).collect();
    for _ in 0..3 {
        let work = join_all(workers.iter().map(|worker| worker.work(20, 5)));
        let (sums, ()) = futures::future::join(work, kit.advance("10s")).await;
        answers.extend(sums.into_iter().map(|sum| format!("{sum:?}")));
        answers.push(format!("{:?}", workers[3].stumble().await));
        kit.advance("15s").await;
        let unique = kit.objects().namespace::<Worker>().new_unique_id();
        answers.push(unique.to_string());
        let noted = try_join_all((0..50).map(|n| kit.objects().get::<Worker>(unique).note(n))).await;
        answers.push(format!("{noted:?}"));
    }
    kit.settle().await;
    let disk = kit.disk();
    let mut files = BTreeMap::new();
    for name in disk.list(Path::new("journal")).expect("the journal is a folder") {
        let path = Path::new("journal").join(name);
        files.insert(path.clone(), disk.content(&path).expect("the file can be read"));
    }
    (answers, files)
}

fn run_with_seed(seed: u64) -> (Vec<String>, BTreeMap<PathBuf, Vec<u8>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    runtime.block_on(async {
        let kit = TestKit::open(seed).await.expect("a folder in memory can be opened");
        run(kit).await
    })
}

#[test]
fn one_seed_gives_the_same_journal_twice() {
    for seed in [1, 0xDEAD_BEEF] {
        let (answers, files) = run_with_seed(seed);
        assert!(files.values().any(|content| content.iter().any(|byte| *byte != 0)), "something was written");
        let (again, files_again) = run_with_seed(seed);
        assert_eq!(again, answers);
        assert!(files_again.keys().eq(files.keys()), "other files");
        for (path, content) in &files_again {
            let differs = content.iter().zip(&files[path]).position(|(a, b)| a != b);
            assert_eq!((differs, content.len()), (None, files[path].len()), "{}", path.display());
        }
    }
}

#[test]
fn another_seed_gives_other_ids() {
    let id = |seed| {
        let (answers, files) = run_with_seed(seed);
        (answers.into_iter().find(|answer| answer.len() == 64), files)
    };
    let ((one, files_one), (two, files_two)) = (id(1), id(2));
    assert!(one.is_some());
    assert_ne!(one, two);
    assert_ne!(files_one, files_two);
}

#[do_runtime::test]
async fn ids_of_names_depend_on_the_seed(kit: TestKit) -> Result {
    let other = TestKit::open(kit.seed().wrapping_add(1)).await?;
    let same = TestKit::open(kit.seed()).await?;
    let id = |kit: &TestKit| kit.objects().namespace::<Worker>().id_from_name("a");
    assert_ne!(id(&kit), id(&other));
    assert_eq!(id(&kit), id(&same));
    Ok(())
}

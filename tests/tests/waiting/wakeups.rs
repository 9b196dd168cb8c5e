//! No wake-up is lost: whatever happens at the same time, nobody waits for what is there.

use do_runtime::env::SeededRandom;
use do_runtime::prelude::*;

/// A heap of which callers take, and leave when they have waited for long enough.
#[durable_object]
struct Heap {
    #[stored]
    stones: usize,
    /// What each one took, in order.
    #[stored]
    who: Vec<u32>,
}

#[durable_object]
impl Heap {
    #[rpc]
    fn put(&mut self, fails: u32) -> Result {
        self.stones += 1;
        match fails {
            0 => bail!("it slips"),
            1 => panic!("it falls"),
            _ => Ok(()),
        }
    }

    /// Takes one. Who loses patience leaves, one way or another.
    #[rpc]
    async fn take(this: This<Self>, who: u32, patience: u64) -> Result<bool> {
        let end = this.now()? + millis(patience);
        let take = this.wait_for(|me, _| {
            if me.stones == 0 {
                return Ok(None);
            }
            me.stones -= 1;
            me.who.push(who);
            Ok(Some(()))
        });
        if who.is_multiple_of(2) {
            return Ok(take.until(end).await?.is_some());
        }
        tokio::select! {
            biased;
            taken = take => taken.map(|()| true),
            over = this.sleep(millis(patience)) => over.map(|()| false),
        }
    }

    /// Stones that are there, and who took one.
    #[rpc]
    fn state(&self) -> Result<(usize, Vec<u32>)> {
        Ok((self.stones, self.who.clone()))
    }
}

/// Longer than anything lasts here.
const PATIENT: u64 = 1_000_000;

/// What happened under a seed: who took, in order, and what each one was told.
async fn history(seed: u64) -> Result<(Vec<u32>, Vec<bool>)> {
    let kit = TestKit::shuffled(seed).await?;
    let random = SeededRandom::new(seed);
    let heap = kit.objects().get_by_name::<Heap>("heap");
    // Some leave in the very moment in which a stone is put, or when it was.
    let patience: Vec<u64> = (0..20).map(|_| [0, 1, 2, 3, PATIENT][random.below(5) as usize]).collect();
    let takers: Vec<_> = (0..).zip(&patience).map(|(who, patience)| kit.spawn(heap.take(who, *patience))).collect();
    let mut put = 0;
    for _ in 0..10 {
        let putting: Vec<_> = (0..2).map(|_| kit.spawn(heap.put(random.below(6) as u32))).collect();
        if random.below(3) == 0 {
            kit.evict_all().await?;
        }
        if random.below(2) == 0 {
            kit.advance("1ms").await;
        }
        for putting in putting {
            put += usize::from(putting.await.is_ok());
        }
    }
    kit.advance("10s").await;
    let (left, who) = heap.state().await?;
    assert_eq!(left + who.len(), put, "seed {seed}: a stone was lost");
    let waits = (0..).zip(&patience).find(|(taker, patience)| **patience == PATIENT && !who.contains(taker));
    assert!(left == 0 || waits.is_none(), "seed {seed}: {waits:?} waits for what is there");
    kit.advance(millis(PATIENT)).await;
    let mut told = Vec::new();
    for taker in takers {
        told.push(taker.await?);
    }
    for (taker, told) in (0..).zip(&told) {
        // Who is cut off by `select!` may have it without knowing.
        let knows = *told == who.contains(&taker) || taker % 2 == 1 && !told;
        assert!(knows, "seed {seed}: {taker} was told {told}, and {who:?} have one");
    }
    Ok((who, told))
}

#[do_runtime::test]
async fn whatever_happens_at_once_nobody_waits_for_what_is_there() -> Result {
    for seed in 0..100 {
        history(seed).await?;
    }
    Ok(())
}

#[do_runtime::test]
async fn one_seed_is_one_history() -> Result {
    for seed in 0..10 {
        let first = history(seed).await?;
        for _ in 0..3 {
            assert_eq!(history(seed).await?, first, "seed {seed}");
        }
    }
    Ok(())
}

/// On real threads: if a wake-up were lost, this would not end.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_threads_too_everybody_gets_one() -> Result {
    const MANY: u32 = 400;
    let folder = tempfile::tempdir().or_invalid()?;
    let objects = Objects::open(folder.path()).await?;
    let heap = objects.get_by_name::<Heap>("heap");
    let mut takers = Vec::new();
    for who in 0..MANY {
        let (taker, putter) = (heap.clone(), heap.clone());
        takers.push(tokio::spawn(async move { taker.take(who, u64::MAX >> 20).await }));
        drop(tokio::spawn(async move { putter.put(2).await }));
    }
    for taker in takers {
        assert!(taker.await.or_invalid()??);
    }
    let (left, mut who) = heap.state().await?;
    who.sort_unstable();
    assert_eq!((left, who), (0, (0..MANY).collect()));
    objects.close().await
}

use std::task::Waker;

use super::fixture::{Kept, World, after, outcome};
use crate::journal::{Log, LogPosition, Reached, segment};

const START: LogPosition = LogPosition(0);

#[test]
fn a_new_folder_is_an_empty_journal() {
    let world = World::new(1, 512);
    let (commits, journal) = world.open(START).unwrap();
    assert!(commits.is_empty());
    assert_eq!((journal.end(), journal.durable(), journal.held()), (START, START, 0));
    assert!(journal.failure().is_none());
}

#[test]
fn all_commits_come_back_over_many_lives_and_segment_sizes() {
    for seed in 0..40 {
        let mut world = World::new(seed, [64, 100, 257, 512, 4000][seed as usize % 5]);
        let mut all: Vec<Kept> = Vec::new();
        for life in 0..5 {
            let (commits, journal) = world.open(START).unwrap();
            assert_eq!(commits, all, "seed {seed}, life {life}");
            all.extend(world.append_groups(&journal, 4));
            assert_eq!(journal.durable(), journal.end());
            match life % 3 {
                0 => journal.close().unwrap(),
                1 => world.on(world.sim.disk.crash()),
                _ => world.on(world.sim.disk.kill()),
            }
        }
    }
}

#[test]
fn a_record_may_span_many_segments() {
    let mut world = World::new(3, 64);
    world.longest = 1000;
    let (_, journal) = world.open(START).unwrap();
    let all = world.append_groups(&journal, 10);
    world.on(world.sim.disk.crash());
    for from in std::iter::once(START).chain(all.iter().map(|commit| commit.end)) {
        let (commits, _) = world.recover(from).unwrap();
        assert_eq!(commits, after(&all, from));
    }
}

#[test]
fn replay_begins_at_any_commit_and_nowhere_else() {
    let mut world = World::new(4, 300);
    let (_, journal) = world.open(START).unwrap();
    let all = world.append_groups(&journal, 5);
    journal.close().unwrap();
    let end = journal.end();
    let borders: Vec<_> = all.iter().map(|commit| commit.end).collect();
    for at in 0..end.0 {
        let from = LogPosition(at);
        match world.recover(from) {
            Ok((commits, _)) => assert_eq!(commits, after(&all, from)),
            Err(error) => {
                assert!(!borders.contains(&from), "{at}: {error}");
                assert!(error.to_string().contains("does not fit the stored pages"), "{error}");
            }
        }
    }
    let beyond = world.recover(LogPosition(end.0 + 1)).err().unwrap();
    assert!(beyond.to_string().contains("it ends at position"), "{beyond}");
}

#[test]
fn recycled_segments_are_used_anew_and_old_records_stay_dead() {
    let mut world = World::new(5, 256);
    let (_, journal) = world.open(START).unwrap();
    let mut all = world.append_groups(&journal, 5);
    for _ in 0..50 {
        let applied = all[all.len() - 3].end;
        journal.recycle(applied).unwrap();
        assert_eq!(journal.held(), journal.end().0 - applied.0);
        all.extend(world.append_groups(&journal, 2));
        let (commits, _) = world.recover(applied).unwrap();
        assert_eq!(commits, after(&all, applied));
    }
    let files = world.files().len();
    assert!(files <= 10, "{files} files");
    let lost = world.recover(START).err().unwrap();
    assert!(lost.to_string().contains("not whole"), "{lost}");
}

#[test]
fn a_torn_end_is_given_up_and_never_comes_back() {
    // given: two batches of which only the second reached the disk
    for seed in 0..30 {
        let mut world = World::new(seed, 400);
        let (_, journal) = world.open(START).unwrap();
        let mut all = world.append_groups(&journal, 3);
        world.append(&journal).unwrap();
        world.append(&journal).unwrap();
        journal.close().unwrap();
        let end = all.last().unwrap().end;
        let place = |at: u64| (at / 400) as usize;
        let mut files = world.segments();
        let at = 4096 + (end.0 % 400) as usize;
        let (path, content) = &mut files[place(end.0)];
        content[at] ^= 0x10;
        // and: nothing that states more (the closing note, a later segment)
        content.iter_mut().skip(at + 50).for_each(|byte| *byte = 0);
        world.sim.disk.put(path, content);
        for (path, content) in files.iter().skip(place(end.0) + 1) {
            world.sim.disk.put(path, &vec![0; content.len()]);
        }
        // then: the log goes on from there, life after life
        for _ in 0..3 {
            let (commits, journal) = world.open(START).unwrap();
            assert_eq!(commits, all, "seed {seed}");
            assert_eq!(journal.end(), commits.last().unwrap().end);
            all.extend(world.append_groups(&journal, 1));
            world.on(world.sim.disk.crash());
        }
    }
}

#[test]
fn one_objects_commits_are_read_back_while_the_log_goes_on() {
    let mut world = World::new(6, 256);
    let (_, journal) = world.open(START).unwrap();
    let mut all = world.append_groups(&journal, 6);
    journal.close().unwrap();
    let (_, journal) = world.open(START).unwrap();
    all.extend(world.append_groups(&journal, 6));
    let durable = journal.durable();
    world.append(&journal).unwrap();
    for from in std::iter::once(START).chain(all.iter().map(|commit| commit.end)) {
        let mut read = Vec::new();
        journal
            .read_back(from, &mut |commit, end| {
                read.push(Kept::of(commit, end));
                Ok(())
            })
            .unwrap();
        assert_eq!(read, after(&all, from));
    }
    assert!(journal.end() > durable, "what is not durable was not read");
}

#[test]
fn a_reader_keeps_its_segments() {
    // given: more than is read from the disk at once
    let mut world = World::new(7, 64 << 10);
    world.longest = 200_000;
    let (_, journal) = world.open(START).unwrap();
    let all = world.append_groups(&journal, 20);
    assert!(journal.end().0 > 2 << 20);
    let mut read = Vec::new();
    journal
        .read_back(START, &mut |commit, end| {
            // when: everything is recycled and overwritten while it is read
            journal.recycle(journal.durable())?;
            world.append(&journal)?;
            world.settle();
            read.push(Kept::of(commit, end));
            Ok(())
        })
        .unwrap();
    assert_eq!(read, all);
    assert!(journal.read_back(START, &mut |_, _| Ok(())).is_err(), "and no longer");
}

#[test]
fn a_reader_keeps_its_segments_although_another_one_has_read_them() {
    let mut world = World::new(7, 64 << 10);
    world.longest = 200_000;
    let (_, journal) = world.open(START).unwrap();
    let all = world.append_groups(&journal, 20);
    let mut read = Vec::new();
    journal
        .read_back(START, &mut |commit, end| {
            if read.is_empty() {
                journal.read_back(START, &mut |_, _| Ok(()))?;
            }
            journal.recycle(journal.durable())?;
            world.append(&journal)?;
            world.settle();
            read.push(Kept::of(commit, end));
            Ok(())
        })
        .unwrap();
    assert_eq!(read, all);
}

#[test]
fn nothing_is_recycled_that_is_not_durable() {
    let mut world = World::new(16, 256);
    let (_, journal) = world.open(START).unwrap();
    world.append_groups(&journal, 5);
    let durable = journal.durable();
    (0..10).for_each(|_| drop(world.append(&journal).unwrap()));
    journal.recycle(journal.end()).unwrap();
    assert_eq!(journal.held(), journal.end().0 - durable.0);
    world.on(world.sim.disk.crash());
    assert_eq!(world.recover(durable).unwrap().1.end(), durable);
}

#[test]
fn a_segment_that_begins_between_two_commits_can_be_read_from_there() {
    let mut cases = 0;
    for seed in 0..4 {
        let mut world = World::new(seed, 64);
        let (_, journal) = world.open(START).unwrap();
        let all = world.append_groups(&journal, 40);
        for commit in all.iter().filter(|commit| commit.end.0 % 64 == 0) {
            cases += 1;
            journal.recycle(commit.end).unwrap();
            assert_eq!(journal.held(), journal.end().0 - commit.end.0);
            let (commits, _) = world.recover(commit.end).unwrap();
            assert_eq!(commits, after(&all, commit.end));
            let mut read = 0;
            journal
                .read_back(commit.end, &mut |_, _| {
                    read += 1;
                    Ok(())
                })
                .unwrap();
            assert_eq!(read, commits.len());
        }
    }
    assert!(cases >= 3, "{cases} of them");
}

#[test]
fn each_life_has_a_number_of_its_own_and_epochs_that_were_never_used() {
    let mut world = World::new(12, 300);
    let mut stamps = Vec::new();
    for _ in 0..4 {
        let (_, journal) = world.open(START).unwrap();
        world.append_groups(&journal, 3);
        let all: Vec<_> = world.segments().into_iter().map(|(_, content)| segment::Header::read(&content)).collect();
        let header = |block: &segment::HeaderBlock| match block {
            segment::HeaderBlock::Valid(header) => header.stamp,
            other => panic!("{other:?}"),
        };
        let stamp = all.iter().map(header).max_by_key(|stamp| stamp.epoch).unwrap();
        stamps.push(stamp);
    }
    for pair in stamps.windows(2) {
        assert_ne!(pair[0].life, pair[1].life);
        // Segments whose headers were lost had epochs too.
        assert!(pair[1].epoch > pair[0].epoch + 60_000);
    }
}

#[test]
fn a_later_life_is_held_to_what_this_one_says_it_has_reached() {
    let mut world = World::new(13, 300);
    world.open(START).unwrap().1.close().unwrap();
    let (_, journal) = world.open(START).unwrap();
    world.append_groups(&journal, 3);
    let reached = journal.reached();
    assert_eq!(reached.position, journal.durable());
    assert!(reached.epoch > 60_000, "the epochs of this life, and not those of the one before");
    journal.close().unwrap();
    let (_, replayed) = world.recover(START).unwrap();
    replayed.expect(reached).unwrap();
    replayed.expect(Reached { position: replayed.end(), ..reached }).unwrap();
    let beyond = LogPosition(replayed.end().0 + 1);
    for more in [Reached { position: beyond, ..reached }, Reached { epoch: reached.epoch + 1000, ..reached }] {
        let error = replayed.expect(more).unwrap_err();
        assert!(error.to_string().contains("were kept"), "{error}");
    }
}

#[test]
fn segments_without_anything_that_is_needed_are_free_for_the_next_life() {
    // given: four batches in each of three segments
    let mut world = World::new(15, 1000);
    let (_, journal) = world.open(START).unwrap();
    for _ in 0..12 {
        world.append_250(&journal);
        world.settle();
    }
    drop(journal);
    world.on(world.sim.disk.kill());
    let segments = world.segments();
    let [_, (second, _), (third, content)] = &segments[..] else { panic!("{} segments", segments.len()) };
    let of_next_life = |from| {
        let (_, replayed) = world.recover(LogPosition(from)).unwrap();
        let live: Vec<_> = replayed.live.iter().map(|segment| segment.header.first).collect();
        (live, replayed.spare, replayed.end)
    };
    // then: those before where replay begins are free,
    assert_eq!(of_next_life(0), (vec![0, 1000, 2000], vec![], 3000));
    assert_eq!(of_next_life(750), (vec![0, 1000, 2000], vec![], 3000));
    assert_eq!(of_next_life(1000), (vec![1000, 2000], vec![segments[0].0.clone()], 3000));
    assert_eq!(of_next_life(2250), (vec![2000], vec![segments[0].0.clone(), second.clone()], 3000));
    // and those behind where it ends, even if it ends where they begin.
    let mut torn = content.clone();
    torn[4096..].fill(0);
    world.sim.disk.put(third, &torn);
    assert_eq!(of_next_life(0), (vec![0, 1000], vec![third.clone()], 2000));
}

#[test]
fn what_a_reused_segment_held_before_is_never_taken_for_what_follows() {
    // given: batches that are all as long, and segments that hold so many of them, in one life
    let mut world = World::new(14, 1000);
    let (_, journal) = world.open(START).unwrap();
    for count in 1..60 {
        let commit = world.append_250(&journal);
        world.settle();
        assert_eq!(commit.end.0, count * 250, "four batches make a segment");
        journal.recycle(LogPosition(commit.end.0.saturating_sub(1000))).unwrap();
        // then: behind the last batch, where there is one of an earlier use, the log ends
        let (_, replayed) = world.recover(LogPosition((commit.end.0 - 250) / 250 * 250)).unwrap();
        assert_eq!(replayed.end(), commit.end);
    }
}

#[test]
fn one_seed_writes_the_same_bytes() {
    let run = |seed| {
        let mut world = World::new(seed, 300);
        let mut from = START;
        for life in 0..3 {
            let (commits, journal) = world.open(from).unwrap();
            world.append_groups(&journal, 5);
            from = commits.last().map_or(from, |commit| commit.end);
            journal.recycle(from).unwrap();
            if life == 2 {
                return (world.files(), world.sim.disk.counts());
            }
            journal.close().unwrap();
        }
        unreachable!("the third life returns")
    };
    assert_eq!(run(9), run(9));
    assert_ne!(run(9).0, run(10).0);
}

#[test]
fn callers_are_woken_once_their_batch_is_durable_and_share_one_sync() {
    let mut world = World::new(8, 4096);
    let (_, journal) = world.open(START).unwrap();
    world.settle();
    let before = world.sim.disk.counts().syncs;
    let commits: Vec<_> = (0..10).map(|_| world.append(&journal).unwrap()).collect();
    let woken = std::sync::Arc::new(Count::default());
    for commit in &commits {
        assert!(journal.poll_durable(commit.end, &Waker::from(woken.clone())).is_pending());
    }
    world.settle();
    assert_eq!(woken.0.load(std::sync::atomic::Ordering::SeqCst), 10);
    assert!(commits.iter().all(|commit| outcome(&journal, commit.end) == Some(Ok(()))));
    assert_eq!(world.sim.disk.counts().syncs, before + 1);
}

#[derive(Default)]
struct Count(std::sync::atomic::AtomicUsize);

impl std::task::Wake for Count {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}

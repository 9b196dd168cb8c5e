use std::io;
use std::path::PathBuf;

use super::fixture::{Kept, World, after};
use crate::ErrorKind;
use crate::env::{Disk, Fault, Random, Requests, SeededRandom};
use crate::journal::segment::{Header, HeaderBlock};
use crate::journal::{Journal, Log, LogPosition};

const START: LogPosition = LogPosition(0);
const SEGMENT: u64 = 400;

/// Whether the process ended well.
#[derive(Clone, Copy, PartialEq)]
enum Ended {
    Closed,
    Killed,
}

/// A segment file and its content.
type File = (PathBuf, Vec<u8>);

/// A small log over a few segments, its files in order of the log, and the end of the last batch but one.
fn small_log(ended: Ended) -> (World, Vec<Kept>, Vec<File>, LogPosition) {
    let mut world = World::new(42, SEGMENT);
    let (_, journal) = world.open(START).unwrap();
    let mut all = world.append_groups(&journal, 5);
    let stated = journal.durable();
    all.extend(world.append_groups(&journal, 1));
    if ended == Ended::Closed {
        journal.close().unwrap();
    }
    world.on(world.sim.disk.kill());
    let files = world.segments();
    assert!(files.len() >= 3);
    (world, all, files, stated)
}

#[test]
fn every_flipped_bit_of_a_closed_log_is_harmless_or_told() {
    let (world, all, files, _) = small_log(Ended::Closed);
    let mut told = 0;
    for (path, content) in &files {
        for at in 0..content.len() {
            let mut damaged = content.clone();
            damaged[at] ^= 1 << (at % 8);
            world.sim.disk.put(path, &damaged);
            match world.recover(START) {
                Ok((commits, _)) => assert_eq!(commits, all, "{} at {at}", path.display()),
                Err(error) => {
                    told += 1;
                    assert_eq!(error.kind(), ErrorKind::Storage);
                    let text = error.to_string();
                    let name = path.file_name().unwrap().to_string_lossy();
                    assert!(text.contains(&*name) && text.contains("byte") && text.contains("position"), "{text}");
                    assert!(text.contains("backup"), "{text}");
                }
            }
            assert_eq!(world.content(path), damaged, "the file is untouched");
        }
        world.sim.disk.put(path, content);
    }
    assert!(told as u64 >= all.last().unwrap().end.0, "each byte of the records matters");
}

#[test]
fn a_flipped_bit_of_a_killed_log_costs_at_most_the_last_batch() {
    let (world, all, files, stated) = small_log(Ended::Killed);
    for (path, content) in &files {
        for at in 0..content.len() {
            let mut damaged = content.clone();
            damaged[at] ^= 0x80 >> (at % 8);
            world.sim.disk.put(path, &damaged);
            if let Ok((commits, replayed)) = world.recover(START) {
                assert_eq!(commits, all[..commits.len()]);
                assert!(replayed.end() >= stated, "{} at {at}", path.display());
            }
        }
        world.sim.disk.put(path, content);
    }
}

#[test]
fn a_log_that_ends_at_any_byte_ends_at_the_last_whole_record() {
    let (world, all, files, _) = small_log(Ended::Closed);
    let random = SeededRandom::new(1);
    let end = all.last().unwrap().end.0;
    for at in 0..=end {
        let torn = (at / SEGMENT) as usize;
        for (number, (path, content)) in files.iter().enumerate() {
            let mut left = content.clone();
            match number.cmp(&torn) {
                std::cmp::Ordering::Less => {}
                // What is not there yet: zeros, or whatever was there before.
                std::cmp::Ordering::Equal if at % 2 == 0 => left[4096 + (at % SEGMENT) as usize..].fill(0),
                std::cmp::Ordering::Equal => random.fill(&mut left[4096 + (at % SEGMENT) as usize..]),
                std::cmp::Ordering::Greater => left.fill(0),
            }
            world.sim.disk.put(path, &left);
        }
        let (commits, replayed) = world.recover(START).unwrap_or_else(|error| panic!("at {at}: {error}"));
        let whole: Vec<_> = all.iter().filter(|commit| commit.end.0 <= at).cloned().collect();
        assert_eq!(commits, whole, "at {at}");
        assert!(replayed.end().0 <= at);
    }
}

#[test]
fn a_file_that_was_cut_is_told() {
    let (world, all, files, _) = small_log(Ended::Killed);
    for (path, content) in &files {
        for length in (0..content.len()).step_by(7) {
            world.sim.disk.put(path, &content[..length]);
            match world.recover(START) {
                Ok((commits, _)) => assert!(length == 0 && commits == all[..commits.len()], "{length}"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Storage),
            }
        }
        world.sim.disk.put(path, &content[..content.len() - 1]);
        let cut = world.recover(START).err().unwrap().to_string();
        assert!(cut.contains("was cut at byte"), "{cut}");
        world.sim.disk.put(path, content);
    }
}

#[test]
fn a_missing_segment_is_told() {
    let (world, _, files, _) = small_log(Ended::Killed);
    for (path, content) in &files[..files.len() - 1] {
        world.sim.disk.remove(path).unwrap();
        let missing = world.recover(START).err().unwrap().to_string();
        assert!(missing.contains("in none of its segment files"), "{missing}");
        world.sim.disk.put(path, content);
    }
    for (path, _) in &files {
        world.sim.disk.remove(path).unwrap();
    }
    let none = world.recover(LogPosition(100)).err().unwrap().to_string();
    assert!(none.contains("does not fit the stored pages"), "{none}");
}

#[test]
fn a_log_begins_behind_its_last_gap() {
    let (world, all, files, _) = small_log(Ended::Killed);
    let first = || Journal::recover(&world.sim.env(), world.options.clone()).unwrap().first();
    assert_eq!(first(), START);
    for pair in files.windows(2) {
        let [(lost, content), (_, next)] = pair else { unreachable!("windows of two") };
        let HeaderBlock::Valid(header) = Header::read(next) else { panic!("a segment has a header") };
        world.sim.disk.remove(lost).unwrap();
        let begins = first();
        assert_eq!(begins.0, header.entry.position);
        assert_eq!(world.recover(begins).unwrap().0, after(&all, begins));
        world.sim.disk.put(lost, content);
    }
}

#[test]
fn the_end_of_a_life_is_missed_although_the_next_one_has_written_nothing() {
    // given: a killed life, whose last batch nothing states to be durable, and the beginning of the next one
    let (mut world, all, _, stated) = small_log(Ended::Killed);
    let (_, journal) = world.open(START).unwrap();
    let end = journal.end();
    drop(journal);
    world.on(world.sim.disk.crash());
    assert_eq!(world.recover(START).unwrap().0, all);
    // when: that batch is lost
    let files = world.segments();
    let (path, content) = files.iter().rfind(|(_, content)| first_of(content) < end.0).unwrap();
    let mut torn = content.clone();
    torn[4096 + (stated.0.saturating_sub(first_of(content))) as usize..].fill(0);
    world.sim.disk.put(path, &torn);
    // then
    let told = world.recover(START).err().unwrap().to_string();
    assert!(told.contains("acknowledged"), "{told}");
}

/// The position at which a segment begins.
fn first_of(content: &[u8]) -> u64 {
    match Header::read(content) {
        HeaderBlock::Valid(header) => header.first,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_segment_that_goes_on_from_another_history_is_told() {
    // given: two nodes' logs with the same mark, of the same length and with other commits
    let life = |sequence| {
        let mut world = World::new(9, SEGMENT);
        world.sequence = sequence;
        let (_, journal) = world.open(START).unwrap();
        world.append_250(&journal);
        world.settle();
        drop(journal);
        world.on(world.sim.disk.crash());
        world
    };
    let (mut one, other) = (life(0), life(500));
    // when: the next life of one follows the first life of the other
    let (_, journal) = one.open(START).unwrap();
    one.append_250(&journal);
    one.settle();
    let (_, content) = one.segments().pop().unwrap();
    other.sim.disk.put(&other.options.folder.join("99999999.segment"), &content);
    let told = other.recover(START).err().unwrap().to_string();
    assert!(told.contains("does not go on where the one before it ends"), "{told}");
}

#[test]
fn a_segment_whose_header_is_gone_is_told_while_later_batches_depend_on_it() {
    let (world, _, files, _) = small_log(Ended::Closed);
    for (path, content) in &files[1..] {
        let mut headless = content.clone();
        headless[..4096].fill(0);
        world.sim.disk.put(path, &headless);
        let result = world.recover(START);
        assert!(result.is_err(), "{}", path.display());
        headless[..4096].fill(0xa5);
        world.sim.disk.put(path, &headless);
        let damaged = world.recover(START).err().unwrap().to_string();
        assert!(damaged.contains("both copies of the header"), "{damaged}");
        world.sim.disk.put(path, content);
    }
}

#[test]
fn a_journal_that_can_not_be_read_is_told_and_never_taken_for_a_shorter_one() {
    let (world, all, files, _) = small_log(Ended::Killed);
    let other = Fault::Error(io::ErrorKind::Other);
    let found = |before| {
        world.sim.disk.fail_requests(Requests::Any, before, 1, other);
        world.recover(START).map(|(commits, _)| assert_eq!(commits, all, "{before}"))
    };
    // Whatever is asked of the folder and of each segment fails once.
    let requests = (0..).take_while(|before| found(*before).is_err()).count();
    assert!(requests > 3 * files.len(), "{requests} requests");
    let listed = found(0).unwrap_err();
    assert!(listed.kind() == ErrorKind::Storage && listed.to_string().contains("could not list"), "{listed}");
    assert!(found(1).unwrap_err().to_string().contains(".segment"), "which file");
    // What is no segment may be unreadable.
    world.sim.disk.put(&world.options.folder.join("a letter"), b"of somebody else");
    world.sim.disk.put(&world.options.folder.join("zeros"), &[0; 5000]);
    let passed_over = (0..requests as u64).filter(|before| found(*before).is_ok()).count();
    assert!(passed_over >= 2, "{passed_over} requests do not matter");
}

#[test]
fn a_copied_segment_is_told_whatever_its_name() {
    let (world, _, files, _) = small_log(Ended::Killed);
    for name in ["99999999.segment", "copy.bak"] {
        let copy = world.options.folder.join(name);
        world.sim.disk.put(&copy, &files[1].1);
        let doubled = world.recover(START).err().unwrap().to_string();
        assert!(doubled.contains("one segment twice") && doubled.contains(name), "{doubled}");
        world.sim.disk.remove(&copy).unwrap();
    }
    world.sim.disk.put(&world.options.folder.join("notes.txt"), b"not a segment");
    assert!(world.recover(START).is_ok());
}

#[test]
fn a_renamed_segment_still_counts() {
    let (world, all, files, _) = small_log(Ended::Killed);
    let last = &files[files.len() - 1].0;
    world.sim.disk.rename(last, &world.options.folder.join("renamed")).unwrap();
    assert_eq!(world.recover(START).unwrap().0, all);
}

#[test]
fn other_nodes_and_newer_programs_are_told() {
    let (mut world, _, files, _) = small_log(Ended::Killed);
    let (path, content) = &files[0];
    let mut newer = content.clone();
    (newer[8], newer[2048 + 8]) = (9, 9);
    world.sim.disk.put(path, &newer);
    let text = world.recover(START).err().unwrap().to_string();
    assert!(text.contains("version 9") && text.contains("up to 1"), "{text}");
    world.sim.disk.put(path, content);
    world.options.node = [8; 16];
    let text = world.recover(START).err().unwrap().to_string();
    assert!(text.contains("another node"), "{text}");
}

#[test]
fn any_bytes_in_place_of_a_segment_never_panic_and_never_invent_commits() {
    let (world, all, files, _) = small_log(Ended::Closed);
    let random = SeededRandom::new(5);
    for round in 0..300 {
        let (path, content) = &files[round % files.len()];
        let mut wild = content.clone();
        let from = random.below(wild.len() as u64) as usize;
        let to = from + random.below((wild.len() - from) as u64 + 1) as usize;
        random.fill(&mut wild[from..to]);
        world.sim.disk.put(path, &wild);
        if let Ok((commits, _)) = world.recover(START) {
            // Only what reaches over the closing note looks like a torn end.
            let note = 4096 + (all.last().unwrap().end.0 % SEGMENT) as usize;
            let reaches = path == &files[files.len() - 1].0 && from < note && note < to;
            assert!(commits == all || (reaches && commits == all[..commits.len()]), "{from}..{to}");
        }
        world.sim.disk.put(path, content);
    }
}

#[test]
fn damage_in_what_is_checkpointed_does_not_matter() {
    let (world, all, files, _) = small_log(Ended::Closed);
    let (path, content) = &files[0];
    let mut damaged = content.clone();
    damaged[4096 + 60] ^= 1;
    world.sim.disk.put(path, &damaged);
    assert!(world.recover(START).is_err());
    let from = all.iter().map(|commit| commit.end).find(|end| end.0 > 2 * SEGMENT).unwrap();
    assert_eq!(world.recover(from).unwrap().0, after(&all, from));
}

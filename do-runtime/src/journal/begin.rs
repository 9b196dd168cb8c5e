//! A new life of the journal: a fresh segment under a new epoch, made durable before anything relies on it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use super::files::{Handles, make_file, take_file};
use super::gate::Gate;
use super::recover::Replayed;
use super::segment::{self, Entry, Header, Segment, Stamp};
use super::space::{Held, Space};
use super::{Journal, JournalOptions, Shared, words, writer};
use crate::env::Env;
use crate::sync::{Condvar, Mutex};
use crate::{Error, ErrorKind, Result};

/// A life begins so many epochs after the highest that was seen: segments of the life before whose headers were lost
/// had epochs too.
const EPOCHS_BETWEEN_LIVES: u64 = 1 << 16;

/// Begins where replay has ended.
pub(super) fn begin(replayed: Replayed, checkpointed: u64) -> Result<Journal> {
    let Replayed { env, options, live, blank, spare, end, chain, highest_epoch, mut highest_number } = replayed;
    let sizes = JournalOptions::SMALLEST_SEGMENT..=JournalOptions::LARGEST_SEGMENT;
    if !sizes.contains(&options.segment) {
        return Err(Error::invalid(format!(
            "a segment of the journal has {} to {} bytes, not {}",
            sizes.start(),
            sizes.end(),
            options.segment
        )));
    }
    if checkpointed > end {
        return Err(Error::new(
            ErrorKind::Internal,
            format!("the journal ends at position {end}, before the checkpoint at {checkpointed}"),
        ));
    }
    let disk = &*env.disk;
    let folder = &options.folder;
    disk.create_folder(folder).map_err(|error| words::disk(disk, "make the folder", folder, error))?;
    let above = folder.parent().unwrap_or(Path::new(""));
    disk.sync_folder(above).map_err(|error| words::disk(disk, "sync the folder", above, error))?;

    // The new header will state that what was read is durable: it was settled before it was read.
    let passed = live.iter().zip(live.iter().skip(1)).take_while(|(_, next)| next.header.first <= checkpointed).count();
    let passed = if checkpointed == end { live.len() } else { passed };
    let (old, live) = live.split_at(passed);
    let old: Vec<_> = old.iter().map(|segment| segment.path.clone()).collect();

    let mut life = [0; 8];
    env.random.fill(&mut life);
    let header = Header {
        node: options.node,
        stamp: Stamp { life: u64::from_le_bytes(life), epoch: highest_epoch.saturating_add(EPOCHS_BETWEEN_LIVES) },
        previous: live.last().map_or(0, |segment| segment.header.stamp.epoch),
        first: end,
        payload: options.segment,
        durable: end,
        entry: Entry { position: end, left: 0, chain },
    };
    let (path, handles) = first_file(&env, &options, [&spare, &blank], &old, &mut highest_number)?;
    handles[0].write_at(&header.encode(), 0).map_err(|error| words::disk(disk, "write", &path, error))?;
    handles[0].sync().map_err(|error| words::disk(disk, "sync", &path, error))?;
    disk.sync_folder(folder).map_err(|error| words::disk(disk, "sync the folder", folder, error))?;

    let first = Arc::new(Segment { path: path.clone(), file: handles[0].clone(), header });
    let gate = Gate::new(&header);
    let space = Space::new(env.clone(), options.clone(), live.to_vec(), (first, handles), highest_number, checkpointed);
    // Only now are old segments of no use.
    let held = |paths, held| Vec::into_iter(paths).map(move |path| (path, held));
    for (free, held) in held(blank, Held::Nothing).chain(held(spare, Held::Records)).chain(held(old, Held::Records)) {
        if free != path {
            space.reuse(&free, held)?;
        }
    }
    let shared = Arc::new(Shared {
        env: env.clone(),
        folder: options.folder,
        rhythm: options.rhythm,
        space,
        gate: Mutex::new(gate),
        work: Condvar::new(),
        enough: Condvar::new(),
        order: Condvar::new(),
        room: Condvar::new(),
        pumping: Mutex::new(()),
        durable: AtomicU64::new(end),
        end: AtomicU64::new(end),
        preparing: AtomicBool::new(false),
        failed: Arc::default(),
    });
    writer::start(&shared);
    shared.prepare_if_wanted();
    Ok(Journal(shared))
}

type First = (PathBuf, Handles);

/// A file for the first segment: one that holds nothing, a new one, or, on a full disk, one that everything is
/// durable elsewhere of.
fn first_file(
    env: &Env,
    options: &JournalOptions,
    unused: [&[PathBuf]; 2],
    old: &[PathBuf],
    highest_number: &mut u64,
) -> Result<First> {
    let disk = &*env.disk;
    let taken = |paths: &[PathBuf]| -> Result<Option<First>> {
        for path in paths {
            let handles = take_file(env, options, path).map_err(|error| words::disk(disk, "open", path, error))?;
            if let Some(handles) = handles {
                return Ok(Some((path.clone(), handles)));
            }
        }
        Ok(None)
    };
    for paths in unused {
        if let Some(first) = taken(paths)? {
            return Ok(first);
        }
    }
    *highest_number += 1;
    let path = options.folder.join(segment::name(*highest_number));
    match make_file(env, options, &path) {
        Ok(handles) => Ok((path, handles)),
        Err(error) => {
            // Nothing was in it.
            let _ = disk.remove(&path);
            taken(old)?.ok_or_else(|| words::disk(disk, "make", &path, error))
        }
    }
}

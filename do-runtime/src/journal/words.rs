//! What the journal says to people: each sentence names the file and what can be done.

use std::io;
use std::path::Path;

use super::recover::Reached;
use super::segment::{Segment, VERSION, file_name, offset};
use crate::env::Disk;
use crate::{Error, ErrorKind};

const RESTORE: &str = "Nothing was changed; restore the node's folder from a backup, or this file from a copy of it";

/// The disk did not do what it was asked for.
pub(super) fn disk(disk: &dyn Disk, doing: &str, path: &Path, error: io::Error) -> Error {
    let place = disk.describe(path);
    Error::with_source(ErrorKind::Storage, format!("could not {doing} {}: {error}", place.display()), error)
}

/// A write or sync failed: nothing can be promised any more.
pub(super) fn failed(disk: &dyn Disk, doing: &str, path: &Path, error: io::Error) -> Error {
    let place = disk.describe(path);
    let message = format!(
        "the journal has failed and takes nothing more until the node is opened again: could not {doing} {}: {error}",
        place.display()
    );
    Error::with_source(ErrorKind::Unavailable, message, error)
}

/// There is no room to go on.
pub(super) fn no_room(disk: &dyn Disk, folder: &Path, needed: u64, error: &io::Error) -> Error {
    let place = disk.describe(folder);
    Error::new(
        ErrorKind::Storage,
        format!(
            "no room in the journal for a transaction: {} more bytes could not be reserved in {}: {error}; \
             writes go on by themselves when there is room",
            needed,
            place.display()
        ),
    )
}

/// Something that was acknowledged cannot be read.
pub(super) fn damaged<'a>(
    disk: &dyn Disk,
    segments: impl Iterator<Item = &'a Segment>,
    position: u64,
    what: &str,
    durable: u64,
) -> Error {
    let place = |segment: &Segment| {
        format!("{} at byte {}", disk.describe(&segment.path).display(), offset(&segment.header, position))
    };
    let places: Vec<_> = segments.map(place).collect();
    storage(format!(
        "the journal is damaged: {} (log position {position}): {what}; commits up to position {durable} were \
         acknowledged, so that this is not just its torn end. {RESTORE}",
        places.join(", which goes on in "),
    ))
}

/// A part of the log is not there.
pub(super) fn missing(disk: &dyn Disk, folder: &Path, from: u64, to: u64, why: &str) -> Error {
    storage(format!(
        "the journal in {} is not whole: log positions {from} to {to} are in none of its segment files ({why}). \
         Nothing was changed; put the missing file back, or restore the node's folder from a backup",
        disk.describe(folder).display(),
    ))
}

/// The last part of the log is gone, with all that said so.
pub(super) fn ends_early(disk: &dyn Disk, folder: &Path, last: Option<&Segment>, end: u64, reached: Reached) -> Error {
    let place = match last {
        Some(segment) => {
            format!("{} at byte {}", disk.describe(&segment.path).display(), offset(&segment.header, end))
        }
        None => format!("{}, which has no segment files", disk.describe(folder).display()),
    };
    storage(format!(
        "the journal is damaged or not whole: it ends in {place} (log position {end}), and commits up to position {} and \
         segments up to epoch {} were kept. {RESTORE}; a segment file of the journal that is missing goes back to where it was",
        reached.position.0, reached.epoch,
    ))
}

/// The header of a segment can't be read.
pub(super) fn header_damaged(disk: &dyn Disk, path: &Path) -> Error {
    storage(format!(
        "the journal is damaged: both copies of the header of {} (bytes 0 and 2048) fail their checksum, and it may hold \
         acknowledged commits. {RESTORE}; or move the file away to see whether the others are enough without it",
        disk.describe(path).display(),
    ))
}

/// A file lost its end.
pub(super) fn cut(disk: &dyn Disk, segment: &Segment, length: u64, expected: u64) -> Error {
    storage(format!(
        "the journal is damaged: {} was cut at byte {length} (log position {}) and must have {expected} bytes. {RESTORE}",
        disk.describe(&segment.path).display(),
        segment.header.first + length.saturating_sub(super::segment::HEADER),
    ))
}

/// Two files claim one place.
pub(super) fn doubled(disk: &dyn Disk, a: &Path, b: &Path) -> Error {
    storage(format!(
        "the journal has one segment twice: {} and {} have the same epoch; one is a copy of the other. Nothing was \
         changed; move the copy out of the folder",
        disk.describe(a).display(),
        file_name(b),
    ))
}

/// A file of another node.
pub(super) fn foreign(disk: &dyn Disk, path: &Path) -> Error {
    storage(format!(
        "{} belongs to the journal of another node, or the node's `id.key` is not its own. Nothing was changed; move the file \
         back to where it came from, or put `id.key` back from a backup",
        disk.describe(path).display(),
    ))
}

/// A file of a newer program.
pub(super) fn newer(disk: &dyn Disk, path: &Path, version: u32) -> Error {
    storage(format!(
        "{} has version {version} of the journal's format, and this program knows versions up to {VERSION}. Nothing was \
         changed; open the node with the newer program",
        disk.describe(path).display(),
    ))
}

/// A record that is right, and yet says what no version known here writes.
pub(super) fn unknown(disk: &dyn Disk, segment: &Segment, position: u64) -> Error {
    storage(format!(
        "the record in {} at byte {} (log position {position}) is whole and says what this program does not know. \
         Nothing was changed; open the node with the program that wrote it",
        disk.describe(&segment.path).display(),
        offset(&segment.header, position),
    ))
}

/// A position that somebody else keeps does not fit the journal.
pub(super) fn misfit(disk: &dyn Disk, folder: &Path, position: u64, why: &str) -> Error {
    storage(format!(
        "the journal in {} does not fit the stored pages, which go up to log position {position}: {why}. Nothing was \
         changed; restore the node's folder, journal and pages together, from a backup",
        disk.describe(folder).display(),
    ))
}

fn storage(message: String) -> Error {
    Error::new(ErrorKind::Storage, message)
}

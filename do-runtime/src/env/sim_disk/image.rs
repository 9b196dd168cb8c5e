//! What is on a disk: files and names, as a process sees them and as they are durable.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use super::content::Sparse;
use super::cut::{Cut, Keep};
use super::unsynced::{Change, FileState};
use crate::env::SeededRandom;

/// Something that was done to a disk. Files have numbers, from 0 on, in the order in which they were made; names are paths
/// with `/`, and the empty one is the folder itself.
#[derive(Debug, Clone)]
pub enum Step {
    /// Bytes were written to a file, at a place.
    Write(usize, u64, Arc<[u8]>),
    /// A file came to have this length.
    Len(usize, u64),
    /// A file was synced.
    Sync(usize),
    /// A file was made.
    Make(String),
    /// A folder was made.
    MakeFolder(String),
    /// A file lost its name.
    Remove(String),
    /// A file was renamed.
    Rename(String, String),
    /// A folder was synced.
    SyncFolder(String),
}

/// A step, and when it was done. Where several threads work, a sync covers what was over when it began. Times count anything that
/// tells before from after.
#[derive(Debug, Clone)]
pub struct Event {
    /// What was done.
    pub step: Step,
    /// When it began.
    pub begun: u64,
    /// When it was over; the last time there is if it never was.
    pub done: u64,
}

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    File(usize),
    Folder,
}

type Entries = BTreeMap<String, Entry>;

/// A change of a folder.
#[derive(Debug, Clone)]
enum Renamed {
    Added(String, Entry),
    Removed(String),
    Moved(String, String, Entry),
}

impl Renamed {
    fn names(&self) -> [&str; 2] {
        match self {
            Renamed::Added(name, _) | Renamed::Removed(name) => [name, name],
            Renamed::Moved(from, to, _) => [from, to],
        }
    }

    fn is_in(&self, parent: &str) -> bool {
        self.names().into_iter().any(|name| folder(name) == parent)
    }

    fn apply(self, entries: &mut Entries) {
        match self {
            Renamed::Added(name, entry) => drop(entries.insert(name, entry)),
            Renamed::Removed(name) => drop(entries.remove(&name)),
            Renamed::Moved(from, to, entry) => {
                entries.remove(&from);
                entries.insert(to, entry);
            }
        }
    }
}

/// A change of a folder that is not durable yet.
#[derive(Debug, Clone)]
struct Unsynced {
    change: Renamed,
    number: u64,
    done: u64,
}

/// The files and names of a disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Image {
    files: Vec<FileState>,
    entries: Entries,
    durable: Entries,
    unsynced: Vec<Unsynced>,
    /// How many events it has seen.
    seen: u64,
}

impl Image {
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    pub(super) fn entries(&self) -> &Entries {
        &self.entries
    }

    pub(super) fn file(&self, number: usize) -> &Sparse {
        self.files[number].now()
    }

    pub(super) fn find(&self, name: &str) -> io::Result<usize> {
        match self.entries.get(name) {
            Some(Entry::File(file)) => Ok(*file),
            Some(Entry::Folder) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    pub(super) fn folder_exists(&self, folder: &str) -> io::Result<()> {
        match self.entries.get(folder) {
            _ if folder.is_empty() => Ok(()),
            Some(Entry::Folder) => Ok(()),
            Some(Entry::File(_)) => Err(io::ErrorKind::NotADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// The file that would be made next.
    pub(super) fn next_file(&self) -> usize {
        self.files.len()
    }

    /// The bytes of all files that have a name.
    pub(super) fn used(&self) -> u64 {
        let live = self.entries.values().filter_map(|entry| match entry {
            Entry::File(file) => Some(self.file(*file).len()),
            Entry::Folder => None,
        });
        live.sum()
    }

    /// Gives a file this content, durably, whatever it was.
    pub(super) fn put(&mut self, name: String, content: Sparse) {
        let file = Entry::File(self.files.len());
        self.files.push(FileState::durable(content));
        self.entries.insert(name.clone(), file);
        self.durable.insert(name, file);
    }

    /// Makes a folder, durably.
    pub(super) fn put_folder(&mut self, name: String) {
        self.entries.insert(name.clone(), Entry::Folder);
        self.durable.insert(name, Entry::Folder);
    }

    /// Takes all names away, durably.
    pub(super) fn wipe(&mut self) {
        self.entries.clear();
        self.durable.clear();
        self.unsynced.clear();
    }

    /// Whether a sync of this file would change what a power cut leaves of it.
    pub(super) fn is_unsynced(&self, file: usize) -> bool {
        self.files[file].unsynced().next().is_some()
    }

    /// A sync of this file has failed.
    pub(super) fn fail_to_sync(&mut self, file: usize) {
        self.files[file].fail_to_sync();
    }

    /// Readers of this file see what the disk has.
    pub(super) fn forget_what_failed(&mut self, file: usize) {
        self.files[file].forget_what_failed();
    }

    /// Does what was done to the disk.
    pub(super) fn apply(&mut self, event: &Event) {
        let Event { step, begun, done } = event;
        let number = self.seen;
        self.seen += 1;
        match step {
            Step::Write(file, at, bytes) => {
                self.files[*file].change(Change::Bytes(*at, bytes.clone()), number, *done);
            }
            Step::Len(file, len) => self.files[*file].change(Change::Len(*len), number, *done),
            Step::Sync(file) => self.files[*file].sync(*begun),
            Step::Make(name) => {
                let file = Entry::File(self.files.len());
                self.files.push(FileState::default());
                self.rename(Renamed::Added(name.clone(), file), number, *done);
            }
            Step::MakeFolder(name) => self.rename(Renamed::Added(name.clone(), Entry::Folder), number, *done),
            Step::Remove(name) => self.rename(Renamed::Removed(name.clone()), number, *done),
            Step::Rename(from, to) => {
                if let Some(entry) = self.entries.get(from).copied() {
                    self.rename(Renamed::Moved(from.clone(), to.clone(), entry), number, *done);
                }
            }
            Step::SyncFolder(parent) => {
                let durable = &mut self.durable;
                self.unsynced.retain(|unsynced| {
                    let covered = unsynced.change.is_in(parent) && unsynced.done <= *begun;
                    if covered {
                        unsynced.change.clone().apply(durable);
                    }
                    !covered
                });
            }
        }
    }

    fn rename(&mut self, change: Renamed, number: u64, done: u64) {
        change.clone().apply(&mut self.entries);
        self.unsynced.push(Unsynced { change, number, done });
    }

    /// The numbers of the changes that are not durable.
    pub(super) fn unsynced(&self) -> BTreeSet<u64> {
        let names = self.unsynced.iter().map(|unsynced| unsynced.number);
        self.files.iter().flat_map(FileState::unsynced).chain(names).collect()
    }

    /// What a power cut leaves of it.
    pub(super) fn left(&self, keep: Keep, random: &SeededRandom) -> Image {
        let cut = Cut::new(keep, &self.unsynced(), random);
        let files = self.files.iter().map(|file| file.left(&cut)).collect();
        let mut entries = self.durable.clone();
        // Names are independent of each other, but of one name a change is there only with those before it.
        let mut lost = BTreeSet::new();
        for Unsynced { change, number, .. } in &self.unsynced {
            let kept = cut.keeps_name(*number) && !change.names().iter().any(|name| lost.contains(*name));
            if kept {
                change.clone().apply(&mut entries);
            } else {
                lost.extend(change.names().map(str::to_owned));
            }
        }
        let whole = entries.keys().filter(|name| is_reached(&entries, name)).cloned().collect::<BTreeSet<_>>();
        entries.retain(|name, _| whole.contains(name));
        Image { files, durable: entries.clone(), entries, unsynced: Vec::new(), seen: 0 }
    }
}

/// Whether all folders that a name is in are there.
fn is_reached(entries: &Entries, name: &str) -> bool {
    let mut parent = folder(name);
    while !parent.is_empty() {
        if entries.get(parent) != Some(&Entry::Folder) {
            return false;
        }
        parent = folder(parent);
    }
    true
}

/// The folder that a name is in.
pub(super) fn folder(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

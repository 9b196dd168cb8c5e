//! The files of a folder in memory, the damages that are done to them, and the folder on disk again.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::Path;

/// What is under a name; the zeros at the end of a file are not kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    File { bytes: Vec<u8>, length: u64 },
    Folder,
}

impl Content {
    pub fn file(mut bytes: Vec<u8>) -> Self {
        let length = bytes.len() as u64;
        bytes.truncate(used(&bytes));
        Content::File { bytes, length }
    }

    /// How much of it is not just zeros, and its length.
    pub fn sizes(&self) -> (u64, u64) {
        match self {
            Content::File { bytes, length } => (bytes.len() as u64, *length),
            Content::Folder => (0, 0),
        }
    }
}

/// The length without the zeros at the end. Most of a segment is zeros, so that they are not looked at one by one.
fn used(bytes: &[u8]) -> usize {
    const ZEROS: [u8; 4096] = [0; 4096];
    let chunk = bytes.chunks(ZEROS.len()).rposition(|chunk| *chunk != ZEROS[..chunk.len()]).unwrap_or(0);
    let end = bytes.len().min((chunk + 1) * ZEROS.len());
    bytes[..end].iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

/// Files by their path in the folder.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Files(pub BTreeMap<String, Content>);

impl Files {
    /// Leaves segments without content out, but for two: they are large, and all the same.
    pub fn leave_out_blanks(&mut self) {
        let mut blank = 0;
        self.0.retain(|name, content| {
            let is_blank = name.ends_with(".segment") && content.sizes().0 == 0 && content.sizes().1 > 0;
            blank += u32::from(is_blank);
            !is_blank || blank <= 2
        });
    }

    /// Reads a folder.
    pub fn read(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        for below in ["", "journal", "pages"] {
            for entry in fs::read_dir(folder.join(below)).into_iter().flatten() {
                let path = entry.expect("an entry of the folder").path();
                let name = path.strip_prefix(folder).expect("it is in the folder").to_string_lossy().into_owned();
                if path.is_dir() {
                    if !["journal", "pages"].contains(&&*name) {
                        files.insert(name, Content::Folder);
                    }
                    continue;
                }
                files.insert(name, Content::file(fs::read(&path).expect("a file can be read")));
            }
        }
        Files(files)
    }

    /// Writes them into an empty folder.
    pub fn write(&self, folder: &Path) {
        for below in ["journal", "pages"] {
            fs::create_dir_all(folder.join(below)).expect("a folder can be made");
        }
        for name in self.0.keys() {
            self.write_one(folder, name);
        }
    }

    /// Puts one file in its place as it is here.
    pub fn write_one(&self, folder: &Path, name: &str) {
        let path = folder.join(name);
        let _ = fs::remove_file(&path);
        let _ = fs::remove_dir_all(&path);
        match self.0.get(name) {
            None => {}
            Some(Content::Folder) => fs::create_dir_all(path).expect("a folder can be made"),
            Some(Content::File { bytes, length }) => {
                let mut file = fs::File::create(path).expect("a file can be made");
                file.write_all(bytes).expect("it can be written");
                file.set_len(*length).expect("it can be made as long as it was");
            }
        }
    }

    /// The names whose content is not the same, but for the lock and for empty files that are new.
    pub fn changed(&self, now: &Files) -> Vec<String> {
        let lost = self.0.iter().filter(|(name, content)| *name != "LOCK" && now.0.get(*name) != Some(content));
        let empty = |content: &Content| content.sizes().1 == 0 && *content != Content::Folder;
        let new = now.0.iter().filter(|(name, content)| {
            *name != "LOCK" && !self.0.contains_key(*name) && !empty(content) && content.sizes().0 > 0
        });
        lost.chain(new).map(|(name, _)| name.clone()).collect()
    }
}

/// What happens to a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Damage {
    Cut(u64),
    Flip { at: u64, bit: u8 },
    Zeros { at: u64, length: usize },
    Garbage { at: u64, length: usize },
    Removed,
    Doubled(String),
    Swapped(String),
    Folder,
}

impl Damage {
    /// The kind, for a table.
    pub fn kind(&self) -> &'static str {
        match self {
            Damage::Cut(0) => "cut to nothing",
            Damage::Cut(_) => "cut",
            Damage::Flip { .. } => "a bit flipped",
            Damage::Zeros { .. } => "a page zeroed",
            Damage::Garbage { .. } => "a page of garbage",
            Damage::Removed => "removed",
            Damage::Doubled(_) => "doubled",
            Damage::Swapped(_) => "swapped",
            Damage::Folder => "made a folder",
        }
    }

    /// The files that it reaches.
    pub fn reach(&self, file: &str) -> Vec<String> {
        match self {
            Damage::Doubled(other) | Damage::Swapped(other) => vec![file.to_owned(), other.clone()],
            _ => vec![file.to_owned()],
        }
    }

    pub fn apply(&self, files: &mut Files, file: &str) {
        let Some(content) = files.0.get(file).cloned() else { return };
        let Content::File { mut bytes, length } = content.clone() else { return };
        let (_, full) = content.sizes();
        let mut write = |at: u64, with: &mut dyn FnMut(usize, &mut u8), count: usize| {
            let end = (at + count as u64).min(full) as usize;
            bytes.resize(bytes.len().max(end), 0);
            bytes[at as usize..end].iter_mut().enumerate().for_each(|(number, byte)| with(number, byte));
        };
        match self {
            Damage::Cut(to) => {
                bytes.truncate(*to as usize);
                bytes.truncate(used(&bytes));
                files.0.insert(file.to_owned(), Content::File { bytes, length: *to });
                return;
            }
            Damage::Flip { at, bit } => write(*at, &mut |_, byte| *byte ^= 1 << bit, 1),
            Damage::Zeros { at, length } => write(*at, &mut |_, byte| *byte = 0, *length),
            Damage::Garbage { at, length } => {
                write(*at, &mut |number, byte| *byte = (number.wrapping_mul(167) >> 3) as u8 ^ 0x5a, *length);
            }
            Damage::Removed => {
                files.0.remove(file);
                return;
            }
            Damage::Doubled(other) => {
                files.0.insert(other.clone(), content);
                return;
            }
            Damage::Swapped(other) => {
                if let Some(second) = files.0.insert(other.clone(), content) {
                    files.0.insert(file.to_owned(), second);
                }
                return;
            }
            Damage::Folder => {
                files.0.insert(file.to_owned(), Content::Folder);
                return;
            }
        }
        bytes.truncate(used(&bytes));
        files.0.insert(file.to_owned(), Content::File { bytes, length });
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

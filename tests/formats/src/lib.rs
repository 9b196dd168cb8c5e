//! Folders that were written by the released versions of the formats on disk, what is in them, and how they are kept in the repository.
//!
//! | file | what it has |
//! |---|---|
//! | `library` | the objects of such a folder: something of everything that the runtime keeps |
//! | `archive` | a folder as one small file |
//!
//! A folder that is checked in is never written again. When a format gets a new version, its folders get a place of their own:
//! `cargo run -p do-formats -- tests/formats/2`.

pub mod archive;
pub mod library;

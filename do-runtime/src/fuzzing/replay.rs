//! The inputs in `fuzz/corpus`, on any compiler.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use super::TARGETS;

/// Where the inputs of a target are.
pub(super) fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target)
}

#[test]
fn the_corpus_of_each_target_is_taken() {
    for (name, target) in TARGETS {
        let files: Vec<_> = std::fs::read_dir(corpus(name)).expect("each target has a corpus").collect();
        assert!(!files.is_empty(), "{name} has no inputs");
        for file in files {
            let path = file.unwrap().path();
            let input = std::fs::read(&path).unwrap();
            assert!(catch_unwind(|| target(&input)).is_ok(), "{name} fails on {}", path.display());
        }
    }
}

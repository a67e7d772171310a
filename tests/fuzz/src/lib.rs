//! Every parser that sees a stranger's bytes, and what must hold of what it accepts.
//!
//! The integration tests try each parser with a fixed number of seeded changes to its corpus, on every run.
//! `scripts/fuzz` tries them for as long as one likes under libFuzzer, which sees what the inputs reach in the code and
//! keeps those that reach more.

mod mutate;
mod targets;

use std::path::{Path, PathBuf};

pub use mutate::{Chance, change, mutate};
pub use targets::{TARGETS, Target};

/// Where the inputs lie: a directory for each corpus.
#[must_use]
pub fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The inputs that are kept for a target, in the order of their names.
///
/// # Panics
/// When there are none, or they can't be read.
#[must_use]
pub fn corpus(name: &str) -> Vec<Vec<u8>> {
    let dir = corpora().join(name);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&dir)
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", dir.display());
    files.iter().map(|file| std::fs::read(file).expect("an input")).collect()
}

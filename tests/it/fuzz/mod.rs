//! Fuzzing of every parser that sees a stranger's bytes.
//!
//! Deterministic: inputs come from the corpora of tests/fuzz by seeded changes, so a failure names what repeats it. A
//! target does more than not to panic: what it accepts must keep a promise. Each target gets a fixed number of inputs
//! here, and more are sent over the wire; `scripts/fuzz` goes on for hours. An input that fails is kept under
//! target/fuzz; once understood it goes into the corpus.

mod wire;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use signet_fuzz::{Chance, TARGETS, Target, corpora, corpus, mutate};
use signet_testkit::{Engine, TestApp, on_each_engine};

on_each_engine! { in_25_every_parser_survives_fuzzing }

/// Inputs for each parser in CI.
const SHORT: usize = 4_000;

async fn in_25_every_parser_survives_fuzzing(engine: Engine) {
    let seed = if engine == Engine::Sqlite { 1 } else { 2 };
    for target in TARGETS {
        run(target, seed);
    }
    let app = TestApp::shared(engine).await;
    wire::survives(&app, seed).await;
}

/// Every corpus has its target and every target its corpus.
#[test]
fn corpora_and_targets_belong_together() {
    let mut names: Vec<String> = std::fs::read_dir(corpora())
        .expect("the corpora")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    let mut targets: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    targets.push(wire::CORPUS);
    targets.sort_unstable();
    assert_eq!(names, targets);
}

/// Tries the corpus itself, then what becomes of it.
fn run(target: &Target, seed: u64) {
    let corpus = corpus(target.name);
    for input in &corpus {
        attempt(target, input, seed);
    }
    let mut chance = Chance::new(seed);
    for _ in 0..SHORT {
        attempt(target, &mutate(&mut chance, &corpus, target.words), seed);
    }
}

fn attempt(target: &Target, input: &[u8], seed: u64) {
    let began = Instant::now();
    let held = catch_unwind(AssertUnwindSafe(|| (target.survive)(input))).is_ok();
    // Nothing that is read has more than 64 KiB; a parser that needs seconds for that isn't linear.
    let slow = began.elapsed() > Duration::from_secs(20);
    if held && !slow {
        return;
    }
    let small = if held { input.to_vec() } else { smallest(target, input.to_vec()) };
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/fuzz");
    std::fs::create_dir_all(&dir).expect("a directory");
    let file = dir.join(format!("{}-{seed}", target.name));
    std::fs::write(&file, &small).expect("the input's file");
    let what = if held { "is slow" } else { "fails" };
    panic!("{} {what} on {:?} (kept in {})", target.name, String::from_utf8_lossy(&small), file.display());
}

/// Cuts away what isn't needed to fail.
fn smallest(target: &Target, mut input: Vec<u8>) -> Vec<u8> {
    let mut step = input.len() / 2;
    while step > 0 {
        let mut at = 0;
        while at + step <= input.len() {
            let mut shorter = input.clone();
            shorter.drain(at..at + step);
            if catch_unwind(AssertUnwindSafe(|| (target.survive)(&shorter))).is_err() {
                input = shorter;
            } else {
                at += step;
            }
        }
        step /= 2;
    }
    input
}

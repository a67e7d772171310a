//! Fuzzing of every parser that sees a stranger's bytes.
//!
//! Deterministic and without a nightly compiler: inputs come from the corpus of tests/fuzz by seeded mutation, so a
//! failure names what repeats it. A target does more than not to panic: what it accepts must keep a promise. CI runs
//! each target for a fixed number of inputs and sends more over the wire;
//! `SIGNET_TEST_FUZZ_SECONDS=3600 ./scripts/test --test it -- fuzz::for_a_long_time` runs each for an
//! hour. An input that fails is kept under target/fuzz; once understood it goes into the corpus.

mod mutate;
mod targets;
mod wire;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use signet_testkit::{Engine, TestApp, on_each_engine};

use mutate::Chance;
use targets::{TARGETS, Target};

on_each_engine! { in_25_every_parser_survives_fuzzing }

/// Inputs for each parser in CI.
const SHORT: usize = 4_000;

async fn in_25_every_parser_survives_fuzzing(engine: Engine) {
    let seed = if engine == Engine::Sqlite { 1 } else { 2 };
    for target in TARGETS {
        run(target, seed, |count| count < SHORT);
    }
    let app = TestApp::shared(engine).await;
    wire::survives(&app, seed).await;
}

/// Does nothing unless `SIGNET_TEST_FUZZ_SECONDS` says how long each parser is to be tried, each from another seed
/// every time. `SIGNET_TEST_FUZZ_TARGET` names one of them.
#[test]
fn for_a_long_time() {
    let seconds = std::env::var("SIGNET_TEST_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let Some(seconds) = seconds.map(Duration::from_secs) else { return };
    let only = std::env::var("SIGNET_TEST_FUZZ_TARGET").ok();
    for target in TARGETS.iter().filter(|target| only.as_deref().is_none_or(|only| only == target.name)) {
        let began = Instant::now();
        let seed =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_secs();
        let tried = run(target, seed, |_| began.elapsed() < seconds);
        report(&format!("{}: {tried} inputs from seed {seed}", target.name));
    }
}

#[expect(clippy::print_stderr, reason = "for who waits an hour")]
fn report(line: &str) {
    eprintln!("{line}");
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

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The inputs that are kept for a target, by name.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let dir = corpora().join(name);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&dir)
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", dir.display());
    files.iter().map(|file| std::fs::read(file).expect("an input")).collect()
}

/// Tries the corpus itself, then what becomes of it, while it shall go on; answers with how many inputs that were.
fn run(target: &Target, seed: u64, go_on: impl Fn(usize) -> bool) -> usize {
    let corpus = corpus(target.name);
    for input in &corpus {
        attempt(target, input, seed);
    }
    let mut chance = Chance::new(seed);
    let mut count = 0;
    while go_on(count) {
        let input = mutate::mutate(&mut chance, &corpus, target.words);
        attempt(target, &input, seed);
        count += 1;
    }
    count
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

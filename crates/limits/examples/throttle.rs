//! What a throttle decision costs: the pure function, and the in-process store with a million users, beside a
//! bare map under a lock. `scripts/bench throttle`
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use signet_limits::memory::ThrottleMemory;
use signet_limits::sliding_log::{Ring, decide};
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Mutex;
use std::time::Instant;

const USERS: u64 = 1_000_000;
const DECISIONS: u64 = 4_000_000;

fn main() {
    let mut ring = Ring::NEW;
    let pure = nanoseconds(|n| {
        ring = black_box(decide(&ring, i64::try_from(n).unwrap() * 300_000)).ring();
    });
    let memory = ThrottleMemory::new(2 * usize::try_from(USERS).unwrap());
    // A decision each 0.5 µs, so that the million users of a half second stand in memory together.
    let mut at = 0;
    let mut round = || {
        nanoseconds(|n| {
            at += i64::try_from(n % 2).unwrap();
            // A key as the server has it: the tenant's id and the login.
            let key = (spread(n), spread(n) >> 7, "somebody@example.com");
            let _ = black_box(memory.decide(&key, at));
        })
    };
    let growing = round();
    let stored = round();
    let map = Mutex::new(HashMap::new());
    let bare = nanoseconds(|n| {
        *map.lock().unwrap().entry(spread(n)).or_insert(0u64) += 1;
    });
    println!("pure decision            {pure:>8.1} ns");
    println!(
        "in memory, 10^6 users    {stored:>8.1} ns   ({growing:.1} ns while it grows; {} bytes a user)",
        memory.bytes() / memory.len()
    );
    println!("bare locked map, same    {bare:>8.1} ns");
}

/// Users in an order that no cache foresees.
fn spread(n: u64) -> u64 {
    (n % USERS).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20
}

fn nanoseconds(mut f: impl FnMut(u64)) -> f64 {
    let started = Instant::now();
    (0..DECISIONS).for_each(&mut f);
    started.elapsed().as_secs_f64() * 1e9 / DECISIONS as f64
}

//! What a rate policy's decision costs: the pure function, node memory with a million keys, and Redis beside a bare
//! `INCR` over the same connection.

use signet_limits::counters::memory::CounterMemory;
use signet_limits::counters::{Batch, Clock, CounterStore};
use signet_limits::redis::Redis;
use signet_limits::redis::counters::RedisCounters;
use signet_limits::sliding_window::{Counter, Rule};
use std::hint::black_box;
use std::time::{Duration, Instant};

const KEYS: u64 = 1_000_000;
const DECISIONS: u64 = 4_000_000;
const ROUND_TRIPS: u64 = 20_000;

fn batch(key: u64, windows: usize) -> Batch {
    let mut batch = Batch::of(1);
    let sizes = [60, 3_600, 86_400];
    let rules = sizes[..windows].iter().map(|s| Rule { limit: 100, window_us: s * 1_000_000, sliding: true });
    batch.ask(u128::from(key), rules.collect(), true, false);
    batch
}

pub(crate) async fn run(redis: Option<&str>) {
    let one = batch(1, 1);
    let mut stored = vec![Counter::default()];
    let pure = nanoseconds(DECISIONS, |n| {
        stored = black_box(one.decide(&stored, instant(n))).counters;
    });
    let memory = CounterMemory::new(usize::try_from(2 * KEYS).unwrap());
    let kept = nanoseconds(DECISIONS, |n| {
        let _ = black_box(memory.decide_at(&batch(spread(n), 1), instant(n)));
    });
    println!("pure decision              {pure:>8.1} ns");
    println!("node memory, 10^6 keys     {kept:>8.1} ns   ({} counters held)", memory.len());
    match redis {
        Some(url) => in_redis(url).await,
        None => println!("Redis                      not measured: set SIGNET_REDIS_URL"),
    }
}

async fn in_redis(url: &str) {
    let redis = Redis::start(url, Duration::from_secs(1)).await.unwrap();
    let counters = RedisCounters::new(redis.clone());
    let started = Instant::now();
    for _ in 0..ROUND_TRIPS {
        let _: i64 = redis.ask(redis::cmd("INCR").arg("signet:bench")).await.unwrap();
    }
    let bare = each(started);
    for windows in [1, 3] {
        let started = Instant::now();
        for n in 0..ROUND_TRIPS {
            counters.decide(&batch(spread(n), windows), Clock::Store(0)).await.unwrap();
        }
        let decision = each(started);
        println!("Redis, {windows} window(s)         {decision:>8.1} µs   (a bare INCR: {bare:.1} µs)");
    }
}

fn each(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e6 / ROUND_TRIPS as f64
}

/// A microsecond for each decision, so that all keys stand in memory together.
fn instant(n: u64) -> i64 {
    1_790_000_400_000_000 + i64::try_from(n).unwrap()
}

/// Keys in an order that no cache foresees.
fn spread(n: u64) -> u64 {
    (n % KEYS).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20
}

fn nanoseconds(times: u64, mut f: impl FnMut(u64)) -> f64 {
    let started = Instant::now();
    (0..times).for_each(&mut f);
    started.elapsed().as_secs_f64() * 1e9 / times as f64
}

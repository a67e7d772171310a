//! An exhaustive check of the decision that is shipped: three nodes and two users up to symmetry, up to seven
//! requests in every order, clocks that step by a millisecond or an hour, lost replies, crashes. Every world is
//! held against INV-1 to INV-5; and decisions that are broken on purpose must not get through.

#[path = "model/search.rs"]
mod search;
#[path = "model/world.rs"]
mod world;

use search::{Bounds, Store, search};
use signet_limits::sliding_log::{self, Decision, Ring, WINDOW_US};
use world::Decide;

const MS: i64 = 1_000;
const HOUR: i64 = 3_600_000 * MS;
const STEPS: &[i64] = &[MS, -MS, HOUR, -HOUR];

/// Everybody at once, with one of everything that may go wrong.
const EVERYBODY: Bounds = Bounds {
    store: Store::Durable,
    nodes: 3,
    users: 2,
    requests: 7,
    passes: &[0, 999 * MS, 1_000 * MS],
    steps: STEPS,
    most_steps: 1,
    faults: 1,
};

/// One user, so that time may do whatever it likes.
const TIME: Bounds = Bounds {
    store: Store::Durable,
    nodes: 1,
    users: 1,
    requests: 7,
    passes: &[0, MS, 999 * MS, 1_000 * MS],
    steps: STEPS,
    most_steps: 2,
    faults: 1,
};

/// The one process that remembers, and dies.
const ALONE: Bounds = Bounds {
    store: Store::Forgetful { wait: WINDOW_US },
    nodes: 2,
    users: 2,
    requests: 7,
    passes: &[0, 999 * MS, 1_000 * MS],
    steps: STEPS,
    most_steps: 1,
    faults: 1,
};

#[test]
fn the_shipped_decision_holds_on_three_nodes_and_two_users() {
    let seen = search(sliding_log::decide, &EVERYBODY).unwrap_or_else(|e| panic!("{e}"));
    println!("{seen:?}");
    assert!(seen.states > 100_000, "{seen:?}");
}

#[test]
fn it_holds_whatever_the_clock_does() {
    let seen = search(sliding_log::decide, &TIME).unwrap_or_else(|e| panic!("{e}"));
    println!("{seen:?}");
    assert!(seen.states > 100_000, "{seen:?}");
}

#[test]
fn it_holds_for_a_process_that_forgets_and_waits() {
    let seen = search(sliding_log::decide, &ALONE).unwrap_or_else(|e| panic!("{e}"));
    println!("{seen:?}");
    assert!(seen.states > 100_000, "{seen:?}");
}

/// Finds out whether a broken decision gets through any of the worlds.
fn is_caught(decide: Decide) -> bool {
    [EVERYBODY, TIME].iter().any(|bounds| search(decide, bounds).is_err())
}

fn filled(ring: &Ring, clock: i64) -> Decision {
    Decision::Refuse { retry_at: ring.t[0] + WINDOW_US, filled_by: ring.t.map(|t| t.min(clock.max(t))) }
}

/// The shipped decision with the parts that a slip would change.
fn decide_by(ring: &Ring, clock: i64, window: i64, oldest: usize, inclusive: bool) -> Decision {
    let now = clock.max(ring.newest());
    let edge = now.saturating_sub(window);
    let (t, [_, second, third, newest]) = (ring.t[oldest], ring.t);
    if t < edge || (inclusive && t == edge) {
        Decision::Admit { at: now, ring: Ring { t: [second, third, newest, now] } }
    } else {
        filled(ring, clock)
    }
}

#[test]
fn decisions_that_are_broken_on_purpose_do_not_get_through() {
    let broken: [(&str, Decide); 9] = [
        ("< for <=: refuses at exactly a second", |r, c| decide_by(r, c, WINDOW_US, 0, false)),
        ("five for four", five),
        ("three for four", |r, c| decide_by(r, c, WINDOW_US, 1, true)),
        ("a window that is too short", |r, c| decide_by(r, c, WINDOW_US - MS, 0, true)),
        ("a window that is too long", |r, c| decide_by(r, c, WINDOW_US + MS, 0, true)),
        ("no rule for a clock that was set back", |r, c| decide_by(r, c, WINDOW_US, 0, true)),
        ("refusals that enter the ring", |r, c| match sliding_log::decide(r, c) {
            Decision::Refuse { retry_at, filled_by: [_, b, d, e] } => {
                Decision::Refuse { retry_at, filled_by: [b, d, e, c.max(e)] }
            }
            admitted => admitted,
        }),
        ("admissions that are forgotten", |r, c| match sliding_log::decide(r, c) {
            Decision::Admit { at, .. } => {
                Decision::Admit { at, ring: Ring { t: [r.t[0], r.t[1], r.t[2], at] } }
            }
            refused => refused,
        }),
        ("time that runs backward in the log", |r, c| match sliding_log::decide(r, c) {
            Decision::Admit { ring: Ring { t: [a, b, d, _] }, .. } => {
                Decision::Admit { at: c, ring: Ring { t: [a, b, d, c] } }
            }
            refused => refused,
        }),
    ];
    for (what, decide) in broken {
        assert!(is_caught(decide), "{what} goes unnoticed");
    }
}

/// Lets one more through than fits.
fn five(ring: &Ring, clock: i64) -> Decision {
    match sliding_log::decide(ring, clock) {
        Decision::Refuse { filled_by: [a, b, c, newest], .. } if a != b => {
            let now = clock.max(newest);
            Decision::Admit { at: now, ring: Ring { t: [b, c, newest, now] } }
        }
        other => other,
    }
}

#[test]
fn a_process_that_does_not_wait_does_not_get_through() {
    for wait in [0, WINDOW_US - MS] {
        let hasty = Bounds { store: Store::Forgetful { wait }, ..ALONE };
        let fault = search(sliding_log::decide, &hasty).expect_err("a ring that is lost admits too many");
        assert!(fault.starts_with("INV-1: five in a second of true time"), "{fault}");
    }
}

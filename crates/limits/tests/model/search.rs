//! The search: every world that can come of the first one, each looked at once.
//!
//! A question has no effect until the store comes to it, so being asked and being decided are one move: every order
//! in which the store can come to the questions of the nodes is looked at all the same.

use crate::world::{Decide, State, USERS};
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// What the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    /// The rings outlive every process: PostgreSQL.
    Durable,
    /// The one process holds them, and waits this long (µs) after a start before it decides: SQLite.
    Forgetful { wait: i64 },
}

/// How far the search goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) store: Store,
    pub(crate) nodes: u8,
    pub(crate) users: usize,
    pub(crate) requests: u8,
    /// True time that may pass before a decision, in µs.
    pub(crate) passes: &'static [i64],
    /// What the clock may be set by, in µs, and how often.
    pub(crate) steps: &'static [i64],
    pub(crate) most_steps: u8,
    /// Lost replies and crashes.
    pub(crate) faults: u8,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    pub(crate) states: usize,
    pub(crate) decisions: usize,
}

struct Look<'b> {
    decide: Decide,
    bounds: &'b Bounds,
    seen: Seen,
}

/// Looks at every world within the bounds; the first that breaks an invariant ends it.
pub(crate) fn search(decide: Decide, bounds: &Bounds) -> Result<Seen, String> {
    let first = State::new(bounds.requests, bounds.most_steps, bounds.faults);
    let mut visited: HashSet<State, BuildHasherDefault<Mix>> = HashSet::default();
    let mut open = vec![first];
    visited.insert(first);
    let back = bounds.steps.iter().map(|step| -step).max().unwrap_or(0).max(0);
    let mut look = Look { decide, bounds, seen: Seen::default() };
    while let Some(state) = open.pop() {
        look.seen.states += 1;
        let mut go = |mut next: State| {
            next.settle(back);
            if visited.insert(next) {
                open.push(next);
            }
        };
        hear(&state, &mut go);
        for step in steps(&state, bounds) {
            if let Store::Forgetful { wait } = bounds.store {
                if state.faults_left > 0 {
                    let mut next = spend(state, step);
                    next.faults_left -= 1;
                    next.restart(wait, step);
                    go(next);
                }
                if step != 0 {
                    // A process counts time by itself: nobody sets its clock while it lives.
                    continue;
                }
            }
            for passes in bounds.passes {
                ask(&state, *passes, step, &mut look, &mut go)?;
            }
        }
    }
    Ok(look.seen)
}

/// The steps that the clock may take now.
fn steps(state: &State, bounds: &Bounds) -> impl Iterator<Item = i64> {
    let some = if state.steps_left > 0 { bounds.steps } else { &[] };
    std::iter::once(0).chain(some.iter().copied())
}

fn spend(mut state: State, step: i64) -> State {
    state.steps_left -= u8::from(step != 0);
    state
}

/// A reply arrives or is lost, which frees its node alike; or a question is lost with its node.
fn hear(state: &State, go: &mut impl FnMut(State)) {
    if state.busy > 0 {
        let mut next = *state;
        next.busy -= 1;
        go(next);
    }
    if state.faults_left > 0 && state.requests_left > 0 {
        let mut next = *state;
        next.faults_left -= 1;
        next.requests_left -= 1;
        go(next);
    }
}

/// A node that is free asks about a user, and the store decides.
fn ask(
    state: &State,
    passes: i64,
    step: i64,
    look: &mut Look<'_>,
    go: &mut impl FnMut(State),
) -> Result<(), String> {
    if state.requests_left == 0 || state.busy >= look.bounds.nodes {
        return Ok(());
    }
    for user in 0..look.bounds.users.min(USERS) {
        let mut next = spend(*state, step);
        next.requests_left -= 1;
        next.busy += 1;
        next.pass(passes, step);
        // A store that isn't ready answers too: 503, and nothing is let through (INV-5).
        if next.ready_in == 0 {
            look.seen.decisions += 1;
            next.decide(user, look.decide).map_err(|fault| {
                format!("{fault}\nwhen {passes} µs passed and the clock was set by {step} µs in\n{state:#?}")
            })?;
        }
        go(next);
    }
    Ok(())
}

/// A fast hash: states are many and come from nobody who would aim at it.
#[derive(Default)]
pub(crate) struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(26) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

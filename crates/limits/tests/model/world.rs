//! The world around a decision: nodes that ask, a store that decides, a clock that steps, and things that fail.
//!
//! Instants are microseconds from the store's clock as it stands (`truly`: from true time as it stands), so that
//! worlds that differ by nothing but the hour are one state. T0 is put back when the decision is asked.

use signet_limits::sliding_log::{Decision, EMPTY, Ring, WINDOW_US};

/// Users of the largest world.
pub(crate) const USERS: usize = 2;

/// Where the clock stands when it shows nothing special.
const T0: i64 = 1_790_000_000_000_000;

/// A decision under examination.
pub(crate) type Decide = fn(&Ring, i64) -> Decision;

/// One user: the store's ring, and what an observer with a perfect memory knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct User {
    ring: [i64; 4],
    /// Admissions, as if made now when the clock was set back past them by over a second.
    known: [i64; 4],
    /// Admissions as logged, since the clock was last set back by over a second.
    logged: [i64; 4],
    /// Admissions in true time, since the clock was last set forward.
    truly: [i64; 4],
}

const NOBODY: User = User { ring: [EMPTY; 4], known: [EMPTY; 4], logged: [EMPTY; 4], truly: [EMPTY; 4] };

/// Everything that the future depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct State {
    pub(crate) users: [User; USERS],
    /// Nodes that wait for a reply or are paused with one: all that is left of a node when names don't matter.
    pub(crate) busy: u8,
    pub(crate) requests_left: u8,
    pub(crate) steps_left: u8,
    pub(crate) faults_left: u8,
    /// Until a store that lost its memory may decide again.
    pub(crate) ready_in: i64,
}

impl State {
    pub(crate) fn new(requests: u8, steps: u8, faults: u8) -> Self {
        Self {
            users: [NOBODY; USERS],
            busy: 0,
            requests_left: requests,
            steps_left: steps,
            faults_left: faults,
            ready_in: 0,
        }
    }

    /// True time passes, and the clock is set forward or back.
    pub(crate) fn pass(&mut self, passes: i64, step: i64) {
        let moved = passes + step;
        let ago = |t: &mut i64, us: i64| *t = if *t == EMPTY { EMPTY } else { *t - us };
        for user in &mut self.users {
            let instants = user.ring.iter_mut().chain(&mut user.known).chain(&mut user.logged);
            instants.for_each(|t| ago(t, moved));
            user.truly.iter_mut().for_each(|t| ago(t, passes));
            if step > 0 {
                user.truly = [EMPTY; 4];
            }
        }
        self.ready_in = (self.ready_in - passes).max(0);
    }

    /// The one process that decides dies and forgets; it waits this long before it decides again.
    pub(crate) fn restart(&mut self, wait: i64, step: i64) {
        self.pass(0, step);
        self.busy = 0;
        self.ready_in = wait;
        for user in &mut self.users {
            user.ring = [EMPTY; 4];
            // Each life counts its clock from the wall clock: instants of two lives compare only if nobody set
            // it back in between.
            if step < 0 {
                user.known = [EMPTY; 4];
                user.logged = [EMPTY; 4];
            }
        }
    }

    /// The store decides one attempt of `user`; what is wrong with that, if anything is.
    pub(crate) fn decide(&mut self, who: usize, decide: Decide) -> Result<(), &'static str> {
        let user = &mut self.users[who];
        let before = Ring { t: user.ring.map(at) };
        let decision = decide(&before, T0);
        if decide(&before, T0) != decision {
            return Err("INV-3: the same question has two answers");
        }
        if user.known.iter().any(|t| *t > WINDOW_US) {
            user.known.iter_mut().for_each(|t| *t = (*t).min(0));
            user.logged = [EMPTY; 4];
        }
        let now = user.known[3].max(0);
        let recent = user.known.iter().filter(|t| **t > now - WINDOW_US).count();
        match decision {
            Decision::Admit { at: told, ring } => {
                let told = told - T0;
                if ring.newest() != told + T0 {
                    return Err("INV-4: the ring doesn't end with the admission");
                }
                if user.logged[0] != EMPTY && told - user.logged[0] < WINDOW_US {
                    return Err("INV-1: five in a second by the log");
                }
                if user.truly[0] != EMPTY && -user.truly[0] < WINDOW_US {
                    return Err("INV-1: five in a second of true time");
                }
                if told < user.logged[3] {
                    return Err("INV-4: the log is out of order");
                }
                push(&mut user.known, told);
                push(&mut user.logged, told);
                push(&mut user.truly, 0);
            }
            Decision::Refuse { retry_at, filled_by } => {
                if recent < 4 {
                    return Err("INV-2: refused with fewer than four admissions in the last second");
                }
                if filled_by.map(from) != user.known {
                    return Err("INV-4: the refusal names other admissions");
                }
                let retry_at = retry_at - T0;
                if retry_at <= now || retry_at > now + WINDOW_US || now > WINDOW_US {
                    return Err("INV-2: the refusal lasts too long");
                }
                let kept = decision.ring();
                if !decide(&kept, T0 + retry_at).admitted() || decide(&kept, T0 + retry_at - 1).admitted() {
                    return Err("INV-4: the refusal ends at another time than it says");
                }
            }
        }
        user.ring = decision.ring().t.map(from);
        Ok(())
    }

    /// Worlds that differ in names alone, or in what can never matter again, become the same.
    pub(crate) fn settle(&mut self, longest_step_back: i64) {
        let horizon = -(2 * WINDOW_US + i64::from(self.steps_left) * longest_step_back);
        for user in &mut self.users {
            for t in user.ring.iter_mut().chain(&mut user.known).chain(&mut user.logged) {
                if *t < horizon {
                    *t = EMPTY;
                }
            }
            for t in &mut user.truly {
                if *t <= -WINDOW_US {
                    *t = EMPTY;
                }
            }
        }
        if self.users[0] > self.users[1] {
            self.users.swap(0, 1);
        }
    }
}

fn push(log: &mut [i64; 4], at: i64) {
    log.rotate_left(1);
    log[3] = at;
}

fn at(t: i64) -> i64 {
    if t == EMPTY { EMPTY } else { t + T0 }
}

fn from(t: i64) -> i64 {
    if t == EMPTY { EMPTY } else { t - T0 }
}

//! The password throttle: at most [`PER_SECOND`] admissions of one user in any half-open second.
//!
//! A log of the last four admissions is all that is needed to be exact: a fifth is allowed as soon as the
//! oldest of them is a second old. A fixed window would let eight through around its edge, a token bucket
//! seven.
//!
//! # Invariants
//! * **INV-1** For every `t` at most four admissions have their instant in `[t, t + 1 s)`.
//! * **INV-2** A refusal at `now` implies four admissions in `(now - 1 s, now]`. Refusals are never logged.
//! * **INV-3** A decision depends on the ring and the clock alone: [`decide`] has no other argument.
//!
//! # Clocks that step
//! A clock that runs forward, at any pace, needs no rule. When it stands behind the newest admission
//! * by at most a second, time stands still at that admission until the clock has caught up, so logged
//!   instants stay in order and INV-1 can be proved from the log;
//! * by more, admissions that are ahead of it count as made now, and INV-1 and INV-2 hold from there on. A
//!   refusal may have to store that (see [`Decision::ring`]), or it would last until the clock has caught up.
//!
//! So a refusal lasts at most a second, plus a backward step of at most a second; and steps backward never
//! admit more than four in a *true* second, as they only make admissions look younger. A step forward makes
//! them look older and cannot be seen here: give this a clock that doesn't jump (the database's, or a
//! monotonic one with an epoch).

use crate::{SECOND_US, ceil_secs};

/// Admissions in any half-open window. A constant: nothing configures the throttle.
pub const PER_SECOND: usize = 4;

/// Length of the window in microseconds.
pub const WINDOW_US: i64 = SECOND_US;

/// A slot of a [`Ring`] that was never used. Any other instant a second old does as well, 0 included.
pub const EMPTY: i64 = i64::MIN;

/// The last four admissions of one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ring {
    /// Instants of admission in microseconds since the epoch, oldest first.
    pub t: [i64; PER_SECOND],
}

impl Ring {
    /// The ring of a user who was never admitted.
    pub const NEW: Self = Self { t: [EMPTY; PER_SECOND] };

    /// The instant of the last admission, in microseconds since the epoch.
    #[must_use]
    pub const fn newest(&self) -> i64 {
        self.t[PER_SECOND - 1]
    }

    /// Whether this ring decides like [`Ring::NEW`] at `clock_us` (microseconds since the epoch) and ever
    /// after, and so needn't be kept.
    #[must_use]
    pub const fn expired(&self, clock_us: i64) -> bool {
        self.newest() <= clock_us.saturating_sub(WINDOW_US)
    }

    /// The ring as it stands when the clock shows `clock_us`: the module's rule for steps of over a second.
    pub(crate) fn settled(mut self, clock_us: i64) -> Self {
        if self.newest().saturating_sub(clock_us) > WINDOW_US {
            self.t = self.t.map(|t| t.min(clock_us));
        }
        self
    }
}

impl Default for Ring {
    fn default() -> Self {
        Self::NEW
    }
}

/// What becomes of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The attempt may go on.
    Admit {
        /// The instant it is logged with, in microseconds since the epoch: the clock, or the newest
        /// admission if the clock has been set back a little.
        at: i64,
        /// The ring to store.
        ring: Ring,
    },
    /// Four were admitted less than a second ago.
    Refuse {
        /// When the next attempt is admitted if nothing else happens, in microseconds since the epoch.
        retry_at: i64,
        /// The four admissions that fill the second, oldest first, in microseconds since the epoch: as
        /// logged, or the clock for those that are ahead of a clock set back by more than a second.
        filled_by: [i64; PER_SECOND],
    },
}

impl Decision {
    /// The ring to keep. After a refusal it is the one that was decided on, unless the clock has been set
    /// back by more than a second: then it has to be stored too, or the refusal doesn't end.
    #[must_use]
    pub const fn ring(&self) -> Ring {
        match *self {
            Self::Admit { ring, .. } => ring,
            Self::Refuse { filled_by, .. } => Ring { t: filled_by },
        }
    }

    /// Whether the attempt may go on.
    #[must_use]
    pub const fn admitted(&self) -> bool {
        matches!(self, Self::Admit { .. })
    }
}

/// Decides one attempt of the user with this `ring` when the clock shows `clock_us` (microseconds since the
/// epoch). Keep [`Decision::ring`], in one atomic step with the decision.
#[must_use]
pub fn decide(ring: &Ring, clock_us: i64) -> Decision {
    let Ring { t } = ring.settled(clock_us);
    let [oldest, second, third, newest] = t;
    let now = clock_us.max(newest);
    if oldest <= now.saturating_sub(WINDOW_US) {
        Decision::Admit { at: now, ring: Ring { t: [second, third, newest, now] } }
    } else {
        Decision::Refuse { retry_at: oldest.saturating_add(WINDOW_US), filled_by: t }
    }
}

/// The value of `Retry-After`, in seconds: the time from `clock_us` to `retry_at` (both in microseconds
/// since the epoch) rounded up, at least 1.
#[must_use]
pub fn retry_after_secs(retry_at: i64, clock_us: i64) -> u64 {
    ceil_secs(retry_at.saturating_sub(clock_us), 1)
}

#[cfg(test)]
#[path = "sliding_log_tests.rs"]
mod tests;

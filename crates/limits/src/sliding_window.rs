//! The gateway's rate counter: windows aligned to the epoch, where the previous window counts in proportion
//! to how much of it the last `window_us` still cover. An estimate, cheap to keep in one shared counter; the
//! password throttle is exact and uses [`crate::sliding_log`].
//!
//! `rate = current + previous · (window − now mod window) / window`, in exact integers of microseconds, no
//! floating point. A call is refused if the rate with it is *above* the limit. What counts, and how several
//! rules and policies go together, is [`crate::counters`]' matter.

use crate::ceil_secs;

/// Hits past this aren't counted, so that a script whose numbers are doubles can decide exactly as well. Far
/// above [`MAX_LIMIT`], so no refusal is lost.
pub const MAX_HITS: u32 = 500_000_000;

/// Highest limit that a rule may have.
pub const MAX_LIMIT: u32 = 100_000_000;

/// Longest window: 365 days in microseconds.
pub const MAX_WINDOW_US: i64 = 31_536_000 * crate::SECOND_US;

/// One pair of a policy's `limit` and `window_size` lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Highest rate that is admitted, in calls per window.
    pub limit: u32,
    /// Length of the window in microseconds; below 1 it counts as 1.
    pub window_us: i64,
    /// Whether the previous window counts too. If not, it is a fixed window, over at its boundary.
    pub sliding: bool,
}

/// The hits of one rule and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counter {
    /// Start of the current window in microseconds since the epoch, a multiple of its length.
    pub started_at: i64,
    /// Hits in the current window.
    pub current: u32,
    /// Hits in the window before it.
    pub previous: u32,
}

impl Counter {
    /// With one call more.
    #[must_use]
    pub fn hit(self) -> Self {
        self.hits(1)
    }

    /// With `calls` more.
    #[must_use]
    pub fn hits(self, calls: u32) -> Self {
        Self { current: self.current.saturating_add(calls).min(MAX_HITS), ..self }
    }
}

/// Where one rule stands after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether this rule admits the call.
    pub admitted: bool,
    /// The rule's limit, in calls per window.
    pub limit: u32,
    /// Whole calls left below the limit, 0 if refused.
    pub remaining: u32,
    /// Seconds, rounded up, at least 1. Admitted: until the window ends. Refused: until a call is admitted
    /// if there is none before, which can be longer than the window, as this window's hits (the refused
    /// ones too) weigh on the next.
    pub reset_s: u64,
}

impl Rule {
    pub(crate) fn width(&self) -> i64 {
        self.window_us.max(1)
    }

    /// Whether a call that left this counter behind stays within the limit.
    #[must_use]
    pub fn admits(&self, counter: &Counter, now: i64) -> bool {
        self.scaled_rate(counter, now) <= i128::from(self.limit) * i128::from(self.width())
    }

    /// `counter` as it stands at `now`. A clock set back stays in the counter's window, at its start: hits
    /// are never forgotten for it.
    #[must_use]
    pub fn roll(&self, counter: Counter, now: i64) -> Counter {
        let started_at = now.saturating_sub(now.rem_euclid(self.width()));
        match started_at.saturating_sub(counter.started_at) {
            gone if gone <= 0 && counter.started_at.saturating_sub(now) <= self.width() => counter,
            gone if gone == self.width() => Counter { started_at, current: 0, previous: counter.current },
            // A clock set back by over a window: the hits move with it, or they would stay until it is back.
            gone if gone < 0 => Counter { started_at, ..counter },
            _ => Counter { started_at, current: 0, previous: 0 },
        }
    }

    /// Microseconds of the current window that have passed, 0 to its length.
    fn passed(&self, counter: &Counter, now: i64) -> i64 {
        now.saturating_sub(counter.started_at).clamp(0, self.width())
    }

    /// The rate times the window's length, so that it is a whole number.
    fn scaled_rate(&self, counter: &Counter, now: i64) -> i128 {
        let width = i128::from(self.width());
        let previous = if self.sliding { i128::from(counter.previous) } else { 0 };
        i128::from(counter.current) * width + previous * (width - i128::from(self.passed(counter, now)))
    }

    /// Microseconds from the start of a window with `current` hits after one with `previous` until one more
    /// call is admitted; `None` if that isn't before its end.
    fn admits_after(&self, current: u32, previous: u32) -> Option<i64> {
        let room = i64::from(self.limit) - i64::from(current) - 1;
        let room = u32::try_from(room).ok()?;
        if !self.sliding || previous <= room {
            return Some(0);
        }
        let weightless = i128::from(room) * i128::from(self.width()) / i128::from(previous);
        i64::try_from(i128::from(self.width()) - weightless).ok()
    }

    /// Where the rule stands after a call that left `counter` behind and was `refused` or not.
    #[must_use]
    pub fn standing(&self, counter: &Counter, refused: bool, now: i64) -> Standing {
        let scaled_limit = i128::from(self.limit) * i128::from(self.width());
        let left = (scaled_limit - self.scaled_rate(counter, now)).max(0) / i128::from(self.width());
        let remaining = if refused { 0 } else { u32::try_from(left).unwrap_or(self.limit) };
        let end = counter.started_at.saturating_add(self.width());
        let reset_at = if refused {
            let here = self.admits_after(counter.current, counter.previous);
            // A limit of 0 never admits; two windows are as good an answer as any.
            let next = || self.admits_after(0, counter.current).unwrap_or(self.width());
            here.map_or_else(|| end.saturating_add(next()), |us| counter.started_at.saturating_add(us))
        } else {
            end
        };
        let reset_s = ceil_secs(reset_at.saturating_sub(now), 1);
        Standing { admitted: !refused, limit: self.limit, remaining, reset_s }
    }
}

#[cfg(test)]
#[path = "sliding_window_tests.rs"]
mod tests;

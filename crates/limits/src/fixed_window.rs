//! Quotas over a fixed window that starts with the first counted call, such as an account's
//! [5,000 management calls an hour](Quota::ACCOUNT).
//!
//! Refused calls aren't counted. When the window is over the whole limit is back, and no window is open
//! until the next call. A window that starts after the clock (which has been set back) starts now instead:
//! it may get longer by what had passed of it, but the time left never exceeds its length.

use crate::{SECOND_US, ceil_secs};

/// A limit and the time it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Calls counted in one window before the first is refused.
    pub limit: u32,
    /// Length of a window in microseconds.
    pub length_us: i64,
}

impl Quota {
    /// Management API calls of one account: 5,000 an hour.
    pub const ACCOUNT: Self = Self { limit: 5_000, length_us: 3_600 * SECOND_US };

    /// Reads of the quota's own status with one token: 60 a minute.
    pub const STATUS_READS: Self = Self { limit: 60, length_us: 60 * SECOND_US };

    /// The count that is worth a warning: nine tenths of the limit, rounded up.
    #[must_use]
    pub const fn warning_at(&self) -> u32 {
        self.limit - self.limit / 10
    }
}

/// An open window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first counted call, in microseconds since the epoch.
    pub started_at: i64,
    /// Calls counted, at most the limit.
    pub used: u32,
    /// Whether a call has been refused: the violation is reported once a window.
    pub violated: bool,
}

impl Window {
    /// Microseconds from `now` (since the epoch) to the end; not above 0 if it is over.
    fn left_us(&self, quota: &Quota, now: i64) -> i64 {
        self.started_at.saturating_add(quota.length_us).saturating_sub(now)
    }
}

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The call goes on and is counted.
    Counted {
        /// The window to store.
        window: Window,
        /// Calls left in it.
        remaining: u32,
        /// Seconds until it ends, rounded up: 1 to its length.
        reset_in_s: u64,
        /// This call is the one that reaches [`Quota::warning_at`]: true once a window.
        crossed_warning: bool,
    },
    /// The limit is used up; the call isn't counted.
    Refused {
        /// The window to store, if it differs: only on the first refusal, or after the clock was set back.
        window: Window,
        /// Seconds until it ends, rounded up: 1 to its length. Good for `Retry-After`.
        reset_in_s: u64,
        /// This is the window's first refusal: true once a window.
        crossed_limit: bool,
    },
}

impl Decision {
    /// The window to store.
    #[must_use]
    pub const fn window(&self) -> Window {
        match *self {
            Self::Counted { window, .. } | Self::Refused { window, .. } => window,
        }
    }
}

/// What a client is told of its quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Calls counted in one window before the first is refused.
    pub limit: u32,
    /// Calls left; the limit if no window is open.
    pub remaining: u32,
    /// Seconds until the window ends, rounded up; 0 if no window is open.
    pub reset_s: u64,
}

/// The window that is open at `now`, if any.
fn open(quota: &Quota, window: Option<Window>, now: i64) -> Option<Window> {
    let window = window?;
    let window = Window { started_at: window.started_at.min(now), ..window };
    (window.left_us(quota, now) > 0).then_some(window)
}

/// Decides one call at `now` (microseconds since the epoch) against the stored `window`, `None` if there
/// never was one. Keep [`Decision::window`], in one atomic step with the decision.
#[must_use]
pub fn decide(quota: &Quota, window: Option<Window>, now: i64) -> Decision {
    let window = open(quota, window, now).unwrap_or(Window { started_at: now, used: 0, violated: false });
    let reset_in_s = ceil_secs(window.left_us(quota, now), 1);
    if window.used >= quota.limit {
        let crossed_limit = !window.violated;
        return Decision::Refused { window: Window { violated: true, ..window }, reset_in_s, crossed_limit };
    }
    let used = window.used + 1;
    Decision::Counted {
        window: Window { used, ..window },
        remaining: quota.limit - used,
        reset_in_s,
        crossed_warning: used == quota.warning_at(),
    }
}

/// What a client is told at `now` (microseconds since the epoch), without counting anything. Equal to what
/// the headers of a call decided at that instant say.
#[must_use]
pub fn status(quota: &Quota, window: Option<Window>, now: i64) -> Status {
    let window = open(quota, window, now);
    Status {
        limit: quota.limit,
        remaining: window.map_or(quota.limit, |w| quota.limit.saturating_sub(w.used)),
        reset_s: window.map_or(0, |w| ceil_secs(w.left_us(quota, now), 1)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T0: i64 = 1_790_000_000 * SECOND_US + 123_456;
    const HOUR: i64 = 3_600 * SECOND_US;
    const Q: Quota = Quota::ACCOUNT;

    fn after(calls: u32) -> Option<Window> {
        (0..calls).fold(None, |w, _| Some(decide(&Q, w, T0).window()))
    }

    #[test]
    fn qt_08_the_5001st_call_is_refused() {
        let window = after(5_000);
        assert_eq!(status(&Q, window, T0), Status { limit: 5_000, remaining: 0, reset_s: 3_600 });
        let refused = decide(&Q, window, T0 + HOUR - 1);
        assert!(matches!(refused, Decision::Refused { reset_in_s: 1, crossed_limit: true, .. }));
        assert_eq!(refused.window().used, 5_000, "a refusal isn't counted");
        let again = decide(&Q, Some(refused.window()), T0 + HOUR - 1);
        assert!(matches!(again, Decision::Refused { crossed_limit: false, .. }));
        assert_eq!(again.window(), refused.window());
    }

    #[test]
    fn qt_11_the_first_call_after_the_hour_leaves_4999() {
        let window = after(5_000);
        assert_eq!(status(&Q, window, T0 + HOUR), Status { limit: 5_000, remaining: 5_000, reset_s: 0 });
        let Decision::Counted { window, remaining, reset_in_s, .. } = decide(&Q, window, T0 + HOUR + 7)
        else {
            panic!("refused in a new hour")
        };
        assert_eq!((remaining, reset_in_s), (4_999, 3_600));
        assert_eq!(window, Window { started_at: T0 + HOUR + 7, used: 1, violated: false });
    }

    #[test]
    fn no_open_window_reads_full() {
        assert_eq!(status(&Q, None, T0), Status { limit: 5_000, remaining: 5_000, reset_s: 0 });
    }

    #[test]
    fn the_warning_is_crossed_once() {
        let mut window = None;
        let mut crossed = Vec::new();
        for call in 1..=5_100 {
            let decision = decide(&Q, window, T0 + i64::from(call));
            window = Some(decision.window());
            match decision {
                Decision::Counted { crossed_warning: true, .. } => crossed.push(("warning", call)),
                Decision::Refused { crossed_limit: true, .. } => crossed.push(("limit", call)),
                _ => {}
            }
        }
        assert_eq!(crossed, [("warning", 4_500), ("limit", 5_001)]);
        assert_eq!(Quota { limit: 3, length_us: 1 }.warning_at(), 3);
        assert_eq!(Quota { limit: 15, length_us: 1 }.warning_at(), 14);
    }

    #[test]
    fn qt_16_a_clock_set_back_never_makes_the_wait_longer_than_the_window() {
        let refused = decide(&Q, after(5_000), T0 - HOUR);
        assert!(matches!(refused, Decision::Refused { reset_in_s: 3_600, .. }));
        assert!(matches!(decide(&Q, Some(refused.window()), T0), Decision::Counted { .. }));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn counted_calls_of_a_window_never_exceed_the_limit(
            gaps in prop::collection::vec(0i64..400_000, 1..200)
        ) {
            let quota = Quota { limit: 7, length_us: SECOND_US };
            let (mut window, mut now, mut counted) = (None, T0, Vec::new());
            for gap in gaps {
                now += gap;
                let before = status(&quota, window, now);
                let decision = decide(&quota, window, now);
                prop_assert_eq!(before.remaining > 0, matches!(decision, Decision::Counted { .. }));
                if let Decision::Counted { remaining, reset_in_s, window, .. } = decision {
                    counted.push((window.started_at, now));
                    let told = status(&quota, Some(window), now);
                    prop_assert_eq!((told.remaining, told.reset_s), (remaining, reset_in_s));
                }
                window = Some(decision.window());
            }
            for (start, at) in &counted {
                prop_assert!((0..SECOND_US).contains(&(at - start)));
                prop_assert!(counted.iter().filter(|(s, _)| s == start).count() <= 7);
            }
        }
    }
}

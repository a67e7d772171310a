//! The gateway's rate counter: windows aligned to the epoch, where the previous window counts in proportion
//! to how much of it the last `window_us` still cover. An estimate, cheap to keep in one shared counter; the
//! password throttle is exact and uses [`crate::sliding_log`].
//!
//! `rate = current + previous · (window − now mod window) / window`, in exact integers of microseconds, no
//! floating point. A call is counted first and refused if the rate is then *above* the limit; refused calls
//! stay counted (the penalty) unless it is disabled. Of several rules, each refuses on its own, and a call
//! that any of them refuses counts in all or, without the penalty, in none.

use crate::ceil_secs;

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

/// What becomes of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whether every rule admits the call.
    pub admitted: bool,
    /// The counters to store, in the order of the rules.
    pub counters: Vec<Counter>,
    /// Where each rule stands, in the order of the rules.
    pub standings: Vec<Standing>,
}

impl Outcome {
    /// The most constrained rule, which the unnumbered headers are about: of those that refuse the one with
    /// the longest wait, otherwise the one with the fewest calls left. `None` if there are no rules.
    #[must_use]
    pub fn tightest(&self) -> Option<&Standing> {
        self.standings.iter().min_by_key(|s| (s.admitted, s.remaining, std::cmp::Reverse(s.reset_s)))
    }
}

impl Rule {
    fn width(&self) -> i64 {
        self.window_us.max(1)
    }

    /// `counter` as it stands at `now`. A clock set back stays in the counter's window, at its start: hits
    /// are never forgotten for it.
    fn roll(&self, counter: Counter, now: i64) -> Counter {
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

    fn standing(&self, counter: &Counter, refused: bool, now: i64) -> Standing {
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

/// Decides one call at `now` (microseconds since the epoch). `counters` belong to `rules` by position; a
/// missing one is a fresh one. Keep [`Outcome::counters`], in one atomic step with the decision.
#[must_use]
pub fn decide(rules: &[Rule], counters: &[Counter], now: i64, disable_penalty: bool) -> Outcome {
    let stored = counters.iter().copied().chain(std::iter::repeat(Counter::default()));
    let before: Vec<Counter> = rules.iter().zip(stored).map(|(rule, c)| rule.roll(c, now)).collect();
    let hit = |c: &Counter| Counter { current: c.current.saturating_add(1), ..*c };
    let above = |rule: &Rule, c: &Counter| {
        rule.scaled_rate(&hit(c), now) > i128::from(rule.limit) * i128::from(rule.width())
    };
    let refused: Vec<bool> = rules.iter().zip(&before).map(|(rule, c)| above(rule, c)).collect();
    let admitted = !refused.contains(&true);
    let counted = admitted || !disable_penalty;
    let counters: Vec<Counter> = before.iter().map(|c| if counted { hit(c) } else { *c }).collect();
    let standings = rules.iter().zip(&counters).zip(refused);
    let standings = standings.map(|((rule, c), refused)| rule.standing(c, refused, now)).collect();
    Outcome { admitted, counters, standings }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::SECOND_US;
    use proptest::prelude::*;

    /// A multiple of all windows used here.
    const T0: i64 = 1_790_000_400 * SECOND_US;

    const fn rule(limit: u32, secs: i64) -> Rule {
        Rule { limit, window_us: secs * SECOND_US, sliding: true }
    }

    struct Client(Vec<Rule>, Vec<Counter>, bool);

    impl Client {
        fn call(&mut self, at_us: i64) -> Outcome {
            let outcome = decide(&self.0, &self.1, T0 + at_us, self.2);
            self.1.clone_from(&outcome.counters);
            outcome
        }
    }

    #[test]
    fn three_in_thirty_seconds_then_a_refusal() {
        let mut client = Client(vec![rule(3, 30)], vec![], false);
        let start = 7 * SECOND_US + SECOND_US / 2;
        for remaining in [2, 1, 0] {
            let outcome = client.call(start);
            assert!(outcome.admitted);
            assert_eq!(outcome.tightest().unwrap().remaining, remaining);
        }
        let refused = client.call(start);
        let expected = Standing { admitted: false, limit: 3, remaining: 0, reset_s: 38 };
        assert_eq!((refused.admitted, refused.tightest()), (false, Some(&expected)));
        let later = |secs: i64| decide(&client.0, &client.1, T0 + start + secs * SECOND_US, false).admitted;
        assert!(!later(37) && later(38), "the wait it names is the true one");
    }

    #[test]
    fn the_rate_is_ten_plus_half_of_forty() {
        let half = T0 + 30 * SECOND_US;
        let counter = Counter { started_at: T0, current: 10, previous: 40 };
        assert_eq!(rule(1, 60).scaled_rate(&counter, half), 30 * 60 * i128::from(SECOND_US));
        let admitted = |limit, at| decide(&[rule(limit, 60)], &[counter], at, false).admitted;
        assert!(admitted(31, half) && !admitted(30, half));
        assert!(!admitted(31, half - 1), "the weight is finer than a second");
        let fixed = Rule { sliding: false, ..rule(11, 60) };
        assert!(decide(&[fixed], &[counter], half, false).admitted);
    }

    #[test]
    fn a_client_that_hammers_stays_blocked_with_the_penalty_only() {
        let admitted = |disable_penalty| {
            let mut client = Client(vec![rule(10, 60)], vec![], disable_penalty);
            let per_minute = |minute: i64| (0..12).map(move |i| (minute * 60 + i * 5) * SECOND_US);
            let minutes: Vec<usize> =
                (0..10).map(|m| per_minute(m).filter(|&at| client.call(at).admitted).count()).collect();
            minutes
        };
        assert_eq!(admitted(false)[0], 10);
        assert_eq!(admitted(false)[5..], [0; 5]);
        assert!(admitted(true)[5..].iter().all(|&n| n >= 9), "{:?}", admitted(true));
    }

    #[test]
    fn any_rule_refuses_and_all_count_or_none() {
        let rules = vec![rule(2, 1), rule(100, 60)];
        for (disable_penalty, counted) in [(false, 3), (true, 2)] {
            let mut client = Client(rules.clone(), vec![], disable_penalty);
            let outcomes = [0, 0, 0].map(|at| client.call(at));
            assert_eq!(outcomes.clone().map(|o| o.admitted), [true, true, false]);
            assert_eq!(outcomes[2].counters.iter().map(|c| c.current).collect::<Vec<_>>(), [counted; 2]);
            assert_eq!(outcomes[2].tightest().unwrap().limit, 2);
            assert_eq!(outcomes[2].standings[1].remaining, 100 - counted);
        }
    }

    #[test]
    fn a_clock_set_back_forgets_no_hit_and_waits_for_no_hour() {
        let counter = Counter { started_at: T0, current: 3, previous: 0 };
        for back in [1, 30 * SECOND_US, 31 * SECOND_US, 3_600 * SECOND_US] {
            let outcome = decide(&[rule(3, 30)], &[counter], T0 - back, false);
            assert!(!outcome.admitted && outcome.standings[0].reset_s <= 90, "{back} {outcome:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn the_wait_is_exact_and_the_rate_never_exceeds_the_limit(
            gaps in prop::collection::vec(0i64..4_000_000, 1..80), limit in 1u32..6,
            disable_penalty: bool, sliding: bool
        ) {
            let policy = Rule { sliding, ..rule(limit, 3) };
            let mut client = Client(vec![policy], vec![], disable_penalty);
            let mut at = 0;
            for gap in gaps {
                at += gap;
                let outcome = client.call(at);
                let standing = outcome.standings[0];
                let then = |secs| decide(&client.0, &client.1, T0 + at + secs * SECOND_US, true).admitted;
                let wait = i64::try_from(standing.reset_s).unwrap();
                if outcome.admitted {
                    let rate = policy.scaled_rate(&client.1[0], T0 + at);
                    prop_assert!(rate <= i128::from(limit) * 3 * i128::from(SECOND_US));
                } else {
                    prop_assert!(then(wait));
                    prop_assert!(wait == 1 || !then(wait - 1));
                }
            }
        }

        #[test]
        fn nothing_overflows(
            limit: u32, window_us: i64, sliding: bool, started_at: i64, current: u32, previous: u32, now: i64
        ) {
            let counter = Counter { started_at, current, previous };
            let _ = decide(&[Rule { limit, window_us, sliding }], &[counter], now, false);
        }
    }
}

#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

const T0: i64 = 1_790_000_000 * SECOND_US;
const MS: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND_US;

/// Decides attempts at these offsets from `T0` in microseconds, one after the other.
fn run(offsets: impl IntoIterator<Item = i64>) -> Vec<bool> {
    let mut ring = Ring::NEW;
    let attempt = |offset| {
        let decision = decide(&ring, T0 + offset);
        ring = decision.ring();
        decision.admitted()
    };
    offsets.into_iter().map(attempt).collect()
}

#[test]
fn rl_01_five_in_a_second_four_are_processed() {
    assert_eq!(run([0, 100 * MS, 200 * MS, 300 * MS, 400 * MS]), [true, true, true, true, false]);
}

#[test]
fn rl_02_the_window_is_half_open() {
    let admitted = [true, true, true, true, false, true];
    assert_eq!(run([0, 0, 0, 0, 999 * MS, 1_000 * MS]), admitted);
    assert_eq!(run([0, 0, 0, 0, 999_999, 1_000_000]), admitted, "to the microsecond");
    let across_an_edge = [950, 950, 950, 950, 1_050, 1_050, 1_050, 1_050].map(|ms| ms * MS);
    assert_eq!(run(across_an_edge), [true, true, true, true, false, false, false, false]);
}

#[test]
fn rl_04_every_250_ms_for_a_minute_none_is_refused() {
    assert!(run((0..=240).map(|i| i * 250 * MS)).into_iter().all(|admitted| admitted));
}

#[test]
fn rl_05_a_hundred_a_second_for_ten_seconds_admits_forty() {
    let offsets: Vec<i64> = (0..1_000).map(|i| i * 10 * MS).collect();
    let admitted = run(offsets.clone());
    let at: Vec<i64> = offsets.into_iter().zip(admitted).filter_map(|(t, ok)| ok.then_some(t)).collect();
    assert_eq!(at.len(), 40, "refusals do not extend");
    assert!(at.windows(5).all(|five| five[4] - five[0] >= WINDOW_US));
}

#[test]
fn a_refusal_names_what_fills_the_second_and_when_it_ends() {
    let ring = Ring { t: [T0, T0 + 1, T0 + 2, T0 + 3] };
    let refusal = decide(&ring, T0 + 10);
    assert_eq!(refusal, Decision::Refuse { retry_at: T0 + WINDOW_US, filled_by: ring.t });
    assert_eq!(refusal.ring(), ring);
    assert!(decide(&ring, T0 + WINDOW_US).admitted());
}

#[test]
fn rl_34_retry_after_is_rounded_up_and_at_least_one() {
    let secs = |us| retry_after_secs(T0 + us, T0);
    assert_eq!([-1, 0, 1, 999_999, 1_000_000, 1_000_001].map(secs), [1, 1, 1, 1, 1, 2]);
}

#[test]
fn rl_26_a_small_step_back_keeps_the_log_in_order() {
    let ring = Ring { t: [T0 - 3, T0 - 2, T0 - 1, T0] };
    let refusal = decide(&ring, T0 - 400 * MS);
    assert_eq!(refusal, Decision::Refuse { retry_at: T0 - 3 + WINDOW_US, filled_by: ring.t });
    let half_empty = Ring { t: [EMPTY, EMPTY, T0 - 1, T0] };
    let Decision::Admit { at, ring } = decide(&half_empty, T0 - WINDOW_US) else { panic!("refused") };
    assert_eq!((at, ring.t), (T0, [EMPTY, T0 - 1, T0, T0]));
}

#[test]
fn rl_26_after_an_hour_back_a_refusal_ends_within_a_second() {
    let back = T0 - HOUR;
    let refusal = decide(&Ring { t: [T0; 4] }, back);
    assert_eq!(refusal, Decision::Refuse { retry_at: back + WINDOW_US, filled_by: [back; 4] });
    assert!(!decide(&refusal.ring(), back + WINDOW_US - 1).admitted());
    assert!(decide(&refusal.ring(), back + WINDOW_US).admitted());
}

#[test]
fn no_clock_overflows() {
    for clock in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX] {
        for newest in [EMPTY, 0, i64::MAX] {
            let _ = decide(&Ring { t: [EMPTY, EMPTY, EMPTY, newest] }, clock);
            let _ = retry_after_secs(newest, clock);
        }
    }
}

/// The throttle as one would tell it to somebody, knowing nothing of rings: every admission ever, in no
/// order, and a scan of all of them.
#[derive(Default)]
struct Model {
    admitted: Vec<i64>,
    /// As logged, since the clock was last set back by over a second: before that, instants of the log
    /// cannot be compared with those after.
    logged: Vec<i64>,
}

impl Model {
    /// The instant of the attempt, and whether it is admitted.
    fn attempt(&mut self, clock: i64) -> (i64, bool) {
        if self.admitted.iter().any(|&a| a > clock.saturating_add(WINDOW_US)) {
            self.admitted.iter_mut().filter(|a| **a > clock).for_each(|a| *a = clock);
            self.logged.clear();
        }
        let now = self.admitted.iter().fold(clock, |now, &a| if a > now { a } else { now });
        let recent = self.admitted.iter().filter(|&&a| a > now - WINDOW_US && a <= now).count();
        if recent < 4 {
            self.admitted.push(now);
            self.logged.push(now);
        }
        (now, recent < 4)
    }

    /// INV-1 on what the log says: the first instant at which over four admissions share a second.
    fn crowded(&self) -> Option<i64> {
        let within = |t: i64| self.logged.iter().filter(|&&a| a >= t && a - t < WINDOW_US).count();
        self.logged.iter().copied().find(|&t| within(t) > 4)
    }
}

/// One move of a trace: true time passes, the clock is set, an attempt is made.
#[derive(Debug, Clone, Copy)]
struct Move {
    passes: i64,
    step: i64,
}

/// What is wrong with a refusal at `now`, when the clock shows `clock`.
fn refusal_fault(ring: &Ring, refusal: &Decision, now: i64, clock: i64) -> Option<&'static str> {
    let Decision::Refuse { retry_at, filled_by } = *refusal else { return Some("no refusal") };
    let kept = refusal.ring();
    if !filled_by.iter().all(|t| (now - WINDOW_US + 1..=now).contains(t)) {
        return Some("INV-2");
    }
    // A second, plus a step back of at most one.
    if retry_at <= now || retry_at > now + WINDOW_US || now - clock > WINDOW_US {
        return Some("lasts too long");
    }
    if !decide(&kept, retry_at).admitted() || decide(&kept, retry_at - 1).admitted() {
        return Some("ends at another time than it says");
    }
    (ring.newest() <= clock && kept != *ring).then_some("a refusal entered the ring")
}

/// Runs a trace and checks every invariant after every move.
fn check(moves: impl IntoIterator<Item = Move>) -> Result<(), String> {
    let (mut truth, mut clock) = (T0, T0);
    let mut ring = Ring::NEW;
    let mut model = Model::default();
    // True instants of admissions since the clock was last set forward.
    let mut true_admissions: Vec<i64> = Vec::new();
    for m in moves {
        truth += m.passes;
        clock += m.passes + m.step;
        if m.step > 0 {
            true_admissions.clear();
        }
        let (now, expected) = model.attempt(clock);
        let decision = decide(&ring, clock);
        let fail = |what: &str| Err(format!("{what}: {decision:?} on {ring:?} at {clock}, {m:?}"));
        if decision.admitted() != expected {
            return fail("not what the model says");
        }
        match decision {
            Decision::Admit { at, ring: after } => {
                true_admissions.push(truth);
                let log = &model.admitted;
                if at != now
                    || !after.t.is_sorted()
                    || !after.t.ends_with(&log[log.len().saturating_sub(4)..])
                {
                    return fail("logged wrongly");
                }
            }
            Decision::Refuse { .. } => refusal_fault(&ring, &decision, now, clock).map_or(Ok(()), fail)?,
        }
        if model.crowded().is_some() {
            return fail("INV-1 by the log");
        }
        if true_admissions.len() > 4
            && truth - true_admissions[true_admissions.len() - 5] < WINDOW_US
            && decision.admitted()
        {
            return fail("INV-1 by true time");
        }
        ring = decision.ring();
    }
    Ok(())
}

/// Marsaglia's xorshift64: a million traces must be quick and the same everywhere.
struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn pick<const N: usize>(&mut self, from: [i64; N]) -> i64 {
        from[(self.next() >> 33) as usize % N]
    }

    fn passes(&mut self) -> i64 {
        let some = (self.next() >> 33) as i64 % 600_000;
        self.pick([0, 0, 1, MS, 249 * MS, 250 * MS, 333_333, 999 * MS, WINDOW_US - 1, WINDOW_US, some, some])
    }
}

#[test]
fn a_million_random_traces_agree_with_the_model() {
    let mut random = Xorshift(0x9e37_79b9_7f4a_7c15);
    for trace in 0..1_000_000 {
        // Every other trace has a clock that steps.
        let steps = if trace % 2 == 0 { [0; 8] } else { [0, 0, 0, 0, MS, -MS, HOUR, -HOUR] };
        let length = 5 + (random.next() >> 33) as usize % 4;
        let moves: [Move; 8] =
            std::array::from_fn(|_| Move { passes: random.passes(), step: random.pick(steps) });
        check(moves.into_iter().take(length)).unwrap_or_else(|e| panic!("trace {trace}: {e}\n{moves:?}"));
    }
}

fn trace(step: impl Strategy<Value = i64> + Clone) -> impl Strategy<Value = Vec<Move>> {
    let passes = prop_oneof![0i64..2_000_000, 0i64..300_000, Just(0), Just(250_000), Just(WINDOW_US)];
    let a_move = (passes, step).prop_map(|(passes, step)| Move { passes, step });
    proptest::collection::vec(a_move, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..Default::default() })]

    #[test]
    fn inv_1_and_2_hold_for_a_steady_clock(moves in trace(Just(0))) {
        check(moves).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn inv_1_and_2_hold_for_a_clock_that_steps(
        moves in trace(prop_oneof![
            6 => Just(0), 1 => Just(MS), 1 => Just(-MS), 1 => Just(HOUR), 1 => Just(-HOUR),
            1 => Just(-WINDOW_US), 1 => Just(-WINDOW_US - 1), 2 => -3_000_000i64..3_000_000,
        ])
    ) {
        check(moves).map_err(TestCaseError::fail)?;
    }

    /// The signature says it: nothing but the ring and the clock goes in. What is left to show is that
    /// time has no origin, so a decision doesn't depend on the hour, the day or an edge of a second.
    #[test]
    fn inv_3_only_distances_in_time_matter(
        mut t in proptest::array::uniform4(0i64..3_000_000), clock in 0i64..3_000_000,
        shift in 0i64..i64::MAX / 2
    ) {
        t.sort_unstable();
        let here = decide(&Ring { t }, clock);
        let there = decide(&Ring { t: t.map(|t| t + shift) }, clock + shift);
        prop_assert_eq!(here.admitted(), there.admitted());
        prop_assert_eq!(here.ring().t.map(|t| t + shift), there.ring().t);
    }
}

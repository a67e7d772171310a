use super::*;
use crate::SECOND_US;
use crate::counters::Batch;
use proptest::prelude::*;

/// A multiple of all windows used here.
const T0: i64 = 1_790_000_400 * SECOND_US;

const fn rule(limit: u32, secs: i64) -> Rule {
    Rule { limit, window_us: secs * SECOND_US, sliding: true }
}

/// One policy, asked alone.
struct Outcome {
    admitted: bool,
    counters: Vec<Counter>,
    standings: Vec<Standing>,
}

impl Outcome {
    fn tightest(&self) -> Option<&Standing> {
        self.standings.iter().min_by_key(|s| (s.admitted, s.remaining, std::cmp::Reverse(s.reset_s)))
    }
}

fn decide(rules: &[Rule], counters: &[Counter], now: i64, disable_penalty: bool) -> Outcome {
    let mut batch = Batch::default();
    batch.ask(1, rules.to_vec(), !disable_penalty, false);
    let mut decision = batch.decide(counters, now);
    let answer = decision.answers.remove(0);
    Outcome { admitted: answer.admitted, counters: decision.counters, standings: answer.standings }
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
        assert_eq!(outcomes.each_ref().map(|o| o.admitted), [true, true, false]);
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
        assert!(!outcome.admitted && outcome.standings[0].reset_s <= 90, "{back} {:?}", outcome.standings);
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

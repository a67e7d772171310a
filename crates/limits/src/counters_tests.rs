//! The one decision, against a model that keeps every hit.

use super::*;
use crate::SECOND_US;
use crate::counters::memory::CounterMemory;
use proptest::prelude::*;
use std::collections::HashMap;

/// A multiple of all windows used here.
const T0: i64 = 1_790_000_400 * SECOND_US;

const fn rule(limit: u32, secs: i64, sliding: bool) -> Rule {
    Rule { limit, window_us: secs * SECOND_US, sliding }
}

/// Every hit of every slot: counts by looking at them all.
#[derive(Default)]
struct Model(HashMap<Slot, Vec<i64>>);

impl Model {
    fn rate_with_one_more(&self, slot: Slot, sliding: bool, now: i64) -> f64 {
        let hits = self.0.get(&slot).map_or(&[][..], Vec::as_slice);
        let window = |t: i64| t.div_euclid(slot.window_us);
        let count = |w: i64| hits.iter().filter(|t| window(**t) == w).count();
        let weight = (slot.window_us - now.rem_euclid(slot.window_us)) as f64 / slot.window_us as f64;
        let previous = if sliding { count(window(now) - 1) as f64 * weight } else { 0.0 };
        (count(window(now)) + 1) as f64 + previous
    }

    fn decide(&mut self, asked: &[(Key, Vec<Rule>, bool, bool)], now: i64) -> Vec<bool> {
        let refuses = |(key, rules, _, _): &(Key, Vec<Rule>, bool, bool)| {
            rules.iter().any(|rule| {
                let slot = Slot { key: *key, window_us: rule.window_us };
                self.rate_with_one_more(slot, rule.sliding, now) > f64::from(rule.limit) + 1e-9
            })
        };
        let refused: Vec<bool> = asked.iter().map(refuses).collect();
        let admitted = !asked.iter().zip(&refused).any(|(q, refused)| *refused && !q.3);
        let mut hit: Vec<Slot> = Vec::new();
        for ((key, rules, penalty, _), refused) in asked.iter().zip(&refused) {
            if if *refused { *penalty } else { admitted } {
                hit.extend(rules.iter().map(|rule| Slot { key: *key, window_us: rule.window_us }));
            }
        }
        hit.sort_unstable();
        hit.dedup();
        hit.into_iter().for_each(|slot| self.0.entry(slot).or_default().push(now));
        refused
    }
}

fn questions() -> impl Strategy<Value = Vec<(Key, Vec<Rule>, bool, bool)>> {
    let rules = prop::collection::vec((1u32..6, prop::sample::select(vec![1i64, 2, 5])), 1..3);
    let question = (1u128..4, rules, any::<bool>(), any::<bool>(), prop::bool::weighted(0.2));
    prop::collection::vec(question, 1..4).prop_map(|all| {
        all.into_iter()
            .map(|(key, rules, sliding, penalty, dry)| {
                let mut rules: Vec<Rule> = rules.into_iter().map(|(l, s)| rule(l, s, sliding)).collect();
                rules.dedup_by_key(|r| r.window_us);
                (key, rules, penalty, dry)
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..Default::default() })]

    #[test]
    fn memory_decides_what_a_log_of_all_hits_decides(
        asked in questions(), gaps in prop::collection::vec(0i64..3_000_000, 1..60)
    ) {
        let memory = CounterMemory::new(1_000);
        let mut model = Model::default();
        let mut batch = Batch::default();
        asked.iter().for_each(|(key, rules, p, d)| batch.ask(*key, rules.clone(), *p, *d));
        let mut now = T0;
        for gap in gaps {
            now += gap;
            let decision = memory.decide_at(&batch, now).unwrap();
            let refused: Vec<bool> = decision.answers.iter().map(|a| !a.admitted).collect();
            prop_assert_eq!(refused, model.decide(&asked, now), "at {}", now - T0);
        }
    }
}

#[test]
fn what_one_policy_refuses_costs_the_others_nothing() {
    let memory = CounterMemory::new(100);
    let mut batch = Batch::default();
    batch.ask(1, vec![rule(1, 60, true)], true, false);
    batch.ask(2, vec![rule(10, 60, true)], true, false);
    let first = memory.decide_at(&batch, T0).unwrap();
    assert!(first.admitted());
    for _ in 0..5 {
        let refused = memory.decide_at(&batch, T0).unwrap();
        assert!(!refused.admitted() && refused.answers[1].admitted);
        assert_eq!(refused.answers[1].counters[0].current, 1);
    }
    assert_eq!(memory.decide_at(&batch, T0).unwrap().answers[0].counters[0].current, 7);
}

#[test]
fn a_dry_run_counts_and_refuses_nobody() {
    let memory = CounterMemory::new(100);
    let mut batch = Batch::default();
    batch.ask(1, vec![rule(1, 60, true)], true, true);
    let decisions: Vec<_> = (0..3).map(|_| memory.decide_at(&batch, T0).unwrap()).collect();
    assert!(decisions.iter().all(Decision::admitted));
    assert_eq!(decisions.iter().map(|d| d.answers[0].admitted).collect::<Vec<_>>(), [true, false, false]);
}

#[test]
fn a_shared_counter_is_hit_once_by_one_request() {
    let mut batch = Batch::default();
    batch.ask(1, vec![rule(5, 60, true)], true, false);
    batch.ask(1, vec![rule(3, 60, false), rule(9, 1, false)], true, false);
    assert_eq!(batch.slots().len(), 2);
    let decision = batch.decide(&[], T0);
    assert_eq!(decision.counters.iter().map(|c| c.current).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn a_share_is_rounded_up_and_never_nothing() {
    let mut batch = Batch::default();
    batch.ask(1, vec![rule(10, 60, true), rule(1, 1, true)], true, false);
    let shared = batch.shared_by(3);
    assert_eq!(shared.questions()[0].rules.iter().map(|r| r.limit).collect::<Vec<_>>(), [4, 1]);
    assert_eq!(batch.shared_by(0), batch);
}

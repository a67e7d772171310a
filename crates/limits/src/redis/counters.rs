//! Counters on Redis: one script and one round trip for all policies of a request, by the server's clock.

use super::{Redis, Unavailable};
use crate::counters::{Batch, Clock, CounterStore, Decision, Slot};
use crate::sliding_window::{Counter, MAX_HITS};
use ::redis::{Script, ScriptInvocation};

/// Counters on Redis.
pub struct RedisCounters {
    redis: Redis,
    script: Script,
}

impl RedisCounters {
    /// Counters over a connection.
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        Self { redis, script: Script::new(include_str!("counters.lua")) }
    }

    fn invocation(&self, batch: &Batch, clock: Clock) -> ScriptInvocation<'_> {
        let mut call = self.script.prepare_invoke();
        for slot in batch.slots() {
            call.key(key(batch.scope(), slot));
        }
        call.arg(clock.fixed().map_or_else(String::new, |now| now.to_string())).arg(MAX_HITS);
        call.arg(batch.requests());
        for slot in batch.slots() {
            call.arg(slot.window_us);
        }
        for question in batch.questions() {
            let sliding = question.rules.first().is_some_and(|rule| rule.sliding);
            call.arg(u8::from(sliding)).arg(u8::from(question.penalty)).arg(u8::from(question.dry_run));
            call.arg(question.rules.len());
            for (rule, place) in question.rules.iter().zip(question.places()) {
                call.arg(place + 1).arg(rule.limit);
            }
        }
        call
    }
}

/// The name of a counter. All of one decision share the scope's hash tag, so they are on one node of a cluster.
fn key(scope: u128, slot: &Slot) -> String {
    format!("signet:{{{scope:032x}}}:rate:{:032x}:{}", slot.key, slot.window_us)
}

impl CounterStore for RedisCounters {
    type Error = Unavailable;

    async fn decide(&self, batch: &Batch, clock: Clock) -> Result<Decision, Unavailable> {
        let answer: Vec<i64> = self.redis.run(&self.invocation(batch, clock)).await?;
        read(batch, &answer).ok_or_else(|| self.redis.distrust("its answer makes no sense"))
    }
}

/// Reads the script's answer; `None` for one that it can't have given.
fn read(batch: &Batch, answer: &[i64]) -> Option<Decision> {
    let (now, rest) = answer.split_first()?;
    let (states, refusals) = rest.split_at_checked(batch.slots().len() * 3)?;
    let mut counters = Vec::with_capacity(batch.slots().len());
    for (state, slot) in states.chunks_exact(3).zip(batch.slots()) {
        let [started_at, current, previous] = *state else { return None };
        let hits = |n: i64| u32::try_from(n).ok().filter(|n| *n <= MAX_HITS);
        let counter = Counter { started_at, current: hits(current)?, previous: hits(previous)? };
        let near = started_at.abs_diff(*now) <= slot.window_us.unsigned_abs();
        (near && started_at.rem_euclid(slot.window_us) == 0).then_some(())?;
        counters.push(counter);
    }
    let mut refusals = refusals.iter();
    let mut refused = Vec::with_capacity(batch.questions().len());
    for question in batch.questions() {
        let flags: Option<Vec<bool>> = refusals
            .by_ref()
            .take(question.rules.len())
            .map(|flag| matches!(flag, 0 | 1).then_some(*flag == 1))
            .collect();
        refused.push(flags.filter(|flags| flags.len() == question.rules.len())?);
    }
    refusals.next().is_none().then(|| batch.told(&counters, &refused, *now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sliding_window::Rule;

    #[test]
    fn an_answer_that_the_script_cant_give_is_none() {
        let mut batch = Batch::default();
        batch.ask(7, vec![Rule { limit: 3, window_us: 30_000_000, sliding: true }], true, false);
        let fine = [30_000_001, 30_000_000, 1, 0, 0];
        assert!(read(&batch, &fine).is_some_and(|d| d.admitted()));
        for wrong in [
            &[][..],
            &fine[..4],
            &[30_000_001, 30_000_000, 1, 0, 0, 0],
            &[30_000_001, 30_000_000, -1, 0, 0],
            &[30_000_001, 30_000_000, 1, 0, 2],
            &[30_000_001, 30_000_002, 1, 0, 0],
            &[30_000_001, 900_000_000, 1, 0, 0],
            &[30_000_001, 30_000_000, 9_000_000_000, 0, 0],
        ] {
            assert!(read(&batch, wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn the_counters_of_one_decision_share_a_hash_tag() {
        let slot = |key, window_us| Slot { key, window_us };
        let tag = |key: &str| key.split(['{', '}']).nth(1).map(str::to_owned);
        assert_eq!(tag(&key(5, &slot(1, 1))), tag(&key(5, &slot(2, 9))));
        assert_ne!(tag(&key(5, &slot(1, 1))), tag(&key(6, &slot(1, 1))));
    }
}

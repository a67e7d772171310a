//! Policies that exchange with their store every few seconds instead of with every request: decided in node
//! memory, from what the store said last and what this node has counted since.

use super::Applied;
use super::stores::full;
use crate::{Ctx, Idp, IdpError};
use signet_domain::rate_policy::RateStrategy;
use signet_limits::counters::{Batch, CounterStore, Decision, Slot};
use signet_limits::sliding_window::{Counter, Rule};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most counters that wait to be exchanged. Past it a node counts for itself, as if it never exchanged.
const MOST_WAITING: usize = 10_000;

/// Hits that the stores haven't heard of, by counter. Each has one task, until it has nothing to tell.
#[derive(Default)]
pub(super) struct Behind(Mutex<HashMap<(RateStrategy, Slot), u32>>);

impl Behind {
    fn waiting(&self) -> MutexGuard<'_, HashMap<(RateStrategy, Slot), u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idp {
    pub(super) async fn decide_behind(
        &self,
        ctx: &Ctx,
        batch: &Batch,
        applied: &[&Applied<'_>],
    ) -> Result<(Decision, &'static str), IdpError> {
        let (stores, clock) = (self.rate_stores(), self.rate_clock());
        // While Redis is away, a node has its share of the limit.
        let away = applied.iter().any(|a| a.policy.strategy == RateStrategy::Redis)
            && (stores.redis.is_none() || self.limits_degraded().is_some());
        let share = batch.shared_by(if away { self.live_nodes() } else { 1 });
        let decision = stores.memory.decide_at(&share, clock.node()).map_err(full)?;
        let hit = batch.hit_by(&decision);
        for (one, question) in applied.iter().zip(batch.questions()) {
            for at in question.places().iter().filter(|at| hit[**at]) {
                self.tell_later(ctx, one, batch.slots()[*at]);
            }
        }
        Ok((decision, "node"))
    }

    /// Adds a hit to what is told at the next exchange, and starts the task that does if there is none.
    fn tell_later(&self, ctx: &Ctx, one: &Applied<'_>, slot: Slot) {
        let mut waiting = self.rate_stores().behind.waiting();
        let key = (one.policy.strategy, slot);
        if let Some(hits) = waiting.get_mut(&key) {
            *hits = hits.saturating_add(1);
            return;
        }
        if waiting.len() >= MOST_WAITING {
            return;
        }
        waiting.insert(key, 1);
        drop(waiting);
        let every = Duration::from_millis(u64::try_from(one.policy.sync_rate_ms).unwrap_or(1_000).max(20));
        tokio::spawn(exchange(self.clone(), ctx.clone(), key, every));
    }
}

/// Tells the store what was counted and takes over what it knows, until there is nothing to tell.
async fn exchange(idp: Idp, ctx: Ctx, key: (RateStrategy, Slot), every: Duration) {
    // What no exchange could tell for two windows is of no use any more.
    let window = Duration::from_micros(key.1.window_us.unsigned_abs());
    let mut left = (window * 2).as_millis() / every.as_millis().max(1) + 2;
    loop {
        tokio::time::sleep(every).await;
        let hits = {
            let mut waiting = idp.rate_stores().behind.waiting();
            match waiting.get_mut(&key) {
                Some(0) | None => {
                    waiting.remove(&key);
                    return;
                }
                Some(hits) => std::mem::take(hits),
            }
        };
        left -= 1;
        let told = idp.tell(&ctx, key, hits).await;
        let mut waiting = idp.rate_stores().behind.waiting();
        let since = waiting.entry(key).or_default();
        match told {
            Some(counter) => idp.rate_stores().memory.absorb(key.1, counter, *since),
            None if left == 0 => {
                waiting.remove(&key);
                return;
            }
            None => *since = since.saturating_add(hits),
        }
    }
}

impl Idp {
    /// Adds hits to a store's counter, whatever its limit, and gives what it knows; `None` when it is away.
    async fn tell(&self, ctx: &Ctx, (strategy, slot): (RateStrategy, Slot), hits: u32) -> Option<Counter> {
        let mut batch = Batch::of(ctx.tenant_id().0.as_u128()).worth(hits);
        let rule = Rule { limit: 0, window_us: slot.window_us, sliding: true };
        batch.ask(slot.key, vec![rule], true, true);
        let clock = self.rate_clock();
        let decided = match strategy {
            RateStrategy::Redis => self.rate_stores().redis.as_ref()?.decide(&batch, clock).await.ok(),
            _ => self.store().tenant(ctx.tenant_id()).decide(&batch, clock).await.ok(),
        };
        decided?.counters.first().copied()
    }
}

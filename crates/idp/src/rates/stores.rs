//! Where rate policies are counted, and what takes over when Redis is away.
//!
//! Redis policies are shadowed on the node: whatever Redis counts for this node is noted in its memory, too. If
//! Redis then loses counters (flushed, restarted, a stale replica promoted), a node still never admits more than
//! the limit by itself; and if Redis is gone, the node goes on from what it knows, with its share of the limit.

use super::behind::Behind;
use super::{Applied, node_only};
use crate::{Ctx, Idp, IdpError};
use signet_domain::event::{Entity, Severity, types};
use signet_domain::id::TenantId;
use signet_domain::rate_policy::{RatePolicy, RateStrategy};
use signet_limits::counters::memory::CounterMemory;
use signet_limits::counters::{Batch, CounterStore, Decision};
use signet_limits::memory::Full;
use signet_limits::redis::counters::RedisCounters;
use signet_limits::redis::{Health, Redis, Unavailable};
use signet_limits::sliding_window::Counter;
use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where a policy's requests are decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In this node's memory alone.
    Node,
    /// In this node's memory, which exchanges with a store now and then.
    Behind,
    /// In Redis.
    Redis,
    /// In the database.
    Database,
}

impl Place {
    /// The cheapest first: what one refuses, the next ones needn't be asked.
    pub(super) const ALL: &[Self] = &[Self::Node, Self::Behind, Self::Redis, Self::Database];

    /// Whether a policy is decided here.
    pub(super) fn holds(self, policy: &RatePolicy) -> bool {
        self == match policy.strategy {
            _ if node_only(policy) => Self::Node,
            _ if policy.sync_rate_ms > 0 => Self::Behind,
            RateStrategy::Redis => Self::Redis,
            RateStrategy::Local | RateStrategy::Cluster => Self::Database,
        }
    }
}

/// The counters of a node, and its way to those of Redis.
pub(crate) struct RateStores {
    pub(super) memory: Arc<CounterMemory>,
    pub(super) redis: Option<Arc<RedisCounters>>,
    pub(super) behind: Arc<Behind>,
    /// The newest instant at which Redis decided for this node, in microseconds by its own clock.
    newest: AtomicI64,
    /// Tenants whose log says that Redis is away.
    degraded: Mutex<HashSet<TenantId>>,
}

impl RateStores {
    pub(crate) fn new(redis: Option<Redis>) -> Self {
        if let Some(redis) = &redis {
            tokio::spawn(tell(redis.clone()));
        }
        Self {
            memory: Arc::default(),
            redis: redis.map(|redis| Arc::new(RedisCounters::new(redis))),
            behind: Arc::default(),
            newest: AtomicI64::new(i64::MIN),
            degraded: Mutex::default(),
        }
    }

    fn degraded(&self) -> MutexGuard<'_, HashSet<TenantId>> {
        self.degraded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says once whenever Redis goes and comes back.
async fn tell(redis: Redis) {
    let mut health = redis.health();
    // Doesn't keep the connection alive.
    drop(redis);
    let mut well = health.borrow_and_update().is_well();
    while health.changed().await.is_ok() {
        let now = health.borrow_and_update().clone();
        if now.is_well() == well {
            continue;
        }
        well = now.is_well();
        match now {
            Health::Well => tracing::info!("system.limits.restored: rate policies count in Redis again"),
            Health::Ill(why) => {
                tracing::warn!(
                    why,
                    "system.limits.degraded: Redis can't be used, rate policies count on this node"
                );
            }
        }
    }
}

impl Idp {
    /// Decides a batch where its policies count; also says where that was.
    pub(super) async fn decide_at(
        &self,
        ctx: &Ctx,
        place: Place,
        batch: &Batch,
        applied: &[&Applied<'_>],
    ) -> Result<(Decision, &'static str), IdpError> {
        let stores = self.rate_stores();
        let clock = self.rate_clock();
        match place {
            Place::Node => Ok((stores.memory.decide_at(batch, clock.node()).map_err(full)?, "node")),
            Place::Behind => self.decide_behind(ctx, batch, applied).await,
            Place::Redis => self.decide_in_redis(ctx, batch).await,
            Place::Database => {
                Ok((self.store().tenant(ctx.tenant_id()).decide(batch, clock).await?, "database"))
            }
        }
    }

    async fn decide_in_redis(&self, ctx: &Ctx, batch: &Batch) -> Result<(Decision, &'static str), IdpError> {
        let stores = self.rate_stores();
        let clock = self.rate_clock();
        // What is known now Redis counted before this request, for its answers have come.
        let before: Vec<Counter> = batch.slots().iter().map(|slot| stores.memory.known(slot)).collect();
        let decided = match &stores.redis {
            Some(redis) => redis.decide(batch, clock).await,
            None => Err(Unavailable("there is none".to_owned())),
        };
        match decided {
            Ok(decision) => {
                self.note_restored(ctx).await?;
                Ok((self.shadowed(batch, decision, &before), "redis"))
            }
            Err(why) => {
                self.note_degraded(ctx, &why).await?;
                let share = batch.shared_by(self.live_nodes());
                Ok((stores.memory.decide_at(&share, clock.node()).map_err(full)?, "node"))
            }
        }
    }

    /// Notes on this node what Redis counted, and refuses what is above the limit by this node's own count:
    /// then Redis has lost some.
    ///
    /// Answers come in any order. One that was overtaken may stand for fewer hits than this node knows of by now, so it
    /// is held to those that were known before it was asked for.
    fn shadowed(&self, batch: &Batch, decision: Decision, before: &[Counter]) -> Decision {
        let (memory, newest) = (&self.rate_stores().memory, &self.rate_stores().newest);
        let mut counters = decision.counters.clone();
        let mut lost = false;
        let is_newest = newest.fetch_max(decision.now, Ordering::SeqCst) < decision.now;
        let hits = batch.hit_by(&decision);
        for (((slot, counter), before), hit) in batch.slots().iter().zip(&mut counters).zip(before).zip(hits)
        {
            if !hit {
                continue;
            }
            // Without room for a note, Redis is believed.
            let Ok(own) = memory.note(*slot, counter.started_at, decision.now) else { continue };
            // Looked at after the note: whoever noted earlier and is newer has said so by then.
            let overtaken = !is_newest || newest.load(Ordering::SeqCst) > decision.now;
            let sure = if overtaken { before.hit() } else { own };
            if sure.started_at == counter.started_at
                && (sure.current > counter.current || sure.previous > counter.previous)
            {
                lost = true;
                counter.current = counter.current.max(own.current);
                counter.previous = counter.previous.max(own.previous);
            }
        }
        if lost { batch.corrected(&decision, &counters) } else { decision }
    }

    async fn note_degraded(&self, ctx: &Ctx, why: &Unavailable) -> Result<(), IdpError> {
        if !self.rate_stores().degraded().insert(ctx.tenant_id()) {
            return Ok(());
        }
        let mut event = self.event(ctx, types::LIMITS_DEGRADED, Entity::system());
        event.severity = Severity::Warn;
        let event = event.debug("why", why.0.as_str()).debug("liveNodes", self.live_nodes().to_string());
        self.record(ctx, vec![event]).await
    }

    async fn note_restored(&self, ctx: &Ctx) -> Result<(), IdpError> {
        let was_degraded = {
            let mut degraded = self.rate_stores().degraded();
            !degraded.is_empty() && degraded.remove(&ctx.tenant_id())
        };
        if !was_degraded {
            return Ok(());
        }
        self.record(ctx, vec![self.event(ctx, types::LIMITS_RESTORED, Entity::system())]).await
    }

    /// Why rate policies that count in Redis count on this node instead; `None` while all is well.
    #[must_use]
    pub fn limits_degraded(&self) -> Option<String> {
        match &*self.redis()?.health().borrow() {
            Health::Well => None,
            Health::Ill(why) => Some(why.clone()),
        }
    }
}

pub(super) fn full(_: Full) -> IdpError {
    IdpError::Overloaded { retry_after: 1 }
}

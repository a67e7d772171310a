//! Counters of rate policies in the database: one short transaction for all policies of a request, by the
//! database's clock. What is decided is decided by `signet_limits`; this keeps the counters and the lock on them.

use crate::dialect::{Text, with_now};
use crate::macros::{execute, fetch_one};
use crate::{Result, StoreError, TenantStore, Tx};
use signet_domain::Time;
use signet_limits::counters::{Batch, Clock, CounterStore, Decision, Slot};
use signet_limits::sliding_window::Counter;
use uuid::Uuid;

/// A counter and the clock that looked at it.
type Row = (i64, i64, i64, Time);

/// Locks a counter, which is made if need be, and reads the clock after the lock was waited for.
const LOCK: Text = with_now!("$4":
    "INSERT INTO rate_counters AS c (tenant_id, key, window_us, started_at, hits, hits_before, expires_at)
     VALUES ($1, $2, $3, 0, 0, 0, 0)
     ON CONFLICT (tenant_id, key, window_us) DO UPDATE SET hits = c.hits
     RETURNING started_at, hits, hits_before, "; now "");

const PUT: &str = "UPDATE rate_counters SET started_at = $4, hits = $5, hits_before = $6, expires_at = $7
    WHERE tenant_id = $1 AND key = $2 AND window_us = $3";

impl TenantStore {
    /// Decides one request and keeps the counters, in one transaction.
    pub async fn decide_rates(&self, batch: &Batch, fixed: Option<Time>) -> Result<Decision> {
        let batch = batch.clone();
        self.write(move |tx| Box::pin(async move { tx.decide_rates(&batch, fixed).await })).await
    }
}

impl Tx {
    async fn decide_rates(&mut self, batch: &Batch, fixed: Option<Time>) -> Result<Decision> {
        // In one order for all, so that two decisions never wait for each other.
        let mut order: Vec<usize> = (0..batch.slots().len()).collect();
        order.sort_unstable_by_key(|at| batch.slots()[*at]);
        let mut stored = vec![Counter::default(); batch.slots().len()];
        let mut now = Time(i64::MIN);
        for at in order {
            let (counter, clock) = self.lock_rate_counter(&batch.slots()[at], fixed).await?;
            stored[at] = counter;
            now = now.max(clock);
        }
        let decision = batch.decide(&stored, now.0);
        for (slot, counter) in batch.slots().iter().zip(&decision.counters) {
            self.put_rate_counter(slot, counter).await?;
        }
        Ok(decision)
    }

    async fn lock_rate_counter(&mut self, slot: &Slot, fixed: Option<Time>) -> Result<(Counter, Time)> {
        let sql = LOCK.of(&self.conn);
        let over = fixed.or_else(|| self.clock_for_limits());
        let key = Uuid::from_u128(slot.key);
        let row: Row = fetch_one!(self, Row, sql, self.tenant, key, slot.window_us, over)?;
        let hits = |n: i64| {
            u32::try_from(n).map_err(|_| StoreError::Internal("a rate counter is out of range".into()))
        };
        Ok((Counter { started_at: row.0, current: hits(row.1)?, previous: hits(row.2)? }, row.3))
    }

    async fn put_rate_counter(&mut self, slot: &Slot, counter: &Counter) -> Result<()> {
        let (hits, before) = (i64::from(counter.current), i64::from(counter.previous));
        let key = Uuid::from_u128(slot.key);
        let expires = slot.expires_at(counter);
        execute!(self, PUT, self.tenant, key, slot.window_us, counter.started_at, hits, before, expires)
            .map(|_| ())
    }
}

impl CounterStore for TenantStore {
    type Error = StoreError;

    async fn decide(&self, batch: &Batch, clock: Clock) -> Result<Decision> {
        self.decide_rates(batch, clock.fixed().map(Time)).await
    }
}

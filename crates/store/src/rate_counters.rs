//! Counters of rate policies in the database, by the database's clock. What is decided is decided by
//! `signet_limits`; this keeps the counters and the lock on them.
//!
//! A request that counts whatever is decided (one policy, and what it refuses counts too, which is what most requests
//! meet) is one statement: it rolls and raises all windows of the policy and gives them back. Otherwise whether one
//! counter is raised depends on others that other requests change at the same time, and on PostgreSQL one statement
//! can't read those: it sees what was committed before it began, not what it waited for. Then the counters are
//! locked, read and written in one short transaction.

use crate::dialect::{Text, with_now};
use crate::macros::{execute, fetch_all, fetch_one};
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

/// Most windows that [`HIT`] raises.
const MOST_WINDOWS: usize = 8;

/// A window's length, its counter after the request, and the clock that looked at it.
type HitRow = (i64, i64, i64, i64, Time);

/// Rolls and raises the counters of up to eight windows, in the order of their length. As `Rule::roll` does it: a
/// clock set back stays in the counter's window, and one set back by over a window takes the hits along.
const HIT: Text = with_now!("$4":
    "INSERT INTO rate_counters AS c (tenant_id, key, window_us, started_at, hits, hits_before, expires_at)
     SELECT $1, $2, v.column1, n.clock - n.clock % v.column1, $3, 0,
       n.clock - n.clock % v.column1 + v.column1 * 2
     FROM (VALUES (CAST($5 AS BIGINT)), ($6), ($7), ($8), ($9), ($10), ($11), ($12)) v,
       (SELECT "; now " AS clock LIMIT 1) n
     WHERE v.column1 IS NOT NULL ORDER BY v.column1
     ON CONFLICT (tenant_id, key, window_us) DO UPDATE SET (started_at, hits, hits_before, expires_at) = (
       SELECT r.start,
         CASE WHEN r.held + $3 > 500000000 THEN 500000000 ELSE r.held + $3 END,
         r.before,
         r.start + c.window_us * 2
       FROM (
         SELECT
           CASE WHEN n.clock - n.clock % c.window_us <= c.started_at AND c.started_at - n.clock <= c.window_us
             THEN c.started_at ELSE n.clock - n.clock % c.window_us END AS start,
           CASE WHEN n.clock - n.clock % c.window_us <= c.started_at THEN c.hits ELSE 0 END AS held,
           CASE WHEN n.clock - n.clock % c.window_us <= c.started_at THEN c.hits_before
             WHEN n.clock - n.clock % c.window_us = c.started_at + c.window_us THEN c.hits ELSE 0 END AS before
         FROM (SELECT "; now " AS clock LIMIT 1) n) r)
     RETURNING window_us, started_at, hits, hits_before, "; now "");

const PUT: &str = "UPDATE rate_counters SET started_at = $4, hits = $5, hits_before = $6, expires_at = $7
    WHERE tenant_id = $1 AND key = $2 AND window_us = $3";

impl TenantStore {
    /// Decides one request and keeps the counters, in one transaction.
    pub async fn decide_rates(&self, batch: &Batch, fixed: Option<Time>) -> Result<Decision> {
        let batch = batch.clone();
        if batch.always_counts() && batch.slots().len() <= MOST_WINDOWS {
            return self.write(move |tx| Box::pin(async move { tx.hit_rates(&batch, fixed).await })).await;
        }
        self.write(move |tx| Box::pin(async move { tx.decide_rates(&batch, fixed).await })).await
    }
}

impl Tx {
    async fn hit_rates(&mut self, batch: &Batch, fixed: Option<Time>) -> Result<Decision> {
        let sql = HIT.of(&self.conn);
        let over = fixed.or_else(|| self.clock_for_limits());
        let key = Uuid::from_u128(batch.slots().first().map_or(0, |slot| slot.key));
        let [a, b, c, d, e, f, g, h]: [Option<i64>; MOST_WINDOWS] =
            std::array::from_fn(|at| batch.slots().get(at).map(|slot| slot.window_us));
        let requests = i64::from(batch.requests());
        let rows: Vec<HitRow> =
            fetch_all!(self, HitRow, sql, self.tenant, key, requests, over, a, b, c, d, e, f, g, h)?;
        let mut after = Vec::with_capacity(rows.len());
        for slot in batch.slots() {
            let row = rows.iter().find(|row| row.0 == slot.window_us);
            let row = row.ok_or_else(|| StoreError::Internal("a rate counter was not kept".into()))?;
            after.push((
                Counter { started_at: row.1, current: hits(row.2)?, previous: hits(row.3)? },
                row.4.0,
            ));
        }
        Ok(batch.counted(&after))
    }

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

fn hits(n: i64) -> Result<u32> {
    u32::try_from(n).map_err(|_| StoreError::Internal("a rate counter is out of range".into()))
}

impl CounterStore for TenantStore {
    type Error = StoreError;

    async fn decide(&self, batch: &Batch, clock: Clock) -> Result<Decision> {
        self.decide_rates(batch, clock.fixed().map(Time)).await
    }
}

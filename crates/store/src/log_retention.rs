//! How long each tenant keeps its log, and deleting what is older.
//!
//! Every tenant has a row that says before when nothing of its log is due. Housekeeping asks an index for the tenants
//! whose instant has come, and looks at no other, however many there are.

use crate::housekeeping::Swept;
use crate::log_seals::LogFloor;
use crate::macros::{execute, fetch_all, fetch_one, fetch_optional};
use crate::{Result, Store, StoreError, Tx};
use signet_domain::Time;
use signet_domain::id::TenantId;
use signet_domain::log_retention::{DEFAULT_DAYS, LogRetention, cutoff};

/// Tenants whose logs one step sweeps, each in a commit of its own.
const TENANTS: i64 = 10;

/// A log that was swept to the end isn't looked at again sooner, so that one that always has something due costs no
/// more than a look an hour.
const PAUSE_SECONDS: i64 = 3_600;

/// What would go if a tenant kept its log for so many days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WouldGo {
    /// Events, as far as they were counted.
    pub events: i64,
    /// Whether there are more than were counted.
    pub more: bool,
    /// When the oldest event of the log happened; none where there is no event.
    pub oldest: Option<Time>,
}

/// The log goes from its beginning, in the order of commits, and only as far as it is counted and alerts have heard it.
/// The commit that was counted last stays: on SQLite commits are numbered on from the highest number in the log.
const EVENTS: &str = "DELETE FROM events WHERE tenant_id = $1 AND published < $2 AND (epoch, txid, seq) IN (
    SELECT e.epoch, e.txid, e.seq FROM events e WHERE e.tenant_id = $1
    AND (e.epoch, e.txid) < (SELECT p.epoch, p.txid FROM count_progress p WHERE p.id = 1)
    AND (e.epoch, e.txid) < (SELECT p.epoch, p.txid FROM count_progress p WHERE p.id = 2)
    ORDER BY e.epoch, e.txid, e.seq LIMIT $3)";

/// Nobody asks any more what these events said. One whose last event was just missed by the batch above is no harm.
const SEALS: &str = "DELETE FROM log_seals WHERE tenant_id = $1 AND newest < $2 AND number IN (
    SELECT number FROM log_seals WHERE tenant_id = $1 AND newest < $2 ORDER BY newest LIMIT $3)";

/// What leads to the log is kept as long as the log.
const FIRINGS: &str = "DELETE FROM alert_firings WHERE tenant_id = $1 AND fired_at < $2 AND id IN (
    SELECT id FROM alert_firings WHERE tenant_id = $1 AND fired_at < $2 ORDER BY fired_at LIMIT $3)";
const DELIVERIES: &str = "DELETE FROM webhook_deliveries WHERE tenant_id = $1 AND created_at < $2 AND id IN (
    SELECT id FROM webhook_deliveries WHERE tenant_id = $1 AND created_at < $2 ORDER BY created_at LIMIT $3)";

impl Tx {
    /// How long the tenant keeps its log.
    pub async fn log_retention(&mut self) -> Result<LogRetention> {
        const SQL: &str = "SELECT * FROM log_retention WHERE tenant_id = $1";
        fetch_one!(self, LogRetention, SQL, self.tenant)
    }

    /// Writes it back if it is still at the version that was read. Unless it is on hold, the log is looked at next.
    pub async fn update_log_retention(&mut self, r: &LogRetention, now: Time) -> Result<()> {
        const SQL: &str = "UPDATE log_retention SET days = $2, hold_reason = $3, hold_by = $4, hold_at = $5,
            due_at = $6, updated_at = $7, version = version + 1 WHERE tenant_id = $1 AND version = $8";
        let due = (!r.is_held()).then_some(now);
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            r.days,
            &r.hold_reason,
            &r.hold_by,
            r.hold_at,
            due,
            now,
            r.version
        )?;
        if rows == 0 { Err(StoreError::Stale) } else { Ok(()) }
    }

    /// Counts the events before an instant, at most `most` of them: an index answers this alone.
    pub async fn log_before(&mut self, before: Time, most: i64) -> Result<WouldGo> {
        const COUNT: &str = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM events
            WHERE tenant_id = $1 AND published < $2 LIMIT $3) AS few";
        const OLDEST: &str = "SELECT MIN(published) FROM events WHERE tenant_id = $1";
        let (found,): (i64,) = fetch_one!(self, (i64,), COUNT, self.tenant, before, most + 1)?;
        let (oldest,): (Option<Time>,) = fetch_one!(self, (Option<Time>,), OLDEST, self.tenant)?;
        Ok(WouldGo { events: found.min(most), more: found > most, oldest })
    }

    /// Says how long a new tenant keeps its log.
    pub(crate) async fn begin_log(&mut self, now: Time) -> Result<()> {
        const SQL: &str =
            "INSERT INTO log_retention (tenant_id, days, due_at, version, created_at, updated_at)
            VALUES ($1, $2, $3, 1, $3, $3)";
        execute!(self, SQL, self.tenant, DEFAULT_DAYS, now).map(|_| ())
    }
}

impl Store {
    /// Deletes what tenants no longer keep of their logs: a batch of each of a few tenants whose time has come.
    pub(crate) async fn unscoped_sweep_logs(&self, now: Time, batch: i64) -> Result<Swept> {
        const DUE: &str =
            "SELECT tenant_id, due_at FROM log_retention WHERE due_at <= $1 ORDER BY due_at LIMIT $2";
        let due: Vec<(TenantId, Time)> = {
            let mut tx = self.read(TenantId(uuid::Uuid::nil())).await?;
            fetch_all!(tx, (TenantId, Time), DUE, now, TENANTS)?
        };
        let mut swept = Swept { rows: 0, more: i64::try_from(due.len()).unwrap_or(TENANTS) >= TENANTS };
        for (tenant, due_at) in due {
            let signer = self.clone();
            let sign = move |before| signer.floor_signer().get().map(|sign| sign(tenant, before));
            let one =
                self.tenant(tenant).write(move |tx| Box::pin(sweep(tx, (due_at, now), batch, sign))).await?;
            swept.rows += one.rows;
            swept.more |= one.more;
        }
        Ok(swept)
    }
}

/// A batch of a tenant's log. Taking the row first makes one node of several do it, and lets a hold or another number
/// of days, which write the same row, come before it or after it.
async fn sweep(
    tx: &mut Tx,
    (due_at, now): (Time, Time),
    batch: i64,
    sign: impl Fn(Time) -> Option<Vec<u8>> + Send,
) -> Result<Swept> {
    const CLAIM: &str =
        "UPDATE log_retention SET due_at = $3 WHERE tenant_id = $1 AND due_at = $2 RETURNING days";
    const NEXT: &str = "UPDATE log_retention SET due_at = $2 WHERE tenant_id = $1";
    const OLDEST: &str = "SELECT MIN(at) FROM (SELECT MIN(published) AS at FROM events WHERE tenant_id = $1
        UNION ALL SELECT MIN(fired_at) FROM alert_firings WHERE tenant_id = $1
        UNION ALL SELECT MIN(created_at) FROM webhook_deliveries WHERE tenant_id = $1) AS ages";
    let Some((days,)) = fetch_optional!(tx, (i64,), CLAIM, tx.tenant, due_at, now)? else {
        return Ok(Swept::default());
    };
    let before = cutoff(days, now);
    if let Some(code) = sign(before) {
        tx.raise_log_floor(&LogFloor { before, code }).await?;
    }
    let mut swept = Swept::default();
    for sql in [EVENTS, SEALS, DELIVERIES, FIRINGS] {
        let rows = execute!(tx, sql, tx.tenant, before, batch)?;
        swept.rows += rows;
        swept.more |= rows >= batch.unsigned_abs();
    }
    if !swept.more {
        let (oldest,): (Option<Time>,) = fetch_one!(tx, (Option<Time>,), OLDEST, tx.tenant)?;
        let keep = now.since(before);
        let due = Time(oldest.unwrap_or(now).0.saturating_add(keep));
        execute!(tx, NEXT, tx.tenant, due.max(now.plus_secs(PAUSE_SECONDS)))?;
    }
    Ok(swept)
}

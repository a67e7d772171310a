//! Tenants that were deleted: kept for a while, then erased row by row, until a line of the operator's is all that
//! is left.
//!
//! How far erasing has come is in no place but the rows that are still there, so whoever takes it up after a crash goes
//! on where it stopped.

use crate::housekeeping::Swept;
use crate::macros::{execute, fetch_all, fetch_one, fetch_optional};
use crate::{Result, Store, StoreError, Tx};
use signet_domain::Time;
use signet_domain::event::Event;
use signet_domain::id::TenantId;
use signet_domain::tenant::{TenantDeletion, TenantStatus};

/// Whose log the operator's is: no tenant's.
pub const OPERATOR: TenantId = TenantId(uuid::Uuid::nil());

/// Deletes a tenant's rows of a table, a number of them at a time.
macro_rules! erase {
    ($($table:literal by $key:literal),+ $(,)?) => {
        &[$(concat!(
            "DELETE FROM ", $table, " WHERE (", $key, ") IN (SELECT ", $key, " FROM ", $table,
            " WHERE tenant_id = $1 LIMIT $2)"
        )),+]
    };
}

/// What may have many rows, each table after those whose rows hang on it; and what hangs on no tenant. All else goes
/// with the tenant's own row, by foreign keys: a test has every table either here or there.
const ROWS: &[&str] = erase![
    "webhook_deliveries" by "tenant_id, id",
    "alert_firings" by "tenant_id, id",
    "refusal_stories" by "tenant_id, rule, key, window_at",
    "rate_counters" by "tenant_id, key, window_us",
    "windows" by "tenant_id, name",
    "api_calls" by "tenant_id, minute, caller, route",
    "api_call_hours" by "tenant_id, hour, caller",
    "credential_tokens" by "tenant_id, hash",
    "revocations" by "tenant_id, kind, key",
    "logout_deliveries" by "tenant_id, id",
    "refresh_tokens" by "tenant_id, id",
    "one_time" by "tenant_id, server_id, kind, hash",
    "gateway_grants" by "tenant_id, grant_id",
    "grants" by "tenant_id, id",
    "consents" by "tenant_id, user_id, app_id, server_id",
    "flows" by "tenant_id, id",
    "sessions" by "tenant_id, id",
    "group_members" by "tenant_id, group_id, user_id",
    "api_keys" by "tenant_id, app_id, id",
    "registrations" by "tenant_id, app_id",
    "apps" by "tenant_id, id",
    "node_refusals" by "tenant_id, user_id, node_id",
    "user_cutoffs" by "tenant_id, user_id",
    "users" by "tenant_id, id",
    "throttle_rings" by "tenant_id, login_key",
    "password_failures" by "tenant_id, login_key, source",
];

/// Only what was counted and heard: who counts meanwhile would put back sums of what is gone.
const EVENTS: &str = "DELETE FROM events WHERE (tenant_id, epoch, txid, seq) IN (
    SELECT e.tenant_id, e.epoch, e.txid, e.seq FROM events e WHERE e.tenant_id = $1
    AND (e.epoch, e.txid) <= (SELECT p.epoch, p.txid FROM count_progress p WHERE p.id = 1)
    AND (e.epoch, e.txid) <= (SELECT p.epoch, p.txid FROM count_progress p WHERE p.id = 2) LIMIT $2)";

/// After the events, so that no sum comes behind it.
const COUNTS: &[&str] = erase![
    "hourly_counts" by "tenant_id, hour, what, client_id, detail, outcome",
    "hourly_events" by "tenant_id, client_id, hour",
    "log_seals" by "tenant_id, number",
];

impl Tx {
    /// Appends an event to the tenant's log and to the operator's.
    async fn append_to_both(&mut self, event: &Event) -> Result<()> {
        self.append(event).await?;
        self.append_for_operator(event).await
    }

    pub(crate) async fn append_for_operator(&mut self, event: &Event) -> Result<()> {
        let own = std::mem::replace(&mut self.tenant, OPERATOR);
        let appended = self.append(event).await;
        self.tenant = own;
        appended
    }
}

impl Store {
    /// Deletes a tenant: from now on it is served no more. [`StoreError::Stale`] when it was deleted already.
    pub async fn unscoped_begin_deletion(&self, deletion: TenantDeletion, event: Event) -> Result<()> {
        const STATUS: &str = "UPDATE tenants SET status = $2, config_version = config_version + 1
            WHERE id = $1 AND status = $3";
        const INSERT: &str =
            "INSERT INTO tenant_deletions (id, number, name, host, was, deleted_by, deleted_at,
            erase_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)";
        self.write(deletion.id, move |tx| {
            Box::pin(async move {
                let d = &deletion;
                if execute!(tx, STATUS, d.id, TenantStatus::Deleted, d.was)? == 0 {
                    return Err(StoreError::Stale);
                }
                execute!(
                    tx,
                    INSERT,
                    d.id,
                    d.number,
                    &d.name,
                    &d.host,
                    d.was,
                    &d.deleted_by,
                    d.deleted_at,
                    d.erase_at
                )?;
                tx.config_changed();
                tx.append_to_both(&event).await
            })
        })
        .await
    }

    /// Takes a deletion back, unless erasing has begun: then false.
    pub async fn unscoped_restore_tenant(&self, deletion: TenantDeletion, event: Event) -> Result<bool> {
        const DELETE: &str = "DELETE FROM tenant_deletions WHERE id = $1 AND began_at IS NULL";
        const STATUS: &str =
            "UPDATE tenants SET status = $2, config_version = config_version + 1 WHERE id = $1";
        self.write(deletion.id, move |tx| {
            Box::pin(async move {
                if execute!(tx, DELETE, deletion.id)? == 0 {
                    return Ok(false);
                }
                execute!(tx, STATUS, deletion.id, deletion.was)?;
                tx.config_changed();
                tx.append_to_both(&event).await?;
                Ok(true)
            })
        })
        .await
    }

    /// The deletion of a tenant.
    pub async fn unscoped_deletion(&self, id: TenantId) -> Result<Option<TenantDeletion>> {
        const SQL: &str = "SELECT * FROM tenant_deletions WHERE id = $1";
        let mut tx = self.read(OPERATOR).await?;
        fetch_optional!(tx, TenantDeletion, SQL, id)
    }

    /// The newest deletions, those of erased tenants among them.
    pub async fn unscoped_deletions(&self, limit: i64) -> Result<Vec<TenantDeletion>> {
        const SQL: &str = "SELECT * FROM tenant_deletions ORDER BY deleted_at DESC LIMIT $1";
        let mut tx = self.read(OPERATOR).await?;
        fetch_all!(tx, TenantDeletion, SQL, limit)
    }

    /// The tenant that was last at a host and is erased.
    pub async fn unscoped_erased_at_host(&self, host: &str) -> Result<Option<TenantDeletion>> {
        const SQL: &str = "SELECT * FROM tenant_deletions WHERE host = $1 AND erased_at IS NOT NULL
            ORDER BY deleted_at DESC LIMIT 1";
        let mut tx = self.read(OPERATOR).await?;
        fetch_optional!(tx, TenantDeletion, SQL, host)
    }

    /// A deleted tenant whose time is over, and that isn't erased. Once it was given nobody restores it.
    pub async fn unscoped_due_erasure(&self, now: Time) -> Result<Option<TenantDeletion>> {
        const DUE: &str = "SELECT * FROM tenant_deletions WHERE erased_at IS NULL AND erase_at <= $1
            ORDER BY erase_at LIMIT 1";
        const BEGIN: &str = "UPDATE tenant_deletions SET began_at = $2 WHERE id = $1 AND began_at IS NULL";
        const AGAIN: &str = "SELECT * FROM tenant_deletions WHERE id = $1";
        let due = {
            let mut tx = self.read(OPERATOR).await?;
            fetch_optional!(tx, TenantDeletion, DUE, now)?
        };
        match due {
            Some(due) if due.began_at.is_none() => {
                // Who restores it at this moment comes first or is told that it is too late.
                self.write(OPERATOR, move |tx| {
                    Box::pin(async move {
                        execute!(tx, BEGIN, due.id, now)?;
                        fetch_optional!(tx, TenantDeletion, AGAIN, due.id)
                    })
                })
                .await
            }
            due => Ok(due),
        }
    }

    /// Erases some rows of a tenant, at most `batch` of each table, and each table in a commit of its own.
    pub async fn unscoped_erase_rows(&self, id: TenantId, batch: i64) -> Result<Swept> {
        let mut swept = Swept::default();
        for sql in ROWS.iter().copied().chain([EVENTS]).chain(COUNTS.iter().copied()) {
            let owner = self.tenant(id);
            let rows =
                owner.write(move |tx| Box::pin(async move { execute!(tx, sql, tx.tenant, batch) })).await?;
            swept.rows += rows;
            swept.more |= rows >= batch.unsigned_abs();
            // What hangs on these rows is still there.
            if rows >= batch.unsigned_abs() {
                break;
            }
        }
        Ok(swept)
    }

    /// Erases what is left of a tenant, and tells the operator's log. False while there is an event that wasn't
    /// counted yet.
    pub async fn unscoped_finish_erasure(&self, id: TenantId, now: Time, event: Event) -> Result<bool> {
        const LEFT: &str =
            "SELECT COUNT(*) FROM (SELECT 1 AS one FROM events WHERE tenant_id = $1 LIMIT 1) AS few";
        const COUNTS: &str = "DELETE FROM hourly_counts WHERE tenant_id = $1";
        const HOURS: &str = "DELETE FROM hourly_events WHERE tenant_id = $1";
        const SEALS: &str = "DELETE FROM log_seals WHERE tenant_id = $1";
        const CHANGES: &str = "DELETE FROM changes WHERE tenant_id = $1";
        const TENANT: &str = "DELETE FROM tenants WHERE id = $1";
        const DONE: &str = "UPDATE tenant_deletions SET erased_at = $2 WHERE id = $1 AND erased_at IS NULL";
        self.tenant(id)
            .write(move |tx| {
                Box::pin(async move {
                    let (left,): (i64,) = fetch_one!(tx, (i64,), LEFT, id)?;
                    if left > 0 || execute!(tx, DONE, id, now)? == 0 {
                        return Ok(false);
                    }
                    for sql in [COUNTS, HOURS, SEALS, CHANGES, TENANT] {
                        execute!(tx, sql, id)?;
                    }
                    tx.append_for_operator(&event).await?;
                    Ok(true)
                })
            })
            .await
    }
}

//! Alerts on searches of the log, and the times that they fired.

use crate::macros::{execute, fetch_all, fetch_one, fetch_optional};
use crate::{Result, StoreError, Tx};
use signet_domain::Time;
use signet_domain::alert::{Alert, AlertFiring};
use signet_domain::id::{AlertId, FiringId};

/// How an alert's firings stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct FiringSum {
    /// The alert.
    pub alert_id: AlertId,
    /// When it last fired.
    pub last_at: Time,
    /// Firings that nobody took note of.
    pub open: i64,
}

impl Tx {
    /// All alerts, by name.
    pub async fn alerts(&mut self) -> Result<Vec<Alert>> {
        const SQL: &str = "SELECT * FROM alerts WHERE tenant_id = $1 ORDER BY name, id LIMIT 1000";
        fetch_all!(self, Alert, SQL, self.tenant)
    }

    /// The alerts that are on.
    pub async fn alerts_on(&mut self) -> Result<Vec<Alert>> {
        const SQL: &str =
            "SELECT * FROM alerts WHERE tenant_id = $1 AND enabled = TRUE ORDER BY id LIMIT 1000";
        fetch_all!(self, Alert, SQL, self.tenant)
    }

    /// One alert.
    pub async fn alert(&mut self, id: AlertId) -> Result<Option<Alert>> {
        const SQL: &str = "SELECT * FROM alerts WHERE tenant_id = $1 AND id = $2";
        fetch_optional!(self, Alert, SQL, self.tenant, id)
    }

    /// Adds an alert. [`StoreError::Conflict`] when the name is taken.
    pub async fn insert_alert(&mut self, a: &Alert) -> Result<()> {
        const SQL: &str =
            "INSERT INTO alerts (tenant_id, id, name, shipped, enabled, muted_until, search, at_least,
            window_minutes, times_usual, heard, version, created_at, updated_at)
            VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,1,$12,$12)";
        execute!(
            self,
            SQL,
            self.tenant,
            a.id,
            &a.name,
            &a.shipped,
            a.enabled,
            a.muted_until,
            &a.search,
            a.at_least,
            a.window_minutes,
            a.times_usual,
            &a.heard,
            a.created_at
        )
        .map(|_| ())
    }

    /// Writes an alert's settings back if it is still at the version that was read. What it heard stays.
    pub async fn update_alert(&mut self, a: &Alert, now: Time) -> Result<()> {
        const SQL: &str =
            "UPDATE alerts SET name = $3, enabled = $4, muted_until = $5, search = $6, at_least = $7,
            window_minutes = $8, times_usual = $9, updated_at = $10, version = version + 1
            WHERE tenant_id = $1 AND id = $2 AND version = $11";
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            a.id,
            &a.name,
            a.enabled,
            a.muted_until,
            &a.search,
            a.at_least,
            a.window_minutes,
            a.times_usual,
            now,
            a.version
        )?;
        if rows == 0 { Err(StoreError::Stale) } else { Ok(()) }
    }

    /// Makes an alert forget what it heard; `false` when there is no such alert.
    pub async fn forget_heard(&mut self, id: AlertId) -> Result<bool> {
        const SQL: &str = "UPDATE alerts SET heard = '{}' WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, id).map(|n| n > 0)
    }

    /// Writes down what an alert heard, if its settings are still those of the version that was read.
    pub async fn put_heard(&mut self, a: &Alert) -> Result<bool> {
        const SQL: &str = "UPDATE alerts SET heard = $3 WHERE tenant_id = $1 AND id = $2 AND version = $4";
        execute!(self, SQL, self.tenant, a.id, &a.heard, a.version).map(|n| n > 0)
    }

    /// Deletes an alert with its firings.
    pub async fn delete_alert(&mut self, id: AlertId) -> Result<bool> {
        const SQL: &str = "DELETE FROM alerts WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, id).map(|n| n > 0)
    }

    /// Writes down that an alert fired.
    pub async fn insert_firing(&mut self, f: &AlertFiring) -> Result<()> {
        const SQL: &str =
            "INSERT INTO alert_firings (tenant_id, id, alert_id, event_id, since_at, until_at, events,
            last_at, fired_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)";
        execute!(
            self,
            SQL,
            self.tenant,
            f.id,
            f.alert_id,
            f.event_id,
            f.since_at,
            f.until_at,
            f.events,
            f.last_at,
            f.fired_at
        )
        .map(|_| ())
    }

    /// Adds further events to a firing; `false` when it is no longer there.
    pub async fn add_to_firing(&mut self, id: FiringId, events: i64, last_at: Time) -> Result<bool> {
        const SQL: &str = "UPDATE alert_firings SET events = events + $3,
            last_at = CASE WHEN last_at < $4 THEN $4 ELSE last_at END WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, id, events, last_at).map(|n| n > 0)
    }

    /// One firing of an alert.
    pub async fn firing(&mut self, alert: AlertId, id: FiringId) -> Result<Option<AlertFiring>> {
        const SQL: &str = "SELECT * FROM alert_firings WHERE tenant_id = $1 AND alert_id = $2 AND id = $3";
        fetch_optional!(self, AlertFiring, SQL, self.tenant, alert, id)
    }

    /// Firings of an alert before one of them, newest first.
    pub async fn firings(
        &mut self,
        alert: AlertId,
        before: Option<FiringId>,
        limit: i64,
    ) -> Result<Vec<AlertFiring>> {
        const SQL: &str = "SELECT * FROM alert_firings WHERE tenant_id = $1 AND alert_id = $2
            AND id < $3 ORDER BY id DESC LIMIT $4";
        let before = before.unwrap_or(FiringId(uuid::Uuid::max()));
        fetch_all!(self, AlertFiring, SQL, self.tenant, alert, before, limit)
    }

    /// Firings that nobody took note of, newest first.
    pub async fn open_firings(&mut self, limit: i64) -> Result<Vec<AlertFiring>> {
        const SQL: &str = "SELECT * FROM alert_firings WHERE tenant_id = $1 AND acknowledged_at IS NULL
            ORDER BY fired_at DESC, id DESC LIMIT $2";
        fetch_all!(self, AlertFiring, SQL, self.tenant, limit)
    }

    /// How many firings there are that nobody took note of, counted up to a bound.
    pub async fn count_open_firings(&mut self, bound: i64) -> Result<i64> {
        const SQL: &str = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM alert_firings
            WHERE tenant_id = $1 AND acknowledged_at IS NULL LIMIT $2) AS open";
        fetch_one!(self, (i64,), SQL, self.tenant, bound).map(|(n,)| n)
    }

    /// How the firings of each alert stand that has some.
    pub async fn firing_sums(&mut self) -> Result<Vec<FiringSum>> {
        const SQL: &str = "SELECT alert_id, MAX(fired_at) AS last_at,
            CAST(SUM(CASE WHEN acknowledged_at IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS open
            FROM alert_firings WHERE tenant_id = $1 GROUP BY alert_id";
        fetch_all!(self, FiringSum, SQL, self.tenant)
    }

    /// Writes down that somebody took note of a firing; `false` when somebody had, or it is gone.
    pub async fn acknowledge_firing(
        &mut self,
        alert: AlertId,
        id: FiringId,
        (by, now): (&str, Time),
    ) -> Result<bool> {
        const SQL: &str = "UPDATE alert_firings SET acknowledged_at = $4, acknowledged_by = $5
            WHERE tenant_id = $1 AND alert_id = $2 AND id = $3 AND acknowledged_at IS NULL";
        execute!(self, SQL, self.tenant, alert, id, now, by).map(|n| n > 0)
    }

    /// The same of all firings of an alert; gives how many.
    pub async fn acknowledge_firings(&mut self, alert: AlertId, (by, now): (&str, Time)) -> Result<u64> {
        const SQL: &str = "UPDATE alert_firings SET acknowledged_at = $3, acknowledged_by = $4
            WHERE tenant_id = $1 AND alert_id = $2 AND acknowledged_at IS NULL";
        execute!(self, SQL, self.tenant, alert, now, by)
    }
}

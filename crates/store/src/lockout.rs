//! Wrong passwords: one counter per login and source, and one per login for all sources. An attempt is counted
//! before its password is looked at, so that parallel guesses can't slip past; a right one clears its source.

use crate::macros::{execute, fetch_all, fetch_optional};
use crate::{Result, Tx};
use signet_domain::Time;

/// Rules for one counter.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Failures that lock.
    pub limit: i64,
    /// Seconds in which they count together, from the first.
    pub window_seconds: i64,
    /// Seconds that the lock holds.
    pub lock_seconds: i64,
}

/// A counter after an attempt was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Failures {
    /// Attempts that count.
    pub failures: i64,
    /// Until when the login is locked; in the past if it isn't.
    pub locked_until: Time,
}

impl Tx {
    /// Counts an attempt as failed; `None` when the counter is locked, which counts nothing. The attempt that
    /// reaches the limit is still looked at, and locks what comes after it.
    pub async fn count_failure(
        &mut self,
        login_key: &str,
        source: &str,
        rule: Rule,
        now: Time,
    ) -> Result<Option<Failures>> {
        const SQL: &str = "INSERT INTO password_failures AS f (tenant_id, login_key, source, started_at, failures,
              locked_until) VALUES ($1, $2, $3, $4, 1, 0)
            ON CONFLICT (tenant_id, login_key, source) DO UPDATE SET
              started_at = CASE WHEN f.started_at <= $5 OR f.locked_until > 0 THEN $4 ELSE f.started_at END,
              failures = CASE WHEN f.started_at <= $5 OR f.locked_until > 0 THEN 1 ELSE f.failures + 1 END,
              locked_until = CASE WHEN f.started_at > $5 AND f.locked_until = 0 AND f.failures + 1 >= $6 THEN $7 ELSE 0 END
            WHERE f.locked_until <= $4
            RETURNING failures, locked_until";
        let window_start = now.plus_secs(-rule.window_seconds);
        let lock_until = now.plus_secs(rule.lock_seconds);
        fetch_optional!(
            self,
            Failures,
            SQL,
            self.tenant,
            login_key,
            source,
            now,
            window_start,
            rule.limit,
            lock_until
        )
    }

    /// Forgets the failures of a login from one source.
    async fn clear_failures(&mut self, login_key: &str, source: &str) -> Result<()> {
        const SQL: &str =
            "DELETE FROM password_failures WHERE tenant_id = $1 AND login_key = $2 AND source = $3";
        execute!(self, SQL, self.tenant, login_key, source).map(|_| ())
    }

    /// Takes one failure back from the counter of all sources: the attempt turned out right.
    async fn uncount_failure(&mut self, login_key: &str) -> Result<()> {
        const SQL: &str = "UPDATE password_failures SET failures = failures - 1, locked_until = 0
            WHERE tenant_id = $1 AND login_key = $2 AND source = '' AND failures > 0";
        execute!(self, SQL, self.tenant, login_key).map(|_| ())
    }

    /// Takes an attempt back on both counters: its password was right.
    pub async fn forgive(&mut self, login_key: &str, source: &str) -> Result<()> {
        self.clear_failures(login_key, source).await?;
        self.uncount_failure(login_key).await
    }

    /// Until when a login is locked for anyone, if it is.
    pub async fn locked_until(&mut self, login_key: &str, now: Time) -> Result<Option<Time>> {
        const SQL: &str = "SELECT locked_until FROM password_failures WHERE tenant_id = $1 AND login_key = $2
            AND locked_until > $3 ORDER BY locked_until DESC LIMIT 1";
        Ok(fetch_optional!(self, (Time,), SQL, self.tenant, login_key, now)?.map(|(t,)| t))
    }

    /// Logins that are locked now.
    pub async fn locked_logins(&mut self, now: Time, limit: i64) -> Result<Vec<(String, Time)>> {
        const SQL: &str = "SELECT login_key, MAX(locked_until) FROM password_failures WHERE tenant_id = $1
            AND locked_until > $2 GROUP BY login_key ORDER BY login_key LIMIT $3";
        fetch_all!(self, (String, Time), SQL, self.tenant, now, limit)
    }

    /// Unlocks a login for every source; `false` when it wasn't locked.
    pub async fn unlock(&mut self, login_key: &str, now: Time) -> Result<bool> {
        const SQL: &str = "DELETE FROM password_failures WHERE tenant_id = $1 AND login_key = $2";
        let locked = self.locked_until(login_key, now).await?.is_some();
        execute!(self, SQL, self.tenant, login_key)?;
        Ok(locked)
    }
}

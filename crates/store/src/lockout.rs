//! Wrong passwords: one counter per login and source, and one per login for all sources. An attempt is noted as under
//! way before its password is looked at: no more are under way at once than may still fail, so that parallel guesses
//! can't slip past. It becomes a failure when it turns out wrong, and is forgotten when it turns out right.

use crate::macros::{execute, fetch_all, fetch_one, fetch_optional};
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

/// A counter after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Failures {
    /// Failures that count.
    pub failures: i64,
    /// Until when the login is locked; in the past if it isn't.
    pub locked_until: Time,
}

/// How an attempt begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It may go on; end it with [`Tx::note_failure`], [`Tx::forgive`] or [`Tx::give_up_attempt`].
    Open,
    /// The login is locked.
    Locked,
    /// It isn't, but would be if all that are under way failed.
    Busy,
}

impl Tx {
    /// Notes that an attempt is under way, until `lease` at the longest.
    pub async fn begin_attempt(
        &mut self,
        login_key: &str,
        source: &str,
        rule: Rule,
        now: Time,
        lease: Time,
    ) -> Result<Begun> {
        const SQL: &str =
            "INSERT INTO password_failures AS f (tenant_id, login_key, source, started_at, failures,
              locked_until, pending, pending_until) VALUES ($1, $2, $3, $4, 0, 0, 1, $6)
            ON CONFLICT (tenant_id, login_key, source) DO UPDATE SET
              started_at = CASE WHEN f.started_at <= $5 OR f.locked_until > 0 THEN $4 ELSE f.started_at END,
              failures = CASE WHEN f.started_at <= $5 OR f.locked_until > 0 THEN 0 ELSE f.failures END,
              locked_until = 0,
              pending = CASE WHEN f.pending_until <= $4 THEN 1 ELSE f.pending + 1 END,
              pending_until = CASE WHEN f.pending_until > $6 THEN f.pending_until ELSE $6 END
            WHERE f.locked_until <= $4
              AND CASE WHEN f.started_at <= $5 OR f.locked_until > 0 THEN 0 ELSE f.failures END
                + CASE WHEN f.pending_until <= $4 THEN 0 ELSE f.pending END < $7
            RETURNING pending";
        const LOCKED: &str =
            "SELECT locked_until FROM password_failures WHERE tenant_id = $1 AND login_key = $2
            AND source = $3 AND locked_until > $4";
        let from = now.plus_secs(-rule.window_seconds);
        let begun =
            fetch_optional!(self, (i64,), SQL, self.tenant, login_key, source, now, from, lease, rule.limit)?;
        if begun.is_some() {
            return Ok(Begun::Open);
        }
        let locked = fetch_optional!(self, (Time,), LOCKED, self.tenant, login_key, source, now)?;
        Ok(if locked.is_some() { Begun::Locked } else { Begun::Busy })
    }

    /// Ends an attempt whose password was wrong. The failure that reaches the limit locks.
    pub async fn note_failure(
        &mut self,
        login_key: &str,
        source: &str,
        rule: Rule,
        now: Time,
    ) -> Result<Failures> {
        const SQL: &str = "INSERT INTO password_failures AS f (tenant_id, login_key, source, started_at, failures,
              locked_until) VALUES ($1, $2, $3, $4, 1, 0)
            ON CONFLICT (tenant_id, login_key, source) DO UPDATE SET
              started_at = CASE WHEN f.started_at <= $5 THEN $4 ELSE f.started_at END,
              failures = CASE WHEN f.started_at <= $5 THEN 1 ELSE f.failures + 1 END,
              locked_until = CASE WHEN f.locked_until = 0 AND f.started_at > $5 AND f.failures + 1 >= $6 THEN $7
                ELSE f.locked_until END,
              pending = CASE WHEN f.pending > 0 THEN f.pending - 1 ELSE 0 END
            RETURNING failures, locked_until";
        let (from, until) = (now.plus_secs(-rule.window_seconds), now.plus_secs(rule.lock_seconds));
        fetch_one!(self, Failures, SQL, self.tenant, login_key, source, now, from, rule.limit, until)
    }

    /// Ends an attempt, on both counters, that nobody looked at.
    pub async fn give_up_attempt(&mut self, login_key: &str, source: &str) -> Result<()> {
        self.give_up_attempt_from(login_key, source).await?;
        self.give_up_attempt_from(login_key, "").await
    }

    /// Ends an attempt on one counter.
    pub async fn give_up_attempt_from(&mut self, login_key: &str, source: &str) -> Result<()> {
        const SQL: &str = "UPDATE password_failures SET pending = pending - 1
            WHERE tenant_id = $1 AND login_key = $2 AND source = $3 AND pending > 0";
        execute!(self, SQL, self.tenant, login_key, source).map(|_| ())
    }

    /// Ends an attempt, on both counters, whose password was right: its source starts from nothing.
    pub async fn forgive(&mut self, login_key: &str, source: &str) -> Result<()> {
        const LAST: &str =
            "DELETE FROM password_failures WHERE tenant_id = $1 AND login_key = $2 AND source = $3
            AND pending <= 1";
        const OTHERS: &str =
            "UPDATE password_failures SET failures = 0, locked_until = 0, pending = pending - 1
            WHERE tenant_id = $1 AND login_key = $2 AND source = $3";
        if execute!(self, LAST, self.tenant, login_key, source)? == 0 {
            execute!(self, OTHERS, self.tenant, login_key, source)?;
        }
        self.give_up_attempt_from(login_key, "").await
    }

    /// Until when a login is locked for anyone, if it is.
    pub async fn locked_until(&mut self, login_key: &str, now: Time) -> Result<Option<Time>> {
        const SQL: &str = "SELECT locked_until FROM password_failures WHERE tenant_id = $1 AND login_key = $2
            AND locked_until > $3 ORDER BY locked_until DESC LIMIT 1";
        Ok(fetch_optional!(self, (Time,), SQL, self.tenant, login_key, now)?.map(|(t,)| t))
    }

    /// Logins after one that are locked now, in the order of logins.
    pub async fn locked_logins(&mut self, after: &str, now: Time, limit: i64) -> Result<Vec<(String, Time)>> {
        const SQL: &str = "SELECT login_key, MAX(locked_until) FROM password_failures WHERE tenant_id = $1
            AND login_key > $4 AND locked_until > $2 GROUP BY login_key ORDER BY login_key LIMIT $3";
        fetch_all!(self, (String, Time), SQL, self.tenant, now, limit, after)
    }

    /// Unlocks a login for every source; `false` when it wasn't locked.
    pub async fn unlock(&mut self, login_key: &str, now: Time) -> Result<bool> {
        const SQL: &str = "DELETE FROM password_failures WHERE tenant_id = $1 AND login_key = $2";
        let locked = self.locked_until(login_key, now).await?.is_some();
        execute!(self, SQL, self.tenant, login_key)?;
        Ok(locked)
    }
}

//! Sessions.

use crate::macros::{execute, fetch_all, fetch_optional};
use crate::{Result, Tx};
use signet_domain::Time;
use signet_domain::id::{SessionId, UserId};
use signet_domain::session::{Session, SessionKind};

impl Tx {
    /// The session of a kind that a cookie's hash names, ended or not; none that ended with all others. That is asked
    /// here, because what a node knows of the settings may be a second old.
    pub async fn session_by_token(
        &mut self,
        kind: SessionKind,
        token_hash: &[u8],
    ) -> Result<Option<Session>> {
        const SQL: &str =
            "SELECT s.* FROM sessions s WHERE s.tenant_id = $1 AND s.token_hash = $2 AND s.kind = $3
            AND NOT EXISTS (SELECT 1 FROM security_settings c WHERE c.tenant_id = $1 AND s.created_at <=
            CASE s.kind WHEN 'USER' THEN c.user_lifetime_ended_at ELSE c.console_lifetime_ended_at END)";
        fetch_optional!(self, Session, SQL, self.tenant, token_hash, kind)
    }

    /// The session with an id; none that ended with all others.
    pub async fn session(&mut self, id: SessionId) -> Result<Option<Session>> {
        const SQL: &str = "SELECT s.* FROM sessions s WHERE s.tenant_id = $1 AND s.id = $2
            AND NOT EXISTS (SELECT 1 FROM security_settings c WHERE c.tenant_id = $1 AND s.created_at <=
            CASE s.kind WHEN 'USER' THEN c.user_lifetime_ended_at ELSE c.console_lifetime_ended_at END)";
        fetch_optional!(self, Session, SQL, self.tenant, id)
    }

    /// Sessions of a user that have not ended, newest first.
    pub async fn sessions_of(&mut self, user: UserId, now: Time) -> Result<Vec<Session>> {
        const SQL: &str = "SELECT * FROM sessions WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL
            AND expires_at > $3 ORDER BY created_at DESC LIMIT 100";
        fetch_all!(self, Session, SQL, self.tenant, user, now)
    }

    /// Begins a session.
    pub async fn insert_session(&mut self, s: &Session) -> Result<()> {
        const SQL: &str =
            "INSERT INTO sessions (tenant_id, id, token_hash, kind, user_id, auth_time, last_seen_at,
            expires_at, ip, user_agent, created_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)";
        execute!(
            self,
            SQL,
            self.tenant,
            s.id,
            &s.token_hash,
            s.kind,
            s.user_id,
            s.auth_time,
            s.last_seen_at,
            s.expires_at,
            &s.ip,
            &s.user_agent,
            s.created_at
        )
        .map(|_| ())
    }

    /// Notes a use.
    pub async fn touch_session(&mut self, id: SessionId, now: Time) -> Result<()> {
        const SQL: &str = "UPDATE sessions SET last_seen_at = $3 WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, id, now).map(|_| ())
    }

    /// Notes that the password was given once more.
    pub async fn session_confirmed(&mut self, id: SessionId, now: Time) -> Result<()> {
        const SQL: &str =
            "UPDATE sessions SET auth_time = $3 WHERE tenant_id = $1 AND id = $2 AND auth_time < $3";
        execute!(self, SQL, self.tenant, id, now).map(|_| ())
    }

    /// Keeps a session while all others end: it counts as begun then, and ends when it was to end.
    pub async fn keep_session(&mut self, id: SessionId, began: Time, ends: Time) -> Result<()> {
        const SQL: &str =
            "UPDATE sessions SET created_at = $3, expires_at = $4 WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, id, began, ends).map(|_| ())
    }

    /// Ends a session; `false` when it had ended.
    pub async fn end_session(&mut self, id: SessionId, now: Time) -> Result<bool> {
        const SQL: &str =
            "UPDATE sessions SET ended_at = $3 WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL";
        execute!(self, SQL, self.tenant, id, now).map(|n| n > 0)
    }

    /// Ends all sessions of a user; gives how many.
    pub async fn end_sessions_of(&mut self, user: UserId, now: Time) -> Result<u64> {
        const SQL: &str =
            "UPDATE sessions SET ended_at = $3 WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL";
        execute!(self, SQL, self.tenant, user, now)
    }
}

//! What tenants ask of passwords and how long their sessions last.

use crate::macros::{execute, fetch_all, fetch_optional};
use crate::{Result, StoreError, Tx};
use signet_domain::Time;
use signet_domain::security::SecuritySettings;
use signet_domain::session::Session;

impl Tx {
    /// The tenant's rules for passwords and sessions; none where nobody has given it any.
    pub async fn security_settings(&mut self) -> Result<Option<SecuritySettings>> {
        const SQL: &str = "SELECT * FROM security_settings WHERE tenant_id = $1";
        fetch_optional!(self, SecuritySettings, SQL, self.tenant)
    }

    /// Gives the tenant its first ones. [`StoreError::Conflict`] when it has some.
    pub async fn insert_security_settings(&mut self, s: &SecuritySettings) -> Result<()> {
        const SQL: &str = "INSERT INTO security_settings (tenant_id, min_length, forbidden_words,
            user_idle_minutes, user_lifetime_minutes, user_idle_ended_at, user_lifetime_ended_at,
            console_idle_minutes, console_lifetime_minutes, console_idle_ended_at,
            console_lifetime_ended_at, own_names, version, created_at, updated_at)
            VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,1,$13,$13)";
        execute!(
            self,
            SQL,
            self.tenant,
            s.min_length,
            &s.forbidden_words,
            s.user_idle_minutes,
            s.user_lifetime_minutes,
            s.user_idle_ended_at,
            s.user_lifetime_ended_at,
            s.console_idle_minutes,
            s.console_lifetime_minutes,
            s.console_idle_ended_at,
            s.console_lifetime_ended_at,
            s.own_names,
            s.created_at
        )?;
        self.config_changed();
        Ok(())
    }

    /// Writes them back if they are still at the version that was read.
    pub async fn update_security_settings(&mut self, s: &SecuritySettings, now: Time) -> Result<()> {
        const SQL: &str = "UPDATE security_settings SET min_length = $2, forbidden_words = $3,
            user_idle_minutes = $4, user_lifetime_minutes = $5, user_idle_ended_at = $6,
            user_lifetime_ended_at = $7, console_idle_minutes = $8, console_lifetime_minutes = $9,
            console_idle_ended_at = $10, console_lifetime_ended_at = $11, own_names = $12, updated_at = $13,
            version = version + 1 WHERE tenant_id = $1 AND version = $14";
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            s.min_length,
            &s.forbidden_words,
            s.user_idle_minutes,
            s.user_lifetime_minutes,
            s.user_idle_ended_at,
            s.user_lifetime_ended_at,
            s.console_idle_minutes,
            s.console_lifetime_minutes,
            s.console_idle_ended_at,
            s.console_lifetime_ended_at,
            s.own_names,
            now,
            s.version
        )?;
        self.config_changed();
        if rows == 0 { Err(StoreError::Stale) } else { Ok(()) }
    }

    /// The newest sessions of the tenant, at most so many, ended ones among them.
    pub async fn newest_sessions(&mut self, most: i64) -> Result<Vec<Session>> {
        const SQL: &str = "SELECT * FROM sessions WHERE tenant_id = $1 ORDER BY id DESC LIMIT $2";
        fetch_all!(self, Session, SQL, self.tenant, most)
    }
}

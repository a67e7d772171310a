//! Apps that register themselves: policies of servers, initial access tokens, and who came by them.

use crate::macros::{execute, fetch_all, fetch_one, fetch_optional};
use crate::{Result, Store, StoreError, Tx};
use signet_domain::Time;
use signet_domain::id::{AppId, RegistrationTokenId, ServerId, TenantId};
use signet_domain::registration::{Registration, RegistrationPolicy, RegistrationToken};

impl Tx {
    /// What strangers may register at a server; none where nobody has ever said so.
    pub async fn registration_policy(&mut self, server: ServerId) -> Result<Option<RegistrationPolicy>> {
        const SQL: &str = "SELECT * FROM registration_policies WHERE tenant_id = $1 AND server_id = $2";
        fetch_optional!(self, RegistrationPolicy, SQL, self.tenant, server)
    }

    /// Gives a server its first policy. [`StoreError::Conflict`] when it has one.
    pub async fn insert_registration_policy(&mut self, p: &RegistrationPolicy) -> Result<()> {
        const SQL: &str =
            "INSERT INTO registration_policies (tenant_id, server_id, mode, grant_types, scopes,
            pkce_required, max_apps, per_source, unused_days, version, created_at, updated_at)
            VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,1,$10,$10)";
        execute!(
            self,
            SQL,
            self.tenant,
            p.server_id,
            p.mode,
            &p.grant_types,
            &p.scopes,
            p.pkce_required,
            p.max_apps,
            p.per_source,
            p.unused_days,
            p.created_at
        )?;
        self.config_changed();
        Ok(())
    }

    /// Writes a policy back if it is still at the version that was read.
    pub async fn update_registration_policy(&mut self, p: &RegistrationPolicy, now: Time) -> Result<()> {
        const SQL: &str =
            "UPDATE registration_policies SET mode = $3, grant_types = $4, scopes = $5, pkce_required = $6,
            max_apps = $7, per_source = $8, unused_days = $9, updated_at = $10, version = version + 1
            WHERE tenant_id = $1 AND server_id = $2 AND version = $11";
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            p.server_id,
            p.mode,
            &p.grant_types,
            &p.scopes,
            p.pkce_required,
            p.max_apps,
            p.per_source,
            p.unused_days,
            now,
            p.version
        )?;
        self.config_changed();
        if rows == 0 { Err(StoreError::Stale) } else { Ok(()) }
    }

    /// The initial access tokens of a server, oldest first.
    pub async fn registration_tokens(&mut self, server: ServerId) -> Result<Vec<RegistrationToken>> {
        const SQL: &str =
            "SELECT * FROM registration_tokens WHERE tenant_id = $1 AND server_id = $2 ORDER BY id";
        fetch_all!(self, RegistrationToken, SQL, self.tenant, server)
    }

    /// One initial access token of a server.
    pub async fn registration_token(
        &mut self,
        server: ServerId,
        id: RegistrationTokenId,
    ) -> Result<Option<RegistrationToken>> {
        const SQL: &str =
            "SELECT * FROM registration_tokens WHERE tenant_id = $1 AND server_id = $2 AND id = $3";
        fetch_optional!(self, RegistrationToken, SQL, self.tenant, server, id)
    }

    /// The initial access token of a server with a hash.
    pub async fn registration_token_by_hash(
        &mut self,
        server: ServerId,
        hash: &[u8],
    ) -> Result<Option<RegistrationToken>> {
        const SQL: &str =
            "SELECT * FROM registration_tokens WHERE tenant_id = $1 AND server_id = $2 AND hash = $3";
        fetch_optional!(self, RegistrationToken, SQL, self.tenant, server, hash)
    }

    /// Adds an initial access token.
    pub async fn insert_registration_token(&mut self, t: &RegistrationToken) -> Result<()> {
        const SQL: &str =
            "INSERT INTO registration_tokens (tenant_id, server_id, id, name, hash, grant_types, scopes,
            max_uses, uses, created_at, expires_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)";
        execute!(
            self,
            SQL,
            self.tenant,
            t.server_id,
            t.id,
            &t.name,
            &t.hash,
            &t.grant_types,
            &t.scopes,
            t.max_uses,
            t.uses,
            t.created_at,
            t.expires_at
        )
        .map(|_| ())
    }

    /// Counts a use of an initial access token; `false` when none was left, or the token is gone or over.
    pub async fn use_registration_token(
        &mut self,
        server: ServerId,
        id: RegistrationTokenId,
        now: Time,
    ) -> Result<bool> {
        const SQL: &str = "UPDATE registration_tokens SET uses = uses + 1, last_used_at = $4
            WHERE tenant_id = $1 AND server_id = $2 AND id = $3 AND uses < max_uses AND expires_at > $4";
        execute!(self, SQL, self.tenant, server, id, now).map(|n| n > 0)
    }

    /// Deletes an initial access token.
    pub async fn delete_registration_token(
        &mut self,
        server: ServerId,
        id: RegistrationTokenId,
    ) -> Result<bool> {
        const SQL: &str =
            "DELETE FROM registration_tokens WHERE tenant_id = $1 AND server_id = $2 AND id = $3";
        execute!(self, SQL, self.tenant, server, id).map(|n| n > 0)
    }

    /// How an app registered itself; none for one that an administrator made.
    pub async fn registration(&mut self, app: AppId) -> Result<Option<Registration>> {
        const SQL: &str = "SELECT * FROM registrations WHERE tenant_id = $1 AND app_id = $2";
        fetch_optional!(self, Registration, SQL, self.tenant, app)
    }

    /// How many apps are there that registered themselves at a server.
    pub async fn count_registrations(&mut self, server: ServerId) -> Result<i64> {
        const SQL: &str = "SELECT COUNT(*) FROM registrations WHERE tenant_id = $1 AND server_id = $2";
        let (count,): (i64,) = fetch_one!(self, (i64,), SQL, self.tenant, server)?;
        Ok(count)
    }

    /// Notes that an app registered itself.
    pub async fn insert_registration(&mut self, r: &Registration) -> Result<()> {
        const SQL: &str =
            "INSERT INTO registrations (tenant_id, app_id, server_id, token_id, hash, grant_types,
            scopes, created_at, expires_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)";
        execute!(
            self,
            SQL,
            self.tenant,
            r.app_id,
            r.server_id,
            r.token_id,
            &r.hash,
            &r.grant_types,
            &r.scopes,
            r.created_at,
            r.expires_at
        )?;
        self.config_changed();
        Ok(())
    }

    /// Notes that an app got its first token, so that it stays.
    pub async fn keep_registration(&mut self, app: AppId) -> Result<()> {
        const SQL: &str = "UPDATE registrations SET expires_at = NULL
            WHERE tenant_id = $1 AND app_id = $2 AND expires_at IS NOT NULL";
        if execute!(self, SQL, self.tenant, app)? > 0 {
            self.config_changed();
        }
        Ok(())
    }

    /// Ends the registration of an app that never got a token; `false` when it did, or is gone.
    pub async fn end_unused_registration(&mut self, app: AppId, now: Time) -> Result<bool> {
        const SQL: &str =
            "DELETE FROM registrations WHERE tenant_id = $1 AND app_id = $2 AND expires_at <= $3";
        execute!(self, SQL, self.tenant, app, now).map(|n| n > 0)
    }
}

impl Store {
    /// Apps that registered themselves and never got a token in time.
    pub async fn unscoped_unused_registrations(
        &self,
        now: Time,
        limit: i64,
    ) -> Result<Vec<(TenantId, AppId)>> {
        const SQL: &str = "SELECT tenant_id, app_id FROM registrations WHERE expires_at <= $1
            ORDER BY expires_at LIMIT $2";
        let mut tx = self.read(TenantId(uuid::Uuid::nil())).await?;
        fetch_all!(tx, (TenantId, AppId), SQL, now, limit)
    }
}

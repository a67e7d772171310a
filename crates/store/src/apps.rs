//! Apps and their secrets.

use crate::macros::{execute, fetch_all, fetch_optional};
use crate::{Result, StoreError, Tx};
use signet_domain::Time;
use signet_domain::app::{App, AppSecret, AppStatus, CLIENT_SECRET_JWT};
use signet_domain::id::{AppId, SecretId};

impl Tx {
    /// The app with an id.
    pub async fn app(&mut self, id: AppId) -> Result<Option<App>> {
        const SQL: &str = "SELECT * FROM apps WHERE tenant_id = $1 AND id = $2";
        fetch_optional!(self, App, SQL, self.tenant, id)
    }

    /// The app with a `client_id`.
    pub async fn app_by_client_id(&mut self, client_id: &str) -> Result<Option<App>> {
        const SQL: &str = "SELECT * FROM apps WHERE tenant_id = $1 AND client_id = $2";
        fetch_optional!(self, App, SQL, self.tenant, client_id)
    }

    /// Apps after an id, in the order of creation.
    pub async fn apps(&mut self, after: Option<AppId>, limit: i64) -> Result<Vec<App>> {
        const SQL: &str = "SELECT * FROM apps WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3";
        fetch_all!(self, App, SQL, self.tenant, after.unwrap_or(AppId(uuid::Uuid::nil())), limit)
    }

    /// The secret with a hash, whatever app's it is. Apps are few, so their secrets are gone through.
    pub async fn app_secret_by_hash(&mut self, hash: &[u8]) -> Result<Option<AppSecret>> {
        const SQL: &str = "SELECT * FROM app_secrets WHERE tenant_id = $1 AND hash = $2";
        fetch_optional!(self, AppSecret, SQL, self.tenant, hash)
    }

    /// Creates an app. [`StoreError::Conflict`] when the `client_id` is taken.
    pub async fn insert_app(&mut self, a: &App) -> Result<()> {
        const SQL: &str =
            "INSERT INTO apps (tenant_id, id, client_id, label, kind, status, auth_method, grant_types,
            redirect_uris, post_logout_redirect_uris, allowed_scopes, pkce_required, consent_method, rotation,
            leeway_seconds, par_required, jwks, demo, version, created_at, updated_at, external_id, jwks_uri,
            backchannel_logout_uri, backchannel_logout_session_required, request_uris,
            frontchannel_logout_uri, frontchannel_logout_session_required, metadata)
            VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,1,$19,$19,$20,$21,$22,$23,$24,$25,$26,$27)";
        execute!(
            self,
            SQL,
            self.tenant,
            a.id,
            &a.client_id,
            &a.label,
            a.kind,
            a.status,
            &a.auth_method,
            &a.grant_types,
            &a.redirect_uris,
            &a.post_logout_redirect_uris,
            &a.allowed_scopes,
            a.pkce_required,
            a.consent_method,
            a.rotation,
            a.leeway_seconds,
            a.par_required,
            &a.jwks,
            a.demo,
            a.created_at,
            &a.external_id,
            &a.jwks_uri,
            &a.backchannel_logout_uri,
            a.backchannel_logout_session_required,
            &a.request_uris,
            &a.frontchannel_logout_uri,
            a.frontchannel_logout_session_required,
            &a.metadata
        )?;
        self.config_changed();
        Ok(())
    }

    /// Writes an app back if it is still at the version that was read. No copy of a secret is kept that isn't needed.
    pub async fn update_app(&mut self, a: &App, now: Time) -> Result<()> {
        const SQL: &str =
            "UPDATE apps SET label = $3, kind = $4, status = $5, auth_method = $6, grant_types = $7,
            redirect_uris = $8, post_logout_redirect_uris = $9, allowed_scopes = $10, pkce_required = $11,
            consent_method = $12, rotation = $13, leeway_seconds = $14, par_required = $15, jwks = $16,
            updated_at = $17, external_id = $19, jwks_uri = $20, backchannel_logout_uri = $21,
            backchannel_logout_session_required = $22, request_uris = $23, frontchannel_logout_uri = $24,
            frontchannel_logout_session_required = $25, metadata = $26, version = version + 1
            WHERE tenant_id = $1 AND id = $2 AND version = $18";
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            a.id,
            &a.label,
            a.kind,
            a.status,
            &a.auth_method,
            &a.grant_types,
            &a.redirect_uris,
            &a.post_logout_redirect_uris,
            &a.allowed_scopes,
            a.pkce_required,
            a.consent_method,
            a.rotation,
            a.leeway_seconds,
            a.par_required,
            &a.jwks,
            now,
            a.version,
            &a.external_id,
            &a.jwks_uri,
            &a.backchannel_logout_uri,
            a.backchannel_logout_session_required,
            &a.request_uris,
            &a.frontchannel_logout_uri,
            a.frontchannel_logout_session_required,
            &a.metadata
        )?;
        self.config_changed();
        if rows == 0 {
            return Err(StoreError::Stale);
        }
        if a.auth_method != CLIENT_SECRET_JWT {
            const FORGET: &str = "UPDATE app_secrets SET sealed = NULL
                WHERE tenant_id = $1 AND app_id = $2 AND sealed IS NOT NULL";
            execute!(self, FORGET, self.tenant, a.id)?;
        }
        Ok(())
    }

    /// Deletes an app with its secrets, grants and consents.
    pub async fn delete_app(&mut self, id: AppId) -> Result<bool> {
        const SQL: &str = "DELETE FROM apps WHERE tenant_id = $1 AND id = $2";
        self.config_changed();
        execute!(self, SQL, self.tenant, id).map(|n| n > 0)
    }

    /// Secrets of an app, oldest first.
    pub async fn app_secrets(&mut self, app: AppId) -> Result<Vec<AppSecret>> {
        const SQL: &str = "SELECT * FROM app_secrets WHERE tenant_id = $1 AND app_id = $2 ORDER BY id";
        fetch_all!(self, AppSecret, SQL, self.tenant, app)
    }

    /// Adds a secret.
    pub async fn insert_app_secret(&mut self, s: &AppSecret) -> Result<()> {
        const SQL: &str =
            "INSERT INTO app_secrets (tenant_id, app_id, id, hash, sealed, ending, status, created_at)
            VALUES ($1,$2,$3,$4,$5,$6,$7,$8)";
        execute!(
            self,
            SQL,
            self.tenant,
            s.app_id,
            s.id,
            &s.hash,
            &s.sealed,
            &s.ending,
            s.status,
            s.created_at
        )?;
        self.config_changed();
        Ok(())
    }

    /// Switches a secret on or off.
    pub async fn set_app_secret_status(
        &mut self,
        app: AppId,
        id: SecretId,
        status: AppStatus,
    ) -> Result<bool> {
        const SQL: &str =
            "UPDATE app_secrets SET status = $4 WHERE tenant_id = $1 AND app_id = $2 AND id = $3";
        self.config_changed();
        execute!(self, SQL, self.tenant, app, id, status).map(|n| n > 0)
    }

    /// Deletes a secret.
    pub async fn delete_app_secret(&mut self, app: AppId, id: SecretId) -> Result<bool> {
        const SQL: &str = "DELETE FROM app_secrets WHERE tenant_id = $1 AND app_id = $2 AND id = $3";
        self.config_changed();
        execute!(self, SQL, self.tenant, app, id).map(|n| n > 0)
    }

    /// Notes that a secret authenticated, unless that was noted within the hour.
    pub async fn touch_app_secret(&mut self, app: AppId, id: SecretId, now: Time) -> Result<()> {
        const SQL: &str =
            "UPDATE app_secrets SET last_used_at = $4 WHERE tenant_id = $1 AND app_id = $2 AND id = $3
            AND (last_used_at IS NULL OR last_used_at < $5)";
        execute!(self, SQL, self.tenant, app, id, now, now.plus_secs(-3600)).map(|_| ())
    }
}

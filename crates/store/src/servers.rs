//! Authorization servers and scopes.

use crate::macros::{execute, fetch_all, fetch_optional};
use crate::{Result, StoreError, Tx};
use signet_domain::Time;
use signet_domain::id::{ScopeId, ServerId};
use signet_domain::server::{ScopeRow, Server};

impl Tx {
    /// The server with an id.
    pub async fn server(&mut self, id: ServerId) -> Result<Option<Server>> {
        const SQL: &str = "SELECT * FROM servers WHERE tenant_id = $1 AND id = $2";
        fetch_optional!(self, Server, SQL, self.tenant, id)
    }

    /// The server with a name in its path.
    pub async fn server_by_slug(&mut self, slug: &str) -> Result<Option<Server>> {
        const SQL: &str = "SELECT * FROM servers WHERE tenant_id = $1 AND slug = $2";
        fetch_optional!(self, Server, SQL, self.tenant, slug)
    }

    /// Servers after an id, in the order of creation; the org server is the first.
    pub async fn servers(&mut self, after: Option<ServerId>, limit: i64) -> Result<Vec<Server>> {
        const SQL: &str = "SELECT * FROM servers WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3";
        fetch_all!(self, Server, SQL, self.tenant, after.unwrap_or(ServerId(uuid::Uuid::nil())), limit)
    }

    /// Creates a server. [`StoreError::Conflict`] when its name is taken.
    pub async fn insert_server(&mut self, s: &Server) -> Result<()> {
        const SQL: &str = "INSERT INTO servers (tenant_id, id, kind, slug, name, description, audience, issuer, status,
            signing_alg, access_token_seconds, id_token_seconds, refresh_idle_seconds, refresh_absolute_seconds,
            key_rotation_days, demo, version, created_at, updated_at, session_management)
            VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,1,$17,$17,$18)";
        execute!(
            self,
            SQL,
            self.tenant,
            s.id,
            s.kind,
            &s.slug,
            &s.name,
            &s.description,
            &s.audience,
            &s.issuer,
            s.status,
            &s.signing_alg,
            s.access_token_seconds,
            s.id_token_seconds,
            s.refresh_idle_seconds,
            s.refresh_absolute_seconds,
            s.key_rotation_days,
            s.demo,
            s.created_at,
            s.session_management
        )?;
        self.config_changed();
        Ok(())
    }

    /// Writes a server back if it is still at the version that was read.
    pub async fn update_server(&mut self, s: &Server, now: Time) -> Result<()> {
        const SQL: &str =
            "UPDATE servers SET name = $3, description = $4, audience = $5, status = $6, signing_alg = $7,
            access_token_seconds = $8, id_token_seconds = $9, refresh_idle_seconds = $10,
            refresh_absolute_seconds = $11, key_rotation_days = $12, updated_at = $13, session_management = $15,
            version = version + 1
            WHERE tenant_id = $1 AND id = $2 AND version = $14";
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            s.id,
            &s.name,
            &s.description,
            &s.audience,
            s.status,
            &s.signing_alg,
            s.access_token_seconds,
            s.id_token_seconds,
            s.refresh_idle_seconds,
            s.refresh_absolute_seconds,
            s.key_rotation_days,
            now,
            s.version,
            s.session_management
        )?;
        self.config_changed();
        if rows == 0 { Err(StoreError::Stale) } else { Ok(()) }
    }

    /// Makes two writers of one server's parts stand in line.
    pub async fn lock_server(&mut self, id: ServerId) -> Result<()> {
        const SQL: &str = "UPDATE servers SET version = version WHERE tenant_id = $1 AND id = $2";
        execute!(self, SQL, self.tenant, id).map(|_| ())
    }

    /// Deletes a server with its scopes, keys and grants.
    pub async fn delete_server(&mut self, id: ServerId) -> Result<bool> {
        const SQL: &str = "DELETE FROM servers WHERE tenant_id = $1 AND id = $2";
        self.config_changed();
        execute!(self, SQL, self.tenant, id).map(|n| n > 0)
    }

    /// Scopes of a server, by name.
    pub async fn scopes(&mut self, server: ServerId) -> Result<Vec<ScopeRow>> {
        const SQL: &str = "SELECT * FROM scopes WHERE tenant_id = $1 AND server_id = $2 ORDER BY name";
        fetch_all!(self, ScopeRow, SQL, self.tenant, server)
    }

    /// One scope of a server.
    pub async fn scope(&mut self, server: ServerId, id: ScopeId) -> Result<Option<ScopeRow>> {
        const SQL: &str = "SELECT * FROM scopes WHERE tenant_id = $1 AND server_id = $2 AND id = $3";
        fetch_optional!(self, ScopeRow, SQL, self.tenant, server, id)
    }

    /// Creates a scope. [`StoreError::Conflict`] when its name is taken at the server.
    pub async fn insert_scope(&mut self, s: &ScopeRow) -> Result<()> {
        const SQL: &str =
            "INSERT INTO scopes (tenant_id, server_id, id, name, display_name, description, consent,
            is_default, published, system, created_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)";
        execute!(
            self,
            SQL,
            self.tenant,
            s.server_id,
            s.id,
            &s.name,
            &s.display_name,
            &s.description,
            s.consent,
            s.is_default,
            s.published,
            s.system,
            s.created_at
        )?;
        self.config_changed();
        Ok(())
    }

    /// Writes a scope back. [`StoreError::Stale`] when it is no longer the version that was read.
    pub async fn update_scope(&mut self, s: &ScopeRow) -> Result<()> {
        const SQL: &str =
            "UPDATE scopes SET display_name = $4, description = $5, consent = $6, is_default = $7,
            published = $8, version = version + 1
            WHERE tenant_id = $1 AND server_id = $2 AND id = $3 AND version = $9";
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            s.server_id,
            s.id,
            &s.display_name,
            &s.description,
            s.consent,
            s.is_default,
            s.published,
            s.version
        )?;
        self.config_changed();
        if rows == 0 { Err(StoreError::Stale) } else { Ok(()) }
    }

    /// Deletes a scope.
    pub async fn delete_scope(&mut self, server: ServerId, id: ScopeId) -> Result<bool> {
        const SQL: &str = "DELETE FROM scopes WHERE tenant_id = $1 AND server_id = $2 AND id = $3";
        self.config_changed();
        execute!(self, SQL, self.tenant, server, id).map(|n| n > 0)
    }
}

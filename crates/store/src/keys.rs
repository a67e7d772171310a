//! Signing keys.

use crate::macros::{execute, fetch_all};
use crate::{Result, Store, Tx};
use signet_domain::Time;
use signet_domain::id::{KeyId, ServerId, TenantId};
use signet_domain::server::{KeyRow, KeyStatus};

impl Tx {
    /// Keys of a server, oldest first.
    pub async fn signing_keys(&mut self, server: ServerId) -> Result<Vec<KeyRow>> {
        const SQL: &str = "SELECT * FROM signing_keys WHERE tenant_id = $1 AND server_id = $2 ORDER BY id";
        fetch_all!(self, KeyRow, SQL, self.tenant, server)
    }

    /// Adds a key.
    pub async fn insert_signing_key(&mut self, k: &KeyRow) -> Result<()> {
        const SQL: &str =
            "INSERT INTO signing_keys (tenant_id, server_id, id, kid, alg, status, sealed_private,
            public_jwk, created_at, activated_at, due_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)";
        execute!(
            self,
            SQL,
            self.tenant,
            k.server_id,
            k.id,
            &k.kid,
            &k.alg,
            k.status,
            &k.sealed_private,
            &k.public_jwk,
            k.created_at,
            k.activated_at,
            k.due_at
        )?;
        self.config_changed();
        Ok(())
    }

    /// Moves a key to another state, noting when.
    pub async fn set_signing_key_status(
        &mut self,
        server: ServerId,
        id: KeyId,
        status: KeyStatus,
        now: Time,
    ) -> Result<()> {
        const SQL: &str = "UPDATE signing_keys SET status = $4,
            activated_at = CASE WHEN $4 = 'ACTIVE' THEN $5 ELSE activated_at END,
            retired_at = CASE WHEN $4 = 'EXPIRED' THEN $5 ELSE retired_at END
            WHERE tenant_id = $1 AND server_id = $2 AND id = $3";
        self.config_changed();
        execute!(self, SQL, self.tenant, server, id, status, now).map(|_| ())
    }

    /// Notes when somebody has to look after a key.
    pub async fn set_signing_key_due(
        &mut self,
        server: ServerId,
        id: KeyId,
        due: Option<Time>,
    ) -> Result<()> {
        const SQL: &str =
            "UPDATE signing_keys SET due_at = $4 WHERE tenant_id = $1 AND server_id = $2 AND id = $3";
        self.config_changed();
        execute!(self, SQL, self.tenant, server, id, due).map(|_| ())
    }

    /// Deletes a key of a server, with its private half.
    pub async fn delete_signing_key(&mut self, server: ServerId, id: KeyId) -> Result<()> {
        const SQL: &str = "DELETE FROM signing_keys WHERE tenant_id = $1 AND server_id = $2 AND id = $3";
        self.config_changed();
        execute!(self, SQL, self.tenant, server, id).map(|_| ())
    }
}

impl Store {
    /// Servers of all tenants with a key that somebody has to look after, the longest overdue first.
    pub async fn unscoped_servers_with_due_keys(
        &self,
        now: Time,
        limit: i64,
    ) -> Result<Vec<(TenantId, ServerId)>> {
        const SQL: &str = "SELECT tenant_id, server_id FROM signing_keys WHERE due_at <= $1
            GROUP BY tenant_id, server_id ORDER BY MIN(due_at) LIMIT $2";
        let mut tx = self.read(TenantId(uuid::Uuid::nil())).await?;
        fetch_all!(tx, (TenantId, ServerId), SQL, now, limit)
    }
}

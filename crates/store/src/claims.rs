//! Claims that servers add to tokens.

use crate::macros::{execute, fetch_all, fetch_optional};
use crate::{Result, StoreError, Tx};
use signet_domain::claim::{ClaimRow, ClaimValueType};
use signet_domain::id::{ClaimId, ServerId};

impl Tx {
    /// Claims of a server, by name.
    pub async fn claims(&mut self, server: ServerId) -> Result<Vec<ClaimRow>> {
        const SQL: &str =
            "SELECT * FROM server_claims WHERE tenant_id = $1 AND server_id = $2 ORDER BY name, target";
        fetch_all!(self, ClaimRow, SQL, self.tenant, server)
    }

    /// Claims of all servers that list groups, server by server, by name.
    pub async fn claims_of_groups(&mut self) -> Result<Vec<ClaimRow>> {
        const SQL: &str = "SELECT * FROM server_claims WHERE tenant_id = $1 AND value_type = $2
            ORDER BY server_id, name, target";
        fetch_all!(self, ClaimRow, SQL, self.tenant, ClaimValueType::Groups)
    }

    /// One claim of a server.
    pub async fn claim(&mut self, server: ServerId, id: ClaimId) -> Result<Option<ClaimRow>> {
        const SQL: &str = "SELECT * FROM server_claims WHERE tenant_id = $1 AND server_id = $2 AND id = $3";
        fetch_optional!(self, ClaimRow, SQL, self.tenant, server, id)
    }

    /// Creates a claim. [`StoreError::Conflict`] when its name is taken among those for the same tokens.
    pub async fn insert_claim(&mut self, c: &ClaimRow) -> Result<()> {
        const SQL: &str =
            "INSERT INTO server_claims (tenant_id, server_id, id, name, target, value_type, value,
            group_filter, scopes, always_in_token, status, version, created_at)
            VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,1,$12)";
        execute!(
            self,
            SQL,
            self.tenant,
            c.server_id,
            c.id,
            &c.name,
            c.target,
            c.value_type,
            &c.value,
            c.group_filter,
            &c.scopes,
            c.always_in_token,
            c.status,
            c.created_at
        )?;
        self.config_changed();
        Ok(())
    }

    /// Writes a claim back if it is still at the version that was read. [`StoreError::Conflict`] as for a new one.
    pub async fn update_claim(&mut self, c: &ClaimRow) -> Result<()> {
        const SQL: &str =
            "UPDATE server_claims SET name = $4, target = $5, value_type = $6, value = $7, group_filter = $8,
            scopes = $9, always_in_token = $10, status = $11, version = version + 1
            WHERE tenant_id = $1 AND server_id = $2 AND id = $3 AND version = $12";
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            c.server_id,
            c.id,
            &c.name,
            c.target,
            c.value_type,
            &c.value,
            c.group_filter,
            &c.scopes,
            c.always_in_token,
            c.status,
            c.version
        )?;
        self.config_changed();
        if rows == 0 { Err(StoreError::Stale) } else { Ok(()) }
    }

    /// Deletes a claim.
    pub async fn delete_claim(&mut self, server: ServerId, id: ClaimId) -> Result<bool> {
        const SQL: &str = "DELETE FROM server_claims WHERE tenant_id = $1 AND server_id = $2 AND id = $3";
        self.config_changed();
        execute!(self, SQL, self.tenant, server, id).map(|n| n > 0)
    }
}

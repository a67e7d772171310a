//! Gateway profiles of authorization servers, and the grants that their endpoints make.

use crate::macros::{execute, fetch_all, fetch_optional};
use crate::{Result, StoreError, Tx};
use signet_domain::Time;
use signet_domain::gateway::{Gateway, GatewayGrant};
use signet_domain::id::{GrantId, ServerId};

impl Tx {
    /// The gateway profile of a server.
    pub async fn gateway(&mut self, server: ServerId) -> Result<Option<Gateway>> {
        const SQL: &str = "SELECT * FROM gateways WHERE tenant_id = $1 AND server_id = $2";
        fetch_optional!(self, Gateway, SQL, self.tenant, server)
    }

    /// The gateway profiles of the tenant, in the order of their servers, so many of them.
    pub async fn gateways(&mut self, limit: i64) -> Result<Vec<Gateway>> {
        const SQL: &str = "SELECT * FROM gateways WHERE tenant_id = $1 ORDER BY server_id LIMIT $2";
        fetch_all!(self, Gateway, SQL, self.tenant, limit)
    }

    /// Gives a server its gateway profile. [`StoreError::Conflict`] when it has one.
    pub async fn insert_gateway(&mut self, g: &Gateway) -> Result<()> {
        const SQL: &str = "INSERT INTO gateways (tenant_id, server_id, scopes, mandatory_scope,
            authorization_code, client_credentials, password_grant, token_expiration, refresh_token_ttl,
            reuse_refresh_token, persistent_refresh_token, pkce, global_credentials, hide_credentials, anonymous,
            auth_header_name, realm, token_in_query, token_in_form, api_keys, api_key_in_query, provision_hash,
            provision_made_at, version, created_at, updated_at)
            VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,1,$24,$24)";
        execute!(
            self,
            SQL,
            self.tenant,
            g.server_id,
            &g.scopes,
            g.mandatory_scope,
            g.authorization_code,
            g.client_credentials,
            g.password_grant,
            g.token_expiration,
            g.refresh_token_ttl,
            g.reuse_refresh_token,
            g.persistent_refresh_token,
            g.pkce,
            g.global_credentials,
            g.hide_credentials,
            &g.anonymous,
            &g.auth_header_name,
            &g.realm,
            g.token_in_query,
            g.token_in_form,
            g.api_keys,
            g.api_key_in_query,
            &g.provision_hash,
            g.provision_made_at,
            g.created_at
        )?;
        self.config_changed();
        Ok(())
    }

    /// Writes a gateway profile back, but for its provision key, if it is still at the version that was read.
    pub async fn update_gateway(&mut self, g: &Gateway, now: Time) -> Result<()> {
        const SQL: &str =
            "UPDATE gateways SET scopes = $3, mandatory_scope = $4, authorization_code = $5,
            client_credentials = $6, password_grant = $7, token_expiration = $8, refresh_token_ttl = $9,
            reuse_refresh_token = $10, persistent_refresh_token = $11, pkce = $12, global_credentials = $13,
            hide_credentials = $14, anonymous = $15, auth_header_name = $16, realm = $17, token_in_query = $18,
            token_in_form = $19, api_keys = $20, api_key_in_query = $21, updated_at = $22, version = version + 1
            WHERE tenant_id = $1 AND server_id = $2 AND version = $23";
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            g.server_id,
            &g.scopes,
            g.mandatory_scope,
            g.authorization_code,
            g.client_credentials,
            g.password_grant,
            g.token_expiration,
            g.refresh_token_ttl,
            g.reuse_refresh_token,
            g.persistent_refresh_token,
            g.pkce,
            g.global_credentials,
            g.hide_credentials,
            &g.anonymous,
            &g.auth_header_name,
            &g.realm,
            g.token_in_query,
            g.token_in_form,
            g.api_keys,
            g.api_key_in_query,
            now,
            g.version
        )?;
        self.config_changed();
        if rows == 0 { Err(StoreError::Stale) } else { Ok(()) }
    }

    /// Replaces the provision key.
    pub async fn set_provision_key(&mut self, server: ServerId, hash: &[u8], now: Time) -> Result<bool> {
        const SQL: &str = "UPDATE gateways SET provision_hash = $3, provision_made_at = $4, updated_at = $4,
            version = version + 1 WHERE tenant_id = $1 AND server_id = $2";
        self.config_changed();
        execute!(self, SQL, self.tenant, server, hash, now).map(|n| n > 0)
    }

    /// Deletes the gateway profile of a server.
    pub async fn delete_gateway(&mut self, server: ServerId) -> Result<bool> {
        const SQL: &str = "DELETE FROM gateways WHERE tenant_id = $1 AND server_id = $2";
        self.config_changed();
        execute!(self, SQL, self.tenant, server).map(|n| n > 0)
    }

    /// Makes the gateway's part of a grant.
    pub async fn insert_gateway_grant(&mut self, g: &GatewayGrant) -> Result<()> {
        const SQL: &str = "INSERT INTO gateway_grants (tenant_id, grant_id, authenticated_userid, generation)
            VALUES ($1,$2,$3,$4)";
        execute!(self, SQL, self.tenant, g.grant_id, &g.authenticated_userid, g.generation).map(|_| ())
    }

    /// The gateway's part of a grant, unless the grant was revoked.
    pub async fn gateway_grant(&mut self, grant: GrantId) -> Result<Option<GatewayGrant>> {
        const SQL: &str = "SELECT gg.* FROM gateway_grants gg
            JOIN grants g ON g.tenant_id = gg.tenant_id AND g.id = gg.grant_id
            WHERE gg.tenant_id = $1 AND gg.grant_id = $2 AND g.revoked_at IS NULL";
        fetch_optional!(self, GatewayGrant, SQL, self.tenant, grant)
    }

    /// Makes the access tokens of the next generation the good ones; `false` when another use was first.
    pub async fn advance_gateway_grant(&mut self, grant: GrantId, generation: i64) -> Result<bool> {
        const SQL: &str = "UPDATE gateway_grants SET generation = generation + 1
            WHERE tenant_id = $1 AND grant_id = $2 AND generation = $3";
        execute!(self, SQL, self.tenant, grant, generation).map(|n| n > 0)
    }

    /// Revokes every grant that a server's gateway endpoints made; gives how many.
    pub async fn revoke_gateway_grants_at(&mut self, server: ServerId, now: Time) -> Result<u64> {
        const SQL: &str = "UPDATE grants SET revoked_at = $3
            WHERE tenant_id = $1 AND server_id = $2 AND revoked_at IS NULL AND EXISTS (
              SELECT 1 FROM gateway_grants gg WHERE gg.tenant_id = $1 AND gg.grant_id = grants.id)";
        execute!(self, SQL, self.tenant, server, now)
    }
}

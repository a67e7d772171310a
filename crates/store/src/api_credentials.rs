//! API tokens and API credentials.

use crate::macros::{execute, fetch_all, fetch_optional};
use crate::{Result, Tx};
use signet_domain::Time;
use signet_domain::credential::{ApiToken, Credential, CredentialToken};
use signet_domain::id::{ApiTokenId, CredentialId};

impl Tx {
    /// The API token with a hash, whatever its state.
    pub async fn api_token_by_hash(&mut self, hash: &[u8]) -> Result<Option<ApiToken>> {
        const SQL: &str = "SELECT * FROM api_tokens WHERE tenant_id = $1 AND hash = $2";
        fetch_optional!(self, ApiToken, SQL, self.tenant, hash)
    }

    /// One API token.
    pub async fn api_token(&mut self, id: ApiTokenId) -> Result<Option<ApiToken>> {
        const SQL: &str = "SELECT * FROM api_tokens WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL";
        fetch_optional!(self, ApiToken, SQL, self.tenant, id)
    }

    /// API tokens that were not revoked, oldest first.
    pub async fn api_tokens(&mut self) -> Result<Vec<ApiToken>> {
        const SQL: &str =
            "SELECT * FROM api_tokens WHERE tenant_id = $1 AND revoked_at IS NULL ORDER BY id LIMIT 1000";
        fetch_all!(self, ApiToken, SQL, self.tenant)
    }

    /// Adds an API token.
    pub async fn insert_api_token(&mut self, t: &ApiToken) -> Result<()> {
        const SQL: &str =
            "INSERT INTO api_tokens (tenant_id, id, name, hash, user_id, demo, created_at, expires_at)
            VALUES ($1,$2,$3,$4,$5,$6,$7,$8)";
        execute!(
            self,
            SQL,
            self.tenant,
            t.id,
            &t.name,
            &t.hash,
            t.user_id,
            t.demo,
            t.created_at,
            t.expires_at
        )
        .map(|_| ())
    }

    /// Notes a use and moves the end, unless that was done within the hour.
    pub async fn touch_api_token(&mut self, id: ApiTokenId, now: Time, expires_at: Time) -> Result<()> {
        const SQL: &str =
            "UPDATE api_tokens SET last_used_at = $3, expires_at = $4 WHERE tenant_id = $1 AND id = $2
            AND (last_used_at IS NULL OR last_used_at < $5)";
        execute!(self, SQL, self.tenant, id, now, expires_at, now.plus_secs(-3600)).map(|_| ())
    }

    /// Revokes an API token; `false` when there is none to revoke.
    pub async fn revoke_api_token(&mut self, id: ApiTokenId, now: Time) -> Result<bool> {
        const SQL: &str =
            "UPDATE api_tokens SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL";
        execute!(self, SQL, self.tenant, id, now).map(|n| n > 0)
    }

    /// The credential with a client id, whatever its state.
    pub async fn credential_by_client_id(&mut self, client_id: &str) -> Result<Option<Credential>> {
        const SQL: &str = "SELECT * FROM credentials WHERE tenant_id = $1 AND client_id = $2";
        fetch_optional!(self, Credential, SQL, self.tenant, client_id)
    }

    /// One credential, whatever its state.
    pub async fn credential(&mut self, id: CredentialId) -> Result<Option<Credential>> {
        const SQL: &str = "SELECT * FROM credentials WHERE tenant_id = $1 AND id = $2";
        fetch_optional!(self, Credential, SQL, self.tenant, id)
    }

    /// Credentials that were not revoked, oldest first.
    pub async fn credentials(&mut self) -> Result<Vec<Credential>> {
        const SQL: &str =
            "SELECT * FROM credentials WHERE tenant_id = $1 AND revoked_at IS NULL ORDER BY id LIMIT 1000";
        fetch_all!(self, Credential, SQL, self.tenant)
    }

    /// Credentials that were neither made nor used since an instant, longest idle first.
    pub async fn idle_credentials(&mut self, since: Time, limit: i64) -> Result<Vec<Credential>> {
        const SQL: &str = "SELECT * FROM credentials WHERE tenant_id = $1 AND revoked_at IS NULL
            AND COALESCE(last_used_at, created_at) < $2
            ORDER BY COALESCE(last_used_at, created_at) LIMIT $3";
        fetch_all!(self, Credential, SQL, self.tenant, since, limit)
    }

    /// Adds a credential.
    pub async fn insert_credential(&mut self, c: &Credential) -> Result<()> {
        const SQL: &str =
            "INSERT INTO credentials (tenant_id, id, client_id, secret_hash, name, scope, demo, created_at)
            VALUES ($1,$2,$3,$4,$5,$6,$7,$8)";
        execute!(
            self,
            SQL,
            self.tenant,
            c.id,
            &c.client_id,
            &c.secret_hash,
            &c.name,
            c.scope,
            c.demo,
            c.created_at
        )
        .map(|_| ())
    }

    /// Notes a use, unless that was done within the hour.
    pub async fn touch_credential(&mut self, id: CredentialId, now: Time) -> Result<()> {
        const SQL: &str = "UPDATE credentials SET last_used_at = $3 WHERE tenant_id = $1 AND id = $2
            AND (last_used_at IS NULL OR last_used_at < $4)";
        execute!(self, SQL, self.tenant, id, now, now.plus_secs(-3600)).map(|_| ())
    }

    /// Revokes a credential, and with it its tokens.
    pub async fn revoke_credential(&mut self, id: CredentialId, now: Time) -> Result<bool> {
        const SQL: &str =
            "UPDATE credentials SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL";
        execute!(self, SQL, self.tenant, id, now).map(|n| n > 0)
    }

    /// The credential's token with a hash, whatever its state.
    pub async fn credential_token(&mut self, hash: &[u8]) -> Result<Option<CredentialToken>> {
        const SQL: &str = "SELECT * FROM credential_tokens WHERE tenant_id = $1 AND hash = $2";
        fetch_optional!(self, CredentialToken, SQL, self.tenant, hash)
    }

    /// Adds a credential's token.
    pub async fn insert_credential_token(&mut self, t: &CredentialToken) -> Result<()> {
        const SQL: &str =
            "INSERT INTO credential_tokens (tenant_id, hash, credential_id, created_at, expires_at)
            VALUES ($1,$2,$3,$4,$5)";
        execute!(self, SQL, self.tenant, &t.hash, t.credential_id, t.created_at, t.expires_at).map(|_| ())
    }

    /// Revokes a token of one credential; `false` when it has none such to revoke.
    pub async fn revoke_credential_token(
        &mut self,
        credential: CredentialId,
        hash: &[u8],
        now: Time,
    ) -> Result<bool> {
        const SQL: &str =
            "UPDATE credential_tokens SET revoked_at = $4 WHERE tenant_id = $1 AND credential_id = $2
            AND hash = $3 AND revoked_at IS NULL";
        execute!(self, SQL, self.tenant, credential, hash, now).map(|n| n > 0)
    }
}

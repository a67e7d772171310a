//! What calls the management API: API tokens and API credentials.

use crate::id::{ApiTokenId, CredentialId, TenantId, UserId};
use crate::text_enum::text_enum;
use crate::time::Time;

text_enum! {
    /// What an API credential may do.
    pub enum ApiScope {
        /// Read users.
        ReadUsers = "READ_USERS",
        /// Read and change users.
        ManageUsers = "MANAGE_USERS",
        /// Read everything.
        ReadAll = "READ_ALL",
        /// Everything.
        ManageAll = "MANAGE_ALL",
    }
}

/// An API token (`SSWS`): acts with its creator's administrator role.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ApiToken {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: ApiTokenId,
    /// The name that its creator gave.
    pub name: String,
    /// HMAC of the token.
    pub hash: Vec<u8>,
    /// The administrator that made it.
    pub user_id: UserId,
    /// Made by the demo seed.
    pub demo: bool,
    /// When it was made.
    pub created_at: Time,
    /// When it ends unless it is used: 30 days after the last use.
    pub expires_at: Time,
    /// When it was last used, to the hour.
    pub last_used_at: Option<Time>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
}

/// A client id and secret for the management API, holding one scope.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Credential {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: CredentialId,
    /// 64 hexadecimal characters; unique in the tenant.
    pub client_id: String,
    /// HMAC of the secret.
    pub secret_hash: Vec<u8>,
    /// The name that its creator gave.
    pub name: String,
    /// What it may do.
    pub scope: ApiScope,
    /// Made by the demo seed.
    pub demo: bool,
    /// When it was made.
    pub created_at: Time,
    /// When it got a token, or one was used, last; to the hour.
    pub last_used_at: Option<Time>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
}

/// A token that an API credential got.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct CredentialToken {
    /// The tenant.
    pub tenant_id: TenantId,
    /// HMAC of the token.
    pub hash: Vec<u8>,
    /// The credential.
    pub credential_id: CredentialId,
    /// When it was made.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Time,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
}

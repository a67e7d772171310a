//! APIs behind a gateway: a server's gateway profile, keys that apps call with, and grants that a trusted front
//! end vouched for.

use crate::id::{ApiKeyId, AppId, GrantId, ServerId, TenantId};
use crate::text_enum::text_enum;
use crate::time::Time;
use sqlx::types::Json;

text_enum! {
    /// Of whom the gateway's endpoints demand a proof key (RFC 7636), beside the apps that demand it themselves.
    pub enum PkceMode {
        /// Of nobody.
        None = "none",
        /// Of public apps.
        Lax = "lax",
        /// Of every app.
        Strict = "strict",
    }
}

/// What an authorization server does for APIs behind a gateway.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Gateway {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The server whose profile it is.
    pub server_id: ServerId,
    /// Scopes that the gateway's endpoints may grant.
    pub scopes: Json<Vec<String>>,
    /// Whether a request must name scopes.
    pub mandatory_scope: bool,
    /// Whether codes are issued.
    pub authorization_code: bool,
    /// Whether apps may act for themselves.
    pub client_credentials: bool,
    /// Whether the front end may get tokens without a code.
    pub password_grant: bool,
    /// Seconds that an access token lives.
    pub token_expiration: i64,
    /// Seconds that a refresh token lives; 0 until it is revoked.
    pub refresh_token_ttl: i64,
    /// Whether a refresh token stays when it is used; those of public apps never do.
    pub reuse_refresh_token: bool,
    /// Kept for who reads it back; nothing depends on it.
    pub persistent_refresh_token: bool,
    /// Of whom a proof key is demanded.
    pub pkce: PkceMode,
    /// Whether tokens of other servers whose profile says the same are good here.
    pub global_credentials: bool,
    /// Whether the gateway is told to keep the credential from the API.
    pub hide_credentials: bool,
    /// `client_id` of the app that stands for callers without a credential.
    pub anonymous: Option<String>,
    /// Name of the header with the token, in lower case.
    pub auth_header_name: String,
    /// `realm` of challenges.
    pub realm: Option<String>,
    /// Whether a token may be in the query.
    pub token_in_query: bool,
    /// Whether a token may be in a form.
    pub token_in_form: bool,
    /// Whether API keys are good.
    pub api_keys: bool,
    /// Whether an API key may be in the query.
    pub api_key_in_query: bool,
    /// HMAC of the provision key.
    pub provision_hash: Vec<u8>,
    /// When the provision key was made.
    pub provision_made_at: Time,
    /// Grows with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

/// A key that an app calls APIs with. Only its HMAC is kept.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ApiKey {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The app.
    pub app_id: AppId,
    /// The id.
    pub id: ApiKeyId,
    /// The name that its creator gave.
    pub name: String,
    /// HMAC of the key.
    pub hash: Vec<u8>,
    /// When it was made.
    pub created_at: Time,
    /// When it was last used, to the hour.
    pub last_used_at: Option<Time>,
}

/// What a grant of the gateway's endpoints has beside its row in `grants`.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct GatewayGrant {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The grant.
    pub grant_id: GrantId,
    /// Who the front end says it is for: its own name for someone, never a user of this tenant.
    pub authenticated_userid: String,
    /// Which generation of its access tokens is good.
    pub generation: i64,
}

//! Grants: what a user (or a service app) allowed one app, and the single-use secrets that stand for it.

use crate::id::{AppId, FlowId, GrantId, ServerId, SessionId, TenantId, UserId};
use crate::text_enum::text_enum;
use crate::time::Time;

/// Scopes that one app holds at one server. Codes and token families hang on it; revoking it ends them.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Grant {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id: `gid` in access tokens.
    pub id: GrantId,
    /// The server.
    pub server_id: ServerId,
    /// The app.
    pub app_id: AppId,
    /// The user; none for a service app.
    pub user_id: Option<UserId>,
    /// The browser session it came from, if any.
    pub session_id: Option<SessionId>,
    /// The flow it came from, if any.
    pub flow_id: Option<FlowId>,
    /// The grant type that made it.
    pub grant_type: String,
    /// Granted scopes, separated by single spaces.
    pub scopes: String,
    /// When the user's password was given, if there is a user.
    pub auth_time: Option<Time>,
    /// `nonce` of the authorization request.
    pub nonce: Option<String>,
    /// The single claims that were asked for, as JSON (OpenID Connect Core §5.5).
    pub claims: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
}

text_enum! {
    /// What a single-use secret is. A secret of one kind is nothing anywhere else.
    pub enum OneTimeKind {
        /// An authorization code.
        Code = "CODE",
        /// A pushed authorization request (RFC 9126).
        Pushed = "PUSHED",
        /// The `jti` of a client's assertion (RFC 7523): it is kept from its first use on, so as to know a second.
        Assertion = "ASSERTION",
        /// The `jti` of a proof of possession (RFC 9449), with its key: kept from its first use on.
        Proof = "PROOF",
        /// The `jti` of a request object (RFC 9101), kept from its answer on.
        RequestObject = "REQUEST_OBJECT",
        /// The link that a tenant's first administrator opens.
        Setup = "SETUP",
        /// An authorization code of the gateway's endpoints.
        GatewayCode = "GATEWAY_CODE",
    }
}

/// A secret that works once.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OneTime {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The server it was made at; the nil id where there is none.
    pub server_id: ServerId,
    /// What it is.
    pub kind: OneTimeKind,
    /// HMAC of the secret.
    pub hash: Vec<u8>,
    /// The grant it stands for, if any.
    pub grant_id: Option<GrantId>,
    /// What its use needs to know, as JSON.
    pub payload: sqlx::types::Json<serde_json::Value>,
    /// When it was made.
    pub created_at: Time,
    /// When it stops working.
    pub expires_at: Time,
    /// When it was used.
    pub spent_at: Option<Time>,
}

impl OneTime {
    /// What its first use spends, and nobody made beforehand: the `jti` of somebody else's token.
    #[must_use]
    pub fn by_use(
        (tenant_id, server_id): (TenantId, ServerId),
        kind: OneTimeKind,
        hash: Vec<u8>,
        (now, expires_at): (Time, Time),
    ) -> Self {
        let payload = sqlx::types::Json(serde_json::Value::Object(serde_json::Map::new()));
        Self {
            tenant_id,
            server_id,
            kind,
            hash,
            grant_id: None,
            payload,
            created_at: now,
            expires_at,
            spent_at: None,
        }
    }
}

/// What a user allowed an app once and for all, so that the question isn't asked again.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Consent {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The user.
    pub user_id: UserId,
    /// The app.
    pub app_id: AppId,
    /// The server.
    pub server_id: ServerId,
    /// Scopes, separated by single spaces.
    pub scopes: String,
    /// When it was first given.
    pub created_at: Time,
    /// When it last grew.
    pub updated_at: Time,
}

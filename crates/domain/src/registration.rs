//! Apps that register themselves at an authorization server (RFC 7591): whether they may, with which tokens, and
//! which did.

use crate::id::{AppId, RegistrationTokenId, ServerId, TenantId};
use crate::text_enum::text_enum;
use crate::time::Time;
use sqlx::types::Json;

text_enum! {
    /// Who may register apps.
    pub enum RegistrationMode {
        /// Nobody: only administrators make apps.
        Off = "OFF",
        /// Whoever has an initial access token (RFC 7591 §1.2).
        Token = "TOKEN",
        /// Everybody, within the policy's bounds.
        Open = "OPEN",
    }
}

/// What strangers may register at a server.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RegistrationPolicy {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The server.
    pub server_id: ServerId,
    /// Who may.
    pub mode: RegistrationMode,
    /// Grant types that such apps may have.
    pub grant_types: Json<Vec<String>>,
    /// Scopes that such apps may have.
    pub scopes: Json<Vec<String>>,
    /// Whether confidential apps must use PKCE, too; public ones always must.
    pub pkce_required: bool,
    /// Most apps that are there at a time.
    pub max_apps: i64,
    /// Most registrations without a token from one source in an hour.
    pub per_source: i64,
    /// Days after which an app that never got a token goes.
    pub unused_days: i64,
    /// Grows with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

/// An initial access token. Only its HMAC is kept.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RegistrationToken {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The server.
    pub server_id: ServerId,
    /// The id.
    pub id: RegistrationTokenId,
    /// The name that its maker gave.
    pub name: String,
    /// HMAC of the token.
    pub hash: Vec<u8>,
    /// Grant types that apps may get with it; empty for all that the policy allows.
    pub grant_types: Json<Vec<String>>,
    /// Scopes that apps may get with it; empty for all that the policy allows.
    pub scopes: Json<Vec<String>>,
    /// How many apps may be registered with it.
    pub max_uses: i64,
    /// How many were.
    pub uses: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Time,
    /// When an app was last registered with it.
    pub last_used_at: Option<Time>,
}

impl RegistrationToken {
    /// Whether an app may be registered with it.
    #[must_use]
    pub fn is_good(&self, now: Time) -> bool {
        now < self.expires_at && self.uses < self.max_uses
    }
}

/// How an app came to be that no administrator made.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Registration {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The app.
    pub app_id: AppId,
    /// The server that it registered at, and may be used at.
    pub server_id: ServerId,
    /// The initial access token that it used, if it needed one.
    pub token_id: Option<RegistrationTokenId>,
    /// HMAC of its registration access token.
    pub hash: Vec<u8>,
    /// Grant types that it may ever have.
    pub grant_types: Json<Vec<String>>,
    /// Scopes that it may ever have.
    pub scopes: Json<Vec<String>>,
    /// When it registered.
    pub created_at: Time,
    /// When it goes unless it got a token; none once it did.
    pub expires_at: Option<Time>,
}

//! Telling apps of sign-outs (OpenID Connect Back-Channel Logout 1.0 and Front-Channel Logout 1.0).

use crate::id::{AppId, LogoutId, ServerId, SessionId, TenantId, UserId};
use crate::time::Time;

/// A sign-out that an app has still to be told of.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LogoutDelivery {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id: `jti` of the logout token, the same at every attempt.
    pub id: LogoutId,
    /// The app.
    pub app_id: AppId,
    /// The server that issued the app's ID token.
    pub server_id: ServerId,
    /// Who was signed in.
    pub user_id: UserId,
    /// The session that ended.
    pub session_id: SessionId,
    /// Attempts so far, with the one under way.
    pub attempts: i64,
    /// When it is due.
    pub next_at: Time,
    /// When the session ended.
    pub created_at: Time,
}

/// An app that a session signed its user in to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, sqlx::FromRow)]
pub struct LogoutTarget {
    /// The app.
    pub app_id: AppId,
    /// The server.
    pub server_id: ServerId,
    /// The session.
    pub session_id: SessionId,
    /// The scopes of the grant.
    pub scopes: String,
}

/// An app that the browser tells of its sign-out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub struct FrontChannelTarget {
    /// The app.
    pub client_id: String,
    /// The issuer of the app's ID token.
    pub issuer: String,
    /// Where it is told.
    pub uri: String,
    /// The scopes of the grant.
    pub scopes: String,
}

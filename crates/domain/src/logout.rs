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

impl LogoutDelivery {
    /// Seconds from one attempt to the next.
    pub const BACKOFF_SECONDS: [i64; 6] = [5, 30, 120, 600, 1_800, 3_600];

    /// Seconds for which whoever took it up has it alone: longer than any attempt lasts.
    pub const CLAIM_SECONDS: i64 = 30;

    /// When to try again after the attempt that just failed; `None` when it was the last.
    #[must_use]
    pub fn retry_at(&self, now: Time) -> Option<Time> {
        let done = usize::try_from(self.attempts).ok()?.checked_sub(1)?;
        Self::BACKOFF_SECONDS.get(done).map(|seconds| now.plus_secs(*seconds))
    }
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

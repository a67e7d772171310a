//! Sessions: a browser's sign-in at a tenant.

use crate::id::{SessionId, TenantId, UserId};
use crate::text_enum::text_enum;
use crate::time::Time;

text_enum! {
    /// What a session is for. A session of one kind is nothing at the other's pages.
    pub enum SessionKind {
        /// Sign-in for apps.
        User = "USER",
        /// The admin console.
        Console = "CONSOLE",
    }
}

/// A browser's sign-in.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Session {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id; safe to show.
    pub id: SessionId,
    /// HMAC of the cookie's value.
    pub token_hash: Vec<u8>,
    /// What it is for.
    pub kind: SessionKind,
    /// Who.
    pub user_id: UserId,
    /// When the password was last given.
    pub auth_time: Time,
    /// When it was last used, to the minute.
    pub last_seen_at: Time,
    /// When it ends, however it is used.
    pub expires_at: Time,
    /// When it was ended before that.
    pub ended_at: Option<Time>,
    /// Address at sign-in.
    pub ip: String,
    /// User agent at sign-in, bounded.
    pub user_agent: String,
    /// When it began.
    pub created_at: Time,
}

impl Session {
    /// Seconds without use after which a sign-in for apps ends.
    pub const USER_IDLE_SECONDS: i64 = 2 * 3600;
    /// Seconds without use after which a console session ends.
    pub const CONSOLE_IDLE_SECONDS: i64 = 15 * 60;
    /// Seconds after which any session ends.
    pub const ABSOLUTE_SECONDS: i64 = 12 * 3600;

    /// Whether it is still a sign-in at `now`.
    #[must_use]
    pub fn is_live(&self, now: Time) -> bool {
        let idle = match self.kind {
            SessionKind::User => Self::USER_IDLE_SECONDS,
            SessionKind::Console => Self::CONSOLE_IDLE_SECONDS,
        };
        self.ended_at.is_none() && now < self.expires_at && now < self.last_seen_at.plus_secs(idle)
    }
}

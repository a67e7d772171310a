//! Sessions: a browser's sign-in at a tenant.

use crate::id::{SessionId, TenantId, UserId};
use crate::text_enum::text_enum;
use crate::time::Time;
use std::ops::RangeInclusive;

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

text_enum! {
    /// What a session is for. A session of one kind is nothing at the other's pages.
    pub enum SessionKind {
        /// Sign-in for apps.
        User = "USER",
        /// The admin console.
        Console = "CONSOLE",
    }
}

/// How long sessions of one kind last, in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without use it ends after these.
    pub idle_minutes: i64,
    /// However it is used, it ends after these.
    pub lifetime_minutes: i64,
}

impl SessionLimits {
    /// Where nobody said otherwise.
    #[must_use]
    pub const fn usual(kind: SessionKind) -> Self {
        let idle_minutes = match kind {
            SessionKind::User => 2 * HOUR,
            SessionKind::Console => 15,
        };
        Self { idle_minutes, lifetime_minutes: 12 * HOUR }
    }

    /// What may be chosen. Five minutes are enough to fill in a form, so that whoever chose too few can choose again.
    /// At the console the most is what NIST SP 800-63B-4 §2.2.3 gives a session at AAL2.
    #[must_use]
    pub const fn bounds(kind: SessionKind) -> (RangeInclusive<i64>, RangeInclusive<i64>) {
        match kind {
            SessionKind::User => (5..=30 * DAY, 5..=90 * DAY),
            SessionKind::Console => (5..=HOUR, 5..=DAY),
        }
    }

    /// Whether a session that ends under these would go on under others.
    #[must_use]
    pub const fn is_shorter_than(self, other: Self) -> bool {
        self.idle_minutes < other.idle_minutes || self.lifetime_minutes < other.lifetime_minutes
    }
}

/// What decides about a session: its limits, and what had ended before they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRule {
    /// How long it lasts.
    pub limits: SessionLimits,
    /// Sessions that were last used then or before had ended under earlier limits.
    pub idle_ended_at: Time,
    /// Sessions that began then or before had ended under earlier limits.
    pub lifetime_ended_at: Time,
}

impl SessionRule {
    /// The rule that follows this one: longer limits bring nothing back that has ended.
    #[must_use]
    pub fn followed_by(self, limits: SessionLimits, now: Time) -> Self {
        let ended = |minutes: i64, before: Time| before.max(now.plus_secs(-60 * minutes));
        Self {
            limits,
            idle_ended_at: ended(self.limits.idle_minutes, self.idle_ended_at),
            lifetime_ended_at: ended(self.limits.lifetime_minutes, self.lifetime_ended_at),
        }
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
    /// When it ends, however it is used. What it was to last when it began is never exceeded.
    #[must_use]
    pub fn ends_at(&self, rule: &SessionRule) -> Time {
        self.expires_at.min(self.created_at.plus_secs(60 * rule.limits.lifetime_minutes))
    }

    /// Whether it has not ended, used or not.
    #[must_use]
    pub fn is_open(&self, now: Time, rule: &SessionRule) -> bool {
        self.ended_at.is_none() && now < self.ends_at(rule) && self.created_at > rule.lifetime_ended_at
    }

    /// Whether it is still a sign-in at `now`.
    #[must_use]
    pub fn is_live(&self, now: Time, rule: &SessionRule) -> bool {
        self.is_open(now, rule)
            && now < self.last_seen_at.plus_secs(60 * rule.limits.idle_minutes)
            && self.last_seen_at > rule.idle_ended_at
    }
}

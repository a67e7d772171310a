//! What a tenant asks of new passwords, and how long sessions last there.
//!
//! The preset follows NIST SP 800-63B-4: §3.1.1.2 on passwords, §2.1.3 on sessions.

use crate::id::TenantId;
use crate::session::{SessionKind, SessionLimits, SessionRule};
use crate::time::Time;
use sqlx::types::Json;
use std::ops::RangeInclusive;

/// What may be chosen as the fewest characters of a password. Eight is the least that §3.1.1.2 allows of any.
pub const MIN_LENGTH: RangeInclusive<i64> = 8..=64;
/// Most forbidden words of a tenant.
pub const MAX_WORDS: usize = 100;
/// Characters of a forbidden word: a shorter one is in too many good passwords.
pub const WORD_CHARS: RangeInclusive<usize> = 4..=64;

/// Fewest characters of a password that is the only factor (§3.1.1.2), as it is at every door here.
pub const NIST_MIN_LENGTH: i64 = 15;
/// Longest session of who gave one factor, in minutes: 30 days (§2.1.3).
pub const NIST_USER_LIFETIME_MINUTES: i64 = 30 * 24 * 60;

/// A tenant's rules for passwords and sessions.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SecuritySettings {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Fewest characters of a new password.
    pub min_length: i64,
    /// What a new password must not contain, folded.
    pub forbidden_words: Json<Vec<String>>,
    /// See [`SessionLimits`]; these are of sign-ins for apps.
    pub user_idle_minutes: i64,
    /// The same.
    pub user_lifetime_minutes: i64,
    /// See [`SessionRule`].
    pub user_idle_ended_at: Time,
    /// The same.
    pub user_lifetime_ended_at: Time,
    /// See [`SessionLimits`]; these are of the console.
    pub console_idle_minutes: i64,
    /// The same.
    pub console_lifetime_minutes: i64,
    /// See [`SessionRule`].
    pub console_idle_ended_at: Time,
    /// The same.
    pub console_lifetime_ended_at: Time,
    /// Whether users change their own names at their account.
    pub own_names: bool,
    /// Rises with every change; 0 where there never was one.
    pub version: i64,
    /// When they were first changed.
    pub created_at: Time,
    /// When they last changed.
    pub updated_at: Time,
}

impl SecuritySettings {
    /// Those of a tenant that nobody has given any.
    #[must_use]
    pub fn usual(tenant_id: TenantId, now: Time) -> Self {
        let [user, console] = [SessionKind::User, SessionKind::Console].map(SessionLimits::usual);
        Self {
            tenant_id,
            min_length: *MIN_LENGTH.start(),
            forbidden_words: Json(Vec::new()),
            user_idle_minutes: user.idle_minutes,
            user_lifetime_minutes: user.lifetime_minutes,
            user_idle_ended_at: Time(0),
            user_lifetime_ended_at: Time(0),
            console_idle_minutes: console.idle_minutes,
            console_lifetime_minutes: console.lifetime_minutes,
            console_idle_ended_at: Time(0),
            console_lifetime_ended_at: Time(0),
            own_names: true,
            version: 0,
            created_at: now,
            updated_at: now,
        }
    }

    /// How long sessions of a kind last.
    #[must_use]
    pub const fn limits(&self, kind: SessionKind) -> SessionLimits {
        self.rule(kind).limits
    }

    /// What decides about sessions of a kind.
    #[must_use]
    pub const fn rule(&self, kind: SessionKind) -> SessionRule {
        match kind {
            SessionKind::User => SessionRule {
                limits: SessionLimits {
                    idle_minutes: self.user_idle_minutes,
                    lifetime_minutes: self.user_lifetime_minutes,
                },
                idle_ended_at: self.user_idle_ended_at,
                lifetime_ended_at: self.user_lifetime_ended_at,
            },
            SessionKind::Console => SessionRule {
                limits: SessionLimits {
                    idle_minutes: self.console_idle_minutes,
                    lifetime_minutes: self.console_lifetime_minutes,
                },
                idle_ended_at: self.console_idle_ended_at,
                lifetime_ended_at: self.console_lifetime_ended_at,
            },
        }
    }

    /// Gives sessions of a kind other limits; what has ended stays ended.
    pub fn limit(&mut self, kind: SessionKind, limits: SessionLimits, now: Time) {
        let before = self.rule(kind);
        if before.limits == limits {
            return;
        }
        let rule = before.followed_by(limits, now);
        match kind {
            SessionKind::User => {
                self.user_idle_minutes = limits.idle_minutes;
                self.user_lifetime_minutes = limits.lifetime_minutes;
                self.user_idle_ended_at = rule.idle_ended_at;
                self.user_lifetime_ended_at = rule.lifetime_ended_at;
            }
            SessionKind::Console => {
                self.console_idle_minutes = limits.idle_minutes;
                self.console_lifetime_minutes = limits.lifetime_minutes;
                self.console_idle_ended_at = rule.idle_ended_at;
                self.console_lifetime_ended_at = rule.lifetime_ended_at;
            }
        }
    }

    /// Ends every session that began until now. No limit brings one back.
    pub fn end_sessions(&mut self, now: Time) {
        self.user_lifetime_ended_at = self.user_lifetime_ended_at.max(now);
        self.console_lifetime_ended_at = self.console_lifetime_ended_at.max(now);
    }

    /// Whether passwords are as long, and sign-ins as short, as NIST SP 800-63B-4 has it where a password is all that
    /// is asked for.
    #[must_use]
    pub const fn meets_nist(&self) -> bool {
        self.min_length >= NIST_MIN_LENGTH && self.user_lifetime_minutes <= NIST_USER_LIFETIME_MINUTES
    }

    /// Whether anything is weaker than before: shorter passwords, a word less, longer sessions.
    #[must_use]
    pub fn is_weaker_than(&self, before: &Self) -> bool {
        let longer = |kind: SessionKind| before.limits(kind).is_shorter_than(self.limits(kind));
        self.min_length < before.min_length
            || before.forbidden_words.iter().any(|word| !self.forbidden_words.contains(word))
            || longer(SessionKind::User)
            || longer(SessionKind::Console)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Session;

    fn usual() -> SecuritySettings {
        SecuritySettings::usual(TenantId(uuid::Uuid::nil()), Time(0))
    }

    fn session(begun: i64, seen: i64) -> Session {
        Session {
            tenant_id: TenantId(uuid::Uuid::nil()),
            id: crate::id::SessionId(uuid::Uuid::nil()),
            token_hash: Vec::new(),
            kind: SessionKind::User,
            user_id: crate::id::UserId(uuid::Uuid::nil()),
            auth_time: minute(begun),
            last_seen_at: minute(seen),
            expires_at: minute(begun + 720),
            ended_at: None,
            ip: String::new(),
            user_agent: String::new(),
            created_at: minute(begun),
        }
    }

    const fn minute(n: i64) -> Time {
        Time::from_secs(1_000_000_000 + 60 * n)
    }

    #[test]
    fn a_session_ends_by_the_limits_of_now() {
        let mut settings = usual();
        let live = |settings: &SecuritySettings, session: &Session, at| {
            session.is_live(minute(at), &settings.rule(SessionKind::User))
        };
        let used = session(0, 100);
        assert!(live(&settings, &used, 219) && !live(&settings, &used, 220));
        let short = SessionLimits { idle_minutes: 30, lifetime_minutes: 110 };
        settings.limit(SessionKind::User, short, minute(105));
        assert!(live(&settings, &used, 109) && !live(&settings, &used, 110));
        assert!(!live(&settings, &session(50, 100), 130));
        assert_eq!(settings.limits(SessionKind::Console), SessionLimits::usual(SessionKind::Console));
    }

    #[test]
    fn longer_limits_bring_nothing_back() {
        let mut settings = usual();
        let rule = |settings: &SecuritySettings| settings.rule(SessionKind::User);
        let limits = |idle, lifetime| SessionLimits { idle_minutes: idle, lifetime_minutes: lifetime };
        settings.limit(SessionKind::User, limits(5, 60), minute(20));
        let (idle, old, used) = (session(5, 10), session(-45, 19), session(5, 19));
        for session in [&idle, &old] {
            assert!(!session.is_live(minute(20), &rule(&settings)));
        }
        settings.limit(SessionKind::User, limits(600, 6000), minute(20));
        for session in [&idle, &old] {
            assert!(!session.is_live(minute(20), &rule(&settings)), "{session:?}");
        }
        assert!(used.is_live(minute(400), &rule(&settings)));
        assert!(!used.is_live(minute(725), &rule(&settings)), "as long as it was to last when it began");
        // A change of something else later forgets nothing of it.
        settings.limit(SessionKind::User, limits(601, 6000), minute(21));
        assert!(!idle.is_live(minute(21), &rule(&settings)));
    }

    #[test]
    fn what_was_ended_stays_ended() {
        let mut settings = usual();
        let live = |settings: &SecuritySettings, session: &Session| {
            session.is_live(minute(31), &settings.rule(SessionKind::User))
        };
        settings.end_sessions(minute(20));
        let (before, after) = (session(20, 30), session(21, 30));
        assert!(!live(&settings, &before) && live(&settings, &after));
        settings.limit(
            SessionKind::User,
            SessionLimits { idle_minutes: 600, lifetime_minutes: 6000 },
            minute(31),
        );
        settings.end_sessions(minute(10));
        assert!(!live(&settings, &before) && live(&settings, &after));
    }

    #[test]
    fn what_is_weaker_is_told_from_what_is_not() {
        let before = usual();
        let with = |change: fn(&mut SecuritySettings)| {
            let mut after = before.clone();
            change(&mut after);
            after
        };
        let stricter = with(|s| (s.min_length, s.console_idle_minutes) = (15, 5));
        assert!(!stricter.is_weaker_than(&before) && before.is_weaker_than(&stricter));
        assert!(stricter.meets_nist() && !before.meets_nist());
        let word = with(|s| s.forbidden_words.0.push("acme".to_owned()));
        assert!(!word.is_weaker_than(&before) && before.is_weaker_than(&word));
        assert!(with(|s| s.user_lifetime_minutes += 1).is_weaker_than(&before));
        assert!(!with(|s| (s.min_length, s.user_lifetime_minutes) = (15, 31 * 24 * 60)).meets_nist());
    }

    #[test]
    fn what_is_usual_may_be_chosen() {
        for kind in [SessionKind::User, SessionKind::Console] {
            let (usual, (idle, lifetime)) = (SessionLimits::usual(kind), SessionLimits::bounds(kind));
            assert!(idle.contains(&usual.idle_minutes) && lifetime.contains(&usual.lifetime_minutes));
        }
    }
}

//! How long a tenant keeps its system log.

use crate::id::TenantId;
use crate::time::Time;

/// Days that the log is kept where nobody said otherwise.
pub const DEFAULT_DAYS: i64 = 90;

/// What may be chosen. Under a month the log no longer shows what an access review of the last month asks for; ten
/// years is the longest that laws on keeping records commonly ask for.
pub const DAYS: std::ops::RangeInclusive<i64> = 30..=3_650;

const DAY_SECONDS: i64 = 86_400;

/// How long a tenant keeps its log, and whether it is on hold.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LogRetention {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Days that an event is kept.
    pub days: i64,
    /// Why nothing goes at the moment; none where there is no hold.
    pub hold_reason: Option<String>,
    /// Who put it on hold.
    pub hold_by: Option<String>,
    /// Since when it is on hold.
    pub hold_at: Option<Time>,
    /// Rises with every change.
    pub version: i64,
    /// When it last changed.
    pub updated_at: Time,
}

/// The instant before which events go, if they are kept for so many days.
#[must_use]
pub fn cutoff(days: i64, now: Time) -> Time {
    now.plus_secs(-days * DAY_SECONDS)
}

impl LogRetention {
    /// The instant before which events go. A hold keeps those that were there when it began.
    #[must_use]
    pub fn keeps_from(&self, now: Time) -> Time {
        cutoff(self.days, self.hold_at.unwrap_or(now))
    }

    /// Whether nothing of the log goes.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.hold_at.is_some()
    }
}

//! Time. Everything that is stored or compared is an instant in microseconds since 1970 (UTC), made by
//! a [`Clock`] that is read once per request.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Default,
    serde::Serialize,
    serde::Deserialize,
    sqlx::Type,
)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Time(pub i64);

impl Time {
    /// Microseconds in a second.
    pub const SECOND: i64 = 1_000_000;

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(Self::SECOND)
    }

    /// The instant a number of seconds since 1970.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(Self::SECOND))
    }

    /// The instant this many seconds later (earlier if negative).
    #[must_use]
    pub const fn plus_secs(self, secs: i64) -> Self {
        Self(self.0.saturating_add(secs.saturating_mul(Self::SECOND)))
    }

    /// Microseconds since an earlier instant.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-01-02T03:04:05.678Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let stamp = jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        format!("{stamp:.3}")
    }

    /// Parses an RFC 3339 / ISO 8601 instant with an offset, between the years 1970 and 9999.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let stamp: jiff::Timestamp = text.parse().ok()?;
        let micros = stamp.as_microsecond();
        (micros >= 0).then_some(Self(micros))
    }
}

/// Where `now` comes from.
///
/// A server reads it once per request and hands the instant on. The shifted form is for tests, which move
/// time instead of waiting for it.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system's clock.
    System,
    /// The system's clock moved by a number of microseconds, or stopped.
    Shifted(Arc<Shift>),
}

/// How far a clock is moved.
#[derive(Debug)]
pub struct Shift {
    /// Microseconds to add to the system's clock.
    by: AtomicI64,
    /// The instant at which it stands; [`RUNS`] while it runs.
    stopped_at: AtomicI64,
}

/// Marks a clock that runs.
const RUNS: i64 = i64::MIN;

impl Clock {
    /// A clock that tests can move.
    #[must_use]
    pub fn shifted() -> Self {
        Self::Shifted(Arc::new(Shift { by: AtomicI64::new(0), stopped_at: AtomicI64::new(RUNS) }))
    }

    /// The current instant.
    #[must_use]
    pub fn now(&self) -> Time {
        match self {
            Self::System => Time(system()),
            Self::Shifted(shift) => match shift.stopped_at.load(Ordering::SeqCst) {
                RUNS => Time(system().saturating_add(shift.by.load(Ordering::SeqCst))),
                stopped_at => Time(stopped_at),
            },
        }
    }

    /// The instant that statements with a clock of their own must use instead: none but in tests.
    #[must_use]
    pub fn override_now(&self) -> Option<Time> {
        match self {
            Self::System => None,
            Self::Shifted(_) => Some(self.now()),
        }
    }

    /// Sets a shifted clock; whether it runs or stands stays as it is. The system's clock is nobody's to set.
    pub fn set(&self, now: Time) {
        let Self::Shifted(shift) = self else { return };
        if shift.stopped_at.load(Ordering::SeqCst) == RUNS {
            shift.by.store(now.0.saturating_sub(system()), Ordering::SeqCst);
        } else {
            shift.stopped_at.store(now.0, Ordering::SeqCst);
        }
    }

    /// Stops a shifted clock where it is.
    pub fn freeze(&self) {
        if let Self::Shifted(shift) = self {
            shift.stopped_at.store(self.now().0, Ordering::SeqCst);
        }
    }
}

/// Microseconds since 1970 by the system's clock.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
fn system() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_has_three_digits_of_milliseconds() {
        assert_eq!(Time(1_767_323_045_678_999).rfc3339(), "2026-01-02T03:04:05.678Z");
        assert_eq!(Time(0).rfc3339(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_shifted_clock_is_set_and_stopped() {
        let clock = Clock::shifted();
        clock.set(Time(5_000_000));
        assert!(clock.now() >= Time(5_000_000));
        clock.freeze();
        let stopped_at = clock.now();
        assert_eq!(clock.now(), stopped_at);
        clock.set(Time(7));
        assert_eq!(clock.now(), Time(7));
    }

    #[test]
    fn parses_offsets_and_refuses_local_times() {
        let utc = Time::parse_rfc3339("2026-01-02T03:04:05.678Z");
        assert_eq!(utc, Time::parse_rfc3339("2026-01-02T04:04:05.678+01:00"));
        assert_eq!(Time::parse_rfc3339("2026-01-02T03:04:05"), None);
        assert_eq!(Time::parse_rfc3339("yesterday"), None);
    }
}

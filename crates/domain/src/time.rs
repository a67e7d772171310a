//! Time. Everything that is stored or compared is an instant in microseconds since 1970 (UTC), made by
//! a [`Clock`] that is read once per request.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

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
/// A server reads it once per request and hands the instant on. On PostgreSQL it is the database's clock, so that
/// nodes whose own clocks disagree agree on when a code or a token ends: each node [measures](Self::measured) it
/// at its start and several times a second, and counts on a monotonic clock in between. On SQLite it is the
/// system's clock. A shifted clock is for tests, which move time instead of waiting for it.
#[derive(Debug, Clone)]
pub struct Clock {
    followed: Option<Arc<Followed>>,
    shift: Option<Arc<Shift>>,
}

/// Another clock as it was last measured.
#[derive(Debug)]
struct Followed {
    /// What the offset counts from.
    origin: Instant,
    /// The other clock's instant at `origin`; [`NEVER`] before the first measurement.
    offset: AtomicI64,
}

/// How far a test moved a clock.
#[derive(Debug)]
struct Shift {
    /// Microseconds to add.
    by: AtomicI64,
    /// The instant at which it stands; [`NEVER`] while it runs.
    stopped_at: AtomicI64,
    /// Microseconds by which the system's clock is wrong.
    skew: AtomicI64,
}

/// Marks what did not happen.
const NEVER: i64 = i64::MIN;

impl Clock {
    /// The system's clock and no other.
    pub const SYSTEM: Self = Self { followed: None, shift: None };

    /// The system's clock until another is measured.
    #[must_use]
    pub fn following() -> Self {
        let followed = Followed { origin: Instant::now(), offset: AtomicI64::new(NEVER) };
        Self { followed: Some(Arc::new(followed)), shift: None }
    }

    /// The same, for tests to move.
    #[must_use]
    pub fn shifted() -> Self {
        let shift =
            Shift { by: AtomicI64::new(0), stopped_at: AtomicI64::new(NEVER), skew: AtomicI64::new(0) };
        Self { shift: Some(Arc::new(shift)), ..Self::following() }
    }

    /// The current instant.
    #[must_use]
    pub fn now(&self) -> Time {
        let Some(shift) = &self.shift else { return Time(self.unmoved()) };
        match shift.stopped_at.load(Ordering::SeqCst) {
            NEVER => Time(self.unmoved().saturating_add(shift.by.load(Ordering::SeqCst))),
            stopped_at => Time(stopped_at),
        }
    }

    fn unmoved(&self) -> i64 {
        let followed = self.followed.as_ref().and_then(|followed| followed.at(Instant::now()));
        followed.unwrap_or_else(|| {
            let skew = self.shift.as_ref().map_or(0, |shift| shift.skew.load(Ordering::SeqCst));
            system().saturating_add(skew)
        })
    }

    /// Tells what the followed clock said in answer to a question asked at `asked` and answered by now.
    ///
    /// It said so at some moment in between, so now it lies between what it said and that plus the time that the
    /// question took. What this clock believes is moved just far enough to lie there too: a slow answer
    /// teaches little, and a quick one a lot.
    pub fn measured(&self, asked: Instant, said: Time) {
        if let Some(followed) = &self.followed {
            followed.measured(asked, Instant::now(), said);
        }
    }

    /// The instant that statements with a clock of their own must use instead: none but where a test moved it.
    #[must_use]
    pub fn override_now(&self) -> Option<Time> {
        let shift = self.shift.as_ref()?;
        let moved = shift.by.load(Ordering::SeqCst) != 0 || shift.stopped_at.load(Ordering::SeqCst) != NEVER;
        moved.then(|| self.now())
    }

    /// Sets a shifted clock; whether it runs or stands stays as it is. No other clock can be set.
    pub fn set(&self, now: Time) {
        let Some(shift) = &self.shift else { return };
        if shift.stopped_at.load(Ordering::SeqCst) == NEVER {
            shift.by.store(now.0.saturating_sub(self.unmoved()), Ordering::SeqCst);
        } else {
            shift.stopped_at.store(now.0, Ordering::SeqCst);
        }
    }

    /// Stops a shifted clock where it is.
    pub fn freeze(&self) {
        if let Some(shift) = &self.shift {
            shift.stopped_at.store(self.now().0, Ordering::SeqCst);
        }
    }

    /// Has a shifted clock's machine believe that it is this many microseconds later. Time itself stays as it is.
    pub fn skew(&self, by: i64) {
        if let Some(shift) = &self.shift {
            shift.skew.store(by, Ordering::SeqCst);
        }
    }
}

impl Followed {
    fn at(&self, instant: Instant) -> Option<i64> {
        match self.offset.load(Ordering::SeqCst) {
            NEVER => None,
            offset => Some(offset.saturating_add(micros(instant.saturating_duration_since(self.origin)))),
        }
    }

    fn measured(&self, asked: Instant, answered: Instant, said: Time) {
        let latest = said.0.saturating_add(micros(answered.saturating_duration_since(asked)));
        let believed = self.at(answered).map_or(said.0, |believed| believed.clamp(said.0, latest));
        let offset = believed.saturating_sub(micros(answered.saturating_duration_since(self.origin)));
        self.offset.store(offset, Ordering::SeqCst);
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
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
    fn a_measured_clock_is_followed_whatever_the_system_says() {
        let clock = Clock::shifted();
        clock.skew(7_200_000_000);
        let wrong = clock.now();
        assert!(wrong.0 > system() + 7_000_000_000);
        clock.measured(Instant::now(), Time(1_000_000));
        assert!(clock.now() < Time(60_000_000), "{:?}", clock.now());
        assert_eq!(clock.override_now(), None, "nobody moved time itself");
        clock.set(Time(9_000_000_000));
        assert!(clock.override_now() >= Some(Time(9_000_000_000)));
    }

    #[test]
    fn a_measurement_moves_the_clock_no_further_than_it_knows() {
        let origin = Instant::now();
        let followed = Followed { origin, offset: AtomicI64::new(NEVER) };
        let after = |millis| origin + Duration::from_millis(millis);
        let measured = |asked, answered, said| {
            followed.measured(after(asked), after(answered), Time(said));
            followed.at(after(answered)).unwrap()
        };
        // At first what was said is all that is known.
        assert_eq!(measured(0, 10, 1_000_000), 1_000_000);
        // 100 ms later, a slow answer that could have been given at any time: nothing changes.
        assert_eq!(measured(60, 110, 1_080_000), 1_100_000);
        // A quick answer shows that it lags: it moves to the nearest instant that can be.
        assert_eq!(measured(209, 210, 1_205_000), 1_205_000);
        // The other clock was set back an hour: so is this.
        assert_eq!(measured(309, 310, -3_600_000_000), -3_599_999_000);
    }

    #[test]
    fn parses_offsets_and_refuses_local_times() {
        let utc = Time::parse_rfc3339("2026-01-02T03:04:05.678Z");
        assert_eq!(utc, Time::parse_rfc3339("2026-01-02T04:04:05.678+01:00"));
        assert_eq!(Time::parse_rfc3339("2026-01-02T03:04:05"), None);
        assert_eq!(Time::parse_rfc3339("yesterday"), None);
    }
}

//! The time zone that an administrator's profile names: the console is read in it.

use super::when;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use signet_domain::Time;
use signet_domain::user::User;
use signet_idp::console::overview::Day;
use signet_web::texts::{Language, Times};
use signet_web::{Choice, TimeText};

/// The zone of the times that a page shows. Links, files and the tooltips stay in UTC.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    zone: TimeZone,
}

impl Zone {
    /// The zone of a user's profile (`Europe/Berlin`); UTC if it names none that is known.
    pub(crate) fn of(user: &User) -> Self {
        Self::named(chosen(user)).unwrap_or_else(Self::utc)
    }

    /// The zone of pages that nobody's choice is known for.
    pub(crate) fn utc() -> Self {
        Self { zone: TimeZone::UTC }
    }

    /// A zone by its name, if there is such a one.
    pub(crate) fn named(name: &str) -> Option<Self> {
        // A path would be looked up as a file.
        let plain = name.len() <= 64 && !name.contains("..") && !name.starts_with('/');
        let zone = Some(name).filter(|n| plain && !n.is_empty()).and_then(|n| TimeZone::get(n).ok());
        zone.map(|zone| Self { zone })
    }

    /// Its name as the database of zones spells it: `Europe/Berlin`.
    pub(crate) fn name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    fn stamp(time: Time) -> Timestamp {
        Timestamp::from_microsecond(time.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// `UTC`, `UTC+1`, `UTC−3:30`: its offset at an instant.
    pub(super) fn label(&self, at: Time) -> String {
        offset_label(self.zone.to_offset(Self::stamp(at)))
    }

    fn civil(&self, time: Time) -> DateTime {
        self.zone.to_datetime(Self::stamp(time))
    }

    /// A time in a pattern of `strftime`.
    pub(super) fn pattern(&self, time: Time, pattern: &str) -> String {
        self.civil(time).strftime(pattern).to_string()
    }

    /// The same with the zone behind it: `14:02 UTC+1`.
    pub(super) fn told(&self, time: Time, pattern: &str) -> String {
        format!("{} {}", self.pattern(time, pattern), self.label(time))
    }

    /// `today, 14:02 UTC+1`, `23 Nov, 14:02 UTC+1`, `3 Mar 2025`.
    pub(super) fn moment(&self, time: Time, now: Time) -> TimeText {
        self.moment_in(Language::English, time, now)
    }

    /// The same in a language: `heute, 14:02 UTC+1`, `23. Nov., 14:02 UTC+1`, `3. März 2025`.
    pub(crate) fn moment_in(&self, language: Language, time: Time, now: Time) -> TimeText {
        let Times { today, months, after_day } = &language.texts().times;
        let (then, this) = (self.civil(time), self.civil(now).date());
        let month = months.get(usize::from(then.month().unsigned_abs()) - 1).copied().unwrap_or_default();
        let day = format!("{}{after_day} {month}", then.day());
        let shown = if then.date() == this {
            format!("{today}, {}", self.told(time, "%H:%M"))
        } else if then.year() == this.year() {
            format!("{day}, {}", self.told(time, "%H:%M"))
        } else {
            format!("{day} {}", then.year())
        };
        TimeText::new(time.rfc3339(), shown)
    }

    /// `14:02:07.413`, for lists in which the day stands above.
    pub(super) fn clock(&self, time: Time) -> TimeText {
        TimeText::new(time.rfc3339(), self.pattern(time, "%H:%M:%S%.3f"))
    }

    /// `14:02:07`, or with its day if that isn't today.
    pub(super) fn brief(&self, time: Time, now: Time) -> TimeText {
        let today = self.civil(time).date() == self.civil(now).date();
        TimeText::new(time.rfc3339(), self.pattern(time, if today { "%H:%M:%S" } else { "%-d %b %H:%M" }))
    }

    /// `14:02:07.413 UTC+1`, or with its day if that isn't today.
    pub(super) fn moment_exact(&self, time: Time, now: Time) -> TimeText {
        let today = self.civil(time).date() == self.civil(now).date();
        let shown = self.told(time, if today { "%H:%M:%S%.3f" } else { "%-d %b %Y, %H:%M:%S%.3f" });
        TimeText::new(time.rfc3339(), shown)
    }

    /// `Tue 24 Nov 2026, 14:02:07.413 UTC+1`: what is printed and passed on must not depend on the day it is read.
    pub(super) fn moment_full(&self, time: Time) -> TimeText {
        TimeText::new(time.rfc3339(), self.told(time, "%a %-d %b %Y, %H:%M:%S%.3f"))
    }

    /// `Tuesday 24 November`, with the year if it isn't this one.
    pub(super) fn day(&self, time: Time, now: Time) -> String {
        let this_year = self.civil(time).year() == self.civil(now).year();
        self.pattern(time, if this_year { "%A %-d %B" } else { "%A %-d %B %Y" })
    }

    /// The day that an instant is in, and the same day a week ago.
    pub(super) fn day_of(&self, now: Time) -> Day {
        let date = self.civil(now).date();
        let begin = |date: Date| {
            let midnight = date.to_zoned(self.zone.clone()).map(|at| at.timestamp().as_microsecond());
            midnight.map_or(now, Time)
        };
        let week_ago = date.checked_sub(jiff::Span::new().weeks(1)).unwrap_or(date);
        Day { since: begin(date), week_ago: begin(week_ago) }
    }

    /// Reads an instant: RFC 3339, or without an offset the date or minute in this zone.
    pub(super) fn parse(&self, text: &str) -> Option<Time> {
        let text = text.trim();
        let local = text.parse::<DateTime>().ok().or_else(|| text.parse::<Date>().ok().map(DateTime::from));
        let has_offset = Time::parse_rfc3339(text).is_some();
        match local.filter(|_| !has_offset) {
            Some(local) => {
                let stamp = local.to_zoned(self.zone.clone()).ok()?.timestamp();
                (stamp.as_microsecond() >= 0).then(|| Time(stamp.as_microsecond()))
            }
            None => when::parse(text),
        }
    }
}

/// The name of the zone in a user's profile, as it stands there.
pub(crate) fn chosen(user: &User) -> &str {
    user.profile.get("timezone").and_then(|v| v.as_str()).unwrap_or_default()
}

/// The zones to choose from, each with its offset now.
pub(crate) fn choices(now: Time) -> impl Iterator<Item = Choice> {
    names().map(move |name| {
        let label = Zone::named(&name).map_or_else(String::new, |zone| zone.label(now));
        Choice::new(name, label, false)
    })
}

/// Those of places, without old names and those of offsets.
fn names() -> impl Iterator<Item = String> {
    const OF_PLACES: [&str; 10] = [
        "Africa/",
        "America/",
        "Antarctica/",
        "Arctic/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    ];
    let known = jiff::tz::db().available().map(|name| name.as_str().to_owned());
    known.filter(|name| name == "UTC" || OF_PLACES.iter().any(|place| name.starts_with(place)))
}

fn offset_label(offset: Offset) -> String {
    let seconds = offset.seconds();
    if seconds == 0 {
        return "UTC".to_owned();
    }
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() % 3600 / 60);
    let sign = if seconds < 0 { '\u{2212}' } else { '+' };
    if minutes == 0 { format!("UTC{sign}{hours}") } else { format!("UTC{sign}{hours}:{minutes:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 24 November 2026, 14:02:07.413 UTC.
    const NOW: Time = Time(1_795_528_927_413_000);

    #[test]
    fn the_profile_s_zone_is_used_and_nonsense_is_utc() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        assert_eq!((berlin.label(NOW).as_str(), berlin.clock(NOW).shown.as_str()), ("UTC+1", "15:02:07.413"));
        assert_eq!(berlin.label(NOW.plus_secs(-150 * 86_400)), "UTC+2", "summer time");
        assert_eq!(Zone::named("America/St_Johns").unwrap().label(NOW), "UTC\u{2212}3:30");
        assert_eq!(Zone::named("UTC").unwrap().label(NOW), "UTC");
        for nonsense in ["", "Moon/Base", "../../etc/passwd", "/etc/passwd", "\u{202e}"] {
            assert!(Zone::named(nonsense).is_none(), "{nonsense}");
        }
    }

    #[test]
    fn a_moment_is_of_the_day_that_it_is_in_the_zone() {
        let kolkata = Zone::named("Asia/Kolkata").unwrap();
        let before = NOW.plus_secs(-15 * 3600);
        assert_eq!(kolkata.moment(before, NOW).shown, "today, 04:32 UTC+5:30");
        assert_eq!(Zone::utc().moment(before, NOW).shown, "23 Nov, 23:02 UTC");
        assert_eq!(kolkata.moment(before, NOW).iso, Zone::utc().moment(before, NOW).iso);
    }

    #[test]
    fn instants_without_an_offset_are_in_the_zone() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let noon = Time::parse_rfc3339("2026-11-24T11:00:00Z");
        for text in ["2026-11-24T12:00", "2026-11-24T11:00:00Z", "2026-11-24T12:00:00+01:00"] {
            assert_eq!(berlin.parse(text), noon, "{text}");
        }
        assert_eq!(berlin.parse("2026-11-24"), Time::parse_rfc3339("2026-11-23T23:00:00Z"));
        assert_eq!(berlin.parse("yesterday"), None);
    }
}

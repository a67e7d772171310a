//! Times as people read them who chose no zone: in UTC. Administrators read theirs in their [`Zone`].

use super::zone::Zone;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use signet_domain::Time;
use signet_web::TimeText;
use signet_web::texts::Language;

/// Seconds in a day.
pub(super) const DAY: i64 = 86_400;

/// A time in a pattern of `strftime`.
pub(super) fn pattern(time: Time, pattern: &str) -> String {
    civil(time).strftime(pattern).to_string()
}

fn civil(time: Time) -> DateTime {
    Offset::UTC.to_datetime(Timestamp::from_microsecond(time.0).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// `today, 14:02 UTC`, `23 Nov, 14:02 UTC`, `3 Mar 2025`.
pub(crate) fn moment(time: Time, now: Time) -> TimeText {
    moment_in(Language::English, time, now)
}

/// The same in a language: `heute, 14:02 UTC`, `23. Nov., 14:02 UTC`, `3. März 2025`.
pub(crate) fn moment_in(language: Language, time: Time, now: Time) -> TimeText {
    Zone::utc().moment_in(language, time, now)
}

/// `2026-11-24`: for columns.
pub(crate) fn day(time: Time) -> TimeText {
    TimeText::new(time.rfc3339(), pattern(time, "%Y-%m-%d"))
}

/// `within 2 hours`, `5 hours ago`: for what is only known to the hour.
pub(crate) fn hour(time: Time, now: Time) -> TimeText {
    let ago = now.since(time);
    let shown = if ago < 2 * 3600 * Time::SECOND {
        "within 2 hours".to_owned()
    } else {
        format!("{} ago", span(ago))
    };
    TimeText::new(time.rfc3339(), shown)
}

/// Microseconds in the largest unit that says enough: `608 ms`, `14 min`, `3 days`.
pub(crate) fn span(micros: i64) -> String {
    let seconds = micros.max(0) / Time::SECOND;
    let plural = |n: i64, one: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") };
    match seconds {
        0 => format!("{} ms", micros.max(0) / 1000),
        1..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => plural(seconds / 3600, "hour"),
        _ => plural(seconds / DAY, "day"),
    }
}

/// Reads an instant: RFC 3339, or without an offset the date or minute in UTC, as `datetime-local` sends it.
pub(super) fn parse(text: &str) -> Option<Time> {
    let text = text.trim();
    if let Some(time) = Time::parse_rfc3339(text) {
        return Some(time);
    }
    let local = text.parse::<DateTime>().ok().or_else(|| text.parse::<Date>().ok().map(DateTime::from))?;
    let stamp = local.to_zoned(TimeZone::UTC).ok()?.timestamp();
    (stamp.as_microsecond() >= 0).then(|| Time(stamp.as_microsecond()))
}

/// The instant in a form that [`parse`] reads back, without what is zero.
pub(super) fn exact(time: Time) -> String {
    pattern(time, if time.0 % Time::SECOND == 0 { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S%.6fZ" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_795_528_927_413_000);

    #[test]
    fn instants_are_read_in_each_form_and_written_so_that_they_read_back() {
        let noon = Time::parse_rfc3339("2026-11-24T13:00:00Z");
        for text in
            ["2026-11-24T13:00", " 2026-11-24T13:00:00 ", "2026-11-24T14:00:00+01:00", "2026-11-24 13:00"]
        {
            assert_eq!(parse(text), noon, "{text}");
        }
        assert_eq!(parse("2026-11-24"), Time::parse_rfc3339("2026-11-24T00:00:00Z"));
        for text in ["", "yesterday", "2026-13-01", "1969-01-01", "24.11.2026"] {
            assert_eq!(parse(text), None, "{text}");
        }
        for time in [NOW, Time(0), Time(1)] {
            assert_eq!(parse(&exact(time)), Some(time));
        }
    }

    #[test]
    fn times_are_as_short_as_their_place_allows() {
        assert_eq!(moment(NOW, NOW).shown, "today, 14:02 UTC");
        assert_eq!(moment(NOW.plus_secs(-DAY), NOW).shown, "23 Nov, 14:02 UTC");
        assert_eq!(moment(NOW.plus_secs(-400 * DAY), NOW).shown, "20 Oct 2025");
        let german = |seconds| moment_in(Language::German, NOW.plus_secs(seconds), NOW).shown;
        assert_eq!(german(0), "heute, 14:02 UTC");
        assert_eq!(german(-DAY), "23. Nov., 14:02 UTC");
        assert_eq!(german(-400 * DAY), "20. Okt. 2025");
        assert_eq!(span(608_000), "608 ms");
        assert_eq!(span(90 * Time::SECOND), "90 s");
        assert_eq!(span(3 * DAY * Time::SECOND), "3 days");
    }
}

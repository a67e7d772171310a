//! How the limits were used over time: the hour's API calls by minute, and a day of throttled sign-ins by hour.

use crate::console::log::chart::percent;
use crate::console::log::events_url;
use crate::console::words::{count, number};
use crate::console::zone::Zone;
use signet_domain::Time;
use signet_domain::alert::SearchTerms;
use signet_idp::limits_use::LimitsUse;
use signet_idp::syslog::visible;
use signet_web::{Bar, Histogram};
use std::collections::BTreeMap;

const MINUTE: i64 = 60 * Time::SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
/// Callers that a minute names.
const NAMED: usize = 3;

/// A minute's calls, and whose they were.
type Minute<'u> = (i64, Vec<(&'u str, i64)>);

/// The calls of the present hour, which begins with its first call: a bar for each of its minutes.
pub(super) fn calls(used: &LimitsUse, zone: &Zone, names: bool) -> Histogram {
    let mut minutes: BTreeMap<i64, Minute<'_>> = BTreeMap::new();
    for caller in &used.callers {
        for (at, calls) in &caller.minutes {
            let minute = minutes.entry(at.0.div_euclid(MINUTE)).or_default();
            minute.0 += calls;
            minute.1.push((&caller.name, *calls));
        }
    }
    let (Some(since), Some(most)) = (used.since, minutes.values().map(|(calls, _)| *calls).max()) else {
        return Histogram::default();
    };
    let at = |minute: i64| Time(minute * MINUTE);
    let bar = |minute: i64| {
        let none = (0, Vec::new());
        let (calls, callers) = minutes.get(&minute).unwrap_or(&none);
        let whose = if names { named(callers) } else { String::new() };
        let calls_made = usize::try_from(*calls).unwrap_or(0);
        Bar {
            href: None,
            height: percent(*calls, most),
            refused: 0,
            label: format!("{}, {}{whose}", zone.pattern(at(minute), "%H:%M"), count(calls_made, "call")),
        }
    };
    let ends = used.quota.resets_at;
    let range = since.0.div_euclid(MINUTE)..=ends.0.div_euclid(MINUTE);
    let busiest = minutes.iter().find(|(_, (calls, _))| *calls == most).map_or(0, |(minute, _)| *minute);
    Histogram {
        label: format!("Calls by minute; most at {}, {}", zone.told(at(busiest), "%H:%M"), number(most)),
        from: zone.told(since, "%H:%M"),
        bars: range.map(bar).collect(),
        to: zone.told(ends, "%H:%M"),
        legend: None,
    }
}

fn named(callers: &[(&str, i64)]) -> String {
    let mut callers = callers.to_vec();
    callers.sort_by_key(|(_, calls)| std::cmp::Reverse(*calls));
    let named =
        callers.iter().take(NAMED).map(|(name, calls)| format!("{} {}", number(*calls), visible(name)));
    let more = if callers.len() > NAMED { ", …" } else { "" };
    format!(": {}{more}", named.collect::<Vec<_>>().join(", "))
}

/// The throttled sign-ins of a day, each hour leading to its own in the log, and their sum.
pub(super) fn throttled(used: &LimitsUse, zone: &Zone) -> (Histogram, String) {
    let most = used.throttled.iter().map(|(_, refused)| *refused).max().unwrap_or_default();
    let Some((first, _)) = used.throttled.first().filter(|_| most > 0) else { return Default::default() };
    let terms = SearchTerms { outcome: "throttled".to_owned(), ..SearchTerms::default() };
    let bar = |(hour, refused): &(Time, i64)| {
        let end = Time(hour.0 + HOUR);
        let height = percent(*refused, most);
        Bar {
            href: Some(events_url(&terms, *hour, end)),
            height,
            refused: height,
            label: format!(
                "{} to {}, {} refused",
                zone.pattern(*hour, "%H:%M"),
                zone.pattern(end, "%H:%M"),
                number(*refused)
            ),
        }
    };
    let histogram = Histogram {
        label: "Throttled sign-ins by hour; a bar leads to its hour".to_owned(),
        bars: used.throttled.iter().map(bar).collect(),
        from: zone.told(*first, "%a %-d %b, %H:%M"),
        to: "now".to_owned(),
        legend: None,
    };
    let sum: i64 = used.throttled.iter().map(|(_, refused)| refused).sum();
    (histogram, format!("{} in 24 hours", number(sum)))
}

/// `Mon 23 Nov, 15:00 to 18:00: 12 refused`; the day of the end where it is another one.
pub(super) fn bar_label(zone: &Zone, from: Time, to: Time, what: &str) -> String {
    let day = |time| zone.pattern(time, "%a %-d %b");
    let end = zone.pattern(to, if day(from) == day(to) { "%H:%M" } else { "%a %-d %b, %H:%M" });
    format!("{} to {end}: {what}", zone.pattern(from, "%a %-d %b, %H:%M"))
}

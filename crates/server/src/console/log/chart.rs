//! How the events lie in time: bars that lead to their interval.

use super::params::{Key, Params};
use super::{PATH, tally};
use crate::console::when;
use crate::console::words::{self, number};
use crate::console::zone::Zone;
use signet_domain::Time;
use signet_idp::console::drawing::Chart;
use signet_store::log_query::Bucket;
use signet_web::{Bar, Histogram};

/// The drawing; empty where there is nothing to draw.
pub(super) fn histogram(
    params: &Params,
    zone: &Zone,
    chart: &Chart,
    buckets: &[Bucket],
    now: Time,
) -> Histogram {
    let sum = |of: fn(&Bucket) -> i64| buckets.iter().map(of).sum::<i64>();
    let all = usize::try_from(sum(|bucket| bucket.total)).unwrap_or_default();
    let refused = format!("{} refused or throttled", number(sum(|bucket| bucket.refused)));
    let to = if chart.to >= now { "now".to_owned() } else { point(zone, chart.to) };
    Histogram {
        label: "Events over time; a bar leads to its interval".to_owned(),
        bars: bars(params, zone, chart, buckets),
        from: point(zone, chart.from),
        to,
        legend: Some((words::count(all, "event"), refused)),
    }
}

/// A bar for each span.
fn bars(params: &Params, zone: &Zone, chart: &Chart, buckets: &[Bucket]) -> Vec<Bar> {
    let fullest = buckets.iter().map(|b| b.total).max().unwrap_or_default();
    if fullest == 0 {
        return Vec::new();
    }
    let here = params.without_place().without(Key::Event).without(Key::Range);
    let ends = buckets.iter().skip(1).map(|b| b.start).chain([chart.to]);
    let long = chart.to.since(chart.from) > when::DAY * Time::SECOND;
    let bar = |(bucket, end): (&Bucket, Time)| Bar {
        href: Some(
            here.with(Key::Since, &when::exact(bucket.start)).with(Key::Until, &when::exact(end)).url(PATH),
        ),
        height: percent(bucket.total, fullest),
        refused: percent(bucket.refused, fullest),
        label: format!(
            "{}, {}",
            interval(zone, bucket.start, end, long),
            tally(bucket.total, bucket.refused)
        ),
    };
    buckets.iter().zip(ends).map(bar).collect()
}

fn point(zone: &Zone, time: Time) -> String {
    zone.pattern(time, "%a %-d %b, %H:%M")
}

fn interval(zone: &Zone, from: Time, to: Time, long: bool) -> String {
    let start = zone.pattern(from, if long { "%a %-d %b %H:%M" } else { "%H:%M" });
    let seconds = to.since(from) < 60 * Time::SECOND;
    if seconds {
        return zone.pattern(from, "%H:%M:%S");
    }
    format!("{start} to {}", zone.pattern(to, "%H:%M"))
}

/// A part of the fullest bar, 0 to 100.
pub(in crate::console) fn percent(part: i64, whole: i64) -> u8 {
    // Something is never drawn as nothing.
    let exact = part.saturating_mul(100) / whole.max(1);
    u8::try_from(if part > 0 { exact.max(1) } else { 0 }).unwrap_or(100)
}

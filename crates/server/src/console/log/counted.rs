//! The window behind a refusal by a rate policy or the quota: what was counted, how often, and when it frees.

use crate::console::when;
use crate::console::words::number;
use crate::console::zone::Zone;
use signet_domain::Time;
use signet_domain::event::{EventRow, Outcome, types};
use signet_idp::{quota, syslog};
use signet_web::CountedWindow;

/// A day, in microseconds: times of longer windows need their date.
const DAY: i64 = when::DAY * Time::SECOND;

/// The window, if a counted one refused.
pub(super) fn window(zone: &Zone, row: &EventRow) -> Option<CountedWindow> {
    let is = |t: types::EventType| row.event_type == t.name;
    let limited = row.reason.as_deref() == Some("client_limited");
    if is(types::RATE_POLICY_REFUSED) || is(types::RATE_POLICY_DRY_RUN) || limited {
        return of_policy(zone, row);
    }
    (is(types::QUOTA_VIOLATION) && row.outcome == Outcome::Deny).then(|| of_quota(zone, row)).flatten()
}

fn of_policy(zone: &Zone, row: &EventRow) -> Option<CountedWindow> {
    let fact = |name: &str| row.data.debug.get(name).map(String::as_str);
    let micros = |name: &str| fact(name)?.parse::<i64>().ok();
    let begins = micros("windowStart")?;
    let seconds = micros("window")?;
    let limit = micros("limit")?;
    let mut facts = vec![("Counted", syslog::visible(fact("counted")?.trim()))];
    let kind = if fact("hitsBefore").is_some() { "sliding" } else { "fixed" };
    facts.push(("Limit", format!("{} in {} s, {kind}", number(limit), number(seconds))));
    facts.push(("In this window", number(micros("hits")?)));
    if let Some(before) = micros("hitsBefore") {
        facts.push(("In the one before", number(before)));
    }
    facts.extend(fact("store").map(|store| ("Counted in", syslog::visible(store))));
    let times = [begins, micros("refusedAt")?, micros("retryAt")?];
    Some(drawn(zone, times, seconds.saturating_mul(Time::SECOND), facts))
}

fn of_quota(zone: &Zone, row: &EventRow) -> Option<CountedWindow> {
    let left: i64 = row.data.debug.get("rateLimitSecondsToReset")?.parse().ok()?;
    let refused = row.published;
    let ends = refused.plus_secs(left);
    let facts = vec![
        ("Counted", "calls of the management API, over all callers".to_owned()),
        ("Limit", format!("{} in an hour from the first", number(quota::LIMIT))),
        ("In this window", number(quota::LIMIT)),
    ];
    Some(drawn(zone, [ends.0.saturating_sub(quota::LENGTH), refused.0, ends.0], quota::LENGTH, facts))
}

fn drawn(
    zone: &Zone,
    [begins, refused, frees]: [i64; 3],
    length: i64,
    mut facts: Vec<(&'static str, String)>,
) -> CountedWindow {
    let long = frees.saturating_sub(begins) > DAY;
    let pattern = if long { "%-d %b %Y, %H:%M:%S" } else { "%H:%M:%S" };
    let shown = |at: i64| zone.pattern(Time(at), pattern);
    let since = |at: i64| u64::try_from(at.saturating_sub(begins)).unwrap_or(0);
    facts.push((
        "Next can pass",
        format!("{}, {} later", zone.told(Time(frees), pattern), when::span(frees - refused)),
    ));
    CountedWindow {
        length_us: u64::try_from(length).unwrap_or(0),
        refused_us: since(refused),
        frees_us: since(frees),
        begins_at: shown(begins),
        refused_at: shown(refused),
        frees_at: shown(frees),
        facts,
    }
}

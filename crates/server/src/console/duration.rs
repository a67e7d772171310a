//! Lifetimes as people write them: `30 min`, `12 h`, `90 days`, `1 h 30 min`. A number alone is minutes.

use super::form::Form;
use signet_idp::admin::AdminError;
use std::ops::RangeInclusive;

/// What to write in the place of what is no time.
const HOW: &str = "Write a time like 30 min, 12 h or 90 days.";
/// Longest text that is read.
const MAX_BYTES: usize = 40;
/// A number that no lifetime may have, for what is no time.
pub(super) const NO_TIME: i64 = -1;

struct Unit {
    minutes: i64,
    one: &'static str,
    many: &'static str,
    /// All that it may be called. `m` is none of them: it could be months.
    names: &'static [&'static str],
}

/// The largest first, which is the order in which they are written.
const UNITS: [Unit; 3] = [
    Unit { minutes: 1_440, one: "day", many: "days", names: &["days", "day", "d"] },
    Unit { minutes: 60, one: "h", many: "h", names: &["h", "hours", "hour"] },
    Unit { minutes: 1, one: "min", many: "min", names: &["min", "mins", "minutes", "minute"] },
];

/// Minutes of a text, at least one; each unit stands there once at most, the larger one first.
pub(super) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return None;
    }
    if let Some(minutes) = amount(text) {
        return Some(minutes);
    }
    let text = text.to_ascii_lowercase();
    let (mut rest, mut units, mut total) = (text.as_str(), UNITS.as_slice(), 0_i64);
    while !rest.is_empty() {
        let (digits, after) = leading(rest, |c| c.is_ascii_digit());
        let (name, after) = leading(after.trim_start(), |c| c.is_ascii_alphabetic());
        let at = units.iter().position(|unit| unit.names.contains(&name))?;
        let unit = units.get(at)?;
        total = total.checked_add(amount(digits)?.checked_mul(unit.minutes)?)?;
        units = units.get(at + 1..)?;
        rest = after.trim_start();
    }
    (total > 0).then_some(total)
}

/// A number above zero, of digits and nothing else.
fn amount(digits: &str) -> Option<i64> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|n| plain && *n > 0)
}

/// The characters of a kind that a text begins with, and the rest.
fn leading(text: &str, of_kind: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !of_kind(c)).unwrap_or(text.len()))
}

/// Minutes in the largest units that say them exactly.
pub(super) fn written(minutes: i64) -> String {
    let (mut left, mut parts) = (minutes, Vec::new());
    for unit in &UNITS {
        let n = left / unit.minutes;
        left %= unit.minutes;
        if n > 0 {
            parts.push(format!("{n} {}", if n == 1 { unit.one } else { unit.many }));
        }
    }
    parts.join(" ")
}

/// A text as it is written here, or as it is, if it is no time.
pub(super) fn shown(text: &str) -> String {
    parse(text).map_or_else(|| text.trim().to_owned(), written)
}

/// Minutes of a field: none where it is empty, and [`NO_TIME`] for what is no time.
pub(super) fn minutes(form: &Form, name: &str) -> Option<i64> {
    let text = form.text(name);
    if text.is_empty() { None } else { Some(parse(&text).unwrap_or(NO_TIME)) }
}

/// Help for a field: from the least to the most.
pub(super) fn range(bounds: &RangeInclusive<i64>) -> String {
    format!("From {} to {}.", written(*bounds.start()), written(*bounds.end()))
}

/// An error with what the rules say of minutes in the words of the form's fields.
pub(super) fn told(error: AdminError, form: &Form) -> AdminError {
    match error {
        AdminError::Invalid { subject, causes } => {
            let mut causes: Vec<String> = causes.into_iter().map(|cause| in_words(cause, form)).collect();
            // What is no time breaks every rule, and is said once.
            causes.dedup();
            AdminError::Invalid { subject, causes }
        }
        other => other,
    }
}

fn in_words(cause: String, form: &Form) -> String {
    let Some((member, rule)) = cause.split_once(": ").filter(|(member, _)| member.ends_with("Minutes"))
    else {
        return cause;
    };
    if minutes(form, member) == Some(NO_TIME) {
        return format!("{member}: {HOW}");
    }
    match bounds(rule) {
        Some((least, most)) => format!("{member}: must be from {} to {}", written(least), written(most)),
        None => cause,
    }
}

/// The numbers of a rule that is about a range.
fn bounds(rule: &str) -> Option<(i64, i64)> {
    let (least, most) = rule.strip_prefix("must be from ")?.split_once(" to ")?;
    Some((least.parse().ok()?, most.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, minutes) in [
            ("90", 90),
            ("0090", 90),
            ("30 min", 30),
            ("30min", 30),
            ("1 minute", 1),
            ("45 Minutes", 45),
            ("12 h", 720),
            ("12H", 720),
            ("1 hour", 60),
            ("90 days", 129_600),
            (" 1 day ", 1_440),
            ("2d", 2_880),
            ("1 h 30 min", 90),
            ("1h30min", 90),
            ("1 day 1 h 1 min", 1_501),
            ("1 day\u{a0}5 min", 1_445),
            ("90 min", 90),
            ("36 h", 2_160),
        ] {
            assert_eq!(parse(text), Some(minutes), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            " ",
            "0",
            "0 h",
            "0 h 30 min",
            "1 h 0 min",
            "-5",
            "-5 min",
            "+5",
            "1.5 h",
            "1,440",
            "soon",
            "h",
            "min 30",
            "5 m",
            "3 months",
            "1 h 30",
            "30 min 1 h",
            "1 h 1 h",
            "1 h, 30 min",
            "1 h and 30 min",
            "１２ h",
            "9223372036854775808",
            "9223372036854775807 h",
            "6405119470038039 days",
            "6405119470038038 days 18 h 8 min",
            "000000000000000000000000000000000000000000001",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_time_is_written_in_the_largest_units_that_say_it() {
        for (minutes, text) in [
            (1, "1 min"),
            (60, "1 h"),
            (90, "1 h 30 min"),
            (720, "12 h"),
            (1_440, "1 day"),
            (1_500, "1 day 1 h"),
            (129_600, "90 days"),
            (2_628_000, "1825 days"),
        ] {
            assert_eq!(written(minutes), text);
        }
        for minutes in (1..3_000).chain([525_600, 2_628_000, 2_628_001, i64::MAX - 1, i64::MAX]) {
            assert_eq!(parse(&written(minutes)), Some(minutes), "{}", written(minutes));
        }
        assert_eq!((shown("60").as_str(), shown(" soon ").as_str(), shown("").as_str()), ("1 h", "soon", ""));
        assert_eq!(range(&(5..=1_440)), "From 5 min to 1 day.");
    }

    #[test]
    fn rules_are_told_in_units() {
        let form = Form::parse(b"idMinutes=soon&accessMinutes=2+min&maxUses=soon").unwrap();
        let causes = [
            "idMinutes: must be from 5 to 1440",
            "idMinutes: must not be longer than it is",
            "accessMinutes: must be from 5 to 1440",
            "accessMinutes: must not be longer than it is",
            "maxUses: must be from 1 to 10000",
            "of no member",
        ];
        let error = AdminError::Invalid { subject: "server", causes: causes.map(str::to_owned).to_vec() };
        let AdminError::Invalid { causes, .. } = told(error, &form) else { panic!("another error") };
        assert_eq!(
            causes,
            [
                "idMinutes: Write a time like 30 min, 12 h or 90 days.",
                "accessMinutes: must be from 5 min to 1 day",
                "accessMinutes: must not be longer than it is",
                "maxUses: must be from 1 to 10000",
                "of no member",
            ]
        );
    }
}

//! What a change changed, field by field: what stood there before, and what stands there now.

use super::known::Known;
use crate::console::words::{count, lifetime};
use crate::console::zone::Zone;
use serde_json::{Map, Value};
use signet_domain::Time;
use signet_domain::access_policy::{ALL_CLIENTS, ANY_SCOPE, EVERYONE};
use signet_domain::event::EventRow;
use signet_idp::syslog::visible;
use signet_web::Fact;
use std::collections::BTreeSet;

/// Fields whose values are words of Signet's own, not of people.
const CODED: &[&str] = &[
    "claimType",
    "consent",
    "consentMethod",
    "groupFilterType",
    "metadataPublish",
    "mode",
    "role",
    "rotation",
    "status",
    "valueType",
];

/// Fields that are seconds, though their names don't say so.
const SECONDS: &[&str] = &["defaultMaxAge", "leeway", "refresh_token_ttl", "token_expiration"];

/// One line for each field. Secrets are masked in the event already; a change too long for the event has no lines here.
pub(in crate::console) fn changes(row: &EventRow, known: &Known) -> Vec<Fact> {
    let sides = row.data.targets.iter().map(|target| {
        let side = |name: &str| -> Map<String, Value> {
            target.detail.get(name).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
        };
        (side("from"), side("to"))
    });
    sides.flat_map(|(from, to)| lines(&from, &to, known)).collect()
}

/// Most entries of a list that are told one by one.
const MOST_ENTRIES: usize = 12;

fn lines(from: &Map<String, Value>, to: &Map<String, Value>, known: &Known) -> Vec<Fact> {
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let field = |name: &String| Field { name: name.clone(), known };
    names.into_iter().flat_map(|name| line(&field(name), from.get(name), to.get(name))).collect()
}

/// A field, and the names of those whom it may hold.
struct Field<'a> {
    name: String,
    known: &'a Known,
}

fn line(field: &Field<'_>, from: Option<&Value>, to: Option<&Value>) -> Vec<Fact> {
    let label = label(&field.name);
    if let (Some(Value::Array(from)), Some(Value::Array(to))) = (from, to)
        && let entries @ [_, ..] = &entries(field, from, to)[..]
    {
        let told = entries.iter().take(MOST_ENTRIES).map(|entry| Fact::text(&label, entry.as_str()));
        let more = entries.len().saturating_sub(MOST_ENTRIES);
        let rest = (more > 0).then(|| Fact::text(&label, format!("and {more} more")));
        return told.chain(rest).collect();
    }
    let value = match (field.said(from), field.said(to)) {
        (None, None) => return Vec::new(),
        (None, Some(after)) => after,
        (Some(before), None) => format!("{before} → none"),
        (Some(before), Some(after)) => format!("{before} → {after}"),
    };
    vec![Fact::text(label, value)]
}

/// What came into a list and what went from it, so that the one that changed stands out among those that stayed; nothing
/// when only the order is another.
fn entries(field: &Field<'_>, from: &[Value], to: &[Value]) -> Vec<String> {
    let told = |word: &'static str, these: &[Value], those: &[Value]| -> Vec<String> {
        let changed = these.iter().filter(|value| !those.contains(value));
        changed.filter_map(|value| field.said(Some(value))).map(|value| format!("{word} {value}")).collect()
    };
    [told("added", to, from), told("removed", from, to)].concat()
}

/// `redirectUris` as people write it: `Redirect URIs`.
fn words(name: &str) -> String {
    let mut words: Vec<String> = vec![String::new()];
    for letter in name.chars() {
        if matches!(letter, '_' | '.') || letter.is_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| !matches!(letter, '_' | '.')) {
            word.extend(letter.to_lowercase());
        }
    }
    for word in &mut words {
        match word.as_str() {
            "uri" | "url" | "id" | "jwks" | "ip" | "api" | "pkce" | "dpop" | "tos" => {
                *word = word.to_uppercase()
            }
            "uris" | "urls" | "ids" => *word = format!("{}s", word.trim_end_matches('s').to_uppercase()),
            _ => {}
        }
    }
    words.retain(|word| !word.is_empty());
    let mut sentence = words.join(" ");
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence
}

/// A field's name, without the unit that its value tells.
fn label(name: &str) -> String {
    let label = words(name);
    let bare = [" seconds", " minutes", " days"].iter().find_map(|unit| label.strip_suffix(unit));
    bare.map_or_else(|| label.clone(), str::to_owned)
}

impl Field<'_> {
    /// A value in words, cut where it is too long: each by itself, so that none hides another.
    fn said(&self, value: Option<&Value>) -> Option<String> {
        match value? {
            Value::Null => None,
            Value::Bool(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
            Value::Number(number) => {
                Some(number.as_i64().map_or_else(|| number.to_string(), |n| self.number(n)))
            }
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(visible(&self.text(text))),
            Value::Array(values) if values.is_empty() => None,
            Value::Array(values) => {
                Some(values.iter().filter_map(|value| self.said(Some(value))).collect::<Vec<_>>().join(", "))
            }
            other @ Value::Object(_) => Some(visible(&other.to_string())),
        }
    }

    fn number(&self, number: i64) -> String {
        let ends = |end: &str| self.name.ends_with(end);
        if number < 0 {
            number.to_string()
        } else if ends("Seconds") || SECONDS.contains(&self.name.as_str()) {
            if number == 0 { "0 seconds".to_owned() } else { lifetime(number) }
        } else if ends("Minutes") {
            lifetime(number.saturating_mul(60))
        } else if ends("Days") || self.name == "days" {
            count(usize::try_from(number).unwrap_or(usize::MAX), "day")
        } else if ends("At") {
            // Events of older versions have microseconds there.
            moment(Time(number))
        } else {
            number.to_string()
        }
    }

    fn text(&self, text: &str) -> String {
        match (self.name.as_str(), text) {
            ("clients", ALL_CLIENTS) => "every app".to_owned(),
            ("groups", EVERYONE) => "everyone".to_owned(),
            ("scopes", ANY_SCOPE) => "any".to_owned(),
            ("clients" | "groups" | "users", id) => self.known.name(id).unwrap_or(id).to_owned(),
            (name, at) if ["At", "Since", "Until"].iter().any(|end| name.ends_with(end)) => at
                .parse::<jiff::Timestamp>()
                .map_or_else(|_| at.to_owned(), |at| moment(Time(at.as_microsecond()))),
            (name, code) if CODED.contains(&name) => code.to_lowercase().replace('_', " "),
            _ => text.to_owned(),
        }
    }
}

/// `24 Nov 2026, 18:03 UTC`.
fn moment(at: Time) -> String {
    Zone::utc().pattern(at, "%-d %b %Y, %H:%M UTC")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    fn told(from: Value, to: Value) -> Vec<(String, String)> {
        lines(&map(from), &map(to), &Known::default())
            .into_iter()
            .map(|fact| (fact.label, fact.value))
            .collect()
    }

    #[test]
    fn a_line_tells_both_sides_of_a_field() {
        let from = json!({ "label": "Shop", "leeway": 30, "jwksUri": null, "initiate_login_uri": "" });
        let to =
            json!({ "label": "", "leeway": 0, "jwksUri": "https://x", "initiate_login_uri": "https://y" });
        let all = [
            ("Initiate login URI", "https://y"),
            ("JWKS URI", "https://x"),
            ("Label", "Shop → none"),
            ("Leeway", "30 seconds → 0 seconds"),
        ];
        assert_eq!(told(from, to), all.map(|(label, value)| (label.to_owned(), value.to_owned())));
    }

    #[test]
    fn values_are_told_as_people_say_them() {
        let from = json!({ "accessTokenSeconds": 3600, "usersIdleMinutes": 120, "status": "ACTIVE", "label": "ACTIVE",
            "clients": ["ALL_CLIENTS"], "pkceRequired": true, "keyRotationDays": 1 });
        let to = json!({ "accessTokenSeconds": 90, "usersIdleMinutes": 5, "status": "INACTIVE", "label": "INACTIVE",
            "clients": [], "pkceRequired": false, "keyRotationDays": 90, "expiresAt": 1_795_543_400_917_047_i64, "holdSince": "2026-11-24T18:03:20.917Z" });
        let all = [
            ("Access token", "1 hour → 90 seconds"),
            ("Clients", "removed every app"),
            ("Expires at", "24 Nov 2026, 18:03 UTC"),
            ("Hold since", "24 Nov 2026, 18:03 UTC"),
            ("Key rotation", "1 day → 90 days"),
            ("Label", "ACTIVE → INACTIVE"),
            ("PKCE required", "yes → no"),
            ("Status", "active → inactive"),
            ("Users idle", "2 hours → 5 minutes"),
        ];
        assert_eq!(told(from, to), all.map(|(label, value)| (label.to_owned(), value.to_owned())));
    }

    #[test]
    fn of_a_list_what_came_and_went_is_told_however_long_the_rest_is() {
        let stays = format!("https://app.example/{}", "x".repeat(200));
        let from = json!({ "redirectUris": [stays, "https://old.example/cb"], "grants": ["a", "b"] });
        let to = json!({ "redirectUris": [stays, "https://new.example/cb"], "grants": ["b", "a"] });
        let all = [
            ("Grants", "a, b → b, a"),
            ("Redirect URIs", "added https://new.example/cb"),
            ("Redirect URIs", "removed https://old.example/cb"),
        ];
        assert_eq!(told(from, to), all.map(|(label, value)| (label.to_owned(), value.to_owned())));
        let many: Vec<String> = (0..20).map(|n| format!("scope{n}")).collect();
        let lines = told(json!({ "scopes": [] }), json!({ "scopes": many }));
        assert_eq!((lines.len(), lines[12].1.as_str()), (MOST_ENTRIES + 1, "and 8 more"));
    }
}

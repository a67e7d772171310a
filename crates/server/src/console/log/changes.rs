//! What a change changed, field by field: what stood there before, and what stands there now.

use serde_json::{Map, Value};
use signet_domain::event::EventRow;
use signet_idp::syslog::visible;
use signet_web::Fact;
use std::collections::BTreeSet;

/// One line for each field. Secrets are masked in the event already; a change too long for the event has no lines here.
pub(in crate::console) fn changes(row: &EventRow) -> Vec<Fact> {
    let sides = row.data.targets.iter().map(|target| {
        let side = |name: &str| -> Map<String, Value> {
            target.detail.get(name).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
        };
        (side("from"), side("to"))
    });
    sides.flat_map(|(from, to)| lines(&from, &to)).collect()
}

/// Most entries of a list that are told one by one.
const MOST_ENTRIES: usize = 12;

fn lines(from: &Map<String, Value>, to: &Map<String, Value>) -> Vec<Fact> {
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    names.into_iter().flat_map(|name| line(name, from.get(name), to.get(name))).collect()
}

fn line(name: &str, from: Option<&Value>, to: Option<&Value>) -> Vec<Fact> {
    let label = words(name);
    if let (Some(Value::Array(from)), Some(Value::Array(to))) = (from, to)
        && let entries @ [_, ..] = &entries(from, to)[..]
    {
        let told = entries.iter().take(MOST_ENTRIES).map(|entry| Fact::text(&label, entry.as_str()));
        let more = entries.len().saturating_sub(MOST_ENTRIES);
        let rest = (more > 0).then(|| Fact::text(&label, format!("and {more} more")));
        return told.chain(rest).collect();
    }
    let value = match (said(from), said(to)) {
        (None, None) => return Vec::new(),
        (None, Some(after)) => after,
        (Some(before), None) => format!("{before} → none"),
        (Some(before), Some(after)) => format!("{before} → {after}"),
    };
    vec![Fact::text(label, value)]
}

/// What came into a list and what went from it, so that the one that changed stands out among those that stayed; nothing
/// when only the order is another.
fn entries(from: &[Value], to: &[Value]) -> Vec<String> {
    let told = |word: &'static str, these: &[Value], those: &[Value]| -> Vec<String> {
        let changed = these.iter().filter(|value| !those.contains(value));
        changed.filter_map(|value| said(Some(value))).map(|value| format!("{word} {value}")).collect()
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
            "uri" | "url" | "id" | "jwks" | "ip" | "api" => *word = word.to_uppercase(),
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

/// A value in words, cut where it is too long: each by itself, so that none hides another.
fn said(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(visible(text)),
        Value::Array(values) if values.is_empty() => None,
        Value::Array(values) => {
            Some(values.iter().filter_map(|value| said(Some(value))).collect::<Vec<_>>().join(", "))
        }
        other => Some(visible(&other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    fn told(from: Value, to: Value) -> Vec<(String, String)> {
        lines(&map(from), &map(to)).into_iter().map(|fact| (fact.label, fact.value)).collect()
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
            ("Leeway", "30 → 0"),
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

//! What a change changed, field by field: what stood there before, and what stands there now.

use serde_json::{Map, Value};
use signet_domain::event::EventRow;
use signet_idp::syslog::visible;
use signet_web::Fact;
use std::collections::BTreeSet;

/// One line for each field. Secrets are masked in the event already; a change too long for the event has no lines here.
pub(super) fn changes(row: &EventRow) -> Vec<Fact> {
    let sides = row.data.targets.iter().map(|target| {
        let side = |name: &str| -> Map<String, Value> {
            target.detail.get(name).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
        };
        (side("from"), side("to"))
    });
    sides.flat_map(|(from, to)| lines(&from, &to)).collect()
}

fn lines(from: &Map<String, Value>, to: &Map<String, Value>) -> Vec<Fact> {
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let line = |name: &&String| {
        let value = match (said(from.get(*name)), said(to.get(*name))) {
            (None, None) => return None,
            (None, Some(after)) => after,
            (Some(before), None) => format!("{before} → none"),
            (Some(before), Some(after)) => format!("{before} → {after}"),
        };
        Some(Fact::text(words(name), visible(&value)))
    };
    names.iter().filter_map(line).collect()
}

/// `redirectUris` as people write it: `Redirect uris`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for (n, letter) in name.chars().enumerate() {
        match (n, letter) {
            (0, _) => words.extend(letter.to_uppercase()),
            (_, '_' | '.') => words.push(' '),
            (_, upper) if upper.is_uppercase() => {
                words.push(' ');
                words.extend(upper.to_lowercase());
            }
            _ => words.push(letter),
        }
    }
    words
}

fn said(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(values) if values.is_empty() => None,
        Value::Array(values) => {
            Some(values.iter().filter_map(|value| said(Some(value))).collect::<Vec<_>>().join(", "))
        }
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_tells_both_sides_of_a_field() {
        let map = |value: Value| value.as_object().cloned().unwrap_or_default();
        let from = map(json!({ "redirectUris": ["a", "b"], "label": "Shop", "leeway": 30, "jwksUri": null }));
        let to = map(json!({ "redirectUris": ["c"], "label": "", "leeway": 0, "jwksUri": "https://x" }));
        let lines: Vec<_> = lines(&from, &to).into_iter().map(|fact| (fact.label, fact.value)).collect();
        let told = [
            ("Jwks uri", "https://x"),
            ("Label", "Shop → none"),
            ("Leeway", "30 → 0"),
            ("Redirect uris", "a, b → c"),
        ];
        assert_eq!(lines, told.map(|(label, value)| (label.to_owned(), value.to_owned())));
    }
}

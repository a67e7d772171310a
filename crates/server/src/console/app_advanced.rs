//! The settings of an app that few need: keys by value, signed and pushed requests, what it says of itself, and how it
//! calls its users. The rules about them are the management API's.

use super::form::Form;
use serde_json::Value;
use signet_domain::app::{AppKind, AppMetadata, SubjectType};
use signet_idp::admin::app_rules::{AppSettings, is_public};
use signet_web::{Field, Pick};

const JWKS: &str = "jwks";
const PUSHED: &str = "require_pushed_authorization_requests";
/// Members of a JWK that only its owner knows (RFC 7517 §9.3).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// Reads the keys: a JWK Set, or its list of keys alone. What is neither is no key, so the rule about keys speaks.
fn keys(text: &str) -> Vec<Value> {
    if text.is_empty() {
        return Vec::new();
    }
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(keys)) => keys,
        Ok(Value::Object(mut set)) => match set.remove("keys") {
            Some(Value::Array(keys)) => keys,
            _ => vec![Value::Object(set)],
        },
        _ => vec![Value::Null],
    }
}

/// The keys as they are shown again. A key that should have stayed where it was made isn't, and neither is what can't
/// be read: it may be one.
fn shown(keys: &[Value]) -> String {
    let is_open = |key: &Value| key.is_object() && PRIVATE.iter().all(|member| key.get(member).is_none());
    if keys.is_empty() || !keys.iter().all(is_open) {
        return String::new();
    }
    serde_json::to_string_pretty(&serde_json::json!({ "keys": keys })).unwrap_or_default()
}

/// What a form sends of them; the rest stays as `base` has it. Keys come by value or from an address: a new address takes
/// the place of keys that were there before, and beside keys that were typed it is one too many.
pub(super) fn sent(form: &Form, kind: AppKind, before: &AppSettings, base: AppSettings) -> AppSettings {
    let address = |name: &str| Some(form.text(name)).filter(|text| !text.is_empty());
    let signs_in = kind != AppKind::Service;
    let has_keys = signs_in || base.auth_method.as_deref() == Some("private_key_jwt");
    let jwks_uri = if is_public(kind) { address("jwks_uri") } else { base.jwks_uri.clone() };
    let mut jwks = if has_keys { keys(form.text(JWKS).as_str()) } else { Vec::new() };
    if jwks_uri.is_some() && before.jwks_uri.is_none() && jwks == before.jwks {
        jwks.clear();
    }
    let metadata = AppMetadata {
        policy_uri: address("policy_uri"),
        tos_uri: address("tos_uri"),
        ..base.metadata.clone()
    };
    if !signs_in {
        return AppSettings { jwks, jwks_uri, metadata, ..base };
    }
    let pairwise = form.raw("subject_type") == SubjectType::Pairwise.as_str();
    AppSettings {
        jwks,
        jwks_uri,
        par_required: form.ticked(PUSHED, "true"),
        request_uris: form.lines("request_uris"),
        metadata: AppMetadata {
            initiate_login_uri: address("initiate_login_uri"),
            // Who was never said to be called one way or the other is called as everybody calls them.
            subject_type: match base.metadata.subject_type {
                None if !pairwise => None,
                _ if pairwise => Some(SubjectType::Pairwise),
                _ => Some(SubjectType::Public),
            },
            sector_identifier_uri: address("sector_identifier_uri"),
            ..metadata
        },
        ..base
    }
}

/// Their fields.
pub(super) fn fields(kind: AppKind, s: &AppSettings) -> Vec<Field> {
    let m = &s.metadata;
    let line = |name: &str, label: &str, value: &Option<String>| {
        Field::line(name, label, value.clone().unwrap_or_default()).mono()
    };
    let mut fields = Vec::new();
    if is_public(kind) {
        let keys = line("jwks_uri", "JWKS URI", &s.jwks_uri);
        fields.push(keys.help("Where it publishes its keys, if it signs its requests."));
    }
    let by_value = Field::lines(JWKS, "Its public keys", shown(&s.jwks), 4).mono();
    fields.push(by_value.help(
        "A JWK Set, instead of an address: {\"keys\": […]}. Only public keys, and a private one is never shown again.",
    ));
    if kind != AppKind::Service {
        let pushed = Pick::new("true", "Its authorization requests must be pushed", s.par_required)
            .help("It sends them to Signet itself first (PAR, RFC 9126); those in an address are refused.");
        fields.push(Field::checks(PUSHED, "Pushed requests", vec![pushed]));
        let objects =
            Field::lines("request_uris", "Where it keeps its request objects", s.request_uris.join("\n"), 2);
        fields.push(
            objects.mono().help("One address a line, which Signet reads signed requests from; none is fine."),
        );
        let begins = line("initiate_login_uri", "Where others begin a sign-in to it", &m.initiate_login_uri);
        fields
            .push(begins.help("An https address of the app, which the account page leads to. Empty: none."));
        let pairwise = m.subject_type == Some(SubjectType::Pairwise);
        let public = Pick::new(SubjectType::Public.as_str(), "By their id, as every app does", !pairwise);
        let own = Pick::new(SubjectType::Pairwise.as_str(), "By a name of its own", pairwise).help(
            "Two apps can’t tell that they have the same user. A change gives everybody another name there.",
        );
        fields.push(Field::radio("subject_type", "How it calls its users", vec![public, own]));
        let sector = line("sector_identifier_uri", "The list of its sector", &m.sector_identifier_uri);
        fields.push(sector.help(
            "Only with names of its own, and needed unless all redirect URIs are https and of one host.",
        ));
    }
    fields.push(line("policy_uri", "Its privacy policy", &m.policy_uri));
    fields.push(line("tos_uri", "Its terms of service", &m.tos_uri));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_come_as_a_set_a_list_or_alone() {
        let key = json!({ "kty": "EC" });
        for text in [r#"{"keys":[{"kty":"EC"}]}"#, r#"[{"kty":"EC"}]"#, r#"{"kty":"EC"}"#] {
            assert_eq!(keys(text), std::slice::from_ref(&key), "{text}");
        }
        assert_eq!(keys("no JSON"), [Value::Null]);
        assert_eq!(keys(""), Vec::<Value>::new());
        assert_eq!(keys(&shown(std::slice::from_ref(&key))), [key]);
    }

    #[test]
    fn a_private_key_is_not_shown_again() {
        assert_eq!(shown(&[json!({ "kty": "EC", "x": "1" }), json!({ "kty": "EC", "d": "secret" })]), "");
        assert_eq!(shown(&[json!({ "kty": "oct", "k": "secret" })]), "");
        assert_eq!(shown(&[json!("secret")]), "");
    }
}

//! What events are about, in the few words that a person chooses from: each type of event is about one thing.

use super::kinds::any_type;
use signet_domain::event::types::{self, EventType};
use signet_store::log_query::Condition;

/// What there is to choose from, and how the names of types begin; what comes first decides.
///
/// Apart from sign-ins and tokens, which are most of a log, all of it is rare and lies in an index of its own.
const ABOUT: &[(&str, &[&str])] = &[
    (
        "keys",
        &[
            "app.oauth2.as.key.",
            "app.oauth2.credentials.",
            "app.api_key.",
            "oauth2.as.gateway.provision_key.rolled",
            "oauth2.as.registration.token.",
        ],
    ),
    (
        "administrators",
        &[
            "user.account.privilege.",
            "user.session.access_admin_app",
            "system.api_token.",
            "system.api_credential.",
            "app.oauth2.token.inspect",
            "system.log.read",
            "analytics.reports.",
        ],
    ),
    (
        "sign-ins",
        &[
            "user.session.start",
            "user.session.end",
            "user.authentication.",
            "user.account.lock",
            "user_rate_limited",
            "app.oauth2.authorize",
            "app.oauth2.as.authorize",
            "app.oauth2.consent.",
            "app.oauth2.as.consent.",
            "app.oauth2.backchannel_logout",
        ],
    ),
    ("apps", &["application.", "app.oauth2.client."]),
    (
        "tokens",
        &[
            "app.oauth2.",
            "policy.rate_limit.refused",
            "policy.rate_limit.dry_run",
            "oauth2.as.gateway.provision_key.used",
        ],
    ),
    ("users", &["user.", "group."]),
    ("servers", &["oauth2.", "policy."]),
    ("settings", &["system."]),
];

/// What a type of event is about.
fn of_type(event_type: &EventType) -> Option<&'static str> {
    let begins = |starts: &[&str]| starts.iter().any(|start| event_type.name.starts_with(start));
    ABOUT.iter().find(|(_, starts)| begins(starts)).map(|(name, _)| *name)
}

/// What holds of the events that are about something; `None` for a word that names nothing.
#[must_use]
pub fn condition(name: &str) -> Option<Condition> {
    let list: Vec<EventType> = types::ALL.iter().filter(|t| of_type(t) == Some(name)).copied().collect();
    (!list.is_empty()).then(|| any_type(&list))
}

/// The words to choose from.
pub fn names() -> impl Iterator<Item = &'static str> {
    ABOUT.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_about_something_and_only_sign_ins_and_tokens_are_frequent() {
        for event_type in types::ALL {
            let about = of_type(event_type).unwrap_or_else(|| panic!("{}", event_type.name));
            let frequent = signet_store::log_query::FREQUENT.contains(&event_type.name);
            assert!(!frequent || ["sign-ins", "tokens"].contains(&about), "{} {about}", event_type.name);
        }
        for name in names() {
            assert!(condition(name).is_some(), "{name}");
        }
        assert_eq!((condition(""), condition("everything")), (None, None));
    }
}

//! Kinds of events as conditions, so that a search for a kind finds exactly what is shown as that kind.

use crate::syslog::{Kind, kind_of};
use signet_domain::event::{Outcome, types};
use signet_store::log_query::{Condition, TextField, TextOp};

/// What holds of the events of a kind, and of no others.
#[must_use]
pub fn condition(kind: Kind) -> Condition {
    match kind {
        Kind::Changed => both(succeeded(), types_of(Kind::Changed)),
        Kind::Throttled => {
            let by_reason = equals(TextField::Reason, types::USER_RATE_LIMITED.name);
            Condition::Any(vec![types_of(Kind::Throttled), both(not(succeeded()), by_reason)])
        }
        Kind::Refused => {
            let told = Condition::Any(vec![not(succeeded()), types_of(Kind::Refused)]);
            both(told, not(condition(Kind::Throttled)))
        }
        Kind::Allowed => {
            let others = [Kind::Changed, Kind::Throttled, Kind::Refused].map(types_of);
            both(succeeded(), not(Condition::Any(others.to_vec())))
        }
    }
}

/// Tokens that machines got for themselves: many, and rarely what someone looks for.
#[must_use]
pub fn machine_tokens() -> Condition {
    let grant = equals(TextField::Debug("grantType".to_owned()), "client_credentials");
    // Says nothing new, but spares the look into the facts of every user's token.
    let of_nobody = not(Condition::TextPresent(TextField::UserId));
    let tokens = any_type(&[types::ORG_ACCESS_TOKEN, types::AS_ACCESS_TOKEN]);
    Condition::All(vec![succeeded(), tokens, of_nobody, grant])
}

/// Everything that did not succeed.
#[must_use]
pub fn refusals() -> Condition {
    not(succeeded())
}

/// One of these types.
#[must_use]
pub fn any_type(list: &[types::EventType]) -> Condition {
    Condition::Any(list.iter().map(|t| equals(TextField::EventType, t.name)).collect())
}

/// A text is this one.
#[must_use]
pub fn equals(field: TextField, value: &str) -> Condition {
    Condition::Text { field, op: TextOp::Equal, value: value.to_owned() }
}

/// Success.
#[must_use]
pub fn succeeded() -> Condition {
    equals(TextField::Outcome, Outcome::Success.as_str())
}

/// The opposite.
#[must_use]
pub fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn both(one: Condition, other: Condition) -> Condition {
    Condition::All(vec![one, other])
}

/// The types that are of a kind when they succeed.
fn types_of(kind: Kind) -> Condition {
    let of_kind = |t: &&types::EventType| kind_of(t.name, Outcome::Success, None) == kind;
    let list: Vec<_> = types::ALL.iter().filter(of_kind).copied().collect();
    any_type(&list)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the store does it, for the few fields that are used here.
    fn holds(condition: &Condition, event_type: &str, outcome: Outcome, reason: Option<&str>) -> bool {
        let within = |c: &Condition| holds(c, event_type, outcome, reason);
        match condition {
            Condition::Text { field: TextField::EventType, value, .. } => value == event_type,
            Condition::Text { field: TextField::Outcome, value, .. } => value == outcome.as_str(),
            Condition::Text { field: TextField::Reason, value, .. } => Some(value.as_str()) == reason,
            Condition::All(parts) => parts.iter().all(within),
            Condition::Any(parts) => parts.iter().any(within),
            Condition::Not(part) => !within(part),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_event_is_found_under_the_kind_it_is_shown_as_and_no_other() {
        let kinds = [Kind::Allowed, Kind::Refused, Kind::Throttled, Kind::Changed].map(|k| (k, condition(k)));
        for event_type in types::ALL {
            for outcome in Outcome::ALL {
                for reason in [None, Some("unknown_user"), Some("user_rate_limited")] {
                    let shown = kind_of(event_type.name, *outcome, reason);
                    for (kind, condition) in &kinds {
                        let found = holds(condition, event_type.name, *outcome, reason);
                        assert_eq!(
                            found,
                            *kind == shown,
                            "{} {outcome} {reason:?} {kind:?}",
                            event_type.name
                        );
                    }
                }
            }
        }
    }
}

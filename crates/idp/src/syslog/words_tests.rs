use super::*;
use proptest::prelude::*;
use signet_domain::Time;
use signet_domain::event::{EventData, Severity};
use signet_domain::id::{EventId, RequestId};
use uuid::Uuid;

/// An event of ada in the app Storefront; with a reason it is a failure.
pub(in super::super) fn row(event_type: EventType, reason: Option<&str>) -> EventRow {
    let data = EventData {
        message: event_type.message.to_owned(),
        actor: Entity::new("User", "00u1", "ada@acme.test", "Ada"),
        user_agent: "curl/8".into(),
        path: "/oauth2/default/v1/token".into(),
        targets: vec![
            Entity::new("AppInstance", "0oa1", "0oa1", "Storefront"),
            Entity::new("AuthorizationServer", "aus1", "default", "Default"),
        ],
        debug: std::collections::BTreeMap::new(),
    };
    EventRow {
        epoch: 1,
        txid: 2,
        seq: 3,
        id: EventId(Uuid::from_u128(1)),
        published: Time::from_secs(1_767_323_045),
        event_type: event_type.name.to_owned(),
        severity: if reason.is_some() { Severity::Warn } else { Severity::Info },
        outcome: if reason.is_some() { Outcome::Failure } else { Outcome::Success },
        reason: reason.map(str::to_owned),
        actor_id: "00u1".into(),
        user_id: None,
        client_id: Some("0oa1".into()),
        server_id: None,
        ip: "203.0.113.9".into(),
        request_id: RequestId(Uuid::from_u128(2)),
        session_id: None,
        flow_id: None,
        grant_id: None,
        jti: None,
        data: signet_store::sqlx_types::Json(data),
    }
}

#[test]
fn every_type_has_its_sentence() {
    assert_eq!(TYPES.len(), types::ALL.len());
    for event_type in types::ALL {
        let allowed = row(*event_type, None);
        assert!(entry(&allowed).is_some(), "{}", event_type.name);
        let refused = row(*event_type, Some("access_denied"));
        for row in [&allowed, &refused] {
            let text = sentence(row);
            assert!(!text.contains(['{', '}']) && !text.ends_with('.'), "{text}");
            assert!(text.chars().next().is_some_and(|c| c.is_alphanumeric()), "{text}");
        }
        assert!(matches!(kind(&refused), Kind::Refused | Kind::Throttled), "{}", event_type.name);
    }
}

#[test]
fn the_sentences_that_people_will_look_for() {
    let mut changed = row(types::APP_UPDATE, None);
    changed.data.debug.insert("changed".into(), "+redirectUris".into());
    let mut stranger = row(types::SESSION_START, Some("unknown_user"));
    stranger.data.actor = Entity::new("User", "unknown", "unknown", "unknown");
    let done_to = |event_type, targets: &[[&str; 3]]| {
        let mut row = row(event_type, None);
        row.data.targets =
            targets.iter().map(|&[kind, id, shown]| Entity::new(kind, id, shown, shown)).collect();
        row
    };
    let at_default = ["AuthorizationServer", "aus1", "default"];
    for (row, text, expected) in [
        (
            done_to(types::SCOPE_CREATE, &[at_default, ["Scope", "scp1", "orders:read"]]),
            "ada@acme.test created the scope orders:read at default",
            Kind::Changed,
        ),
        (
            done_to(types::AS_CREATE, &[at_default]),
            "ada@acme.test created the authorization server default",
            Kind::Changed,
        ),
        (
            done_to(
                types::GROUP_MEMBER_ADD,
                &[["Group", "00g1", "Sales"], ["User", "00u2", "joe@acme.test"]],
            ),
            "ada@acme.test put joe@acme.test into the group Sales",
            Kind::Changed,
        ),
        (
            row(types::USER_RATE_LIMITED, Some("user_rate_limited")),
            "ada@acme.test was refused: 5th password in one second",
            Kind::Throttled,
        ),
        (
            row(types::SESSION_START, Some("invalid_password_credentials")),
            "ada@acme.test gave a wrong password",
            Kind::Refused,
        ),
        (
            row(types::AS_AUTHORIZE, Some("illegal_redirect_uri")),
            "Sign-in stopped: redirect URI isn't registered",
            Kind::Refused,
        ),
        (stranger, "No account has the name that was typed", Kind::Refused),
        (changed, "ada@acme.test added a redirect URI to Storefront", Kind::Changed),
        (row(types::SESSION_START, None), "ada@acme.test signed in", Kind::Allowed),
        (
            row(types::AS_ACCESS_TOKEN, None),
            "Storefront got an access token for ada@acme.test",
            Kind::Allowed,
        ),
        (
            row(types::AS_TOKEN_GRANT, Some("no_matching_policy")),
            "Storefront was refused a token: no access policy allows it",
            Kind::Refused,
        ),
        (
            row(types::USER_CREATE, Some("something_new")),
            "ada@acme.test was refused \"Create user\": something new",
            Kind::Refused,
        ),
    ] {
        assert_eq!((sentence(&row).as_str(), kind(&row)), (text, expected));
    }
}

#[test]
fn the_end_of_a_story_says_how_many_there_were() {
    for (count, words) in [("1", "once more"), ("7", "7 more times")] {
        let mut end = row(types::USER_RATE_LIMITED, Some("user_rate_limited"));
        end.data.debug.insert("story".into(), "00e".into());
        end.data.debug.insert("count".into(), count.into());
        assert_eq!(sentence(&end), format!("ada@acme.test was refused {words} in the same second"));
        assert_eq!(kind(&end), Kind::Throttled);
    }
}

#[test]
fn what_was_changed_of_an_app_is_said() {
    for (changed, text) in [
        ("label", "changed the name of Storefront"),
        ("-redirectUris", "took a redirect URI from Storefront"),
        ("+redirectUris,-redirectUris", "changed the redirect URIs of Storefront"),
        ("label,+allowedScopes", "changed 2 settings of Storefront"),
        ("pkceRequired", "changed a setting of Storefront"),
        ("", "changed Storefront"),
    ] {
        assert_eq!(changes(changed, "Storefront"), text);
    }
}

#[test]
fn reasons_are_explained_and_have_a_way_out() {
    let throttled = row(types::USER_RATE_LIMITED, Some("user_rate_limited"));
    assert!(why(&throttled).is_some_and(|w| w.contains("four passwords a second")));
    assert!(fix(&throttled).is_some());
    assert_eq!(why(&row(types::SESSION_START, None)), None);
}

#[test]
fn what_is_hidden_in_a_name_is_shown() {
    let mut row = row(types::SESSION_START, None);
    row.data.actor.alternate_id = "ada\r\n2026 eve signed in\u{1b}[2J\u{202e}x\u{200b}{who}".into();
    assert_eq!(
        sentence(&row),
        "ada⟨U+000D⟩⟨U+000A⟩2026 eve signed in⟨U+001B⟩[2J⟨U+202E⟩x⟨U+200B⟩{who} signed in"
    );
    row.data.actor.alternate_id = "x".repeat(70_000);
    assert!(sentence(&row).len() < 200);
}

proptest! {
    #[test]
    fn strangers_never_panic(name: String, event_type: String, reason: Option<String>) {
        let mut row = row(types::SSO, reason.as_deref());
        row.event_type = event_type;
        row.data.actor.alternate_id = name;
        let text = sentence(&row);
        prop_assert!(!text.chars().any(is_hidden));
        let _ = (kind(&row), why(&row), fix(&row));
    }
}

use super::*;
use proptest::prelude::*;

fn text(field: TextField, op: TextOp, value: &str) -> Condition {
    Condition::Text { field, op, value: value.into() }
}

fn not(inner: Condition) -> Condition {
    Condition::Not(Box::new(inner))
}

fn reason(value: &str) -> Condition {
    text(TextField::Reason, TextOp::Equal, value)
}

#[test]
fn filters_mean_what_they_say() {
    use Condition as C;
    let kind = || text(TextField::EventType, TextOp::Equal, "user_rate_limited");
    for (filter, expected) in [
        ("", C::Always),
        ("   ", C::Always),
        (r#"eventType eq "user_rate_limited""#, kind()),
        (r#"EVENTTYPE Eq "user_rate_limited""#, kind()),
        (r#"outcome.reason eq "user_rate_limited""#, reason("user_rate_limited")),
        (r#"(outcome.reason eq "a")"#, reason("a")),
        (r#"not (outcome.reason eq "a")"#, not(reason("a"))),
        (r#"not outcome.reason eq "a""#, not(reason("a"))),
        ("outcome.reason pr", C::TextPresent(TextField::Reason)),
        ("outcome.reason eq null", not(C::TextPresent(TextField::Reason))),
        ("outcome.reason ne null", C::TextPresent(TextField::Reason)),
        (
            r#"outcome.reason eq "a" or outcome.reason eq "b" and outcome.reason eq "c""#,
            C::Any(vec![reason("a"), C::All(vec![reason("b"), reason("c")])]),
        ),
        (
            r#"(outcome.reason eq "a" or outcome.reason eq "b") and outcome.reason eq "c""#,
            C::All(vec![C::Any(vec![reason("a"), reason("b")]), reason("c")]),
        ),
        (r#"target.id ew "\u00e9\"""#, text(TextField::TargetId, TextOp::EndsWith, "é\"")),
        (
            r#"debugContext.debugData.grantType ne "password""#,
            text(TextField::Debug("grantType".into()), TextOp::NotEqual, "password"),
        ),
        ("debugContext.debugData.tls eq true", text(TextField::Debug("tls".into()), TextOp::Equal, "true")),
        ("securityContext.isProxy eq true", C::Never),
        ("securityContext.isProxy ne true", C::Always),
        ("securityContext.isProxy pr", C::Never),
        ("securityContext.isProxy eq null", not(C::Never)),
        (r#"version eq "0""#, C::Always),
        ("version eq 0", C::Always),
        (r#"version eq "1""#, C::Never),
        (r#"transaction.id eq "nothing""#, C::Never),
        (r#"transaction.id ne "nothing""#, not(C::Never)),
        ("transaction.id pr", C::IdPresent(IdField::Request)),
    ] {
        assert_eq!(parse(filter), Ok(expected), "{filter}");
    }
}

#[test]
fn an_id_is_compared_as_what_it_is() {
    let id = RequestId(Uuid::from_u128(7));
    let expected = Condition::Id { field: IdField::Request, value: id.0 };
    assert_eq!(parse(&format!("transaction.id eq \"{id}\"")), Ok(expected.clone()));
    assert_eq!(parse(&format!("debugContext.debugData.requestId eq \"{id}\"")), Ok(expected));
}

#[test]
fn errors_say_what_and_where() {
    for (filter, code, position, part) in [
        (
            r#"client.ipAddress eqq "1""#,
            "E0000053",
            17,
            "Unrecognized attribute operator 'eqq' at position 17. Expected: eq,co,sw,pr,gt,ge,lt,le",
        ),
        (r#"published gt "2026""#, "E0000053", 0, "field is not valid: published"),
        (r#"tenant_id eq "x""#, "E0000053", 0, "field is not valid: tenant_id"),
        (r#"outcome.reason eq "a" and tenant.id pr"#, "E0000053", 26, "field is not valid: tenant.id"),
        (r#"eventType eq "a" eventType eq "b""#, "E0000053", 17, "Expected 'and', 'or' or the end"),
        (r#"(eventType eq "a""#, "E0000053", 17, "Expected ')'"),
        (r#"eventType eq "a")"#, "E0000053", 16, "Expected 'and'"),
        ("eventType", "E0000053", 9, "Expected an operator"),
        ("eventType eq", "E0000053", 12, "Expected a value"),
        ("eventType eq a", "E0000053", 13, "double quotes"),
        ("eventType gt null", "E0000053", 13, "double quotes"),
        ("and", "E0000053", 0, "field is not valid: and"),
        ("not", "E0000053", 3, "Expected an attribute"),
        (r#"emails[type eq "work"]"#, "E0000053", 6, "Unexpected character"),
        (r#"eventType eq "a"#, "E0000053", 13, "not closed"),
        (
            r#"debugContext.debugData.url co "x""#,
            "E0000031",
            27,
            "Operator: co, Field: debugContext.debugData.url",
        ),
        (r#"debugContext.debugData.requestUri co "x""#, "E0000031", 34, "Operator: co"),
        (r#"transaction.id co "x""#, "E0000031", 15, "Operator: co, Field: transaction.id"),
        (r#"client.device eq "Computer""#, "E0000031", 14, "Operator: eq, Field: client.device"),
    ] {
        let error = parse(filter).expect_err(filter);
        assert_eq!((error.code, error.position), (code, position), "{filter}: {error:?}");
        assert!(error.summary.contains(part), "{filter}: {error:?}");
    }
}

#[test]
fn in_26_depth_and_size_are_bounded() {
    let nested = |depth: usize, open: &str, close: &str| {
        format!("{}eventType pr{}", open.repeat(depth), close.repeat(depth))
    };
    assert!(parse(&nested(MAX_DEPTH - 1, "(", ")")).is_ok());
    assert!(parse(&nested(MAX_DEPTH - 1, "not ", "")).is_ok());
    for filter in [nested(MAX_DEPTH, "(", ")"), nested(100_000, "(", ")"), nested(100_000, "not ", "")] {
        let error = parse(&filter).expect_err("too deep");
        assert!(error.summary.contains("too deeply"), "{}", error.summary);
        assert!(error.summary.len() < 2 * REPEATED);
    }
    let wide = |n: usize| vec!["eventType pr"; n].join(" or ");
    assert!(parse(&wide(MAX_CLAUSES)).is_ok());
    assert!(parse(&wide(MAX_CLAUSES + 1)).is_err());
}

/// What the store counts against its own bounds.
fn size(condition: &Condition) -> (usize, usize) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            let sizes: Vec<_> = parts.iter().map(size).collect();
            (1 + sizes.iter().map(|s| s.0).max().unwrap_or(0), 1 + sizes.iter().map(|s| s.1).sum::<usize>())
        }
        Condition::Not(part) => {
            let (depth, nodes) = size(part);
            (depth + 1, nodes + 1)
        }
        _ => (0, 1),
    }
}

#[test]
fn whatever_is_a_filter_is_small_enough_for_the_store() {
    let alternating = (0..MAX_DEPTH - 1).fold("outcome.reason eq null".to_owned(), |inner, _| {
        format!("severity pr or severity pr and ({inner})")
    });
    let negated = vec!["not not not outcome.reason eq null"; MAX_CLAUSES / 4].join(" and ");
    for filter in [alternating, negated] {
        let (depth, nodes) = size(&parse(&filter).expect(&filter));
        assert!(depth <= 2 * MAX_DEPTH + 4 && nodes <= 4 * MAX_CLAUSES, "{depth} {nodes}");
    }
}

fn any_filter() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "(",
        ")",
        "and",
        "or",
        "not",
        "eq",
        "co",
        "pr",
        "null",
        "true",
        "-1e9",
        "\"a\"",
        "\"\\u0041\"",
        "\"",
        "eventType",
        "target.id",
        "published",
        "transaction.id",
        "debugContext.debugData.",
        "é",
        "\\",
        "[",
        "%",
    ]);
    prop::collection::vec(words, 0..40).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn strangers_never_panic(filter: String) {
        let _ = parse(&filter);
    }

    #[test]
    fn nothing_that_is_nearly_a_filter_panics_or_points_beyond_it(filter in any_filter()) {
        match parse(&filter) {
            Ok(condition) => {
                let (depth, nodes) = size(&condition);
                prop_assert!(depth <= 2 * MAX_DEPTH + 4 && nodes <= 4 * MAX_CLAUSES);
            }
            Err(error) => prop_assert!(error.position <= filter.chars().count()),
        }
    }

    #[test]
    fn any_text_can_be_looked_for(value: String) {
        prop_assume!(!value.contains('\0'));
        let filter = format!("actor.displayName eq {}", serde_json::to_string(&value).expect("JSON"));
        prop_assert_eq!(parse(&filter), Ok(text(TextField::ActorDisplayName, TextOp::Equal, &value)));
    }
}

use super::*;
use proptest::prelude::*;
use uuid::Uuid;

const KEY: [u8; 32] = [3; 32];
const ACME: TenantId = TenantId(Uuid::from_u128(1));
/// 2026-01-02T03:04:05Z.
const NOW: Time = Time::from_secs(1_767_323_045);
const BASE: &str = "http://acme.localhost:8080/api/v1/logs";

fn params(query: &[(&str, &str)]) -> Vec<(String, String)> {
    query.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

fn parse(query: &[(&str, &str)]) -> Result<LogRequest, LogParamError> {
    LogRequest::parse(&params(query), ACME, &KEY, NOW)
}

fn page(more: bool) -> LogPage {
    let end = Position { published: Time(9), epoch: 1, txid: 2, seq: 3 };
    LogPage { events: Vec::new(), more, end: Some(end) }
}

/// The parameters of a link.
fn follow(url: &str) -> Vec<(String, String)> {
    let (base, query) = url.split_once('?').expect("a query");
    assert_eq!(base, BASE);
    let mut decoded = Vec::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').expect("a value");
        let mut bytes = Vec::new();
        let mut rest = value.bytes();
        while let Some(b) = rest.next() {
            if b == b'%' {
                let hex: String = rest.by_ref().take(2).map(char::from).collect();
                bytes.push(u8::from_str_radix(&hex, 16).expect("hex"));
            } else {
                bytes.push(b);
            }
        }
        decoded.push((name.to_owned(), String::from_utf8(bytes).expect("UTF-8")));
    }
    decoded
}

#[test]
fn what_is_polled_and_what_is_bounded() {
    let since = ("since", "2026-01-01T00:00:00Z");
    let until = ("until", "2026-01-02T00:00:00Z");
    for (query, order) in [
        (vec![], Order::Commit),
        (vec![since], Order::Commit),
        (vec![since, ("sortOrder", "ASCENDING")], Order::Commit),
        (vec![since, until], Order::Published),
        (vec![until], Order::Published),
        (vec![("sortOrder", "DESCENDING")], Order::PublishedDescending),
        (vec![since, until, ("sortOrder", "DESCENDING")], Order::PublishedDescending),
    ] {
        let request = parse(&query).expect("a request");
        assert_eq!(request.query().order, order, "{query:?}");
        let last = request.links(BASE, &page(false));
        assert_eq!(last.next_url.is_some(), order == Order::Commit, "{query:?}");
        assert!(request.links(BASE, &page(true)).next_url.is_some());
    }
}

#[test]
fn defaults_are_a_week_and_a_hundred() {
    let query = parse(&[("colour", "red"), ("until", "")]).expect("a request").query();
    assert_eq!((query.since, query.until), (Some(NOW.plus_secs(-7 * DAY)), None));
    assert_eq!((query.limit, query.after), (100, None));
    let query = parse(&[("until", "2026-01-02T01:00:00+01:00"), ("limit", "0")]).expect("a request").query();
    let until = Time::parse_rfc3339("2026-01-02T00:00:00Z").expect("a time");
    assert_eq!((query.since, query.until), (Some(until.plus_secs(-7 * DAY)), Some(until)));
    assert_eq!(query.limit, 0);
}

#[test]
fn a_next_link_is_read_back_and_goes_on() {
    let filter = r#"actor.displayName eq "Ädä & co?#+%""#;
    for query in [
        vec![("filter", filter), ("q", "a b"), ("since", "2026-01-01T00:00:00Z"), ("limit", "5")],
        vec![("filter", filter), ("sortOrder", "DESCENDING")],
        vec![("until", "2026-01-02T00:00:00Z")],
    ] {
        let first = parse(&query).expect("a request");
        let links = first.links(BASE, &page(true));
        if !query.is_empty() {
            let sorted = |mut params: Vec<(String, String)>| {
                params.sort();
                params
            };
            assert_eq!(sorted(follow(&links.self_url)), sorted(params(&query)));
        }
        let next = follow(&links.next_url.expect("a link"));
        let later = NOW.plus_secs(1000);
        let second = LogRequest::parse(&next, ACME, &KEY, later).expect("the link works").query();
        let (first, after) = (first.query(), page(true).end);
        assert_eq!((second.after, second.limit, second.order), (after, first.limit, first.order));
        assert_eq!(second.condition, first.condition);
        if first.order == Order::Commit {
            assert!(!next.iter().any(|(name, _)| name == "since"));
        } else {
            assert_eq!(second.since.map(|t| t.0 / 1000), first.since.map(|t| t.0 / 1000));
        }
        let foreign = TenantId(Uuid::from_u128(2));
        assert_eq!(LogRequest::parse(&next, foreign, &KEY, NOW).expect_err("tx_10").code, "E0000054");
    }
}

#[test]
fn a_poller_may_go_on_after_half_a_year() {
    let links = parse(&[("since", "2026-01-01T00:00:00Z")]).expect("a request").links(BASE, &page(false));
    let mut next = follow(&links.next_url.expect("a link"));
    next.push(("since".into(), "2026-01-01T00:00:00Z".into()));
    let later = NOW.plus_secs(400 * DAY);
    assert!(LogRequest::parse(&next, ACME, &KEY, later).is_ok());
}

#[test]
fn in_21_what_is_out_of_bounds_is_refused() {
    let q11 = ["a"; 11].join(" ");
    let long = "ä".repeat(41);
    for (name, value, code) in [
        ("limit", "-1", "E0000001"),
        ("limit", "1001", "E0000001"),
        ("limit", "1000000000", "E0000001"),
        ("limit", "99999999999999999999", "E0000001"),
        ("limit", "NaN", "E0000001"),
        ("limit", "+5", "E0000001"),
        ("limit", "1e2", "E0000001"),
        ("since", "0000-01-01T00:00:00Z", "E0000001"),
        ("since", "10000-01-01T00:00:00Z", "E0000001"),
        ("since", "9999-12-31T23:59:59Z", "E0000001"),
        ("since", "2025-02-29T00:00:00Z", "E0000001"),
        ("since", "2026-01-01T00:00:00", "E0000001"),
        ("since", "2025-01-01T00:00:00Z", "E0000053"),
        ("until", "tomorrow", "E0000001"),
        ("sortOrder", "sideways", "E0000001"),
        ("sortOrder", "tenant_id; DROP TABLE events", "E0000001"),
        ("q", q11.as_str(), "E0000001"),
        ("q", long.as_str(), "E0000001"),
        ("q", "a\0b", "E0000001"),
        ("after", "0", "E0000054"),
        ("after", "' OR 1=1 --", "E0000054"),
        ("filter", "published pr", "E0000053"),
    ] {
        assert_eq!(parse(&[(name, value)]).expect_err(value).code, code, "{name}={value}");
    }
    for (name, value) in [
        ("until", "9999-12-30T21:00:00Z"),
        ("since", "9999-12-30T22:00:00Z"),
        ("until", "1970-01-01T00:00:00Z"),
        ("limit", "1000"),
        ("q", "ten words are not too many to be looked for"),
    ] {
        assert!(parse(&[(name, value)]).is_ok(), "{name}={value}");
    }
    assert!(parse(&[("limit", "1"), ("limit", "2")]).is_err());
}

#[test]
fn a_bad_date_has_its_two_causes() {
    let error = parse(&[("until", "yesterday")]).expect_err("no date");
    assert_eq!(
        error.summary,
        "Api validation failed: 'until': The date format in your query is not recognized. Please enter dates \
         using ISO8601 string format.. 'until': must be a valid date-time or empty."
    );
    assert_eq!(error.causes.len(), 2);
    assert_eq!(error.causes[1], "until: must be a valid date-time or empty.");
}

#[test]
fn a_filters_fault_is_pointed_at() {
    let error = parse(&[("filter", "eventType is \"a\"")]).expect_err("no filter");
    assert_eq!((error.code, error.position), ("E0000053", Some(10)));
}

proptest! {
    #[test]
    fn strangers_never_panic(values: [String; 7]) {
        let names = ["since", "until", "after", "filter", "q", "limit", "sortOrder"];
        for (name, value) in names.iter().zip(&values) {
            let _ = parse(&[(name, value)]);
        }
        let all: Vec<_> = names.iter().zip(&values).map(|(n, v)| (*n, v.as_str())).collect();
        let _ = parse(&all);
    }
}

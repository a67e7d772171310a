//! Rate policies in tests: a clock that stands at a window's start, and tokens to count.

use signet_testkit::{App, Reply, Tenant, TestApp, Value, json};

use super::make;

pub(crate) const SECOND: i64 = 1_000_000;

/// Stops the clock soon after the start of a window of 30 seconds (and of 60); answers the start.
pub(crate) async fn at_window_start(app: &TestApp) -> i64 {
    let now = app.clock().freeze().await;
    let start = now - now.rem_euclid(60 * SECOND) + 60 * SECOND;
    app.clock().set(start + 200_000).await;
    start
}

/// A policy with these members, by app, three in 30 seconds unless they say otherwise.
pub(crate) async fn policy(tenant: &Tenant, members: Value) -> Value {
    let mut body = json!({
        "name": make::unique("policy"), "identifier": "app", "limit": [3], "window_size": [30],
    });
    for (name, value) in members.as_object().expect("members") {
        body[name] = value.clone();
    }
    make::rate_policy(tenant, body).await
}

/// One token of the service app.
pub(crate) async fn token(tenant: &Tenant) -> Reply {
    tenant.client_credentials(&tenant.service(), "orders:read").await
}

/// The statuses of as many tokens of an app, one after the other.
pub(crate) async fn tokens(tenant: &Tenant, app: &App, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(tenant.client_credentials(app, "orders:read").await.status);
    }
    statuses
}

/// A header that must be there, as a number.
#[track_caller]
pub(crate) fn number(reply: &Reply, name: &str) -> i64 {
    let value = reply.header(name).unwrap_or_else(|| panic!("no {name}: {}", reply.describe()));
    value.parse().unwrap_or_else(|_| panic!("{name}: {value}"))
}

/// The refusals of a policy in the log.
pub(crate) fn refusals_of(policy: &Value) -> String {
    let id = policy["id"].as_str().expect("a policy's id");
    format!(r#"eventType eq "policy.rate_limit.refused" and debugContext.debugData.policy eq "{id}""#)
}

/// The worked example's refusal: three in 30 seconds are used up, and a fourth came at 7.5 s.
#[track_caller]
pub(crate) fn expect_the_fourth_of_three(refused: &Reply, policy: &Value) {
    assert_eq!(refused.status, 429, "{}", refused.describe());
    assert_eq!(refused.text(), r#"{"message":"API rate limit exceeded"}"#);
    let id = policy["id"].as_str().unwrap();
    for (name, value) in [
        ("content-type", "application/json; charset=utf-8"),
        ("content-length", "37"),
        ("retry-after", "38"),
        ("ratelimit-reset", "38"),
        ("ratelimit-remaining", "0"),
        ("ratelimit-limit", "3"),
        ("x-ratelimit-remaining-30", "0"),
        ("x-ratelimit-limit-30", "3"),
        ("ratelimit-policy", &format!("\"{id}-30\";q=3;w=30")),
        ("ratelimit", &format!("\"{id}-30\";r=0;t=38")),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(refused.header(name), Some(value), "{name}: {}", refused.describe());
    }
}

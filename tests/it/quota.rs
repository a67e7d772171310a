//! The account's quota: 5,000 management API calls an hour, and the call that tells what is left.

use std::time::Duration;

use signet_testkit::{Call, Reply, Tenant, TestApp, Value, json, on_each_engine, tokio};

use crate::support::frozen::Frozen;
use crate::support::ropg::comparable;

on_each_engine! {
    qt_01_the_documented_header_gets_the_status,
    qt_03_other_spellings_of_the_header,
    qt_05_expired_revoked_and_foreign_tokens_fail_alike,
    qt_06_tokens_that_are_not_for_management_fail,
    qt_07_other_methods_find_no_route,
    qt_08_all_tokens_of_an_account_share_one_count,
    qt_10_remaining_only_falls_and_reset_stays_within_the_hour,
    qt_13_asking_does_not_count_and_has_its_own_limit,
    qt_18_bad_tokens_cost_nobody_a_call,
}

const STATUS: &str = "/auth/rate_limit";

fn ask(tenant: &Tenant, authorization: &str) -> Call {
    tenant.get(STATUS).header("authorization", authorization)
}

/// Limit, remaining and reset, which must be integers in the documented shape.
#[track_caller]
fn standing(reply: &Reply) -> (i64, i64, i64) {
    assert_eq!(reply.status, 200, "{}", reply.describe());
    let body = reply.json();
    let success = json!({ "error": false, "code": 200, "type": "success", "message": "Success" });
    assert_eq!(body["status"], success, "{}", reply.describe());
    assert_eq!(body.as_object().map(|o| o.len()), Some(2), "{}", reply.describe());
    let data = body["data"].as_object().expect("an object");
    assert_eq!(data.len(), 3, "{data:?}");
    let number = |name: &str| data[name].as_i64().unwrap_or_else(|| panic!("{name} is no integer: {data:?}"));
    (number("X-RateLimit-Limit"), number("X-RateLimit-Remaining"), number("X-RateLimit-Reset"))
}

#[track_caller]
fn envelope(reply: &Reply, code: u16, kind: &str, message: &str) {
    assert_eq!(reply.status, code, "{}", reply.describe());
    let expected = json!({ "status": { "error": true, "code": code, "type": kind, "message": message } });
    assert_eq!(reply.json(), expected, "{}", reply.describe());
}

/// A call that counts.
fn counted(tenant: &Tenant) -> Call {
    tenant.api("GET", "/api/v1/users").query([("limit", "1")])
}

async fn status(tenant: &Tenant, token: &str) -> (i64, i64, i64) {
    standing(&ask(tenant, &format!("bearer:{token}")).await)
}

async fn qt_01_the_documented_header_gets_the_status(app: Frozen) {
    let acme = app.acme();
    let token = acme.api_access_token().await;
    let (limit, remaining, reset) = status(&acme, &token).await;
    assert_eq!(limit, 5_000);
    assert!((0..=5_000).contains(&remaining) && (0..=3_600).contains(&reset), "{remaining} {reset}");
}

on_each_engine! { qt_02_the_ordinary_header_gets_the_same, qt_17_headers_and_status_agree }

async fn qt_02_the_ordinary_header_gets_the_same(app: TestApp) {
    let acme = app.acme();
    app.clock().freeze().await;
    let token = acme.api_access_token().await;
    for fresh in [true, false] {
        if !fresh {
            counted(&acme).await.expect(200);
        }
        let documented = ask(&acme, &format!("bearer:{token}")).await;
        let expected = if fresh { (5_000, 5_000, 0) } else { (5_000, 4_999, 3_600) };
        assert_eq!(standing(&documented), expected);
        for header in [format!("Bearer {token}"), format!("bearer {token}")] {
            let ordinary = ask(&acme, &header).await;
            assert_eq!(comparable(&ordinary), comparable(&documented), "{header}");
        }
    }
}

async fn qt_03_other_spellings_of_the_header(app: Frozen) {
    let acme = app.acme();
    let token = acme.api_access_token().await;
    for header in [format!("BEARER:{token}"), format!("bearer: {token}"), format!("BeArEr {token}")] {
        standing(&ask(&acme, &header).await);
    }
    let malformed =
        |reply: Reply| envelope(&reply, 400, "bad request", "Authorization Information is incorrect");
    malformed(acme.get(STATUS).await);
    for header in [
        token.clone(),
        format!("bearer{token}"),
        format!("Token {token}"),
        "bearer:".to_owned(),
        format!("bearer:{token} {token}"),
    ] {
        malformed(ask(&acme, &header).await);
    }
    malformed(ask(&acme, &format!("bearer:{token}")).header("authorization", "bearer:other").await);
}

async fn qt_05_expired_revoked_and_foreign_tokens_fail_alike(app: TestApp) {
    let (acme, globex) = (app.acme(), app.globex());
    let revoked = acme.api_access_token().await;
    let foreign = globex.api_access_token().await;
    let expired = acme.api_access_token().await;
    let credential = &acme.credentials.api_credential;
    let how = format!("client_id:{}, client_secret:{}", credential.client_id, credential.client_secret);
    let call = acme.call("POST", "/auth/oauth2/revoke").header("authorization", &how);
    call.json(&json!({ "access_token": revoked })).await.expect(200);
    let unknown = "0123456789abcdef".repeat(4);
    let mut seen = Vec::new();
    for (what, token) in [("revoked", &revoked), ("foreign", &foreign), ("unknown", &unknown)] {
        seen.push((what, ask(&acme, &format!("bearer:{token}")).await));
    }
    app.clock().advance(Duration::from_secs(36_001)).await;
    seen.push(("expired", ask(&acme, &format!("bearer:{expired}")).await));
    for (what, reply) in &seen {
        envelope(reply, 401, "Unauthorized", "Authentication Failure");
        assert_eq!(comparable(reply), comparable(&seen[0].1), "{what} and {}", seen[0].0);
    }
}

on_each_engine! { en_13_the_quotas_endpoint_tells_no_foreign_token_from_an_expired_one }

/// Tokens of every other kind are as good as none here.
async fn en_13_the_quotas_endpoint_tells_no_foreign_token_from_an_expired_one(app: Frozen) {
    let (acme, globex) = (app.acme(), app.globex());
    let elsewhere = globex.client_credentials(&globex.service(), "orders:read").await.tokens().access_token;
    let refresh = acme.code_flow(&acme.web(), "openid offline_access").await.redeem(&acme, &acme.web()).await;
    let tokens = [
        globex.api_access_token().await,
        elsewhere,
        refresh.refresh().to_owned(),
        "0f1e2d3c4b5a6978".repeat(4),
        "a.b.c".to_owned(),
    ];
    let mut first = None;
    for token in tokens {
        let reply = ask(&acme, &format!("bearer:{token}")).await;
        envelope(&reply, 401, "Unauthorized", "Authentication Failure");
        let seen = comparable(&reply);
        assert_eq!(first.get_or_insert_with(|| seen.clone()), &seen);
    }
}

async fn qt_06_tokens_that_are_not_for_management_fail(app: Frozen) {
    let acme = app.acme();
    let web = acme.web();
    let (login, password) = (acme.credentials.admin.login.clone(), acme.credentials.admin.password.clone());
    let user = acme.password(&web, &login, &password, "openid profile").await.tokens();
    let service = acme.client_credentials(&acme.service(), "orders:read").await.tokens();
    for token in [&user.access_token, &service.access_token] {
        let reply = ask(&acme, &format!("bearer:{token}")).await;
        envelope(&reply, 401, "Unauthorized", "Authentication Failure");
    }
}

async fn qt_07_other_methods_find_no_route(app: Frozen) {
    let acme = app.acme();
    let token = acme.api_access_token().await;
    let good = format!("bearer:{token}");
    for method in ["POST", "PUT", "DELETE", "PATCH", "HEAD"] {
        for authorization in [good.as_str(), "bearer:wrong", "nonsense"] {
            let call = acme.call(method, STATUS).header("authorization", authorization).unchecked();
            let reply = call.await.expect(404);
            if method != "HEAD" {
                envelope(&reply, 404, "not found", "No Route Exists");
            }
        }
    }
    assert_eq!(acme.call("OPTIONS", STATUS).unchecked().await.status, 404);
    for path in ["/auth/rate_limits", "/auth/rate_limit/", "/auth/nothing"] {
        let reply = acme.get(path).header("authorization", &good).unchecked().await;
        envelope(&reply, 404, "not found", "No Route Exists");
    }
}

/// Many calls at once, over few connections.
async fn many(call: impl Fn() -> Call, count: usize) -> Vec<Reply> {
    let mut replies = Vec::with_capacity(count);
    while replies.len() < count {
        let batch = (count - replies.len()).min(16);
        let calls: Vec<_> =
            (0..batch).map(|_| tokio::spawn(std::future::IntoFuture::into_future(call()))).collect();
        for each in calls {
            replies.push(each.await.expect("a call"));
        }
    }
    replies
}

async fn qt_08_all_tokens_of_an_account_share_one_count(app: TestApp) {
    let (acme, globex) = (app.acme(), app.globex());
    let start = app.clock().freeze().await;
    let mut tokens = Vec::new();
    for _ in 0..50 {
        tokens.push(acme.api_access_token().await);
    }
    // 4,998 calls by 49 tokens and an API token; refused ones count, too.
    for token in &tokens[..49] {
        let path = "/api/v1/users/00u0000000000000000000000";
        let replies = many(|| acme.get(path).bearer(token), 100).await;
        assert!(replies.iter().all(|reply| reply.status == 404), "{}", replies[0].describe());
    }
    let replies = many(|| counted(&acme), 98).await;
    assert!(replies.iter().all(|reply| reply.status == 200), "{}", replies[0].describe());
    let last = &tokens[49];
    assert_eq!(status(&acme, last).await, (5_000, 2, 3_600));
    for left in [1, 0] {
        let reply = acme.get("/api/v1/apps").bearer(last).await.expect(200);
        assert_eq!(reply.header("x-rate-limit-remaining"), Some(left.to_string().as_str()));
    }
    refused(&acme, &tokens, start).await;
    let over = acme.get("/api/v1/users").bearer(&tokens[7]).await.expect(429);
    let over = over.header("x-okta-request-id").expect("an id").to_owned();
    another_account_is_untouched(&globex).await;
    a_new_hour_is_full(&app, &acme, last, start).await;
    // Refusals of the hour before are still explained.
    let why = acme.api("GET", &format!("/api/v1/limits/explain/{over}")).await.expect(200).json();
    assert_eq!(why["rule"], "quota", "{why:#}");
    assert_eq!([&why["limit"], &why["windowSeconds"]], [&json!(5_000), &json!(3_600)], "{why:#}");
}

async fn refused(acme: &Tenant, tokens: &[String], start: i64) {
    for token in [&tokens[0], &tokens[49]] {
        let reply = acme.get("/api/v1/users").bearer(token).await.expect(429);
        assert_eq!(reply.json()["errorCode"], "E0000047", "{}", reply.describe());
        let header = |name: &str| reply.header(name).unwrap_or_default().to_owned();
        assert_eq!(header("retry-after"), "3600", "{}", reply.describe());
        assert_eq!(
            (header("x-rate-limit-limit"), header("x-rate-limit-remaining")),
            ("5000".into(), "0".into())
        );
        assert_eq!(
            (header("x-ratelimit-limit"), header("x-ratelimit-remaining")),
            ("5000".into(), "0".into())
        );
        assert_eq!(header("x-ratelimit-reset"), "3600");
        let at: i64 = header("x-rate-limit-reset").parse().expect("epoch seconds");
        let end = start + 3_600_000_000;
        assert!((end..end + 1_000_000).contains(&(at * 1_000_000)), "{at} s for {end} µs");
    }
    assert_eq!(status(acme, &tokens[1]).await, (5_000, 0, 3_600), "the status answers when nothing is left");
    // What isn't a management call goes on.
    acme.client_credentials(&acme.service(), "orders:read").await.expect(200);
    assert!(acme.keys().await["keys"].is_array());
    acme.api_access_token().await;
}

async fn another_account_is_untouched(globex: &Tenant) {
    let token = globex.api_access_token().await;
    assert_eq!(status(globex, &token).await, (5_000, 5_000, 0));
    counted(globex).await.expect(200);
    assert_eq!(status(globex, &token).await, (5_000, 4_999, 3_600));
}

async fn a_new_hour_is_full(app: &TestApp, acme: &Tenant, token: &str, start: i64) {
    app.clock().set(start + 3_599_999_999).await;
    assert_eq!(status(acme, token).await, (5_000, 0, 1));
    counted(acme).await.expect(429);
    app.clock().set(start + 3_600_000_000).await;
    assert_eq!(status(acme, token).await, (5_000, 5_000, 0), "the hour is over, and nothing is open");
    counted(acme).await.expect(200);
    assert_eq!(status(acme, token).await, (5_000, 4_999, 3_600), "the first call of a new hour");
    let events = acme.logs(&[("filter", r#"eventType sw "system.org.rate_limit""#)]).await;
    let types: Vec<&Value> = events.iter().map(|event| &event["eventType"]).collect();
    assert_eq!(
        types,
        ["system.org.rate_limit.warning", "system.org.rate_limit.violation"],
        "once each: {events:#?}"
    );
}

async fn qt_10_remaining_only_falls_and_reset_stays_within_the_hour(app: TestApp) {
    let acme = app.acme();
    let start = app.clock().freeze().await;
    let token = acme.api_access_token().await;
    let mut left = 5_000;
    for step in 0..40 {
        app.clock().set(start + step * 92_000_001).await;
        counted(&acme).await.expect(200);
        let (_, remaining, reset) = status(&acme, &token).await;
        assert_eq!(remaining, left - 1, "step {step}");
        assert!((1..=3_600).contains(&reset), "step {step}: {reset}");
        left = if step == 39 { 5_000 } else { remaining };
        let passed = step * 92_000_001;
        assert_eq!(reset, (3_600_000_000 - passed + 999_999) / 1_000_000, "rounded up, step {step}");
    }
}

async fn qt_13_asking_does_not_count_and_has_its_own_limit(app: TestApp) {
    let acme = app.acme();
    let start = app.clock().freeze().await;
    let (token, other) = (acme.api_access_token().await, acme.api_access_token().await);
    for n in 0..60 {
        assert_eq!(status(&acme, &token).await, (5_000, 5_000, 0), "call {n}");
    }
    let refused = ask(&acme, &format!("bearer:{token}")).await.expect(429);
    assert_eq!(refused.header("retry-after"), Some("60"), "{}", refused.describe());
    assert_eq!(refused.json()["status"]["code"], 429, "{}", refused.describe());
    assert_eq!(status(&acme, &other).await, (5_000, 5_000, 0), "another token has its own sixty");
    app.clock().set(start + 60_000_000).await;
    assert_eq!(status(&acme, &token).await, (5_000, 5_000, 0), "a minute later");
}

async fn qt_17_headers_and_status_agree(app: TestApp) {
    let acme = app.acme();
    let start = app.clock().freeze().await;
    let token = acme.api_access_token().await;
    for (n, later) in [0, 1, 999_999, 1_000_000, 1_799_500_000, 3_599_000_001].into_iter().enumerate() {
        app.clock().set(start + later).await;
        let reply = counted(&acme).await.expect(200);
        let number = |name: &str| -> i64 {
            let text = reply.header(name).unwrap_or_else(|| panic!("no {name}: {}", reply.describe()));
            text.parse().unwrap_or_else(|_| panic!("{name}: {text}"))
        };
        let told = status(&acme, &token).await;
        let seconds =
            (number("x-ratelimit-limit"), number("x-ratelimit-remaining"), number("x-ratelimit-reset"));
        assert_eq!(seconds, told, "call {n}");
        let okta = (number("x-rate-limit-limit"), number("x-rate-limit-remaining"));
        assert_eq!(okta, (told.0, told.1), "call {n}");
        let end = number("x-rate-limit-reset");
        assert_eq!(end, (start + 3_600_000_000 + 999_999) / 1_000_000, "call {n}: the end doesn't move");
    }
}

on_each_engine! { qt_11_the_first_call_of_a_new_hour_leaves_4999, qt_14_an_account_never_pays_for_another }

async fn qt_11_the_first_call_of_a_new_hour_leaves_4999(app: TestApp) {
    let acme = app.acme();
    let start = app.clock().freeze().await;
    let token = acme.api_access_token().await;
    for _ in 0..3 {
        counted(&acme).await.expect(200);
    }
    assert_eq!(status(&acme, &token).await, (5_000, 4_997, 3_600));
    app.clock().set(start + 3_600_000_000).await;
    counted(&acme).await.expect(200);
    assert_eq!(status(&acme, &token).await, (5_000, 4_999, 3_600));
}

async fn qt_14_an_account_never_pays_for_another(app: TestApp) {
    let (acme, globex) = (app.acme(), app.globex());
    app.clock().freeze().await;
    for _ in 0..10 {
        counted(&acme).await.expect(200);
    }
    let (here, there) = (acme.api_access_token().await, globex.api_access_token().await);
    assert_eq!(status(&acme, &here).await, (5_000, 4_990, 3_600));
    assert_eq!(status(&globex, &there).await, (5_000, 5_000, 0));
}

async fn qt_18_bad_tokens_cost_nobody_a_call(app: TestApp) {
    let (acme, globex) = (app.acme(), app.globex());
    app.clock().freeze().await;
    let token = acme.api_access_token().await;
    counted(&acme).await.expect(200);
    let before = status(&acme, &token).await;
    let foreign = globex.credentials.api_token.clone();
    for bad in [format!("SSWS {foreign}"), "SSWS nonsense".into(), "Bearer nonsense".into(), "nothing".into()]
    {
        let replies = many(|| acme.get("/api/v1/users").header("authorization", &bad), 150).await;
        for reply in replies {
            assert!(matches!(reply.status, 400 | 401), "{}", reply.describe());
            assert_eq!(
                reply.header("x-rate-limit-remaining"),
                None,
                "a stranger learns nothing of the quota"
            );
        }
    }
    assert_eq!(status(&acme, &token).await, before);
}

on_each_engine! { qt_16_clock_steps_do_not_change_the_hours_length }

async fn qt_16_clock_steps_do_not_change_the_hours_length(app: TestApp) {
    let acme = app.acme();
    let start = app.clock().freeze().await;
    let token = acme.api_access_token().await;
    counted(&acme).await.expect(200);
    app.clock().set(start + 1_800_000_000).await;
    assert_eq!(status(&acme, &token).await, (5_000, 4_999, 1_800));
    // Back by an hour: what was counted stays counted, and nobody waits longer than an hour.
    let back = start - 3_600_000_000;
    app.clock().set(back).await;
    counted(&acme).await.expect(200);
    assert_eq!(status(&acme, &token).await, (5_000, 4_998, 3_600));
    app.clock().set(back + 3_599_999_999).await;
    assert_eq!(status(&acme, &token).await, (5_000, 4_998, 1));
    app.clock().set(back + 3_600_000_000).await;
    assert_eq!(status(&acme, &token).await, (5_000, 5_000, 0));
}

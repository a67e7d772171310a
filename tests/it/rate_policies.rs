//! Rate policies at work: what they count, what they refuse, what they tell.

use std::time::Duration;

use signet_testkit::{Engine, Reply, Tenant, TestApp, Value, json, on_each_engine};

use crate::support::make;
use crate::support::rates::{
    SECOND, at_window_start, expect_the_fourth_of_three, number, policy, refusals_of, token, tokens,
};

on_each_engine! {
    three_tokens_in_thirty_seconds_and_the_fourth_is_refused,
    a_policy_counts_by_what_it_names,
    strangers_use_up_nothing,
    several_windows_and_policies,
    shared_and_separate_counters,
    a_penalty_can_be_left_out,
    a_fixed_window_ends_at_its_end,
    what_a_refusal_says_can_be_set,
    a_dry_run_refuses_nobody_and_logs,
    api_credentials_are_counted,
    rl_42_refreshing_is_limited_only_where_switched_on_and_ends_no_family,
    the_database_counts_over_restarts,
}

/// As an administrator types it: limit 3, window_size 30, a sliding window.
async fn three_tokens_in_thirty_seconds_and_the_fourth_is_refused(app: TestApp) {
    let acme = app.acme();
    let start = at_window_start(&app).await;
    // A quarter of the window is over: what is left of it, and half of the next, in which four hits weigh two.
    let at = start + 7 * SECOND + SECOND / 2;
    app.clock().set(at).await;
    let body = json!({
        "name": "three in thirty seconds", "identifier": "app", "limit": [3], "window_size": [30],
        "window_type": "sliding", "strategy": "local", "sync_rate": -1, "disable_penalty": false,
        "hide_client_headers": false, "retry_after_jitter_max": 0,
    });
    let policy = make::rate_policy(&acme, body).await;
    for remaining in [2, 1, 0] {
        let reply = token(&acme).await.expect(200);
        assert_eq!(number(&reply, "RateLimit-Limit"), 3);
        assert_eq!(number(&reply, "RateLimit-Remaining"), remaining);
        assert_eq!(number(&reply, "RateLimit-Reset"), 23);
        assert_eq!(number(&reply, "X-RateLimit-Limit-30"), 3);
        assert_eq!(number(&reply, "X-RateLimit-Remaining-30"), remaining);
        assert_eq!(reply.header("retry-after"), None);
    }
    let refused = token(&acme).await;
    expect_the_fourth_of_three(&refused, &policy);
    let event = &acme.wait_for_logs(&refusals_of(&policy), 1).await[0];
    assert_eq!(event["outcome"]["reason"], "rate_policy_exceeded", "{event:#}");
    assert_eq!(event["outcome"]["result"], "FAILURE");
    assert_eq!(event["actor"]["id"], acme.service().client_id);
    assert_eq!(event["target"][0]["displayName"], "three in thirty seconds");
    let facts = &event["debugContext"]["debugData"];
    let fact = |name: &str| facts[name].as_str().unwrap_or_else(|| panic!("no {name}: {facts:#}")).to_owned();
    assert_eq!(fact("counted"), format!("app {}", acme.service().client_id));
    assert_eq!((fact("limit"), fact("window"), fact("hits")), ("3".into(), "30".into(), "4".into()));
    assert_eq!(fact("windowStart"), start.to_string());
    assert_eq!(fact("refusedAt"), at.to_string());
    assert_eq!(fact("retryAt"), (at + 38 * SECOND).to_string());
    // The wait that it names is the true one.
    app.clock().advance(Duration::from_secs(38)).await;
    token(&acme).await.expect(200);
}

async fn a_policy_counts_by_what_it_names(app: TestApp) {
    let (acme, globex) = (app.acme(), app.globex());
    at_window_start(&app).await;
    let (one, other) = (acme.service(), make_service(&acme).await);
    let server = make::server(&acme).await;
    let at_server = acme.at_server(&server);
    let once = async |members: Value| {
        let mut all = json!({ "limit": [1] });
        all.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        policy(&acme, all).await
    };
    let drop = async |policy: Value| {
        let path = format!("/api/v1/rate-policies/{}", policy["id"].as_str().unwrap());
        acme.api("DELETE", &path).await.expect(204);
    };
    let by_app = once(json!({ "identifier": "app" })).await;
    assert_eq!(tokens(&acme, &one, 2).await, [200, 429]);
    assert_eq!(tokens(&acme, &other, 2).await, [200, 429], "another app has its own count");
    assert_eq!(tokens(&globex, &globex.service(), 2).await, [200, 200], "another tenant has no policy");
    drop(by_app).await;
    let by_tenant = once(json!({ "identifier": "tenant" })).await;
    assert_eq!(tokens(&acme, &one, 1).await, [200]);
    assert_eq!(tokens(&acme, &other, 1).await, [429], "all apps share the tenant's");
    drop(by_tenant).await;
    let by_server = once(json!({ "identifier": "server" })).await;
    assert_eq!(tokens(&acme, &one, 2).await, [200, 429]);
    let elsewhere = at_server.client_credentials(&one, "").await;
    assert_ne!(elsewhere.status, 429, "another server has its own count: {}", elsewhere.describe());
    drop(by_server).await;
    let by_path = once(json!({ "identifier": "path", "path": "/oauth2/default/v1/token" })).await;
    assert_eq!(tokens(&acme, &one, 1).await, [200]);
    assert_eq!(tokens(&acme, &other, 1).await, [429]);
    assert_ne!(at_server.client_credentials(&one, "").await.status, 429, "another path isn't counted");
    drop(by_path).await;
    let by_ip = once(json!({ "identifier": "ip" })).await;
    assert_eq!(tokens(&acme, &one, 1).await, [200]);
    assert_eq!(tokens(&acme, &other, 1).await, [429], "one address");
    drop(by_ip).await;
    let by_header = once(json!({ "identifier": "header", "header_name": "X-Plan" })).await;
    let with = async |plan: &str| {
        let form = [("grant_type", "client_credentials"), ("scope", "orders:read")];
        acme.token_as(&one, &form).header("x-plan", plan).await.status
    };
    assert_eq!([with("gold").await, with("gold").await, with("silver").await], [200, 429, 200]);
    assert_eq!(tokens(&acme, &one, 2).await, [200, 429], "without the header the address counts");
    drop(by_header).await;
    let user = make::user(&acme, "rates").await;
    let by_user = once(json!({ "identifier": "user" })).await;
    let web = acme.web();
    let password = async |login: &str| acme.password(&web, login, &user.password, "openid").await.status;
    assert_eq!(password(&user.login).await, 200);
    assert_eq!(password(&user.login.to_uppercase()).await, 429, "however the name is written");
    assert_eq!(password("nobody@acme.test").await, 400, "another name has its own count");
    assert_eq!(password("nobody@acme.test").await, 429, "whether there is such a user or not");
    let flow = acme.code_flow_as(&web, "openid", &user.login, &user.password).await;
    acme.redeem(&web, &flow).await.expect(429);
    assert_eq!(tokens(&acme, &one, 2).await, [200, 429], "without a user the app counts");
    drop(by_user).await;
    acme.redeem(&web, &flow).await.expect(200);
}

async fn make_service(tenant: &Tenant) -> signet_testkit::App {
    let body = json!({
        "name": "oidc_client", "label": make::unique("service"), "signOnMode": "OPENID_CONNECT",
        "credentials": { "oauthClient": { "token_endpoint_auth_method": "client_secret_basic" } },
        "settings": { "oauthClient": { "application_type": "service", "grant_types": ["client_credentials"],
            "response_types": ["token"], "redirect_uris": [] } },
    });
    make::app_from(tenant, &body).await
}

/// Whoever can't prove to be an app, or holds nothing of it, counts for nobody.
async fn strangers_use_up_nothing(app: TestApp) {
    let acme = app.acme();
    at_window_start(&app).await;
    for identifier in ["tenant", "app", "ip", "server"] {
        policy(&acme, json!({ "identifier": identifier, "limit": [1] })).await;
    }
    let service = acme.service();
    let mut wrong = service.clone();
    wrong.client_secret = Some("not-the-secret-of-this-app".to_owned());
    assert_eq!(tokens(&acme, &wrong, 5).await, [401; 5]);
    let browser = acme.browser_app();
    for n in 0..5 {
        // A public app's id is known to everybody.
        let code = format!("made-up-code-number-{n}");
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", browser.redirect_uri.as_str()),
            ("code_verifier", "x".repeat(43).leak()),
        ];
        acme.token_as(&browser, &form).await.expect_oauth_error(400, "invalid_grant");
    }
    acme.client_credentials(&acme.web(), "orders:read").await;
    assert_eq!(tokens(&acme, &service, 2).await, [200, 429]);
}

async fn several_windows_and_policies(app: TestApp) {
    let acme = app.acme();
    at_window_start(&app).await;
    let first = policy(&acme, json!({ "limit": [2, 100], "window_size": [1, 3600] })).await;
    let second = policy(&acme, json!({ "limit": [4], "window_size": [60], "identifier": "tenant" })).await;
    let reply = token(&acme).await.expect(200);
    for (name, value) in [
        ("X-RateLimit-Limit-Second", 2),
        ("X-RateLimit-Remaining-Second", 1),
        ("X-RateLimit-Limit-Hour", 100),
        ("X-RateLimit-Remaining-Hour", 99),
        ("X-RateLimit-Limit-Minute", 4),
        ("X-RateLimit-Remaining-Minute", 3),
        ("RateLimit-Limit", 2),
        ("RateLimit-Remaining", 1),
    ] {
        assert_eq!(number(&reply, name), value, "{name}: {}", reply.describe());
    }
    assert_eq!(tokens(&acme, &acme.service(), 3).await, [200, 429, 429]);
    assert_eq!(acme.wait_for_logs(&refusals_of(&first), 1).await.len(), 1, "one window, one story");
    // What the first refused cost the second nothing.
    app.clock().advance(Duration::from_secs(10)).await;
    let reply = token(&acme).await.expect(200);
    assert_eq!(number(&reply, "X-RateLimit-Remaining-Minute"), 1, "{}", reply.describe());
    app.clock().advance(Duration::from_secs(10)).await;
    assert_eq!(tokens(&acme, &acme.service(), 2).await, [200, 429]);
    acme.wait_for_logs(&refusals_of(&second), 1).await;
}

async fn shared_and_separate_counters(app: TestApp) {
    let acme = app.acme();
    at_window_start(&app).await;
    let shared = json!({ "namespace": "shared", "limit": [3], "strategy": "cluster" });
    policy(&acme, shared.clone()).await;
    policy(&acme, shared).await;
    assert_eq!(tokens(&acme, &acme.service(), 4).await, [200, 200, 200, 429], "one request counts once");
    let other = make_service(&acme).await;
    policy(&acme, json!({ "limit": [1], "strategy": "cluster" })).await;
    assert_eq!(tokens(&acme, &other, 2).await, [200, 429], "a namespace of its own starts from nothing");
}

async fn a_penalty_can_be_left_out(app: TestApp) {
    let acme = app.acme();
    for (strategy, members) in [
        ("local", json!({ "disable_penalty": true })),
        ("cluster", json!({ "disable_penalty": true, "strategy": "cluster" })),
    ] {
        let start = at_window_start(&app).await;
        let made = policy(&acme, members).await;
        assert_eq!(tokens(&acme, &acme.service(), 9).await[..4], [200, 200, 200, 429], "{strategy}");
        // Three hits weigh two after ten seconds of the next window.
        app.clock().set(start + 40 * SECOND).await;
        assert_eq!(tokens(&acme, &acme.service(), 2).await, [200, 429], "{strategy}");
        let path = format!("/api/v1/rate-policies/{}", made["id"].as_str().unwrap());
        acme.api("DELETE", &path).await.expect(204);
    }
}

async fn a_fixed_window_ends_at_its_end(app: TestApp) {
    let acme = app.acme();
    let start = at_window_start(&app).await;
    policy(&acme, json!({ "window_type": "fixed" })).await;
    assert_eq!(tokens(&acme, &acme.service(), 3).await, [200; 3]);
    let refused = token(&acme).await.expect(429);
    assert_eq!(number(&refused, "Retry-After"), 30);
    app.clock().set(start + 30 * SECOND - 1).await;
    token(&acme).await.expect(429);
    app.clock().set(start + 30 * SECOND).await;
    assert_eq!(tokens(&acme, &acme.service(), 4).await, [200, 200, 200, 429]);
}

async fn what_a_refusal_says_can_be_set(app: TestApp) {
    let acme = app.acme();
    at_window_start(&app).await;
    let made = policy(
        &acme,
        json!({ "limit": [1], "error_code": 503, "error_message": "Später, bitte", "retry_after_jitter_max": 5 }),
    )
    .await;
    let first = token(&acme).await.expect(200);
    assert_eq!(number(&first, "RateLimit-Limit"), 1);
    let refused = token(&acme).await;
    assert_eq!((refused.status, refused.text().as_str()), (503, r#"{"message":"Später, bitte"}"#));
    let (reset, wait) = (number(&refused, "RateLimit-Reset"), number(&refused, "Retry-After"));
    assert!((reset..=reset + 5).contains(&wait), "{wait} s, with up to 5 s on {reset} s");
    let path = format!("/api/v1/rate-policies/{}", made["id"].as_str().unwrap());
    acme.api("DELETE", &path).await.expect(204);
    policy(&acme, json!({ "limit": [1], "hide_client_headers": true })).await;
    let silent = |reply: &Reply| {
        let telling = reply.headers.keys().find(|n| n.as_str().contains("ratelimit") || *n == "retry-after");
        assert_eq!(telling, None, "{}", reply.describe());
    };
    silent(&token(&acme).await.expect(200));
    silent(&token(&acme).await.expect(429));
}

async fn a_dry_run_refuses_nobody_and_logs(app: TestApp) {
    let acme = app.acme();
    at_window_start(&app).await;
    let made = policy(&acme, json!({ "limit": [2], "dry_run": true })).await;
    for _ in 0..4 {
        let reply = token(&acme).await.expect(200);
        assert_eq!(reply.header("ratelimit-limit"), None, "nobody is told of it");
    }
    let id = made["id"].as_str().unwrap();
    let filter =
        format!(r#"eventType eq "policy.rate_limit.dry_run" and debugContext.debugData.policy eq "{id}""#);
    let events = acme.wait_for_logs(&filter, 1).await;
    assert_eq!(events.len(), 1, "the second is in the first one's story: {events:#?}");
    for event in &events {
        assert_eq!(event["actor"]["id"], acme.service().client_id, "{event:#}");
        assert_eq!(event["debugContext"]["debugData"]["limit"], "2", "{event:#}");
    }
}

async fn api_credentials_are_counted(app: TestApp) {
    let acme = app.acme();
    at_window_start(&app).await;
    let made = policy(&acme, json!({ "identifier": "credential", "limit": [2] })).await;
    let credential = acme.credentials.api_credential.clone();
    let how = format!("client_id:{}, client_secret:{}", credential.client_id, credential.client_secret);
    let wrong = format!("client_id:{}, client_secret:{}", credential.client_id, "0".repeat(64));
    let ask = async |path: &str, how: &str| {
        let body = json!({ "grant_type": "client_credentials" });
        acme.call("POST", path).header("authorization", how).json(&body).await
    };
    for _ in 0..3 {
        ask("/auth/oauth2/v2/token", &wrong).await.expect(401);
    }
    let first = ask("/auth/oauth2/v2/token", &how).await.expect(200);
    assert_eq!(number(&first, "RateLimit-Remaining"), 1);
    ask("/auth/oauth2/token", &how).await.expect(200);
    let refused = ask("/auth/oauth2/v2/token", &how).await.expect(429);
    assert_eq!(refused.text(), r#"{"message":"API rate limit exceeded"}"#);
    ask("/auth/oauth2/token", &how).await.expect(429);
    assert_eq!(tokens(&acme, &acme.service(), 3).await, [200; 3], "apps have nothing to do with it");
    let event = &acme.wait_for_logs(&refusals_of(&made), 1).await[0];
    assert_eq!(event["outcome"]["reason"], "rate_policy_exceeded", "{event:#}");
    assert_eq!(event["actor"]["alternateId"], credential.client_id, "{event:#}");
}

async fn rl_42_refreshing_is_limited_only_where_switched_on_and_ends_no_family(app: TestApp) {
    let acme = app.acme();
    let web = acme.web();
    let flow = acme.code_flow(&web, "openid offline_access").await;
    let mut tokens = flow.redeem(&acme, &web).await;
    at_window_start(&app).await;
    let made = policy(&acme, json!({ "limit": [1] })).await;
    for _ in 0..3 {
        tokens = acme.refresh(&web, tokens.refresh()).await.expect(200).tokens();
    }
    let path = format!("/api/v1/rate-policies/{}", made["id"].as_str().unwrap());
    acme.api("DELETE", &path).await.expect(204);
    policy(&acme, json!({ "limit": [1], "grant_types": ["refresh_token"] })).await;
    tokens = acme.refresh(&web, tokens.refresh()).await.expect(200).tokens();
    for _ in 0..3 {
        acme.refresh(&web, tokens.refresh()).await.expect(429);
    }
    app.clock().advance(Duration::from_secs(90)).await;
    tokens = acme.refresh(&web, tokens.refresh()).await.expect(200).tokens();
    assert!(acme.is_active(&web, &tokens.access_token).await, "the family goes on");
}

async fn the_database_counts_over_restarts(engine: Engine) {
    let app = TestApp::start(engine).await;
    let now = at_window_start(&app).await;
    // A year's window, so that the machine's clock will do.
    policy(&app.acme(), json!({ "strategy": "cluster", "window_size": [31_536_000] })).await;
    assert_eq!(tokens(&app.acme(), &app.acme().service(), 2).await, [200, 200]);
    app.restart().await;
    app.clock().freeze().await;
    app.clock().set(now + SECOND).await;
    assert_eq!(tokens(&app.acme(), &app.acme().service(), 2).await, [200, 429]);
}

//! Rate policies at a gateway's own token endpoint: the same count, the same refusal, the same record as at every
//! other.

use std::time::Duration;

use signet_testkit::{Engine, Reply, TestApp, free_port, json, on_each_engine};

use crate::observed::series;
use crate::support::gateway::{Gate, pair, store_app};
use crate::support::rates::{
    SECOND, at_window_start, expect_the_fourth_of_three, number, policy, refusals_of,
};

on_each_engine! {
    three_tokens_in_thirty_seconds_and_the_fourth_is_refused_at_a_gateway,
    what_a_front_end_asks_for_counts_for_whom_it_names,
    nobody_uses_up_what_is_anothers,
    refreshing_at_a_gateway_counts_only_where_switched_on,
    a_dry_run_at_a_gateway_refuses_nobody,
    metrics_count_tokens_and_refusals_of_a_gateway,
}

async fn three_tokens_in_thirty_seconds_and_the_fourth_is_refused_at_a_gateway(app: TestApp) {
    let acme = app.acme();
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    let start = at_window_start(&app).await;
    let at = start + 7 * SECOND + SECOND / 2;
    app.clock().set(at).await;
    let made = policy(&acme, json!({ "window_type": "sliding", "strategy": "local" })).await;
    let own = [("grant_type", "client_credentials"), ("scope", "steps:read")];
    for remaining in [2, 1, 0] {
        let reply = gate.token(&store, &own).await.expect(200);
        assert_eq!(number(&reply, "RateLimit-Limit"), 3);
        assert_eq!(number(&reply, "X-RateLimit-Remaining-30"), remaining);
        assert_eq!(reply.header("retry-after"), None);
    }
    let refused = gate.token(&store, &own).await;
    expect_the_fourth_of_three(&refused, &made);
    let event = &acme.wait_for_logs(&refusals_of(&made), 1).await[0];
    assert_eq!(event["outcome"]["reason"], "rate_policy_exceeded", "{event:#}");
    assert_eq!(event["actor"]["id"], store.client_id.as_str(), "{event:#}");
    let facts = &event["debugContext"]["debugData"];
    assert_eq!((&facts["gateway"], &facts["hits"]), (&json!("true"), &json!("4")), "{event:#}");
    let request = refused.header("x-okta-request-id").expect("an id");
    let path = format!("/api/v1/limits/explain/{request}");
    let why = acme.api("GET", &path).await.expect(200).json();
    assert_eq!([&why["rule"], &why["limit"]], [&json!("rate_policy"), &json!(3)], "{why:#}");
    // The other endpoint counts on the same counter, and the wait is the true one.
    gate.tenant.client_credentials(&store, "steps:read").await.expect(429);
    app.clock().advance(Duration::from_secs(60)).await;
    gate.token(&store, &own).await.expect(200);
}

async fn what_a_front_end_asks_for_counts_for_whom_it_names(app: TestApp) {
    let acme = app.acme();
    let (gate, other) = (Gate::new(&acme, json!({})).await, Gate::new(&acme, json!({})).await);
    let store = store_app(&acme).await;
    at_window_start(&app).await;
    policy(&acme, json!({ "identifier": "user", "limit": [2] })).await;
    let named = async |gate: &Gate, grant: &str, userid: &str| {
        let key = gate.provision_key.as_str();
        let fields = [("grant_type", grant), ("authenticated_userid", userid), ("provision_key", key)];
        gate.token(&store, &fields).await.status
    };
    assert_eq!(named(&gate, "password", "ada").await, 200);
    assert_eq!(named(&gate, "client_credentials", "ada").await, 200, "the same person by another grant");
    assert_eq!(named(&gate, "password", "ada").await, 429);
    assert_eq!(named(&gate, "password", "bob").await, 200);
    assert_eq!(named(&other, "password", "ada").await, 200, "another front end's ada is someone else");
    let code = gate.code(&store, &[("authenticated_userid", "ada")]).await;
    gate.redeem(&store, &code).await.expect(429);
    app.clock().advance(Duration::from_secs(57)).await;
    gate.redeem(&store, &code).await.expect(200);
}

async fn nobody_uses_up_what_is_anothers(app: TestApp) {
    let acme = app.acme();
    let gate = Gate::new(&acme, json!({})).await;
    let (store, thief) = (store_app(&acme).await, store_app(&acme).await);
    at_window_start(&app).await;
    let codes = [gate.code(&store, &[]).await, gate.code(&thief, &[]).await];
    policy(&acme, json!({ "identifier": "tenant", "limit": [1] })).await;
    let mut wrong = store.clone();
    wrong.client_secret = Some("not-the-secret-of-this-app".to_owned());
    let asks = |reply: Reply| assert_eq!(reply.header("ratelimit-limit"), None, "{}", reply.describe());
    let own = [("grant_type", "client_credentials"), ("scope", "steps:read")];
    asks(gate.token(&wrong, &own).await.expect(400));
    asks(gate.redeem(&store, "made-up").await.expect(400));
    asks(gate.redeem(&thief, &codes[0]).await.expect(400));
    asks(gate.token(&store, &[("grant_type", "refresh_token"), ("refresh_token", "made-up")]).await);
    let password = [("grant_type", "password"), ("authenticated_userid", "ada"), ("provision_key", "wrong")];
    asks(gate.token(&store, &password).await.expect(400));
    gate.redeem(&thief, &codes[1]).await.expect(200);
    asks(gate.redeem(&thief, &codes[1]).await.expect(400));
    gate.token(&store, &own).await.expect(429);
}

async fn refreshing_at_a_gateway_counts_only_where_switched_on(app: TestApp) {
    let acme = app.acme();
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    at_window_start(&app).await;
    let (_, mut refresh) = gate.tokens(&store, "steps:read").await;
    let again = async |token: &str| {
        gate.token(&store, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    };
    let made = policy(&acme, json!({ "limit": [1] })).await;
    for _ in 0..3 {
        refresh = pair(&again(&refresh).await.expect(200)).1;
    }
    let path = format!("/api/v1/rate-policies/{}", made["id"].as_str().unwrap());
    acme.api("DELETE", &path).await.expect(204);
    policy(&acme, json!({ "limit": [1], "grant_types": ["refresh_token"] })).await;
    refresh = pair(&again(&refresh).await.expect(200)).1;
    for _ in 0..2 {
        again(&refresh).await.expect(429);
    }
    app.clock().advance(Duration::from_secs(90)).await;
    let (access, _) = pair(&again(&refresh).await.expect(200));
    assert!(gate.passes(&access).await, "a refused refresh ends nothing");
}

async fn a_dry_run_at_a_gateway_refuses_nobody(app: TestApp) {
    let acme = app.acme();
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    at_window_start(&app).await;
    policy(&acme, json!({ "limit": [1], "dry_run": true })).await;
    let own = [("grant_type", "client_credentials"), ("scope", "steps:read")];
    for _ in 0..2 {
        let reply = gate.token(&store, &own).await.expect(200);
        assert_eq!(reply.header("ratelimit-limit"), None, "{}", reply.describe());
    }
    let event = &acme.wait_for_logs(r#"eventType eq "policy.rate_limit.dry_run""#, 1).await[0];
    assert_eq!(event["debugContext"]["debugData"]["gateway"], "true", "{event:#}");
}

async fn metrics_count_tokens_and_refusals_of_a_gateway(engine: Engine) {
    let port = free_port();
    let app = TestApp::start_with(engine, false, &["--metrics-listen", &format!("127.0.0.1:{port}")]).await;
    let acme = app.acme();
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    at_window_start(&app).await;
    policy(&acme, json!({ "limit": [2] })).await;
    let before = series(&app, port).await;
    for status in [200, 200, 429] {
        gate.token(&store, &[("grant_type", "client_credentials"), ("scope", "steps:read")])
            .await
            .expect(status);
    }
    let after = series(&app, port).await;
    let grew = |name: &str| after[name] - before.get(name).copied().unwrap_or_default();
    assert_eq!(grew("signet_tokens_total{grant=\"client_credentials\"}"), 2.0);
    assert_eq!(grew("signet_refusals_total{rule=\"policy\"}"), 1.0);
    let route = "signet_http_requests_total{route=\"/gateway/{server}/oauth2/token\"";
    assert_eq!(grew(&format!("{route},status=\"2xx\"}}")), 2.0);
    assert_eq!(grew(&format!("{route},status=\"4xx\"}}")), 1.0);
}

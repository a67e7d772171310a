//! Refreshing at a gateway's endpoint.

use std::time::Duration;

use signet_testkit::{App, Reply, Shared, TestApp, json, on_each_engine};

use crate::support::apps::NewApp;
use crate::support::gateway::{Gate, assert_refused, pair, store_app, store_app_with};

on_each_engine! {
    a_refresh_ends_the_tokens_before_it,
    a_reused_refresh_token_stays,
    a_refresh_token_of_a_public_app_rotates_anyway,
    a_refresh_token_is_its_apps_own,
    scopes_that_went_are_missed,
    refresh_tokens_end_with_their_ttl,
    parallel_refreshes_make_one_successor,
}

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn refresh(gate: &Gate, app: &App, token: &str) -> Reply {
    gate.token(app, &[("grant_type", "refresh_token"), ("refresh_token", token), ("scope", "nonsense")]).await
}

fn assert_invalid(reply: &Reply) {
    assert_refused(reply, 400, "invalid_request", "Invalid refresh_token");
}

async fn a_refresh_ends_the_tokens_before_it(app: Shared) {
    let acme = app.acme();
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    let (old_access, old_refresh) = gate.tokens(&store, "steps:read").await;
    // `scope` is passed over: the old ones stay.
    let reply = refresh(&gate, &store, &old_refresh).await.expect(200);
    let (access, next) = pair(&reply);
    assert!(!next.is_empty() && next != old_refresh);
    let passed = gate.verify().bearer(&access).await.expect(200);
    assert_eq!(passed.header("x-authenticated-scope"), Some("steps:read"));
    assert_eq!(passed.header("x-authenticated-userid"), Some("userid123"));
    assert!(!gate.passes(&old_access).await);
    assert!(!gate.tenant.is_active(&store, &old_access).await);
    let (third, last) = pair(&refresh(&gate, &store, &next).await.expect(200));
    assert!(gate.passes(&third).await && !gate.passes(&access).await);
    // One that comes back has leaked: all of it ends.
    assert_invalid(&refresh(&gate, &store, &old_refresh).await);
    assert!(!gate.passes(&third).await);
    assert_invalid(&refresh(&gate, &store, &last).await);
    for bad in ["(absent)", "x", &access, &"x".repeat(4_000)] {
        assert_invalid(&refresh(&gate, &store, bad).await);
    }
}

async fn a_reused_refresh_token_stays(app: Shared) {
    let acme = app.acme();
    let (gate, store) =
        (Gate::new(&acme, json!({ "reuse_refresh_token": true })).await, store_app(&acme).await);
    let (mut old, token) = gate.tokens(&store, "steps:read").await;
    for _ in 0..3 {
        let (access, same) = pair(&refresh(&gate, &store, &token).await.expect(200));
        assert_eq!(same, token);
        assert!(gate.passes(&access).await && !gate.passes(&old).await);
        old = access;
    }
}

async fn a_refresh_token_of_a_public_app_rotates_anyway(app: Shared) {
    let acme = app.acme();
    let gate = Gate::new(&acme, json!({ "reuse_refresh_token": true })).await;
    let public = NewApp::browser().make(&acme).await;
    let code = gate.code(&public, &[("code_challenge", CHALLENGE)]).await;
    let params = [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", VERIFIER)];
    let (_, token) = pair(&gate.token(&public, &params).await.expect(200));
    let (_, next) = pair(&refresh(&gate, &public, &token).await.expect(200));
    assert_ne!(next, token);
}

async fn a_refresh_token_is_its_apps_own(app: Shared) {
    let acme = app.acme();
    let gate = Gate::new(&acme, json!({})).await;
    let other = Gate::new(&acme, json!({ "global_credentials": true })).await;
    let (store, thief) = (store_app(&acme).await, store_app(&acme).await);
    let (access, token) = gate.tokens(&store, "steps:read").await;
    assert_invalid(&refresh(&other, &store, &token).await);
    assert!(gate.passes(&access).await);
    let reply = refresh(&gate, &thief, &token).await;
    assert_refused(&reply, 400, "invalid_client", "Invalid client authentication");
    // Only a holder of the string can do that: it has leaked.
    assert!(!gate.passes(&access).await);
    assert_invalid(&refresh(&gate, &store, &token).await);
    // An app without the grant gets no refresh token, and one of the ordinary endpoint is nothing here.
    let plain = store_app_with(&acme, json!({ "grant_types": ["authorization_code"] }), false).await;
    assert_eq!(gate.tokens(&plain, "steps:read").await.1, "");
}

async fn scopes_that_went_are_missed(app: Shared) {
    let acme = app.acme();
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    let (_, token) = gate.tokens(&store, "steps:read steps:write").await;
    gate.set(json!({ "scopes": ["steps:read"] })).await;
    assert_refused(&refresh(&gate, &store, &token).await, 400, "invalid_scope", "Scope mismatch");
    gate.set(json!({})).await;
    refresh(&gate, &store, &token).await.expect(200);
}

async fn refresh_tokens_end_with_their_ttl(app: TestApp) {
    let acme = app.acme();
    app.clock().freeze().await;
    let (gate, store) = (Gate::new(&acme, json!({ "refresh_token_ttl": 100 })).await, store_app(&acme).await);
    let (_, token) = gate.tokens(&store, "steps:read").await;
    app.clock().advance(Duration::from_secs(99)).await;
    // Each use begins the time anew.
    let (_, token) = pair(&refresh(&gate, &store, &token).await.expect(200));
    app.clock().advance(Duration::from_secs(100)).await;
    assert_invalid(&refresh(&gate, &store, &token).await);
    gate.set(json!({ "refresh_token_ttl": 0 })).await;
    let (_, token) = gate.tokens(&store, "steps:read").await;
    app.clock().advance(Duration::from_secs(400 * 86_400)).await;
    refresh(&gate, &store, &token).await.expect(200);
}

async fn parallel_refreshes_make_one_successor(app: Shared) {
    let acme = app.acme();
    let (gate, store) =
        (Gate::new(&acme, json!({ "reuse_refresh_token": true })).await, store_app(&acme).await);
    let (_, token) = gate.tokens(&store, "steps:read").await;
    let all = futures_util::future::join_all((0..8).map(|_| refresh(&gate, &store, &token))).await;
    let good: Vec<_> = all.iter().filter(|reply| reply.status == 200).map(|reply| pair(reply).0).collect();
    assert!(!good.is_empty());
    let mut passing = 0;
    for access in &good {
        passing += usize::from(gate.passes(access).await);
    }
    assert_eq!(passing, 1, "of {} access tokens one is good", good.len());
}

//! What a gateway asks before each call.

use std::time::Duration;

use signet_testkit::{Jwt, Reply, Shared, TestApp, json, on_each_engine};

use crate::support::gateway::{Gate, SCOPES, assert_refused, store_app_with};
use crate::support::make;

on_each_engine! {
    without_a_token_a_call_does_not_pass,
    a_token_passes_with_headers_that_say_who_calls,
    scopes_and_apps_are_demanded,
    a_users_token_names_the_user,
    revoked_and_foreign_tokens_do_not_pass,
    an_expired_token_does_not_pass,
    tokens_are_taken_from_where_the_profile_says,
    global_tokens_pass_where_both_profiles_say_so,
    anonymous_callers_are_an_app,
    names_are_safe_in_headers,
    hostile_calls_are_refused,
}

const MISSING: &str = "The access token is missing";
const INVALID: &str = "The access token is invalid or has expired";

fn assert_invalid(reply: &Reply) {
    assert_refused(reply, 401, "invalid_token", INVALID);
}

async fn without_a_token_a_call_does_not_pass(app: Shared) {
    let gate = Gate::new(&app.acme(), json!({})).await;
    for call in [gate.verify(), gate.call("POST", "verify"), gate.verify().header("authorization", "")] {
        let reply = call.await;
        assert_refused(&reply, 401, "invalid_request", MISSING);
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
    let invalid = format!("error=\"invalid_token\", error_description=\"{INVALID}\"");
    // Another scheme's value is taken for a token.
    for value in ["Bearer abc", "token abc", "abc", "Basic YTpi", "Bearer a b", "Bearer"] {
        let reply = gate.verify().not_secret().header("authorization", value).await;
        assert_invalid(&reply);
        assert_eq!(reply.header("www-authenticate"), Some(format!("Bearer {invalid}").as_str()), "{value}");
    }
    gate.set(json!({ "realm": "steps" })).await;
    let bare = gate.verify().await;
    assert_eq!(bare.header("www-authenticate"), Some("Bearer realm=\"steps\""));
    let wrong = gate.verify().bearer("abc").await;
    assert_eq!(wrong.header("www-authenticate"), Some(format!("Bearer realm=\"steps\", {invalid}").as_str()));
}

async fn a_token_passes_with_headers_that_say_who_calls(app: Shared) {
    let gate = Gate::new(&app.acme(), json!({})).await;
    let (service, token) = gate.service_token("steps:read steps:write").await;
    for value in
        [format!("Bearer {token}"), format!("bearer  {token}"), format!("Token {token}"), token.clone()]
    {
        let reply = gate.verify().header("authorization", &value).await.expect(200);
        assert_eq!(reply.header("x-consumer-id"), Some(service.client_id.as_str()));
        assert!(reply.header("x-consumer-username").is_some_and(|name| name.starts_with("Service-")));
        assert_eq!(reply.header("x-consumer-custom-id"), Some("ext-7"));
        assert_eq!(reply.header("x-credential-identifier"), Some(service.client_id.as_str()));
        assert_eq!(reply.header("x-authenticated-scope"), Some("steps:read steps:write"));
        for absent in ["x-authenticated-userid", "x-anonymous-consumer", "x-hide-credentials"] {
            assert_eq!(reply.header(absent), None);
        }
        assert!(reply.body.is_empty());
    }
    gate.call("POST", "verify").bearer(&token).await.expect(200);
    gate.set(json!({ "hide_credentials": true, "auth_header_name": "X-Steps-Key" })).await;
    let reply = gate.verify().header("x-steps-key", &token).await.expect(200);
    assert_eq!(reply.header("x-hide-credentials"), Some("true"));
    assert_refused(&gate.verify().bearer(&token).await, 401, "invalid_request", MISSING);
}

async fn scopes_and_apps_are_demanded(app: Shared) {
    let gate = Gate::new(&app.acme(), json!({})).await;
    let (service, token) = gate.service_token("steps:read").await;
    let ask = |query: &[(&'static str, &str)]| gate.verify().bearer(&token).query(query.to_vec());
    ask(&[("scope", "steps:read"), ("app", &service.client_id)]).await.expect(200);
    for scope in ["steps:write", "steps:read steps:write", "steps", "STEPS:READ"] {
        let reply = ask(&[("scope", scope)]).await.expect(403);
        let challenge = reply.header("www-authenticate").unwrap_or_default();
        assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
        assert!(challenge.ends_with(&format!("scope=\"{scope}\"")), "{challenge}");
        assert_eq!(reply.json()["error"], "insufficient_scope");
    }
    ask(&[("app", "0oa0000000000000000000001")]).await.expect(403);
    ask(&[("app", &format!("0oa0000000000000000000001 {}", service.client_id))]).await.expect(200);
    // What is misspelt is no demand that everyone meets.
    for query in [("scopes", "steps:read"), ("Scope", "steps:read"), ("scope", "a\u{7f}b")] {
        ask(&[query]).await.expect(400);
    }
    ask(&[("scope", "steps:read"), ("scope", "steps:write")]).await.expect(400);
    // Behind the call's own path nothing is a demand.
    let envoy =
        |method: &str| gate.call(method, "verify/v1/steps").query([("scope", "steps:write")]).bearer(&token);
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        envoy(method).await.expect(200);
    }
}

async fn a_users_token_names_the_user(app: Shared) {
    let acme = app.acme();
    let gate = Gate::new(&acme, json!({})).await;
    let web = make::web_app(&acme, &["password"]).await;
    let user = make::user(&acme, "walker").await;
    let tokens = gate.tenant.password(&web, &user.login, &user.password, "steps:read").await.tokens();
    let reply = gate.verify().bearer(&tokens.access_token).await.expect(200);
    assert_eq!(reply.header("x-authenticated-userid"), Some(user.id.as_str()));
    make::step(&acme, &user, "suspend").await;
    assert_invalid(&gate.verify().bearer(&tokens.access_token).await);
}

async fn revoked_and_foreign_tokens_do_not_pass(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let (gate, other) = (Gate::new(&acme, json!({})).await, Gate::new(&acme, json!({})).await);
    let (service, token) = gate.service_token("steps:read").await;
    assert!(gate.passes(&token).await);
    assert_invalid(&other.verify().bearer(&token).await);
    let theirs = Gate::new(&globex, json!({})).await;
    assert_invalid(&theirs.verify().bearer(&token).await);
    let jwt = Jwt::decode(&token);
    let mut header = jwt.header.clone();
    header["alg"] = json!("none");
    assert_invalid(&gate.verify().bearer(&Jwt::forge(&header, &jwt.claims, b"")).await);
    header["alg"] = json!("HS256");
    assert_invalid(&gate.verify().bearer(&Jwt::forge(&header, &jwt.claims, &[7; 32])).await);
    gate.tenant.revoke(&service, &token).await.expect(200);
    assert_invalid(&gate.verify().bearer(&token).await);
    let (service, token) = gate.service_token("steps:read").await;
    assert!(gate.passes(&token).await);
    acme.api("POST", &format!("/api/v1/apps/{}/lifecycle/deactivate", service.client_id)).await.expect(200);
    assert_invalid(&gate.verify().bearer(&token).await);
    // Tokens of other kinds are nothing here.
    let management = acme.api_access_token().await;
    for secret in [&acme.credentials.api_token, &management, &gate.provision_key] {
        assert_invalid(&gate.verify().bearer(secret).await);
    }
}

async fn an_expired_token_does_not_pass(app: TestApp) {
    let acme = app.acme();
    app.clock().freeze().await;
    let gate = Gate::new(&acme, json!({ "token_expiration": 30 })).await;
    let store = store_app_with(&acme, json!({}), false).await;
    let (access, _) = gate.tokens(&store, "steps:read").await;
    app.clock().advance(Duration::from_secs(29)).await;
    assert!(gate.passes(&access).await);
    app.clock().advance(Duration::from_secs(1)).await;
    assert_invalid(&gate.verify().bearer(&access).await);
}

async fn tokens_are_taken_from_where_the_profile_says(app: Shared) {
    let gate = Gate::new(&app.acme(), json!({})).await;
    let (_, token) = gate.service_token("steps:read").await;
    let in_query = || gate.verify().query([("access_token", token.as_str())]);
    let in_form = || gate.call("POST", "verify").form([("access_token", token.as_str())]);
    let original = format!("/steps?access_token={token}&x=1");
    for call in [in_query(), in_form(), gate.verify().header("x-original-uri", &original)] {
        assert_refused(&call.await, 401, "invalid_request", MISSING);
    }
    gate.set(json!({ "token_in_query": true, "token_in_form": true })).await;
    for call in [
        in_query(),
        in_form(),
        gate.verify().header("x-original-uri", &original),
        gate.verify().header("x-forwarded-uri", &original),
        gate.call("GET", "verify/steps").query([("access_token", token.as_str()), ("scope", "x")]),
    ] {
        call.await.expect(200);
    }
    // The header comes first; of two others neither counts.
    assert_invalid(&in_query().bearer("another").await);
    assert_invalid(&in_query().header("x-original-uri", "/steps?access_token=another").await);
}

async fn global_tokens_pass_where_both_profiles_say_so(app: Shared) {
    let acme = app.acme();
    let (one, two) = (Gate::new(&acme, json!({})).await, Gate::new(&acme, json!({})).await);
    let (_, token) = one.service_token("steps:read").await;
    assert_invalid(&two.verify().bearer(&token).await);
    one.set(json!({ "global_credentials": true })).await;
    let reply = two.verify().bearer(&token).await;
    let words =
        "The access token is global, but the current plugin is configured without 'global_credentials'";
    assert_refused(&reply, 401, "invalid_token", words);
    assert!(reply.header("www-authenticate").is_some_and(|value| value.contains(INVALID)));
    two.set(json!({ "global_credentials": true })).await;
    assert!(two.passes(&token).await && one.passes(&token).await);
    let theirs = Gate::new(&app.globex(), json!({ "global_credentials": true })).await;
    assert_invalid(&theirs.verify().bearer(&token).await);
}

async fn anonymous_callers_are_an_app(app: Shared) {
    let acme = app.acme();
    let gate = Gate::new(&acme, json!({})).await;
    let anyone = make::web_app(&acme, &["password"]).await;
    gate.set(json!({ "anonymous": anyone.client_id })).await;
    for call in [gate.verify(), gate.verify().bearer("wrong")] {
        let reply = call.await.expect(200);
        assert_eq!(reply.header("x-anonymous-consumer"), Some("true"));
        assert_eq!(reply.header("x-consumer-id"), Some(anyone.client_id.as_str()));
        for absent in ["x-credential-identifier", "x-authenticated-scope", "x-authenticated-userid"] {
            assert_eq!(reply.header(absent), None);
        }
    }
    let (_, token) = gate.service_token("steps:read").await;
    assert_eq!(gate.verify().bearer(&token).await.expect(200).header("x-anonymous-consumer"), None);
    // Nobody meets no demand.
    gate.verify().query([("scope", SCOPES[0])]).await.expect(401);
    gate.verify().query([("app", anyone.client_id.as_str())]).await.expect(401);
    acme.api("POST", &format!("/api/v1/apps/{}/lifecycle/deactivate", anyone.client_id)).await.expect(200);
    gate.verify().await.expect(401);
}

async fn names_are_safe_in_headers(app: Shared) {
    let acme = app.acme();
    let gate = Gate::new(&acme, json!({})).await;
    let settings = json!({ "external_id": "Zürich 100 %" });
    let store = store_app_with(&acme, settings, false).await;
    let code = gate.code(&store, &[("authenticated_userid", "日本: x")]).await;
    let body = gate.redeem(&store, &code).await.expect(200).json();
    let reply = gate.verify().bearer(body["access_token"].as_str().expect("a token")).await.expect(200);
    assert_eq!(reply.header("x-consumer-custom-id"), Some("Z%C3%BCrich 100 %25"));
    assert_eq!(reply.header("x-authenticated-userid"), Some("%E6%97%A5%E6%9C%AC: x"));
}

async fn hostile_calls_are_refused(app: Shared) {
    let gate = Gate::new(&app.acme(), json!({ "api_keys": true, "token_in_query": true })).await;
    let (_, token) = gate.service_token("steps:read").await;
    let twice = gate.verify().bearer(&token).bearer(&token).await;
    assert_invalid(&twice);
    assert_invalid(&gate.verify().bearer(&"x".repeat(6_000)).await);
    let key = gate.verify().header("apikey", &"k".repeat(5_000)).await;
    assert_refused(&key, 401, "invalid_token", "The API key is not valid");
    for value in ["\u{e9}", "a.b.c", "..", "a..", "eyJhbGciOiJub25lIn0..", "'; DROP TABLE grants; --"] {
        assert_eq!(gate.verify().not_secret().bearer(value).await.status, 401, "{value}");
    }
    let bad_query = gate.tenant.get(&format!("/gateway/{}/verify?scope=%ff", gate.server)).await;
    assert_eq!(bad_query.status, 400);
    assert_eq!(gate.call("PUT", "verify").bearer(&token).await.status, 405);
    for path in [
        "/gateway/org/verify",
        "/gateway/nobody/verify",
        "/gateway/%F0%9F%98%80/verify",
        "/gateway/x'y/verify",
    ] {
        gate.tenant.get(path).bearer(&token).await.expect(404);
    }
}

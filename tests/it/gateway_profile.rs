//! Gateway profiles: settings, their faults, and the provision key.

use signet_testkit::{Shared, Value, json, on_each_engine};

use crate::support::gateway::{Gate, assert_refused, put, store_app};
use crate::support::make;

on_each_engine! {
    a_profile_has_the_plugins_defaults,
    a_profile_is_refused_in_the_plugins_words,
    a_provision_key_is_shown_once_and_rolled,
    changes_of_a_profile_are_logged,
    a_deleted_profile_ends_its_tokens,
    profiles_are_a_tenants_own,
}

fn path(server: &str) -> String {
    format!("/api/v1/authorizationServers/{server}/gateway")
}

async fn a_profile_has_the_plugins_defaults(app: Shared) {
    let acme = app.acme();
    let server = make::server(&acme).await;
    acme.api("GET", &path(&server)).await.expect(404);
    let body = json!({ "enable_client_credentials": true, "anonymous": null, "hash_secret": false,
                       "accept_http_if_already_terminated": true });
    let made = acme.api("PUT", &path(&server)).json(&body).await.expect(201);
    assert!(
        made.json()["provision_key"].as_str().is_some_and(|key| key.starts_with("sgp") && key.len() == 46)
    );
    let read = acme.api("GET", &path(&server)).await.expect(200);
    let shown = read.json();
    for (name, value) in [
        ("scopes", json!([])),
        ("mandatory_scope", json!(false)),
        ("enable_authorization_code", json!(false)),
        ("enable_implicit_grant", json!(false)),
        ("enable_client_credentials", json!(true)),
        ("enable_password_grant", json!(false)),
        ("token_expiration", json!(7200)),
        ("refresh_token_ttl", json!(1_209_600)),
        ("reuse_refresh_token", json!(false)),
        ("persistent_refresh_token", json!(false)),
        ("pkce", json!("lax")),
        ("global_credentials", json!(false)),
        ("hide_credentials", json!(false)),
        ("anonymous", Value::Null),
        ("auth_header_name", json!("authorization")),
        ("realm", Value::Null),
        ("provision_key", Value::Null),
        ("token_in_query", json!(false)),
    ] {
        assert_eq!(shown.get(name).unwrap_or(&Value::Null), &value, "{name}");
    }
    // What was read may be sent back.
    let again = acme.api("PUT", &path(&server)).header("if-match", "\"1\"").json(&shown).await.expect(200);
    assert_eq!(again.header("etag"), Some("\"1\""), "nothing changed: {}", again.describe());
    acme.api("PUT", &path(&server)).header("if-match", "\"9\"").json(&shown).await.expect(412);
}

async fn a_profile_is_refused_in_the_plugins_words(app: Shared) {
    let acme = app.acme();
    let server = make::server(&acme).await;
    let none = "at least one of these fields must be true: enable_authorization_code, enable_implicit_grant, \
                enable_client_credentials, enable_password_grant";
    for (body, words) in [
        (json!({}), none),
        (json!({ "enable_password_grant": true, "mandatory_scope": true }), "scopes: required field missing"),
        (
            json!({ "enable_password_grant": true, "refresh_token_ttl": 100_000_001 }),
            "refresh_token_ttl: value should be between 0 and 100000000",
        ),
        (
            json!({ "enable_password_grant": true, "pkce": "plain" }),
            "pkce: expected one of: none, lax, strict",
        ),
        (
            json!({ "enable_implicit_grant": true }),
            "enable_implicit_grant: the implicit grant is not supported",
        ),
        (json!({ "enable_password_grant": true, "anonymous": "0oa0000000000000000000001" }), "anonymous: "),
        (json!({ "enable_password_grant": true, "scopes": ["nobody"] }), "'nobody' is not a scope"),
        (json!({ "enable_password_grant": true, "provision_key": "chosen" }), "provision_key: is made here"),
        (json!({ "enable_password_grant": true, "token_expiration": 0 }), "token_expiration: 0 would be"),
    ] {
        let reply = acme.api("PUT", &path(&server)).not_secret().json(&body).await.expect(400);
        let told = reply.text();
        assert!(told.contains(words), "{body}: {told}");
    }
    let unknown = json!({ "enable_password_grant": true, "enable_telepathy": true });
    acme.api("PUT", &path(&server)).json(&unknown).await.expect(400);
    acme.api("PUT", &path("org")).json(&json!({ "enable_password_grant": true })).await.expect(400);
    acme.api("GET", &path(&server)).await.expect(404);
}

async fn a_provision_key_is_shown_once_and_rolled(app: Shared) {
    let acme = app.acme();
    let gate = Gate::new(&acme, json!({})).await;
    let store = store_app(&acme).await;
    gate.code(&store, &[]).await;
    let roll = format!("{}/lifecycle/rollProvisionKey", path(&gate.server));
    let rolled = acme.api("POST", &roll).await.expect(200).json();
    let new = rolled["provision_key"].as_str().expect("a key").to_owned();
    assert_ne!(new, gate.provision_key);
    let reply = gate.authorize(&store, &[]).await;
    assert_refused(&reply, 400, "invalid_provision_key", "Invalid provision_key");
    gate.authorize(&store, &[("provision_key", &new)]).await.expect(200);
    assert!(acme.api("GET", &path(&gate.server)).await.expect(200).json().get("provision_key").is_none());
    // Every use is in the log, the wrong one too.
    let uses = r#"eventType eq "oauth2.as.gateway.provision_key.used" and target.id eq ""#;
    let events = acme.wait_for_logs(&format!("{uses}{}\"", gate.server), 3).await;
    let outcomes: Vec<_> =
        events.iter().map(|e| e["outcome"]["result"].as_str().unwrap_or_default()).collect();
    assert_eq!(outcomes, ["SUCCESS", "FAILURE", "SUCCESS"]);
}

async fn changes_of_a_profile_are_logged(app: Shared) {
    let acme = app.acme();
    let gate = Gate::new(&acme, json!({})).await;
    gate.set(json!({ "pkce": "strict", "scopes": ["steps:read"] })).await;
    acme.api("POST", &format!("{}/lifecycle/rollProvisionKey", path(&gate.server))).await.expect(200);
    acme.api("DELETE", &path(&gate.server)).await.expect(204);
    for (kind, changed) in [
        ("created", None),
        ("updated", Some("-scopes,pkce")),
        ("provision_key.rolled", None),
        ("deleted", None),
    ] {
        let filter = format!(r#"eventType eq "oauth2.as.gateway.{kind}" and target.id eq "{}""#, gate.server);
        let events = acme.wait_for_logs(&filter, 1).await;
        if let Some(changed) = changed {
            assert_eq!(events[0]["debugContext"]["debugData"]["changed"], changed);
        }
    }
}

async fn a_deleted_profile_ends_its_tokens(app: Shared) {
    let acme = app.acme();
    let gate = Gate::new(&acme, json!({})).await;
    let store = store_app(&acme).await;
    let (access, _) = gate.tokens(&store, "steps:read").await;
    assert!(gate.tenant.is_active(&store, &access).await);
    acme.api("DELETE", &path(&gate.server)).await.expect(204);
    assert!(!gate.tenant.is_active(&store, &access).await);
    gate.verify().bearer(&access).await.expect(404);
    // A new profile doesn't bring them back.
    put(&acme, &gate.server, json!({})).await.expect(201);
    assert!(!gate.passes(&access).await);
}

async fn profiles_are_a_tenants_own(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let theirs = Gate::new(&globex, json!({})).await;
    let store = store_app(&globex).await;
    let (access, refresh) = theirs.tokens(&store, "steps:read").await;
    let missing = acme.get("/gateway/aus0000000000000000000001/verify").await.expect(404);
    let foreign = acme.get(&format!("/gateway/{}/verify", theirs.server)).bearer(&access).await.expect(404);
    assert_eq!(missing.body, foreign.body);
    // Their key, token and code are nothing at ours.
    let ours = Gate::new(&acme, json!({})).await;
    let our_store = store_app(&acme).await;
    assert!(!ours.passes(&access).await);
    let reply = ours.authorize(&our_store, &[("provision_key", &theirs.provision_key)]).await;
    assert_refused(&reply, 400, "invalid_provision_key", "Invalid provision_key");
    let code = theirs.code(&store, &[]).await;
    assert_refused(&ours.redeem(&our_store, &code).await, 400, "invalid_request", "Invalid code");
    let params = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_refused(&ours.token(&our_store, &params).await, 400, "invalid_request", "Invalid refresh_token");
    theirs.redeem(&store, &code).await.expect(200);
}

//! API keys: made or chosen, shown once, good where the profile says so.

use signet_testkit::{Shared, json, on_each_engine};

use crate::support::gateway::{Gate, assert_refused, store_app};

on_each_engine! {
    an_api_key_passes_where_the_profile_says,
    chosen_keys_have_rules,
    keys_are_a_tenants_own,
}

async fn an_api_key_passes_where_the_profile_says(app: Shared) {
    let acme = app.acme();
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    let path = format!("/api/v1/apps/{}/api-keys", store.client_id);
    let made = acme.api("POST", &path).json(&json!({ "name": "pedometer" })).await.expect(201).json();
    let (key, id) =
        (made["key"].as_str().expect("a key").to_owned(), made["id"].as_str().expect("an id").to_owned());
    acme.http().canaries().add(&key);
    let by_header = || gate.verify().header("apikey", &key);
    let by_query = || gate.verify().query([("apikey", key.as_str())]);
    let missing = |reply: &signet_testkit::Reply| {
        assert_refused(reply, 401, "invalid_request", "The access token is missing");
    };
    missing(&by_header().await);
    gate.set(json!({ "api_keys": true })).await;
    let reply = by_header().await.expect(200);
    assert_eq!(reply.header("x-consumer-id"), Some(store.client_id.as_str()));
    assert_eq!(reply.header("x-credential-identifier"), Some(id.as_str()));
    assert_eq!(reply.header("x-authenticated-scope"), None);
    missing(&by_query().await);
    gate.set(json!({ "api_keys": true, "api_key_in_query": true })).await;
    by_query().await.expect(200);
    gate.verify().header("x-original-uri", &format!("/steps?apikey={key}")).await.expect(200);
    // A key has no scopes; an app may be demanded.
    by_header().query([("scope", "steps:read")]).await.expect(403);
    by_header().query([("app", store.client_id.as_str())]).await.expect(200);
    let refused = |reply: &signet_testkit::Reply| {
        assert_refused(reply, 401, "invalid_token", "The API key is not valid");
    };
    for wrong in ["x", "sga", &key[..key.len() - 1], &key.to_uppercase(), &format!("{key}x")] {
        refused(&gate.verify().header("apikey", wrong).await);
    }
    // It is no bearer token, and a token is no key.
    assert_eq!(gate.verify().bearer(&key).await.status, 401);
    let listed = acme.api("GET", &path).await.expect(200).json();
    assert_eq!((listed[0]["id"].as_str(), listed[0].get("key")), (Some(id.as_str()), None));
    assert!(listed[0]["lastUsed"].is_string());
    // Off, gone.
    acme.api("POST", &format!("/api/v1/apps/{}/lifecycle/deactivate", store.client_id)).await.expect(200);
    refused(&by_header().await);
    acme.api("POST", &format!("/api/v1/apps/{}/lifecycle/activate", store.client_id)).await.expect(200);
    by_header().await.expect(200);
    acme.api("DELETE", &format!("{path}/{id}")).await.expect(204);
    refused(&by_header().await);
    acme.api("DELETE", &format!("{path}/{id}")).await.expect(404);
    for kind in ["create", "delete"] {
        let filter = format!(r#"eventType eq "app.api_key.{kind}" and target.id eq "{id}""#);
        acme.wait_for_logs(&filter, 1).await;
    }
}

async fn chosen_keys_have_rules(app: Shared) {
    let acme = app.acme();
    let (gate, store) = (Gate::new(&acme, json!({ "api_keys": true })).await, store_app(&acme).await);
    let path = format!("/api/v1/apps/{}/api-keys", store.client_id);
    let ask = |key: &str| acme.api("POST", &path).json(&json!({ "name": "chosen", "key": key }));
    for bad in [
        "short",
        "aaaaaaaaaaaaaaaaaaaaaaaa",
        "abcdefghijklmnop qrstuvwx",
        "abcdefghijklmnopqrstuvwxé",
        &"ab1".repeat(100),
    ] {
        ask(bad).await.expect(400);
    }
    let chosen = format!("my-own-key-{}", store.client_id);
    acme.http().canaries().add(&chosen);
    ask(&chosen).await.expect(201);
    gate.verify().header("apikey", &chosen).await.expect(200);
    // One key is one app's.
    let other = store_app(&acme).await;
    let path = format!("/api/v1/apps/{}/api-keys", other.client_id);
    let body = json!({ "name": "taken", "key": chosen });
    acme.api("POST", &path).json(&body).await.expect(400);
    for _ in 0..10 {
        acme.api("POST", &path).json(&json!({ "name": "more" })).await.expect(201);
    }
    acme.api("POST", &path).json(&json!({ "name": "one too many" })).await.expect(400);
}

async fn keys_are_a_tenants_own(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let (ours, theirs) = (
        Gate::new(&acme, json!({ "api_keys": true })).await,
        Gate::new(&globex, json!({ "api_keys": true })).await,
    );
    let (our_app, their_app) = (store_app(&acme).await, store_app(&globex).await);
    let chosen = format!("the-same-at-both-{}", our_app.client_id);
    acme.http().canaries().add(&chosen);
    let body = json!({ "name": "same", "key": chosen });
    let path = |app: &signet_testkit::App| format!("/api/v1/apps/{}/api-keys", app.client_id);
    globex.api("POST", &path(&their_app)).json(&body).await.expect(201);
    assert_eq!(ours.verify().header("apikey", &chosen).await.status, 401);
    acme.api("POST", &path(&our_app)).json(&body).await.expect(201);
    let reply = ours.verify().header("apikey", &chosen).await.expect(200);
    assert_eq!(reply.header("x-consumer-id"), Some(our_app.client_id.as_str()));
    let reply = theirs.verify().header("apikey", &chosen).await.expect(200);
    assert_eq!(reply.header("x-consumer-id"), Some(their_app.client_id.as_str()));
    acme.api("GET", &path(&their_app)).await.expect(404);
}

//! API tokens: what they are, how long they live, what is seen of them. And what the log says of sensitive changes.

use std::time::Duration;

use signet_testkit::{Shared, Tenant, TestApp, Value, json, on_each_engine, serde_json};

use crate::support::apps::{NewApp, Server};
use crate::support::desk::{Desk, shown};
use crate::support::make::unique;
use crate::support::rows::Rows;

on_each_engine! {
    ad_07_api_tokens_are_recognisable_hashed_and_end,
    ad_07_an_api_token_reaches_what_its_maker_reaches,
    ad_07_an_api_credential_shows_its_last_use,
    ad_08_sensitive_changes_are_told_before_and_after,
}

const DAY: u64 = 86_400;

async fn make_token(tenant: &Tenant) -> (String, Value) {
    let body = json!({ "name": unique("token") });
    let made = tenant.api("POST", "/api/v1/api-tokens").json(&body).await.expect(201).json();
    (made["token"].as_str().expect("a token").to_owned(), made)
}

async fn ad_07_api_tokens_are_recognisable_hashed_and_end(app: TestApp) {
    let acme = app.acme();
    let (token, made) = make_token(&acme).await;
    app.canaries().add(&token);
    assert!(token.starts_with("sgt") && token.len() >= 42, "a scanner can tell one: {} bytes", token.len());
    let path = format!("/api/v1/api-tokens/{}", made["id"].as_str().expect("an id"));
    let read = async || acme.api("GET", &path).await.expect(200).json();
    assert_eq!((read().await["lastUsed"].clone(), read().await.get("token").cloned()), (Value::Null, None));
    acme.api_with(&token, "GET", "/api/v1/groups").await.expect(200);
    assert!(read().await["lastUsed"].is_string(), "{:#?}", read().await);
    let page = Desk::of(&acme).await.page("/console/credentials").await;
    assert!(!page.text().contains(&token), "a page never shows one again");
    // The store has no token that works, in any column.
    let rows = Rows::of(&app).await;
    let held = rows
        .text(
            "SELECT group_concat(hex(id) || name || hex(hash)) FROM api_tokens",
            "SELECT string_agg(id::text || name || encode(hash, 'hex'), ',') FROM api_tokens",
        )
        .await;
    assert!(!held.contains(&token), "{held}");
    // Unused for thirty days it ends; used in between it goes on.
    app.clock().advance(Duration::from_secs(29 * DAY)).await;
    acme.api_with(&token, "GET", "/api/v1/groups").await.expect(200);
    app.clock().advance(Duration::from_secs(29 * DAY)).await;
    acme.api_with(&token, "GET", "/api/v1/groups").await.expect(200);
    app.clock().advance(Duration::from_secs(30 * DAY + 1)).await;
    acme.api_with(&token, "GET", "/api/v1/groups").await.expect(401);
}

async fn ad_07_an_api_credential_shows_its_last_use(app: TestApp) {
    let (acme, clock) = (app.acme(), app.clock());
    clock.freeze().await;
    let body = json!({ "name": unique("credential"), "scope": "READ_ALL" });
    let made = acme.api("POST", "/api/v1/api-credentials").json(&body).await.expect(201).json();
    let text = |name: &str| made[name].as_str().expect("a member").to_owned();
    app.canaries().add(&text("client_secret"));
    let path = format!("/api/v1/api-credentials/{}", text("id"));
    let used = async || acme.api("GET", &path).await.expect(200).json()["lastUsed"].clone();
    assert_eq!((made["lastUsed"].clone(), used().await), (Value::Null, Value::Null));
    let grant = json!({ "grant_type": "client_credentials" });
    let ask = acme.call("POST", "/auth/oauth2/v2/token").basic(&text("client_id"), &text("client_secret"));
    let token =
        ask.json(&grant).await.expect(200).json()["access_token"].as_str().expect("a token").to_owned();
    app.canaries().add(&token);
    let first = used().await;
    assert!(first.is_string(), "getting a token is a use");
    // To the hour.
    for (minutes, again) in [(59, true), (2, false)] {
        clock.advance(Duration::from_secs(minutes * 60)).await;
        acme.get("/api/v1/groups").bearer(&token).await.expect(200);
        assert_eq!(used().await == first, again, "after {minutes} minutes more");
    }
    let desk = Desk::of(&acme).await;
    let page = desk.page(&format!("/console/credentials/clients/{}", text("id"))).await.page();
    assert!(page.text().contains("Last used"), "{}", page.text());
    clock.advance(Duration::from_secs(91 * DAY)).await;
    let desk = Desk::of(&acme).await;
    let needs = desk.page("/console").await.page().all(".needs li").join("\n");
    assert!(needs.contains(&format!("The API credential {} is unused", text("name"))), "{needs}");
}

async fn ad_07_an_api_token_reaches_what_its_maker_reaches(app: Shared) {
    let acme = app.acme();
    let (desk, reader) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    assert_eq!(desk.get("/console/credentials/tokens/new").await.status, 403, "who only reads makes none");
    let (boss, admin) = Desk::with_role(&acme, "SUPER_ADMIN").await;
    let made = boss.fill("/console/credentials/tokens/new", &[("name", &unique("scoped"))]).await;
    let token = shown(&made, "API token");
    app.canaries().add(&token);
    let group = json!({ "profile": { "name": unique("made-by-token") } });
    acme.api_with(&token, "POST", "/api/v1/groups").json(&group).await.expect(200);
    let roles = format!("/api/v1/users/{}/roles", admin.id);
    acme.api("DELETE", &format!("{roles}/SUPER_ADMIN")).await.expect(204);
    acme.api("POST", &roles).json(&json!({ "type": "READ_ONLY_ADMIN" })).await.expect(201);
    let group = json!({ "profile": { "name": unique("made-by-token") } });
    acme.api_with(&token, "POST", "/api/v1/groups").json(&group).await.expect(403);
    acme.api_with(&token, "GET", "/api/v1/groups").await.expect(200);
    acme.api("DELETE", &format!("{roles}/READ_ONLY_ADMIN")).await.expect(204);
    let refused = acme.api_with(&token, "GET", "/api/v1/groups").await;
    assert!([401, 403].contains(&refused.status), "{}", refused.describe());
    drop(reader);
}

/// The newest event of a type that has this text in it.
async fn event(tenant: &Tenant, event_type: &str, about: &str) -> Value {
    let filter = format!(r#"eventType eq "{event_type}""#);
    let events = tenant.wait_for_logs(&filter, 1).await;
    let found = events.into_iter().rev().find(|event| event.to_string().contains(about));
    found.unwrap_or_else(|| panic!("no {event_type} about {about}"))
}

/// What the first target was and is, as its event has it.
fn told(event: &Value) -> (Value, Value) {
    let targets = event["target"].as_array().expect("targets");
    let changed = targets.iter().find(|target| target["detailEntry"]["from"].is_string());
    let details = &changed.unwrap_or_else(|| panic!("no change: {event:#?}"))["detailEntry"];
    (details["from"].clone(), details["to"].clone())
}

async fn ad_08_sensitive_changes_are_told_before_and_after(app: Shared) {
    let acme = app.acme();
    let mut web = NewApp::web().redirect_uris(&["https://one.example/cb"]).make(&acme).await;
    web.change(&acme, "redirect_uris", json!(["https://two.example/cb"])).await;
    let (from, to) = told(&event(&acme, "application.lifecycle.update", &web.client_id).await);
    assert!(from.to_string().contains("one.example") && !from.to_string().contains("two.example"), "{from}");
    assert!(to.to_string().contains("two.example") && !to.to_string().contains("one.example"), "{to}");
    // However much there is.
    let many = |last: &str| -> Value {
        let uri = |n| format!("https://two.example/{}/{n}", "x".repeat(100));
        (0..99).map(uri).chain([last.to_owned()]).collect()
    };
    web.change(&acme, "redirect_uris", many("https://three.example/cb")).await;
    web.change(&acme, "redirect_uris", many("https://four.example/cb")).await;
    let (from, to) = told(&event(&acme, "application.lifecycle.update", &web.client_id).await);
    let uris = |state: &Value| -> Value {
        let state: Value = serde_json::from_str(state.as_str().expect("a text")).expect("JSON");
        state["redirectUris"].clone()
    };
    assert_eq!(uris(&from), json!(["https://three.example/cb", "… (99 unchanged)"]));
    assert_eq!(uris(&to), json!(["https://four.example/cb", "… (99 unchanged)"]));
    // A secret: that there is a new one, and nothing of it.
    let path = format!("/api/v1/apps/{}/credentials/secrets", web.id);
    let secret = acme.api("POST", &path).await.expect(201).json();
    let secret = secret["client_secret"].as_str().expect("a secret").to_owned();
    app.canaries().add(&secret);
    // A key, a policy.
    let server = Server::new(&acme, json!({})).await;
    let id = &server.id;
    acme.api("POST", &format!("/api/v1/authorizationServers/{id}/credentials/lifecycle/keyRotate"))
        .json(&json!({ "use": "sig" }))
        .await
        .expect(200);
    let clients = |include: Value| json!({ "clients": { "include": include } });
    let policies = format!("/api/v1/authorizationServers/{id}/policies");
    let name = unique("ad08");
    let body = json!({ "name": name, "conditions": clients(json!(["ALL_CLIENTS"])) });
    let policy = acme.api("POST", &policies).json(&body).await.expect(201).json();
    let body = json!({ "name": name, "conditions": clients(json!([web.client_id])) });
    let path = format!("{policies}/{}", policy["id"].as_str().expect("an id"));
    acme.api("PUT", &path).json(&body).await.expect(200);
    let (from, to) = told(&event(&acme, "policy.lifecycle.update", &name).await);
    assert!(
        from.to_string().contains("ALL_CLIENTS") && to.to_string().contains(&web.client_id),
        "{from} {to}"
    );
    let log = serde_json::to_string(&acme.logs(&[]).await).expect("JSON");
    assert!(!log.contains(&secret), "a secret is in the log");
}

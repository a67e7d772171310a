//! Who may register an app, and how many: initial tokens, limits, and what an administrator allows.

use std::time::Duration;

use signet_testkit::{Shared, TestApp, json, on_each_engine};

use crate::support::apps::{Person, Server};
use crate::support::desk::Desk;
use crate::support::log::{assert_refusal, fact};
use crate::support::registering::{
    Registered, initial, ordinary, policy_path, registering, server_with, set_policy,
};

on_each_engine! {
    an_initial_token_ends_is_used_up_and_is_revoked,
    open_registration_is_limited_by_source_and_server,
    wrong_tokens_are_limited_by_source,
    registrations_that_are_never_used_go,
    what_may_be_registered_is_an_administrators_to_say,
}

async fn an_initial_token_ends_is_used_up_and_is_revoked(app: TestApp) {
    let (acme, clock) = (app.acme(), app.clock());
    let server = server_with(&acme, &json!({ "mode": "TOKEN" })).await;
    let short = initial(&server, &json!({ "maxUses": 9, "lifetimeMinutes": 5 })).await;
    let long = initial(&server, &json!({ "maxUses": 9, "lifetimeMinutes": 60 })).await;
    Registered::new(&server, Some(&short), &ordinary()).await;
    clock.advance(Duration::from_secs(301)).await;
    let over = registering(&server, Some(&short), &ordinary()).await;
    over.expect_oauth_error(401, "invalid_token");
    Registered::new(&server, Some(&long), &ordinary()).await;
    let path = format!("/api/v1/authorizationServers/{}/registrationTokens", server.id);
    let tokens = acme.api("GET", &path).await.expect(200).json();
    assert_eq!((&tokens[0]["uses"], &tokens[1]["uses"]), (&json!(1), &json!(1)));
    assert!(tokens[1].get("token").is_none(), "it is shown once");
    let id = tokens[1]["id"].as_str().expect("an id");
    acme.api("DELETE", &format!("{path}/{id}")).await.expect(204);
    registering(&server, Some(&long), &ordinary()).await.expect_oauth_error(401, "invalid_token");
    // A token of one server is none at another.
    let other = server_with(&acme, &json!({ "mode": "OPEN" })).await;
    let token = initial(&server, &json!({})).await;
    registering(&other, Some(&token), &ordinary()).await.expect_oauth_error(401, "invalid_token");
    // Eight at once: it is for one.
    let calls = (0..8).map(|_| async { registering(&server, Some(&token), &ordinary()).await.status });
    let mut seen = futures_util::future::join_all(calls).await;
    seen.sort_unstable();
    assert_eq!(seen, [201, 401, 401, 401, 401, 401, 401, 401]);
}

async fn open_registration_is_limited_by_source_and_server(app: TestApp) {
    let acme = app.acme();
    let server = server_with(&acme, &json!({ "mode": "OPEN", "maxPerSourceAndHour": 3, "maxApps": 2 })).await;
    app.clock().freeze().await;
    for _ in 0..2 {
        Registered::new(&server, None, &ordinary()).await;
    }
    let full = registering(&server, None, &ordinary()).await.expect_oauth_error(400, "access_denied");
    assert_refusal(&acme, &full, "registration_full").await;
    let limited = registering(&server, None, &ordinary()).await;
    let limited = limited.expect_oauth_error(429, "temporarily_unavailable");
    assert_eq!(limited.header("retry-after"), Some("3600"));
    assert_refusal(&acme, &limited, "registration_limited").await;
    registering(&server, None, &ordinary()).await.expect(429);
    // Whoever has a token isn't counted with strangers; the server is full all the same.
    let token = initial(&server, &json!({})).await;
    registering(&server, Some(&token), &ordinary()).await.expect_oauth_error(400, "access_denied");
    app.clock().advance(Duration::from_secs(3_601)).await;
    set_policy(&server, &json!({ "mode": "OPEN", "maxApps": 3 })).await.expect(200);
    Registered::new(&server, None, &ordinary()).await;
}

async fn wrong_tokens_are_limited_by_source(app: TestApp) {
    let acme = app.acme();
    let server = server_with(&acme, &json!({ "mode": "TOKEN" })).await;
    let token = initial(&server, &json!({ "maxUses": 9 })).await;
    let own = Registered::new(&server, Some(&token), &ordinary()).await;
    app.clock().freeze().await;
    for n in 0..100 {
        let guess = format!("sgi-guess-number-{n}");
        let reply = if n % 2 == 0 {
            registering(&server, Some(&guess), &ordinary()).await
        } else {
            own.call_with(&server, "GET", &guess).await
        };
        reply.expect_oauth_error(401, "invalid_token");
    }
    for reply in [
        registering(&server, Some(&token), &ordinary()).await,
        registering(&server, Some("sgi-another-guess"), &ordinary()).await,
        own.call(&server, "GET").await,
    ] {
        let reply = reply.expect_oauth_error(429, "temporarily_unavailable");
        assert_eq!(reply.header("retry-after"), Some("900"));
    }
    let filter = r#"outcome.reason eq "registration_limited""#;
    assert_eq!(acme.wait_for_logs(filter, 1).await.len(), 1, "one event of the window");
    app.clock().advance(Duration::from_secs(901)).await;
    own.call(&server, "GET").await.expect(200);
    Registered::new(&server, Some(&token), &ordinary()).await;
}

async fn registrations_that_are_never_used_go(app: TestApp) {
    let acme = app.acme();
    let server = server_with(&acme, &json!({ "mode": "OPEN", "unusedDays": 1 })).await;
    let (used, unused) = (
        Registered::new(&server, None, &ordinary()).await,
        Registered::new(&server, None, &ordinary()).await,
    );
    let person = Person::new(&acme).await;
    person.code(&server.tenant, &used.app, "openid").await.redeem(&server.tenant, &used.app).await;
    let desk = Desk::of(&acme).await;
    for (registered, goes) in [(&used, false), (&unused, true)] {
        let page = desk.page(&format!("/console/apps/{}", registered.app.client_id)).await;
        let said = page.text();
        assert!(said.contains("Registered itself"), "{said}");
        assert_eq!(said.contains("unless it gets a token"), goes, "{said}");
    }
    app.clock().advance(Duration::from_secs(86_401)).await;
    let filter = r#"eventType eq "app.oauth2.client.lifecycle.delete""#;
    let gone = acme.wait_for_logs(filter, 1).await.remove(0);
    assert_eq!(gone["target"][0]["id"], unused.app.client_id.as_str());
    assert_eq!((fact(&gone, "why"), &gone["actor"]["type"]), ("unused", &json!("SystemPrincipal")));
    unused.call(&server, "GET").await.expect(401);
    used.call(&server, "GET").await.expect(200);
    acme.api("GET", &format!("/api/v1/apps/{}", used.app.client_id)).await.expect(200);
}

async fn what_may_be_registered_is_an_administrators_to_say(app: Shared) {
    let acme = app.acme();
    let server = Server::new(&acme, json!({})).await;
    for (member, value) in [
        ("mode", json!("on")),
        ("grantTypes", json!(["password"])),
        ("grantTypes", json!([])),
        ("scopes", json!([])),
        ("scopes", json!(["no-such-scope"])),
        ("maxApps", json!(0)),
        ("maxPerSourceAndHour", json!(1_001)),
        ("unusedDays", json!(0)),
    ] {
        let reply = set_policy(&server, &json!({ member: value })).await.expect(400).json();
        let cause = reply["errorCauses"][0]["errorSummary"].as_str().expect("a cause");
        assert!(cause.starts_with(&format!("{member}: ")), "{cause}");
    }
    let tokens = format!("/api/v1/authorizationServers/{}/registrationTokens", server.id);
    for (member, value) in [
        ("name", json!("")),
        ("grantTypes", json!(["password"])),
        ("scopes", json!(["no-such-scope"])),
        ("maxUses", json!(0)),
        ("lifetimeMinutes", json!(0)),
    ] {
        let mut body = json!({ "name": "x" });
        body[member] = value;
        let reply = acme.api("POST", &tokens).json(&body).await.expect(400).json();
        let cause = reply["errorCauses"][0]["errorSummary"].as_str().expect("a cause");
        assert!(cause.starts_with(&format!("{member}: ")), "{cause}");
    }
    // Two administrators at once: the later one sees what the first one did.
    let path = policy_path(&server);
    let read = acme.api("GET", &path).await.expect(200);
    let tag = read.header("etag").expect("an ETag").to_owned();
    let on = json!({ "mode": "TOKEN" });
    acme.api("PUT", &path).header("if-match", &tag).json(&on).await.expect(200);
    acme.api("PUT", &path).header("if-match", &tag).json(&on).await.expect(412);
}

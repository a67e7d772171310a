//! The two-tenant contract of the management API: every operation, at one tenant's host, with the other's ids
//! and with the other's credentials.

use signet_testkit::{Reply, Tenant, Value, on_each_engine};

use crate::support::frozen::Frozen;
use crate::support::make;
use crate::support::openapi::{Operation, operations};
use crate::support::ropg::comparable;

on_each_engine! {
    tx_01_every_operation_with_foreign_ids_answers_as_for_absent_ones,
    tx_01_every_operation_with_foreign_credentials_is_401,
}

/// Gives a tenant something of every kind.
async fn furnish(tenant: &Tenant) {
    make::user(tenant, "tx01").await;
    make::web_app(tenant, &["password"]).await;
    make::server(tenant).await;
    make::idle_rate_policy(tenant).await;
    crate::support::groups::furnished(tenant).await;
    crate::support::alerts::webhook(tenant, &make::unique("zz tx01")).await;
    crate::support::alerts::alert_on_groups(tenant, &make::unique("zz tx01"), (1, 1)).await;
    // A gateway profile for the server that lists show last, and an API key for the app.
    for (list, put) in [("authorizationServers", true), ("apps", false)] {
        let items: Value =
            tenant.api("GET", &format!("/api/v1/{list}")).query([("limit", "200")]).unchecked().await.json();
        let id = items.as_array().and_then(|all| all.last()).expect("one")["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let reply = if put {
            // The first look makes them.
            tenant.api("GET", &format!("/api/v1/{list}/{id}/credentials/keys")).await.expect(200);
            let body = signet_testkit::json!({ "enable_client_credentials": true });
            tenant.api("PUT", &format!("/api/v1/{list}/{id}/gateway")).json(&body).await;
            let body = signet_testkit::json!({ "name": "tx01" });
            tenant.api("POST", &format!("/api/v1/{list}/{id}/registrationTokens")).json(&body).await
        } else {
            let body = signet_testkit::json!({ "name": "tx01" });
            tenant.api("POST", &format!("/api/v1/{list}/{id}/api-keys")).json(&body).await
        };
        assert!(matches!(reply.status, 200 | 201), "{}", reply.describe());
    }
}

/// Everything that lists show.
async fn inventory(tenant: &Tenant) -> Vec<Value> {
    let mut all = Vec::new();
    for list in [
        "users",
        "apps",
        "authorizationServers",
        "api-tokens",
        "api-credentials",
        "rate-policies",
        "groups",
        "alerts",
        "webhooks",
    ] {
        let reply = tenant.api("GET", &format!("/api/v1/{list}")).query([("limit", "200")]).unchecked().await;
        let mut items: Value = reply.json();
        for item in items.as_array_mut().into_iter().flatten() {
            // Other tests sign in and call.
            for name in [
                "lastLogin",
                "lastUsed",
                "lastUpdated",
                "expiresAt",
                "status",
                "lastFired",
                "openFirings",
                "_links",
            ] {
                item.as_object_mut().map(|item| item.remove(name));
            }
        }
        all.push(items);
    }
    all
}

fn without_ids(reply: &Reply, path: &str) -> (u16, String) {
    let (status, _, mut text) = comparable(reply);
    for id in path.split('/').filter(|segment| segment.len() >= 8) {
        text = text.replace(id, "ID");
    }
    (status, text)
}

async fn call(operation: &Operation, at: &Tenant, path: &str) -> Reply {
    let call = at.api(&operation.method, path);
    match operation.body() {
        Some(body) => call.not_secret().json(&body).await,
        None => call.await,
    }
}

async fn tx_01_every_operation_with_foreign_ids_answers_as_for_absent_ones(app: Frozen) {
    let (theirs, ours) = (app.globex(), app.acme());
    furnish(&theirs).await;
    let before = inventory(&theirs).await;
    let mut unfilled = Vec::new();
    let mut called = 0;
    for operation in operations() {
        if operation.operator || operation.parameters() == 0 {
            continue;
        }
        let Some(foreign) = operation.with_ids_of(&theirs).await else {
            unfilled.push(format!("{} {}", operation.method, operation.path));
            continue;
        };
        let absent = operation.with_nobodys_ids(&foreign);
        assert_ne!(foreign, absent);
        let with_foreign = call(&operation, &ours, &foreign).await;
        let with_absent = call(&operation, &ours, &absent).await;
        let what = format!("{} {}", operation.method, operation.path);
        assert!(matches!(with_foreign.status, 400 | 404), "{what}: {}", with_foreign.describe());
        if operation.body().is_none() {
            assert_eq!(with_foreign.status, 404, "{what}: {}", with_foreign.describe());
        }
        assert_eq!(without_ids(&with_foreign, &foreign), without_ids(&with_absent, &absent), "{what}");
        called += 1;
    }
    assert!(called >= 25, "only {called} operations were called; there was nothing for {unfilled:?}");
    let after = inventory(&theirs).await;
    for (before, after) in before.iter().zip(&after) {
        let kept = |item: &Value| after.as_array().is_some_and(|all| all.contains(item));
        for item in before.as_array().into_iter().flatten() {
            assert!(kept(item), "this is gone or changed: {item:#}");
        }
    }
}

async fn tx_01_every_operation_with_foreign_credentials_is_401(app: Frozen) {
    let (theirs, ours) = (app.globex(), app.acme());
    let foreign = [
        format!("SSWS {}", theirs.credentials.api_token),
        format!("Bearer {}", theirs.api_access_token().await),
    ];
    let nobodys =
        [format!("SSWS {}", "no-such-token-".repeat(3)), format!("Bearer {}", "0f1e2d3c4b5a6979".repeat(4))];
    for operation in operations() {
        let path = match operation.with_ids_of(&ours).await {
            Some(path) if !operation.operator && operation.parameters() > 0 => path,
            _ => operation.path.replace(['{', '}'], ""),
        };
        if path.starts_with("/auth/oauth2/") {
            continue; // These take client credentials; the next test is theirs.
        }
        let what = format!("{} {}", operation.method, operation.path);
        let origin = if operation.operator { app.operator_url() } else { ours.origin() };
        for (foreign, nobodys) in foreign.iter().zip(&nobodys) {
            let mut seen = Vec::new();
            for authorization in [foreign, nobodys] {
                let call = ours.http().call(&operation.method, &format!("{origin}{path}"));
                let call = call.header("authorization", authorization);
                let call = match operation.body() {
                    Some(body) => call.not_secret().json(&body),
                    None => call,
                };
                let reply = call.await;
                // Under /auth an API token is no token at all.
                let malformed = path.starts_with("/auth/") && authorization.starts_with("SSWS");
                assert_eq!(reply.status, if malformed { 400 } else { 401 }, "{what}: {}", reply.describe());
                seen.push(comparable(&reply));
            }
            assert_eq!(seen[0], seen[1], "{what}: a foreign token and none at all");
        }
        if operation.operator {
            // At a tenant's host there is no such operation.
            let reply = ours.api(&operation.method, &path).unchecked().await;
            assert_eq!(reply.status, 404, "{what}: {}", reply.describe());
        }
    }
}

on_each_engine! { tx_01_a_foreign_credential_gets_no_token }

async fn tx_01_a_foreign_credential_gets_no_token(app: Frozen) {
    let (theirs, ours) = (app.globex(), app.acme());
    let foreign = theirs.credentials.api_credential.clone();
    let body = signet_testkit::json!({ "grant_type": "client_credentials" });
    let token = theirs.api_access_token().await;
    for (path, body) in [
        ("/auth/oauth2/v2/token", body),
        ("/auth/oauth2/revoke", signet_testkit::json!({ "access_token": token })),
    ] {
        let mut seen = Vec::new();
        let nobody = "0".repeat(64);
        for id in [&foreign.client_id, &nobody] {
            let how = format!("client_id:{id}, client_secret:{}", foreign.client_secret);
            let reply = ours.call("POST", path).header("authorization", &how).json(&body).await;
            assert_eq!(reply.status, 401, "{path}: {}", reply.describe());
            seen.push(comparable(&reply));
        }
        assert_eq!(seen[0], seen[1], "{path}");
    }
    let alive = theirs.get("/auth/rate_limit").header("authorization", &format!("bearer:{token}")).await;
    assert_eq!(alive.status, 200, "nobody revoked it: {}", alive.describe());
}

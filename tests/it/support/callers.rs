//! Callers of the management API with less than all rights.

use signet_testkit::{Tenant, json};

use super::make::{unique, user};

/// An API credential of a test's own, and a token of it.
pub(crate) async fn credential(acme: &Tenant, scope: &str) -> (String, String) {
    let name = json!({ "name": unique("spender"), "scope": scope });
    let made = acme.api("POST", "/api/v1/api-credentials").json(&name).await.expect(201).json();
    let text = |name: &str| made[name].as_str().expect("a member").to_owned();
    let how = format!("client_id:{}, client_secret:{}", text("client_id"), text("client_secret"));
    let grant = json!({ "grant_type": "client_credentials" });
    let token = acme.call("POST", "/auth/oauth2/v2/token").header("authorization", &how).json(&grant);
    let token = token.await.expect(200).json()["access_token"].as_str().expect("a token").to_owned();
    acme.http().canaries().add(&token);
    (text("id"), token)
}

/// An API token of a new administrator with this role.
pub(crate) async fn api_token(tenant: &Tenant, role: &str) -> String {
    let admin = user(tenant, "caller").await;
    let roles = format!("/api/v1/users/{}/roles", admin.id);
    tenant.api("POST", &roles).json(&json!({ "type": role })).await.expect(201);
    let body = json!({ "name": unique("role"), "userId": admin.id });
    let made = tenant.api("POST", "/api/v1/api-tokens").json(&body).await.expect(201).json();
    let token = made["token"].as_str().expect("a token").to_owned();
    tenant.http().canaries().add(&token);
    token
}

//! Groups, made through the management API.

use signet_testkit::{Tenant, Value, json};

use super::make::unique;

/// Makes a group; answers its id.
pub(crate) async fn group(tenant: &Tenant, name: &str) -> String {
    let body = json!({ "profile": { "name": name, "description": "A group of a test" } });
    let made = tenant.api("POST", "/api/v1/groups").json(&body).await.expect(200).json();
    made["id"].as_str().expect("an id").to_owned()
}

/// Puts a user into a group.
pub(crate) async fn join(tenant: &Tenant, group: &str, user: &str) {
    tenant.api("PUT", &format!("/api/v1/groups/{group}/users/{user}")).await.expect(204);
}

/// Takes a user out of a group.
pub(crate) async fn leave(tenant: &Tenant, group: &str, user: &str) {
    tenant.api("DELETE", &format!("/api/v1/groups/{group}/users/{user}")).await.expect(204);
}

/// Makes a group with the last user in it, and for the last server a claim and a policy with a rule.
pub(crate) async fn furnished(tenant: &Tenant) {
    let last = async |list: &str| {
        let items = tenant.api("GET", &format!("/api/v1/{list}")).query([("limit", "200")]).unchecked().await;
        let items: Value = items.json();
        items.as_array().and_then(|all| all.last()).expect("one")["id"].as_str().expect("an id").to_owned()
    };
    let members = group(tenant, &unique("furnished")).await;
    join(tenant, &members, &last("users").await).await;
    let server = format!("/api/v1/authorizationServers/{}", last("authorizationServers").await);
    let claim = json!({ "name": unique("claim"), "claimType": "RESOURCE", "value": "1" });
    tenant.api("POST", &format!("{server}/claims")).json(&claim).await.expect(201);
    // Not in force: the server may be another test's.
    let policy = json!({
        "name": unique("policy"), "status": "INACTIVE", "conditions": { "clients": { "include": ["ALL_CLIENTS"] } },
    });
    let policy = tenant.api("POST", &format!("{server}/policies")).json(&policy).await.expect(201).json();
    let rule = json!({ "name": "rule", "conditions": {
        "grantTypes": { "include": ["client_credentials"] }, "scopes": { "include": ["*"] } } });
    let policy = policy["id"].as_str().expect("an id");
    tenant.api("POST", &format!("{server}/policies/{policy}/rules")).json(&rule).await.expect(201);
}

//! Ids to fill the places in the console's routes with.

use super::apps::{NewApp, Person, add_scope, server_id};
use super::make::{idle_rate_policy, unique};
use signet_testkit::{Value, json};

/// The ids that take the places in paths.
pub(crate) struct Ids {
    user: String,
    app: String,
    server: String,
    gateway: String,
    scope: String,
    policy: String,
    group: String,
    token: String,
    key: String,
    claim: String,
    access: String,
    rule: String,
    alert: String,
    webhook: String,
}

impl Ids {
    pub(crate) async fn make(tenant: &signet_testkit::Tenant) -> Self {
        let server = server_id(tenant, "default").await;
        let scope = add_scope(tenant, &server, &unique("route"), "IMPLICIT").await;
        let user = Person::new(tenant).await.id;
        let policy = idle_rate_policy(tenant).await["id"].as_str().expect("an id").to_owned();
        let group = super::groups::group(tenant, &unique("route")).await;
        super::groups::join(tenant, &group, &user).await;
        let app = NewApp::web().make(tenant).await.id;
        let key =
            tenant.api("POST", &format!("/api/v1/apps/{app}/api-keys")).json(&json!({ "name": "route" }));
        let key = key.await.expect(201).json();
        tenant.http().canaries().add(key["key"].as_str().expect("a key"));
        let key = key["id"].as_str().expect("an id").to_owned();
        let made = async |path: &str, body: Value| {
            let path = format!("/api/v1/authorizationServers/{server}/{path}");
            let reply = tenant.api("POST", &path).json(&body).await.expect(201).json();
            reply["id"].as_str().expect("an id").to_owned()
        };
        // Out of force, so that the server goes on serving other tests as it did.
        let body =
            json!({ "name": unique("route"), "status": "INACTIVE", "claimType": "RESOURCE", "value": "1" });
        let claim = made("claims", body).await;
        let token = made("registrationTokens", json!({ "name": unique("route") })).await;
        let clients = json!({ "clients": { "include": ["ALL_CLIENTS"] } });
        let body = json!({ "name": unique("route"), "status": "INACTIVE", "conditions": clients });
        let access = made("policies", body).await;
        let conditions = json!({
            "people": { "groups": { "include": ["EVERYONE"] }, "users": { "include": [user] } },
            "grantTypes": { "include": ["password"] }, "scopes": { "include": ["*"] },
        });
        let body = json!({ "name": "route", "conditions": conditions });
        let rule = made(&format!("policies/{access}/rules"), body).await;
        let alert = super::alerts::alert_on_groups(tenant, &unique("route"), (1, 1)).await;
        let alert = alert.rsplit('/').next().expect("an id").to_owned();
        let webhook = super::alerts::webhook(tenant, &unique("route")).await;
        let gateway = super::gateway::Gate::new(tenant, json!({})).await.server;
        Self {
            user,
            app,
            server,
            gateway,
            scope,
            policy,
            group,
            claim,
            access,
            rule,
            alert,
            webhook,
            token,
            key,
        }
    }

    /// The same, but at another's server: so each id is looked for where it isn't.
    pub(crate) fn at_server_of(self, other: &Self) -> Self {
        Self { server: other.server.clone(), ..self }
    }

    pub(crate) fn fill(&self, route: &str) -> String {
        let id = match route.split('/').nth(2) {
            Some("users") => &self.user,
            Some("apps") => &self.app,
            Some("gateways") => &self.gateway,
            Some("rate-policies") => &self.policy,
            Some("groups") => &self.group,
            Some("alerts") => &self.alert,
            Some("webhooks") => &self.webhook,
            _ => &self.server,
        };
        route
            .replace("{id}", id)
            .replace("{user}", &self.user)
            .replace("{app}", &self.app)
            .replace("{scope}", &self.scope)
            .replace("{session}", "none")
            .replace("{firing}", "none")
            .replace("{secret}", "none")
            .replace("{token}", &self.token)
            .replace("{key}", &self.key)
            .replace("{kind}", "tokens")
            .replace("{action}", "unlock")
            .replace("{policy}", &self.access)
            .replace("{rule}", &self.rule)
            .replace("{claim}", &self.claim)
            .replace("{name}", "none")
    }
}

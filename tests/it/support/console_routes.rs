//! The console's routes as its source has them, and ids to fill their places with.

use super::apps::{NewApp, Person, add_scope, server_id};
use super::make::{idle_rate_policy, unique};

/// Every route of the console as its source has it, with its methods: a new one joins by itself.
pub(crate) fn routes() -> Vec<(String, bool, bool)> {
    let source = include_str!("../../../crates/server/src/console/mod.rs");
    let packed: String = source.split_whitespace().collect();
    packed
        .split(".route(\"")
        .skip(1)
        .map(|rest| {
            let (path, handlers) = rest.split_once("\",").expect("a path and handlers");
            let gets = handlers.starts_with("get(");
            (path.to_owned(), gets, handlers.starts_with("post(") || handlers.contains(").post("))
        })
        .collect()
}

/// The ids that take the places in paths.
pub(crate) struct Ids {
    user: String,
    app: String,
    server: String,
    scope: String,
    policy: String,
    group: String,
    token: String,
}

impl Ids {
    pub(crate) async fn make(tenant: &signet_testkit::Tenant) -> Self {
        let server = server_id(tenant, "default").await;
        let scope = add_scope(tenant, &server, &unique("route"), "IMPLICIT").await;
        let user = Person::new(tenant).await.id;
        let policy = idle_rate_policy(tenant).await["id"].as_str().expect("an id").to_owned();
        let group = super::groups::group(tenant, &unique("route")).await;
        super::groups::join(tenant, &group, &user).await;
        let tokens = format!("/api/v1/authorizationServers/{server}/registrationTokens");
        let body = signet_testkit::json!({ "name": unique("route") });
        let token = tenant.api("POST", &tokens).json(&body).await.expect(201).json();
        let token = token["id"].as_str().expect("an id").to_owned();
        Self { user, app: NewApp::web().make(tenant).await.id, server, scope, policy, group, token }
    }

    pub(crate) fn fill(&self, route: &str) -> String {
        let id = match route.split('/').nth(2) {
            Some("users") => &self.user,
            Some("apps") => &self.app,
            Some("rate-policies") => &self.policy,
            Some("groups") => &self.group,
            _ => &self.server,
        };
        route
            .replace("{id}", id)
            .replace("{user}", &self.user)
            .replace("{app}", &self.app)
            .replace("{scope}", &self.scope)
            .replace("{session}", "none")
            .replace("{secret}", "none")
            .replace("{token}", &self.token)
            .replace("{kind}", "tokens")
            .replace("{action}", "unlock")
            .replace("{policy}", "none")
            .replace("{name}", "none")
    }
}

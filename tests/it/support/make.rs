//! Users, apps and servers of a test's own, made through the management API.

use signet_testkit::{App, Reply, Tenant, Value, json};

/// A password that every rule allows.
pub(crate) const PASSWORD: &str = "Correct-Horse-7-Battery";

/// A name that no other test uses.
pub(crate) fn unique(what: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{what}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A user who was made.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) login: String,
    pub(crate) password: String,
}

/// Asks for a user with this login and password.
pub(crate) async fn ask_for_user(tenant: &Tenant, login: &str, password: &str) -> Reply {
    let body = json!({
        "profile": { "firstName": "Test", "lastName": "User", "email": format!("{}@mail.test", unique("mail")),
                     "login": login },
        "credentials": { "password": { "value": password } },
    });
    tenant.api("POST", "/api/v1/users?activate=true").json(&body).await
}

/// Makes an active user with this login.
pub(crate) async fn user_named(tenant: &Tenant, login: &str) -> User {
    let reply = ask_for_user(tenant, login, PASSWORD).await;
    assert!(matches!(reply.status, 200 | 201), "no user {login:?}: {}", reply.describe());
    let id = reply.json()["id"].as_str().expect("a user's id").to_owned();
    User { id, login: login.to_owned(), password: PASSWORD.to_owned() }
}

/// Makes an active user with a login of its own, `NAME-N@TENANT.test`.
pub(crate) async fn user(tenant: &Tenant, name: &str) -> User {
    user_named(tenant, &format!("{}@{}.test", unique(name), tenant.name)).await
}

/// Makes a confidential web app with these grants that needs nobody's consent.
pub(crate) async fn web_app(tenant: &Tenant, grants: &[&str]) -> App {
    let body = json!({
        "name": "oidc_client",
        "label": unique("Test app"),
        "signOnMode": "OPENID_CONNECT",
        "credentials": { "oauthClient": { "token_endpoint_auth_method": "client_secret_basic" } },
        "settings": { "oauthClient": {
            "application_type": "web",
            "grant_types": grants,
            "response_types": if grants.contains(&"authorization_code") { json!(["code"]) } else { json!([]) },
            "redirect_uris": if grants.contains(&"authorization_code") {
                json!(["http://localhost:3000/callback"])
            } else {
                json!([])
            },
            "consent_method": "TRUSTED",
        } },
    });
    app_from(tenant, &body).await
}

/// Makes an app for password grants whose secret goes into the body.
pub(crate) async fn post_app(tenant: &Tenant) -> App {
    let body = json!({
        "name": "oidc_client", "label": unique("Post app"), "signOnMode": "OPENID_CONNECT",
        "credentials": { "oauthClient": { "token_endpoint_auth_method": "client_secret_post" } },
        "settings": { "oauthClient": {
            "application_type": "web", "grant_types": ["password"], "response_types": [], "redirect_uris": [],
            "consent_method": "TRUSTED",
        } },
    });
    app_from(tenant, &body).await
}

/// Makes the app that a body describes.
pub(crate) async fn app_from(tenant: &Tenant, body: &Value) -> App {
    let reply = tenant.api("POST", "/api/v1/apps").json(body).await;
    assert!(matches!(reply.status, 200 | 201), "no app: {}", reply.describe());
    let made = reply.json();
    let client = &made["credentials"]["oauthClient"];
    let secret = client["client_secret"].as_str().map(str::to_owned);
    if let Some(secret) = &secret {
        tenant.http().canaries().add(secret);
    }
    let uris = &made["settings"]["oauthClient"]["redirect_uris"];
    App {
        client_id: client["client_id"].as_str().expect("a client id").to_owned(),
        client_secret: secret,
        redirect_uri: uris[0].as_str().unwrap_or_default().to_owned(),
        scopes: Vec::new(),
    }
}

/// Makes an authorization server; answers its id.
pub(crate) async fn server(tenant: &Tenant) -> String {
    let name = unique("server");
    let body = json!({ "name": name, "description": "", "audiences": [format!("api://{name}")] });
    let reply = tenant.api("POST", "/api/v1/authorizationServers").json(&body).await;
    assert!(matches!(reply.status, 200 | 201), "no server: {}", reply.describe());
    reply.json()["id"].as_str().expect("a server's id").to_owned()
}

/// Makes a rate policy from a body; answers it as it was made.
pub(crate) async fn rate_policy(tenant: &Tenant, body: Value) -> Value {
    let reply = tenant.api("POST", "/api/v1/rate-policies").json(&body).await;
    assert_eq!(reply.status, 201, "no policy: {}", reply.describe());
    reply.json()
}

/// Makes a rate policy that isn't in force.
pub(crate) async fn idle_rate_policy(tenant: &Tenant) -> Value {
    let name = unique("idle policy");
    let body =
        json!({ "name": name, "identifier": "app", "limit": [1], "window_size": [60], "enabled": false });
    rate_policy(tenant, body).await
}

/// Takes a step of a user's life: `suspend`, `deactivate`, `unlock`…
pub(crate) async fn step(tenant: &Tenant, user: &User, step: &str) {
    let path = format!("/api/v1/users/{}/lifecycle/{step}", user.id);
    tenant.api("POST", &path).await.expect(200);
}

//! Apps with settings of their own, people who use them in a browser, and further servers.

use std::ops::Deref;

use signet_testkit::{App, CodeFlow, Tenant, Value, Visitor, json};

pub(crate) use super::make::unique;

/// Where the apps of these tests return to.
pub(crate) const CALLBACK: &str = "https://app.example/cb";

/// An app to be made.
pub(crate) struct NewApp(Value);

impl NewApp {
    fn of(kind: &str, grants: &[&str]) -> Self {
        let service = kind == "service";
        let uris: &[&str] = if service { &[] } else { &[CALLBACK] };
        Self(json!({
            "name": "oidc_client",
            "label": unique("Test app"),
            "signOnMode": "OPENID_CONNECT",
            "credentials": { "oauthClient": {} },
            "settings": { "oauthClient": {
                "application_type": kind,
                "redirect_uris": uris,
                "response_types": [if service { "token" } else { "code" }],
                "grant_types": grants,
                "consent_method": "TRUSTED",
            } },
        }))
    }

    /// Confidential: code, refresh token, password. It rotates, as public ones do anyway.
    pub(crate) fn web() -> Self {
        Self::of("web", &["authorization_code", "refresh_token", "password"]).rotation("ROTATE", 30)
    }

    /// Public: code, refresh token.
    pub(crate) fn browser() -> Self {
        Self::of("browser", &["authorization_code", "refresh_token"])
    }

    /// Public, on a device.
    pub(crate) fn native() -> Self {
        Self::of("native", &["authorization_code", "refresh_token"])
    }

    /// Confidential, without users.
    pub(crate) fn service() -> Self {
        Self::of("service", &["client_credentials"])
    }

    /// The name that people read.
    pub(crate) fn label(mut self, label: &str) -> Self {
        self.0["label"] = label.into();
        self
    }

    /// Replaces the redirect URIs.
    pub(crate) fn redirect_uris(self, uris: &[&str]) -> Self {
        self.oauth("redirect_uris", json!(uris))
    }

    /// What happens to a used refresh token.
    pub(crate) fn rotation(self, rotation: &str, leeway: i64) -> Self {
        self.oauth("refresh_token", json!({ "rotation_type": rotation, "leeway": leeway }))
    }

    /// Sets one of the OAuth settings.
    pub(crate) fn oauth(mut self, name: &str, value: Value) -> Self {
        self.0["settings"]["oauthClient"][name] = value;
        self
    }

    /// Chooses the `client_id`.
    pub(crate) fn client_id(self, id: &str) -> Self {
        self.credential("client_id", json!(id))
    }

    /// Sets one of the OAuth credentials.
    pub(crate) fn credential(mut self, name: &str, value: Value) -> Self {
        self.0["credentials"]["oauthClient"][name] = value;
        self
    }

    /// The body of the request.
    pub(crate) fn body(&self) -> &Value {
        &self.0
    }

    /// Makes it.
    pub(crate) async fn make(self, tenant: &Tenant) -> Made {
        let reply = tenant.api("POST", "/api/v1/apps").json(&self.0).await.expect(200).json();
        let client = &reply["credentials"]["oauthClient"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let app = App {
            client_id: text(&client["client_id"]).expect("a client id"),
            client_secret: text(&client["client_secret"]),
            redirect_uri: text(&self.0["settings"]["oauthClient"]["redirect_uris"][0]).unwrap_or_default(),
            scopes: Vec::new(),
        };
        Made { app, id: text(&reply["id"]).expect("an id"), body: self.0 }
    }
}

/// An app that was made.
#[derive(Clone)]
pub(crate) struct Made {
    app: App,
    /// Its id in the management API.
    pub(crate) id: String,
    body: Value,
}

impl Deref for Made {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl Made {
    /// The app as callers know it.
    pub(crate) fn app(&self) -> App {
        self.app.clone()
    }

    /// Changes one of the OAuth settings.
    pub(crate) async fn change(&mut self, tenant: &Tenant, name: &str, value: Value) {
        self.change_all(tenant, &json!({ name: value })).await;
    }

    /// Changes some of the OAuth settings together.
    pub(crate) async fn change_all(&mut self, tenant: &Tenant, changes: &Value) {
        for (name, value) in changes.as_object().expect("settings by name") {
            self.body["settings"]["oauthClient"][name] = value.clone();
        }
        let path = format!("/api/v1/apps/{}", self.id);
        tenant.api("PUT", &path).json(&self.body).await.expect(200);
    }

    /// `activate` or `deactivate`.
    pub(crate) async fn lifecycle(&self, tenant: &Tenant, what: &str) {
        let path = format!("/api/v1/apps/{}/lifecycle/{what}", self.id);
        tenant.api("POST", &path).await.expect(200);
    }
}

/// Somebody with a password.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) login: String,
    pub(crate) password: String,
}

impl Person {
    /// Makes an active user.
    pub(crate) async fn new(tenant: &Tenant) -> Self {
        let login = format!("{}@people.test", unique("person"));
        let password = format!("canary of {} 4711", unique("word"));
        let body = json!({
            "profile": { "login": login, "email": login, "firstName": "Pat", "lastName": "Example" },
            "credentials": { "password": { "value": password } },
        });
        let reply = tenant.api("POST", "/api/v1/users").json(&body).await.expect(200).json();
        Self { id: reply["id"].as_str().expect("an id").to_owned(), login, password }
    }

    /// `suspend`, `unsuspend`, `deactivate`…
    pub(crate) async fn lifecycle(&self, tenant: &Tenant, what: &str) {
        let path = format!("/api/v1/users/{}/lifecycle/{what}", self.id);
        tenant.api("POST", &path).await.expect(200);
    }

    /// Takes back what this person allowed an app.
    pub(crate) async fn withdraw(&self, tenant: &Tenant, app: &App) {
        let path = format!("/api/v1/users/{}/clients/{}/grants", self.id, app.client_id);
        tenant.api("DELETE", &path).await.expect(204);
    }

    /// Signs in, in a new browser, up to a code.
    pub(crate) async fn code(&self, tenant: &Tenant, app: &App, scope: &str) -> CodeFlow {
        tenant.code_flow_as(app, scope, &self.login, &self.password).await
    }

    /// A code in this browser; signs in if it must.
    pub(crate) async fn code_in(
        &self,
        visitor: &Visitor,
        tenant: &Tenant,
        app: &App,
        scope: &str,
    ) -> CodeFlow {
        let request = tenant.authorize(app, scope);
        let callback = visitor.authorize(&request, &self.login, &self.password).await;
        CodeFlow {
            code: callback.code().to_owned(),
            verifier: request.verifier.clone(),
            state: callback.get("state").to_owned(),
            iss: callback.get("iss").to_owned(),
            redirect_uri: app.redirect_uri.clone(),
            visitor: visitor.clone(),
        }
    }
}

/// Another authorization server of the tenant.
pub(crate) struct Server {
    /// Its id in the management API.
    pub(crate) id: String,
    /// A caller at it.
    pub(crate) tenant: Tenant,
}

impl Server {
    /// Makes one; `settings` go into the request beside name and audience.
    pub(crate) async fn new(tenant: &Tenant, settings: Value) -> Self {
        let name = unique("server");
        let mut body = json!({ "name": name, "audiences": [format!("api://{name}")] });
        for (name, value) in settings.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let reply = tenant.api("POST", "/api/v1/authorizationServers").json(&body).await.expect(201).json();
        let issuer = reply["issuer"].as_str().expect("an issuer");
        let slug = issuer.rsplit('/').next().expect("a path");
        Self { id: reply["id"].as_str().expect("an id").to_owned(), tenant: tenant.at_server(slug) }
    }

    /// Adds a scope.
    pub(crate) async fn scope(&self, name: &str, consent: &str) {
        add_scope(&self.tenant, &self.id, name, consent).await;
    }
}

/// The id of the server of this name.
pub(crate) async fn server_id(tenant: &Tenant, name: &str) -> String {
    let servers = tenant.api("GET", "/api/v1/authorizationServers").await.expect(200).json();
    let mut servers = servers.as_array().into_iter().flatten();
    let server = servers.find(|server| server["name"] == name).expect("a server of this name");
    server["id"].as_str().expect("an id").to_owned()
}

/// Adds a scope to a server and answers with its id.
pub(crate) async fn add_scope(tenant: &Tenant, server: &str, name: &str, consent: &str) -> String {
    let path = format!("/api/v1/authorizationServers/{server}/scopes");
    let body = json!({ "name": name, "consent": consent });
    let reply = tenant.api("POST", &path).json(&body).await.expect(201).json();
    reply["id"].as_str().expect("an id").to_owned()
}

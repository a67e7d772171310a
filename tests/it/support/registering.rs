//! Apps that register themselves, and servers that let them.

use signet_testkit::{App, Call, Reply, Tenant, Value, json};

use super::apps::Server;

/// Where such apps return to.
pub(crate) const CALLBACK: &str = "https://client.example/cb";

/// A server where this holds of apps that register themselves.
pub(crate) async fn server_with(tenant: &Tenant, policy: &Value) -> Server {
    let server = Server::new(tenant, json!({})).await;
    set_policy(&server, policy).await.expect(200);
    server
}

/// Says which apps may register themselves.
pub(crate) async fn set_policy(server: &Server, policy: &Value) -> Reply {
    server.tenant.api("PUT", &policy_path(server)).json(policy).await
}

/// Where that is said.
pub(crate) fn policy_path(server: &Server) -> String {
    format!("/api/v1/authorizationServers/{}/registration", server.id)
}

/// An initial access token with these settings.
pub(crate) async fn initial(server: &Server, settings: &Value) -> String {
    let path = format!("/api/v1/authorizationServers/{}/registrationTokens", server.id);
    let mut body = json!({ "name": "for a test" });
    for (name, value) in settings.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let made = server.tenant.api("POST", &path).json(&body).await.expect(201).json();
    made["token"].as_str().expect("a token").to_owned()
}

/// A registration that isn't sent yet.
pub(crate) fn registering(server: &Server, token: Option<&str>, metadata: &Value) -> Call {
    let call = server.tenant.http().call("POST", &server.tenant.endpoint("clients")).json(metadata);
    match token {
        Some(token) => call.bearer(token),
        None => call,
    }
}

/// An app that registered itself.
pub(crate) struct Registered {
    /// As callers know it.
    pub(crate) app: App,
    /// What it was told.
    pub(crate) told: Value,
}

impl Registered {
    /// Registers one.
    pub(crate) async fn new(server: &Server, token: Option<&str>, metadata: &Value) -> Self {
        let told = registering(server, token, metadata).await.expect(201).json();
        let text = |name: &str| told[name].as_str().map(str::to_owned);
        let app = App {
            client_id: text("client_id").expect("a client id"),
            client_secret: text("client_secret"),
            redirect_uri: told["redirect_uris"][0].as_str().unwrap_or_default().to_owned(),
            scopes: Vec::new(),
        };
        Self { app, told }
    }

    /// A call to its registration, with its own token.
    pub(crate) fn call(&self, server: &Server, method: &str) -> Call {
        self.call_with(server, method, self.told["registration_access_token"].as_str().expect("a token"))
    }

    /// A call to its registration with another token.
    pub(crate) fn call_with(&self, server: &Server, method: &str, token: &str) -> Call {
        let url = self.told["registration_client_uri"].as_str().expect("its address");
        server.tenant.http().call(method, url).bearer(token)
    }

    /// The members that it sends to keep its registration as it is.
    pub(crate) fn metadata(&self) -> Value {
        let mut metadata = self.told.clone();
        let members = metadata.as_object_mut().expect("members");
        for name in [
            "registration_access_token",
            "registration_client_uri",
            "client_id_issued_at",
            "client_secret_expires_at",
        ] {
            members.remove(name);
        }
        metadata
    }
}

/// What an ordinary app says of itself.
pub(crate) fn ordinary() -> Value {
    json!({
        "client_name": "Stranger", "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
    })
}

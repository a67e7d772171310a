//! A server with a gateway profile, and apps for it.

use signet_testkit::{App, Call, Reply, Tenant, Value, json};

use super::apps::CALLBACK;
use super::make::{self, unique};

/// A proof key's verifier, and its challenge (RFC 7636, appendix B).
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Where the front end is told to send its browser.
#[track_caller]
pub(crate) fn target(reply: &Reply, status: u16) -> String {
    assert_eq!(reply.status, status, "{}", reply.describe());
    reply.json()["redirect_uri"].as_str().unwrap_or_else(|| panic!("{}", reply.describe())).to_owned()
}

/// The scopes of every such server.
pub(crate) const SCOPES: [&str; 2] = ["steps:read", "steps:write"];

/// A server with a gateway profile.
pub(crate) struct Gate {
    pub(crate) tenant: Tenant,
    pub(crate) server: String,
    pub(crate) provision_key: String,
}

impl Gate {
    /// Makes the server, its scopes and its profile; what isn't set is as the issue of this test needs it: every
    /// grant that there is, and both scopes.
    pub(crate) async fn new(tenant: &Tenant, settings: Value) -> Self {
        let server = make::server(tenant).await;
        for scope in SCOPES {
            let body = json!({ "name": scope });
            let path = format!("/api/v1/authorizationServers/{server}/scopes");
            tenant.api("POST", &path).json(&body).await.expect(201);
        }
        let made = put(tenant, &server, settings).await.expect(201).json();
        let provision_key = made["provision_key"].as_str().expect("a provision key").to_owned();
        tenant.http().canaries().add(&provision_key);
        Self { tenant: tenant.at_server(&server), server, provision_key }
    }

    /// Changes the settings.
    pub(crate) async fn set(&self, settings: Value) {
        put(&self.tenant, &self.server, settings).await.expect(200);
    }

    fn path(&self, rest: &str) -> String {
        format!("/gateway/{}/{rest}", self.server)
    }

    /// Asks whether a call may pass.
    pub(crate) fn verify(&self) -> Call {
        self.tenant.get(&self.path("verify"))
    }

    /// Whether a token passes.
    pub(crate) async fn passes(&self, token: &str) -> bool {
        let reply = self.verify().bearer(token).await;
        assert!(matches!(reply.status, 200 | 401), "{}", reply.describe());
        reply.status == 200
    }

    /// Calls below the server's part.
    pub(crate) fn call(&self, method: &str, rest: &str) -> Call {
        self.tenant.call(method, &self.path(rest))
    }

    /// The front end asks for a code; the provision key and a user are filled in.
    pub(crate) async fn authorize(&self, app: &App, more: &[(&str, &str)]) -> Reply {
        let mut fields = vec![
            ("provision_key", self.provision_key.as_str()),
            ("authenticated_userid", "userid123"),
            ("client_id", app.client_id.as_str()),
            ("response_type", "code"),
        ];
        for (name, value) in more {
            fields.retain(|(known, _)| known != name);
            fields.push((name, value));
        }
        fields.retain(|(_, value)| *value != "(absent)");
        self.call("POST", "oauth2/authorize").form(fields).await
    }

    /// A code for an app.
    pub(crate) async fn code(&self, app: &App, more: &[(&str, &str)]) -> String {
        let reply = self.authorize(app, more).await.expect(200);
        let uri: signet_testkit::reqwest::Url =
            reply.json()["redirect_uri"].as_str().expect("a URI").parse().expect("a URI");
        let code = uri.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        self.tenant.http().canaries().add(&code);
        code
    }

    /// A token request with the app's credentials in the body.
    pub(crate) async fn token(&self, app: &App, more: &[(&str, &str)]) -> Reply {
        let mut fields = vec![("client_id", app.client_id.as_str())];
        fields.extend(app.client_secret.as_deref().map(|secret| ("client_secret", secret)));
        for (name, value) in more {
            fields.retain(|(known, _)| known != name);
            fields.push((name, value));
        }
        fields.retain(|(_, value)| *value != "(absent)");
        self.call("POST", "oauth2/token").form(fields).await
    }

    /// Redeems a code.
    pub(crate) async fn redeem(&self, app: &App, code: &str) -> Reply {
        self.token(app, &[("grant_type", "authorization_code"), ("code", code)]).await
    }

    /// The access and the refresh token that a fresh code gets.
    pub(crate) async fn tokens(&self, app: &App, scope: &str) -> (String, String) {
        let code = self.code(app, &[("scope", scope)]).await;
        pair(&self.redeem(app, &code).await.expect(200))
    }

    /// A service's own token of the server's ordinary endpoint.
    pub(crate) async fn service_token(&self, scope: &str) -> (App, String) {
        let body = json!({
            "name": "oidc_client", "label": unique("Service"), "signOnMode": "OPENID_CONNECT",
            "credentials": { "oauthClient": {} },
            "settings": { "oauthClient": { "application_type": "service", "grant_types": ["client_credentials"],
                                           "response_types": ["token"], "external_id": "ext-7" } },
        });
        let app = make::app_from(&self.tenant, &body).await;
        let tokens = self.tenant.client_credentials(&app, scope).await.tokens();
        (app, tokens.access_token)
    }
}

/// Both tokens of an answer.
pub(crate) fn pair(reply: &Reply) -> (String, String) {
    let body = reply.json();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (text("access_token"), text("refresh_token"))
}

/// Sets the profile of a server.
pub(crate) async fn put(tenant: &Tenant, server: &str, settings: Value) -> Reply {
    let mut body = json!({
        "scopes": SCOPES, "enable_authorization_code": true, "enable_client_credentials": true,
        "enable_password_grant": true,
    });
    for (name, value) in settings.as_object().expect("settings") {
        body[name] = value.clone();
    }
    let path = format!("/api/v1/authorizationServers/{server}/gateway");
    tenant.api("PUT", &path).json(&body).await
}

/// A confidential app with every grant that needs no proof key.
pub(crate) async fn store_app(tenant: &Tenant) -> App {
    store_app_with(tenant, json!({}), false).await
}

/// The same with other settings.
pub(crate) async fn store_app_with(tenant: &Tenant, settings: Value, pkce: bool) -> App {
    let mut body = json!({
        "name": "oidc_client", "label": unique("Store"), "signOnMode": "OPENID_CONNECT",
        "credentials": { "oauthClient": { "pkce_required": pkce } },
        "settings": { "oauthClient": {
            "application_type": "web", "redirect_uris": [CALLBACK, "https://app.example/other?keep=1"],
            "grant_types": ["authorization_code", "refresh_token", "password", "client_credentials"],
            "response_types": ["code"],
        } },
    });
    for (name, value) in settings.as_object().expect("settings") {
        body["settings"]["oauthClient"][name] = value.clone();
    }
    make::app_from(tenant, &body).await
}

/// The body of a refusal.
pub(crate) fn assert_refused(reply: &Reply, status: u16, error: &str, description: &str) {
    assert_eq!(reply.status, status, "{}", reply.describe());
    let body = reply.json();
    assert_eq!(
        (body["error"].as_str(), body["error_description"].as_str()),
        (Some(error), Some(description)),
        "{}",
        reply.describe()
    );
}

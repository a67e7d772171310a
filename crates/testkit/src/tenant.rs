//! A tenant as its apps and its administrators call it.

use std::time::Duration;

use serde_json::Value;

use crate::{AppCredentials, Call, CodeFlow, Http, OauthHttp, Reply, TenantCredentials, Visitor};

/// A caller at one tenant and one of its authorization servers (`default`, unless told otherwise).
#[derive(Clone)]
pub struct Tenant {
    http: Http,
    /// The tenant's name.
    pub name: String,
    /// What the credentials file says of it.
    pub credentials: TenantCredentials,
    server: Option<String>,
}

/// An app, ready to authenticate.
#[derive(Clone, Debug)]
pub struct App {
    /// Its name in the protocol.
    pub client_id: String,
    /// None for a public app.
    pub client_secret: Option<String>,
    /// Where the flow returns to.
    pub redirect_uri: String,
    /// What a service app may ask for.
    pub scopes: Vec<String>,
}

impl From<&AppCredentials> for App {
    fn from(from: &AppCredentials) -> Self {
        Self {
            client_id: from.client_id.clone(),
            client_secret: from.client_secret.clone(),
            redirect_uri: from.redirect_uris.first().cloned().unwrap_or_default(),
            scopes: from.scopes.clone(),
        }
    }
}

impl Tenant {
    pub(crate) fn new(http: Http, name: &str, credentials: TenantCredentials) -> Self {
        Self { http, name: name.to_owned(), credentials, server: Some("default".to_owned()) }
    }

    /// The same at the org server.
    pub fn at_org(&self) -> Self {
        Self { server: None, ..self.clone() }
    }

    /// The same at another server.
    pub fn at_server(&self, server: &str) -> Self {
        Self { server: Some(server.to_owned()), ..self.clone() }
    }

    /// The same over another client, for instance [`Http::http2`].
    pub fn over(&self, http: &Http) -> Self {
        Self { http: http.clone(), ..self.clone() }
    }

    /// The HTTP client.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// The tenant's URL, without a slash at its end.
    pub fn origin(&self) -> &str {
        self.credentials.url.trim_end_matches('/')
    }

    /// The issuer of the server it calls.
    pub fn issuer(&self) -> String {
        match self.server.as_deref() {
            None => self.credentials.issuer.clone(),
            Some("default") => self.credentials.default_issuer.clone(),
            Some(server) => format!("{}/oauth2/{server}", self.origin()),
        }
    }

    /// The URL of an endpoint of the server it calls: `token`, `keys`, `userinfo`…
    pub fn endpoint(&self, name: &str) -> String {
        match &self.server {
            None => format!("{}/oauth2/v1/{name}", self.origin()),
            Some(server) => format!("{}/oauth2/{server}/v1/{name}", self.origin()),
        }
    }

    /// The demo's confidential web app.
    pub fn web(&self) -> App {
        App::from(&self.credentials.apps.web)
    }

    /// The demo's public browser app.
    pub fn browser_app(&self) -> App {
        App::from(&self.credentials.apps.browser)
    }

    /// The demo's service app.
    pub fn service(&self) -> App {
        App::from(&self.credentials.apps.service)
    }

    /// The demo user's login and password.
    pub fn user(&self) -> (&str, &str) {
        (&self.credentials.user.login, &self.credentials.user.password)
    }

    /// Begins a call of any method and path at this tenant.
    #[track_caller]
    pub fn call(&self, method: &str, path: &str) -> Call {
        self.http.call(method, &format!("{}{path}", self.origin()))
    }

    /// Begins a GET of a path at this tenant.
    #[track_caller]
    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    /// Begins a POST to the token endpoint with no client authentication but what the parameters hold.
    pub fn token(&self, params: &[(&str, &str)]) -> Call {
        self.http.call("POST", &self.endpoint("token")).form(params.iter().copied())
    }

    /// Begins a form POST to an endpoint as this app: Basic, or its id in the body when it is public.
    pub fn post_as(&self, app: &App, endpoint: &str, params: &[(&str, &str)]) -> Call {
        let call = self.http.call("POST", &self.endpoint(endpoint));
        match &app.client_secret {
            Some(secret) => call.basic(&app.client_id, secret).form(params.iter().copied()),
            None => {
                let id = ("client_id", app.client_id.as_str());
                call.form(std::iter::once(id).chain(params.iter().copied()))
            }
        }
    }

    /// Begins a POST to the token endpoint as this app.
    pub fn token_as(&self, app: &App, params: &[(&str, &str)]) -> Call {
        self.post_as(app, "token", params)
    }

    /// Redeems a code.
    pub async fn redeem(&self, app: &App, flow: &CodeFlow) -> Reply {
        let params = [
            ("grant_type", "authorization_code"),
            ("code", &flow.code),
            ("redirect_uri", &flow.redirect_uri),
            ("code_verifier", &flow.verifier),
        ];
        self.token_as(app, &params).await
    }

    /// The refresh token grant.
    pub async fn refresh(&self, app: &App, refresh_token: &str) -> Reply {
        self.token_as(app, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// The client credentials grant.
    pub async fn client_credentials(&self, app: &App, scope: &str) -> Reply {
        self.token_as(app, &[("grant_type", "client_credentials"), ("scope", scope)]).await
    }

    /// The password grant.
    pub async fn password(&self, app: &App, login: &str, password: &str, scope: &str) -> Reply {
        let params =
            [("grant_type", "password"), ("username", login), ("password", password), ("scope", scope)];
        self.token_as(app, &params).await
    }

    /// Asks about a token; the answer's JSON.
    pub async fn introspect(&self, app: &App, token: &str) -> Value {
        self.post_as(app, "introspect", &[("token", token)]).await.expect(200).json()
    }

    /// Whether a token is active.
    pub async fn is_active(&self, app: &App, token: &str) -> bool {
        self.introspect(app, token).await["active"].as_bool().expect("a boolean `active`")
    }

    /// Revokes a token.
    pub async fn revoke(&self, app: &App, token: &str) -> Reply {
        self.post_as(app, "revoke", &[("token", token)]).await
    }

    /// Asks for the user's claims.
    pub async fn userinfo(&self, access_token: &str) -> Reply {
        self.http.get(&self.endpoint("userinfo")).bearer(access_token).await
    }

    /// The server's public keys.
    pub async fn keys(&self) -> Value {
        self.http.get(&self.endpoint("keys")).await.expect(200).json()
    }

    /// The server's discovery document.
    pub async fn discovery(&self) -> Value {
        let url = format!("{}/.well-known/openid-configuration", self.issuer());
        self.http.get(&url).await.expect(200).json()
    }

    /// A browser of no kind: cookies and forms.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(self.http.clone())
    }

    /// The `oauth2` crate's way to send requests.
    pub fn oauth_http(&self) -> OauthHttp {
        OauthHttp::new(self.http.clone())
    }

    /// Begins a management API call with the demo's API token.
    #[track_caller]
    pub fn api(&self, method: &str, path: &str) -> Call {
        self.api_with(&self.credentials.api_token, method, path)
    }

    /// Begins a management API call with this API token.
    #[track_caller]
    pub fn api_with(&self, api_token: &str, method: &str, path: &str) -> Call {
        self.call(method, path).header("authorization", &format!("SSWS {api_token}"))
    }

    /// An access token for `/auth/…` and `/api/v1` from the demo's API credential.
    pub async fn api_access_token(&self) -> String {
        let credential = &self.credentials.api_credential;
        let how = format!("client_id:{}, client_secret:{}", credential.client_id, credential.client_secret);
        let call = self.call("POST", "/auth/oauth2/v2/token").header("authorization", &how);
        let reply = call.json(&serde_json::json!({ "grant_type": "client_credentials" })).await.expect(200);
        reply.json()["access_token"].as_str().expect("an access token").to_owned()
    }

    /// Events of the system log, oldest first; `params` as in `GET /api/v1/logs`. No secret may be in them.
    ///
    /// Unless the parameters say otherwise it asks for the newest first, and turns them. A poller on PostgreSQL waits
    /// for whoever writes longest in the whole cluster: seconds, where another test stops a node inside a transaction.
    pub async fn logs(&self, params: &[(&str, &str)]) -> Vec<Value> {
        let mut call =
            self.api("GET", "/api/v1/logs").query([("limit", "1000")]).query(params.iter().copied());
        let newest = !params.iter().any(|(name, _)| ["sortOrder", "until", "after"].contains(name));
        if newest {
            call = call.query([("sortOrder", "DESCENDING")]);
        }
        let reply = call.await.expect(200);
        self.http.canaries().assert_none_in("the system log", &reply.body);
        let mut events: Vec<Value> = reply.parse();
        if newest {
            events.reverse();
        }
        events
    }

    /// The same by filter, waiting until there are at least `count`.
    pub async fn wait_for_logs(&self, filter: &str, count: usize) -> Vec<Value> {
        let mut found = Vec::new();
        for _ in 0..300 {
            found = self.logs(&[("filter", filter)]).await;
            if found.len() >= count {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("wanted {count} events where {filter}; there are {}: {found:#?}", found.len());
    }
}

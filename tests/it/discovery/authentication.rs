//! How apps prove themselves, as discovery names it for three endpoints.

use signet_oauth::jwt::Alg;
use signet_testkit::{App, Call, json};

use super::{Walk, code_params};
use crate::mac_assertions::assertion as mac_assertion;
use crate::support::apps::NewApp;
use crate::support::client_key::{ClientKey, claims, now, post, with_keys};

/// How an app proves itself.
enum By {
    /// Its secret in the header, or its id alone.
    Usual,
    /// Its secret in the body.
    Secret,
    /// A signed assertion.
    Assertion(String),
}

impl Walk {
    /// An app that authenticates in this way redeems a code, and its own token is asked about and revoked.
    pub(super) async fn methods(&self, member: &str, endpoint: &str) {
        for method in self.list(member) {
            let app = if method == "none" { NewApp::browser() } else { NewApp::web() };
            match method.as_str() {
                "private_key_jwt" => {
                    let key = ClientKey::new(Alg::ES256);
                    let app = with_keys(app, &self.tenant, &[&key]).await;
                    self.proves(endpoint, &app, || By::Assertion(self.assertion(&app, &key))).await;
                }
                _ => {
                    let app = app.credential("token_endpoint_auth_method", json!(method));
                    let app = app.make(&self.tenant).await;
                    self.proves(endpoint, &app, || match method.as_str() {
                        "client_secret_basic" | "none" => By::Usual,
                        "client_secret_post" => By::Secret,
                        "client_secret_jwt" => By::Assertion(self.mac(&app)),
                        other => panic!("nobody uses the method {other}"),
                    })
                    .await;
                }
            }
        }
    }

    pub(super) async fn algs(&self, member: &str, endpoint: &str) {
        for alg in self.list(member) {
            if alg == "HS256" {
                let app = NewApp::web().credential("token_endpoint_auth_method", json!("client_secret_jwt"));
                let app = app.make(&self.tenant).await;
                self.proves(endpoint, &app, || By::Assertion(self.mac(&app))).await;
            } else {
                let key = ClientKey::new(alg.parse().expect("an algorithm"));
                let app = with_keys(NewApp::web(), &self.tenant, &[&key]).await;
                self.proves(endpoint, &app, || By::Assertion(self.assertion(&app, &key))).await;
            }
        }
    }

    fn assertion(&self, app: &App, key: &ClientKey) -> String {
        key.assertion(&claims(app, &self.tenant, now()))
    }

    fn mac(&self, app: &App) -> String {
        mac_assertion(app, &self.tenant, app.client_secret.as_deref().expect("a secret"))
    }

    /// The app gets a token, and at another endpoint is heard about it.
    async fn proves(&self, endpoint: &str, app: &App, by: impl Fn() -> By) {
        let request = self.tenant.authorize(app, "openid");
        let callback = self.answer(&request).await;
        let params = code_params(&request, &callback);
        let params: Vec<_> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let tokens = self.call(app, "token", &by(), &params).await.tokens();
        if endpoint != "token" {
            let token = [("token", tokens.access_token.as_str())];
            self.call(app, endpoint, &by(), &token).await.expect(200);
            let active = self.tenant.is_active(&self.web, &tokens.access_token).await;
            assert_eq!(active, endpoint == "introspect");
        }
    }

    fn call(&self, app: &App, endpoint: &str, by: &By, params: &[(&str, &str)]) -> Call {
        match by {
            By::Usual => self.tenant.post_as(app, endpoint, params),
            By::Secret => {
                let secret = app.client_secret.as_deref().expect("a secret");
                let own = [("client_id", app.client_id.as_str()), ("client_secret", secret)];
                let fields: Vec<_> = params.iter().chain(&own).copied().collect();
                self.tenant.http().call("POST", &self.tenant.endpoint(endpoint)).form(fields)
            }
            By::Assertion(assertion) => post(&self.tenant, endpoint, assertion, params),
        }
    }
}

//! The apps and the person that a client program works with.

use signet_oauth::jwt::Alg;
use signet_testkit::{App, Tenant, Value, json};

use crate::support::apps::{Made, NewApp, Person};
use crate::support::client_key::{ClientKey, with_keys};

/// Where apps of these tests return to after a sign-out.
pub(crate) const BYE: &str = "https://app.example/bye";

/// A person, five apps and what the program is told of them.
pub(crate) struct Furnished {
    pub(crate) person: Person,
    pub(crate) settings: Value,
}

fn told(app: &App) -> Value {
    json!({ "id": app.client_id, "secret": app.client_secret, "redirect_uri": app.redirect_uri })
}

impl Furnished {
    /// Makes `web` (Basic, asks for consent), `keyed` (a P-256 key, pushed requests only), `service` (its secret in the
    /// body), `mac` (a MAC by its secret) and `bound` (public, its tokens bound to a key).
    pub(crate) async fn new(tenant: &Tenant) -> Self {
        let out = json!([BYE]);
        let web = NewApp::web().oauth("post_logout_redirect_uris", out.clone());
        let web: Made = web.oauth("consent_method", json!("REQUIRED")).make(tenant).await;
        let key = ClientKey::new(Alg::ES256);
        let keyed = NewApp::web().oauth("require_pushed_authorization_requests", json!(true));
        let keyed = with_keys(keyed, tenant, &[&key]).await;
        let service = NewApp::service();
        let service = service.credential("token_endpoint_auth_method", json!("client_secret_post"));
        let service = service.make(tenant).await;
        let mac = NewApp::service().credential("token_endpoint_auth_method", json!("client_secret_jwt"));
        let mac = mac.make(tenant).await;
        let mut keyed_told = told(&keyed);
        keyed_told["key"] = key.pkcs8_base64().into();
        keyed_told["kid"] = key.jwk["kid"].clone();
        let bound = NewApp::browser().oauth("dpop_bound_access_tokens", json!(true)).make(tenant).await;
        let settings = json!({
            "issuer": tenant.issuer(), "bye": BYE,
            "web": told(&web), "keyed": keyed_told, "service": told(&service), "mac": told(&mac),
            "bound": told(&bound),
        });
        Self { person: Person::new(tenant).await, settings }
    }
}

impl Furnished {
    /// What a program must have seen that knows proofs of possession.
    #[track_caller]
    pub(crate) fn check_bound(&self, facts: &Value) {
        for (name, wanted) in [
            ("boundEmail", json!(self.person.login)),
            ("boundRotated", json!(true)),
            ("unproved", json!("invalid_dpop_proof")),
            ("anotherKey", json!("invalid_grant")),
            ("bareUserinfo", json!(401)),
        ] {
            assert_eq!(facts[name], wanted, "{name}");
        }
    }

    /// What every program that can do all must have seen.
    #[track_caller]
    pub(crate) fn check(&self, facts: &Value) {
        for (name, wanted) in [
            ("email", json!(self.person.login)),
            ("rotated", json!(true)),
            ("sameUser", json!(true)),
            ("active", json!(true)),
            ("activeAfterRevocation", json!(false)),
            ("refreshAfterRevocation", json!("invalid_grant")),
            ("out", json!(format!("{BYE}?state=signed%20out"))),
            ("silent", json!("login_required")),
            ("keyedEmail", json!(self.person.login)),
            ("machineScope", json!("orders:read")),
        ] {
            assert_eq!(facts[name], wanted, "{name}");
        }
    }
}

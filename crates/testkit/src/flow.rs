//! The authorization code flow.

use std::collections::BTreeMap;

use oauth2::PkceCodeChallenge;
use reqwest::Url;

use crate::{App, Reply, Tenant, TokenSet, Visitor};

/// An authorization request, complete and open to change.
#[derive(Clone, Debug)]
pub struct AuthRequest {
    /// The authorize endpoint.
    pub endpoint: String,
    /// The parameters, in order.
    pub params: Vec<(String, String)>,
    /// The PKCE verifier that goes with the challenge.
    pub verifier: String,
}

/// What came back at the redirect URI.
#[derive(Clone, Debug)]
pub struct Callback {
    /// The whole URL.
    pub url: Url,
    /// Its parameters.
    pub params: BTreeMap<String, String>,
}

/// A code, and what redeems it.
#[derive(Clone)]
pub struct CodeFlow {
    /// The code.
    pub code: String,
    /// The PKCE verifier.
    pub verifier: String,
    /// The state that was sent and came back.
    pub state: String,
    /// The issuer named in the callback.
    pub iss: String,
    /// The redirect URI.
    pub redirect_uri: String,
    /// The browser, still signed in.
    pub visitor: Visitor,
}

impl AuthRequest {
    /// Sets a parameter.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        match self.params.iter_mut().find(|(known, _)| known == name) {
            Some(param) => value.clone_into(&mut param.1),
            None => self.params.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// Adds a parameter, even if it is there already.
    pub fn add(mut self, name: &str, value: &str) -> Self {
        self.params.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes a parameter away.
    pub fn without(mut self, name: &str) -> Self {
        self.params.retain(|(known, _)| known != name);
        self
    }

    /// A parameter's value.
    pub fn get(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The whole URL.
    pub fn url(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.params);
        format!("{}?{}", self.endpoint, query.finish())
    }
}

impl Callback {
    /// Reads a redirect; fails unless it leads to `redirect_uri`.
    #[track_caller]
    pub fn read(reply: &Reply, redirect_uri: &str) -> Self {
        assert_eq!(reply.status, 303, "wanted a redirect to the app: {}", reply.describe());
        let url = reply.location();
        assert!(url.as_str().starts_with(redirect_uri), "a redirect elsewhere: {}", reply.describe());
        let params = url.query_pairs().into_owned().collect();
        Self { url, params }
    }

    /// A parameter; empty when absent.
    pub fn get(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// The code; fails when there is none.
    #[track_caller]
    pub fn code(&self) -> &str {
        self.params.get("code").unwrap_or_else(|| panic!("no code in {}", self.url))
    }
}

impl CodeFlow {
    /// Redeems the code.
    pub async fn redeem(&self, tenant: &Tenant, app: &App) -> TokenSet {
        tenant.redeem(app, self).await.tokens()
    }
}

impl Tenant {
    /// A good authorization request of this app: PKCE S256, a state and a nonce.
    pub fn authorize(&self, app: &App, scope: &str) -> AuthRequest {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (state, nonce) = (oauth2::CsrfToken::new_random(), oauth2::CsrfToken::new_random());
        self.http().canaries().add(verifier.secret());
        let params = [
            ("response_type", "code"),
            ("client_id", &app.client_id),
            ("redirect_uri", &app.redirect_uri),
            ("scope", scope),
            ("state", state.secret()),
            ("nonce", nonce.secret()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        AuthRequest {
            endpoint: self.endpoint("authorize"),
            params: params.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            verifier: verifier.secret().clone(),
        }
    }

    /// The URL of [`authorize`](Self::authorize).
    pub fn authorize_url(&self, app: &App, scope: &str) -> String {
        self.authorize(app, scope).url()
    }

    /// Goes through sign-in and consent as the demo user, in a new browser, up to the code.
    pub async fn code_flow(&self, app: &App, scope: &str) -> CodeFlow {
        let (login, password) = self.user();
        self.code_flow_as(app, scope, login, password).await
    }

    /// The same as this user.
    pub async fn code_flow_as(&self, app: &App, scope: &str, login: &str, password: &str) -> CodeFlow {
        let visitor = self.visitor();
        let request = self.authorize(app, scope);
        let callback = visitor.authorize(&request, login, password).await;
        CodeFlow {
            code: callback.code().to_owned(),
            verifier: request.verifier.clone(),
            state: callback.get("state").to_owned(),
            iss: callback.get("iss").to_owned(),
            redirect_uri: app.redirect_uri.clone(),
            visitor,
        }
    }

    /// Signs in at a page of the tenant (the console, say) and answers what is shown then.
    pub async fn sign_in(&self, path: &str, login: &str, password: &str) -> (Visitor, Reply) {
        let visitor = self.visitor();
        let page = visitor.open(&format!("{}{path}", self.origin())).await;
        let reply = visitor.sign_in(&page, login, password).await;
        (visitor, reply)
    }
}

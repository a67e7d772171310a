//! The whole way through: no token, consent, code, token, steps, wrong scope, refresh, old token refused, throttled.

use crate::front::Front;
use crate::gateway::Nginx;
use crate::setup::{CALLBACK, Made};
use crate::{Error, Signet, api, front, serve, setup};
use oauth2::basic::BasicClient;
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    PkceCodeChallenge, RedirectUrl, RefreshToken, Scope, TokenResponse, TokenUrl,
};
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// Who walks.
const USERID: &str = "userid123";

/// StepOn, running.
#[derive(Debug)]
pub struct StepOn {
    /// Signet.
    pub signet: Signet,
    /// What was set up there.
    pub made: Made,
    /// nginx.
    pub nginx: Nginx,
    /// Where the web site is.
    pub front: String,
}

impl StepOn {
    /// Sets everything up and starts API, web site and nginx.
    ///
    /// # Errors
    /// When something doesn't start.
    pub async fn start(signet: Signet, api_token: &str) -> Result<Self, Error> {
        let made = setup::make(&signet, api_token).await?;
        let api = serve(api::router()).await?;
        let site = Front {
            signet: signet.clone(),
            server: made.server.clone(),
            provision_key: made.provision_key.clone(),
            userid: USERID.to_owned(),
        };
        let front = serve(front::router(site)).await?;
        let nginx = Nginx::start(&signet, &made.server, &api).await?;
        Ok(Self { signet, made, nginx, front })
    }

    /// A call of the API, through nginx.
    ///
    /// # Errors
    /// When nothing answers.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<reqwest::Response, Error> {
        let mut request = self.signet.http.request(method, format!("http://{}{path}", self.nginx.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Ok(request.send().await?)
    }

    async fn steps(&self, method: Method, token: &str) -> Result<reqwest::Response, Error> {
        self.call(method, "/steps", &[("authorization", &format!("Bearer {token}"))]).await
    }

    /// Walks it; `say` hears of each step.
    ///
    /// # Errors
    /// At the first step that ends otherwise than it should.
    pub async fn walk(&self, say: fn(&str)) -> Result<(), Error> {
        let answer = self.call(Method::GET, "/steps", &[]).await?;
        let challenge =
            answer.headers().get("www-authenticate").and_then(|v| v.to_str().ok()).unwrap_or_default();
        expect(challenge == "Bearer realm=\"stepon\"", challenge)?;
        expect(answer.status() == StatusCode::UNAUTHORIZED, answer.status())?;
        say("1. No token: nginx answers 401");

        let path = format!("http://{}/gateway/{}/oauth2/token", self.signet.host, self.made.server);
        let store = BasicClient::new(ClientId::new(self.made.client_id.clone()))
            .set_client_secret(ClientSecret::new(self.made.client_secret.clone()))
            .set_auth_uri(AuthUrl::new(format!("http://{}/consent", self.front))?)
            .set_token_uri(TokenUrl::new(path)?)
            .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned())?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let request = store.authorize_url(CsrfToken::new_random).add_scope(Scope::new("steps:read".into()));
        let (consent, state) = request.set_pkce_challenge(challenge).url();
        let code = self.agree(&consent, state.secret()).await?;
        say("2. The user says yes at StepOn's own site, which gets a code for the store");

        let http = |request: HttpRequest| self.send(request);
        let exchange = store.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(verifier);
        let tokens = exchange.request_async(&http).await?;
        let old = tokens.access_token().secret().clone();
        let refresh = tokens.refresh_token().ok_or("no refresh token")?.clone();
        say("3. The store redeems the code");

        let steps: Value = self.steps(Method::GET, &old).await?.error_for_status()?.json().await?;
        expect(steps["user"] == USERID && steps["steps"] == 4_321, &steps)?;
        say("4. With the token the store reads the steps");

        let answer = self.steps(Method::POST, &old).await?;
        expect(answer.status() == StatusCode::FORBIDDEN, answer.status())?;
        say("5. Adding steps needs another scope: 403");

        let refresh = RefreshToken::new(refresh.secret().clone());
        let tokens = store.exchange_refresh_token(&refresh).request_async(&http).await?;
        let new = tokens.access_token().secret().clone();
        let answer = self.steps(Method::GET, &new).await?;
        expect(answer.status() == StatusCode::OK, answer.status())?;
        say("6. The store refreshes, and reads with the new token");

        let answer = self.steps(Method::GET, &old).await?;
        expect(answer.status() == StatusCode::UNAUTHORIZED, answer.status())?;
        say("7. The old token is refused at once");

        let mut limited = false;
        for _ in 0..40 {
            limited = self.token_without_a_code().await? == StatusCode::TOO_MANY_REQUESTS;
            if limited {
                break;
            }
        }
        expect(limited, "never throttled")?;
        say("8. The fifth token for one user in a second is refused: 429");
        Ok(())
    }

    /// The browser: opens the consent page, presses its button, and is sent back to the store.
    async fn agree(&self, consent: &reqwest::Url, state: &str) -> Result<String, Error> {
        let page = self.signet.http.get(consent.clone()).send().await?.error_for_status()?.text().await?;
        expect(page.contains("may the shoe store use <b>steps:read</b>?"), &page)?;
        let fields: Vec<(String, String)> = consent.query_pairs().into_owned().collect();
        let answer =
            self.signet.http.post(format!("http://{}/consent", self.front)).form(&fields).send().await?;
        let location = answer.headers().get("location").and_then(|v| v.to_str().ok()).ok_or("no redirect")?;
        let back: reqwest::Url = location.parse()?;
        expect(location.starts_with(CALLBACK), location)?;
        let get =
            |name: &str| back.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
        expect(get("state").as_deref() == Some(state), location)?;
        get("code").ok_or_else(|| format!("no code: {location}").into())
    }

    async fn token_without_a_code(&self) -> Result<StatusCode, Error> {
        let fields = [
            ("grant_type", "password"),
            ("client_id", &self.made.client_id),
            ("client_secret", &self.made.client_secret),
            ("provision_key", &self.made.provision_key),
            ("authenticated_userid", USERID),
            ("scope", "steps:read"),
        ];
        let path = format!("/gateway/{}/oauth2/token", self.made.server);
        Ok(self.signet.request(Method::POST, &path).form(&fields).send().await?.status())
    }

    /// Sends what the `oauth2` crate makes.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
        let (parts, body) = request.into_parts();
        let sent =
            self.signet.request(parts.method, parts.uri.path()).headers(parts.headers).body(body).send();
        let answer = sent.await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut response = HttpResponse::new(answer.bytes().await?.to_vec());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

fn expect(holds: bool, found: impl std::fmt::Display) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(format!("this should be otherwise: {found}").into()) }
}

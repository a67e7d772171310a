//! Signs people in at Signet, and checks access tokens in an API.

use std::collections::HashMap;
use std::env;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreIdToken};
use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IssuerUrl, LogoutRequest, Nonce, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, Scope, TokenResponse,
};
use serde::Deserialize;
use tokio::sync::RwLock;

type Error = Box<dyn std::error::Error + Send + Sync>;

struct Site {
    issuer: String,
    client_id: String,
    client_secret: String,
    home: String,
    http: Http,
    /// By the random name in a browser's cookie. It forgets with the process: use a store before there are two.
    sessions: Mutex<HashMap<String, Session>>,
    keys: RwLock<JwkSet>,
}

#[derive(Clone)]
enum Session {
    Begun { state: String, nonce: String, verifier: String },
    SignedIn { email: String, id_token: String },
}

type Shared = State<Arc<Site>>;

/// What went wrong, as a page.
struct Failure(Error);

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (StatusCode::BAD_GATEWAY, format!("Signing in failed: {}", self.0)).into_response()
    }
}

/// reqwest, as openidconnect sends with it.
struct Http(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = reqwest::Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, reqwest::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.0.execute(request.try_into()?).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let mut response = HttpResponse::new(answer.bytes().await?.to_vec());
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Ok(response)
        })
    }
}

impl Site {
    /// Asked each time, so that a new signing key is known.
    async fn discover(&self) -> Result<ProviderMetadataWithLogout, Error> {
        let issuer = IssuerUrl::new(self.issuer.clone())?;
        Ok(ProviderMetadataWithLogout::discover_async(issuer, &self.http).await?)
    }

    fn session(&self, headers: &HeaderMap) -> Option<Session> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(cookie(headers)?).cloned()
    }

    /// Keeps a session under a new name, and forgets the one that the browser had.
    fn keep(&self, headers: &HeaderMap, session: Option<Session>) -> [(header::HeaderName, String); 1] {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = cookie(headers) {
            sessions.remove(old);
        }
        let name = CsrfToken::new_random_len(32).secret().clone();
        let line = format!("session={name}; Path=/; HttpOnly; SameSite=Lax");
        if let Some(session) = session {
            sessions.insert(name, session);
        }
        [(header::SET_COOKIE, line)]
    }

    async fn key(&self, kid: &str) -> Option<DecodingKey> {
        if let Some(jwk) = self.keys.read().await.find(kid) {
            return DecodingKey::from_jwk(jwk).ok();
        }
        let answer = self.http.0.get(format!("{}/v1/keys", self.issuer)).send().await.ok()?;
        let fresh: JwkSet = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
        let key = fresh.find(kid).and_then(|jwk| DecodingKey::from_jwk(jwk).ok());
        *self.keys.write().await = fresh;
        key
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get(header::COOKIE)?.to_str().ok()?;
    all.split("; ").find_map(|pair| pair.strip_prefix("session="))
}

/// The client; a macro, because its type tells at length which endpoints it knows.
macro_rules! client {
    ($site:expr, $metadata:expr) => {
        CoreClient::from_provider_metadata(
            $metadata,
            ClientId::new($site.client_id.clone()),
            Some(ClientSecret::new($site.client_secret.clone())),
        )
        .set_redirect_uri(RedirectUrl::new(format!("{}callback", $site.home))?)
    };
}

async fn home(State(site): Shared, headers: HeaderMap) -> String {
    match site.session(&headers) {
        Some(Session::SignedIn { email, .. }) => format!("Hello, {email}. /logout signs out."),
        _ => "/login signs in.".to_owned(),
    }
}

async fn login(State(site): Shared, headers: HeaderMap) -> Result<impl IntoResponse, Failure> {
    let client = client!(site, site.discover().await?);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["profile", "email"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let (state, nonce, verifier) =
        (state.secret().clone(), nonce.secret().clone(), verifier.secret().clone());
    let kept = site.keep(&headers, Some(Session::Begun { state, nonce, verifier }));
    Ok((kept, Redirect::to(url.as_str())))
}

#[derive(Deserialize)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error_description: Option<String>,
}

async fn callback(
    State(site): Shared,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Result<impl IntoResponse, Failure> {
    let Some(Session::Begun { state, nonce, verifier }) = site.session(&headers) else {
        return Err("begin at /login".into());
    };
    if answer.state.as_ref() != Some(&state) || answer.iss.as_ref() != Some(&site.issuer) {
        return Err("this isn't the answer to a sign-in that began here".into());
    }
    let code = answer.code.ok_or_else(|| answer.error_description.unwrap_or_default())?;
    let client = client!(site, site.discover().await?);
    let request = client
        .exchange_code(AuthorizationCode::new(code))?
        .set_pkce_verifier(PkceCodeVerifier::new(verifier));
    let tokens = request.request_async(&site.http).await?;
    let id_token = tokens.id_token().ok_or("there is no ID token")?;
    let claims = id_token.claims(&client.id_token_verifier(), &Nonce::new(nonce))?;
    let email = claims.email().map(|email| email.to_string()).unwrap_or_default();
    let kept = site.keep(&headers, Some(Session::SignedIn { email, id_token: id_token.to_string() }));
    Ok((kept, Redirect::to("/")))
}

async fn logout(State(site): Shared, headers: HeaderMap) -> Result<impl IntoResponse, Failure> {
    let metadata = site.discover().await?;
    let end = metadata.additional_metadata().end_session_endpoint.clone().ok_or("there is no way out")?;
    let mut request =
        LogoutRequest::from(end).set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(site.home.clone())?);
    if let Some(Session::SignedIn { id_token, .. }) = site.session(&headers) {
        request = request.set_id_token_hint(&id_token.parse::<CoreIdToken>()?);
    }
    Ok((site.keep(&headers, None), Redirect::to(request.http_get_url().as_str())))
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    #[serde(default)]
    scp: Vec<String>,
}

fn refuse(status: StatusCode, challenge: &'static str) -> Response {
    (status, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
}

/// Any access token of this issuer for this audience, with the scope it needs.
async fn orders(State(site): Shared, headers: HeaderMap) -> Response {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some((_, token)) = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
    else {
        return refuse(StatusCode::UNAUTHORIZED, "Bearer");
    };
    match check(&site, token).await {
        None => refuse(StatusCode::UNAUTHORIZED, r#"Bearer error="invalid_token""#),
        Some(claims) if !claims.scp.iter().any(|scope| scope == "orders:read") => {
            refuse(StatusCode::FORBIDDEN, r#"Bearer error="insufficient_scope", scope="orders:read""#)
        }
        Some(claims) => Json(serde_json::json!({ "caller": claims.sub, "orders": [] })).into_response(),
    }
}

async fn check(site: &Site, token: &str) -> Option<Claims> {
    let key = site.key(&decode_header(token).ok()?.kid?).await?;
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_issuer(&[&site.issuer]);
    rules.set_audience(&["api://default"]);
    rules.set_required_spec_claims(&["exp", "iss", "aud"]);
    Some(decode(token, &key, &rules).ok()?.claims)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let site = Site {
        issuer: env::var("ISSUER")?,
        client_id: env::var("CLIENT_ID")?,
        client_secret: env::var("CLIENT_SECRET")?,
        home: format!("http://localhost:{port}/"),
        // Nothing that a server answers may send this client elsewhere.
        http: Http(reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?),
        sessions: Mutex::default(),
        keys: RwLock::new(JwkSet { keys: Vec::new() }),
    };
    let app = Router::new()
        .route("/", get(home))
        .route("/login", get(login))
        .route("/callback", get(callback))
        .route("/logout", get(logout))
        .route("/api/orders", get(orders))
        .with_state(Arc::new(site));
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    Ok(axum::serve(listener, app).await?)
}

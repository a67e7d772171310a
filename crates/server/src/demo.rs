//! The demo app: an authorization code flow that a newcomer can watch. Only in dev, at demo tenants.

use crate::config::Tls;
use crate::extract::Tenant;
use crate::{App, card, cookie, html, listen, routes};
use axum::Router;
use axum::body::Body;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use signet_domain::app::{App as Client, AppKind};
use signet_idp::{Ctx, IdpError};
use signet_oauth::compare::ct_eq;
use signet_oauth::pkce::{Challenge, Verifier};
use signet_web::{Csrf, DecodedToken, DemoCallback, DemoStep, Fact, Hidden, Link, Shell};
use std::fmt::Write;
use std::path::PathBuf;
use tower::ServiceExt;

/// What the demo asks for.
const SCOPES: &str = "openid profile email offline_access orders:read";

/// Seconds that a try may take.
const COOKIE_SECONDS: i64 = 3600;

/// Its routes.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/demo/start", get(start))
        .route("/demo/callback", get(callback))
        .route("/demo/exchange", post(exchange))
}

/// Whether this tenant has the demo.
pub(crate) fn is_on(app: &App, ctx: &Ctx) -> bool {
    app.config().is_dev() && ctx.tenant.demo
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer {
    code: String,
    state: String,
    iss: String,
    error: String,
    error_description: String,
}

#[derive(Deserialize)]
struct Exchange {
    csrf: String,
    code: String,
}

/// Begins: keeps a verifier in a cookie, as an app in a browser would keep it, and asks for a code.
async fn start(State(app): State<App>, Tenant(ctx): Tenant) -> Response {
    let client = match client(&app, &ctx).await {
        Ok(client) => client,
        Err(response) => return response,
    };
    let verifier = app.idp().entropy().secret("");
    // 43 letters and digits are a verifier (RFC 7636 §4.1).
    let Ok(challenge) = Verifier::parse(&verifier).map(|verifier| Challenge::of(&verifier)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let query = [
        ("response_type", "code"),
        ("client_id", client.client_id.as_str()),
        ("redirect_uri", &callback_uri(&ctx)),
        ("scope", SCOPES),
        ("state", &state_of(&app, &ctx, &verifier)),
        ("nonce", &app.idp().entropy().password()),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let url = format!("{}/oauth2/default/v1/authorize?{}", ctx.tenant.url, form(&query));
    let cookie = cookie::set(&cookie_name(&ctx), &verifier, ctx.tenant.is_https(), Some(COOKIE_SECONDS));
    ([(header::SET_COOKIE, cookie)], Redirect::to(&url)).into_response()
}

/// The redirect URI: shows what came back.
async fn callback(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Response {
    let client = match client(&app, &ctx).await {
        Ok(client) => client,
        Err(response) => return response,
    };
    let verifier = cookie::get(&headers, &cookie_name(&ctx)).unwrap_or_default();
    let mut page = page(&app, &ctx, verifier, &client);
    if answer.code.is_empty() {
        let error = if answer.error.is_empty() { "nothing".to_owned() } else { answer.error };
        page.step = DemoStep::Refused { error, description: answer.error_description };
        return html::page(&page);
    }
    if verifier.is_empty() || !ct_eq(state_of(&app, &ctx, verifier), &answer.state) {
        let description = "The state is not this browser’s: an app must stop here.".to_owned();
        page.step = DemoStep::Refused { error: "state mismatch".to_owned(), description };
        return html::page(&page);
    }
    page.curl = Some(curl(&app, &ctx, &client, &answer.code, verifier));
    page.notes = vec![
        "The app checks that state is the one it sent, and that iss is the server it asked.".to_owned(),
        "PKCE: only whoever knows the verifier behind the challenge can redeem the code.".to_owned(),
    ];
    page.step = DemoStep::Code {
        answer: vec![Fact::code("state", &answer.state), Fact::code("iss", &answer.iss)],
        action: "/demo/exchange".to_owned(),
        fields: vec![Hidden::new("code", &answer.code)],
        code: answer.code,
    };
    html::page(&page)
}

/// Redeems the code at the token endpoint, as the command on the page would.
async fn exchange(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
    Form(filled): Form<Exchange>,
) -> Response {
    let client = match client(&app, &ctx).await {
        Ok(client) => client,
        Err(response) => return response,
    };
    let verifier = cookie::get(&headers, &cookie_name(&ctx)).unwrap_or_default();
    if verifier.is_empty() || !ct_eq(app.idp().secrets().csrf(ctx.tenant_id(), verifier), &filled.csrf) {
        let sentence = "This form was not ours, or your browser keeps no cookies. Start again.";
        return html::error_page(&ctx, StatusCode::FORBIDDEN, "Not accepted", sentence);
    }
    let answer = redeem(&app, &ctx, &client, (&filled.code, verifier)).await;
    let mut page = page(&app, &ctx, verifier, &client);
    page.step = match answer.get("access_token") {
        Some(_) => DemoStep::Tokens { answer: pretty(&answer), tokens: decoded(&answer) },
        None => DemoStep::Refused {
            error: text(&answer, "error").to_owned(),
            description: text(&answer, "error_description").to_owned(),
        },
    };
    html::page(&page)
}

async fn redeem(app: &App, ctx: &Ctx, client: &Client, (code, verifier): (&str, &str)) -> Value {
    const PATH: &str = "/oauth2/default/v1/token";
    let body = token_form(ctx, client, code, verifier);
    let mut inner = ctx.clone();
    PATH.clone_into(&mut inner.request.path);
    let request = Request::post(PATH)
        .header(header::HOST, &ctx.tenant.host)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .extension(inner)
        .body(Body::from(body));
    let Ok(request) = request else { return Value::Null };
    let Ok(response) = routes::tenant(app).oneshot(request).await;
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// The demo's browser app.
async fn client(app: &App, ctx: &Ctx) -> Result<Client, Response> {
    let not_found = || html::not_found_page(&ctx.tenant.display_name, &ctx.request);
    if !is_on(app, ctx) {
        return Err(not_found());
    }
    let unavailable = |error: IdpError| {
        tracing::warn!(%error, "the demo app could not be read");
        html::error_page(ctx, StatusCode::SERVICE_UNAVAILABLE, "Not available", "Try again in a moment.")
    };
    let read = async { app.idp().store().tenant(ctx.tenant_id()).read().await?.apps(None, 100).await };
    let apps = read.await.map_err(|error| unavailable(error.into()))?;
    apps.into_iter().find(|app| app.demo && app.kind == AppKind::Browser).ok_or_else(not_found)
}

fn page(app: &App, ctx: &Ctx, verifier: &str, client: &Client) -> DemoCallback {
    DemoCallback {
        shell: Shell::new(&ctx.tenant.display_name, "Demo").note("Demo tenant"),
        csrf: Csrf::new(app.idp().secrets().csrf(ctx.tenant_id(), verifier)),
        app_name: client.label.clone(),
        step: DemoStep::Refused { error: String::new(), description: String::new() },
        curl: None,
        notes: Vec::new(),
        again: Some(Link::new("Start again", "/demo/start")),
    }
}

fn callback_uri(ctx: &Ctx) -> String {
    format!("{}/demo/callback", ctx.tenant.url)
}

fn cookie_name(ctx: &Ctx) -> String {
    cookie::name(&ctx.tenant, "demo")
}

/// The state is bound to the browser's verifier, so it needs no cookie of its own.
fn state_of(app: &App, ctx: &Ctx, verifier: &str) -> String {
    app.idp().secrets().csrf(ctx.tenant_id(), &format!("demo state {verifier}"))
}

fn token_form(ctx: &Ctx, client: &Client, code: &str, verifier: &str) -> String {
    form(&[
        ("grant_type", "authorization_code"),
        ("client_id", &client.client_id),
        ("code", code),
        ("redirect_uri", &callback_uri(ctx)),
        ("code_verifier", verifier),
    ])
}

/// The authority that this machine's own certificates hang on.
fn authority_of(app: &App) -> Option<PathBuf> {
    matches!(app.config().tls, Some(Tls::Local)).then(|| listen::ca_file(app.config()))
}

fn curl(app: &App, ctx: &Ctx, client: &Client, code: &str, verifier: &str) -> String {
    let quoted: String = code.chars().filter(|c| c.is_ascii_graphic() && *c != '\'').collect();
    format!(
        "{} -d '{}' {}/oauth2/default/v1/token",
        card::curl(authority_of(app).as_deref()),
        token_form(ctx, client, &quoted, verifier),
        ctx.tenant.url
    )
}

/// Everything but what never needs an escape.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn form(pairs: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (name, value) in pairs {
        let separator = if form.is_empty() { "" } else { "&" };
        // Writing to a string does not fail.
        let _ = write!(form, "{separator}{name}={}", utf8_percent_encode(value, ESCAPED));
    }
    form
}

fn decoded(answer: &Value) -> Vec<DecodedToken> {
    let kinds = [
        ("access_token", "Access token", "For APIs: they check its signature against the server’s keys."),
        ("id_token", "ID token", "For the app itself: who signed in, and when."),
    ];
    let parts = |token: &str| {
        let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap_or_default());
        let mut json = || serde_json::from_slice(&parts.next().unwrap_or_default()).unwrap_or(Value::Null);
        (pretty(&json()), pretty(&json()))
    };
    kinds
        .iter()
        .filter_map(|&(member, name, note)| {
            let (header, claims) = parts(answer.get(member)?.as_str()?);
            Some(DecodedToken { name: name.to_owned(), note: note.to_owned(), header, claims })
        })
        .collect()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or("no answer")
}

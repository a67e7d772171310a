//! An operator's sign-in.

use super::{shell, wrong};
use crate::extract::{Operator, OperatorCtx};
use crate::pages::browser::form_is_ours;
use crate::{App, cookie, html, theme};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use signet_domain::Time;
use signet_domain::id::TenantId;
use signet_idp::IdpError;
use signet_idp::secrets::SecretKind;
use signet_store::unscoped::{Operator as OperatorRow, OperatorSession};
use signet_web::{Csrf, Door, SignIn};
use uuid::Uuid;

/// Operators belong to no tenant.
pub(super) const NO_TENANT: TenantId = TenantId(Uuid::nil());

/// Seconds without use after which a session ends, and seconds after which it ends anyway.
const IDLE_SECONDS: i64 = 15 * 60;
const ABSOLUTE_SECONDS: i64 = 12 * 3600;

/// The longest password that is looked at.
const MAX_PASSWORD_BYTES: usize = 1024;

#[derive(Deserialize)]
pub(super) struct Filled {
    csrf: String,
    login: String,
    password: String,
}

#[derive(Deserialize)]
pub(super) struct Leaving {
    csrf: String,
}

/// Who is signed in, by the cookie.
pub(crate) async fn signed_in(app: &App, headers: &HeaderMap, now: Time) -> Option<OperatorRow> {
    let cookie = cookie::get(headers, &session_cookie(app))?;
    let hash = app.idp().secrets().hash(SecretKind::OperatorSession, NO_TENANT, cookie);
    let found = app.idp().store().unscoped_operator_session(&hash).await;
    let (session, operator) = found.inspect_err(|error| tracing::warn!(%error, "no session")).ok()??;
    let live = session.ended_at.is_none()
        && now < session.expires_at
        && now < session.last_seen_at.plus_secs(IDLE_SECONDS);
    if !live {
        return None;
    }
    if now >= session.last_seen_at.plus_secs(60) {
        let touched = app.idp().store().unscoped_touch_operator_session(session.id, now, None).await;
        touched.inspect_err(|error| tracing::warn!(%error, "a session could not be kept alive")).ok()?;
    }
    Some(operator)
}

/// The form.
pub(super) async fn show(State(app): State<App>, Operator(ctx): Operator) -> Response {
    if ctx.operator.is_some() {
        return Redirect::to("/").into_response();
    }
    let browser = app.idp().entropy().secret("");
    let cookie = cookie::set(&browser_cookie(&app), &browser, app.config().is_https(), None);
    ([(header::SET_COOKIE, cookie)], html::page(&form(&app, &ctx, &browser))).into_response()
}

/// Takes login and password.
pub(super) async fn submit(
    State(app): State<App>,
    Operator(ctx): Operator,
    headers: HeaderMap,
    Form(filled): Form<Filled>,
) -> Response {
    let browser = cookie::get(&headers, &browser_cookie(&app)).unwrap_or_default();
    if browser.is_empty() || !form_is_ours(&app, NO_TENANT, browser, &headers, &filled.csrf) {
        return not_ours(&ctx);
    }
    match check(&app, &ctx, (&filled.login, &filled.password)).await {
        Ok(Some(operator)) => match begin(&app, &operator, ctx.now).await {
            Ok(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response(),
            Err(error) => failed(&ctx, &error),
        },
        Ok(None) => {
            let error = Some("Login and password don’t match.".to_owned());
            let again = SignIn { login: filled.login, error, ..form(&app, &ctx, browser) };
            html::page_with(StatusCode::UNAUTHORIZED, &again, &[])
        }
        Err(error) => failed(&ctx, &error),
    }
}

/// Ends the session.
pub(super) async fn sign_out(
    State(app): State<App>,
    Operator(ctx): Operator,
    headers: HeaderMap,
    Form(leaving): Form<Leaving>,
) -> Response {
    if !sent_by_us(&app, &headers, &leaving.csrf) {
        return not_ours(&ctx);
    }
    let cookie = cookie_of(&app, &headers);
    let hash = app.idp().secrets().hash(SecretKind::OperatorSession, NO_TENANT, cookie);
    let store = app.idp().store();
    let ended = match store.unscoped_operator_session(&hash).await {
        Ok(Some((session, _))) => {
            store.unscoped_touch_operator_session(session.id, ctx.now, Some(ctx.now)).await
        }
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = ended {
        return failed(&ctx, &error.into());
    }
    let gone = cookie::clear(&session_cookie(&app), app.config().is_https());
    ([(header::SET_COOKIE, gone)], Redirect::to("/sign-in")).into_response()
}

/// The token of the forms behind the sign-in.
pub(super) fn csrf(app: &App, headers: &HeaderMap) -> Csrf {
    Csrf::new(app.idp().secrets().csrf(NO_TENANT, cookie_of(app, headers)))
}

/// Whether a page of this session sent a form.
pub(super) fn sent_by_us(app: &App, headers: &HeaderMap, token: &str) -> bool {
    let cookie = cookie_of(app, headers);
    !cookie.is_empty() && form_is_ours(app, NO_TENANT, cookie, headers, token)
}

fn cookie_of<'h>(app: &App, headers: &'h HeaderMap) -> &'h str {
    cookie::get(headers, &session_cookie(app)).unwrap_or_default()
}

/// Whether a password is the operator's, or who it is that has it.
pub(super) async fn check(
    app: &App,
    ctx: &OperatorCtx,
    (login, password): (&str, &str),
) -> Result<Option<OperatorRow>, IdpError> {
    if password.len() > MAX_PASSWORD_BYTES {
        return Ok(None);
    }
    app.idp().check_operator(login, password, &ctx.request.ip, ctx.now).await
}

async fn begin(app: &App, operator: &OperatorRow, now: Time) -> Result<header::HeaderValue, IdpError> {
    let token = app.idp().entropy().secret("");
    let session = OperatorSession {
        id: app.idp().entropy().id(now),
        token_hash: app.idp().secrets().hash(SecretKind::OperatorSession, NO_TENANT, &token),
        operator_id: operator.id,
        last_seen_at: now,
        expires_at: now.plus_secs(ABSOLUTE_SECONDS),
        ended_at: None,
        created_at: now,
    };
    app.idp().store().unscoped_insert_operator_session(session).await?;
    tracing::info!(operator = %operator.id, "an operator signed in");
    Ok(cookie::set(&session_cookie(app), &token, app.config().is_https(), None))
}

fn form(app: &App, ctx: &OperatorCtx, browser: &str) -> SignIn {
    SignIn {
        shell: shell(ctx, "Sign in"),
        csrf: Csrf::new(app.idp().secrets().csrf(NO_TENANT, browser)),
        action: "/sign-in".to_owned(),
        flow: String::new(),
        door: Door::Operator,
        login: String::new(),
        error: None,
        sentence: None,
        pages: Vec::new(),
        help: None,
    }
}

fn session_cookie(app: &App) -> String {
    cookie_name(app, "operator")
}

fn browser_cookie(app: &App) -> String {
    cookie_name(app, "operator-browser")
}

/// The cookie of the choice between light and dark.
pub(super) fn theme_cookie(app: &App) -> String {
    cookie_name(app, &format!("operator-{}", theme::COOKIE))
}

/// Whether the browser was told to be dark, or light.
pub(crate) fn theme_chosen(app: &App, headers: &HeaderMap) -> Option<bool> {
    theme::read(headers, &theme_cookie(app))
}

/// As for tenants: loopback hosts share their cookies over all ports.
fn cookie_name(app: &App, what: &str) -> String {
    if app.config().is_https() {
        return format!("__Host-signet-{what}");
    }
    let host = app.config().operator_host.as_deref().unwrap_or_default();
    let port = host.rsplit_once(':').map_or("80", |(_, port)| port);
    format!("signet-{what}-{port}")
}

pub(super) fn not_ours(ctx: &OperatorCtx) -> Response {
    let words =
        ("Not accepted", "This form was not ours, or your browser keeps no cookies. Go back and try again.");
    wrong(ctx, StatusCode::FORBIDDEN, words)
}

pub(super) fn failed(ctx: &OperatorCtx, error: &IdpError) -> Response {
    tracing::warn!(%error, "a request of the operator failed");
    let sentence = if ctx.request.is_safe {
        "Nothing was changed. Try again in a moment."
    } else {
        "What you sent may or may not have been saved. Look in a moment, before you try again."
    };
    let words = ("Not available", sentence);
    wrong(ctx, StatusCode::SERVICE_UNAVAILABLE, words)
}

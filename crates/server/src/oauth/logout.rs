//! `GET` and `POST …/v1/logout` (OpenID Connect RP-Initiated Logout 1.0).
//!
//! A request with an ID token of the very session that it ends is obeyed at once. Any other may come from a
//! link on another site, so a page asks first; and without a hint there is no redirect. Where apps want to hear of it
//! from the browser (OpenID Connect Front-Channel Logout 1.0), a page tells them before it goes on.

use super::asked::Asked;
use super::form;
use crate::App;
use crate::pages::browser::Browser;
use crate::pages::step;
use crate::{cookie, html};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use signet_idp::authorize::Page;
use signet_idp::frontchannel::Farewell;
use signet_idp::logout::Hint;
use signet_idp::{Idp, IdpError};
use signet_oauth::{OAuthError, Params};
use signet_web::{Csrf, Link, LogoutConfirm, Shell, SignedOut, SigningOut};

/// Seconds after which a browser goes on, whether or not the apps have answered.
const LONGEST_SECONDS: u32 = 5;

pub(super) async fn get(
    State(app): State<App>,
    asked: Asked,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = Params::parse(query.as_deref().unwrap_or_default().as_bytes());
    answer(&app, &asked, &headers, params).await
}

pub(super) async fn post(State(app): State<App>, asked: Asked, headers: HeaderMap, body: Bytes) -> Response {
    answer(&app, &asked, &headers, form::body(&headers, &body)).await
}

async fn answer(
    app: &App,
    asked: &Asked,
    headers: &HeaderMap,
    params: Result<Params, OAuthError>,
) -> Response {
    let result = match params {
        Ok(params) => log_out(app, asked, headers, &params).await,
        Err(error) => return step::page(&asked.ctx, &Page(error)),
    };
    result.unwrap_or_else(|error| step::page(&asked.ctx, &error.into()))
}

async fn log_out(
    app: &App,
    asked: &Asked,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Response, IdpError> {
    let (idp, ctx) = (app.idp(), &asked.ctx);
    let browser = Browser::of(app, ctx, headers).await?;
    let hint = match params.get("id_token_hint") {
        Some(hint) => idp.id_token_hint(ctx, &asked.server, hint).await?,
        None => None,
    };
    let confirmed = params.get("csrf").is_some_and(|token| browser.csrf_matches(app, ctx, headers, token));
    let mut told = Vec::new();
    if let Some(signed_in) = &browser.signed_in {
        let own = hint.as_ref().is_some_and(|h| {
            h.sub == idp.subject(&h.app.app, signed_in.user.id)
                && h.sid.as_deref().is_none_or(|sid| sid == signed_in.session.id.to_string())
        });
        if !own && !confirmed {
            return Ok(browser.keep(ctx, confirm(app, asked, &browser, &signed_in.user.login)));
        }
        told = idp.sign_out(ctx, signed_in).await?;
    }
    let mut response = match destination(hint.as_ref(), params) {
        on if !told.is_empty() => signing_out(asked, told, on),
        Some(uri) => step::redirect(&uri),
        None => signed_out(asked),
    };
    let name = cookie::name(&ctx.tenant, "session");
    response.headers_mut().append(header::SET_COOKIE, cookie::clear(&name, ctx.tenant.is_https()));
    Ok(response)
}

/// Where the app wants the browser back: only a URI that it registered, and only with a hint of ours.
fn destination(hint: Option<&Hint>, params: &Params) -> Option<String> {
    let hint = hint?;
    if params.get("client_id").is_some_and(|id| id != hint.app.app.client_id) {
        return None;
    }
    let mut uri = Idp::post_logout_uri(&hint.app, params.get("post_logout_redirect_uri")?)?;
    if let Some(state) = params.get("state") {
        uri.push(if uri.contains('?') { '&' } else { '?' });
        uri.push_str("state=");
        uri.extend(percent_encoding::utf8_percent_encode(state, percent_encoding::NON_ALPHANUMERIC));
    }
    Some(uri)
}

fn confirm(app: &App, asked: &Asked, browser: &Browser, login: &str) -> Response {
    let ctx = &asked.ctx;
    let page = LogoutConfirm {
        shell: step::shell(ctx, "Sign out"),
        csrf: Csrf::new(browser.csrf(app, ctx)),
        action: format!("{}/v1/logout", asked.server.server.base_path()),
        flow: String::new(),
        login: login.to_owned(),
        app_name: None,
        stay: Some(Link::new("Stay signed in", "/")),
    };
    html::page(&page)
}

/// Lets the browser tell apps of the sign-out, and then go where it would have gone at once.
fn signing_out(asked: &Asked, told: Vec<Farewell>, on: Option<String>) -> Response {
    let frames: Vec<String> = told.into_iter().map(|app| app.uri).collect();
    let page = SigningOut {
        shell: step::shell(&asked.ctx, "Signed out"),
        frames: frames.clone(),
        back: on.as_ref().map(|uri| Link::new(format!("Continue to {}", step::host_of(uri)), uri)),
        sign_in: on.is_none().then(sign_in),
    };
    let mut response = html::page_with_frames(&page, &frames);
    // The page's script is faster; without scripts this is the way on.
    let refresh = on.and_then(|uri| HeaderValue::try_from(format!("{LONGEST_SECONDS}; url={uri}")).ok());
    if let Some(refresh) = refresh {
        response.headers_mut().insert(header::REFRESH, refresh);
    }
    response
}

fn sign_in() -> Link {
    Link::new("Sign in", "/login")
}

fn signed_out(asked: &Asked) -> Response {
    let shell: Shell = step::shell(&asked.ctx, "Signed out");
    let page = SignedOut { shell, back: None, sign_in: Some(sign_in()) };
    html::page_with(StatusCode::OK, &page, &[])
}

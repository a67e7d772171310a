//! `GET` and `POST …/v1/logout` (OpenID Connect RP-Initiated Logout 1.0).
//!
//! A request with an ID token of the very session that it ends is obeyed at once. Any other may come from a
//! link on another site, so a page asks first; and without a hint there is no redirect. Where apps want to hear of it
//! from the browser (OpenID Connect Front-Channel Logout 1.0), a page tells them before it goes on.

use super::asked::Asked;
use super::form;
use crate::App;
use crate::pages::browser::Browser;
use crate::pages::{language, step};
use crate::{cookie, html};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use signet_idp::authorize::Page;
use signet_idp::frontchannel::Farewell;
use signet_idp::logout::Hint;
use signet_idp::{Ctx, Idp, IdpError};
use signet_oauth::{OAuthError, Params};
use signet_web::{Csrf, Link, LogoutConfirm, SignedOut, SigningOut};

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
    let idp = app.idp();
    let ctx = &asked.ctx.clone().preferring(params.get("ui_locales"));
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
            return Ok(browser.keep(ctx, confirm(app, ctx, asked, &browser, &signed_in.user.login)));
        }
        told = idp.sign_out(ctx, signed_in).await?;
    }
    let mut response = match destination(hint.as_ref(), params) {
        on if !told.is_empty() => signing_out(ctx, told, on),
        Some(uri) => step::redirect(&uri),
        None => signed_out(ctx),
    };
    let name = cookie::name(&ctx.tenant, "session");
    response.headers_mut().append(header::SET_COOKIE, cookie::clear(&name, ctx.tenant.is_https()));
    cookie::unwatch(&mut response, &ctx.tenant, headers);
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

fn confirm(app: &App, ctx: &Ctx, asked: &Asked, browser: &Browser, login: &str) -> Response {
    let texts = &language::texts(ctx).sign_out;
    let page = LogoutConfirm {
        shell: language::shell(ctx, texts.sign_out),
        csrf: Csrf::new(browser.csrf(app, ctx)),
        action: format!("{}/v1/logout", asked.server.server.base_path()),
        flow: String::new(),
        login: login.to_owned(),
        app_name: None,
        stay: Some(Link::new(texts.stay, "/")),
    };
    html::page(&page)
}

/// Lets the browser tell apps of the sign-out, and then go where it would have gone at once.
fn signing_out(ctx: &Ctx, told: Vec<Farewell>, on: Option<String>) -> Response {
    let texts = language::texts(ctx);
    let continued = |uri: &String| Link::new(texts.form_post.heading.with(step::host_of(uri)), uri);
    let frames: Vec<String> = told.into_iter().map(|app| app.uri).collect();
    let page = SigningOut {
        shell: language::shell(ctx, texts.sign_out.done),
        frames: frames.clone(),
        back: on.as_ref().map(continued),
        sign_in: on.is_none().then(|| sign_in(ctx)),
    };
    let mut response = html::page_with_frames(&page, &frames);
    // The page's script is faster; without scripts this is the way on.
    let refresh = on.and_then(|uri| HeaderValue::try_from(format!("{LONGEST_SECONDS}; url={uri}")).ok());
    if let Some(refresh) = refresh {
        response.headers_mut().insert(header::REFRESH, refresh);
    }
    response
}

fn sign_in(ctx: &Ctx) -> Link {
    Link::new(language::texts(ctx).sign_in.heading, "/login")
}

fn signed_out(ctx: &Ctx) -> Response {
    let shell = language::shell(ctx, language::texts(ctx).sign_out.done);
    let page = SignedOut { shell, back: None, sign_in: Some(sign_in(ctx)) };
    html::page_with(StatusCode::OK, &page, &[])
}

//! `GET` and `POST …/v1/logout` (OpenID Connect RP-Initiated Logout 1.0).
//!
//! A request with an ID token of the very session that it ends is obeyed at once. Any other may come from a
//! link on another site, so a page asks first; and nobody is sent on without a hint or an answer to that page. Where
//! apps want to hear of it from the browser (OpenID Connect Front-Channel Logout 1.0), a page tells them before it goes
//! on.

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
use signet_idp::logout::{LogoutRequest, WayBack};
use signet_idp::syslog::visible;
use signet_idp::{Ctx, IdpError};
use signet_oauth::{OAuthError, Params};
use signet_web::{Csrf, Hidden, Link, LogoutConfirm, SignedOut, SigningOut};

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
        Err(error) => match app.idp().unread_logout(&asked.ctx, &asked.server, error.reason).await {
            Ok(()) => return step::page(&asked.ctx, &Page(error)),
            Err(failed) => Err(failed),
        },
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
    let request = idp.logout_request(ctx, &asked.server, params, browser.signed_in.as_ref()).await?;
    let confirmed = params.get("csrf").is_some_and(|token| browser.csrf_matches(app, ctx, headers, token));
    let mut told = Vec::new();
    let mut may_redirect = confirmed || request.may_redirect_unasked();
    if let Some(signed_in) = &browser.signed_in {
        let own = request.is_of(idp, signed_in);
        if !own && !confirmed {
            let page = confirm(app, (ctx, asked), &browser, &signed_in.user.login, (&request, params));
            return Ok(browser.keep(ctx, page));
        }
        // Who is signed in at an app that registered itself has met it: they have allowed it something.
        may_redirect |= own;
        told = idp.sign_out(ctx, signed_in).await?;
    }
    let mut response = match request.back {
        // Nobody here has said that they want to leave for it, so they decide it; and an address that anybody could
        // have written into a link isn't even shown.
        WayBack::To(uri) if !may_redirect => {
            signed_out(ctx, request.hint.is_some().then(|| continued(ctx, &uri)), false)
        }
        WayBack::To(uri) if told.is_empty() => step::redirect(&uri),
        WayBack::To(uri) => signing_out(ctx, told, Some(uri), false),
        back if !told.is_empty() => signing_out(ctx, told, None, back == WayBack::Unregistered),
        back => signed_out(ctx, None, back == WayBack::Unregistered),
    };
    let name = cookie::name(&ctx.tenant, "session");
    response.headers_mut().append(header::SET_COOKIE, cookie::clear(&name, ctx.tenant.is_https()));
    cookie::unwatch(&mut response, &ctx.tenant, headers);
    Ok(response)
}

/// Asks. What the request has proven of its way back goes with the form, so that the answer leads there.
fn confirm(
    app: &App,
    (ctx, asked): (&Ctx, &Asked),
    browser: &Browser,
    login: &str,
    (request, params): (&LogoutRequest, &Params),
) -> Response {
    let texts = &language::texts(ctx).sign_out;
    let kept: &[&str] = match &request.back {
        WayBack::To(_) => &["post_logout_redirect_uri", "state", "ui_locales"],
        WayBack::Unregistered | WayBack::None => &["ui_locales"],
    };
    let mut fields: Vec<Hidden> =
        kept.iter().filter_map(|name| params.get(name).map(|value| Hidden::new(*name, value))).collect();
    if let (WayBack::To(_), Some(app)) = (&request.back, &request.app) {
        fields.push(Hidden::new("client_id", &app.app.client_id));
    }
    let page = LogoutConfirm {
        shell: language::shell(ctx, texts.sign_out),
        csrf: Csrf::new(browser.csrf(app, ctx)),
        action: format!("{}/v1/logout", asked.server.server.base_path()),
        fields,
        login: login.to_owned(),
        // Named only by what it has signed for: anybody can write a client_id into a link.
        app_name: request.hint.as_ref().map(|hint| visible(&hint.app.app.label)),
        unregistered: request.back == WayBack::Unregistered,
        stay: Some(Link::new(texts.stay, "/")),
    };
    // Browsers hold the redirect after a form to the form's policy.
    let target = match &request.back {
        WayBack::To(uri) => step::form_target(uri),
        WayBack::Unregistered | WayBack::None => String::new(),
    };
    html::page_with(StatusCode::OK, &page, &[&target])
}

fn continued(ctx: &Ctx, uri: &str) -> Link {
    Link::new(language::texts(ctx).form_post.heading.with(step::host_of(uri)), uri)
}

/// Lets the browser tell apps of the sign-out, and then go where it would have gone at once.
fn signing_out(ctx: &Ctx, told: Vec<Farewell>, on: Option<String>, unregistered: bool) -> Response {
    let texts = language::texts(ctx);
    let frames: Vec<String> = told.into_iter().map(|app| app.uri).collect();
    let page = SigningOut {
        shell: language::shell(ctx, texts.sign_out.done),
        frames: frames.clone(),
        unregistered,
        back: on.as_ref().map(|uri| continued(ctx, uri)),
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

fn signed_out(ctx: &Ctx, back: Option<Link>, unregistered: bool) -> Response {
    let shell = language::shell(ctx, language::texts(ctx).sign_out.done);
    let page = SignedOut { shell, unregistered, back, sign_in: Some(sign_in(ctx)) };
    html::page_with(StatusCode::OK, &page, &[])
}

//! The console's own sign-in. A session for apps is nothing here, and the other way round.

use super::admin::Admin;
use super::failure::{Failure, Result};
use super::next;
use crate::extract::Tenant;
use crate::pages::browser::Browser;
use crate::pages::step;
use crate::{App, cookie, html};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use signet_domain::session::SessionKind;
use signet_idp::sign_in::{SignInCall, SignInResult};
use signet_idp::{Ctx, IdpError};
use signet_oauth::Params;
use signet_web::{Csrf, Door, Link, SignIn, SignedOut};

/// Said whatever was wrong, a missing role included: it tells a guesser nothing.
const NO_MATCH: &str =
    "That name and password don't open the console. Check both, or ask another administrator.";

/// What the form shows.
struct Form<'a> {
    then: &'a str,
    login: &'a str,
    error: Option<&'a str>,
}

pub(super) async fn get(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = parsed(query.as_deref());
    let result: Result<Response> = async {
        let browser = Browser::of(&app, &ctx, &headers).await?;
        let then = next::checked(params.get("next"));
        if let Some(old) = old_cookie(&ctx, &headers)
            && app.idp().session(&ctx, SessionKind::Console, &old).await?.is_some()
        {
            return Ok(step::redirect(then));
        }
        let form = Form { then, login: "", error: None };
        Ok(browser.keep(&ctx, show(&app, &ctx, &browser, StatusCode::OK, &form)))
    }
    .await;
    result.unwrap_or_else(|failure| failure.page(&ctx))
}

pub(super) async fn post(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let result = submit(&app, &ctx, &parsed(query.as_deref()), &headers, &body).await;
    result.unwrap_or_else(|failure| failure.page(&ctx))
}

async fn submit(app: &App, ctx: &Ctx, query: &Params, headers: &HeaderMap, body: &[u8]) -> Result<Response> {
    let params = Params::parse(body).map_err(|_| Failure::NotOurForm)?;
    let browser = Browser::of(app, ctx, headers).await?;
    if !browser.csrf_matches(app, ctx, headers, params.get("csrf").unwrap_or_default()) {
        return Err(Failure::NotOurForm);
    }
    let then = next::checked(query.get("next"));
    let login = params.get("login").unwrap_or_default();
    let again = |status, error| show(app, ctx, &browser, status, &Form { then, login, error: Some(error) });
    let Some(password) = params.get("password").filter(|_| !login.is_empty()) else {
        return Ok(again(StatusCode::OK, "Enter your name and your password."));
    };
    let old = old_cookie(ctx, headers);
    let call = SignInCall {
        login,
        password,
        kind: SessionKind::Console,
        flow: None,
        app: None,
        replaces: old.as_deref(),
    };
    match app.idp().sign_in(ctx, &call).await {
        Ok(SignInResult::Done { cookie, .. }) => {
            let mut response = step::redirect(then);
            let value = cookie::set(&cookie_name(ctx), &cookie, ctx.tenant.is_https(), None);
            response.headers_mut().append(header::SET_COOKIE, value);
            Ok(response)
        }
        Ok(SignInResult::Refused { .. }) => Ok(again(StatusCode::OK, NO_MATCH)),
        Err(IdpError::Overloaded { .. }) => {
            let busy = "Too many people are signing in right now. Try again in a moment.";
            Ok(again(StatusCode::SERVICE_UNAVAILABLE, busy))
        }
        Err(error) => Err(error.into()),
    }
}

fn show(app: &App, ctx: &Ctx, browser: &Browser, status: StatusCode, form: &Form<'_>) -> Response {
    let page = SignIn {
        shell: step::shell(ctx, "Sign in to the console"),
        csrf: Csrf::new(browser.csrf(app, ctx)),
        action: next::sign_in(form.then),
        flow: String::new(),
        door: Door::Console,
        login: form.login.to_owned(),
        error: form.error.map(str::to_owned),
        sentence: None,
        help: None,
    };
    html::page_with(status, &page, &[])
}

/// Ends the session.
pub(super) async fn sign_out(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    admin.answer(end(&admin, &headers, &body).await)
}

async fn end(admin: &Admin, headers: &HeaderMap, body: &[u8]) -> Result<Response> {
    let params = Params::parse(body).map_err(|_| Failure::NotOurForm)?;
    admin.check_form(headers, &params)?;
    admin.idp().sign_out(&admin.ctx, &admin.signed_in).await?;
    let mut response = html::page(&SignedOut {
        shell: step::shell(&admin.ctx, "Signed out"),
        back: None,
        sign_in: Some(Link::new("Sign in again", "/console/sign-in")),
    });
    let gone = cookie::clear(&cookie_name(&admin.ctx), admin.ctx.tenant.is_https());
    response.headers_mut().append(header::SET_COOKIE, gone);
    Ok(response)
}

fn cookie_name(ctx: &Ctx) -> String {
    cookie::name(&ctx.tenant, "console")
}

fn old_cookie(ctx: &Ctx, headers: &HeaderMap) -> Option<String> {
    cookie::get(headers, &cookie_name(ctx)).map(str::to_owned)
}

fn parsed(query: Option<&str>) -> Params {
    Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default()
}

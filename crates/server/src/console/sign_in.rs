//! The console's own sign-in. A session for apps is nothing here, and the other way round.

use super::admin::Admin;
use super::failure::{Failure, Result};
use super::next;
use crate::extract::Tenant;
use crate::pages::browser::Browser;
use crate::pages::{renewal, step};
use crate::{App, cookie, html};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use signet_domain::session::SessionKind;
use signet_idp::renewal::Renewed;
use signet_idp::sign_in::{Door, SignInCall, SignInResult};
use signet_idp::{Ctx, IdpError};
use signet_oauth::{Params, Secret};
use signet_web::texts::Language;
use signet_web::{Csrf, Link, SignIn, SignedOut};

/// Said whatever was wrong, a missing role included: it tells a guesser nothing.
const NO_MATCH: &str =
    "That name and password don't open the console. Check both, or ask another administrator.";

const BUSY: &str = "Too many people are signing in right now. Try again in a moment.";

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

/// A form that this browser's own page sent.
async fn sent(app: &App, ctx: &Ctx, headers: &HeaderMap, body: &[u8]) -> Result<(Params, Browser)> {
    let params = Params::parse(body).map_err(|_| Failure::NotOurForm)?;
    let browser = Browser::of(app, ctx, headers).await?;
    match browser.csrf_matches(app, ctx, headers, params.get("csrf").unwrap_or_default()) {
        true => Ok((params, browser)),
        false => Err(Failure::NotOurForm),
    }
}

async fn submit(app: &App, ctx: &Ctx, query: &Params, headers: &HeaderMap, body: &[u8]) -> Result<Response> {
    let (params, browser) = sent(app, ctx, headers, body).await?;
    let then = next::checked(query.get("next"));
    let login = params.get("login").unwrap_or_default();
    let again = |status, error| show(app, ctx, &browser, status, &Form { then, login, error: Some(error) });
    let Some(password) = params.get("password").filter(|_| !login.is_empty()) else {
        return Ok(again(StatusCode::OK, "Enter your name and your password."));
    };
    let old = old_cookie(ctx, headers);
    let call = SignInCall { login, password, door: door(&browser, old.as_deref()) };
    match app.idp().sign_in(ctx, &call).await {
        Ok(SignInResult::Done { cookie, .. }) => Ok(go_on(ctx, then, &cookie)),
        Ok(SignInResult::Renew { ticket }) => ask(app, ctx, &browser, (then, login, &ticket), None).await,
        Ok(SignInResult::Refused { .. }) => Ok(again(StatusCode::OK, NO_MATCH)),
        Err(IdpError::Overloaded { .. }) => Ok(again(StatusCode::SERVICE_UNAVAILABLE, BUSY)),
        Err(error) => Err(error.into()),
    }
}

fn door<'a>(browser: &'a Browser, replaces: Option<&'a str>) -> Door<'a> {
    Door { kind: SessionKind::Console, browser: &browser.cookie, flow: None, app: None, replaces }
}

fn go_on(ctx: &Ctx, then: &str, cookie: &str) -> Response {
    let mut response = step::redirect(then);
    let value = cookie::set(&cookie_name(ctx), cookie, ctx.tenant.is_https(), None);
    response.headers_mut().append(header::SET_COOKIE, value);
    response
}

/// Asks for a new password in place of an expired one.
async fn ask(
    app: &App,
    ctx: &Ctx,
    browser: &Browser,
    (then, login, ticket): (&str, &str, &str),
    error: Option<String>,
) -> Result<Response> {
    let asked = renewal::Asked {
        frame: step::shell,
        texts: &Language::default().texts().password,
        action: next::renewal(then),
        back: next::sign_in(then),
        flow: "",
        login,
        ticket,
        error,
        target: String::new(),
    };
    Ok(renewal::show(app, ctx, browser, asked).await?)
}

pub(super) async fn renew(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let result = replace(&app, &ctx, &parsed(query.as_deref()), &headers, &body).await;
    result.unwrap_or_else(|failure| failure.page(&ctx))
}

async fn replace(app: &App, ctx: &Ctx, query: &Params, headers: &HeaderMap, body: &[u8]) -> Result<Response> {
    let (params, browser) = sent(app, ctx, headers, body).await?;
    let then = next::checked(query.get("next"));
    let texts = &Language::default().texts().password;
    let [login, ticket] = ["login", "ticket"].map(|name| params.get(name).unwrap_or_default());
    let again = async |error: String| ask(app, ctx, &browser, (then, login, ticket), Some(error)).await;
    let Some(new) = params.get("new").map(Secret::from) else {
        return again(texts.renew_needed.to_owned()).await;
    };
    let old = old_cookie(ctx, headers);
    match app.idp().renew_password(ctx, ticket, &new, &door(&browser, old.as_deref())).await {
        Ok(Renewed::Done { cookie, .. }) => Ok(go_on(ctx, then, &cookie)),
        Ok(Renewed::Fault(fault)) => again(renewal::sentence(texts, fault)).await,
        Ok(Renewed::Stale) => {
            let form = Form { then, login, error: Some(texts.renew_late) };
            Ok(show(app, ctx, &browser, StatusCode::OK, &form))
        }
        Err(IdpError::Overloaded { .. }) => again(BUSY.to_owned()).await,
        Err(error) => Err(error.into()),
    }
}

fn show(app: &App, ctx: &Ctx, browser: &Browser, status: StatusCode, form: &Form<'_>) -> Response {
    let page = SignIn {
        shell: step::shell(ctx, "Sign in to the console"),
        csrf: Csrf::new(browser.csrf(app, ctx)),
        action: next::sign_in(form.then),
        flow: String::new(),
        door: signet_web::Door::Console,
        login: form.login.to_owned(),
        error: form.error.map(str::to_owned),
        sentence: None,
        pages: Vec::new(),
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
        unregistered: false,
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

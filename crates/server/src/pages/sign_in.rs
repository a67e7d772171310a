//! The sign-in page.

use super::browser::Browser;
use super::{language, step};
use crate::App;
use crate::extract::Tenant;
use crate::{brand, cookie, html};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use signet_domain::session::SessionKind;
use signet_idp::authorize::{OpenFlow, Page};
use signet_idp::sign_in::{SignInCall, SignInResult};
use signet_idp::{Ctx, IdpError};
use signet_oauth::{OAuthError, Params, Reason};
use signet_web::{Csrf, Door, SignIn};

pub(super) async fn get(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = Params::parse(query.as_deref().unwrap_or_default().as_bytes()).unwrap_or_default();
    let handle = params.get("flow");
    let result = async {
        let browser = Browser::of(&app, &ctx, &headers).await?;
        let open = open(&app, &ctx, &browser, handle).await?;
        let ctx = for_reader(&ctx, open.as_ref());
        let login = open.as_ref().and_then(|o| o.request.login_hint.clone()).unwrap_or_default();
        let another = open
            .as_ref()
            .zip(browser.signed_in.as_ref())
            .is_some_and(|(o, s)| o.is_for_another(app.idp(), s));
        let error = another.then_some(language::texts(&ctx).sign_in.other_account);
        let form = Form { handle: handle.unwrap_or_default(), open: open.as_ref(), login: &login, error };
        Ok(browser.keep(&ctx, show(&app, &ctx, &browser, StatusCode::OK, &form)))
    };
    result.await.unwrap_or_else(|page: Page| step::page(&ctx, &page))
}

pub(super) async fn post(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(params) = Params::parse(&body) else {
        return step::page(&ctx, &Page(OAuthError::new(Reason::InvalidRequest)));
    };
    let result = submit(&app, &ctx, &headers, &params).await;
    result.unwrap_or_else(|page| step::page(&ctx, &page))
}

async fn submit(app: &App, ctx: &Ctx, headers: &HeaderMap, params: &Params) -> Result<Response, Page> {
    let browser = Browser::of(app, ctx, headers).await?;
    if !browser.csrf_matches(app, ctx, headers, params.get("csrf").unwrap_or_default()) {
        return Ok(super::forbidden(ctx));
    }
    let handle = params.get("flow");
    let open = open(app, ctx, &browser, handle).await?;
    let ctx = &for_reader(ctx, open.as_ref());
    let texts = &language::texts(ctx).sign_in;
    let login = params.get("login").unwrap_or_default();
    let form =
        |error| Form { handle: handle.unwrap_or_default(), open: open.as_ref(), login, error: Some(error) };
    let Some(password) = params.get("password").filter(|_| !login.is_empty()) else {
        return Ok(show(app, ctx, &browser, StatusCode::OK, &form(texts.both_needed)));
    };
    let call = SignInCall {
        login,
        password,
        kind: SessionKind::User,
        flow: open.as_ref().map(|o| o.flow.id),
        app: open.as_ref().map(|o| (o.app.app.id, o.app.app.client_id.as_str())),
        replaces: browser.session_cookie.as_deref(),
    };
    match app.idp().sign_in(ctx, &call).await {
        Ok(SignInResult::Done { signed_in, cookie }) => {
            let mut response = match (&open, handle) {
                (Some(open), Some(handle)) => {
                    step::go(ctx, app.idp().resume(ctx, open, handle, Some(&signed_in)).await?)
                }
                _ => step::redirect("/account"),
            };
            let name = cookie::name(&ctx.tenant, "session");
            let value = cookie::set(&name, &cookie, ctx.tenant.is_https(), None);
            response.headers_mut().append(header::SET_COOKIE, value);
            cookie::unwatch(&mut response, &ctx.tenant, headers);
            Ok(response)
        }
        Ok(SignInResult::Refused { .. }) => {
            Ok(show(app, ctx, &browser, StatusCode::OK, &form(texts.no_match)))
        }
        Err(IdpError::Overloaded { .. }) => {
            Ok(show(app, ctx, &browser, StatusCode::SERVICE_UNAVAILABLE, &form(texts.busy)))
        }
        Err(error) => Err(error.into()),
    }
}

/// The request for a reader for whom the app may want a language.
fn for_reader(ctx: &Ctx, open: Option<&OpenFlow>) -> Ctx {
    ctx.clone().preferring(open.and_then(|o| o.request.ui_locales.as_deref()))
}

async fn open(
    app: &App,
    ctx: &Ctx,
    browser: &Browser,
    handle: Option<&str>,
) -> Result<Option<OpenFlow>, Page> {
    match handle {
        Some(handle) => app.idp().open_flow(ctx, handle, &browser.cookie).await.map(Some),
        None => Ok(None),
    }
}

struct Form<'a> {
    handle: &'a str,
    open: Option<&'a OpenFlow>,
    login: &'a str,
    error: Option<&'a str>,
}

fn show(app: &App, ctx: &Ctx, browser: &Browser, status: StatusCode, form: &Form<'_>) -> Response {
    let brand = ctx.brand.as_deref();
    let mut shell = language::shell(ctx, language::texts(ctx).sign_in.heading);
    // Here help has a place of its own.
    shell.help = None;
    let door = form.open.map_or_else(|| brand::name(ctx).to_owned(), |o| o.app.app.label.clone());
    let page = SignIn {
        csrf: Csrf::new(browser.csrf(app, ctx)),
        action: "/login".to_owned(),
        flow: form.handle.to_owned(),
        door: Door::App(door),
        login: form.login.to_owned(),
        error: form.error.map(str::to_owned),
        sentence: brand.and_then(|brand| brand::sentence(brand, shell.language)),
        help: brand.and_then(|brand| brand::help(brand, language::texts(ctx).sign_in.cannot)),
        shell,
    };
    // The form may end at the app, when there is nothing to ask.
    let target = form.open.map(|o| step::form_target(&o.request.redirect_uri)).unwrap_or_default();
    html::page_with(status, &page, &[&target])
}

//! The sign-in page.

use super::browser::Browser;
use super::{language, renewal, step};
use crate::App;
use crate::extract::Tenant;
use crate::{brand, cookie, html};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use signet_domain::session::SessionKind;
use signet_idp::authorize::{OpenFlow, Page, SignedIn};
use signet_idp::sign_in::{Door, SignInCall, SignInResult};
use signet_idp::{Ctx, IdpError};
use signet_oauth::{OAuthError, Params, Reason};
use signet_web::{Csrf, SignIn};

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
    let entry = match Entry::of(app, ctx, headers, params).await? {
        Ok(entry) => entry,
        Err(response) => return Ok(response),
    };
    let (ctx, browser) = (&entry.ctx, &entry.browser);
    let texts = &language::texts(ctx).sign_in;
    let Some(password) = params.get("password").filter(|_| !entry.login.is_empty()) else {
        return Ok(show(app, ctx, browser, StatusCode::OK, &entry.form(Some(texts.both_needed))));
    };
    let call = SignInCall { login: entry.login, password, door: entry.door() };
    match app.idp().sign_in(ctx, &call).await {
        Ok(SignInResult::Done { signed_in, cookie }) => entry.go_on(app, headers, &signed_in, &cookie).await,
        Ok(SignInResult::Renew { ticket }) => {
            Ok(renewal::ask(app, ctx, browser, &entry.form(None), &ticket).await?)
        }
        Ok(SignInResult::Refused { .. }) => {
            Ok(show(app, ctx, browser, StatusCode::OK, &entry.form(Some(texts.no_match))))
        }
        Err(IdpError::Overloaded { .. }) => {
            Ok(show(app, ctx, browser, StatusCode::SERVICE_UNAVAILABLE, &entry.form(Some(texts.busy))))
        }
        Err(error) => Err(error.into()),
    }
}

/// A form of the way in, sent by this browser's own page.
pub(super) struct Entry<'p> {
    /// For the reader.
    pub(super) ctx: Ctx,
    pub(super) browser: Browser,
    handle: Option<&'p str>,
    open: Option<OpenFlow>,
    login: &'p str,
}

impl<'p> Entry<'p> {
    /// Reads it; the answer to one that no page of ours sent.
    pub(super) async fn of(
        app: &App,
        ctx: &Ctx,
        headers: &HeaderMap,
        params: &'p Params,
    ) -> Result<Result<Self, Response>, Page> {
        let browser = Browser::of(app, ctx, headers).await?;
        if !browser.csrf_matches(app, ctx, headers, params.get("csrf").unwrap_or_default()) {
            return Ok(Err(super::forbidden(ctx)));
        }
        let handle = params.get("flow");
        let open = open(app, ctx, &browser, handle).await?;
        let ctx = for_reader(ctx, open.as_ref());
        Ok(Ok(Self { ctx, browser, handle, open, login: params.get("login").unwrap_or_default() }))
    }

    pub(super) fn form<'a>(&'a self, error: Option<&'a str>) -> Form<'a> {
        let handle = self.handle.unwrap_or_default();
        Form { handle, open: self.open.as_ref(), login: self.login, error }
    }

    pub(super) fn door(&self) -> Door<'_> {
        Door {
            kind: SessionKind::User,
            browser: &self.browser.cookie,
            flow: self.open.as_ref().map(|o| o.flow.id),
            app: self.open.as_ref().map(|o| (o.app.app.id, o.app.app.client_id.as_str())),
            replaces: self.browser.session_cookie.as_deref(),
        }
    }

    /// Goes on with who is signed in now, and hands the browser its cookie.
    pub(super) async fn go_on(
        &self,
        app: &App,
        headers: &HeaderMap,
        signed_in: &SignedIn,
        cookie: &str,
    ) -> Result<Response, Page> {
        let ctx = &self.ctx;
        let mut response = match (&self.open, self.handle) {
            (Some(open), Some(handle)) => {
                step::go(ctx, app.idp().resume(ctx, open, handle, Some(signed_in)).await?)
            }
            _ => step::redirect("/account"),
        };
        let name = cookie::name(&ctx.tenant, "session");
        let value = cookie::set(&name, cookie, ctx.tenant.is_https(), None);
        response.headers_mut().append(header::SET_COOKIE, value);
        cookie::unwatch(&mut response, &ctx.tenant, headers);
        Ok(response)
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

pub(super) struct Form<'a> {
    pub(super) handle: &'a str,
    open: Option<&'a OpenFlow>,
    pub(super) login: &'a str,
    pub(super) error: Option<&'a str>,
}

impl Form<'_> {
    /// The form may end at the app, when there is nothing to ask.
    pub(super) fn target(&self) -> String {
        self.open.map(|o| step::form_target(&o.request.redirect_uri)).unwrap_or_default()
    }
}

pub(super) fn show(app: &App, ctx: &Ctx, browser: &Browser, status: StatusCode, form: &Form<'_>) -> Response {
    let brand = ctx.brand.as_deref();
    let mut shell = language::shell(ctx, language::texts(ctx).sign_in.heading);
    // Here help has a place of its own.
    shell.help = None;
    let behind = form.open.map_or_else(|| brand::name(ctx).to_owned(), |o| o.app.app.label.clone());
    let page = SignIn {
        csrf: Csrf::new(browser.csrf(app, ctx)),
        action: "/login".to_owned(),
        flow: form.handle.to_owned(),
        door: signet_web::Door::App(behind),
        login: form.login.to_owned(),
        error: form.error.map(str::to_owned),
        sentence: brand.and_then(|brand| brand::sentence(brand, shell.language)),
        help: brand.and_then(|brand| brand::help(brand, language::texts(ctx).sign_in.cannot)),
        shell,
    };
    html::page_with(status, &page, &[&form.target()])
}

//! The sign-in page.

use super::browser::Browser;
use super::entry::{Entry, for_reader, open};
use super::{consent, language, renewal, step};
use crate::App;
use crate::extract::Tenant;
use crate::{brand, html};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use signet_idp::authorize::{OpenFlow, Page, SignedIn};
use signet_idp::sign_in::{SignInCall, SignInResult};
use signet_idp::{Ctx, IdpError};
use signet_oauth::Params;
use signet_oauth::authorize::Prompt;
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
        let held = open.as_ref().zip(browser.signed_in.as_ref());
        let another = held.is_some_and(|(open, held)| open.is_for_another(app.idp(), held));
        let hint = open.as_ref().and_then(|open| open.request.login_hint.clone());
        let login = hint.or_else(|| held.and_then(|(open, held)| again(open, held, another)));
        let login = login.unwrap_or_default();
        let error = another.then_some(language::texts(&ctx).sign_in.other_account);
        let form = Form { handle: handle.unwrap_or_default(), open: open.as_ref(), login: &login, error };
        Ok(browser.keep(&ctx, show(&app, &ctx, &browser, StatusCode::OK, &form)))
    };
    result.await.unwrap_or_else(|page: Page| step::page(&ctx, &page))
}

/// The login of who is here already and must prove it again; not where another account may be wanted.
fn again(open: &OpenFlow, held: &SignedIn, another: bool) -> Option<String> {
    let chooses = open.request.prompt.contains(Prompt::SelectAccount);
    (!another && !chooses).then(|| held.user.login.clone())
}

pub(super) async fn post(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match Entry::of(&app, &ctx, &headers, &body).await {
        Ok(entry) => entry.answer(submit(&app, &headers, &entry).await),
        Err(response) => response,
    }
}

async fn submit(app: &App, headers: &HeaderMap, entry: &Entry) -> Result<Response, Page> {
    let (ctx, browser) = (&entry.ctx, &entry.browser);
    let texts = &language::texts(ctx).sign_in;
    let again = |status, error| show(app, ctx, browser, status, &Form::again(entry, Some(error)));
    let Some(password) = entry.params.get("password").filter(|_| !entry.login().is_empty()) else {
        return Ok(again(StatusCode::OK, texts.both_needed));
    };
    let call = SignInCall { login: entry.login(), password, door: entry.door() };
    match app.idp().sign_in(ctx, &call).await {
        Ok(SignInResult::Done { signed_in, cookie }) => entry.go_on(app, headers, &signed_in, &cookie).await,
        Ok(SignInResult::Renew { ticket }) => {
            Ok(renewal::ask(app, ctx, browser, &Form::again(entry, None), &ticket).await?)
        }
        Ok(SignInResult::Refused { .. }) => Ok(again(StatusCode::OK, texts.no_match)),
        Err(IdpError::Overloaded { .. }) => Ok(again(StatusCode::SERVICE_UNAVAILABLE, texts.busy)),
        Err(error) => Err(error.into()),
    }
}

pub(super) struct Form<'a> {
    pub(super) handle: &'a str,
    open: Option<&'a OpenFlow>,
    pub(super) login: &'a str,
    pub(super) error: Option<&'a str>,
}

impl<'a> Form<'a> {
    /// The form as it was sent, without its password.
    pub(super) fn again(entry: &'a Entry, error: Option<&'a str>) -> Self {
        Self { handle: entry.handle(), open: entry.open.as_ref(), login: entry.login(), error }
    }

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
        pages: form.open.map(|o| consent::own_pages(ctx, &o.app.app.metadata)).unwrap_or_default(),
        help: brand.and_then(|brand| brand::help(brand, language::texts(ctx).sign_in.cannot)),
        shell,
    };
    html::page_with(status, &page, &[&form.target()])
}

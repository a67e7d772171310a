//! Where a password that has expired, or that somebody else has set, is replaced on the way in.

use super::browser::Browser;
use super::entry::Entry;
use super::language;
use super::sign_in::{self, Form};
use crate::App;
use crate::extract::Tenant;
use crate::html;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use signet_idp::admin::password_rules::PasswordFault;
use signet_idp::authorize::Page;
use signet_idp::renewal::Renewed;
use signet_idp::{Ctx, IdpError};
use signet_oauth::Secret;
use signet_web::texts::Password;
use signet_web::{AccountForm, Csrf, Field, Hidden, Link, Shell};

/// Where the form of the door for apps posts to.
const PATH: &str = "/login/password";

/// What the page of either door shows.
pub(crate) struct Asked<'a> {
    /// Its frame, without a title.
    pub(crate) frame: fn(&Ctx, &str) -> Shell,
    pub(crate) texts: &'static Password,
    /// Where the form posts to.
    pub(crate) action: String,
    /// Back to the sign-in page.
    pub(crate) back: String,
    /// The handle of the flow; empty for none.
    pub(crate) flow: &'a str,
    /// As typed.
    pub(crate) login: &'a str,
    pub(crate) ticket: &'a str,
    pub(crate) error: Option<String>,
    /// Where the form may end besides here.
    pub(crate) target: String,
}

/// The page.
pub(crate) async fn show(
    app: &App,
    ctx: &Ctx,
    browser: &Browser,
    asked: Asked<'_>,
) -> Result<Response, IdpError> {
    let least = app.idp().security(ctx).await?.min_length;
    let texts = asked.texts;
    let status = if asked.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let new = Field::password("new", texts.new, "new-password").required().help(texts.help.with(least));
    let mut hidden = vec![Hidden::new("ticket", asked.ticket)];
    if !asked.flow.is_empty() {
        hidden.push(Hidden::new("flow", asked.flow));
    }
    let page = AccountForm {
        shell: (asked.frame)(ctx, texts.renew),
        sentence: texts.renew_sentence,
        csrf: Csrf::new(browser.csrf(app, ctx)),
        hidden,
        action: asked.action,
        login: Some(asked.login.to_owned()),
        fields: vec![Field { error: asked.error, ..new }],
        submit: texts.renew_go,
        back: Link::new(texts.renew_back, asked.back),
    };
    Ok(html::page_with(status, &page, &[&asked.target]))
}

/// What is wrong with a new password, to whoever chose it.
pub(crate) fn sentence(texts: &Password, fault: PasswordFault) -> String {
    match fault {
        PasswordFault::Short(least) => return texts.too_short.with(least),
        PasswordFault::Long => texts.too_long,
        PasswordFault::HoldsLogin => texts.holds_login,
        PasswordFault::Forbidden => texts.forbidden,
        PasswordFault::Common => texts.common,
        PasswordFault::Same => texts.same,
    }
    .to_owned()
}

/// The page of the door for apps.
pub(super) async fn ask(
    app: &App,
    ctx: &Ctx,
    browser: &Browser,
    form: &Form<'_>,
    ticket: &str,
) -> Result<Response, IdpError> {
    let back =
        if form.handle.is_empty() { "/login".to_owned() } else { format!("/login?flow={}", form.handle) };
    let asked = Asked {
        frame: language::shell,
        texts: &language::texts(ctx).password,
        action: PATH.to_owned(),
        back,
        flow: form.handle,
        login: form.login,
        ticket,
        error: form.error.map(str::to_owned),
        target: form.target(),
    };
    show(app, ctx, browser, asked).await
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
    let texts = &language::texts(ctx).password;
    let ticket = entry.params.get("ticket").unwrap_or_default();
    let again = async |error: &str| ask(app, ctx, browser, &Form::again(entry, Some(error)), ticket).await;
    let Some(new) = entry.params.get("new").map(Secret::from) else {
        return Ok(again(texts.renew_needed).await?);
    };
    match app.idp().renew_password(ctx, ticket, &new, &entry.door()).await {
        Ok(Renewed::Done { signed_in, cookie }) => entry.go_on(app, headers, &signed_in, &cookie).await,
        Ok(Renewed::Fault(fault)) => Ok(again(&sentence(texts, fault)).await?),
        Ok(Renewed::Stale) => {
            let form = Form::again(entry, Some(texts.renew_late));
            Ok(sign_in::show(app, ctx, browser, StatusCode::OK, &form))
        }
        Err(IdpError::Overloaded { .. }) => Ok(again(language::texts(ctx).sign_in.busy).await?),
        Err(error) => Err(error.into()),
    }
}

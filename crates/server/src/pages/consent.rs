//! The consent page.

use super::browser::Browser;
use super::entry::Entry;
use super::{language, step};
use crate::App;
use crate::extract::Tenant;
use crate::{cookie, html};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use signet_domain::app::AppMetadata;
use signet_domain::server::ScopeRow;
use signet_idp::authorize::{OpenFlow, Page, SignedIn, Standing, Step};
use signet_idp::{Ctx, Idp};
use signet_oauth::{OAuthError, Params, Reason};
use signet_web::texts::{self, Language};
use signet_web::{Consent, Csrf, Link, ScopeLine};

pub(super) async fn get(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = Params::parse(query.as_deref().unwrap_or_default().as_bytes()).unwrap_or_default();
    let result = async {
        let browser = Browser::of(&app, &ctx, &headers).await?;
        let handle = params.get("flow").unwrap_or_default();
        let open = app.idp().open_flow(&ctx, handle, &browser.cookie).await?;
        let ctx = ctx.clone().preferring(open.request.ui_locales.as_deref());
        match app.idp().resume(&ctx, &open, handle, browser.signed_in.as_ref()).await? {
            Step::Consent { .. } => Ok(show(&app, &ctx, &browser, handle, &open)),
            other => Ok(step::go(&ctx, other)),
        }
    };
    result.await.unwrap_or_else(|page: Page| step::page(&ctx, &page))
}

pub(super) async fn post(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match Entry::of(&app, &ctx, &headers, &body).await {
        Ok(mut entry) => {
            let decided = decide(&app, &mut entry).await;
            entry.answer(decided)
        }
        Err(response) => response,
    }
}

async fn decide(app: &App, entry: &mut Entry) -> Result<Response, Page> {
    let Some((open, signed_in)) = answering(app, entry)? else { return Ok(to_sign_in(entry)) };
    let (idp, ctx) = (app.idp(), &entry.ctx);
    if !entry.names(&signed_in) {
        return Ok(step::go(ctx, Step::Consent { handle: entry.handle().to_owned() }));
    }
    let step = match entry.params.get("decision") {
        Some("allow") => idp.allow(ctx, &open, &signed_in).await?,
        Some("deny") => idp.deny(ctx, &open, &signed_in).await?,
        _ => return Err(Page(OAuthError::new(Reason::InvalidRequest))),
    };
    Ok(step::go(ctx, step))
}

/// "Use another account": ends this sign-in and asks again in the same flow.
pub(super) async fn other_account(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match Entry::of(&app, &ctx, &headers, &body).await {
        Ok(mut entry) => {
            let left = leave(&app, &mut entry).await;
            let mut response = entry.answer(left);
            cookie::unwatch(&mut response, &ctx.tenant, &headers);
            response
        }
        Err(response) => response,
    }
}

async fn leave(app: &App, entry: &mut Entry) -> Result<Response, Page> {
    let Some((_, signed_in)) = answering(app, entry)? else { return Ok(to_sign_in(entry)) };
    let ctx = &entry.ctx;
    app.idp().sign_out(ctx, &signed_in).await?;
    let mut response = to_sign_in(entry);
    let name = cookie::name(&ctx.tenant, "session");
    response.headers_mut().append(header::SET_COOKIE, cookie::clear(&name, ctx.tenant.is_https()));
    Ok(response)
}

/// The flow of a form, and who may answer it: an old sign-in doesn't answer a flow that asks for a new one.
fn answering(app: &App, entry: &mut Entry) -> Result<Option<(OpenFlow, SignedIn)>, Page> {
    let open = entry.flow()?;
    let may = |signed_in: &SignedIn| open.standing(app.idp(), signed_in) == Standing::Answers;
    Ok(entry.browser.signed_in.take().filter(may).map(|signed_in| (open, signed_in)))
}

fn to_sign_in(entry: &Entry) -> Response {
    step::go(&entry.ctx, Step::SignIn { handle: entry.handle().to_owned() })
}

fn show(app: &App, ctx: &Ctx, browser: &Browser, handle: &str, open: &OpenFlow) -> Response {
    let texts = &language::texts(ctx).consent;
    let user = browser.signed_in.as_ref().map(|s| &s.user);
    let page = Consent {
        shell: language::shell(ctx, texts.title),
        csrf: Csrf::new(browser.csrf(app, ctx)),
        action: "/consent".to_owned(),
        flow: handle.to_owned(),
        app_name: open.app.app.label.clone(),
        login: user.map(|user| user.login.clone()).unwrap_or_default(),
        account: user.map(|user| user.id.to_string()).unwrap_or_default(),
        change_account: "/consent/account".to_owned(),
        scopes: Idp::consent_scopes(open).iter().map(|scope| line(texts, scope)).collect(),
        return_host: step::host_of(&open.request.redirect_uri),
        unvouched: open.app.registration.is_some(),
        pages: own_pages(ctx, &open.app.app.metadata),
    };
    html::page_with(StatusCode::OK, &page, &[&step::form_target(&open.request.redirect_uri)])
}

/// What the app says of itself, at its own addresses.
pub(super) fn own_pages(ctx: &Ctx, metadata: &AppMetadata) -> Vec<Link> {
    let texts = &language::texts(ctx).consent;
    let pages = [(texts.privacy, &metadata.policy_uri), (texts.terms, &metadata.tos_uri)];
    pages.into_iter().filter_map(|(label, uri)| Some(Link::new(label, uri.as_deref()?))).collect()
}

fn line(texts: &texts::Consent, scope: &ScopeRow) -> ScopeLine {
    let own = if scope.description.is_empty() { &scope.display_name } else { &scope.description };
    // Words that an administrator chose are shown as they are.
    let usual = Language::English.texts().consent.scope(&scope.name);
    let sentence = match texts.scope(&scope.name) {
        Some(told) if usual == Some(own) => told,
        _ => own,
    };
    ScopeLine {
        name: scope.name.clone(),
        sentence: if sentence.is_empty() { scope.name.clone() } else { sentence.to_owned() },
        required: false,
    }
}

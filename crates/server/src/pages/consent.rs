//! The consent page.

use super::browser::Browser;
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
use signet_idp::authorize::{OpenFlow, Page, SignedIn, Step};
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
    let result = submit(&app, &ctx, &headers, &body, |app, ctx, given| async move {
        let (idp, Given { open, signed_in, params, .. }) = (app.idp(), given);
        let step = match params.get("decision") {
            Some("allow") => idp.allow(&ctx, &open, &signed_in).await?,
            Some("deny") => idp.deny(&ctx, &open, &signed_in).await?,
            _ => return Err(Page(OAuthError::new(Reason::InvalidRequest))),
        };
        Ok(step::go(&ctx, step))
    });
    result.await.unwrap_or_else(|page| step::page(&ctx, &page))
}

/// "Use another account": ends this sign-in and asks again in the same flow.
pub(super) async fn other_account(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let result = submit(&app, &ctx, &headers, &body, |app, ctx, given| async move {
        app.idp().sign_out(&ctx, &given.signed_in).await?;
        let mut response = step::go(&ctx, Step::SignIn { handle: given.handle });
        let name = cookie::name(&ctx.tenant, "session");
        response.headers_mut().append(header::SET_COOKIE, cookie::clear(&name, ctx.tenant.is_https()));
        Ok(response)
    });
    let mut response = result.await.unwrap_or_else(|page| step::page(&ctx, &page));
    cookie::unwatch(&mut response, &ctx.tenant, &headers);
    response
}

/// What a form of this page comes with, checked.
struct Given {
    params: Params,
    handle: String,
    open: OpenFlow,
    signed_in: SignedIn,
}

async fn submit<F, T>(
    app: &App,
    ctx: &Ctx,
    headers: &HeaderMap,
    body: &[u8],
    then: F,
) -> Result<Response, Page>
where
    F: FnOnce(App, Ctx, Given) -> T,
    T: Future<Output = Result<Response, Page>>,
{
    let params = Params::parse(body).map_err(Page)?;
    let browser = Browser::of(app, ctx, headers).await?;
    if !browser.csrf_matches(app, ctx, headers, params.get("csrf").unwrap_or_default()) {
        return Ok(super::forbidden(ctx));
    }
    let handle = params.get("flow").unwrap_or_default().to_owned();
    let open = app.idp().open_flow(ctx, &handle, &browser.cookie).await?;
    let ctx = &ctx.clone().preferring(open.request.ui_locales.as_deref());
    // An old sign-in doesn't answer a flow that asks for a new one.
    match browser.signed_in.filter(|s| open.accepts(app.idp(), s)) {
        Some(signed_in) => then(app.clone(), ctx.clone(), Given { params, handle, open, signed_in }).await,
        None => Ok(step::go(ctx, Step::SignIn { handle })),
    }
}

fn show(app: &App, ctx: &Ctx, browser: &Browser, handle: &str, open: &OpenFlow) -> Response {
    let texts = &language::texts(ctx).consent;
    let login = browser.signed_in.as_ref().map(|s| s.user.login.clone()).unwrap_or_default();
    let page = Consent {
        shell: language::shell(ctx, texts.title),
        csrf: Csrf::new(browser.csrf(app, ctx)),
        action: "/consent".to_owned(),
        flow: handle.to_owned(),
        app_name: open.app.app.label.clone(),
        login,
        change_account: "/consent/account".to_owned(),
        scopes: Idp::consent_scopes(open).iter().map(|scope| line(texts, scope)).collect(),
        return_host: step::host_of(&open.request.redirect_uri),
        unvouched: open.app.registration.is_some(),
        pages: own_pages(texts, &open.app.app.metadata),
    };
    html::page_with(StatusCode::OK, &page, &[&step::form_target(&open.request.redirect_uri)])
}

/// What the app says of itself, at its own addresses.
fn own_pages(texts: &texts::Consent, metadata: &AppMetadata) -> Vec<Link> {
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

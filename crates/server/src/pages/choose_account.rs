//! The account chooser: where an app asks which account it is to be (`prompt=select_account`).

use super::browser::Browser;
use super::entry::{Entry, for_reader};
use super::{language, step};
use crate::App;
use crate::extract::Tenant;
use crate::html;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use signet_idp::Ctx;
use signet_idp::authorize::{OpenFlow, Page, SignedIn, Standing, Step};
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{ChooseAccount, Csrf};

/// Where the form posts to.
const PATH: &str = "/login/account";

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
        let ctx = for_reader(&ctx, Some(&open));
        let offered = |held: &&SignedIn| open.standing(app.idp(), held) == Standing::IsOffered;
        Ok(match browser.signed_in.as_ref().filter(offered) {
            Some(held) => show(&app, &ctx, &browser, (handle, &open), held),
            None => step::go(&ctx, app.idp().resume(&ctx, &open, handle, browser.signed_in.as_ref()).await?),
        })
    };
    result.await.unwrap_or_else(|page: Page| step::page(&ctx, &page))
}

/// "Continue as": goes on with the account at hand.
pub(super) async fn post(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match Entry::of(&app, &ctx, &headers, &body).await {
        Ok(mut entry) => {
            let chosen = choose(&app, &mut entry).await;
            entry.answer(chosen)
        }
        Err(response) => response,
    }
}

async fn choose(app: &App, entry: &mut Entry) -> Result<Response, Page> {
    let mut open = entry.flow()?;
    let (idp, ctx, handle) = (app.idp(), &entry.ctx, entry.handle());
    let held = entry.browser.signed_in.as_ref();
    if let Some(held) = held.filter(|held| open.standing(idp, held) == Standing::IsOffered) {
        if !entry.names(held) {
            return Ok(step::go(ctx, Step::ChooseAccount { handle: handle.to_owned() }));
        }
        idp.choose_account(ctx, &mut open, held).await?;
    }
    Ok(step::go(ctx, idp.resume(ctx, &open, handle, held).await?))
}

fn show(
    app: &App,
    ctx: &Ctx,
    browser: &Browser,
    (handle, open): (&str, &OpenFlow),
    held: &SignedIn,
) -> Response {
    let user = &held.user;
    let name = user.display_name();
    let page = ChooseAccount {
        shell: language::shell(ctx, language::texts(ctx).choose_account.heading),
        csrf: Csrf::new(browser.csrf(app, ctx)),
        action: PATH.to_owned(),
        flow: handle.to_owned(),
        app_name: visible(&open.app.app.label),
        account: user.id.to_string(),
        name: visible(&name),
        login: visible(&user.login),
        another: format!("/login?flow={handle}"),
    };
    html::page_with(StatusCode::OK, &page, &[&step::form_target(&open.request.redirect_uri)])
}

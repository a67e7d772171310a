//! The apps.

use super::admin::Admin;
use super::failure::Result;
use super::next::encoded;
use super::rows::app_url;
use super::{when, words};
use crate::html;
use axum::extract::RawQuery;
use axum::response::Response;
use signet_domain::id::AppId;
use signet_idp::admin::{Access, Area};
use signet_idp::console::AppName;
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{AppList, AppRow, Chip, Empty, Link, Paging, Section};

const PATH: &str = "/console/apps";
const PAGE: usize = 50;
/// Most bytes of what is searched for.
const MAX_TEXT: usize = 256;
/// The name of the list in its cursors.
const LIST: &str = "console apps";

pub(super) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    admin.answer(show(&admin, &params).await)
}

async fn show(admin: &Admin, params: &Params) -> Result<Response> {
    admin.must_see(Area::Apps)?;
    let (idp, ctx) = (admin.idp(), &admin.ctx);
    let q = params.get("q").map(str::trim).filter(|q| !q.is_empty() && q.len() <= MAX_TEXT);
    let after = params.get("after").filter(|_| q.is_none());
    let after = idp.open_cursor(ctx, LIST, after).ok().flatten().map(AppId);
    let used = idp.console_newest_tokens(ctx).await?;
    // One more than a page has.
    let mut apps: Vec<AppName> = match q {
        Some(q) => idp.console_find_apps(ctx, q, PAGE + 1).await?,
        None => {
            let mut tx = idp.store().tenant(ctx.tenant_id()).read().await?;
            let found = tx.apps(after, i64::try_from(PAGE + 1).unwrap_or(1)).await?;
            found.into_iter().map(AppName::from).collect()
        }
    };
    let more = apps.len() > PAGE;
    apps.truncate(PAGE);
    let next = apps.last().filter(|_| more && q.is_none()).map(|app| idp.cursor(ctx, LIST, app.id.0));
    let rows: Vec<AppRow> = apps
        .iter()
        .map(|app| AppRow {
            url: app_url(&app.id.to_string()),
            name: visible(&app.label),
            kind: words::app_kind(app.kind).to_owned(),
            client_id: app.client_id.clone(),
            status: words::app_status(app.status),
            last_used: used.get(&app.client_id).map(|hour| when::hour(*hour, ctx.now)),
        })
        .collect();
    let mut console = admin.frame("Apps", Section::Apps);
    console.notice = params.get("done").filter(|d| *d == "delete").map(|_| "The app is deleted.".to_owned());
    Ok(html::page(&AppList {
        console,
        create: admin.may(Area::Apps, Access::Write).then(|| Link::new("New app", "/console/apps/new")),
        action: PATH.to_owned(),
        q: q.unwrap_or_default().to_owned(),
        count: words::total(rows.len(), "app", after.is_none() && !more),
        empty: rows.is_empty().then(|| nothing(q)),
        apps: rows,
        paging: Paging {
            older: next.map(|c| format!("{PATH}?after={}", encoded(&c))),
            note: (more && q.is_some()).then(|| format!("The first {PAGE} matches: type more of the name.")),
            ..Paging::default()
        },
    }))
}

fn nothing(q: Option<&str>) -> Empty {
    match q {
        Some(q) => Empty::NoMatch {
            filters: vec![Chip { label: format!("Named “{}”", visible(q)), remove_url: PATH.to_owned() }],
            nearest: None,
            clear_url: PATH.to_owned(),
        },
        None => Empty::NothingYet {
            sentence: "Apps that sign people in, or act for themselves, appear here once they are created."
                .to_owned(),
            action: None,
        },
    }
}

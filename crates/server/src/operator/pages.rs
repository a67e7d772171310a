//! What an operator sees.

use super::{OWNER, session};
use crate::extract::{Operator, OperatorCtx};
use crate::{App, html};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use signet_domain::Time;
use signet_domain::tenant::TenantStatus;
use signet_store::Engine;
use signet_store::unscoped::TenantSummary;
use signet_web::{
    Console, Empty, Fact, NavItem, OperatorHome, OperatorTenants, Paging, Section, Shell, Status, TenantRow,
    TimeText, Tone,
};

/// Tenants on one page.
const PAGE: i64 = 50;

/// Tenants on the first page.
const FEW: i64 = 5;

#[derive(Deserialize)]
pub(super) struct Place {
    #[serde(default)]
    after: String,
}

/// The first page: what runs here.
pub(super) async fn home(State(app): State<App>, Operator(ctx): Operator, headers: HeaderMap) -> Response {
    let Some(console) = console(&app, &ctx, &headers, Section::OperatorHome) else { return sign_in() };
    match app.idp().store().unscoped_tenants("", FEW).await {
        Ok(tenants) => html::page(&OperatorHome {
            console,
            figures: Vec::new(),
            facts: facts(&app),
            tenants: tenants.iter().map(row).collect(),
            tenants_url: "/tenants".to_owned(),
        }),
        Err(error) => session::failed(&ctx, &error.into()),
    }
}

/// All tenants, by name.
pub(super) async fn tenants(
    State(app): State<App>,
    Operator(ctx): Operator,
    Query(place): Query<Place>,
    headers: HeaderMap,
) -> Response {
    let Some(console) = console(&app, &ctx, &headers, Section::Tenants) else { return sign_in() };
    // One more than is shown says whether there is a next page.
    let mut tenants = match app.idp().store().unscoped_tenants(&place.after, PAGE + 1).await {
        Ok(tenants) => tenants,
        Err(error) => return session::failed(&ctx, &error.into()),
    };
    let more = tenants.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    if more {
        tenants.pop();
    }
    let link = |name: &str| format!("/tenants?after={}", utf8_percent_encode(name, NON_ALPHANUMERIC));
    let older = tenants.last().filter(|_| more).map(|t| link(&t.tenant.name));
    let newer = (!place.after.is_empty()).then(|| "/tenants".to_owned());
    let sentence = "Create the first with `signet tenant create NAME --url URL`.".to_owned();
    html::page(&OperatorTenants {
        console,
        count: None,
        empty: tenants.is_empty().then_some(Empty::NothingYet { sentence, action: None }),
        tenants: tenants.iter().map(row).collect(),
        paging: Paging { newer, older, note: None },
    })
}

fn sign_in() -> Response {
    Redirect::to("/sign-in").into_response()
}

/// The frame, for who is signed in.
fn console(app: &App, ctx: &OperatorCtx, headers: &HeaderMap, current: Section) -> Option<Console> {
    let operator = ctx.operator.as_ref()?;
    let title = if current == Section::Tenants { "Tenants" } else { "Overview" };
    Some(Console {
        shell: Shell::new(OWNER, title),
        csrf: session::csrf(app, headers),
        login: operator.login.clone(),
        sign_out: "/sign-out".to_owned(),
        nav: vec![NavItem::new(Section::OperatorHome, "/"), NavItem::new(Section::Tenants, "/tenants")],
        current,
        degraded: None,
        notice: None,
    })
}

fn facts(app: &App) -> Vec<Fact> {
    let config = app.config();
    let engine = match app.idp().store().engine() {
        Engine::Sqlite => "SQLite, in this process",
        Engine::Postgres => "PostgreSQL",
    };
    let public_url = config.public_url.as_ref().map(ToString::to_string).unwrap_or_default();
    vec![
        Fact::text("Version", env!("CARGO_PKG_VERSION")),
        Fact::text("Engine", engine),
        Fact::code("Public URL", public_url),
        Fact::code("Master key", config.master_key_path().display().to_string()),
        Fact::code("Data directory", config.data_dir.display().to_string()),
    ]
}

fn row(summary: &TenantSummary) -> TenantRow {
    let tenant = &summary.tenant;
    let status = match tenant.status {
        TenantStatus::Active => Status::new("Active", Tone::Good),
        TenantStatus::Suspended => Status::new("Suspended", Tone::Bad),
    };
    TenantRow {
        name: tenant.display_name.clone(),
        slug: tenant.name.clone(),
        url: tenant.url.clone(),
        users: summary.users.to_string(),
        status,
        created: Some(time(tenant.created_at)),
    }
}

fn time(at: Time) -> TimeText {
    let iso = at.rfc3339();
    let shown = iso.get(..10).unwrap_or(&iso).to_owned();
    TimeText::new(iso, shown)
}

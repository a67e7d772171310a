//! The operator's tenants: all of them, and one of them.

use super::{deletion, numbers, session, visit::Visit};
use crate::console::when;
use crate::html;
use axum::extract::{Path, Query, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use signet_domain::tenant::{Tenant, TenantStatus};
use signet_idp::IdpError;
use signet_idp::admin::AdminError;
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_store::unscoped::TenantSummary;
use signet_web::{
    Action, Chip, Empty, Fact, Link, OperatorTenants, Paging, Section, Status, TenantPage, TenantRow, Tone,
};

pub(super) const PATH: &str = "/tenants";

/// Tenants on one page.
const PAGE: i64 = 50;
/// Longest beginning of a name or an address.
const MAX_PREFIX: usize = 256;

#[derive(Deserialize)]
pub(super) struct Place {
    #[serde(default)]
    done: String,
}

/// All tenants, by name, or those that a search finds.
pub(super) async fn list(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let q = params.get("q").map(str::trim).filter(|q| !q.is_empty() && q.len() <= MAX_PREFIX);
    let after = params.get("after").unwrap_or_default();
    let idp = visit.app.idp();
    let found = match q {
        Some(q) => idp.operator_tenants_like(q, after, PAGE).await,
        None => idp.operator_tenants(after, PAGE).await,
    };
    let (tenants, more) = match found {
        Ok(found) => found,
        Err(error) => return failed(&visit, error),
    };
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let first = q.map_or_else(|| PATH.to_owned(), |q| format!("{PATH}?q={}", encoded(q)));
    let mark = if q.is_some() { '&' } else { '?' };
    let last = tenants.last().filter(|_| more);
    let older = last.map(|last| format!("{first}{mark}after={}", encoded(&last.tenant.name)));
    let newer = (!after.is_empty()).then_some(first);
    html::page(&OperatorTenants {
        console: visit.frame("Tenants", Section::Tenants),
        create: Some(Link::new("New tenant", format!("{PATH}/new"))),
        deleted: Some(Link::new("Deleted tenants", format!("{PATH}/deleted"))),
        action: PATH.to_owned(),
        q: q.unwrap_or_default().to_owned(),
        count: None,
        empty: tenants.is_empty().then(|| empty(q)),
        tenants: tenants.iter().map(row).collect(),
        paging: Paging { newer, older, note: None },
    })
}

/// Why there are no rows.
fn empty(q: Option<&str>) -> Empty {
    let Some(q) = q else {
        let sentence = "Nobody can sign in anywhere yet.".to_owned();
        return Empty::NothingYet { sentence, action: None };
    };
    let label = format!("Begins with “{}”", visible(q));
    Empty::NoMatch {
        filters: vec![Chip { label, remove_url: PATH.to_owned() }],
        nearest: None,
        clear_url: PATH.to_owned(),
    }
}

/// One tenant.
pub(super) async fn show(visit: Visit, Path(name): Path<String>, Query(place): Query<Place>) -> Response {
    let tenant = match visit.app.idp().operator_tenant(&name).await {
        Ok(tenant) => tenant,
        Err(error) => return failed(&visit, error),
    };
    let mut console = visit.frame(&tenant.display_name, Section::Tenants);
    console.notice = match place.done.as_str() {
        "suspend" => {
            Some("The tenant is suspended: its address answers like one that isn’t there.".to_owned())
        }
        "unsuspend" | "restore" => Some("The tenant is back.".to_owned()),
        "delete" => Some("The tenant is deleted: its address answers like one that isn’t there.".to_owned()),
        _ => None,
    };
    let url = url_of(&tenant);
    let deletion = match visit.app.idp().operator_deletion(&tenant).await {
        Ok(deletion) => deletion,
        Err(error) => return failed(&visit, error),
    };
    let delete = Action::ask("Delete…", format!("{url}/delete"))
        .explain("It is served no more, and erased after a while. Until then it can be restored.")
        .dangerous();
    let action = match tenant.status {
        TenantStatus::Active => Action::ask("Suspend…", format!("{url}/suspend"))
            .explain("Nobody can sign in or use its tokens here until it is let back in. Nothing is deleted.")
            .dangerous(),
        TenantStatus::Suspended => {
            Action::post("Let back in", format!("{url}/unsuspend")).explain("Everything works as before.")
        }
        TenantStatus::Deleted => Action::post("Restore", format!("{url}/restore"))
            .explain("It becomes what it was before, with everything in it."),
    };
    let now = visit.ctx.now;
    let counted = match visit.app.idp().operator_tenant_in_numbers(&tenant, now).await {
        Ok(counted) => counted,
        Err(error) => return failed(&visit, error),
    };
    let mut facts = facts(&visit, &tenant);
    if tenant.status == TenantStatus::Active {
        let console = format!("{}/console", tenant.url);
        facts.insert(2, Fact::code("Console", console.clone()).to(console));
    }
    facts.extend(numbers::suspended(&tenant, &counted, now));
    facts.extend(deletion.iter().flat_map(|d| deletion::facts(d, now)));
    let can_be_restored = deletion.as_ref().is_none_or(|d| d.began_at.is_none());
    let mut actions = if can_be_restored { vec![action] } else { Vec::new() };
    if deletion.is_none() {
        actions.push(delete);
    }
    html::page(&TenantPage {
        back: Link::new("Tenants", PATH),
        status: status(&tenant),
        facts,
        numbers: numbers::facts(&counted, now),
        actions,
        console,
    })
}

pub(super) fn facts(visit: &Visit, tenant: &Tenant) -> Vec<Fact> {
    vec![
        Fact::code("Short name", tenant.name.as_str()),
        Fact::code("Address", tenant.url.as_str()).to(tenant.url.as_str()),
        Fact::text("Account number", tenant.number.to_string()),
        Fact::code("Domain of short logins", tenant.default_domain.as_str()),
        Fact::code("Id", tenant.id.to_string()),
        Fact::text("Since", when::moment(tenant.created_at, visit.ctx.now).shown),
    ]
}

/// A tenant's page.
pub(super) fn url_of(tenant: &Tenant) -> String {
    format!("{PATH}/{}", tenant.name)
}

fn status(tenant: &Tenant) -> Status {
    match tenant.status {
        TenantStatus::Active => Status::new("Active", Tone::Good),
        TenantStatus::Suspended => Status::new("Suspended", Tone::Bad),
        TenantStatus::Deleted => Status::new("Deleted", Tone::Bad),
    }
}

/// A line of a list.
pub(super) fn row(summary: &TenantSummary) -> TenantRow {
    let tenant = &summary.tenant;
    TenantRow {
        page: url_of(tenant),
        name: tenant.display_name.clone(),
        slug: tenant.name.clone(),
        url: tenant.url.clone(),
        users: summary.users.to_string(),
        status: status(tenant),
        created: Some(when::day(tenant.created_at)),
    }
}

/// The page that says why not.
pub(super) fn failed(visit: &Visit, error: AdminError) -> Response {
    match error {
        AdminError::Failed(error) => session::failed(&visit.ctx, &error),
        AdminError::NotFound { .. } => {
            let words = ("No such tenant", "Nobody has this name. Look at the list of tenants.");
            super::wrong(&visit.ctx, StatusCode::NOT_FOUND, words)
        }
        AdminError::Invalid { .. } | AdminError::Stale => {
            let words = (
                "That isn’t possible",
                "Someone changed this tenant meanwhile. Nothing was changed: look again.",
            );
            super::wrong(&visit.ctx, StatusCode::CONFLICT, words)
        }
        error => session::failed(&visit.ctx, &IdpError::Internal(error.to_string())),
    }
}

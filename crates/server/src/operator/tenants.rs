//! The operator's tenants: all of them, and one of them.

use super::{deletion, session, visit::Visit};
use crate::console::when;
use crate::html;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use signet_domain::tenant::{Tenant, TenantStatus};
use signet_idp::IdpError;
use signet_idp::admin::AdminError;
use signet_store::unscoped::TenantSummary;
use signet_web::{
    Action, Empty, Fact, Link, OperatorTenants, Paging, Section, Status, TenantPage, TenantRow, Tone,
};

pub(super) const PATH: &str = "/tenants";

/// Tenants on one page.
const PAGE: i64 = 50;

#[derive(Deserialize)]
pub(super) struct Place {
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

/// All tenants, by name.
pub(super) async fn list(visit: Visit, Query(place): Query<Place>) -> Response {
    let (tenants, more) = match visit.app.idp().operator_tenants(&place.after, PAGE).await {
        Ok(found) => found,
        Err(error) => return failed(&visit, error),
    };
    let link = |name: &str| format!("{PATH}?after={}", utf8_percent_encode(name, NON_ALPHANUMERIC));
    let older = tenants.last().filter(|_| more).map(|t| link(&t.tenant.name));
    let newer = (!place.after.is_empty()).then(|| PATH.to_owned());
    let sentence = "Nobody can sign in anywhere yet.".to_owned();
    html::page(&OperatorTenants {
        console: visit.frame("Tenants", Section::Tenants),
        create: Some(Link::new("New tenant", format!("{PATH}/new"))),
        deleted: Some(Link::new("Deleted tenants", format!("{PATH}/deleted"))),
        count: None,
        empty: tenants.is_empty().then_some(Empty::NothingYet { sentence, action: None }),
        tenants: tenants.iter().map(row).collect(),
        paging: Paging { newer, older, note: None },
    })
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
    let mut facts = facts(&visit, &tenant);
    facts.extend(deletion.iter().flat_map(|d| deletion::facts(d, visit.ctx.now)));
    let can_be_restored = deletion.as_ref().is_none_or(|d| d.began_at.is_none());
    let mut actions = if can_be_restored { vec![action] } else { Vec::new() };
    if deletion.is_none() {
        actions.push(delete);
    }
    html::page(&TenantPage {
        back: Link::new("Tenants", PATH),
        status: status(&tenant),
        facts,
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
            html::failure(super::OWNER, &visit.ctx.request, StatusCode::NOT_FOUND, words)
        }
        AdminError::Invalid { .. } | AdminError::Stale => {
            let words = (
                "That isn’t possible",
                "Someone changed this tenant meanwhile. Nothing was changed: look again.",
            );
            html::failure(super::OWNER, &visit.ctx.request, StatusCode::CONFLICT, words)
        }
        error => session::failed(&visit.ctx, &IdpError::Internal(error.to_string())),
    }
}

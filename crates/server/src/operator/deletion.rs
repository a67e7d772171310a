//! Deleting tenants: asked twice, kept for a while, restored or erased.

use super::tenants::{PATH, facts as tenant_facts, failed, url_of};
use super::visit::Visit;
use super::{session, tenant_forms};
use crate::console::when;
use crate::html;
use crate::pages::step;
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use signet_domain::Time;
use signet_domain::tenant::{Tenant, TenantDeletion};
use signet_idp::admin::AdminError;
use signet_idp::syslog;
use signet_idp::tenants::deletion::{GRACE, GRACE_DAYS};
use signet_web::{DeedRow, DeletedRow, DeletedTenants, Fact, Field, FormPage, Link, Section, Status, Tone};

/// Events of the operator's log on the page.
const DEEDS: u32 = 50;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Sure {
    csrf: String,
    typed: String,
    days: String,
    your_password: String,
}

/// What the tenant's page says of its deletion.
pub(super) fn facts(deletion: &TenantDeletion, now: Time) -> Vec<Fact> {
    let mut facts = vec![Fact::text("Deleted", when_and_who(deletion, now))];
    let until = when::moment(deletion.erase_at, now).shown;
    facts.push(match deletion.began_at {
        None => Fact::text("Erased after", until),
        Some(_) => Fact::text("Being erased since", until),
    });
    facts
}

fn when_and_who(deletion: &TenantDeletion, now: Time) -> String {
    format!("{} by {}", when::moment(deletion.deleted_at, now).shown, syslog::visible(&deletion.deleted_by))
}

/// Those that were deleted, and what was done.
pub(super) async fn list(visit: Visit) -> Response {
    let idp = visit.app.idp();
    let (deletions, events) = match (idp.operator_deletions().await, idp.operator_log(DEEDS).await) {
        (Ok(deletions), Ok(events)) => (deletions, events),
        (Err(error), _) | (_, Err(error)) => return failed(&visit, error),
    };
    let now = visit.ctx.now;
    let row = |deletion: &TenantDeletion| {
        let day = |time| when::moment(time, now).shown;
        DeletedRow {
            page: deletion.erased_at.is_none().then(|| format!("{PATH}/{}", deletion.name)),
            name: deletion.name.clone(),
            host: deletion.host.clone(),
            deleted: when_and_who(deletion, now),
            status: match (deletion.began_at, deletion.erased_at) {
                (_, Some(at)) => Status::new(format!("Erased {}", day(at)), Tone::Quiet),
                (Some(_), None) => Status::new("Being erased", Tone::Bad),
                (None, None) => Status::new(format!("Kept until {}", day(deletion.erase_at)), Tone::Warn),
            },
        }
    };
    html::page(&DeletedTenants {
        console: visit.frame("Deleted tenants", Section::Tenants),
        back: Link::new("Tenants", PATH),
        tenants: deletions.iter().map(row).collect(),
        deeds: events
            .iter()
            .map(|event| DeedRow {
                at: when::moment(event.published, now),
                sentence: syslog::sentence(event),
            })
            .collect(),
    })
}

fn page(visit: &Visit, tenant: &Tenant, days: &str) -> FormPage {
    let frame = visit.frame("Delete a tenant", Section::Tenants);
    let url = url_of(tenant);
    let crumbs = tenant_forms::crumbs(Some(tenant));
    let help = format!("From {} to {}. Until then it can be restored.", GRACE.start(), GRACE.end());
    let mut page = FormPage::new(frame, crumbs, format!("{url}/delete"), "Delete")
        .intro(
            "Its address answers like one that isn’t there, on every node within a second. Its users, apps, keys \
             and log are kept for a while, then erased for ever. Its address and short name are free after that.",
        )
        .dangerous()
        .fields([
            Field::number("days", "Days until it is erased", days).required().help(help),
            Field::line("typed", format!("Type {} to delete it", tenant.name), "").required().mono(),
            Field::password("your_password", "Your own password", "current-password").required(),
        ]);
    page.facts = tenant_facts(visit, tenant);
    page
}

/// Asks before a tenant is deleted.
pub(super) async fn ask(visit: Visit, Path(name): Path<String>) -> Response {
    match visit.app.idp().operator_tenant(&name).await {
        Ok(tenant) => html::page(&page(&visit, &tenant, &GRACE_DAYS.to_string())),
        Err(error) => failed(&visit, error),
    }
}

/// Deletes a tenant, by its name and the operator's own password.
pub(super) async fn delete(visit: Visit, Path(name): Path<String>, Form(sure): Form<Sure>) -> Response {
    if !visit.sent(&sure.csrf) {
        return session::not_ours(&visit.ctx);
    }
    let idp = visit.app.idp();
    let tenant = match idp.operator_tenant(&name).await {
        Ok(tenant) => tenant,
        Err(error) => return failed(&visit, error),
    };
    let mut page = page(&visit, &tenant, &sure.days);
    let days = sure.days.trim().parse().ok().filter(|days| GRACE.contains(days));
    let Some(days) = days else {
        page.wrong("days", format!("Choose from {} to {} days.", GRACE.start(), GRACE.end()));
        return html::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page, &[]);
    };
    match visit.confirmed(&mut page, &tenant.name, (&sure.typed, &sure.your_password)).await {
        Ok(true) => {}
        Ok(false) => return html::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page, &[]),
        Err(error) => return session::failed(&visit.ctx, &error),
    }
    let (ctx, operator) = (&visit.ctx, &visit.operator);
    match idp.operator_delete_tenant(operator, &name, days, ctx.now, &ctx.request).await {
        Ok(_) => step::redirect(&format!("{}?done=delete", url_of(&tenant))),
        Err(error) => failed(&visit, error),
    }
}

/// Takes a deletion back.
pub(super) async fn restore(visit: Visit, Path(name): Path<String>, Form(sure): Form<Sure>) -> Response {
    if !visit.sent(&sure.csrf) {
        return session::not_ours(&visit.ctx);
    }
    let (ctx, operator) = (&visit.ctx, &visit.operator);
    match visit.app.idp().operator_restore_tenant(operator, &name, ctx.now, &ctx.request).await {
        Ok(tenant) => step::redirect(&format!("{}?done=restore", url_of(&tenant))),
        Err(AdminError::Stale) => {
            let words = ("Too late", "Its grace is over and it is being erased. Nothing was restored.");
            super::wrong(ctx, StatusCode::CONFLICT, words)
        }
        Err(error) => failed(&visit, error),
    }
}

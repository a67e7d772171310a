//! What an operator does to tenants: a new one, its suspension, the end of that.

use super::session;
use super::tenants::{PATH, facts, failed, url_of};
use super::visit::Visit;
use crate::html;
use crate::pages::step;
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use signet_domain::tenant::{Tenant, TenantStatus};
use signet_idp::tenants::{NewTenant, TenantError};
use signet_web::{Fact, Field, FormPage, Link, Section, ShownOnce};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Wanted {
    csrf: String,
    name: String,
    display_name: String,
    url: String,
    default_domain: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Sure {
    csrf: String,
    typed: String,
    your_password: String,
}

pub(super) fn crumbs(tenant: Option<&Tenant>) -> Vec<Link> {
    let mut crumbs = vec![Link::new("Tenants", PATH)];
    crumbs.extend(tenant.map(|tenant| Link::new(&tenant.display_name, url_of(tenant))));
    crumbs
}

fn new_page(visit: &Visit, wanted: &Wanted) -> FormPage {
    let frame = visit.frame("New tenant", Section::Tenants);
    FormPage::new(frame, crumbs(None), format!("{PATH}/new"), "Create tenant")
        .intro("A tenant has its own address, users, apps, keys, log and quota. Nothing crosses between two.")
        .fields([
            Field::line("name", "Short name", &wanted.name)
                .required()
                .mono()
                .help("Lower-case letters, digits and hyphens. It stays."),
            Field::line("display_name", "Name", &wanted.display_name)
                .help("What its people read. Left empty, it is the short name."),
            Field::line("url", "Address", &wanted.url).required().mono().help(
                "Where its people sign in, such as https://login.example.com. The host must lead here. It stays.",
            ),
            Field::line("default_domain", "Domain of short logins", &wanted.default_domain)
                .required()
                .mono()
                .help("What stands behind the @ of a login that is typed without it, such as example.com."),
        ])
}

/// The form of a new tenant.
pub(super) async fn new(visit: Visit) -> Response {
    html::page(&new_page(&visit, &Wanted::default()))
}

/// Makes a tenant, and shows this once how its first administrator gets in.
pub(super) async fn create(visit: Visit, Form(wanted): Form<Wanted>) -> Response {
    if !visit.sent(&wanted.csrf) {
        return session::not_ours(&visit.ctx);
    }
    let (idp, now) = (visit.app.idp(), visit.ctx.now);
    let trimmed = |text: &str| text.trim().to_owned();
    let new = NewTenant {
        name: trimmed(&wanted.name),
        display_name: trimmed(&wanted.display_name),
        url: trimmed(&wanted.url),
        default_domain: trimmed(&wanted.default_domain),
        demo: false,
    };
    let own = visit.app.config().operator_url();
    if own.is_some_and(|own| new.url.trim_end_matches('/').eq_ignore_ascii_case(&own)) {
        let mut page = new_page(&visit, &wanted);
        page.problems.push("These pages answer there: choose another address for the tenant.".to_owned());
        return html::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page, &[]);
    }
    let made = match idp.create_tenant(new, now, &visit.ctx.request).await {
        Ok(tenant) => idp.make_setup_link(&tenant, None, now).await.map(|link| (tenant, link)),
        Err(TenantError::Failed(error)) => Err(error),
        Err(error) => {
            let mut page = new_page(&visit, &wanted);
            page.problems.push(format!("{error}."));
            return html::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page, &[]);
        }
    };
    match made {
        Ok((tenant, link)) => html::page(&ShownOnce {
            console: visit.frame("The tenant is made", Section::Tenants),
            crumbs: crumbs(Some(&tenant)),
            sentence: "Give this link to the tenant’s first administrator. It works once, for a day."
                .to_owned(),
            values: vec![Fact::code("Link", link)],
            snippet: None,
            next: Link::new("To the tenant", url_of(&tenant)),
        }),
        Err(error) => session::failed(&visit.ctx, &error),
    }
}

fn suspend_page(visit: &Visit, tenant: &Tenant) -> FormPage {
    let frame = visit.frame("Suspend a tenant", Section::Tenants);
    let mut page = FormPage::new(
        frame,
        crumbs(Some(tenant)),
        format!("{}/suspend", url_of(tenant)),
        "Suspend",
    )
    .intro(
        "Its address answers like one that isn’t there, on every node within a second. Nothing is deleted.",
    )
    .dangerous()
    .fields([
        Field::line("typed", format!("Type {} to suspend it", tenant.name), "").required().mono(),
        Field::password("your_password", "Your own password", "current-password").required(),
    ]);
    page.facts = facts(visit, tenant);
    page
}

/// Asks before a tenant is suspended.
pub(super) async fn suspension(visit: Visit, Path(name): Path<String>) -> Response {
    match visit.app.idp().operator_tenant(&name).await {
        Ok(tenant) => html::page(&suspend_page(&visit, &tenant)),
        Err(error) => failed(&visit, error),
    }
}

/// Suspends a tenant, by its name and the operator's own password.
pub(super) async fn suspend(visit: Visit, Path(name): Path<String>, Form(sure): Form<Sure>) -> Response {
    if !visit.sent(&sure.csrf) {
        return session::not_ours(&visit.ctx);
    }
    let tenant = match visit.app.idp().operator_tenant(&name).await {
        Ok(tenant) => tenant,
        Err(error) => return failed(&visit, error),
    };
    let mut page = suspend_page(&visit, &tenant);
    match visit.confirmed(&mut page, &tenant.name, (&sure.typed, &sure.your_password)).await {
        Ok(true) => set(&visit, &name, TenantStatus::Suspended).await,
        Ok(false) => html::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page, &[]),
        Err(error) => session::failed(&visit.ctx, &error),
    }
}

/// Ends a suspension.
pub(super) async fn unsuspend(visit: Visit, Path(name): Path<String>, Form(sure): Form<Sure>) -> Response {
    if !visit.sent(&sure.csrf) {
        return session::not_ours(&visit.ctx);
    }
    set(&visit, &name, TenantStatus::Active).await
}

async fn set(visit: &Visit, name: &str, status: TenantStatus) -> Response {
    let Visit { app, ctx, operator, .. } = visit;
    let set = app.idp().operator_set_tenant_status(operator, name, status, ctx.now, &ctx.request).await;
    let done = if status == TenantStatus::Active { "unsuspend" } else { "suspend" };
    match set {
        Ok(tenant) => step::redirect(&format!("{}?done={done}", url_of(&tenant))),
        Err(error) => failed(visit, error),
    }
}

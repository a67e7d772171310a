//! Scopes of an authorization server: adding, changing, deleting.

use super::admin::Admin;
use super::failure::{Failure, Result};
use super::form::{Form, again, clashing};
use super::review::reviewed;
use super::server_forms::{WRITE, crumbs};
use super::server_page::{done, find, server_url};
use crate::html;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::server::{ScopeConsent, ScopeRow, Server};
use signet_idp::admin::server_rules::ScopeSettings;
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::syslog::visible;
use signet_web::{Field, FormPage, Link, Pick, Section};

fn settings_of(scope: &ScopeRow) -> ScopeSettings {
    ScopeSettings {
        name: scope.name.clone(),
        display_name: Some(scope.display_name.clone()),
        description: Some(scope.description.clone()),
        consent: scope.consent,
        is_default: scope.is_default,
        published: scope.published,
    }
}

fn fresh() -> ScopeSettings {
    ScopeSettings {
        name: String::new(),
        display_name: None,
        description: None,
        consent: ScopeConsent::Required,
        is_default: false,
        published: true,
    }
}

fn sent(form: &Form, name: String) -> ScopeSettings {
    let asked = form.raw("consent") == ScopeConsent::Required.as_str();
    ScopeSettings {
        name,
        display_name: Some(form.text("displayName")),
        description: Some(form.text("description")),
        consent: if asked { ScopeConsent::Required } else { ScopeConsent::Implicit },
        is_default: form.ticked("flags", "default"),
        published: form.ticked("flags", "published"),
    }
}

fn fields(page: FormPage, s: &ScopeSettings, is_new: bool) -> FormPage {
    let mut fields = Vec::new();
    if is_new {
        let name = Field::line("name", "Scope", s.name.clone()).required().mono();
        fields.push(name.help("What apps ask for: orders:read. It can't be changed later."));
    }
    let pick = |value: ScopeConsent, label: &str| Pick::new(value.as_str(), label, s.consent == value);
    fields.extend([
        Field::line("displayName", "In few words", s.display_name.clone().unwrap_or_default())
            .help("Read by users when they are asked: See your orders."),
        Field::line("description", "In a sentence", s.description.clone().unwrap_or_default()),
        Field::radio(
            "consent",
            "Consent",
            vec![
                pick(ScopeConsent::Required, "Users are asked"),
                pick(ScopeConsent::Implicit, "Granted without asking"),
            ],
        ),
        Field::checks(
            "flags",
            "Also",
            vec![
                Pick::new("default", "Granted when a request names no scope", s.is_default),
                Pick::new("published", "Listed in the discovery document", s.published),
            ],
        ),
    ]);
    page.fields(fields)
}

fn new_page(admin: &Admin, server: &Server, settings: &ScopeSettings) -> FormPage {
    let action = format!("{}/scopes/new", server_url(server));
    let page = admin.form(("New scope", Section::Servers), crumbs(Some(server)), action, "Add scope");
    fields(page, settings, true)
}

fn edit_page(
    admin: &Admin,
    (server, scope): (&Server, &ScopeRow),
    version: &str,
    settings: &ScopeSettings,
) -> FormPage {
    let url = format!("{}/scopes/{}", server_url(server), scope.id);
    let title = (&*visible(&scope.name), Section::Servers);
    let page = admin.edit_form(title, crumbs(Some(server)), url.clone(), version);
    let mut page = fields(page, settings, false);
    page.elsewhere = Some(Link::new("Delete this scope…", format!("{url}/delete")));
    page
}

fn edit_page_now(admin: &Admin, server: &Server, scope: &ScopeRow) -> FormPage {
    edit_page(admin, (server, scope), &scope.version.to_string(), &settings_of(scope))
}

/// The server and the scope of a path; those that come with every server stay as they are.
async fn find_scope(admin: &Admin, id: &str, scope: &str) -> Result<(Server, ScopeRow)> {
    let (server, scopes) = find(admin, id).await?;
    let found = scopes.into_iter().find(|row| row.id.to_string() == scope);
    let scope = found.ok_or(Failure::Missing("There is no such scope here. It may have been deleted."))?;
    if scope.system {
        return Err(Failure::Refused("This scope comes with every server and stays as it is."));
    }
    Ok((server, scope))
}

pub(super) async fn new(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        Ok(html::page(&new_page(&admin, &find(&admin, &id).await?.0, &fresh())))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn create(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let made = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (server, _) = find(&admin, &id).await?;
        let settings = sent(&form, form.text("name"));
        let page = new_page(&admin, &server, &settings);
        let key = server.id.to_string();
        match admin.idp().admin_create_scope(&admin.ctx, &admin.caller, &key, settings).await {
            Ok(_) => Ok(done(&server, "scope")),
            Err(error) => again(page, error),
        }
    };
    let made = made.await;
    admin.answer(made)
}

pub(super) async fn edit(admin: Admin, Path((id, scope)): Path<(String, String)>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let (server, scope) = find_scope(&admin, &id, &scope).await?;
        Ok(html::page(&edit_page_now(&admin, &server, &scope)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn save(
    admin: Admin,
    Path((id, scope)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let saved = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (server, scope) = find_scope(&admin, &id, &scope).await?;
        let settings = sent(&form, scope.name.clone());
        let mut page = edit_page(&admin, (&server, &scope), form.raw("version"), &settings);
        if let Some(answer) = reviewed(&form, &mut page, &edit_page_now(&admin, &server, &scope)) {
            return Ok(answer);
        }
        let (key, scope) = (server.id.to_string(), scope.id.to_string());
        let (ctx, caller, expected) = (&admin.ctx, &admin.caller, form.expected());
        match admin.idp().admin_replace_scope(ctx, caller, (&key, &scope), settings, &expected).await {
            Ok(_) => Ok(done(&server, "scope")),
            Err(AdminError::Stale) => {
                let (server, now) = find_scope(&admin, &key, &scope).await?;
                Ok(clashing(page, &edit_page_now(&admin, &server, &now)))
            }
            Err(error) => again(page, error),
        }
    };
    let saved = saved.await;
    admin.answer(saved)
}

fn delete_page(admin: &Admin, server: &Server, scope: &ScopeRow) -> FormPage {
    let url = format!("{}/scopes/{}/delete", server_url(server), scope.id);
    let name = visible(&scope.name);
    let page = admin.form(("Delete a scope", Section::Servers), crumbs(Some(server)), url, "Delete");
    let page = page.intro(format!("{name} is granted to nobody any more: apps that ask for it are refused."));
    admin.asking(page.dangerous())
}

pub(super) async fn ask_delete(admin: Admin, Path((id, scope)): Path<(String, String)>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let (server, scope) = find_scope(&admin, &id, &scope).await?;
        Ok(html::page(&delete_page(&admin, &server, &scope)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn delete(
    admin: Admin,
    Path((id, scope)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let deleted = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (server, scope) = find_scope(&admin, &id, &scope).await?;
        let mut page = delete_page(&admin, &server, &scope);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(super::form::refused(&page));
        }
        let (key, scope) = (server.id.to_string(), scope.id.to_string());
        admin.idp().admin_delete_scope(&admin.ctx, &admin.caller, &key, &scope).await?;
        Ok(done(&server, "scope-delete"))
    };
    let deleted = deleted.await;
    admin.answer(deleted)
}

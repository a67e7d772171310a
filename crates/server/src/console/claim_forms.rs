//! Claims of an authorization server: adding, changing, deleting.

use super::admin::Admin;
use super::claim_fields::{Typed, fields};
use super::failure::Result;
use super::form::{again, clashing, refused};
use super::review::reviewed;
use super::server_forms::{WRITE, crumbs};
use super::server_page::{done, server_url};
use crate::html;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::claim::ClaimRow;
use signet_domain::server::Server;
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::syslog::visible;
use signet_web::{FormPage, Link, Section};

fn new_page(admin: &Admin, server: &Server, typed: &Typed) -> FormPage {
    let action = format!("{}/claims/new", server_url(server));
    let page = admin.form(("New claim", Section::Servers), crumbs(Some(server)), action, "Add claim");
    admin.asking(fields(page, typed))
}

fn edit_page(admin: &Admin, server: &Server, claim: &ClaimRow, version: &str, typed: &Typed) -> FormPage {
    let url = format!("{}/claims/{}", server_url(server), claim.id);
    let title = visible(&claim.name);
    let page = admin.edit_form((&title, Section::Servers), crumbs(Some(server)), url.clone(), version);
    let mut page = admin.asking(fields(page, typed));
    page.elsewhere = Some(Link::new("Delete this claim…", format!("{url}/delete")));
    page
}

fn edit_page_now(admin: &Admin, server: &Server, claim: &ClaimRow) -> FormPage {
    edit_page(admin, server, claim, &claim.version.to_string(), &Typed::of(claim))
}

async fn find(admin: &Admin, id: &str, claim: &str) -> Result<(Server, ClaimRow)> {
    let (server, _) = super::server_page::find(admin, id).await?;
    let (server, claim) = admin.idp().admin_claim(&admin.ctx, &server.id.to_string(), claim).await?;
    Ok((server, claim))
}

/// What is wrong with a name that is taken for these tokens, in the words of a page.
fn beside(error: AdminError) -> AdminError {
    match error {
        AdminError::Invalid { subject, causes } => {
            let words = |cause: String| match cause.strip_prefix("group_filter_type: ") {
                Some(_) => "source: choose one of these".to_owned(),
                None if cause.starts_with("value: must be user.") => {
                    "value: must be the name of one member: letters, digits and _".to_owned()
                }
                None => cause,
            };
            AdminError::Invalid { subject, causes: causes.into_iter().map(words).collect() }
        }
        other => other,
    }
}

pub(super) async fn new(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let (server, _) = super::server_page::find(&admin, &id).await?;
        Ok(html::page(&new_page(&admin, &server, &Typed::fresh())))
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
        let (server, _) = super::server_page::find(&admin, &id).await?;
        let typed = Typed::sent(&form);
        let mut page = new_page(&admin, &server, &typed);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let (ctx, caller, key) = (&admin.ctx, &admin.caller, server.id.to_string());
        match admin.idp().admin_create_claim(ctx, caller, &key, typed.settings()).await {
            Ok(_) => Ok(done(&server, "claim")),
            Err(error) => again(page, beside(error)),
        }
    };
    let made = made.await;
    admin.answer(made)
}

pub(super) async fn edit(admin: Admin, Path((id, claim)): Path<(String, String)>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let (server, claim) = find(&admin, &id, &claim).await?;
        Ok(html::page(&edit_page_now(&admin, &server, &claim)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn save(
    admin: Admin,
    Path((id, claim)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let saved = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (server, row) = find(&admin, &id, &claim).await?;
        let typed = Typed::sent(&form);
        let mut page = edit_page(&admin, &server, &row, form.raw("version"), &typed);
        if let Some(answer) = reviewed(&form, &mut page, &edit_page_now(&admin, &server, &row)) {
            return Ok(answer);
        }
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let (ctx, caller, key) = (&admin.ctx, &admin.caller, server.id.to_string());
        let (keys, expected) = ((key.as_str(), claim.as_str()), form.expected());
        match admin.idp().admin_replace_claim(ctx, caller, keys, typed.settings(), &expected).await {
            Ok(_) => Ok(done(&server, "claim")),
            Err(AdminError::Stale) => {
                let (server, now) = find(&admin, &id, &claim).await?;
                Ok(clashing(page, &edit_page_now(&admin, &server, &now)))
            }
            Err(error) => again(page, beside(error)),
        }
    };
    let saved = saved.await;
    admin.answer(saved)
}

fn delete_page(admin: &Admin, server: &Server, claim: &ClaimRow) -> FormPage {
    let url = format!("{}/claims/{}/delete", server_url(server), claim.id);
    let name = visible(&claim.name);
    let page = admin.form(("Delete a claim", Section::Servers), crumbs(Some(server)), url, "Delete");
    let page = page.intro(format!("Tokens that are issued from now on don’t have {name} any more."));
    admin.asking(page.dangerous())
}

pub(super) async fn ask_delete(admin: Admin, Path((id, claim)): Path<(String, String)>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let (server, claim) = find(&admin, &id, &claim).await?;
        Ok(html::page(&delete_page(&admin, &server, &claim)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn delete(
    admin: Admin,
    Path((id, claim)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let deleted = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (server, row) = find(&admin, &id, &claim).await?;
        let mut page = delete_page(&admin, &server, &row);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let key = server.id.to_string();
        admin.idp().admin_delete_claim(&admin.ctx, &admin.caller, &key, &claim).await?;
        Ok(done(&server, "claim-delete"))
    };
    let deleted = deleted.await;
    admin.answer(deleted)
}

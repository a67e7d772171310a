//! Giving a server a gateway profile, and changing it.

use super::admin::Admin;
use super::failure::Result;
use super::form::{Form, again, clashing, refused};
use super::gateway_deeds::key_page;
use super::gateway_fields::{Typed, beside, fields};
use super::gateways::{PATH, WRITE, crumbs, find, url_of};
use super::review::reviewed;
use super::server_page::name_of;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::id::ServerId;
use signet_domain::server::{Server, ServerKind};
use signet_idp::admin::gateways::GatewayView;
use signet_idp::admin::{Access, AdminError, Area};
use signet_oauth::Params;
use signet_web::{Field, FormPage, Pick, Section};

/// Most servers to choose from.
const SHOWN: i64 = 100;

/// Custom servers that have no profile, and in any case the one that is asked for.
async fn without(admin: &Admin, asked: &str) -> Result<Vec<Server>> {
    let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
    let mut servers = tx.servers(None, SHOWN).await?;
    if let Some(id) = ServerId::parse(asked).filter(|id| servers.iter().all(|server| server.id != *id)) {
        servers.extend(tx.server(id).await?);
    }
    let mut without = Vec::new();
    for server in servers.into_iter().filter(|server| server.kind == ServerKind::Custom) {
        if server.id.to_string() == asked || tx.gateway(server.id).await?.is_none() {
            without.push(server);
        }
    }
    Ok(without)
}

async fn new_page(admin: &Admin, asked: &str, typed: &Typed) -> Result<FormPage> {
    let servers = without(admin, asked).await?;
    let pick = |server: &Server| {
        let id = server.id.to_string();
        let chosen = id == asked;
        Pick::new(id, name_of(server), chosen)
    };
    let title = ("New gateway profile", Section::Gateways);
    let page = admin.form(title, crumbs(None), format!("{PATH}/new"), "Create gateway profile");
    let field = Field::select("server", "Authorization server", servers.iter().map(pick).collect());
    let page =
        page.fields([field.help("Its tokens get past the gateway. One that has a profile isn’t here.")]);
    Ok(admin.asking(fields(page, typed)))
}

pub(super) async fn new(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let asked = params.get("server").unwrap_or_default();
        Ok(html::page(&new_page(&admin, asked, &Typed::fresh()).await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn create(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let made = made(&admin, &headers, &body).await;
    admin.answer(made)
}

async fn made(admin: &Admin, headers: &HeaderMap, body: &[u8]) -> Result<Response> {
    let form = admin.open(headers, body, WRITE)?;
    let (typed, server) = (Typed::sent(&form), form.text("server"));
    let mut page = new_page(admin, &server, &typed).await?;
    if ServerId::parse(&server).is_none() {
        page.wrong("server", "Choose an authorization server.");
        return Ok(refused(&page));
    }
    if !admin.confirmed(&form, &mut page).await? {
        return Ok(refused(&page));
    }
    admin.once(&form).await?;
    let settings = typed.settings(None);
    match admin.idp().admin_create_gateway(&admin.ctx, &admin.caller, &server, settings).await {
        Ok(view) => Ok(key_page(admin, &view)),
        Err(AdminError::NotFound { .. }) => {
            page.wrong("server", "There is no such authorization server here. It may have been deleted.");
            Ok(refused(&page))
        }
        Err(error) => again(page, beside(error)),
    }
}

fn edit_page(admin: &Admin, server: &Server, version: &str, typed: &Typed) -> FormPage {
    let action = format!("{}/edit", url_of(server));
    let page = admin.edit_form(("Settings", Section::Gateways), crumbs(Some(server)), action, version);
    admin.asking(fields(page, typed))
}

fn edit_page_now(admin: &Admin, view: &GatewayView) -> FormPage {
    edit_page(admin, &view.server, &view.gateway.version.to_string(), &Typed::of(&view.gateway))
}

pub(super) async fn edit(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        Ok(html::page(&edit_page_now(&admin, &find(&admin, &id).await?)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn save(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let saved = saved(&admin, &id, &headers, &body).await;
    admin.answer(saved)
}

async fn saved(admin: &Admin, id: &str, headers: &HeaderMap, body: &[u8]) -> Result<Response> {
    let form: Form = admin.open(headers, body, WRITE)?;
    let view = find(admin, id).await?;
    let typed = Typed::sent(&form);
    let mut page = edit_page(admin, &view.server, form.raw("version"), &typed);
    if let Some(answer) = reviewed(&form, &mut page, &edit_page_now(admin, &view)) {
        return Ok(answer);
    }
    // Whatever is changed, calls that passed may not pass any more.
    if !admin.confirmed(&form, &mut page).await? {
        return Ok(refused(&page));
    }
    let (ctx, caller, settings) = (&admin.ctx, &admin.caller, typed.settings(Some(&view.gateway)));
    match admin.idp().admin_put_gateway(ctx, caller, id, settings, &form.expected()).await {
        Ok(_) => Ok(step::redirect(&format!("{}?done=edit", url_of(&view.server)))),
        Err(AdminError::Stale) => Ok(clashing(page, &edit_page_now(admin, &find(admin, id).await?))),
        Err(error) => again(page, beside(error)),
    }
}

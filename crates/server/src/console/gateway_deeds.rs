//! What is done to a gateway profile after a question: another provision key, and its end.

use super::admin::Admin;
use super::failure::Result;
use super::form::{again, refused, type_the_name};
use super::gateways::{PATH, WRITE, crumbs, find, url_of};
use super::server_page::name_of;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::server::Server;
use signet_idp::admin::gateways::GatewayView;
use signet_idp::admin::{Access, Area};
use signet_oauth::Secret;
use signet_web::{Fact, FormPage, Link, Section, ShownOnce};

/// A provision key that was just made.
pub(super) fn key_page(admin: &Admin, view: &GatewayView) -> Response {
    let (server, url) = (&view.server, url_of(&view.server));
    let name = name_of(server);
    let key = view.provision_key.as_ref().map(Secret::expose).unwrap_or_default();
    html::page(&ShownOnce {
        console: admin.frame(&format!("The provision key of {name}"), Section::Gateways),
        crumbs: crumbs(Some(server)),
        sentence:
            "Give it to the front end that signs people in, and to nobody else: with it anybody gets tokens \
                   for any name."
                .to_owned(),
        values: vec![Fact::code("Provision key", key)],
        snippet: None,
        next: Link::new("Go to the gateway profile", url),
    })
}

fn roll_page(admin: &Admin, server: &Server) -> FormPage {
    let intro = "The one before is nothing at once: the front end gets no tokens until it has the new one. Tokens \
                 that it has stay good.";
    let action = format!("{}/roll", url_of(server));
    let title = ("Make another provision key", Section::Gateways);
    admin.asking(admin.form(title, crumbs(Some(server)), action, "Make a key").intro(intro).dangerous())
}

pub(super) async fn ask_roll(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        Ok(html::page(&roll_page(&admin, &find(&admin, &id).await?.server)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn roll(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let rolled: Result<Response> = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let mut page = roll_page(&admin, &find(&admin, &id).await?.server);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        admin.once(&form).await?;
        match admin.idp().admin_roll_provision_key(&admin.ctx, &admin.caller, &id).await {
            Ok(view) => Ok(key_page(&admin, &view)),
            Err(error) => again(page, error),
        }
    }
    .await;
    admin.answer(rolled)
}

fn delete_page(admin: &Admin, server: &Server, typed: &str) -> FormPage {
    let name = name_of(server);
    let action = format!("{}/delete", url_of(server));
    let title = ("Delete a gateway profile", Section::Gateways);
    let page = admin.form(title, crumbs(Some(server)), action, "Delete for good").intro(format!(
        "Gateways that ask {name} refuse every call, and every grant that its two token endpoints made ends. The \
         authorization server itself and the log stay."
    ));
    admin.asking(page.dangerous().fields([type_the_name(&name, typed)]))
}

pub(super) async fn ask_delete(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        Ok(html::page(&delete_page(&admin, &find(&admin, &id).await?.server, "")))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn delete(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let deleted: Result<Response> = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let server = find(&admin, &id).await?.server;
        let mut page = delete_page(&admin, &server, form.raw("typed"));
        if !admin.confirmed_by_name(&form, &mut page, &name_of(&server), "That is not its name.").await? {
            return Ok(refused(&page));
        }
        admin.idp().admin_delete_gateway(&admin.ctx, &admin.caller, &id).await?;
        Ok(step::redirect(&format!("{PATH}?done=delete")))
    }
    .await;
    admin.answer(deleted)
}

//! API keys of an app, which pass at gateways: shown on its page, made, and revoked.

use super::admin::Admin;
use super::app::find;
use super::failure::{Failure, Result};
use super::form::{again, refused};
use super::rows::{app_crumbs, app_url};
use super::when;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::app::App;
use signet_domain::gateway::ApiKey;
use signet_idp::admin::api_keys::MAX_KEYS;
use signet_idp::admin::{Access, Area};
use signet_idp::syslog::visible;
use signet_web::{Action, ApiKeyRow, ApiKeys, Fact, Field, FormPage, Link, Section, ShownOnce};

const WRITE: (Area, Access) = (Area::Apps, Access::Write);

fn url_of(app: &App, rest: &str) -> String {
    format!("{}/api-keys/{rest}", app_url(&app.id.to_string()))
}

async fn keys_of(admin: &Admin, app: &App) -> Result<Vec<ApiKey>> {
    Ok(admin.idp().admin_api_keys(&admin.ctx, &app.id.to_string()).await?)
}

fn used(admin: &Admin, key: &ApiKey) -> String {
    match key.last_used_at {
        Some(at) => format!("last used {}", when::hour(at, admin.ctx.now).shown),
        None => "never used".to_owned(),
    }
}

/// What stands on the app's page of them.
pub(super) async fn shown(admin: &Admin, app: &App) -> Result<ApiKeys> {
    let writes = admin.may(Area::Apps, Access::Write);
    let keys = keys_of(admin, app).await?;
    let row = |key: &ApiKey| ApiKeyRow {
        name: visible(&key.name),
        made: admin.moment(key.created_at),
        used: used(admin, key),
        revoke: writes
            .then(|| Action::ask("Revoke…", url_of(app, &format!("{}/revoke", key.id))).dangerous()),
    };
    Ok(ApiKeys {
        keys: keys.iter().map(row).collect(),
        make: (writes && keys.len() < MAX_KEYS).then(|| Link::new("Make one", url_of(app, "new"))),
    })
}

fn new_page(admin: &Admin, app: &App, name: &str) -> FormPage {
    let intro = "Whoever has the key calls APIs as this app, at gateways whose profile takes API keys. It has no \
                 scopes, and it is good until it is revoked.";
    let title = ("New API key", Section::Apps);
    let page = admin.form(title, app_crumbs(app), url_of(app, "new"), "Make the key").intro(intro);
    admin.asking(
        page.fields([
            Field::line("name", "Name", name)
                .required()
                .help("To know it by: the device or the program that has it."),
            Field::password("key", "A key of your own", "off").help(
                "20 to 256 characters without spaces, for one that is in use already. Empty: one is made.",
            ),
        ]),
    )
}

pub(super) async fn new(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        Ok(html::page(&new_page(&admin, &find(&admin, &id).await?.0, "")))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn make(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let made = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (app, _) = find(&admin, &id).await?;
        let name = form.text("name");
        let mut page = new_page(&admin, &app, &name);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        admin.once(&form).await?;
        let (ctx, caller, chosen) = (&admin.ctx, &admin.caller, form.secret("key"));
        match admin.idp().admin_make_api_key(ctx, caller, &app.id.to_string(), name, chosen).await {
            Ok((row, key)) => Ok(key_page(&admin, &app, &row, key.expose())),
            Err(error) => again(page, error),
        }
    };
    let made = made.await;
    admin.answer(made)
}

fn key_page(admin: &Admin, app: &App, row: &ApiKey, key: &str) -> Response {
    html::page(&ShownOnce {
        console: admin.frame(&format!("The API key {}", visible(&row.name)), Section::Apps),
        crumbs: app_crumbs(app),
        sentence: "Calls of APIs carry it in the header apikey.".to_owned(),
        values: vec![Fact::code("API key", key)],
        snippet: Some(format!("curl -H 'apikey: {key}' https://api.example.com/")),
        next: Link::new("Go to the app", app_url(&app.id.to_string())),
    })
}

async fn find_key(admin: &Admin, id: &str, key: &str) -> Result<(App, ApiKey)> {
    let (app, _) = find(admin, id).await?;
    let found = keys_of(admin, &app).await?.into_iter().find(|row| row.id.to_string() == key);
    Ok((app, found.ok_or(Failure::Missing("There is no such API key here. It may be revoked already."))?))
}

fn revoke_page(admin: &Admin, app: &App, key: &ApiKey) -> FormPage {
    let intro = format!(
        "Calls with {} are refused from now on. This can’t be taken back. It was {}.",
        visible(&key.name),
        used(admin, key)
    );
    let action = url_of(app, &format!("{}/revoke", key.id));
    let page = admin.form(("Revoke an API key", Section::Apps), app_crumbs(app), action, "Revoke");
    admin.asking(page.intro(intro).dangerous())
}

pub(super) async fn ask_revoke(admin: Admin, Path((id, key)): Path<(String, String)>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let (app, key) = find_key(&admin, &id, &key).await?;
        Ok(html::page(&revoke_page(&admin, &app, &key)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn revoke(
    admin: Admin,
    Path((id, key)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let revoked: Result<Response> = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (app, key) = find_key(&admin, &id, &key).await?;
        let mut page = revoke_page(&admin, &app, &key);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let (app, key) = (app.id.to_string(), key.id.to_string());
        admin.idp().admin_delete_api_key(&admin.ctx, &admin.caller, &app, &key).await?;
        Ok(step::redirect(&format!("{}?done=api-key-revoke", app_url(&app))))
    }
    .await;
    admin.answer(revoked)
}

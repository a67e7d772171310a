//! Making and changing authorization servers.

use super::admin::Admin;
use super::duration;
use super::form::{Form, again, clashing, refused};
use super::review::reviewed;
use super::server_page::{PATH, find, name_of, server_url};
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::server::{Server, ServerKind};
use signet_idp::admin::server_rules::{REFRESH_MINUTES, ServerSettings, TOKEN_MINUTES};
use signet_idp::admin::{Access, AdminError, Area};
use signet_web::{Field, FormPage, Link, Pick, Section};
use std::ops::RangeInclusive;

pub(super) const WRITE: (Area, Access) = (Area::Apps, Access::Write);
/// A number of days that no rotation may have, for what is no number.
const NO_NUMBER: i64 = -1;

/// Each lifetime: the field, its label, its seconds, and the minutes that it may have.
type Lifetime = (&'static str, &'static str, fn(&Server) -> i64, RangeInclusive<i64>);
const LIFETIMES: [Lifetime; 4] = [
    ("accessTokenLifetimeMinutes", "Access token", |s| s.access_token_seconds, TOKEN_MINUTES),
    ("idTokenLifetimeMinutes", "ID token", |s| s.id_token_seconds, TOKEN_MINUTES),
    ("refreshTokenWindowMinutes", "Refresh token, unused", |s| s.refresh_idle_seconds, REFRESH_MINUTES),
    ("refreshTokenLifetimeMinutes", "Refresh token, in all", |s| s.refresh_absolute_seconds, REFRESH_MINUTES),
];

pub(super) fn crumbs(server: Option<&Server>) -> Vec<Link> {
    let mut crumbs = vec![Link::new("Authorization servers", PATH)];
    crumbs.extend(server.map(|server| Link::new(name_of(server), server_url(server))));
    crumbs
}

fn fields(page: FormPage, server: Option<&Server>, value: &dyn Fn(&str) -> String) -> FormPage {
    let mut first = vec![
        Field::line("name", "Name", value("name")).required(),
        Field::line("description", "What it is for", value("description")),
    ];
    if server.is_none_or(|s| s.kind == ServerKind::Custom) {
        let audience = Field::line("audiences", "Audience", value("audiences")).required().mono();
        first.push(audience.help("The aud of its access tokens, which your API checks: api://orders."));
    }
    let alg = value("signingAlgorithm");
    let pick = |name: &str, label: &str| Pick::new(name, label, alg == name);
    let algorithm = Field::select(
        "signingAlgorithm",
        "Signs with",
        vec![
            pick("RS256", "RS256: every library knows it"),
            pick("PS256", "PS256"),
            pick("ES256", "ES256: small"),
            pick("ES384", "ES384"),
            pick("EdDSA", "EdDSA"),
        ],
    );
    let lifetimes = LIFETIMES.iter().map(|(name, label, seconds, bounds)| {
        let now =
            server.map_or_else(String::new, |s| format!(" Now {}.", duration::written(seconds(s) / 60)));
        let field = Field::line(*name, *label, duration::shown(&value(name)));
        field.help(format!("{}{now}", duration::range(bounds)))
    });
    let rotation = Field::number("keyRotationDays", "A new key every", value("keyRotationDays"));
    let watched = value("sessionManagement") == "true";
    let watch = Pick::new("true", "Apps may watch a browser's sign-in in a frame", watched);
    let watch = Field::checks("sessionManagement", "Session management", vec![watch]);
    page.fields(first)
        .group("Lifetimes", lifetimes)
        .group(
            "Keys",
            [
                algorithm.help("Another one signs a day after it was chosen, when apps have seen its key."),
                rotation.help("In days, from 2 to 730. 0 leaves it to you to roll the key."),
            ],
        )
        .group("Sign-ins", [watch.help("Works only in browsers that let other sites' frames have cookies.")])
}

fn of_server(server: &Server, name: &str) -> String {
    match name {
        "name" => server.name.clone(),
        "description" => server.description.clone(),
        "audiences" => server.audience.clone(),
        "signingAlgorithm" => server.signing_alg.clone(),
        "keyRotationDays" => server.key_rotation_days.to_string(),
        "sessionManagement" => server.session_management.to_string(),
        other => LIFETIMES
            .iter()
            .find(|(name, ..)| *name == other)
            .map_or_else(String::new, |(_, _, seconds, _)| duration::written(seconds(server) / 60)),
    }
}

fn of_new(name: &str) -> String {
    match name {
        "signingAlgorithm" => "RS256",
        "keyRotationDays" => "90",
        "accessTokenLifetimeMinutes" | "idTokenLifetimeMinutes" => "1 h",
        "refreshTokenWindowMinutes" => "7 days",
        "refreshTokenLifetimeMinutes" => "90 days",
        _ => "",
    }
    .to_owned()
}

fn sent(form: &Form, server: Option<&Server>) -> ServerSettings {
    let time = |name: &str| duration::minutes(form, name);
    let audience = match server.filter(|s| s.kind == ServerKind::Org) {
        Some(org) => org.audience.clone(),
        None => form.text("audiences"),
    };
    ServerSettings {
        name: form.text("name"),
        description: Some(form.text("description")),
        audiences: vec![audience],
        access_token_minutes: time("accessTokenLifetimeMinutes"),
        id_token_minutes: time("idTokenLifetimeMinutes"),
        refresh_window_minutes: time("refreshTokenWindowMinutes"),
        refresh_lifetime_minutes: time("refreshTokenLifetimeMinutes"),
        signing_alg: Some(form.text("signingAlgorithm")),
        key_rotation_days: form.number("keyRotationDays").unwrap_or(Some(NO_NUMBER)),
        session_management: Some(form.ticked("sessionManagement", "true")),
    }
}

fn new_page(admin: &Admin, value: &dyn Fn(&str) -> String) -> FormPage {
    let page = admin.form(
        ("New authorization server", Section::Servers),
        crumbs(None),
        format!("{PATH}/new"),
        "Create server",
    );
    fields(page, None, value)
}

pub(super) async fn new(admin: Admin) -> Response {
    let shown = admin.must(Area::Apps, Access::Write).map(|()| html::page(&new_page(&admin, &of_new)));
    admin.answer(shown)
}

pub(super) async fn create(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let made = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let page = new_page(&admin, &|name| form.text(name));
        admin.once(&form).await?;
        let settings = sent(&form, None);
        match admin.idp().admin_create_server(&admin.ctx, &admin.caller, settings).await {
            Ok(made) => Ok(step::redirect(&format!("{}?done=create", server_url(&made.server)))),
            Err(error) => again(page, duration::told(error, &form)),
        }
    };
    let made = made.await;
    admin.answer(made)
}

fn edit_page(admin: &Admin, server: &Server, version: &str, value: &dyn Fn(&str) -> String) -> FormPage {
    let action = format!("{}/edit", server_url(server));
    let page = admin.edit_form(("Settings", Section::Servers), crumbs(Some(server)), action, version);
    admin.asking(fields(page, Some(server), value))
}

fn edit_page_now(admin: &Admin, server: &Server) -> FormPage {
    edit_page(admin, server, &server.version.to_string(), &|name| of_server(server, name))
}

pub(super) async fn edit(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        Ok(html::page(&edit_page_now(&admin, &find(&admin, &id).await?.0)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn save(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let saved = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (server, _) = find(&admin, &id).await?;
        let mut page = edit_page(&admin, &server, form.raw("version"), &|name| form.text(name));
        if let Some(answer) = reviewed(&form, &mut page, &edit_page_now(&admin, &server)) {
            return Ok(answer);
        }
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let settings = sent(&form, Some(&server));
        let key = server.id.to_string();
        let (ctx, caller, expected) = (&admin.ctx, &admin.caller, form.expected());
        match admin.idp().admin_replace_server(ctx, caller, &key, settings, &expected).await {
            Ok(_) => Ok(step::redirect(&format!("{}?done=edit", server_url(&server)))),
            Err(AdminError::Stale) => {
                let (now, _) = find(&admin, &id).await?;
                Ok(clashing(page, &edit_page_now(&admin, &now)))
            }
            Err(error) => again(page, duration::told(error, &form)),
        }
    };
    let saved = saved.await;
    admin.answer(saved)
}

//! Making and changing authorization servers.

use super::admin::Admin;
use super::failure::Result;
use super::form::{Form, again, clashing, refused};
use super::server_page::{PATH, find, lives, minutes, name_of, server_url};
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::server::{Server, ServerKind, ServerStatus};
use signet_idp::admin::server_rules::ServerSettings;
use signet_idp::admin::{Access, AdminError, Area};
use signet_web::{Field, FormPage, Link, Pick, Section};

pub(super) const WRITE: (Area, Access) = (Area::Apps, Access::Write);
/// A number that no lifetime may have, for what is no number.
const NO_NUMBER: i64 = -1;

/// Each lifetime: the field, its label, and its seconds.
type Lifetime = (&'static str, &'static str, fn(&Server) -> i64);
const LIFETIMES: [Lifetime; 4] = [
    ("accessTokenLifetimeMinutes", "Access token", |s| s.access_token_seconds),
    ("idTokenLifetimeMinutes", "ID token", |s| s.id_token_seconds),
    ("refreshTokenWindowMinutes", "Refresh token, unused", |s| s.refresh_idle_seconds),
    ("refreshTokenLifetimeMinutes", "Refresh token, in all", |s| s.refresh_absolute_seconds),
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
    let lifetimes = LIFETIMES.iter().map(|(name, label, seconds)| {
        let field = Field::number(*name, *label, value(name));
        field.help(server.map_or("In minutes.".to_owned(), |s| lives(seconds(s))))
    });
    let rotation = Field::number("keyRotationDays", "A new key every", value("keyRotationDays"));
    page.fields(first).group("Lifetimes", lifetimes).group(
        "Keys",
        [
            algorithm.help("Another one signs a day after it was chosen, when apps have seen its key."),
            rotation.help("In days, from 2 to 730. 0 leaves it to you to roll the key."),
        ],
    )
}

fn of_server(server: &Server, name: &str) -> String {
    match name {
        "name" => server.name.clone(),
        "description" => server.description.clone(),
        "audiences" => server.audience.clone(),
        "signingAlgorithm" => server.signing_alg.clone(),
        "keyRotationDays" => server.key_rotation_days.to_string(),
        other => LIFETIMES
            .iter()
            .find(|(name, ..)| *name == other)
            .map_or_else(String::new, |(.., seconds)| minutes(seconds(server))),
    }
}

fn of_new(name: &str) -> String {
    match name {
        "signingAlgorithm" => "RS256",
        "keyRotationDays" => "90",
        "accessTokenLifetimeMinutes" | "idTokenLifetimeMinutes" => "60",
        "refreshTokenWindowMinutes" => "10080",
        "refreshTokenLifetimeMinutes" => "129600",
        _ => "",
    }
    .to_owned()
}

fn sent(form: &Form, server: Option<&Server>) -> ServerSettings {
    let time = |name: &str| form.number(name).unwrap_or(Some(NO_NUMBER));
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
        key_rotation_days: time("keyRotationDays"),
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
            Err(error) => again(page, error),
        }
    };
    let made = made.await;
    admin.answer(made)
}

fn edit_page(admin: &Admin, server: &Server, version: &str, value: &dyn Fn(&str) -> String) -> FormPage {
    let action = format!("{}/edit", server_url(server));
    let page = admin.form(("Settings", Section::Servers), crumbs(Some(server)), action, "Save");
    fields(page.carry("version", version), Some(server), value)
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
        let page = edit_page(&admin, &server, form.raw("version"), &|name| form.text(name));
        let settings = sent(&form, Some(&server));
        let key = server.id.to_string();
        let (ctx, caller, expected) = (&admin.ctx, &admin.caller, form.expected());
        match admin.idp().admin_replace_server(ctx, caller, &key, settings, &expected).await {
            Ok(_) => Ok(step::redirect(&format!("{}?done=edit", server_url(&server)))),
            Err(AdminError::Stale) => {
                let (now, _) = find(&admin, &id).await?;
                Ok(clashing(page, &edit_page_now(&admin, &now)))
            }
            Err(error) => again(page, error),
        }
    };
    let saved = saved.await;
    admin.answer(saved)
}

/// What is asked before it is done to a server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Off,
    Roll,
    Replace,
    Revoke,
    Delete,
}

fn ask_page(admin: &Admin, server: &Server, deed: Deed, typed: &str) -> FormPage {
    let name = name_of(server);
    let url = server_url(server);
    let form = |title: &str, page: &str, submit: &str, intro: String| {
        admin
            .form((title, Section::Servers), crumbs(Some(server)), format!("{url}/{page}"), submit)
            .intro(intro)
    };
    let page = match deed {
        Deed::Off => {
            let intro =
                format!("{name} issues no tokens any more, and those that it issued are refused at once.");
            form("Switch off", "off", "Switch off", intro).dangerous()
        }
        Deed::Roll => {
            let intro = "The next key, which is published already, signs from now on. The present one verifies \
                         until its last token has ended, and a new one is published to follow.";
            form("Roll the key", "roll", "Roll the key", intro.to_owned())
        }
        Deed::Replace => {
            let intro = "For a key that may have been stolen. The present key and those before it are removed at \
                         once, and every token that they signed is refused. Apps get new ones with their refresh \
                         tokens; APIs that keep the key set believe the old key until they fetch it again.";
            form("Replace the keys", "replace-keys", "Replace the keys", intro.to_owned()).dangerous()
        }
        Deed::Revoke => {
            let intro = format!(
                "Everything that {name} has issued until now is refused, and its grants and refresh tokens end: \
                 apps send their users to sign in again."
            );
            form("Revoke all tokens", "revoke-tokens", "Revoke all tokens", intro).dangerous()
        }
        Deed::Delete => {
            let intro =
                format!("{name}, its scopes, its keys and every grant at it are deleted. The log stays.");
            form("Delete for good", "delete", "Delete for good", intro).dangerous().fields([Field::line(
                "typed",
                format!("Type {name} to confirm"),
                typed,
            )
            .required()])
        }
    };
    admin.asking(page)
}

async fn ask(admin: Admin, id: &str, deed: Deed) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        Ok(html::page(&ask_page(&admin, &find(&admin, id).await?.0, deed, "")))
    };
    let shown = shown.await;
    admin.answer(shown)
}

async fn act(admin: Admin, id: &str, headers: &HeaderMap, body: &[u8], deed: Deed) -> Response {
    let result = async {
        let form = admin.open(headers, body, WRITE)?;
        let (server, _) = find(&admin, id).await?;
        let mut page = ask_page(&admin, &server, deed, form.raw("typed"));
        let confirmed = match deed {
            Deed::Delete => {
                let name = name_of(&server);
                admin.confirmed_by_name(&form, &mut page, &name, "That is not its name.").await?
            }
            Deed::Off | Deed::Roll | Deed::Replace | Deed::Revoke => {
                admin.confirmed(&form, &mut page).await?
            }
        };
        if !confirmed {
            return Ok(refused(&page));
        }
        let (idp, ctx, caller, key) = (admin.idp(), &admin.ctx, &admin.caller, server.id.to_string());
        let (done, to) = match deed {
            Deed::Off => {
                (idp.admin_set_server_status(ctx, caller, &key, ServerStatus::Inactive).await, "off")
            }
            Deed::Roll => {
                admin.once(&form).await?;
                (idp.admin_roll_keys(ctx, caller, &key).await.map(drop), "roll")
            }
            Deed::Replace => {
                admin.once(&form).await?;
                (idp.admin_replace_keys(ctx, caller, &key, false).await.map(drop), "replace")
            }
            Deed::Revoke => (idp.admin_revoke_issued(ctx, caller, &key).await, "revoke"),
            Deed::Delete => (idp.admin_delete_server(ctx, caller, &key).await, "delete"),
        };
        match done {
            Err(error) => again(page, error),
            Ok(()) if deed == Deed::Delete => Ok(step::redirect(&format!("{PATH}?done={to}"))),
            Ok(()) => Ok(step::redirect(&format!("{}?done={to}", server_url(&server)))),
        }
    };
    let result: Result<Response> = result.await;
    admin.answer(result)
}

pub(super) async fn ask_off(admin: Admin, Path(id): Path<String>) -> Response {
    ask(admin, &id, Deed::Off).await
}

pub(super) async fn ask_roll(admin: Admin, Path(id): Path<String>) -> Response {
    ask(admin, &id, Deed::Roll).await
}

pub(super) async fn ask_replace(admin: Admin, Path(id): Path<String>) -> Response {
    ask(admin, &id, Deed::Replace).await
}

pub(super) async fn ask_revoke(admin: Admin, Path(id): Path<String>) -> Response {
    ask(admin, &id, Deed::Revoke).await
}

pub(super) async fn replace(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    act(admin, &id, &headers, &body, Deed::Replace).await
}

pub(super) async fn revoke(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    act(admin, &id, &headers, &body, Deed::Revoke).await
}

pub(super) async fn ask_delete(admin: Admin, Path(id): Path<String>) -> Response {
    ask(admin, &id, Deed::Delete).await
}

pub(super) async fn off(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    act(admin, &id, &headers, &body, Deed::Off).await
}

pub(super) async fn roll(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    act(admin, &id, &headers, &body, Deed::Roll).await
}

pub(super) async fn delete(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    act(admin, &id, &headers, &body, Deed::Delete).await
}

pub(super) async fn on(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let result = async {
        admin.open(&headers, &body, WRITE)?;
        let (server, _) = find(&admin, &id).await?;
        let (ctx, caller, key) = (&admin.ctx, &admin.caller, server.id.to_string());
        admin.idp().admin_set_server_status(ctx, caller, &key, ServerStatus::Active).await?;
        Ok(step::redirect(&format!("{}?done=on", server_url(&server))))
    };
    let result = result.await;
    admin.answer(result)
}

//! Which apps may register themselves at a server, and the initial access tokens that let them.

use super::admin::Admin;
use super::duration;
use super::failure::{Failure, Result};
use super::form::{Form, again, clashing, refused};
use super::review::reviewed;
use super::server_forms::{WRITE, crumbs};
use super::server_page::{done, find, server_url};
use crate::html;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::registration::{RegistrationMode, RegistrationPolicy, RegistrationToken};
use signet_domain::server::{ScopeRow, Server};
use signet_idp::admin::registration::{
    GRANTS, LIFETIME_MINUTES, RegistrationSettings, RegistrationTokenSettings, USUAL_LIFETIME_MINUTES,
};
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::syslog::visible;
use signet_web::{Fact, Field, FormPage, InitialToken, Link, Pick, RegistrationBox, Section, ShownOnce};

/// What the server's page shows of it.
pub(super) async fn shown(admin: &Admin, server: &Server, writes: bool) -> Result<RegistrationBox> {
    let key = server.id.to_string();
    let policy = admin.idp().admin_registration(&admin.ctx, &key).await?.policy;
    let (_, tokens) = admin.idp().admin_registration_tokens(&admin.ctx, &key).await?;
    let (url, now) = (server_url(server), admin.ctx.now);
    Ok(RegistrationBox {
        sentence: match policy.mode {
            RegistrationMode::Off => "Off: only administrators make apps.",
            RegistrationMode::Token => "Apps with an initial access token may register themselves.",
            RegistrationMode::Open => "Any app may register itself, without a token.",
        }
        .to_owned(),
        change: writes.then(|| Link::new("Change", format!("{url}/registration/edit"))),
        make: writes.then(|| Link::new("Make a token", format!("{url}/registration/tokens/new"))),
        tokens: tokens
            .iter()
            .map(|token| InitialToken {
                name: visible(&token.name),
                uses: format!("{} of {}", token.uses, token.max_uses),
                good: token.is_good(now),
                ends: admin.moment(token.expires_at),
                revoke: writes.then(|| format!("{url}/registration/tokens/{}/revoke", token.id)),
            })
            .collect(),
    })
}

fn settings_of(policy: &RegistrationPolicy) -> RegistrationSettings {
    RegistrationSettings {
        mode: Some(policy.mode.as_str().to_owned()),
        grant_types: Some(policy.grant_types.0.clone()),
        scopes: Some(policy.scopes.0.clone()),
        pkce_required: Some(policy.pkce_required),
        max_apps: Some(policy.max_apps),
        per_source: Some(policy.per_source),
        unused_days: Some(policy.unused_days),
    }
}

fn sent(form: &Form) -> RegistrationSettings {
    // What is no number breaks the rule of every field.
    let number = |name: &str| form.number(name).unwrap_or(Some(-1));
    RegistrationSettings {
        mode: Some(form.text("mode")),
        grant_types: Some(form.all("grantTypes")),
        scopes: Some(form.all("scopes")),
        pkce_required: Some(form.ticked("flags", "pkce")),
        max_apps: number("maxApps"),
        per_source: number("maxPerSourceAndHour"),
        unused_days: number("unusedDays"),
    }
}

fn grant_picks(chosen: &[String]) -> Vec<Pick> {
    let label = |grant: &str| match grant {
        "authorization_code" => "Sign users in",
        "refresh_token" => "Stay signed in with refresh tokens",
        _ => "Act for themselves, with client credentials",
    };
    GRANTS.iter().map(|g| Pick::new(*g, label(g), chosen.iter().any(|c| c == g))).collect()
}

fn scope_picks(scopes: &[ScopeRow], chosen: &[String]) -> Vec<Pick> {
    scopes.iter().map(|s| Pick::new(&s.name, visible(&s.name), chosen.contains(&s.name))).collect()
}

fn edit_page(
    admin: &Admin,
    (server, scopes): &(Server, Vec<ScopeRow>),
    settings: &RegistrationSettings,
    version: &str,
) -> FormPage {
    let action = format!("{}/registration/edit", server_url(server));
    let page = admin
        .edit_form(("Apps that register themselves", Section::Servers), crumbs(Some(server)), action, version)
        .intro(
            "An app that registers itself (RFC 7591) is for this server alone, users are always asked before it \
             gets anything, and it can have no more than what is ticked here.",
        );
    let mode = settings.mode.as_deref().unwrap_or_default();
    let pick = |value: RegistrationMode, label: &str, help: &str| {
        Pick::new(value.as_str(), label, mode == value.as_str()).help(help)
    };
    let who = Field::radio(
        "mode",
        "Who may register apps",
        vec![
            pick(RegistrationMode::Off, "Nobody", "Only administrators make apps."),
            pick(RegistrationMode::Token, "Who has an initial access token", "You make them, and they end."),
            pick(RegistrationMode::Open, "Everybody", "Strangers, too, within the limits below."),
        ],
    );
    let text = |number: Option<i64>| number.filter(|n| *n >= 0).map(|n| n.to_string()).unwrap_or_default();
    let page = page
        .fields([who])
        .group(
            "What such apps may have",
            [
                Field::checks(
                    "grantTypes",
                    "They may",
                    grant_picks(settings.grant_types.as_deref().unwrap_or_default()),
                ),
                Field::checks(
                    "scopes",
                    "Scopes",
                    scope_picks(scopes, settings.scopes.as_deref().unwrap_or_default()),
                ),
                Field::checks(
                    "flags",
                    "Also",
                    vec![Pick::new(
                        "pkce",
                        "Confidential apps must use PKCE, as public ones must anyway",
                        settings.pkce_required.unwrap_or(true),
                    )],
                ),
            ],
        )
        .group(
            "Limits",
            [
                Field::number("maxApps", "Apps at a time", text(settings.max_apps))
                    .help("From 1 to 10000, over all that registered themselves here."),
                Field::number(
                    "maxPerSourceAndHour",
                    "Registrations without a token",
                    text(settings.per_source),
                )
                .help("From one address in an hour, from 1 to 1000."),
                Field::number("unusedDays", "Unused apps go after", text(settings.unused_days))
                    .help("In days, from 1 to 365. An app that got a token stays."),
            ],
        );
    admin.asking(page)
}

pub(super) async fn edit(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        Ok(html::page(&edit_page_now(&admin, &find(&admin, &id).await?).await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

async fn edit_page_now(admin: &Admin, found: &(Server, Vec<ScopeRow>)) -> Result<FormPage> {
    let policy = admin.idp().admin_registration(&admin.ctx, &found.0.id.to_string()).await?.policy;
    Ok(edit_page(admin, found, &settings_of(&policy), &policy.version.to_string()))
}

pub(super) async fn save(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let saved = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let found = find(&admin, &id).await?;
        let settings = sent(&form);
        let mut page = edit_page(&admin, &found, &settings, form.raw("version"));
        if let Some(answer) = reviewed(&form, &mut page, &edit_page_now(&admin, &found).await?) {
            return Ok(answer);
        }
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let (key, expected) = (found.0.id.to_string(), form.expected());
        let (ctx, caller) = (&admin.ctx, &admin.caller);
        match admin.idp().admin_put_registration(ctx, caller, &key, settings, &expected).await {
            Ok(_) => Ok(done(&found.0, "registration")),
            Err(AdminError::Stale) => Ok(clashing(page, &edit_page_now(&admin, &found).await?)),
            Err(error) => again(page, error),
        }
    };
    let saved = saved.await;
    admin.answer(saved)
}

fn token_page(
    admin: &Admin,
    (server, scopes): &(Server, Vec<ScopeRow>),
    settings: &RegistrationTokenSettings,
    lifetime: &str,
) -> FormPage {
    let action = format!("{}/registration/tokens/new", server_url(server));
    let text = |number: Option<i64>| number.filter(|n| *n >= 0).map(|n| n.to_string()).unwrap_or_default();
    let page = admin
        .form(("New initial access token", Section::Servers), crumbs(Some(server)), action, "Make a token")
        .intro("Who has it may register apps here, as far as the server allows that.")
        .fields([
            Field::line("name", "Name", settings.name.clone())
                .required()
                .help("Who gets it, so that others know."),
            Field::number("maxUses", "Apps", text(settings.max_uses)).help("How many, from 1 to 10000."),
            Field::line("lifetimeMinutes", "Ends after", duration::shown(lifetime))
                .help(duration::range(&LIFETIME_MINUTES)),
        ])
        .group(
            "Less than the server allows",
            [
                Field::checks("grantTypes", "They may", grant_picks(&settings.grant_types))
                    .help("Tick none for all that the server allows."),
                Field::checks("scopes", "Scopes", scope_picks(scopes, &settings.scopes))
                    .help("Tick none for all that the server allows."),
            ],
        );
    admin.asking(page)
}

pub(super) async fn new_token(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let fresh = RegistrationTokenSettings {
            name: String::new(),
            grant_types: Vec::new(),
            scopes: Vec::new(),
            max_uses: Some(1),
            lifetime_minutes: Some(USUAL_LIFETIME_MINUTES),
        };
        let lifetime = duration::written(USUAL_LIFETIME_MINUTES);
        Ok(html::page(&token_page(&admin, &find(&admin, &id).await?, &fresh, &lifetime)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn make_token(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let made = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let found = find(&admin, &id).await?;
        let settings = RegistrationTokenSettings {
            name: form.text("name"),
            grant_types: form.all("grantTypes"),
            scopes: form.all("scopes"),
            max_uses: form.number("maxUses").unwrap_or(Some(-1)),
            lifetime_minutes: duration::minutes(&form, "lifetimeMinutes"),
        };
        let mut page = token_page(&admin, &found, &settings, form.raw("lifetimeMinutes"));
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        admin.once(&form).await?;
        let (server, key) = (&found.0, found.0.id.to_string());
        let (ctx, caller) = (&admin.ctx, &admin.caller);
        let (token, secret) =
            match admin.idp().admin_make_registration_token(ctx, caller, &key, settings).await {
                Ok(made) => made,
                Err(error) => return again(page, duration::told(error, &form)),
            };
        let snippet = format!(
            "curl {} \\\n  -H 'Authorization: Bearer {}' \\\n  -H 'Content-Type: application/json' \\\n  -d \
             '{{\"client_name\":\"Shop\",\"redirect_uris\":[\"https://shop.example/cb\"]}}'",
            server.endpoint("clients"),
            secret.expose()
        );
        Ok(html::page(&ShownOnce {
            console: admin.frame(&format!("The token {}", visible(&token.name)), Section::Servers),
            crumbs: crumbs(Some(server)),
            sentence: "It registers apps at this server.".to_owned(),
            values: vec![Fact::code("Initial access token", secret.expose())],
            snippet: Some(snippet),
            next: Link::new("Go to the server", server_url(server)),
        }))
    };
    let made = made.await;
    admin.answer(made)
}

/// The server and the token of a path.
async fn find_token(admin: &Admin, id: &str, token: &str) -> Result<(Server, RegistrationToken)> {
    let (server, _) = find(admin, id).await?;
    let (_, tokens) = admin.idp().admin_registration_tokens(&admin.ctx, id).await?;
    let found = tokens.into_iter().find(|row| row.id.to_string() == token);
    let gone = Failure::Missing("There is no such token here. It may have been revoked.");
    Ok((server, found.ok_or(gone)?))
}

fn revoke_page(admin: &Admin, server: &Server, token: &RegistrationToken) -> FormPage {
    let url = format!("{}/registration/tokens/{}/revoke", server_url(server), token.id);
    let page = admin.form(("Revoke a token", Section::Servers), crumbs(Some(server)), url, "Revoke");
    let name = visible(&token.name);
    page.intro(format!("No app is registered with {name} any more. Those that were stay.")).dangerous()
}

pub(super) async fn ask_revoke(admin: Admin, Path((id, token)): Path<(String, String)>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let (server, token) = find_token(&admin, &id, &token).await?;
        Ok(html::page(&revoke_page(&admin, &server, &token)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn revoke(
    admin: Admin,
    Path((id, token)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let revoked = async {
        admin.open(&headers, &body, WRITE)?;
        let (server, token) = find_token(&admin, &id, &token).await?;
        let (key, token) = (server.id.to_string(), token.id.to_string());
        admin.idp().admin_revoke_registration_token(&admin.ctx, &admin.caller, &key, &token).await?;
        Ok(done(&server, "registration-revoke"))
    };
    let revoked = revoked.await;
    admin.answer(revoked)
}

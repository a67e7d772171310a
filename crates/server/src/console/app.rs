//! One app: what a developer copies, what it may do, and what happened to it.

use super::access_ask::Question;
use super::admin::Admin;
use super::failure::{Failure, Result};
use super::history::{history, narrowed_by};
use super::next::encoded;
use super::rows::{app_url, brief};
use super::server_page::PATH;
use super::words::{self, number};
use super::{app_api_keys, app_lifetimes, app_people, app_start, app_try, redirect_uris, when, words::count};
use crate::html;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use signet_domain::app::{App, AppKind, AppSecret, AppStatus, ConsentMethod, Rotation};

use signet_domain::id::AppId;
use signet_domain::registration::Registration;
use signet_idp::admin::app_secrets::MAX_SECRETS;
use signet_idp::admin::{Access, Area};
use signet_idp::console::directory::AppPast;
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{Action, AppPage, Fact, Grant, Link, LogRow, SecretRow, Section};

pub(super) async fn get(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    admin.answer(show(&admin, &id, params.get("done")).await)
}

/// Confirms what the forms did, as far as it is true.
fn told(done: Option<&str>, app: &App) -> Option<String> {
    let text = match done? {
        "edit" => "The settings are saved.",
        "on" if app.is_active() => "The app is switched on.",
        "off" if !app.is_active() => "The app is switched off, and its tokens are refused.",
        "retire" => "The secret is retired.",
        "secret-on" => "The secret works again.",
        "api-key-revoke" => "The API key is revoked.",
        "secret-off" => "The secret is switched off.",
        _ => return None,
    };
    Some(text.to_owned())
}

async fn show(admin: &Admin, id: &str, done: Option<&str>) -> Result<Response> {
    admin.must_see(Area::Apps)?;
    let (app, secrets) = find(admin, id).await?;
    let past = admin.idp().console_app_past(&admin.ctx, &app).await?;
    let sees_log = admin.may(Area::Logs, Access::Read);
    let changes = match sees_log {
        true => Some(admin.idp().console_app_history(&admin.ctx, &app.client_id).await?),
        false => None,
    };
    let server = admin.idp().server(&admin.ctx, app_start::SERVER).await?;
    let (lifetimes, lifetimes_set) = server
        .map(|server| app_lifetimes::lifetimes(&app, &server))
        .map_or_else(Default::default, |(facts, link)| (facts, Some(link)));
    let (people, everybody) = app_people::first(admin, &app).await?;
    let api_keys = app_api_keys::shown(admin, &app).await?;
    let label = visible(&app.label);
    let log = format!("/console/log?app={}&range=30d&machines=show", encoded(&app.client_id));
    let history = match &changes {
        Some(events) => Some(history(admin, events, &narrowed_by("client.id", &app.client_id)).await?),
        None => None,
    };
    let mut console = admin.frame(&label, Section::Apps);
    console.notice = told(done, &app);
    Ok(html::page(&AppPage {
        console,
        back: Link::new("Apps", "/console/apps"),
        name: label,
        kind: words::app_kind(app.kind).to_owned(),
        status: words::app_status(app.status),
        values: values(&admin.ctx.tenant.url, &app),
        start: app_start::links(&app),
        secrets: secret_rows(admin, &app, &secrets),
        roll: (admin.may(Area::Apps, Access::Write) && app.is_confidential() && secrets.len() < MAX_SECRETS)
            .then(|| Link::new("Make another", format!("{}/secrets/new", app_url(&app.id.to_string())))),
        api_keys,
        edit: edit(admin, &app),
        actions: actions(admin, &app),
        redirect_uris: app.redirect_uris.iter().map(|uri| visible_uri(uri)).collect(),
        add_uri: (admin.may(Area::Apps, Access::Write) && app.kind != AppKind::Service)
            .then(|| Link::new("Add one", redirect_uris::url(&app.id.to_string()))),
        grants: grants(&app),
        settings: settings(admin, &app, past.registration.as_ref()),
        lifetimes,
        lifetimes_set,
        people,
        everybody,
        asks: Question::about(&app).links(admin).await?,
        recent: if sees_log { of_one_app(brief(admin, &past.recent).await?) } else { Vec::new() },
        activity: activity(&past),
        log_url: sees_log.then_some(log),
        history,
    }))
}

/// Lines without the app's name, which stands above.
fn of_one_app(mut rows: Vec<LogRow>) -> Vec<LogRow> {
    rows.iter_mut().for_each(|row| row.app.clear());
    rows
}

pub(super) async fn find(admin: &Admin, id: &str) -> Result<(App, Vec<AppSecret>)> {
    let missing = Failure::Missing("There is no such app here. It may have been deleted.");
    let Some(id) = AppId::parse(id) else { return Err(missing) };
    let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
    let app = tx.app(id).await?.ok_or(missing)?;
    let secrets = tx.app_secrets(id).await?;
    Ok((app, secrets))
}

/// A URI is shown whole: cutting it would hide what decides whether it matches.
fn visible_uri(uri: &str) -> String {
    if uri.len() <= 100 { visible(uri) } else { uri.chars().filter(|c| !c.is_control()).collect() }
}

fn values(tenant_url: &str, app: &App) -> Vec<Fact> {
    let mut values = vec![
        Fact::code("Issuer", format!("{tenant_url}/oauth2/default")),
        Fact::code("Client ID", &app.client_id),
    ];
    if !app.is_confidential() {
        values.push(Fact::text("Secret", "none: the app proves itself by PKCE"));
    }
    values
}

fn secret_rows(admin: &Admin, app: &App, secrets: &[AppSecret]) -> Vec<SecretRow> {
    let now = admin.ctx.now;
    let working = secrets.iter().filter(|s| s.serves(&app.auth_method)).count();
    let row = |secret: &AppSecret| {
        let on = secret.status == AppStatus::Active;
        // Secrets that were made before an app proved itself by MACs can't be read back.
        let works = secret.serves(&app.auth_method);
        let url = format!("{}/secrets/{}", app_url(&app.id.to_string()), secret.id);
        let mut actions = Vec::new();
        if admin.may(Area::Apps, Access::Write) {
            // The last one that works stays.
            if works && working > 1 {
                actions.push(Action::post("Switch off", format!("{url}/off")));
            } else if !on {
                actions.push(Action::post("Switch on", format!("{url}/on")));
            }
            if !works || working > 1 {
                actions.push(Action::ask("Retire…", format!("{url}/retire")).dangerous());
            }
        }
        SecretRow {
            id: secret.id.to_string(),
            hint: secret.hint(),
            made: admin.moment(secret.created_at),
            used: match secret.last_used_at {
                Some(at) => format!("last used {}", when::hour(at, now).shown),
                None => "never used".to_owned(),
            },
            status: words::secret_status(on, works),
            actions,
        }
    };
    secrets.iter().map(row).collect()
}

fn edit(admin: &Admin, app: &App) -> Vec<Link> {
    if !admin.may(Area::Apps, Access::Write) {
        return Vec::new();
    }
    let url = app_url(&app.id.to_string());
    let tried = app_try::obstacle(app).is_none().then(|| Link::new("Try a sign-in", format!("{url}/try")));
    tried.into_iter().chain([Link::new("Settings", format!("{url}/edit"))]).collect()
}

fn actions(admin: &Admin, app: &App) -> Vec<Action> {
    if !admin.may(Area::Apps, Access::Write) {
        return Vec::new();
    }
    let url = app_url(&app.id.to_string());
    if app.is_active() {
        let off = Action::ask("Switch off…", format!("{url}/off"));
        return vec![off.explain("Its tokens are refused at once. Nothing is deleted.").dangerous()];
    }
    vec![
        Action::post("Switch on", format!("{url}/on")).explain("It may get tokens again."),
        Action::ask("Delete…", format!("{url}/delete")).explain("For good.").dangerous(),
    ]
}

fn grants(app: &App) -> Vec<Grant> {
    let grant = |name: &str, kind: &str, note: Option<String>| {
        let on = app.allows_grant(kind);
        Grant { name: name.to_owned(), on, note: note.filter(|_| on) }
    };
    let rotation = match app.rotation {
        Rotation::Rotate if app.leeway_seconds == 0 => "rotates".to_owned(),
        Rotation::Rotate => {
            format!("rotates; the one before answers for another {}", words::lifetime(app.leeway_seconds))
        }
        Rotation::Static => "stays the same".to_owned(),
    };
    let pkce = if app.pkce_required { "PKCE required" } else { "PKCE accepted, not required" };
    vec![
        grant("Authorization code", "authorization_code", Some(pkce.to_owned())),
        grant("Refresh token", "refresh_token", Some(rotation)),
        grant("Client credentials", "client_credentials", None),
        grant("Password", "password", Some("4 attempts per user in any second".to_owned())),
    ]
}

fn settings(admin: &Admin, app: &App, registration: Option<&Registration>) -> Vec<Fact> {
    let consent = match app.consent_method {
        ConsentMethod::Required => "users are asked once",
        ConsentMethod::Trusted => "the tenant trusts the app",
    };
    let scopes = app.allowed_scopes.join(", ");
    let mut settings = vec![
        Fact::text("Client authentication", words::client_auth(&app.auth_method)),
        Fact::text("Consent", consent),
        Fact::text(
            "Scopes",
            if scopes.is_empty() { "every scope of the server".to_owned() } else { visible(&scopes) },
        ),
    ];
    let after: Vec<String> = app.post_logout_redirect_uris.iter().map(|uri| visible_uri(uri)).collect();
    if !after.is_empty() {
        settings.push(Fact::text("Sign-out redirect URIs", after.join(", ")));
    }
    if let Some(own) = registration {
        let made = admin.moment(own.created_at).shown;
        let goes = |at| format!("; unless it gets a token it goes {}", admin.moment(at).shown);
        let ends = own.expires_at.map(goes);
        let how = if own.token_id.is_some() { "with an initial access token" } else { "without a token" };
        let fact = Fact::text("Registered itself", format!("{made}, {how}{}", ends.unwrap_or_default()));
        settings.push(fact.to(format!("{PATH}/{}#registration", own.server_id)));
    }
    settings
}

fn activity(past: &AppPast) -> Option<String> {
    if past.tokens == 0 && past.refused == 0 {
        return None;
    }
    let tokens = count(usize::try_from(past.tokens).unwrap_or(0), "token");
    let refusals = match past.refused {
        1 => "1 refusal".to_owned(),
        n => format!("{} refusals", number(n)),
    };
    Some(format!("{tokens} and {refusals} in 7 days"))
}

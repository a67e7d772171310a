//! Trying an app's sign-in: the code flow with PKCE step by step, in the administrator's own browser. The request goes
//! to one of the app's own redirect URIs, never to the console: the administrator brings the address where it ended, and
//! a code that this trial asked for is redeemed here. Nothing is kept, and the tokens are revoked before they are shown.

mod redeem;
mod tables;
mod trial;
mod verdict;

use self::redeem::{Got, query, redeem};
use self::trial::Trial;
use self::verdict::{refusal, refused, refused_on_the_way};
use super::admin::Admin;
use super::app::find;
use super::app_start::{self, gets};
use super::failure::{Failure, Result};
use super::form::Form;
use super::rows::app_url;
use crate::html;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use signet_domain::app::App;
use signet_domain::server::{Server, ServerKind, ServerStatus};
use signet_idp::admin::{Access, Area};
use signet_idp::cache::ServerConfig;
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{AppTry, Field, Hidden, Link, Pick, Section, Status, Tone, TryForm, TryVerdict};
use std::sync::Arc;

const WRITE: (Area, Access) = (Area::Apps, Access::Write);
/// Most servers to choose from.
const SERVERS: i64 = 100;
const INTRO: &str = "Sign in at this tenant’s own page, as a user, and see what the app would get. Consent, access \
                     policies and limits hold as for any sign-in, and everything is in the log. The tokens are \
                     revoked before they are shown.";

/// Where an app is tried.
pub(super) fn url(app: &App) -> String {
    format!("{}/try", app_url(&app.id.to_string()))
}

/// What keeps an app from being tried here, if anything does.
pub(super) fn obstacle(app: &App) -> Option<&'static str> {
    if !app.allows_grant("authorization_code") || app.redirect_uris.is_empty() {
        return Some("The app has no sign-in to be tried: it doesn’t use authorization codes.");
    }
    if !app.is_active() {
        return Some("The app is switched off. Switch it on first.");
    }
    let own = app.par_required || app.metadata.dpop_bound_access_tokens;
    own.then_some(
        "The app must push its requests, or prove a key with them. Only the app itself can do that.",
    )
}

/// The app, if it can be tried.
async fn subject(admin: &Admin, id: &str) -> Result<App> {
    let (app, _) = find(admin, id).await?;
    obstacle(&app).map_or(Ok(app), |obstacle| Err(Failure::Refused(obstacle)))
}

/// The servers that are on.
async fn servers(admin: &Admin) -> Result<Vec<Server>> {
    let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
    let mut servers = tx.servers(None, SERVERS).await?;
    servers.retain(|server| server.status == ServerStatus::Active);
    Ok(servers)
}

async fn server(admin: &Admin, id: &str) -> Result<Arc<ServerConfig>> {
    let server = admin.idp().server(&admin.ctx, id).await?;
    server.ok_or(Failure::Refused("The authorization server is off or gone. Begin a new trial."))
}

fn page(admin: &Admin, app: &App) -> AppTry {
    let label = visible(&app.label);
    AppTry {
        console: admin.frame(&format!("Try {label}"), Section::Apps),
        crumbs: app_start::crumbs(app),
        intro: INTRO.to_owned(),
        verdict: None,
        tables: Vec::new(),
        open: None,
        form: None,
        raw: Vec::new(),
        again: None,
    }
}

fn ask_form(app: &App, servers: &[Server], chosen: &Trial) -> TryForm {
    let pick = |uri: &String| Pick::new(uri, uri, *uri == chosen.redirect_uri);
    let uris = Field::select("redirect_uri", "Redirect URI", app.redirect_uris.iter().map(pick).collect());
    let server = |server: &Server| {
        let name = if server.kind == ServerKind::Org { "org" } else { &server.name };
        let id = server.id.to_string();
        let on = id == chosen.server;
        Pick::new(id, visible(name), on)
    };
    TryForm {
        title: "Make a request".to_owned(),
        action: url(app),
        hidden: vec![Hidden::new("step", "ask")],
        fields: vec![
            Field::select("server", "Authorization server", servers.iter().map(server).collect()),
            uris.help("The answer goes there. Nothing has to listen: the address is all that is needed."),
            Field::line("scope", "Scopes", &chosen.scope).mono().help("Separated by spaces."),
        ],
        submit: "Make the request".to_owned(),
    }
}

pub(super) async fn get(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let app = subject(&admin, &id).await?;
        let usual = admin.idp().server(&admin.ctx, app_start::SERVER).await?;
        let scopes = ["openid", "profile", "email"].into_iter().filter(|s| gets(&app, usual.as_deref(), s));
        let scopes = scopes.collect::<Vec<_>>().join(" ");
        let usual = usual.map(|usual| usual.server.id.to_string()).unwrap_or_default();
        let first = app.redirect_uris.first().cloned().unwrap_or_default();
        let form = ask_form(&app, &servers(&admin).await?, &Trial::begin(&admin, usual, first, scopes));
        Ok(html::page(&AppTry { form: Some(form), ..page(&admin, &app) }))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn post(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let shown = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let app = subject(&admin, &id).await?;
        match form.raw("step") {
            "trade" => {
                let trial = Trial::open(&admin, &app, form.raw("trial"))?;
                trade(&admin, &app, &trial, &form.text("answer")).await
            }
            _ => ask(&admin, &app, &form).await,
        }
    };
    let shown = shown.await;
    admin.answer(shown)
}

async fn ask(admin: &Admin, app: &App, form: &Form) -> Result<Response> {
    let trial = Trial::begin(admin, form.text("server"), form.raw("redirect_uri").into(), form.text("scope"));
    if !app.redirect_uris.contains(&trial.redirect_uri) {
        let mut form = ask_form(app, &servers(admin).await?, &trial);
        form.fields[1].error = Some("Choose one of the app’s redirect URIs.".to_owned());
        let page = AppTry { form: Some(form), ..page(admin, app) };
        return Ok(html::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page, &[]));
    }
    let server = server(admin, &trial.server).await?;
    Ok(html::page(&asked(admin, app, &server, &trial, "")?))
}

/// The page with the request, waiting for its answer.
fn asked(admin: &Admin, app: &App, server: &ServerConfig, trial: &Trial, answer: &str) -> Result<AppTry> {
    let parameters = trial.parameters(app);
    let answered = Field::line("answer", "The address where it ended", answer).mono().help(
        "Copy it from the browser’s address bar, whatever the page there says. The code in it lives for a minute and \
         works once, so an app that answers there may spend it. Where no address of the app is reached, leave it \
         empty, and see why.",
    );
    let form = TryForm {
        title: "Trade the code for tokens".to_owned(),
        action: url(app),
        hidden: vec![Hidden::new("step", "trade"), Hidden::new("trial", trial.seal(admin, app)?)],
        fields: vec![answered],
        submit: "Go on".to_owned(),
    };
    Ok(AppTry {
        tables: vec![tables::request(&parameters)],
        open: Some(format!("{}?{}", server.server.endpoint("authorize"), query(&parameters))),
        form: Some(form),
        again: Some(Link::new("Begin anew", url(app))),
        ..page(admin, app)
    })
}

/// What came back: the parameters of an address, or of its query alone.
fn callback(answer: &str) -> Vec<(String, String)> {
    let query = answer.split_once('?').map_or(answer, |(_, query)| query);
    let params = Params::parse(query.split('#').next().unwrap_or_default().as_bytes()).unwrap_or_default();
    let names = ["code", "state", "iss", "error", "error_description", "session_state"];
    names.iter().filter_map(|n| Some(((*n).to_owned(), params.get(n)?.to_owned()))).collect()
}

async fn trade(admin: &Admin, app: &App, trial: &Trial, answer: &str) -> Result<Response> {
    let server = server(admin, &trial.server).await?;
    let came = callback(answer);
    let get = |name: &str| came.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let ended = get("error").or(get("code")).is_some_and(|value| !value.is_empty());
    let wrong = match (ended, get("state"), get("iss")) {
        (false, ..) => Some("There is neither a code nor an error in it. Copy the whole address."),
        (_, state, _) if state != Some(&trial.state) => {
            Some("Its state isn’t the one that was sent. An app must stop here, and so does this page.")
        }
        (.., Some(iss)) if iss != server.server.issuer => {
            Some("Another server answered (iss). An app must stop here, and so does this page.")
        }
        _ => None,
    };
    if let Some(wrong) = wrong {
        let mut page = asked(admin, app, &server, trial, answer)?;
        if let Some(form) = &mut page.form {
            form.fields[0].error = Some(wrong.to_owned());
        }
        if !ended {
            page.verdict = refused_on_the_way(admin, app, trial).await?;
        }
        return Ok(html::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page, &[]));
    }
    let mut shown = page(admin, app);
    shown.tables = vec![tables::request(&trial.parameters(app)), tables::callback(&came)];
    shown.again = Some(Link::new("Try it again", url(app)));
    if let Some(error) = get("error") {
        let mut verdict = refused(error, get("error_description").unwrap_or("The server said no more."));
        if let Some(known) = refused_on_the_way(admin, app, trial).await? {
            (verdict.fix, verdict.links) = (known.fix, known.links);
        }
        shown.verdict = Some(verdict);
        return Ok(html::page(&shown));
    }
    let sent = [
        ("grant_type", "authorization_code".to_owned()),
        ("code", get("code").unwrap_or_default().to_owned()),
        ("redirect_uri", trial.redirect_uri.clone()),
        ("code_verifier", trial.verifier.clone()),
        ("client_id", app.client_id.clone()),
    ];
    shown.tables.push(tables::token_request(&sent));
    shown.raw.push(tables::curl(app, &server.server.endpoint("token"), &sent));
    match redeem(admin, &server, app, &sent).await {
        Ok(got) => show(&mut shown, admin, app, &got, trial),
        Err(error) => shown.verdict = Some(refusal(admin, &error).await?),
    }
    Ok(html::page(&shown))
}

fn show(shown: &mut AppTry, admin: &Admin, app: &App, Got { tokens, userinfo }: &Got, trial: &Trial) {
    let read = tables::Read { now: admin.ctx.now, zone: admin.zone().clone(), nonce: &trial.nonce };
    shown.tables.extend(read.tokens(tokens));
    shown.tables.extend(userinfo.as_ref().map(|told| read.userinfo(told.as_ref())));
    shown.raw.push(tables::raw(tokens));
    shown.verdict = Some(TryVerdict {
        status: Status::new("It works", Tone::Good),
        sentence: format!(
            "The app gets tokens, good for {} minutes. Those below are revoked already and kept nowhere: leave this \
             page, and they are gone.",
            tokens.expires_in / 60
        ),
        fix: None,
        links: vec![Link::new("What the log says", format!("{}#first", app_start::url(app)))],
    });
}

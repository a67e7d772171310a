//! Trying an app's sign-in: the code flow with PKCE step by step, in the administrator's own browser and with no more
//! rights than the app has. The request goes to one of the app's own redirect URIs, the administrator brings the address
//! where it ended, and the code is redeemed as the app would redeem it: with its secret, which the administrator types.

mod tables;

use super::admin::Admin;
use super::app::find;
use super::app_start::{self, gets};
use super::failure::{Failure, Result};
use super::form::Form;
use super::next::encoded;
use super::rows::{app_url, event_url};
use crate::html;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use signet_domain::app::App;
use signet_domain::event::Outcome;
use signet_idp::admin::{Access, Area};
use signet_idp::cache::ServerConfig;
use signet_idp::syslog::{self, visible};
use signet_idp::token::TokenCall;
use signet_oauth::dpop::Presented;
use signet_oauth::pkce::{Challenge, Verifier};
use signet_oauth::response::TokenResponse;
use signet_oauth::{OAuthError, Params};
use signet_web::{AppTry, Field, Hidden, Link, Pick, Section, Status, Tone, TryForm, TryVerdict};
use std::sync::Arc;

const WRITE: (Area, Access) = (Area::Apps, Access::Write);
const INTRO: &str = "Sign in at this tenant’s own page, as a user, and see what the app would get. Consent, access \
                     policies and limits hold as for any sign-in. The tokens are real, and everything is in the log.";

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
    if app.par_required || app.metadata.dpop_bound_access_tokens {
        return Some(
            "The app must push its requests, or prove a key with them. Only the app itself can do that.",
        );
    }
    let by_secret = ["none", "client_secret_basic", "client_secret_post"].contains(&app.auth_method.as_str());
    (!by_secret).then_some("The app proves itself with a key. Only the app itself can do that.")
}

/// What one trial consists of. It travels in the page's own form: whoever holds the page may know it.
struct Trial {
    redirect_uri: String,
    scope: String,
    verifier: String,
    state: String,
    nonce: String,
}

impl Trial {
    /// A new one.
    fn new(admin: &Admin, form: &Form) -> Self {
        let entropy = admin.idp().entropy();
        Self {
            redirect_uri: form.raw("redirect_uri").to_owned(),
            scope: form.text("scope"),
            verifier: entropy.secret(""),
            state: entropy.secret(""),
            nonce: entropy.secret(""),
        }
    }

    /// The one that a form goes on with.
    fn of(form: &Form) -> Self {
        let text = |name: &str| form.raw(name).to_owned();
        Self {
            redirect_uri: text("redirect_uri"),
            scope: text("scope"),
            verifier: text("verifier"),
            state: text("state"),
            nonce: text("nonce"),
        }
    }

    fn hidden(&self) -> Vec<Hidden> {
        vec![
            Hidden::new("step", "trade"),
            Hidden::new("redirect_uri", &self.redirect_uri),
            Hidden::new("scope", &self.scope),
            Hidden::new("verifier", &self.verifier),
            Hidden::new("state", &self.state),
            Hidden::new("nonce", &self.nonce),
        ]
    }

    /// The authorization request's parameters. A verifier that isn't one has no challenge, and the server says so.
    fn parameters(&self, app: &App) -> Vec<(&'static str, String)> {
        let challenge = Verifier::parse(&self.verifier).map(|verifier| Challenge::of(&verifier));
        vec![
            ("client_id", app.client_id.clone()),
            ("redirect_uri", self.redirect_uri.clone()),
            ("response_type", "code".to_owned()),
            ("scope", self.scope.clone()),
            ("state", self.state.clone()),
            ("nonce", self.nonce.clone()),
            ("code_challenge", challenge.map(|c| c.as_str().to_owned()).unwrap_or_default()),
            ("code_challenge_method", "S256".to_owned()),
        ]
    }
}

fn query(parameters: &[(&str, String)]) -> String {
    let pairs: Vec<String> = parameters.iter().map(|(n, v)| format!("{n}={}", encoded(v))).collect();
    pairs.join("&")
}

/// The app, if it can be tried, and its server.
async fn subject(admin: &Admin, id: &str) -> Result<(App, Arc<ServerConfig>)> {
    let (app, _) = find(admin, id).await?;
    if let Some(obstacle) = obstacle(&app) {
        return Err(Failure::Refused(obstacle));
    }
    let server = admin.idp().server(&admin.ctx, app_start::SERVER).await?;
    let off = "The authorization server is switched off. Switch it on first.";
    Ok((app, server.ok_or(Failure::Refused(off))?))
}

fn page(admin: &Admin, app: &App) -> AppTry {
    let label = visible(&app.label);
    AppTry {
        console: admin.frame(&format!("Try {label}"), Section::Apps),
        crumbs: vec![
            Link::new("Apps", "/console/apps"),
            Link::new(label, app_url(&app.id.to_string())),
            Link::new("Quick start", app_start::url(app)),
        ],
        intro: INTRO.to_owned(),
        verdict: None,
        tables: Vec::new(),
        open: None,
        form: None,
        raw: None,
        again: None,
    }
}

fn ask_form(app: &App, redirect_uri: &str, scope: String) -> TryForm {
    let pick = |uri: &String| Pick::new(uri, uri, uri == redirect_uri);
    let uris = Field::select("redirect_uri", "Redirect URI", app.redirect_uris.iter().map(pick).collect());
    let scope = Field::line("scope", "Scopes", scope).mono().help("Separated by spaces.");
    TryForm {
        title: "Make a request".to_owned(),
        action: url(app),
        hidden: vec![Hidden::new("step", "ask")],
        fields: vec![
            uris.help("The answer goes there. Nothing has to listen: the address is all that is needed."),
            scope,
        ],
        submit: "Make the request".to_owned(),
    }
}

fn trade_form(app: &App, trial: &Trial, answer: &str) -> TryForm {
    let answered = Field::line("answer", "The address where it ended", answer).mono().required();
    let mut fields = vec![answered.help(
        "Copy it from the browser’s address bar, whatever the page there says. The code in it lives for a minute and \
         works once, so an app that answers there spends it.",
    )];
    if app.is_confidential() {
        let secret = Field::password("client_secret", "Client secret", "off").required();
        fields.push(secret.help("As the app would send it. It isn’t kept."));
    }
    TryForm {
        title: "Trade the code for tokens".to_owned(),
        action: url(app),
        hidden: trial.hidden(),
        fields,
        submit: "Trade it".to_owned(),
    }
}

pub(super) async fn get(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let (app, server) = subject(&admin, &id).await?;
        let usual = ["openid", "profile", "email"].into_iter().filter(|s| gets(&app, Some(&server), s));
        let first = app.redirect_uris.first().cloned().unwrap_or_default();
        let form = ask_form(&app, &first, usual.collect::<Vec<_>>().join(" "));
        Ok(html::page(&AppTry { form: Some(form), ..page(&admin, &app) }))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn post(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let shown = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (app, server) = subject(&admin, &id).await?;
        let traded = form.raw("step") == "trade";
        let trial = if traded { Trial::of(&form) } else { Trial::new(&admin, &form) };
        if !app.redirect_uris.contains(&trial.redirect_uri) {
            let mut form = ask_form(&app, "", trial.scope);
            form.fields[0].error = Some("Choose one of the app’s redirect URIs.".to_owned());
            let page = AppTry { form: Some(form), ..page(&admin, &app) };
            return Ok(html::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page, &[]));
        }
        match traded {
            true => trade(&admin, &app, &server, &trial, &form).await,
            false => Ok(html::page(&asked(&admin, &app, &server, &trial, ""))),
        }
    };
    let shown = shown.await;
    admin.answer(shown)
}

/// The page with the request, waiting for its answer.
fn asked(admin: &Admin, app: &App, server: &ServerConfig, trial: &Trial, answer: &str) -> AppTry {
    let parameters = trial.parameters(app);
    let open = format!("{}/v1/authorize?{}", server.server.issuer, query(&parameters));
    AppTry {
        tables: vec![tables::request(&parameters)],
        open: Some(open),
        form: Some(trade_form(app, trial, answer)),
        again: Some(Link::new("Begin anew", url(app))),
        ..page(admin, app)
    }
}

/// What came back: the parameters of an address, of its query alone, or a bare code.
fn callback(answer: &str) -> Vec<(String, String)> {
    let query = answer.split_once('?').map_or(answer, |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    if !query.contains('=') && !query.contains(['/', ':']) {
        return vec![("code".to_owned(), query.to_owned())];
    }
    let params = Params::parse(query.as_bytes()).unwrap_or_default();
    let names = ["code", "state", "iss", "error", "error_description", "session_state"];
    names.iter().filter_map(|n| Some(((*n).to_owned(), params.get(n)?.to_owned()))).collect()
}

async fn trade(
    admin: &Admin,
    app: &App,
    server: &Arc<ServerConfig>,
    trial: &Trial,
    form: &Form,
) -> Result<Response> {
    let answer = form.text("answer");
    let came = callback(&answer);
    let get = |name: &str| came.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let wrong = match (get("code"), get("state"), get("iss")) {
        _ if get("error").is_some() => None,
        (None | Some(""), ..) => Some("There is neither a code nor an error in it. Copy the whole address."),
        (_, Some(state), _) if state != trial.state => {
            Some("Its state isn’t the one that was sent. An app must stop here, and so does this page.")
        }
        (_, _, Some(iss)) if iss != server.server.issuer => {
            Some("Another server answered (iss). An app must stop here, and so does this page.")
        }
        _ => None,
    };
    if let Some(wrong) = wrong {
        let mut page = asked(admin, app, server, trial, &answer);
        if let Some(form) = &mut page.form {
            form.fields[0].error = Some(wrong.to_owned());
        }
        return Ok(html::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page, &[]));
    }
    let mut shown = page(admin, app);
    shown.tables = vec![tables::request(&trial.parameters(app)), tables::callback(&came)];
    shown.again = Some(Link::new("Try it again", url(app)));
    if let Some(error) = get("error") {
        let told = get("error_description").unwrap_or("The server said no more.");
        shown.verdict = Some(TryVerdict {
            status: Status::new("Refused", Tone::Bad),
            sentence: format!("{}: {}", visible(error), visible(told)),
            fix: None,
            links: vec![Link::new("What the log says", format!("{}#first", app_start::url(app)))],
        });
        return Ok(html::page(&shown));
    }
    let secret = app.is_confidential().then(|| form.raw("client_secret"));
    let mut sent = vec![
        ("grant_type", "authorization_code".to_owned()),
        ("code", get("code").unwrap_or_default().to_owned()),
        ("redirect_uri", trial.redirect_uri.clone()),
        ("code_verifier", trial.verifier.clone()),
        ("client_id", app.client_id.clone()),
    ];
    shown.tables.push(tables::token_request(&sent, secret.is_some()));
    sent.extend(secret.map(|secret| ("client_secret", secret.to_owned())));
    match redeem(admin, server, &query(&sent)).await {
        Ok(tokens) => {
            let read = tables::Read { now: admin.ctx.now, nonce: &trial.nonce };
            shown.tables.extend(read.tokens(&tokens));
            shown.raw = Some(tables::raw(&tokens));
            shown.verdict = Some(TryVerdict {
                status: Status::new("It works", Tone::Good),
                sentence: format!("The app gets tokens, good for {} minutes.", tokens.expires_in / 60),
                fix: None,
                links: vec![Link::new("Inspect or revoke one", "/console/inspect")],
            });
        }
        Err(error) => shown.verdict = Some(refusal(admin, &error).await?),
    }
    Ok(html::page(&shown))
}

/// The token request, as the app would send it and with everything that is checked of one.
async fn redeem(
    admin: &Admin,
    server: &Arc<ServerConfig>,
    body: &str,
) -> std::result::Result<TokenResponse, OAuthError> {
    let params = Params::parse(body.as_bytes())?;
    let call = TokenCall {
        server,
        params: &params,
        authorization: None,
        query_has_credentials: false,
        proof: Presented::Nothing,
        header: &|_| None,
    };
    let mut ctx = admin.ctx.clone();
    ctx.trial_by = Some(admin.signed_in.user.login.clone());
    admin.idp().token(&ctx, &call).await.result.map_err(|refused| refused.error)
}

/// What the app would be told, and what the log knows besides.
async fn refusal(admin: &Admin, error: &OAuthError) -> Result<TryVerdict> {
    let body = error.body();
    let mut verdict = TryVerdict {
        status: Status::new("Refused", Tone::Bad),
        sentence: format!("{}: {}", body.error.as_str(), visible(&body.error_description)),
        fix: None,
        links: Vec::new(),
    };
    if admin.may(Area::Logs, Access::Read) {
        let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
        let rows = tx.events_of_request(admin.ctx.request.id).await?;
        if let Some(row) = rows.iter().find(|row| row.outcome != Outcome::Success) {
            verdict.fix = syslog::fix(row);
            verdict.links.push(Link::new("See it in the log", event_url(row)));
        }
    }
    Ok(verdict)
}

//! Making an app by its kind, and changing its settings.

use super::admin::Admin;
use super::app::find;
use super::form::{Form, again, clashing, refused};
use super::review::reviewed;
use super::rows::{app_crumbs, app_url};
use super::words;
use super::{app_advanced, app_start};
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::app::{App, AppKind, AppMetadata, ConsentMethod, Rotation};
use signet_idp::admin::app_rules::{AppSettings, is_public};
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{Fact, Field, FormPage, Link, Pick, Section, ShownOnce};

const NEW: &str = "/console/apps/new";
/// Every grant type, with its name for people and what it is for.
const GRANTS: [(&str, &str, &str); 4] = [
    ("authorization_code", "Authorization code", "People sign in on Signet's page."),
    ("refresh_token", "Refresh token", "They stay signed in without being asked again."),
    ("client_credentials", "Client credentials", "The app acts for itself, without a person."),
    ("password", "Password", "The app itself asks for the password. Only for apps that can't do better yet."),
];

fn kind_of(text: &str) -> Option<AppKind> {
    AppKind::ALL.iter().copied().find(|kind| kind.as_str() == text)
}

/// What an app of a kind begins with.
fn fresh(kind: AppKind) -> AppSettings {
    let grants: &[&str] = match kind {
        AppKind::Service => &["client_credentials"],
        AppKind::Web | AppKind::Browser | AppKind::Native => &["authorization_code", "refresh_token"],
    };
    // Where most development servers answer: sooner deleted than typed.
    let callback = match kind {
        AppKind::Web => Some("http://localhost:3000/callback"),
        AppKind::Browser => Some("http://localhost:5173/callback"),
        AppKind::Native | AppKind::Service => None,
    };
    AppSettings {
        redirect_uris: callback.into_iter().map(str::to_owned).collect(),
        kind: Some(kind),
        auth_method: Some(if is_public(kind) { "none" } else { "client_secret_basic" }.to_owned()),
        grant_types: Some(grants.iter().map(|g| (*g).to_owned()).collect()),
        pkce_required: Some(true),
        consent_method: Some(ConsentMethod::Required),
        rotation: Some(Rotation::Rotate),
        leeway_seconds: Some(30),
        ..AppSettings::default()
    }
}

/// An app's settings as they are, to be sent back with something changed.
pub(super) fn settings_of(app: &App) -> AppSettings {
    AppSettings {
        label: app.label.clone(),
        kind: Some(app.kind),
        auth_method: Some(app.auth_method.clone()),
        grant_types: Some(app.grant_types.0.clone()),
        response_types: None,
        redirect_uris: app.redirect_uris.0.clone(),
        post_logout_redirect_uris: app.post_logout_redirect_uris.0.clone(),
        allowed_scopes: app.allowed_scopes.0.clone(),
        pkce_required: Some(app.pkce_required),
        consent_method: Some(app.consent_method),
        rotation: Some(app.rotation),
        leeway_seconds: Some(app.leeway_seconds),
        par_required: app.par_required,
        jwks: app.jwks.0.clone(),
        jwks_uri: app.jwks_uri.clone(),
        request_uris: app.request_uris.0.clone(),
        backchannel_logout_uri: app.backchannel_logout_uri.clone(),
        backchannel_logout_session_required: app.backchannel_logout_session_required,
        metadata: app.metadata.0.clone(),
        frontchannel_logout_uri: app.frontchannel_logout_uri.clone(),
        frontchannel_logout_session_required: app.frontchannel_logout_session_required,
        external_id: app.external_id.clone(),
    }
}

/// What a form sends. What it can't say stays as `base` has it, so no switch is lost.
fn sent(form: &Form, kind: AppKind, before: &AppSettings) -> AppSettings {
    let base = before.clone();
    let signs_in = kind != AppKind::Service;
    let consent = ConsentMethod::ALL.iter().copied().find(|c| c.as_str() == form.raw("consent_method"));
    let rotation =
        Rotation::ALL.iter().copied().find(|r| r.as_str() == form.raw("refresh_token.rotation_type"));
    let method = Some(form.text("token_endpoint_auth_method")).filter(|m| !m.is_empty());
    let auth_method = if is_public(kind) { base.auth_method } else { method.or(base.auth_method) };
    let address = |name: &str| Some(form.text(name)).filter(|text| !text.is_empty());
    // A service app has keys to authenticate with; others may sign requests, however they authenticate.
    let has_keys = signs_in || auth_method.as_deref() == Some("private_key_jwt");
    let jwks_uri = if is_public(kind) { base.jwks_uri } else { address("jwks_uri").filter(|_| has_keys) };
    let backchannel_logout_uri = address("backchannel_logout_uri").filter(|_| signs_in);
    let frontchannel_logout_uri = address("frontchannel_logout_uri").filter(|_| signs_in);
    let settings = AppSettings {
        label: form.text("label"),
        kind: Some(kind),
        auth_method,
        grant_types: Some(if signs_in {
            form.all("grant_types")
        } else {
            base.grant_types.unwrap_or_default()
        }),
        response_types: None,
        redirect_uris: if signs_in { form.lines("redirect_uris") } else { base.redirect_uris },
        post_logout_redirect_uris: if signs_in {
            form.lines("post_logout_redirect_uris")
        } else {
            base.post_logout_redirect_uris
        },
        allowed_scopes: form.raw("allowed_scopes").split_whitespace().map(str::to_owned).collect(),
        pkce_required: if base.pkce_required == Some(false) {
            Some(form.ticked("pkce_required", "true"))
        } else {
            base.pkce_required
        },
        consent_method: consent.or(base.consent_method),
        rotation: rotation.or(base.rotation),
        // What is no number is out of bounds, so the rule about it speaks.
        leeway_seconds: match form.number("refresh_token.leeway") {
            Ok(Some(seconds)) => Some(seconds),
            Ok(None) => base.leeway_seconds,
            Err(()) => Some(-1),
        },
        par_required: base.par_required,
        jwks: base.jwks,
        jwks_uri,
        request_uris: base.request_uris,
        backchannel_logout_session_required: base.backchannel_logout_session_required
            && backchannel_logout_uri.is_some(),
        backchannel_logout_uri,
        metadata: AppMetadata {
            dpop_bound_access_tokens: form.ticked("dpop_bound_access_tokens", "true"),
            ..base.metadata
        },
        frontchannel_logout_session_required: base.frontchannel_logout_session_required
            && frontchannel_logout_uri.is_some(),
        frontchannel_logout_uri,
        external_id: base.external_id,
    };
    app_advanced::sent(form, kind, before, settings)
}

/// What stands in the open of a new app's form: all else has what most apps need.
const FIRST: [&str; 4] = ["redirect_uris", "consent_method", "grant_types", "allowed_scopes"];

/// The fields of an app of a kind. Of a new one only the [`FIRST`] stand in the open.
fn fields(page: FormPage, kind: AppKind, s: &AppSettings, leeway: String, is_new: bool) -> FormPage {
    let mut rare = Vec::new();
    let mut open = |fields: Vec<Field>| {
        let stays = |field: &Field| !is_new || FIRST.contains(&field.name.as_str());
        let (open, more): (Vec<_>, Vec<_>) = fields.into_iter().partition(stays);
        rare.extend(more);
        open
    };
    let grants = s.grant_types.clone().unwrap_or_default();
    let label =
        Field::line("label", "Name", s.label.clone()).required().help("People read it when they sign in.");
    let mut page = page.fields([label]);
    if kind != AppKind::Service {
        let sample = match kind {
            AppKind::Native => {
                "One a line: http://127.0.0.1/callback (any port), or com.example.app:/callback."
            }
            _ => "One a line, exactly as the app sends it: https://shop.example/callback.",
        };
        let uris = Field::lines("redirect_uris", "Redirect URIs", s.redirect_uris.join("\n"), 4);
        let after = Field::lines(
            "post_logout_redirect_uris",
            "Sign-out redirect URIs",
            s.post_logout_redirect_uris.join("\n"),
            2,
        );
        let told = s.backchannel_logout_uri.clone().unwrap_or_default();
        let told = Field::line("backchannel_logout_uri", "Back-channel logout URI", told)
            .mono()
            .help(
                "Where it is told of sign-outs: Signet posts a logout token there whenever a session ends. Empty: the \
                 app isn't told.",
            );
        let loads = s.frontchannel_logout_uri.clone().unwrap_or_default();
        let loads = Field::line("frontchannel_logout_uri", "Front-channel logout URI", loads)
            .mono()
            .help(
                "What the browser loads after a sign-out, in a hidden frame: an address beside a redirect URI. \
                 Browsers that block third-party cookies make it useless; the address above is surer. Empty: nothing \
                 is loaded.",
            );
        let after = after.mono().help("Where sign-out may lead, one a line; none is fine.");
        let sign_in = vec![uris.mono().help(sample), after, told, loads, consent(s)];
        page = page.group("Sign-in", open(sign_in));
        page = page.group("Tokens", open(tokens(kind, s, &grants, leeway)));
    }
    let scopes = Field::line("allowed_scopes", "Scopes it may ask for", s.allowed_scopes.join(" "));
    let mut access = vec![scopes.mono().help("Separated by spaces. Empty: every scope of the server.")];
    if !is_public(kind) {
        let method = s.auth_method.clone().unwrap_or_default();
        let pick = |value: &str| Pick::new(value, words::client_auth(value), method == value);
        access.push(Field::select(
            "token_endpoint_auth_method",
            "Client authentication",
            vec![
                pick("client_secret_basic"),
                pick("client_secret_post"),
                pick("client_secret_jwt"),
                pick("private_key_jwt"),
            ],
        ));
        let keys = s.jwks_uri.clone().unwrap_or_default();
        access.push(Field::line("jwks_uri", "JWKS URI", keys).mono().help(
            "Where it publishes its keys, if it authenticates or signs requests with them. They can also stand below, \
             by value.",
        ));
    }
    let bound =
        Pick::new("true", "Its access tokens are bound to a key", s.metadata.dpop_bound_access_tokens);
    let bound = bound.help(
        "Each of its token requests then needs a proof, and a stolen token is worth nothing. Without this the app may \
         still send proofs.",
    );
    access.push(Field::checks("dpop_bound_access_tokens", "Proof of possession (DPoP)", vec![bound]));
    let page = page.group("Access", open(access));
    rare.extend(app_advanced::fields(kind, s));
    page.folded("Advanced", rare)
}

fn consent(s: &AppSettings) -> Field {
    let pick = |method: ConsentMethod, label: &str, help: &str| {
        Pick::new(method.as_str(), label, s.consent_method == Some(method)).help(help)
    };
    let ask = pick(ConsentMethod::Required, "Users are asked once", "For apps that others made.");
    let trust = pick(ConsentMethod::Trusted, "They are not asked", "For the company's own apps.");
    Field::radio("consent_method", "Consent", vec![ask, trust])
}

fn tokens(kind: AppKind, s: &AppSettings, grants: &[String], leeway: String) -> Vec<Field> {
    let fits = |name: &str| kind == AppKind::Web || !matches!(name, "password" | "client_credentials");
    let picks = GRANTS
        .iter()
        .filter(|(name, ..)| fits(name))
        .map(|(name, label, help)| Pick::new(*name, *label, grants.iter().any(|g| g == name)).help(*help))
        .collect();
    let rotation = |value: Rotation, label: &str| Pick::new(value.as_str(), label, s.rotation == Some(value));
    let mut fields = vec![Field::checks("grant_types", "Grants", picks)];
    if kind == AppKind::Web {
        fields.push(Field::select(
            "refresh_token.rotation_type",
            "Refresh tokens",
            vec![
                rotation(Rotation::Rotate, "Are replaced at each use"),
                rotation(Rotation::Static, "Stay the same"),
            ],
        ));
    }
    let seconds = Field::number("refresh_token.leeway", "Leeway in seconds", leeway);
    fields.push(seconds.help("How long the one before still answers, for apps that ask twice: 0 to 60."));
    if s.pkce_required == Some(false) {
        let pick = Pick::new("true", "Demand PKCE", false).help("Can't be taken back once it is on.");
        fields.push(Field::checks("pkce_required", "PKCE", vec![pick]));
    }
    fields
}

fn choose_page(admin: &Admin) -> Response {
    let pick = |kind: AppKind, help: &str| {
        Pick::new(kind.as_str(), words::app_kind(kind), kind == AppKind::Web).help(help)
    };
    let picks = vec![
        pick(AppKind::Web, "Runs on a server and keeps a secret there: Spring, Django, Next.js, Rails."),
        pick(
            AppKind::Browser,
            "Runs in the browser and keeps no secret: React, Vue, Angular. PKCE protects it.",
        ),
        pick(AppKind::Native, "Is installed on a phone or computer, or a command line. PKCE protects it."),
        pick(AppKind::Service, "Acts for itself without a person: a job, a daemon, another API."),
    ];
    let mut page = admin
        .form(("New app", Section::Apps), vec![Link::new("Apps", "/console/apps")], NEW, "Continue")
        .fields([Field::radio("kind", "What is it?", picks).required()]);
    page.hidden.push(signet_web::Hidden::new("step", "kind"));
    html::page(&page)
}

fn new_page(admin: &Admin, kind: AppKind, settings: &AppSettings, leeway: String) -> FormPage {
    let title = format!("New {}", words::app_kind(kind).to_lowercase());
    let crumbs = vec![Link::new("Apps", "/console/apps"), Link::new("New app", NEW)];
    let page = admin.form((&title, Section::Apps), crumbs, NEW, "Create app").carry("kind", kind.as_str());
    fields(page, kind, settings, leeway, true)
}

fn leeway(settings: &AppSettings) -> String {
    settings.leeway_seconds.map(|s| s.to_string()).unwrap_or_default()
}

/// The choice of a kind, and with one the form for it: each has an address of its own.
pub(super) async fn new(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let shown = admin.must(Area::Apps, Access::Write).map(|()| match params.get("kind").and_then(kind_of) {
        Some(kind) => {
            let settings = fresh(kind);
            html::page(&new_page(&admin, kind, &settings, leeway(&settings)))
        }
        None => choose_page(&admin),
    });
    admin.answer(shown)
}

pub(super) async fn create(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let made = async {
        let form = admin.open(&headers, &body, (Area::Apps, Access::Write))?;
        let Some(kind) = kind_of(form.raw("kind")) else { return Ok(step::redirect(NEW)) };
        if form.raw("step") == "kind" {
            return Ok(step::redirect(&format!("{NEW}?kind={}", kind.as_str())));
        }
        let settings = sent(&form, kind, &fresh(kind));
        let page = new_page(&admin, kind, &settings, form.text("refresh_token.leeway"));
        admin.once(&form).await?;
        let (idp, ctx, caller) = (admin.idp(), &admin.ctx, &admin.caller);
        let new = match idp.admin_create_app(ctx, caller, settings, None, true).await {
            Ok(new) => new,
            Err(error) => return again(page, error),
        };
        let start = app_start::url(&new.app);
        Ok(match new.secret {
            None => step::redirect(&format!("{start}?done=create")),
            Some(secret) => {
                let next = Link::new("Go on to the quick start", start);
                secret_page(&admin, &new.app, secret.expose(), next)
            }
        })
    };
    let made = made.await;
    admin.answer(made)
}

/// A client secret that was just made.
pub(super) fn secret_page(admin: &Admin, app: &App, secret: &str, next: Link) -> Response {
    let label = visible(&app.label);
    let token = format!("{}/oauth2/default/v1/token", admin.ctx.tenant.url);
    let snippet = app.allows_grant("client_credentials").then(|| {
        format!("curl -u '{}:{secret}' \\\n  -d grant_type=client_credentials \\\n  {token}", app.client_id)
    });
    html::page(&ShownOnce {
        console: admin.frame(&format!("The secret of {label}"), Section::Apps),
        crumbs: app_crumbs(app),
        sentence: "Put both into the app's configuration, and the secret nowhere else.".to_owned(),
        values: vec![Fact::code("Client ID", &app.client_id), Fact::code("Client secret", secret)],
        snippet,
        next,
    })
}

fn edit_page(admin: &Admin, app: &App, version: &str, settings: &AppSettings, leeway: String) -> FormPage {
    let action = format!("{}/edit", app_url(&app.id.to_string()));
    let page = admin.edit_form(("Settings", Section::Apps), app_crumbs(app), action, version);
    admin.asking(fields(page, app.kind, settings, leeway, false))
}

fn edit_page_now(admin: &Admin, app: &App) -> FormPage {
    let settings = settings_of(app);
    edit_page(admin, app, &app.version.to_string(), &settings, leeway(&settings))
}

pub(super) async fn edit(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let (app, _) = find(&admin, &id).await?;
        Ok(html::page(&edit_page_now(&admin, &app)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn save(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let saved = async {
        let form = admin.open(&headers, &body, (Area::Apps, Access::Write))?;
        let (app, _) = find(&admin, &id).await?;
        let settings = sent(&form, app.kind, &settings_of(&app));
        let seconds = form.text("refresh_token.leeway");
        let mut page = edit_page(&admin, &app, form.raw("version"), &settings, seconds);
        if let Some(answer) = reviewed(&form, &mut page, &edit_page_now(&admin, &app)) {
            return Ok(answer);
        }
        if app.kind != AppKind::Service && form.all("grant_types").is_empty() {
            page.wrong("grant_types", "Choose at least one.");
            return Ok(refused(&page));
        }
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let key = app.id.to_string();
        let (ctx, caller, expected) = (&admin.ctx, &admin.caller, form.expected());
        match admin.idp().admin_replace_app(ctx, caller, &key, settings, &expected).await {
            Ok(_) => Ok(step::redirect(&format!("{}?done=edit", app_url(&key)))),
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

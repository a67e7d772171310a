//! The quick start of an app: its values in the code of a framework, and beside it what became of the first sign-in.

mod curl;
mod first;
mod guides;

use super::admin::Admin;
use super::app::find;
use super::app_try;
use super::failure::Result;
use super::redirect_uris;
use super::rows::{app_crumbs, app_url};
use crate::html;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use guides::{GUIDES, Guide, Own};
use signet_domain::app::{App, AppKind};
use signet_idp::admin::{Access, Area};
use signet_idp::cache::ServerConfig;
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{AppStart, Fact, Link, Section, StartNote, Tab};

pub(super) use first::get as first;

/// The parameter that chooses the framework.
const WITH: &str = "with";
/// The server whose values are shown.
pub(super) const SERVER: &str = "default";

/// Where an app's quick start is.
pub(super) fn url(app: &App) -> String {
    format!("{}/start", app_url(&app.id.to_string()))
}

/// The way to what lies below an app's quick start.
pub(super) fn crumbs(app: &App) -> Vec<Link> {
    let mut crumbs = app_crumbs(app);
    crumbs.push(Link::new("Quick start", url(app)));
    crumbs
}

/// The quick starts that fit an app, for links to them.
pub(super) fn links(app: &App) -> Vec<Link> {
    let to = |choice: &Choice| Link::new(choice.name(), choice.url(app));
    choices(app).iter().map(to).collect()
}

/// The redirect URI that a quick start has, by its name in an address.
pub(super) fn usual_redirect_uri(slug: &str) -> Option<String> {
    GUIDES.iter().find(|guide| guide.slug == slug).map(Guide::usual_redirect_uri)
}

/// What can be shown.
enum Choice {
    Guide(&'static Guide),
    Curl,
    Values,
}

impl Choice {
    fn slug(&self) -> &'static str {
        match self {
            Self::Guide(guide) => guide.slug,
            Self::Curl => "curl",
            Self::Values => "values",
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Guide(guide) => guide.name,
            Self::Curl => "curl",
            Self::Values => "Anything else",
        }
    }

    fn url(&self, app: &App) -> String {
        format!("{}?{WITH}={}", url(app), self.slug())
    }
}

/// What fits an app, the likeliest first.
fn choices(app: &App) -> Vec<Choice> {
    let guides = GUIDES.iter().filter(|guide| guide.fits(app)).map(Choice::Guide);
    guides.chain([Choice::Curl, Choice::Values]).collect()
}

pub(super) async fn get(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    admin.answer(show(&admin, &id, &params).await)
}

async fn show(admin: &Admin, id: &str, params: &Params) -> Result<Response> {
    admin.must_see(Area::Apps)?;
    let (app, _) = find(admin, id).await?;
    let server = admin.idp().server(&admin.ctx, SERVER).await?;
    let first = first::progress(admin, &app, params).await?;
    let all = choices(&app);
    let asked = params.get(WITH).unwrap_or_default();
    let chosen = all.iter().find(|choice| choice.slug() == asked).or(all.first()).unwrap_or(&Choice::Curl);
    let gets = |scope: &str| gets(&app, server.as_deref(), scope);
    let api_scope = api_scope(server.as_deref(), &gets);
    let issuer = format!("{}/oauth2/{SERVER}", admin.ctx.tenant.url);
    let own = Own {
        client_id: &app.client_id,
        redirect_uris: &app.redirect_uris,
        issuer: server.as_ref().map_or(&issuer, |s| &s.server.issuer),
        audience: server.as_ref().map_or("api://default", |s| &s.server.audience),
        gets: &gets,
        api_scope: api_scope.as_deref(),
    };
    let label = visible(&app.label);
    let mut console = admin.frame(&format!("Quick start of {label}"), Section::Apps);
    console.notice = match params.get("done") {
        Some("create") => Some("The app is created.".to_owned()),
        Some("uri") => Some("The redirect URI is added. Start the sign-in again.".to_owned()),
        _ => None,
    };
    let tab = |choice: &Choice| Tab {
        link: Link::new(choice.name(), choice.url(&app)),
        current: choice.slug() == chosen.slug(),
    };
    Ok(html::page(&AppStart {
        console,
        crumbs: app_crumbs(&app),
        tabs: all.iter().map(tab).collect(),
        notes: notes(admin, &app, chosen, &own),
        needs: match chosen {
            Choice::Guide(guide) => Some(guide.needs.to_owned()).filter(|needs| !needs.is_empty()),
            Choice::Curl => None,
            Choice::Values => Some(
                "Most libraries ask for the issuer alone and find the rest there. The flow is authorization code with \
                 PKCE (S256)."
                    .to_owned(),
            ),
        },
        steps: match chosen {
            Choice::Guide(guide) => guide.steps(&own),
            Choice::Curl => curl::steps(&admin.ctx.tenant.url, &app, own.api_scope),
            Choice::Values => Vec::new(),
        },
        bare: if matches!(chosen, Choice::Values) { guides::bare_values(&own) } else { Vec::new() },
        begins: match chosen {
            Choice::Guide(guide) => guide.begins(&own),
            _ => None,
        },
        values: values(&app, &own),
        try_it: (admin.may(Area::Apps, Access::Write) && app_try::obstacle(&app).is_none())
            .then(|| Link::new("Try the sign-in without code", app_try::url(&app))),
        first,
    }))
}

/// Whether an app would get a scope that it asked for.
pub(super) fn gets(app: &App, server: Option<&ServerConfig>, scope: &str) -> bool {
    let allowed = app.allowed_scopes.is_empty() || app.allowed_scopes.iter().any(|s| s == scope);
    let known = server.is_none_or(|server| server.scopes.iter().any(|s| s.name == scope));
    allowed && known && (scope != "offline_access" || app.allows_grant("refresh_token"))
}

/// The scope that the code's API asks for: the pages' own if the app gets it, else the first of the server's own that it
/// gets. It stands in code: one with characters that mean something there isn't shown.
fn api_scope(server: Option<&ServerConfig>, gets: &dyn Fn(&str) -> bool) -> Option<String> {
    let is_plain = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b":._-/".contains(&b));
    let scopes = server.map_or(&[][..], |server| &server.scopes);
    let own = scopes.iter().filter(|scope| !scope.system).map(|scope| scope.name.as_str());
    let mut fitting = own.filter(|name| is_plain(name) && gets(name));
    let first = fitting.clone().next();
    fitting.find(|name| *name == guides::API_SCOPE).or(first).map(str::to_owned)
}

/// What would stop the code that is shown.
fn notes(admin: &Admin, app: &App, chosen: &Choice, own: &Own<'_>) -> Vec<StartNote> {
    let may = admin.may(Area::Apps, Access::Write);
    let key = app.id.to_string();
    let mut notes = Vec::new();
    let mut note =
        |text: String, link: Option<Link>| notes.push(StartNote { text, link: link.filter(|_| may) });
    if !app.is_active() {
        note("The app is switched off, so nobody can sign in to it.".to_owned(), None);
    }
    let Choice::Guide(guide) = chosen else { return notes };
    if guide.signs_in() && guide.home(own).is_none() {
        let usual = guide.usual_redirect_uri();
        let add = format!("{}?for={}", redirect_uris::url(&key), guide.slug);
        let text = format!("This code returns to {usual}, which isn’t one of the app’s redirect URIs.");
        note(text, Some(Link::new("Add it", add)));
    }
    if guide.kind != AppKind::Web && own.api_scope.is_none() {
        let text = format!(
            "The API of this code asks for the scope {}, and the app gets no scope but OpenID’s: make one at the \
             authorization server {SERVER}, or allow one to the app.",
            guides::API_SCOPE
        );
        note(text, Some(Link::new("Settings", format!("{}/edit", app_url(&key)))));
    }
    if app.is_confidential() && app.auth_method != "client_secret_basic" {
        let text = format!(
            "This code proves itself by client_secret_basic, and the app is set to {}. Change one of them.",
            visible(&app.auth_method)
        );
        note(text, Some(Link::new("Settings", format!("{}/edit", app_url(&key)))));
    }
    notes
}

fn values(app: &App, own: &Own<'_>) -> Vec<Fact> {
    let mut values = vec![Fact::code("Issuer", own.issuer), Fact::code("Client ID", &app.client_id)];
    values.push(match app.is_confidential() {
        true => Fact::text("Secret", "was shown once, when it was made"),
        false => Fact::text("Secret", "none: the app proves itself by PKCE"),
    });
    let uri = |uri: &String| Fact::code("Redirect URI", redirect_uris::spelled(uri));
    values.extend(app.redirect_uris.iter().map(uri));
    values
}

//! Adding a redirect URI to an app: as it is typed, as its quick start has it, or as a request asked for it and was
//! refused. A stranger can send any such request, so what it asked for is shown whole, with where it came from, and is
//! added by a form of its own.

use super::admin::Admin;
use super::app::find;
use super::app_form::settings_of;
use super::app_start;
use super::failure::{Failure, Result};
use super::form::{again, refused};
use super::rows::{app_url, event_url};
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use signet_domain::app::{App, AppKind};
use signet_domain::event::EventRow;
use signet_domain::id::EventId;
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::authorize::{REDIRECT_URI, REDIRECT_URI_WHOLE};
use signet_idp::syslog::visible;
use signet_oauth::redirect::{RedirectUri, place};
use signet_oauth::{Params, Reason};
use signet_web::{Fact, Field, FormPage, Section};

/// The member that is changed.
const MEMBER: &str = "redirect_uris";
const ADD: (Area, Access) = (Area::Apps, Access::Write);

/// Where one is added.
pub(super) fn url(app: &str) -> String {
    format!("{}/redirect-uris/new", app_url(app))
}

/// A URI in full, with every character spelled out that a registered one can't have.
pub(super) fn spelled(uri: &str) -> String {
    let spell = |c: char| match c.is_ascii_graphic() {
        true => c.to_string(),
        false => format!("⟨U+{:04X}⟩", u32::from(c)),
    };
    uri.chars().map(spell).collect()
}

/// A redirect URI that was refused, as far as the log keeps it.
pub(super) struct Asked {
    pub(super) uri: String,
    /// Whether that is all of it: a query isn't kept.
    pub(super) whole: bool,
}

impl Asked {
    /// What a refusal of this app's names.
    pub(super) fn of(app: &App, row: &EventRow) -> Option<Self> {
        let own = row.client_id.as_deref() == Some(app.client_id.as_str());
        let about = own && row.reason.as_deref() == Some(Reason::IllegalRedirectUri.as_str());
        let fact = |name: &str| row.data.debug.get(name).filter(|_| about);
        let whole = fact(REDIRECT_URI_WHOLE).is_some_and(|whole| whole == "true");
        Some(Self { uri: fact(REDIRECT_URI)?.clone(), whole })
    }

    /// Whether it would be let through by now.
    pub(super) fn is_registered(&self, app: &App) -> bool {
        let any_port = app.kind == AppKind::Native;
        let mut known = app.redirect_uris.iter();
        self.whole && known.any(|uri| RedirectUri::stored(uri.as_str(), any_port).matches(&self.uri))
    }
}

/// Where the URI comes from.
enum Origin {
    Typed,
    Asked(Box<EventRow>, Asked),
}

impl Origin {
    async fn of(admin: &Admin, app: &App, event: &str) -> Result<Self> {
        if event.is_empty() {
            return Ok(Self::Typed);
        }
        admin.must(Area::Logs, Access::Read)?;
        let view = match EventId::parse(event) {
            Some(id) => admin.idp().console_event(&admin.ctx, id).await?,
            None => None,
        };
        let asked = view.and_then(|view| Some((Asked::of(app, &view.row)?, view.row)));
        let (asked, row) =
            asked.ok_or(Failure::Missing("There is no such refusal of this app’s requests."))?;
        Ok(Self::Asked(Box::new(row), asked))
    }

    /// What would be added.
    fn uri<'a>(&'a self, typed: &'a str) -> &'a str {
        match self {
            Self::Asked(_, asked) if asked.whole => &asked.uri,
            _ => typed,
        }
    }
}

fn page(admin: &Admin, app: &App, origin: &Origin, typed: &str) -> FormPage {
    let (label, key) = (visible(&app.label), app.id.to_string());
    let mut page = admin
        .form(("Add a redirect URI", Section::Apps), app_start::crumbs(app), url(&key), "Add it")
        .carry("version", app.version.to_string());
    let field = Field::line(MEMBER, "Redirect URI", typed).mono().required();
    let field = field.help("Exactly as the app sends it: the two are compared character by character.");
    match origin {
        Origin::Typed => {
            page = page.intro(format!("{label} may then be sent the codes of its sign-ins there."));
            page = page.fields([field]);
        }
        Origin::Asked(row, asked) => {
            let zone = admin.zone();
            page = page.carry("event", row.id.to_string());
            page.facts = vec![
                Fact::code("Asked for", spelled(&asked.uri)),
                Fact::text("When", zone.moment_exact(row.published, admin.ctx.now).shown),
                Fact::code("From", &row.ip),
                Fact::code("Request", row.request_id.to_string()).to(event_url(row)),
            ];
            if !row.data.user_agent.is_empty() {
                page.facts.insert(3, Fact::text("Sent by", visible(&row.data.user_agent)));
            }
            page = page.intro(format!(
                "A request to sign someone in to {label} asked to return here, and was refused. Whoever knows the \
                 client id can send one, so add the address only if you know it as the app’s."
            ));
            if !asked.whole {
                page = page.fields([field.help(
                    "The request asked for more than the log keeps, such as a query. Type the address whole, as the \
                     app’s configuration has it.",
                )]);
            }
        }
    }
    page.warning = warning(app, origin.uri(typed));
    let known = app.redirect_uris.iter().map(|uri| Fact::code("Registered", spelled(uri)));
    page.facts.extend(known);
    admin.asking(page)
}

/// Codes are worth something to whoever gets them.
fn warning(app: &App, uri: &str) -> Option<String> {
    let at = place(uri)?;
    if app.redirect_uris.iter().any(|known| place(known) == Some(at)) {
        return None;
    }
    Some(match at {
        "localhost" | "127.0.0.1" | "[::1]" if app.kind == AppKind::Native => return None,
        "localhost" | "127.0.0.1" | "[::1]" => format!(
            "{at} is whatever listens on the user’s own machine. Take it out again before people use the app."
        ),
        _ => format!(
            "None of the app’s redirect URIs is at {at}. Whoever runs {at} would get the codes of everyone who signs \
             in to this app."
        ),
    })
}

pub(super) async fn new(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let (app, _) = find(&admin, &id).await?;
        let usual = params.get("for").and_then(app_start::usual_redirect_uri).unwrap_or_default();
        let event = params.get("event").unwrap_or_default();
        let origin = Origin::of(&admin, &app, event).await?;
        Ok(html::page(&page(&admin, &app, &origin, &usual)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn add(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let added = async {
        let form = admin.open(&headers, &body, ADD)?;
        let (app, _) = find(&admin, &id).await?;
        let typed = form.text(MEMBER);
        let origin = Origin::of(&admin, &app, form.raw("event")).await?;
        let uri = origin.uri(&typed).to_owned();
        let mut page = page(&admin, &app, &origin, &typed);
        if app.redirect_uris.contains(&uri) {
            page.wrong(MEMBER, "It is registered already.");
            return Ok(refused(&page));
        }
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let mut settings = settings_of(&app);
        settings.redirect_uris.push(uri);
        let (key, expected) = (app.id.to_string(), form.expected());
        match admin.idp().admin_replace_app(&admin.ctx, &admin.caller, &key, settings, &expected).await {
            Ok(app) => Ok(step::redirect(&format!("{}?done=uri", app_start::url(&app)))),
            Err(AdminError::Stale) => {
                // The page shows the app as it is now, and carries that version.
                page.problems.push(
                    "Someone else changed the app while you did. Its redirect URIs are now those below: add yours \
                     again if it still fits."
                        .to_owned(),
                );
                Ok(html::page_with(StatusCode::PRECONDITION_FAILED, &page, &[]))
            }
            Err(error) => again(page, error),
        }
    };
    let added = added.await;
    admin.answer(added)
}

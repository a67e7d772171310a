//! One event in full.

use super::changes::changes;
use super::known::Known;
use crate::console::access_ask::Question;
use crate::console::admin::Admin;
use crate::console::failure::Result;
use crate::console::rows::{
    Apps, brief, client_ids, credential_of, deleted_app, event_url, outcome, user_of, user_url,
};
use crate::console::zone::Zone;
use crate::console::{next, when};
use signet_domain::event::{Entity, EventRow, Outcome};
use signet_domain::id::{ServerId, UserId};
use signet_idp::admin::{Access, Area};
use signet_idp::console::event::{EventView, Window};
use signet_idp::syslog;
use signet_web::{EventDetail, Fact, Link, StripAttempt, Throttle, Trail};

/// An event with what belongs to it.
pub(in crate::console) async fn detail(admin: &Admin, view: &EventView) -> Result<EventDetail> {
    let row = &view.row;
    let apps = Apps::by_client_id(admin, client_ids(attempts(view).chain([row]))).await?;
    let raw = serde_json::to_string_pretty(&syslog::log_event(row)).unwrap_or_default();
    let mut trail =
        vec![Trail { label: "Same request".to_owned(), rows: brief(admin, &view.request).await? }];
    if row.flow_id.is_some() {
        trail.push(Trail { label: "Same sign-in".to_owned(), rows: brief(admin, &view.flow).await? });
    }
    let known = Known::of(admin, [row]).await?;
    Ok(EventDetail {
        url: event_url(row),
        link: format!("{}{}", admin.ctx.tenant.url, event_url(row)),
        outcome: outcome(row),
        time: admin.zone().moment_full(row.published),
        statement: statement(row),
        why: why(view),
        fix: syslog::fix(row),
        fix_link: fix_link(admin, &apps, row),
        throttle: view.window.as_ref().map(|w| strip(admin.zone(), &apps, w)),
        window: super::counted::window(admin.zone(), row),
        facts: facts(admin, &apps, &known, row),
        trail,
        raw,
    })
}

/// The events of the attempts that filled the window.
fn attempts(view: &EventView) -> impl Iterator<Item = &EventRow> {
    view.window.iter().flat_map(|w| w.attempts.iter().filter_map(|(_, event)| event.as_ref()))
}

fn statement(row: &EventRow) -> String {
    let mut sentence = syslog::sentence(row);
    if !sentence.ends_with(['.', '…', '?']) {
        sentence.push('.');
    }
    sentence
}

fn why(view: &EventView) -> Option<String> {
    let why = syslog::why(&view.row)?;
    Some(match &view.window {
        Some(w) => {
            let wait = when::span(w.frees_at.since(w.refused_at));
            format!("{why} The next attempt was possible {wait} later.")
        }
        None => why,
    })
}

/// Where it would be put right: at the app if there is one, else at the user.
fn fix_link(admin: &Admin, apps: &Apps, row: &EventRow) -> Option<Link> {
    if row.outcome == Outcome::Success || syslog::fix(row).is_none() {
        return None;
    }
    let sees = |area| admin.may(area, Access::Read);
    let app = apps.of_event(row).filter(|_| sees(Area::Apps));
    let user = user_of(row).filter(|_| sees(Area::Users));
    let about_user = row.reason.as_deref().is_some_and(|r| {
        let r = r.to_ascii_lowercase();
        r.contains("locked") || r.contains("inactive") || r.contains("expired_password")
    });
    if row.reason.as_deref() == Some("no_matching_policy")
        && sees(Area::Apps)
        && let Some(server) = row.server_id.as_deref().and_then(ServerId::parse)
    {
        // Asked about this very request.
        let fact = |name: &str| row.data.debug.get(name).cloned().unwrap_or_default();
        let question = Question {
            client_id: row.client_id.clone().unwrap_or_default(),
            user: user.map(|(id, _)| id).unwrap_or_default(),
            // A request of a browser says none, and is for a code.
            grant_type: Some(fact("grantType"))
                .filter(|g| !g.is_empty())
                .unwrap_or_else(|| "authorization_code".into()),
            scope: fact("requestedScopes").replace(',', " "),
        };
        let page = format!("/console/servers/{server}/policies/why");
        return Some(Link::new("Ask which rule decides", question.url(&page)));
    }
    match (app, user) {
        (_, Some((id, _))) if about_user => Some(Link::new("See the user", user_url(&id))),
        (Some(app), _) => Some(Link::new(format!("See {}", syslog::visible(&app.label)), &app.url)),
        (None, Some((id, _))) => Some(Link::new("See the user", user_url(&id))),
        (None, None) => None,
    }
}

/// The name that somebody typed and nobody has.
fn typed(row: &EventRow) -> Option<&str> {
    let nobody =
        |e: &&Entity| e.kind == "User" && UserId::parse(&e.id).is_none() && !e.alternate_id.is_empty();
    let typed = row.data.targets.iter().find(nobody).map(|e| e.alternate_id.as_str());
    typed.filter(|_| row.outcome != Outcome::Success && user_of(row).is_none())
}

fn facts(admin: &Admin, apps: &Apps, known: &Known, row: &EventRow) -> Vec<Fact> {
    let sees = |area| admin.may(area, Access::Read);
    let debug = |name: &str| row.data.debug.get(name).map(|v| syslog::visible(v));
    let linked = |fact: Fact, url: String, area| if sees(area) { fact.to(url) } else { fact };
    let mut facts = Vec::new();
    let user = user_of(row);
    if user.as_ref().is_none_or(|(id, _)| *id != row.data.actor.id)
        && row.data.actor.kind != "PublicClientApp"
    {
        facts.push(Fact::text("By", syslog::visible(&named(&row.data.actor))));
    }
    if let Some((id, login)) = user {
        facts.push(linked(Fact::text("User", syslog::visible(&login)), user_url(&id), Area::Users));
    }
    if let Some(typed) = typed(row) {
        let fact = Fact::text("Name typed", syslog::visible(typed));
        // What isn't shaped like a login may be a password, and is masked.
        let url = format!("/console/users?q={}", next::encoded(typed));
        facts.push(if typed.contains('•') { fact } else { linked(fact, url, Area::Users) });
    }
    let credential = credential_of(row);
    if let Some((id, name)) = &credential {
        let url = format!("/console/credentials/clients/{id}");
        facts.push(linked(Fact::text("API credential", name.clone()), url, Area::Callers));
    }
    match (apps.of_event(row), row.client_id.as_deref().filter(|_| credential.is_none())) {
        (Some(app), _) => {
            facts.push(linked(Fact::text("App", syslog::visible(&app.label)), app.url.clone(), Area::Apps));
        }
        (None, Some(sent)) => facts.push(match deleted_app(row) {
            Some(name) => Fact::text("App", name),
            None => Fact::code("Client ID sent", syslog::visible(sent)),
        }),
        (None, None) => {}
    }
    if let Some(server) = row.data.targets.iter().find(|t| ServerId::parse(&t.id).is_some()) {
        let url = format!("/console/servers/{}", server.id);
        facts.push(linked(Fact::text("Server", named(server)), url, Area::Apps));
    }
    facts.extend(debug("redirectUri").map(|uri| Fact::code("Asked to return to", uri)));
    facts.extend(changes(row, known));
    facts.extend(debug("via").map(|caller| Fact::text("Through the API by", caller)));
    facts.extend(debug("grantType").map(|grant| Fact::text("Grant", grant)));
    let scopes = ["grantedScopes", "scopes", "requestedScopes"].into_iter().find_map(debug);
    facts.extend(scopes.map(|scopes| Fact::text("Scopes", scopes)));
    facts.extend(debug("jti").map(|jti| Fact::code("Token", jti)));
    let of_type = format!("eventType eq \"{}\"", row.event_type);
    let url = format!("/console/log?range=7d&machines=show&filter={}", next::encoded(&of_type));
    facts.push(linked(Fact::code("Type", &row.event_type), url, Area::Logs));
    if !row.ip.is_empty() {
        let url = format!("/console/log?ip={}&range=7d", next::encoded(&row.ip));
        facts.push(linked(Fact::code("Address", &row.ip), url, Area::Logs));
    }
    if !row.data.user_agent.is_empty() {
        facts.push(Fact::text("Sent by", syslog::visible(&row.data.user_agent)));
    }
    facts.push(match row.session_id {
        Some(session) => Fact::code("Session", session.to_string()),
        None => Fact::text("Session", "none"),
    });
    let request = row.request_id.to_string();
    let url = format!("/console/log?q={request}");
    facts.push(linked(Fact::code("Request", request), url, Area::Logs));
    facts
}

fn named(entity: &Entity) -> String {
    let name = if entity.kind == "User" { &entity.alternate_id } else { &entity.display_name };
    if name.is_empty() || name == "unknown" { "someone unknown".to_owned() } else { name.clone() }
}

fn strip(zone: &Zone, apps: &Apps, window: &Window) -> Throttle {
    let first = window.attempts.first().map_or(window.refused_at, |(at, _)| *at);
    let offset = |at: signet_domain::Time| u64::try_from(at.since(first)).unwrap_or(0);
    let short = |at| zone.pattern(at, "%S%.3f");
    let attempts = window.attempts.iter().map(|(at, event)| StripAttempt {
        offset_us: offset(*at),
        at: short(*at),
        app: event
            .as_ref()
            .and_then(|e| apps.of_event(e))
            .map(|a| syslog::visible(&a.label))
            .unwrap_or_default(),
        from: event.as_ref().map(|e| e.ip.clone()).unwrap_or_default(),
        result: result(event.as_ref()),
        url: event.as_ref().map(event_url),
    });
    Throttle {
        attempts: attempts.collect(),
        refused_us: offset(window.refused_at),
        refused_at: short(window.refused_at),
        frees_us: offset(window.frees_at),
        frees_at: short(window.frees_at),
        first_at: short(first),
    }
}

/// How an attempt ended, in as few words as a table has room for.
fn result(event: Option<&EventRow>) -> String {
    let Some(event) = event else { return "still being checked".to_owned() };
    match event.reason.as_deref() {
        _ if event.outcome == Outcome::Success => "right password".to_owned(),
        Some("invalid_password_credentials") => "wrong password".to_owned(),
        Some("unknown_user") => "unknown name".to_owned(),
        Some("user_locked_out") => "locked out".to_owned(),
        Some(other) => syslog::visible(&other.replace('_', " ").to_lowercase()),
        None => "refused".to_owned(),
    }
}

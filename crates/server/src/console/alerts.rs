//! Alerts: the list with what nobody took note of, one of them, and what can be done with it.

use super::admin::Admin;
use super::failure::{Failure, Result};
use super::log::{events_url, search_url};
use super::next::encoded;
use super::prefix::or_the_first;
use super::words::{count, number};
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::alert::{Alert, AlertFiring, SearchTerms};
use signet_domain::webhook::{Webhook, WebhookDelivery};
use signet_idp::admin::alerts::AlertView;
use signet_idp::admin::{Access, Area};
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{
    Action, AlertList, AlertPage, AlertRow, Fact, FiringRow, Link, Paging, Section, Status, ToldRow, Tone,
};

pub(super) const PATH: &str = "/console/alerts";
/// Alerts belong to the log.
pub(super) const WRITE: (Area, Access) = (Area::Logs, Access::Write);
/// Firings on the list's page, and on a page of an alert's own.
const OPEN: i64 = 20;
const PAGE: i64 = 20;

/// Its address.
pub(super) fn url_of(alert: &Alert) -> String {
    format!("{PATH}/{}", alert.id)
}

/// `5 events in 10 minutes`.
pub(super) fn says(alert: &Alert) -> String {
    let events = count(usize::try_from(alert.at_least).unwrap_or(0), "event");
    let window = match alert.window_minutes {
        1 => "a minute".to_owned(),
        60 => "an hour".to_owned(),
        1_440 => "a day".to_owned(),
        n if n % 60 == 0 => format!("{} hours", n / 60),
        n => format!("{n} minutes"),
    };
    match alert.times_usual {
        0 => format!("{events} in {window}"),
        times => format!("{events} in {window}, {times} times the usual"),
    }
}

fn status(alert: &Alert, admin: &Admin) -> Status {
    match alert.muted_until.filter(|_| alert.is_muted(admin.ctx.now)) {
        _ if !alert.enabled => Status::new("Off", Tone::Quiet),
        Some(until) => Status::new(format!("Muted until {}", admin.moment(until).shown), Tone::Warn),
        None => Status::new("On", Tone::Good),
    }
}

/// What it is that fired: `3 events`.
pub(super) fn told(firing: &AlertFiring) -> String {
    count(usize::try_from(firing.events).unwrap_or(0), "event")
}

fn firing_row(admin: &Admin, alert: &Alert, firing: &AlertFiring, told: Option<Vec<ToldRow>>) -> FiringRow {
    let zone = admin.zone();
    let since = zone.pattern(firing.since_at, "%-d %b %Y, %H:%M:%S");
    let until = zone.told(firing.until_at, "%-d %b, %H:%M:%S");
    // It counts on until its window is over.
    let window = if firing.until_at > admin.ctx.now {
        format!("events since {since}, until {until} at the latest")
    } else {
        format!("events from {since} to {until}")
    };
    let noted = firing.acknowledged_at.map(|at| {
        let by = firing.acknowledged_by.as_deref().map_or_else(String::new, visible);
        format!("Acknowledged by {by}, {}", admin.moment(at).shown)
    });
    let may = admin.may(WRITE.0, WRITE.1) && noted.is_none();
    let url = url_of(alert);
    FiringRow {
        alert: told.is_none().then(|| Link::new(visible(&alert.name), url.clone())),
        fired: admin.moment(firing.fired_at),
        events: self::told(firing),
        window,
        url: events_url(&alert.search, firing.since_at, firing.until_at),
        noted,
        told: told.unwrap_or_default(),
        acknowledge: may
            .then(|| Action::post("Acknowledge", format!("{url}/firings/{}/acknowledge", firing.id))),
    }
}

/// What came of telling a webhook.
fn told_row(admin: &Admin, webhooks: &[Webhook], delivery: &WebhookDelivery) -> ToldRow {
    let webhook = webhooks.iter().find(|webhook| webhook.id == delivery.webhook_id);
    ToldRow {
        webhook: webhook.map_or_else(String::new, |webhook| visible(&webhook.name)),
        status: super::webhooks::standing(admin, delivery),
    }
}

pub(super) async fn list(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let shown = show_all(&admin, params.get("done")).await;
    admin.answer(shown)
}

async fn show_all(admin: &Admin, done: Option<&str>) -> Result<Response> {
    admin.must_see(Area::Logs)?;
    let open = admin.idp().open_firings(&admin.ctx, OPEN).await?;
    let alerts = admin.idp().admin_alerts(&admin.ctx).await?;
    let all: i64 = alerts.iter().map(|view| view.open).sum();
    let shown = i64::try_from(open.len()).unwrap_or(OPEN);
    let row = |view: &AlertView| AlertRow {
        url: url_of(&view.alert),
        name: visible(&view.alert.name),
        says: says(&view.alert),
        status: status(&view.alert, admin),
        fired: view.last_fired.map(|at| admin.moment(at)),
    };
    let mut console = admin.frame("Alerts", Section::Alerts);
    console.notice = match done {
        Some("delete") => Some("The alert is deleted.".to_owned()),
        Some("noted") => Some("Acknowledged.".to_owned()),
        _ => None,
    };
    Ok(html::page(&AlertList {
        console,
        create: admin.may(WRITE.0, WRITE.1).then(|| Link::new("New alert", format!("{PATH}/new"))),
        firings: open.iter().map(|(alert, firing)| firing_row(admin, alert, firing, None)).collect(),
        more: (all > shown).then(|| format!("{} more are on the alerts’ own pages.", number(all - shown))),
        alerts: alerts.iter().map(row).collect(),
        webhooks: Link::new("Webhooks", super::webhooks::PATH),
    }))
}

pub(super) async fn get(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let shown = show(&admin, &id, &params).await;
    admin.answer(shown)
}

async fn show(admin: &Admin, id: &str, params: &Params) -> Result<Response> {
    admin.must_see(Area::Logs)?;
    let view = admin.idp().admin_alert(&admin.ctx, id).await?;
    let alert = &view.alert;
    let found = or_the_first(params.get("after"), |after| async move {
        admin.idp().admin_firings(&admin.ctx, id, after, Some(PAGE)).await.map(|(_, page)| page)
    })
    .await?;
    let webhooks = admin.idp().admin_webhooks(&admin.ctx).await?;
    let mut firings = Vec::new();
    for firing in &found.items {
        let told = admin.idp().deliveries_of_firing(&admin.ctx, firing.id).await?;
        let told = told.iter().map(|delivery| told_row(admin, &webhooks, delivery)).collect();
        firings.push(firing_row(admin, alert, firing, Some(told)));
    }
    let writes = admin.may(WRITE.0, WRITE.1);
    let url = url_of(alert);
    let mut console = admin.frame(&visible(&alert.name), Section::Alerts);
    console.notice = params.get("done").and_then(done).map(str::to_owned);
    let sum = match alert.times_usual {
        0 => format!("It fires at {}.", says(alert)),
        times => format!(
            "It fires at {} in an hour of the clock, if that is {times} times what was usual in an hour of the last \
             seven days.",
            count(usize::try_from(alert.at_least).unwrap_or(0), "event")
        ),
    };
    Ok(html::page(&AlertPage {
        console,
        back: Link::new("Alerts", PATH),
        status: status(alert, admin),
        says: sum,
        log_url: search_url(&alert.search),
        firings,
        paging: Paging {
            newer: None,
            older: found.next.map(|cursor| format!("{url}?after={}", encoded(&cursor))),
            note: None,
        },
        facts: facts(&view, &webhooks, admin),
        edit: if writes { vec![Link::new("Edit", format!("{url}/edit"))] } else { Vec::new() },
        actions: if writes { actions(&view, admin) } else { Vec::new() },
    }))
}

fn done(done: &str) -> Option<&'static str> {
    Some(match done {
        "create" => "The alert is created: it hears what happens from now on.",
        "edit" => "The alert is saved.",
        "mute" => "The alert is muted. It goes on listening.",
        "unmute" => "The alert tells again.",
        "off" => "The alert is off: it hears nothing.",
        "on" => "The alert is on.",
        "noted" => "Acknowledged.",
        _ => return None,
    })
}

/// What it looks for, term by term.
fn terms(search: &SearchTerms) -> impl Iterator<Item = Fact> {
    [
        ("Words", &search.q),
        ("Filter", &search.filter),
        ("Kind", &search.kind),
        ("Outcome", &search.outcome),
        ("App", &search.app),
        ("User", &search.user),
        ("Address", &search.ip),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(label, value)| Fact::text(label, visible(value)))
}

fn facts(view: &AlertView, webhooks: &[Webhook], admin: &Admin) -> Vec<Fact> {
    let alert = &view.alert;
    let mut facts: Vec<Fact> = terms(&alert.search).collect();
    for webhook in webhooks.iter().filter(|webhook| view.webhooks.contains(&webhook.id)) {
        facts.push(Fact::text("Tells", visible(&webhook.name)).to(super::webhooks::url_of(webhook)));
    }
    facts.push(Fact::code("Id", alert.id.to_string()));
    facts.push(Fact::text("Changed", admin.moment(alert.updated_at).shown));
    facts
}

fn actions(view: &AlertView, admin: &Admin) -> Vec<Action> {
    let (alert, url) = (&view.alert, url_of(&view.alert));
    let post = |label: &str, last: &str| Action::post(label, format!("{url}/{last}"));
    let mut actions = Vec::new();
    if view.open > 1 {
        actions.push(post("Acknowledge all", "acknowledge"));
    }
    match (alert.enabled, alert.is_muted(admin.ctx.now)) {
        (false, _) => actions.push(post("Switch on", "on").explain("It hears what happens from then on.")),
        (true, true) => actions.push(post("Unmute", "unmute")),
        (true, false) => {
            actions.push(post("Mute for an hour", "mute-hour"));
            actions.push(
                post("Mute for a week", "mute-week").explain("It goes on listening and fires nothing."),
            );
        }
    }
    if alert.enabled {
        actions.push(post("Switch off", "off").explain("It hears nothing until it is switched on."));
    }
    if alert.shipped.is_none() {
        actions.push(Action::ask("Delete…", format!("{url}/delete")).dangerous());
    }
    actions
}

/// Mutes it, switches it, or takes note of all its firings.
pub(super) async fn set(
    admin: Admin,
    Path((id, action)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let set: Result<Response> = async {
        admin.open(&headers, &body, WRITE)?;
        let (idp, ctx, caller) = (admin.idp(), &admin.ctx, &admin.caller);
        let said = match action.as_str() {
            "mute-hour" => idp.admin_mute_alert(ctx, caller, &id, Some(60)).await.map(|_| "mute")?,
            "mute-week" => idp.admin_mute_alert(ctx, caller, &id, Some(7 * 1_440)).await.map(|_| "mute")?,
            "unmute" => idp.admin_mute_alert(ctx, caller, &id, None).await.map(|_| "unmute")?,
            "on" => idp.admin_switch_alert(ctx, caller, &id, true).await.map(|_| "on")?,
            "off" => idp.admin_switch_alert(ctx, caller, &id, false).await.map(|_| "off")?,
            "acknowledge" => idp.admin_acknowledge(ctx, caller, &id, None).await.map(|()| "noted")?,
            _ => return Err(Failure::Missing("There is nothing at this address.")),
        };
        Ok(step::redirect(&format!("{PATH}/{}?done={said}", encoded(&id))))
    }
    .await;
    admin.answer(set)
}

/// Takes note of one firing.
pub(super) async fn acknowledge(
    admin: Admin,
    Path((id, firing)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let noted: Result<Response> = async {
        admin.open(&headers, &body, WRITE)?;
        admin.idp().admin_acknowledge(&admin.ctx, &admin.caller, &id, Some(&firing)).await?;
        Ok(step::redirect(&format!("{PATH}/{}?done=noted", encoded(&id))))
    }
    .await;
    admin.answer(noted)
}

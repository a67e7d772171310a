//! A new alert, its settings, its end.

use super::admin::Admin;
use super::alerts::{PATH, WRITE, says, url_of};
use super::failure::Result;
use super::form::{Form, again, clashing, refused};
use super::log::{KINDS, OUTCOMES, terms_of};
use super::review::reviewed;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::alert::{Alert, SearchTerms};
use signet_domain::webhook::Webhook;
use signet_idp::admin::AdminError;
use signet_idp::admin::alerts::{AlertSettings, AlertView};
use signet_idp::syslog::visible;
use signet_web::{Field, FormPage, Link, Pick, Section};

/// Windows to choose from, in minutes.
const WINDOWS: &[(i64, &str)] = &[
    (1, "a minute"),
    (5, "5 minutes"),
    (10, "10 minutes"),
    (15, "15 minutes"),
    (30, "30 minutes"),
    (60, "an hour"),
    (360, "6 hours"),
    (720, "12 hours"),
    (1_440, "a day"),
];

/// How much more than usual, to choose from.
const TIMES: &[(i64, &str)] = &[
    (0, "However many are usual"),
    (2, "2 times the usual"),
    (3, "3 times the usual"),
    (5, "5 times the usual"),
    (10, "10 times the usual"),
    (20, "20 times the usual"),
];

fn crumbs(alert: Option<&Alert>) -> Vec<Link> {
    let mut crumbs = vec![Link::new("Alerts", PATH)];
    crumbs.extend(alert.map(|alert| Link::new(visible(&alert.name), url_of(alert))));
    crumbs
}

/// A list to choose from, with what stands there now though it isn't in it.
fn picks(list: &[(i64, &str)], now: i64, other: impl Fn(i64) -> String) -> Vec<Pick> {
    let known = list.iter().any(|(value, _)| *value == now);
    let mut picks: Vec<Pick> =
        list.iter().map(|(value, label)| Pick::new(value.to_string(), *label, *value == now)).collect();
    if !known {
        picks.push(Pick::new(now.to_string(), other(now), true));
    }
    picks
}

fn fields(page: FormPage, webhooks: &[Webhook], settings: &AlertSettings, at_least: &str) -> FormPage {
    let search = &settings.search;
    let outcomes = OUTCOMES.iter().map(|(value, label)| Pick::new(*value, *label, search.outcome == *value));
    let kinds = KINDS.iter().map(|(value, label)| Pick::new(*value, *label, search.kind == *value));
    let window = picks(WINDOWS, settings.window_minutes, |n| format!("{n} minutes"));
    let times = picks(TIMES, settings.times_usual, |n| format!("{n} times the usual"));
    let page = page
        .fields([Field::line("name", "Name", &settings.name).required().help("What the notice says.")])
        .group(
            "Looks for",
            [
                Field::line("q", "Words", &search.q),
                Field::line("filter", "Filter", &search.filter)
                    .mono()
                    .help("As in the log, such as: eventType eq \"user.account.lock\"."),
                Field::select("kind", "Kind", kinds.collect()),
                Field::select("outcome", "Outcome", outcomes.collect()),
                Field::line("app", "App", &search.app).mono().help("A client id."),
                Field::line("user", "User", &search.user).mono().help("A user’s id."),
                Field::line("ip", "Address", &search.ip).mono(),
            ],
        )
        .group(
            "Fires at",
            [
                Field::number("at_least", "Events", at_least).required().help("From 1 to 1,000."),
                Field::select("window", "Within", window),
                Field::select("times", "And", times)
                    .help("The usual is the mean hour of the last seven days; it goes with “an hour”."),
            ],
        );
    if webhooks.is_empty() {
        return page;
    }
    let pick = |webhook: &Webhook| {
        let id = webhook.id.to_string();
        let ticked = settings.webhooks.contains(&id);
        Pick::new(id, visible(&webhook.name), ticked)
    };
    page.group("Tells", [Field::checks("webhooks", "Webhooks", webhooks.iter().map(pick).collect())])
}

fn search_of(form: &Form) -> SearchTerms {
    SearchTerms {
        q: form.text("q"),
        filter: form.text("filter"),
        kind: form.text("kind"),
        outcome: form.text("outcome"),
        app: form.text("app"),
        user: form.text("user"),
        ip: form.text("ip"),
    }
}

fn sent(form: &Form, enabled: bool) -> AlertSettings {
    // What is no number is refused like a number that is out of bounds.
    let number = |name| form.number(name).ok().flatten().unwrap_or(-1);
    AlertSettings {
        name: form.text("name"),
        enabled,
        search: search_of(form),
        at_least: number("at_least"),
        window_minutes: number("window"),
        times_usual: number("times"),
        webhooks: form.all("webhooks"),
    }
}

async fn new_page(admin: &Admin, settings: &AlertSettings, at_least: &str) -> Result<FormPage> {
    let webhooks = admin.idp().admin_webhooks(&admin.ctx).await?;
    let title = ("New alert", Section::Alerts);
    let page = admin.form(title, crumbs(None), format!("{PATH}/new"), "Create alert");
    Ok(fields(page, &webhooks, settings, at_least))
}

async fn edit_page(
    admin: &Admin,
    alert: &Alert,
    version: &str,
    settings: &AlertSettings,
    at_least: &str,
) -> Result<FormPage> {
    let webhooks = admin.idp().admin_webhooks(&admin.ctx).await?;
    let action = format!("{}/edit", url_of(alert));
    let page = admin.edit_form(("Edit alert", Section::Alerts), crumbs(Some(alert)), action, version);
    Ok(fields(page, &webhooks, settings, at_least))
}

async fn edit_page_now(admin: &Admin, view: &AlertView) -> Result<FormPage> {
    let alert = &view.alert;
    let now = AlertSettings {
        name: alert.name.clone(),
        enabled: alert.enabled,
        search: alert.search.0.clone(),
        at_least: alert.at_least,
        window_minutes: alert.window_minutes,
        times_usual: alert.times_usual,
        webhooks: view.webhooks.iter().map(ToString::to_string).collect(),
    };
    edit_page(admin, alert, &alert.version.to_string(), &now, &alert.at_least.to_string()).await
}

/// The fields under the names that the form gives them.
fn named(error: AdminError) -> AdminError {
    let names = [
        ("search.", ""),
        ("search:", "q:"),
        ("atLeast:", "at_least:"),
        ("windowMinutes:", "window:"),
        ("timesUsual:", "times:"),
    ];
    let rename = |cause: String| {
        let found = names.iter().find_map(|(from, to)| Some(format!("{to}{}", cause.strip_prefix(from)?)));
        found.unwrap_or(cause)
    };
    match error {
        AdminError::Invalid { subject, causes } => {
            AdminError::Invalid { subject, causes: causes.into_iter().map(rename).collect() }
        }
        other => other,
    }
}

async fn find(admin: &Admin, id: &str) -> Result<AlertView> {
    Ok(admin.idp().admin_alert(&admin.ctx, id).await?)
}

/// The form, with what the address searches for in it: the log's addresses lead here.
pub(super) async fn new(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let settings = AlertSettings {
        name: String::new(),
        enabled: true,
        search: terms_of(query.as_deref().unwrap_or_default()),
        at_least: 1,
        window_minutes: 60,
        times_usual: 0,
        webhooks: Vec::new(),
    };
    let shown = async {
        admin.must(WRITE.0, WRITE.1)?;
        Ok(html::page(&new_page(&admin, &settings, "1").await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn create(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let made: Result<Response> = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let settings = sent(&form, true);
        let page = new_page(&admin, &settings, form.raw("at_least")).await?;
        match admin.idp().admin_create_alert(&admin.ctx, &admin.caller, settings).await {
            Ok(view) => Ok(step::redirect(&format!("{}?done=create", url_of(&view.alert)))),
            Err(error) => again(page, named(error)),
        }
    }
    .await;
    admin.answer(made)
}

pub(super) async fn edit(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(WRITE.0, WRITE.1)?;
        Ok(html::page(&edit_page_now(&admin, &find(&admin, &id).await?).await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn save(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let saved: Result<Response> = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let view = find(&admin, &id).await?;
        let alert = &view.alert;
        let settings = sent(&form, alert.enabled);
        let mut page = edit_page(&admin, alert, form.raw("version"), &settings, form.raw("at_least")).await?;
        if let Some(answer) = reviewed(&form, &mut page, &edit_page_now(&admin, &view).await?) {
            return Ok(answer);
        }
        let (ctx, caller) = (&admin.ctx, &admin.caller);
        match admin.idp().admin_replace_alert(ctx, caller, &id, settings, &form.expected()).await {
            Ok(view) => Ok(step::redirect(&format!("{}?done=edit", url_of(&view.alert)))),
            Err(AdminError::Stale) => {
                Ok(clashing(page, &edit_page_now(&admin, &find(&admin, &id).await?).await?))
            }
            Err(error) => again(page, named(error)),
        }
    }
    .await;
    admin.answer(saved)
}

fn delete_page(admin: &Admin, alert: &Alert) -> FormPage {
    let action = format!("{}/delete", url_of(alert));
    let page = admin.form(("Delete an alert", Section::Alerts), crumbs(Some(alert)), action, "Delete");
    let page = page.intro(format!(
        "{} ({}) is gone for good, with its list of firings. The system log keeps what it says of them.",
        visible(&alert.name),
        says(alert)
    ));
    admin.asking(page.dangerous())
}

pub(super) async fn ask_delete(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(WRITE.0, WRITE.1)?;
        Ok(html::page(&delete_page(&admin, &find(&admin, &id).await?.alert)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn delete(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let deleted: Result<Response> = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let mut page = delete_page(&admin, &find(&admin, &id).await?.alert);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        match admin.idp().admin_delete_alert(&admin.ctx, &admin.caller, &id).await {
            Ok(()) => Ok(step::redirect(&format!("{PATH}?done=delete"))),
            Err(error) => again(page, error),
        }
    }
    .await;
    admin.answer(deleted)
}

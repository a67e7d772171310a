//! Webhooks: the list, one of them with what it was told, and what can be done with it.

use super::admin::Admin;
use super::failure::{Failure, Result};
use super::form::{Form, again, clashing, refused};
use super::next::encoded;
use super::prefix::or_the_first;
use super::review::reviewed;
use super::words;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::webhook::{Webhook, WebhookDelivery};
use signet_idp::admin::AdminError;
use signet_idp::admin::webhooks::WebhookSettings;
use signet_idp::syslog::visible;
use signet_oauth::{Params, Secret};
use signet_web::{
    Action, DeliveryRow, Empty, Fact, Field, FormPage, Link, Paging, Pick, Section, ShownOnce, Status, Tone,
    WebhookList, WebhookPage, WebhookRow,
};

use super::alerts::WRITE;

pub(super) const PATH: &str = "/console/webhooks";
const PAGE: i64 = 20;

/// Its address.
pub(super) fn url_of(webhook: &Webhook) -> String {
    format!("{PATH}/{}", webhook.id)
}

fn crumbs(webhook: Option<&Webhook>) -> Vec<Link> {
    let mut crumbs = vec![Link::new("Alerts", super::alerts::PATH), Link::new("Webhooks", PATH)];
    crumbs.extend(webhook.map(|webhook| Link::new(visible(&webhook.name), url_of(webhook))));
    crumbs
}

/// How a delivery stands, in a few words.
pub(super) fn standing(admin: &Admin, delivery: &WebhookDelivery) -> Status {
    let answer = delivery.status.map_or("no answer".to_owned(), |status| format!("answer {status}"));
    match (delivery.delivered, delivery.next_at) {
        (true, _) => Status::new("Delivered", Tone::Good),
        (false, Some(_)) if delivery.tried_at.is_none() => Status::new("Waiting", Tone::Quiet),
        (false, Some(at)) => {
            let (again, zone) = (admin.brief(at).shown, admin.zone().label(at));
            Status::new(format!("{answer}, tried again at {again} {zone}"), Tone::Warn)
        }
        (false, None) if delivery.tried_at.is_none() => Status::new("Not sent", Tone::Quiet),
        (false, None) => Status::new(format!("{answer}, given up"), Tone::Bad),
    }
}

pub(super) async fn list(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let done = query.is_some_and(|q| q == "done=delete");
    let shown = show_all(&admin, done).await;
    admin.answer(shown)
}

async fn show_all(admin: &Admin, done: bool) -> Result<Response> {
    admin.must_see(WRITE.0)?;
    let all = admin.idp().admin_webhooks(&admin.ctx).await?;
    let row = |webhook: &Webhook| WebhookRow {
        url: url_of(webhook),
        name: visible(&webhook.name),
        to: signet_idp::webhooks::place(&webhook.url),
        status: words::on_or_off(webhook.enabled),
        changed: admin.moment(webhook.updated_at),
    };
    let mut console = admin.frame("Webhooks", Section::Alerts);
    console.notice = done.then(|| "The webhook is deleted.".to_owned());
    let create = admin.may(WRITE.0, WRITE.1).then(|| Link::new("New webhook", format!("{PATH}/new")));
    Ok(html::page(&WebhookList {
        console,
        back: Link::new("Alerts", super::alerts::PATH),
        create: create.clone(),
        webhooks: all.iter().map(row).collect(),
        empty: all.is_empty().then(|| Empty::NothingYet {
            sentence:
                "A webhook is an address of yours that alerts tell, signed so that you know it is Signet."
                    .to_owned(),
            action: create,
        }),
    }))
}

pub(super) async fn get(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let shown = show(&admin, &id, &params).await;
    admin.answer(shown)
}

async fn show(admin: &Admin, id: &str, params: &Params) -> Result<Response> {
    admin.must_see(WRITE.0)?;
    let webhook = admin.idp().admin_webhook(&admin.ctx, id).await?;
    let found = or_the_first(params.get("after"), |after| {
        admin.idp().admin_webhook_deliveries(&admin.ctx, id, after, Some(PAGE))
    })
    .await?;
    let (now, url) = (admin.ctx.now, url_of(&webhook));
    let row = |delivery: &WebhookDelivery| DeliveryRow {
        what: if delivery.firing_id.is_some() { "An alert fired" } else { "A test" }.to_owned(),
        at: admin.moment(delivery.created_at),
        attempts: words::count(usize::try_from(delivery.attempts).unwrap_or(0), "attempt"),
        id: delivery.id.to_string(),
        status: standing(admin, delivery),
    };
    let mut console = admin.frame(&visible(&webhook.name), Section::Alerts);
    console.notice = params.get("done").and_then(told).map(str::to_owned);
    let mut facts = vec![
        Fact::code("Address", visible(&webhook.url)),
        Fact::text("Secret made", admin.moment(webhook.secret_made_at).shown),
    ];
    if let Some(until) = webhook.previous_until.filter(|until| *until > now) {
        facts.push(Fact::text("The one before signs until", admin.moment(until).shown));
    }
    facts.push(Fact::code("Id", webhook.id.to_string()));
    let writes = admin.may(WRITE.0, WRITE.1);
    let filter =
        encoded(&format!("eventType eq \"system.webhook.deliver\" and target.id eq \"{}\"", webhook.id));
    Ok(html::page(&WebhookPage {
        console,
        crumbs: crumbs(None),
        status: words::on_or_off(webhook.enabled),
        deliveries: found.items.iter().map(row).collect(),
        paging: Paging {
            newer: None,
            older: found.next.map(|cursor| format!("{url}?after={}", encoded(&cursor))),
            note: None,
        },
        log_url: format!("/console/log?range=7d&filter={filter}"),
        facts,
        edit: if writes { vec![Link::new("Edit", format!("{url}/edit"))] } else { Vec::new() },
        actions: if writes { actions(&webhook, &url) } else { Vec::new() },
    }))
}

fn told(done: &str) -> Option<&'static str> {
    Some(match done {
        "edit" => "The webhook is saved.",
        "test" => "The test is on its way: look again in a moment for what came of it.",
        _ => return None,
    })
}

fn actions(webhook: &Webhook, url: &str) -> Vec<Action> {
    let mut actions = Vec::new();
    if webhook.enabled {
        actions.push(Action::post("Send a test", format!("{url}/test")));
    }
    let roll = "Makes another secret. The one before signs beside it for a day.";
    actions.push(Action::ask("Roll the secret…", format!("{url}/roll")).explain(roll));
    actions.push(Action::ask("Delete…", format!("{url}/delete")).dangerous());
    actions
}

pub(super) async fn test(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let sent: Result<Response> = async {
        admin.open(&headers, &body, WRITE)?;
        match admin.idp().admin_test_webhook(&admin.ctx, &id).await {
            Ok(_) => Ok(step::redirect(&format!("{PATH}/{}?done=test", encoded(&id)))),
            Err(AdminError::Invalid { .. }) => Err(Failure::Refused(
                "A test needs a webhook that is on, and at most ten are sent in a minute. Nothing was sent.",
            )),
            Err(error) => Err(error.into()),
        }
    }
    .await;
    admin.answer(sent)
}

fn fields(page: FormPage, settings: &WebhookSettings) -> FormPage {
    let pick = |value: &str, label: &str, on: bool| Pick::new(value, label, settings.enabled == on);
    page.fields([
        Field::line("name", "Name", &settings.name).required(),
        Field::line("url", "Address", &settings.url).required().mono().help(
            "An https address on the public internet. It answers with 200 to 299 when it has taken note.",
        ),
        Field::radio("state", "State", vec![pick("on", "On", true), pick("off", "Off", false)]),
    ])
}

fn sent(form: &Form) -> WebhookSettings {
    WebhookSettings { name: form.text("name"), url: form.text("url"), enabled: form.raw("state") != "off" }
}

fn new_page(admin: &Admin, settings: &WebhookSettings) -> FormPage {
    let title = ("New webhook", Section::Alerts);
    let page = admin.form(title, crumbs(None), format!("{PATH}/new"), "Create webhook");
    admin.asking(fields(page, settings))
}

fn edit_page(admin: &Admin, webhook: &Webhook, version: &str, settings: &WebhookSettings) -> FormPage {
    let action = format!("{}/edit", url_of(webhook));
    let page = admin.edit_form(("Edit webhook", Section::Alerts), crumbs(Some(webhook)), action, version);
    admin.asking(fields(page, settings))
}

fn edit_page_now(admin: &Admin, webhook: &Webhook) -> FormPage {
    let now =
        WebhookSettings { name: webhook.name.clone(), url: webhook.url.clone(), enabled: webhook.enabled };
    edit_page(admin, webhook, &webhook.version.to_string(), &now)
}

async fn find(admin: &Admin, id: &str) -> Result<Webhook> {
    Ok(admin.idp().admin_webhook(&admin.ctx, id).await?)
}

/// The secret, this once.
fn shown(admin: &Admin, webhook: &Webhook, secret: &Secret) -> Response {
    html::page(&ShownOnce {
        console: admin.frame(&format!("The secret of {}", visible(&webhook.name)), Section::Alerts),
        crumbs: crumbs(Some(webhook)),
        sentence: "With it whoever is told checks the header webhook-signature (Standard Webhooks)."
            .to_owned(),
        values: vec![Fact::code("Secret", secret.expose())],
        snippet: None,
        next: Link::new("Go to the webhook", url_of(webhook)),
    })
}

pub(super) async fn new(admin: Admin) -> Response {
    let empty = WebhookSettings { name: String::new(), url: String::new(), enabled: true };
    let shown = admin.must(WRITE.0, WRITE.1).map(|()| html::page(&new_page(&admin, &empty)));
    admin.answer(shown)
}

pub(super) async fn create(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let made: Result<Response> = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let settings = sent(&form);
        let mut page = new_page(&admin, &settings);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        admin.once(&form).await?;
        match admin.idp().admin_create_webhook(&admin.ctx, &admin.caller, settings).await {
            Ok((webhook, secret)) => Ok(shown(&admin, &webhook, &secret)),
            Err(error) => again(page, error),
        }
    }
    .await;
    admin.answer(made)
}

pub(super) async fn edit(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(WRITE.0, WRITE.1)?;
        Ok(html::page(&edit_page_now(&admin, &find(&admin, &id).await?)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn save(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let saved: Result<Response> = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (webhook, settings) = (find(&admin, &id).await?, sent(&form));
        let mut page = edit_page(&admin, &webhook, form.raw("version"), &settings);
        if let Some(answer) = reviewed(&form, &mut page, &edit_page_now(&admin, &webhook)) {
            return Ok(answer);
        }
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let (ctx, caller) = (&admin.ctx, &admin.caller);
        match admin.idp().admin_replace_webhook(ctx, caller, &id, settings, &form.expected()).await {
            Ok(webhook) => Ok(step::redirect(&format!("{}?done=edit", url_of(&webhook)))),
            Err(AdminError::Stale) => Ok(clashing(page, &edit_page_now(&admin, &find(&admin, &id).await?))),
            Err(error) => again(page, error),
        }
    }
    .await;
    admin.answer(saved)
}

fn roll_page(admin: &Admin, webhook: &Webhook) -> FormPage {
    let action = format!("{}/roll", url_of(webhook));
    let page =
        admin.form(("Roll the secret", Section::Alerts), crumbs(Some(webhook)), action, "Make another");
    let intro = "For a day each call is signed with both secrets, so that the receiver can be switched over. After \
                 that only the new one counts.";
    admin.asking(page.intro(intro))
}

pub(super) async fn ask_roll(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(WRITE.0, WRITE.1)?;
        Ok(html::page(&roll_page(&admin, &find(&admin, &id).await?)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn roll(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let rolled: Result<Response> = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let mut page = roll_page(&admin, &find(&admin, &id).await?);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        admin.once(&form).await?;
        match admin.idp().admin_roll_webhook_secret(&admin.ctx, &admin.caller, &id).await {
            Ok((webhook, secret)) => Ok(shown(&admin, &webhook, &secret)),
            Err(error) => again(page, error),
        }
    }
    .await;
    admin.answer(rolled)
}

fn delete_page(admin: &Admin, webhook: &Webhook) -> FormPage {
    let action = format!("{}/delete", url_of(webhook));
    let page = admin.form(("Delete a webhook", Section::Alerts), crumbs(Some(webhook)), action, "Delete");
    let page = page.intro(format!(
        "{} is told nothing any more, and its list of deliveries is gone. Alerts that told it go on without it.",
        visible(&webhook.name)
    ));
    admin.asking(page.dangerous())
}

pub(super) async fn ask_delete(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(WRITE.0, WRITE.1)?;
        Ok(html::page(&delete_page(&admin, &find(&admin, &id).await?)))
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
        let mut page = delete_page(&admin, &find(&admin, &id).await?);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        admin.idp().admin_delete_webhook(&admin.ctx, &admin.caller, &id).await?;
        Ok(step::redirect(&format!("{PATH}?done=delete")))
    }
    .await;
    admin.answer(deleted)
}

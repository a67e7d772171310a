//! Webhooks.

use super::{HOSTILE, LONG, Sample, console, sample, some, time};
use crate::{
    Action, DeliveryRow, Empty, Fact, Link, Paging, Section, Status, Tone, WebhookList, WebhookPage,
    WebhookRow,
};

pub(super) fn all() -> Vec<Sample> {
    let row = |name: &str, word: &str, tone| WebhookRow {
        url: "/console/webhooks/1".to_owned(),
        name: name.to_owned(),
        to: format!("https://{LONG}"),
        status: Status::new(word, tone),
        changed: time("today, 14:02 UTC"),
    };
    let list = WebhookList {
        console: console("Webhooks", Section::Alerts),
        back: Link::new("Alerts", "/console/alerts"),
        create: Some(Link::new("New webhook", "/console/webhooks/new")),
        webhooks: vec![row("On call", "On", Tone::Good), row(HOSTILE, "Off", Tone::Quiet)],
        empty: None,
    };
    let empty = WebhookList {
        webhooks: Vec::new(),
        empty: Some(Empty::NothingYet { sentence: "An address that alerts tell.".to_owned(), action: None }),
        ..list.clone()
    };
    let told = |word: &str, tone| DeliveryRow {
        what: "An alert fired".to_owned(),
        at: time("today, 14:02 UTC"),
        attempts: "2 attempts".to_owned(),
        id: "whd0000000000000000000001".to_owned(),
        status: Status::new(word, tone),
    };
    let webhook = WebhookPage {
        console: console(HOSTILE, Section::Alerts),
        crumbs: vec![Link::new("Alerts", "/console/alerts"), Link::new("Webhooks", "/console/webhooks")],
        status: Status::new("On", Tone::Good),
        deliveries: vec![
            told("Delivered", Tone::Good),
            told("answer 503, tried again at 14:02:07 UTC", Tone::Warn),
            told("no answer, given up", Tone::Bad),
        ],
        paging: Paging { older: some("/console/webhooks/1?after=x"), ..Paging::default() },
        log_url: "/console/log?filter=x".to_owned(),
        facts: vec![
            Fact::code("Address", format!("https://hooks.example/{LONG}")),
            Fact::text("Secret made", "today"),
        ],
        edit: vec![Link::new("Edit", "/console/webhooks/1/edit")],
        actions: vec![
            Action::post("Send a test", "/console/webhooks/1/test"),
            Action::ask("Roll the secret…", "/console/webhooks/1/roll").explain("Makes another secret."),
        ],
    };
    let quiet = WebhookPage { deliveries: Vec::new(), actions: Vec::new(), ..webhook.clone() };
    vec![
        sample("webhooks-hostile", &list),
        sample("webhooks-empty", &empty),
        sample("webhook-hostile", &webhook),
        sample("webhook-quiet", &quiet),
    ]
}

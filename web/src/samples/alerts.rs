//! Alerts.

use super::{HOSTILE, LONG, Sample, console, sample, some, time};
use crate::{
    Action, AlertList, AlertPage, AlertRow, Fact, FiringRow, Link, NavItem, Paging, Section, Status, ToldRow,
    Tone,
};

pub(super) fn all() -> Vec<Sample> {
    let row = |name: &str, word: &str, tone, fired: Option<&str>| AlertRow {
        url: "/console/alerts/1".to_owned(),
        name: name.to_owned(),
        says: "20 events in an hour, 5 times the usual".to_owned(),
        status: Status::new(word, tone),
        fired: fired.map(time),
    };
    let firing = |alert: Option<&str>, noted: Option<&str>| FiringRow {
        alert: alert.map(|name| Link::new(name, "/console/alerts/1")),
        fired: time("today, 14:02 UTC"),
        events: "1,204 events".to_owned(),
        window: "24 Nov 2026, 13:02:07 to 14:02:07 UTC".to_owned(),
        url: "/console/log?since=2026-11-24T13:02:07Z".to_owned(),
        noted: noted.map(str::to_owned),
        told: vec![ToldRow {
            webhook: LONG.to_owned(),
            status: Status::new("no answer, given up", Tone::Bad),
        }],
        acknowledge: noted
            .is_none()
            .then(|| Action::post("Acknowledge", "/console/alerts/1/firings/1/acknowledge")),
    };
    let list = AlertList {
        console: console("Alerts", Section::Alerts),
        create: Some(Link::new("New alert", "/console/alerts/new")),
        firings: vec![firing(Some("Administrator role given"), None), firing(Some(HOSTILE), None)],
        more: some("12 more are on the alerts’ own pages."),
        alerts: vec![
            row("Administrator role given", "On", Tone::Good, Some("today, 14:02 UTC")),
            row(HOSTILE, "Muted", Tone::Warn, Some("3 Mar 2025")),
            row(LONG, "Off", Tone::Quiet, None),
        ],
        webhooks: Link::new("Webhooks", "/console/webhooks"),
    };
    let mut badged = list.clone();
    badged.console.nav = badged
        .console
        .nav
        .into_iter()
        .map(|item| if item.section == Section::Alerts { NavItem::badge(item, "12") } else { item })
        .collect();
    let quiet = AlertList { firings: Vec::new(), more: None, create: None, ..list };
    let alert = AlertPage {
        console: console(HOSTILE, Section::Alerts),
        back: Link::new("Alerts", "/console/alerts"),
        status: Status::new("Muted", Tone::Warn),
        says: "It fires at 20 events in an hour, if that is 5 times the usual.".to_owned(),
        log_url: "/console/log?filter=x".to_owned(),
        firings: vec![
            firing(None, None),
            firing(None, Some(&format!("Acknowledged by {LONG}, today, 14:05 UTC"))),
        ],
        paging: Paging { older: some("/console/alerts/1?after=x"), ..Paging::default() },
        facts: vec![Fact::text("Filter", LONG), Fact::code("Id", "alt0000000000000000000001")],
        edit: vec![Link::new("Edit", "/console/alerts/1/edit")],
        actions: vec![
            Action::post("Mute for an hour", "/console/alerts/1/mute-hour").explain("It goes on listening."),
            Action::ask("Delete…", "/console/alerts/1/delete").dangerous(),
        ],
    };
    let never = AlertPage { firings: Vec::new(), actions: Vec::new(), edit: Vec::new(), ..alert.clone() };
    vec![
        sample("alerts-hostile", &badged),
        sample("alerts-quiet", &quiet),
        sample("alert-hostile", &alert),
        sample("alert-never", &never),
    ]
}

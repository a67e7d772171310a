//! Rate policies.

use super::log::rows;
use super::{HOSTILE, LONG, Sample, console, sample, some, time};
use crate::{
    Action, Choice, Empty, Fact, Field, FormPage, Link, Pairs, PolicyList, PolicyPage, PolicyRow, Section,
    Status, Tone, Trial, TrialFound, TrialRow,
};

pub(super) fn all() -> Vec<Sample> {
    let row = |name: &str, word: &str, tone| PolicyRow {
        url: "/console/rate-policies/1".to_owned(),
        name: name.to_owned(),
        says: "3 tokens in 30 seconds and 100 in 1 hour, for each app".to_owned(),
        grants: "Authorization code, Client credentials, Password".to_owned(),
        status: Status::new(word, tone),
        changed: time("today, 14:02 UTC"),
    };
    let list = PolicyList {
        console: console("Rate policies", Section::Limits),
        back: Link::new("Limits", "/console/limits"),
        create: Some(Link::new("New rate policy", "/console/rate-policies/new")),
        policies: vec![
            row("Partners", "In force", Tone::Good),
            row(HOSTILE, "Dry run", Tone::Warn),
            row(LONG, "Off", Tone::Quiet),
        ],
        empty: None,
    };
    let empty = PolicyList {
        policies: Vec::new(),
        empty: Some(Empty::NothingYet { sentence: "Nothing but the fixed limit.".to_owned(), action: None }),
        ..list.clone()
    };
    let policy = PolicyPage {
        console: console(HOSTILE, Section::Limits),
        crumbs: vec![Link::new("Limits", "/console/limits")],
        status: Status::new("In force", Tone::Good),
        says: format!("3 tokens in 30 seconds, for each value of {LONG}."),
        facts: vec![Fact::text("Windows", "Sliding"), Fact::code("Namespace", LONG)],
        refusals: Some(rows().into_iter().take(1).collect()),
        log_url: some("/console/log"),
        edit: vec![Link::new("Settings", "/console/rate-policies/1/edit")],
        actions: vec![
            Action::post("Dry run", "/console/rate-policies/1/dry-run").explain("It refuses nothing."),
        ],
    };
    vec![
        sample("policies-hostile", &list),
        sample("policies-empty", &empty),
        sample("policy-hostile", &policy),
        sample("policy-tried-hostile", &tried()),
    ]
}

fn tried() -> FormPage {
    let crumbs = vec![Link::new("Rate policies", "/console/rate-policies")];
    let console = console("New rate policy", Section::Limits);
    let pairs = Pairs {
        second: "window_size",
        labels: ("Most tokens", "Seconds"),
        words: ("tokens in", "seconds"),
        rows: vec![("3".to_owned(), "30".to_owned()), (String::new(), String::new())],
    };
    let mut form = FormPage::new(console, crumbs, "/console/rate-policies/new", "Create")
        .fields([Field::pairs("limit", "At most", pairs).help("The tightest decides.")]);
    let found = |who: &str| TrialRow {
        who: who.to_owned(),
        url: some("/console/apps/1"),
        passed: "90".to_owned(),
        refused: "1,204".to_owned(),
        first: time("14:02:07"),
        last: time("14:59:07"),
    };
    form.trial = Some(Trial {
        hours: vec![Choice::new("1", "the last hour", true)],
        found: Some(TrialFound {
            sentence: "Of 1,294 requests in the last hour 1,204 would have been refused.".to_owned(),
            note: some("There is more in the log than is replayed."),
            rows: vec![found("Storefront"), found(HOSTILE), found(LONG)],
        }),
    });
    form
}

//! Access policies, and questions that were answered.

use super::{HOSTILE, LONG, Sample, console, sample};
use crate::{
    AccessPolicyList, AccessPolicyPage, AccessPolicyRow, AccessRuleRow, Action, Answer, AnswerStep, Choice,
    Empty, Fact, Field, FormPage, Hidden, Link, Move, Pick, Section, Snippet, Status, Tone,
};

const POLICIES: &str = "/console/servers/aus1/policies";

fn on() -> Status {
    Status::new("On", Tone::Good)
}

fn moves() -> Vec<Move> {
    let step = |label, path: &str| Move {
        label,
        url: format!("{POLICIES}/00p1/{path}"),
        past: Hidden::new("past", "00p2"),
    };
    vec![step("Up", "up"), step("Down", "down")]
}

pub(super) fn all() -> Vec<Sample> {
    let row = |name: &str, apps: &str, status| AccessPolicyRow {
        url: format!("{POLICIES}/00p1"),
        name: name.to_owned(),
        status,
        apps: apps.to_owned(),
        rules: "3 rules".to_owned(),
        moves: moves(),
    };
    let crumbs = vec![Link::new("Authorization servers", "/console/servers"), Link::new("default", POLICIES)];
    let list = AccessPolicyList {
        console: console("Access policies", Section::Servers),
        crumbs: crumbs.clone(),
        says: "2 policies are in force and asked in order.".to_owned(),
        create: Some(Link::new("New access policy", "/console/servers/aus1/policies/new")),
        why: Link::new("Which rule decides", "/console/servers/aus1/policies/why"),
        policies: vec![
            row("Payroll", "Storefront, Legacy CRM", on()),
            row(HOSTILE, HOSTILE, Status::new("Off", Tone::Quiet)),
            row(LONG, LONG, on()),
        ],
        empty: None,
    };
    let empty = AccessPolicyList {
        policies: Vec::new(),
        empty: Some(Empty::NothingYet { sentence: "A policy names apps.".to_owned(), action: None }),
        ..list.clone()
    };
    let rule = |name: &str, who: &str| AccessRuleRow {
        url: Some(format!("{POLICIES}/00p1/rules/0pr1")),
        name: name.to_owned(),
        status: on(),
        facts: vec![Fact::text("Who", who), Fact::text("Grants", "Authorization code")],
        moves: moves(),
        switch: Some(Action::post("Switch off", format!("{POLICIES}/00p1/rules/0pr1/off"))),
    };
    let page = AccessPolicyPage {
        console: console(HOSTILE, Section::Servers),
        crumbs,
        status: on(),
        warning: Some("It is in force without a rule that is: it lets nobody through.".to_owned()),
        description: LONG.to_owned(),
        rules: vec![rule("Staff", "Night shift"), rule(HOSTILE, HOSTILE), rule(LONG, LONG)],
        add_rule: Some(Link::new("Add a rule", "/console/servers/aus1/policies/00p1/rules/new")),
        why: Link::new("Which rule decides", "/console/servers/aus1/policies/why"),
        facts: vec![Fact::text("Apps", "every app"), Fact::code("Id", LONG)],
        edit: vec![Link::new("Settings", "/console/servers/aus1/policies/00p1/edit")],
        actions: vec![
            Action::post("Switch off", "/console/servers/aus1/policies/00p1/off").explain("As if gone."),
        ],
    };
    vec![
        sample("access_policies-hostile", &list),
        sample("access_policies-empty", &empty),
        sample("access_policy-hostile", &page),
        sample("answer-hostile", &answered()),
        sample("inspected-hostile", &inspected()),
    ]
}

fn answered() -> FormPage {
    let crumbs = vec![Link::new("default", "/console/servers/aus1")];
    let console = console("Which rule decides", Section::Servers);
    let mut form =
        FormPage::new(console, crumbs, "/console/servers/aus1/policies/why#answer", "Ask").asking();
    form = form.fields([
        Field::line("client_id", "App", HOSTILE)
            .mono()
            .suggest([Choice::new("0oa1", "Storefront", false), Choice::new(HOSTILE, HOSTILE, false)]),
        Field::select("grant_type", "Grant", vec![Pick::new("password", "Password", true)]),
    ]);
    let step = |name: &str, why: &str| AnswerStep {
        what: Link::new(name, "/console/servers/aus1/policies/00p1"),
        within: "Payroll".to_owned(),
        status: Status::new("No", Tone::Quiet),
        why: why.to_owned(),
    };
    let mut answer = Answer::new(Status::new("Refused", Tone::Bad), HOSTILE);
    answer.note = Some(LONG.to_owned());
    answer.steps = vec![step("Staff", "It is off."), step(HOSTILE, HOSTILE), step(LONG, LONG)];
    answer.blocks = vec![Snippet {
        title: "Access token".to_owned(),
        code: format!("{{\n  \"sub\": \"{LONG}{HOSTILE}\"\n}}"),
    }];
    answer.links = vec![Link::new("Preview tokens", "/console/servers/aus1/preview")];
    form.answer = Some(answer);
    form
}

fn inspected() -> FormPage {
    let console = console("Token inspector", Section::Inspector);
    let mut form = FormPage::new(console, Vec::new(), "/console/inspect#answer", "Inspect").asking();
    form = form.fields([Field::lines("found", "Token or secret", "", 5).required().mono()]);
    let mut answer =
        Answer::new(Status::new("Good", Tone::Warn), format!("This is an access token that {LONG} got."));
    answer.facts = vec![Fact::text("App", HOSTILE).to("/console/apps/0oa1"), Fact::code("jti", LONG)];
    answer.links = vec![Link::new("The event that issued it", "/console/log/1")];
    answer.actions =
        vec![Action::ask("Revoke…", "/console/inspect/1/revoke").explain("Asks first.").dangerous()];
    form.answer = Some(answer);
    form
}

use super::{HOSTILE, LONG, Sample, console, sample, some};
use crate::{
    AppTry, Field, Hidden, Link, Section, Snippet, Status, Tone, TryForm, TryRow, TryTable, TryVerdict,
};

pub(super) fn all() -> Vec<Sample> {
    let row = |name: &str, value: &str, meaning: &str| TryRow {
        name: name.to_owned(),
        value: value.to_owned(),
        meaning: meaning.to_owned(),
    };
    let page = AppTry {
        console: console("Try Storefront", Section::Apps),
        crumbs: vec![Link::new("Apps", "/console/apps"), Link::new("Storefront", "/console/apps/0oa1")],
        intro: "Sign in at this tenant’s own page, as a user, and see what the app would get.".to_owned(),
        verdict: None,
        tables: vec![TryTable {
            title: "The authorization request".to_owned(),
            rows: vec![
                row("client_id", "0oa7k2q9Xv3bN8mL1c5d", "Which app asks."),
                row(
                    "code_challenge",
                    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                    "The SHA-256 of a verifier that the app keeps back until it has the code.",
                ),
            ],
        }],
        open: some("http://localhost:8080/oauth2/default/v1/authorize?client_id=0oa7k2q9Xv3bN8mL1c5d"),
        form: Some(TryForm {
            title: "Trade the code for tokens".to_owned(),
            action: "/console/apps/0oa1/try".to_owned(),
            hidden: vec![Hidden::new("step", "trade")],
            fields: vec![Field::line("answer", "The address where it ended", "").mono().required()],
            submit: "Trade it".to_owned(),
        }),
        raw: None,
        again: Some(Link::new("Begin anew", "/console/apps/0oa1/try")),
    };
    let hostile = AppTry {
        verdict: Some(TryVerdict {
            status: Status::new("Refused", Tone::Bad),
            sentence: format!("{HOSTILE} {LONG}"),
            fix: some(HOSTILE),
            links: vec![Link::new(HOSTILE, "/console/log")],
        }),
        tables: vec![TryTable { title: HOSTILE.to_owned(), rows: vec![row(HOSTILE, LONG, LONG)] }],
        open: None,
        form: None,
        raw: Some(Snippet { title: "The whole answer".to_owned(), code: format!("{HOSTILE}{LONG}{LONG}") }),
        ..page.clone()
    };
    vec![sample("app-try", &page), sample("app-try-hostile", &hostile)]
}

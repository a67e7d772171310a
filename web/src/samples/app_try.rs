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
        raw: Vec::new(),
        again: Some(Link::new("Begin anew", "/console/apps/0oa1/try")),
    };
    let works = AppTry {
        verdict: Some(TryVerdict {
            status: Status::new("It works", Tone::Good),
            sentence: "The app gets tokens, good for 60 minutes. Those below are revoked already.".to_owned(),
            fix: None,
            links: vec![Link::new("What the log says", "/console/apps/0oa1/start#first")],
        }),
        tables: vec![TryTable {
            title: "The ID token: for the app itself".to_owned(),
            rows: vec![
                row("alg", "RS256", "In the header: how it is signed."),
                row("iss", "http://localhost:8080/oauth2/default", "Who issued it."),
                row("exp", "1763859600", "Ends 14:00:00.000 UTC."),
                row("email", "pat@example.com", "The person’s address."),
            ],
        }],
        open: None,
        form: None,
        raw: vec![Snippet {
            title: "The token request, as the app sends it".to_owned(),
            code: "curl 'http://localhost:8080/oauth2/default/v1/token' \\\n  --user \"0oa1:$CLIENT_SECRET\" \\\n  \
                   --data-urlencode 'grant_type=authorization_code'"
                .to_owned(),
        }],
        ..page.clone()
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
        raw: vec![Snippet { title: "The whole answer".to_owned(), code: format!("{HOSTILE}{LONG}{LONG}") }],
        ..page.clone()
    };
    vec![sample("app-try", &page), sample("app-try-works", &works), sample("app-try-hostile", &hostile)]
}

use super::{HOSTILE, LONG, Sample, console, sample, some, time};
use crate::{AppStart, Fact, FirstSignIn, Link, Section, Snippet, StartNote, Status, Tab, Tone};

pub(super) fn all() -> Vec<Sample> {
    let own = "/console/apps/0oa1/start";
    let tab = |name: &str, current| Tab { link: Link::new(name, format!("{own}?with=go")), current };
    let waiting = FirstSignIn {
        again: Some(Link::new("Look again", own)),
        ..FirstSignIn::new(Status::new("Waiting", Tone::Quiet), "Nobody has signed in to this app yet.")
    };
    let refused = FirstSignIn {
        status: Status::new("Refused", Tone::Bad),
        sentence: "Storefront was refused a sign-in: redirect URI isn't registered".to_owned(),
        when: Some(time("14:02:07.413 UTC")),
        why: some("The app asked to return to an address that isn't registered for it."),
        fix: some("Compare the address, character by character, with those of the app."),
        facts: vec![
            Fact::code("Asked for", format!("https://{LONG}/{HOSTILE}")),
            Fact::code("From", "203.0.113.9"),
            Fact::code("Request", "req-7k2q9Xv3bN8mL1c5d").to("/console/log/1"),
        ],
        links: vec![
            Link::new("Look at this address and add it", "/console/apps/0oa1/redirect-uris/new?event=1"),
            Link::new("See it in the log", "/console/log/1"),
        ],
        ..waiting.clone()
    };
    let works = FirstSignIn {
        when: Some(time("14:03:11.002 UTC")),
        links: vec![
            Link::new("See it in the log", "/console/log/1"),
            Link::new("Wait for the next sign-in", own),
        ],
        ..FirstSignIn::new(
            Status::new("It works", Tone::Good),
            "Storefront got an access token for ada@acme.test",
        )
    };
    let page = AppStart {
        console: console("Quick start of Storefront", Section::Apps),
        crumbs: vec![Link::new("Apps", "/console/apps"), Link::new("Storefront", "/console/apps/0oa1")],
        tabs: vec![
            tab("Express", false),
            tab("Next.js", false),
            tab("Go", true),
            tab("curl", false),
            tab("Anything else", false),
        ],
        notes: vec![StartNote {
            text: "This code returns to http://localhost:3000/callback, which isn’t one of the app’s redirect URIs."
                .to_owned(),
            link: Some(Link::new("Add it", "/console/apps/0oa1/redirect-uris/new?for=go")),
        }],
        needs: some("Go 1.26 or newer."),
        steps: vec![Snippet { title: "main.go".to_owned(), code: "package main\n\nfunc main() {\n\t// …\n}".to_owned() }],
        bare: Vec::new(),
        begins: some("http://localhost:3000/login"),
        values: vec![
            Fact::code("Issuer", "http://localhost:8080/oauth2/default"),
            Fact::code("Client ID", "0oa7k2q9Xv3bN8mL1c5d"),
            Fact::text("Secret", "was shown once, when it was made"),
            Fact::code("Redirect URI", "http://localhost:5173/callback"),
        ],
        try_it: Some(Link::new("Try the sign-in without code", "/console/apps/0oa1/try")),
        first: waiting,
    };
    let hostile = AppStart {
        notes: vec![StartNote { text: HOSTILE.to_owned(), link: None }],
        steps: vec![Snippet { title: HOSTILE.to_owned(), code: format!("{HOSTILE}\n{LONG}{LONG}{LONG}") }],
        bare: vec![Fact::code(HOSTILE, LONG)],
        values: vec![Fact::code(LONG, HOSTILE)],
        first: refused,
        ..page.clone()
    };
    vec![
        sample("app-start", &page),
        sample("app-start-refused", &hostile),
        sample("app-start-works", &AppStart { notes: Vec::new(), first: works, ..page.clone() }),
    ]
}

use super::{HOSTILE, LONG, RTL, Sample, console, sample, some, time};
use crate::{
    Action, Bar, Chip, Choice, CountedWindow, Empty, EventDetail, Fact, FilterError, Folded, GroupRow,
    Groups, Histogram, Link, LogDay, LogEvent, LogForm, LogList, LogRow, Outcome, Paging, SavedList,
    SavedRow, Section, StripAttempt, Throttle, Trail,
};

pub(super) fn row(shown: &str, outcome: Outcome, sentence: &str, app: &str, from: &str) -> LogRow {
    LogRow {
        url: "/console/log?event=01JD3M8Z7Q".to_owned(),
        time: time(shown),
        outcome,
        sentence: sentence.to_owned(),
        app: app.to_owned(),
        from: from.to_owned(),
        selected: false,
        above: None,
    }
}

pub(super) fn rows() -> Vec<LogRow> {
    use Outcome::{Allowed, Changed, Refused, Throttled};
    vec![
        row(
            "14:02:07.413",
            Throttled,
            "ada@acme.test was refused: 5th password in one second",
            "Legacy CRM",
            "203.0.113.9",
        ),
        row("14:02:07.398", Refused, "ada@acme.test gave a wrong password", "Legacy CRM", "203.0.113.9"),
        row("14:01:51.870", Changed, "eve added a redirect URI to Storefront", "Console", "198.51.100.7"),
        row(
            "14:01:12.555",
            Refused,
            "Sign-in stopped: the redirect URI isn’t registered",
            "Storefront",
            "198.51.100.7",
        ),
        row("13:57:10.902", Refused, "No account has the name that was typed", "Storefront", "198.51.100.7"),
        row("13:55:02.118", Allowed, "joe@acme.test signed in", "Storefront", "2001:db8:85a3::8a2e:370:7334"),
    ]
}

pub(super) fn all() -> Vec<Sample> {
    [lists(), empties(), events()].concat()
}

fn form() -> LogForm {
    LogForm {
        action: "/console/log".to_owned(),
        ranges: vec![
            Choice::new("1h", "Last hour", false),
            Choice::new("24h", "Last 24 hours", true),
            Choice::new("7d", "Last 7 days", false),
        ],
        kinds: vec![
            Choice::new("", "Any kind", true),
            Choice::new("sign-ins", "Sign-ins", false),
            Choice::new("servers", "Servers and policies", false),
        ],
        outcomes: vec![
            Choice::new("", "Any outcome", true),
            Choice::new("refused", "Refused", false),
            Choice::new("throttled", "Throttled", false),
        ],
        groups: vec![Choice::new("", "Each event", true), Choice::new("ip", "By address", false)],
        ..LogForm::default()
    }
}

fn bars() -> Vec<Bar> {
    (0..48_u8)
        .map(|at| Bar {
            href: Some(format!("/console/log?bar={at}")),
            height: if at == 43 { 100 } else { 8 + (at.wrapping_mul(37) % 29) },
            refused: match at {
                43 => 82,
                12 | 30 => 5,
                _ => 0,
            },
            label: format!("{:02}:{:02}, 212 events, 7 refused", at / 2, at % 2 * 30),
        })
        .collect()
}

fn list() -> LogList {
    LogList {
        live: Some("/console/log/newer?after=c".to_owned()),
        console: console("System log", Section::Log),
        form: form(),
        chips: vec![Chip {
            label: "Outcome: all but allowed".to_owned(),
            remove_url: "/console/log".to_owned(),
        }],
        folded: Some(Folded {
            count: "48,210 machine tokens".to_owned(),
            shown: false,
            url: "/console/log?machines=1".to_owned(),
        }),
        histogram: Histogram {
            label: "Events over time; a bar leads to its interval".to_owned(),
            bars: bars(),
            from: "Mon 14:02".to_owned(),
            to: "now".to_owned(),
            legend: Some(("48,210 events".to_owned(), "1,311 refused or throttled".to_owned())),
        },
        days: vec![
            LogDay { label: "Tuesday 24 November".to_owned(), rows: rows() },
            LogDay { label: "Monday 23 November".to_owned(), rows: rows() },
        ],
        below: Some(Link::new("3 machine tokens", "/console/log?machines=show")),
        groups: None,
        saved: vec![
            Link::new("Failed sign-ins", "/console/log?outcome=refused"),
            Link::new(LONG, "/console/log"),
        ],
        save: Some(Link::new("Save search", "/console/log/searches/new")),
        alert: Some(Link::new("Alert me", "/console/alerts/new")),
        manage: Some(Link::new("Manage", "/console/log/searches")),
        fixed_url: some("http://localhost:8080/console/log?since=x&until=y"),
        paging: Paging {
            newer: None,
            older: some("/console/log?before=x"),
            note: some("searched 10,412,118 events to 26 Aug"),
        },
        empty: None,
        exports: vec![Link::new("Export", "/api/v1/logs")],
        sent: Link::new("Exports", "/console/log/exports"),
        chosen: None,
        close_url: "/console/log".to_owned(),
    }
}

/// A search, added up by address.
fn grouped() -> LogList {
    let row = |name: &str, marks: &[&'static str]| GroupRow {
        name: name.to_owned(),
        url: "/console/log?ip=203.0.113.9".to_owned(),
        events: "1,204".to_owned(),
        refused: "1,190".to_owned(),
        users: if marks.is_empty() { String::new() } else { "212".to_owned() },
        marks: marks.to_vec(),
        last: time("14:02:07"),
    };
    let mut page = list();
    page.days.clear();
    page.below = None;
    page.groups = Some(Groups {
        head: "Address",
        rows: vec![
            row("203.0.113.9", &["Many users", "Let in after refusals"]),
            row(HOSTILE, &["Many users"]),
            row(LONG, &[]),
        ],
        note: some("The hundred with the most refusals."),
    });
    page
}

/// Searches that were kept.
fn saved() -> SavedList {
    let row = |name: &str| SavedRow {
        name: name.to_owned(),
        url: "/console/log?outcome=refused".to_owned(),
        says: LONG.to_owned(),
        whose: "Everybody’s, by eve@acme.test".to_owned(),
        made: time("today, 14:02 UTC"),
        alert: Some(Link::new("Alert me", "/console/alerts/new")),
        forget: Some(Action::post("Forget", "/console/log/searches/svs1/forget")),
    };
    SavedList {
        console: console("Saved searches", Section::Log),
        back: Link::new("System log", "/console/log"),
        searches: vec![row("Failed sign-ins"), row(HOSTILE)],
        empty: None,
    }
}

fn lists() -> Vec<Sample> {
    let mut page = list();
    if let Some(row) = page.days.first_mut().and_then(|day| day.rows.get_mut(2)) {
        row.above = Some(Link::new("212 machine tokens", "/console/log?machines=show"));
    }
    let mut chosen = list();
    chosen.chosen = Some(throttled());
    if let Some(first) = chosen.days.first_mut().and_then(|day| day.rows.first_mut()) {
        first.selected = true;
    }
    let mut error = list();
    error.form.filter = "outcome.result eq FAILURE and actor.id eq \"00u1\"".to_owned();
    error.form.error = Some(FilterError {
        message: "A value is written in double quotes: \"FAILURE\".".to_owned(),
        column: 18,
    });
    error.days.clear();
    error.histogram.bars.clear();
    error.paging = Paging::default();
    let mut hostile = list();
    hostile.console.degraded =
        some("The limit store answers slowly; password sign-ins wait. Nothing is lost.");
    hostile.form.q = HOSTILE.to_owned();
    hostile.form.filter = HOSTILE.to_owned();
    hostile.chips = [HOSTILE, LONG, RTL]
        .map(|label| Chip { label: label.to_owned(), remove_url: HOSTILE.to_owned() })
        .to_vec();
    hostile.days = vec![LogDay {
        label: HOSTILE.to_owned(),
        rows: vec![
            row("14:02:07.413", Outcome::Refused, HOSTILE, HOSTILE, HOSTILE),
            row("14:02:07.412", Outcome::Allowed, LONG, LONG, LONG),
            row("14:02:07.411", Outcome::Changed, RTL, RTL, "203.0.113.9"),
        ],
    }];
    if let Some(bar) = hostile.histogram.bars.first_mut() {
        bar.label = HOSTILE.to_owned();
        bar.href = Some(HOSTILE.to_owned());
    }
    vec![
        sample("log", &page),
        sample("log-grouped-hostile", &grouped()),
        sample("log-saved-hostile", &saved()),
        sample("log-chosen", &chosen),
        sample("log-filter-error", &error),
        sample("log-hostile", &hostile),
    ]
}

fn empties() -> Vec<Sample> {
    let bare = || LogList {
        days: Vec::new(),
        histogram: Histogram::default(),
        folded: None,
        chips: Vec::new(),
        paging: Paging::default(),
        ..list()
    };
    let nothing = Empty::NothingYet {
        sentence: "Sign-ins, tokens, refusals and changes appear here, newest first.".to_owned(),
        action: Some(Link::new("Try the demo app", "/demo")),
    };
    let no_match = Empty::NoMatch {
        filters: vec![
            Chip { label: "Outcome: throttled".to_owned(), remove_url: "/console/log".to_owned() },
            Chip { label: HOSTILE.to_owned(), remove_url: "/console/log".to_owned() },
        ],
        nearest: Some(Link::new("Latest match: 3 days ago", "/console/log?range=7d")),
        clear_url: "/console/log".to_owned(),
    };
    let not_yours =
        Empty::NotYours { sentence: "The log is for auditors and administrators of the tenant.".to_owned() };
    vec![
        sample("log-nothing-yet", &LogList { empty: Some(nothing), ..bare() }),
        sample("log-no-match", &LogList { empty: Some(no_match), ..bare() }),
        sample("log-not-yours", &LogList { empty: Some(not_yours), ..bare() }),
    ]
}

fn throttled() -> EventDetail {
    let attempt = |offset_us, at: &str| StripAttempt {
        offset_us,
        at: at.to_owned(),
        app: "Legacy CRM".to_owned(),
        from: "203.0.113.9".to_owned(),
        result: "wrong password".to_owned(),
        url: some("/console/log?event=1"),
    };
    EventDetail {
        url: "/console/log/01JD3M8Z7Q".to_owned(),
        link: "https://acme.test/console/log/01JD3M8Z7Q".to_owned(),
        outcome: Outcome::Throttled,
        time: time("14:02:07.413"),
        statement: "The fifth password attempt for ada@acme.test within one second was refused.".to_owned(),
        why: some("Four are allowed in any second. Next possible: 608 ms later."),
        fix: some("Keep the token for its 60 minutes; refresh; or move the app to authorization code."),
        fix_link: Some(Link::new("Plan the move", "/console/apps/legacy")),
        throttle: Some(Throttle {
            attempts: vec![
                attempt(0, "07.021"),
                attempt(177_000, "07.198"),
                attempt(284_000, "07.305"),
                attempt(377_000, "07.398"),
            ],
            refused_us: 392_000,
            refused_at: "07.413".to_owned(),
            frees_us: 1_000_000,
            frees_at: "08.021".to_owned(),
            first_at: "07.021".to_owned(),
        }),
        window: None,
        facts: vec![
            Fact::text("User", "ada@acme.test").to("/console/users/ada"),
            Fact::text("App", "Legacy CRM").to("/console/apps/legacy"),
            Fact::text("Server", "default"),
            Fact::code("Address", "203.0.113.9"),
            Fact::text("Session", "none"),
            Fact::code("Request", "01JD3M8Z7QK4T0V9X2Y6ABCDEF"),
        ],
        trail: vec![
            Trail { label: "Same request".to_owned(), rows: rows().into_iter().take(2).collect() },
            Trail { label: "Same sign-in".to_owned(), rows: Vec::new() },
        ],
        raw: "{\n  \"eventType\": \"user_rate_limited\",\n  \"outcome\": {\n    \"result\": \"FAILURE\",\n    \"reason\": \"user_rate_limited\"\n  }\n}".to_owned(),
    }
}

fn events() -> Vec<Sample> {
    let page = LogEvent {
        console: console("Throttled, 14:02:07.413", Section::Log),
        event: throttled(),
        back: Link::new("System log", "/console/log"),
    };
    let hostile = LogEvent {
        event: EventDetail {
            outcome: Outcome::Refused,
            statement: HOSTILE.to_owned(),
            why: some(LONG),
            fix: some(RTL),
            throttle: None,
            facts: vec![Fact::code(HOSTILE, HOSTILE).to(HOSTILE), Fact::code("Address", LONG)],
            raw: format!("{{ \"displayMessage\": \"{HOSTILE}\", \"login\": \"{LONG}\" }}"),
            ..throttled()
        },
        ..page.clone()
    };
    let counted = LogEvent {
        event: EventDetail {
            statement: "Legacy CRM was refused a token by the rate policy Few tokens.".to_owned(),
            throttle: None,
            window: Some(CountedWindow {
                length_us: 30_000_000,
                refused_us: 7_500_000,
                frees_us: 45_500_000,
                begins_at: "14:02:00".to_owned(),
                refused_at: "14:02:07".to_owned(),
                frees_at: "14:02:45".to_owned(),
                facts: vec![
                    ("Counted", "app 0oaLegacy".to_owned()),
                    ("Limit", "3 in 30 s, sliding".to_owned()),
                    ("In this window", "4".to_owned()),
                    ("Next can pass", "14:02:45 UTC, 38 seconds later".to_owned()),
                ],
            }),
            ..throttled()
        },
        ..page.clone()
    };
    vec![sample("event", &page), sample("event-hostile", &hostile), sample("event-counted", &counted)]
}

use super::log::rows;
use super::{HOSTILE, LONG, RTL, Sample, console, operator, sample, some, time};
use crate::{
    Action, Bar, Caller, Change, Chip, CredentialList, CredentialRow, DeedRow, DeletedRow, DeletedTenants,
    Empty, Fact, Figure, Histogram, LimitsPage, LimitsPast, Link, Need, OperatorHome, OperatorTenants,
    Outcome, Overview, Paging, PastCaller, PastChart, PolicyUse, Quota, RefusedOften, Rule, Section, Status,
    Tab, TenantPage, TenantRow, Theme, Tone, WorkRow,
};

pub(super) fn all() -> Vec<Sample> {
    [overviews(), limits(), operators()].concat()
}

fn figure(label: &str, value: &str, note: &str, spark: &[u64]) -> Figure {
    Figure {
        label: label.to_owned(),
        value: value.to_owned(),
        note: some(note),
        spark: spark.to_vec(),
        url: some("/console/log"),
        ..Figure::default()
    }
}

fn overviews() -> Vec<Sample> {
    let need = |kind, sentence: &str, detail: Option<&str>, action: Option<&str>| Need {
        kind,
        sentence: sentence.to_owned(),
        detail: detail.map(ToOwned::to_owned),
        action: action.map(|label| Link::new(label, "/console/apps")),
        more: Vec::new(),
    };
    let change = |shown: &str, sentence: &str| Change {
        time: time(shown),
        sentence: sentence.to_owned(),
        url: "/console/log/1".to_owned(),
    };
    let page = Overview {
        console: console("Overview", Section::Overview),
        period: "Tue 24 Nov, 00:00 to 14:02 UTC+1, against the same hours on 17 Nov".to_owned(),
        figures: vec![
            figure("Sign-ins", "1,204", "+6 %", &[12, 9, 4, 3, 2, 6, 30, 80, 140, 160, 150, 170, 120, 130]),
            figure("Tokens", "48,713", "+2 %", &[33, 32, 30, 31, 33, 36, 39, 41, 44, 41, 39, 42, 40, 39]),
            figure("Refused", "38", "31 from one app", &[0, 0, 1, 0, 0, 2, 0, 1, 1, 0, 2, 0, 0, 31]),
            Figure {
                label: "API calls left".to_owned(),
                value: "4,212".to_owned(),
                unit: some("of 5,000"),
                note: some("all 5,000 back in 14 min"),
                meter: Some((4_212, 5_000)),
                ..Figure::default()
            },
        ],
        needs: vec![
            Need {
                more: vec![
                    need(
                        Outcome::Throttled,
                        "Kiosk still sends passwords",
                        None,
                        Some("Plan the move")
                    );
                    2
                ],
                ..need(
                    Outcome::Throttled,
                    "Legacy CRM still sends passwords",
                    Some("212 users, 7 days"),
                    Some("Plan the move"),
                )
            },
            need(Outcome::Refused, "Secret “2024-03” unused for 94 days", None, Some("Retire it")),
            need(Outcome::Changed, "Keys roll on 1 December; nothing to do", None, Some("See keys")),
        ],
        changes: vec![
            change("14:01", "eve added a redirect URI to Storefront"),
            change("13:59", "ci-deploy created mara"),
            change("11:20", "mara suspended joe"),
        ],
        changes_url: some("/console/log?outcome=changed"),
    };
    let mut dark = page.clone();
    dark.console.shell.theme = Some(Theme::Dark);
    dark.console.degraded = some("The limit store answers slowly; password sign-ins wait. Nothing is lost.");
    let mut first = page.clone();
    first.needs.clear();
    first.changes.clear();
    first.changes_url = None;
    first.figures = vec![
        figure("Sign-ins", "0", "none yet", &[]),
        figure("Tokens", "0", "none yet", &[]),
        figure("Refused", "0", "none yet", &[0, 0, 0]),
        Figure { label: "API calls left".to_owned(), value: "5,000".to_owned(), ..Figure::default() },
    ];
    let mut hostile = page.clone();
    hostile.console.login = LONG.to_owned();
    hostile.console.shell.tenant = HOSTILE.to_owned();
    hostile.console.notice = some(HOSTILE);
    hostile.console.degraded = some(LONG);
    hostile.needs = vec![need(Outcome::Refused, HOSTILE, Some(LONG), Some(RTL))];
    hostile.changes = vec![change("14:01", LONG), change("14:00", RTL), change("13:59", HOSTILE)];
    vec![
        sample("overview", &page),
        sample("overview-dark", &dark),
        sample("overview-first", &first),
        sample("overview-hostile", &hostile),
    ]
}

fn limits() -> Vec<Sample> {
    let rule = |name: &str, value: &str, sentence: &str, fixed| Rule {
        name: name.to_owned(),
        value: value.to_owned(),
        sentences: vec![sentence.to_owned()],
        fixed,
    };
    let who = |name: &str, calls: &str, refused: &str| Caller {
        name: name.to_owned(),
        calls: calls.to_owned(),
        refused: refused.to_owned(),
        url: some("/console/log"),
        routes: "600 GET /api/v1/users, 12 POST /api/v1/users/{userId}/lifecycle/activate".to_owned(),
        paused: refused.is_empty(),
        action: Some(Action {
            label: if refused.is_empty() { "Resume" } else { "Pause" }.to_owned(),
            url: "/console/limits/callers/00T1/pause".to_owned(),
            explain: None,
            danger: !refused.is_empty(),
            asks: false,
        }),
    };
    let hot = |name: &str, kind: &'static str| RefusedOften {
        name: name.to_owned(),
        url: some("/console/users/1"),
        kind,
        refusals: "1,204".to_owned(),
        last: time("2 min ago"),
    };
    let page = LimitsPage {
        console: console("Limits", Section::Limits),
        quota: Quota {
            used: 788,
            limit: 5_000,
            shown: "788 of 5,000 used".to_owned(),
            reset: "The full 5,000 are back at 14:16, in 14 minutes.".to_owned(),
            pace: "At 520 calls a minute nothing is left at 14:10, in 8 minutes.".to_owned(),
        },
        calls: Histogram {
            label: "Calls by minute; most at 14:01, 520".to_owned(),
            bars: (0..61_u8)
                .map(|at| Bar {
                    href: None,
                    height: match at {
                        45 => 100,
                        0..45 => at.wrapping_mul(37) % 19,
                        _ => 0,
                    },
                    refused: 0,
                    label: format!(
                        "{:02}:{:02}, 12 calls: 10 ci-deploy, 2 hr-sync",
                        13 + (at + 16) / 60,
                        (at + 16) % 60
                    ),
                })
                .collect(),
            from: "13:16 UTC".to_owned(),
            to: "14:16 UTC".to_owned(),
            legend: None,
        },
        throttled: Histogram {
            label: "Throttled sign-ins by hour; a bar leads to its hour".to_owned(),
            bars: (0..24_u8)
                .map(|at| Bar {
                    href: some("/console/log?outcome=throttled"),
                    height: [0, 2, 0, 100][usize::from(at % 4)],
                    refused: [0, 2, 0, 100][usize::from(at % 4)],
                    label: format!("{at:02}:00 to {:02}:00, 12 refused", (at + 1) % 24),
                })
                .collect(),
            from: "Mon 23 Nov, 15:00 UTC".to_owned(),
            to: "now".to_owned(),
            legend: None,
        },
        throttled_sum: "1,204 in 24 hours".to_owned(),
        hottest: vec![hot("ada@acme.test", "User"), hot("Legacy", "App")],
        policies: vec![PolicyUse {
            name: "Few tokens".to_owned(),
            url: some("/console/log?q=rlp1"),
            state: "tried out",
            rule: "3 in 30 s, by app".to_owned(),
            refused: "would be 1,204".to_owned(),
            hottest: vec![("app 0oaLegacy".to_owned(), "1,200".to_owned())],
        }],
        callers: vec![who("ci-deploy", "612", ""), who("hr-sync", "176", "14 refused")],
        refusals: rows().into_iter().take(1).collect(),
        log_url: some("/console/log?q=user_rate_limited"),
        rules: vec![
            rule(
                "Password grant, per user",
                "4 in any second",
                "The fifth waits until the oldest of the four is a second old, whichever app or address it comes from.",
                true,
            ),
            rule(
                "Management API",
                "5,000 in an hour",
                "One count for the whole account. The hour starts with its first call.",
                true,
            ),
            rule(
                "Wrong passwords",
                "10 in 15 minutes",
                "From one source; 100 from all. The login is then locked for 15 minutes.",
                false,
            ),
        ],
        edit: vec![Link::new("Rate policies", "/console/rate-policies")],
    };
    let mut spent = page.clone();
    spent.quota = Quota {
        used: 5_000,
        limit: 5_000,
        shown: "5,000 of 5,000 used".to_owned(),
        reset: "Calls are refused until 14:16.".to_owned(),
        pace: String::new(),
    };
    spent.hottest = vec![hot(HOSTILE, "User"), hot(LONG, "App")];
    spent.callers = vec![who(HOSTILE, "4,999", HOSTILE), who(LONG, "1", "")];
    spent.refusals.clear();
    let credential = |name: &str, kind: &str, word: &str, tone| CredentialRow {
        url: some("/console/credentials/tokens/1"),
        name: name.to_owned(),
        kind: kind.to_owned(),
        hint: "00Qx…k3Pa".to_owned(),
        scopes: "Read Users, Manage Users".to_owned(),
        created: Some(time("3 March")),
        last_used: (tone == Tone::Good).then(|| time("2 min ago")),
        status: Status::new(word, tone),
    };
    let credentials = CredentialList {
        console: console("API credentials", Section::Credentials),
        create: vec![Link::new("New API token", "/console/credentials/tokens/new")],
        credentials: vec![
            credential("ci-deploy", "API token", "On", Tone::Good),
            credential("hr-sync", "Client credential", "On", Tone::Good),
            credential("old-import", "API token", "Unused 94 days", Tone::Warn),
            credential(HOSTILE, LONG, "Revoked", Tone::Quiet),
        ],
        paging: Paging::default(),
        empty: None,
    };
    let past = limits_past(page.throttled.clone());
    vec![
        sample("limits", &page),
        sample("limits-spent", &spent),
        sample("limits-past", &past),
        sample("credentials", &credentials),
    ]
}

fn operators() -> Vec<Sample> {
    let tenant = |name: &str, slug: &str, url: &str| TenantRow {
        page: format!("/tenants/{slug}"),
        name: name.to_owned(),
        slug: slug.to_owned(),
        url: url.to_owned(),
        users: "212".to_owned(),
        status: Status::new("Active", Tone::Good),
        created: Some(time("today")),
    };
    let tenants = vec![
        tenant("Acme", "acme", "http://localhost:8080"),
        tenant("Globex", "globex", "http://globex.localhost:8080"),
    ];
    let home = OperatorHome {
        console: operator("Overview", Section::OperatorHome),
        figures: vec![figure("Tenants", "2", "both active", &[]), figure("Users", "424", "+2 today", &[])],
        facts: vec![
            Fact::text("Version", "0.1.0"),
            Fact::text("Store", "SQLite, ./data/signet.db"),
            Fact::code("Public URL", "http://localhost:8080"),
        ],
        tenants: tenants.clone(),
        tenants_url: "/tenants".to_owned(),
        work: vec![WorkRow {
            what: "Tells webhooks".to_owned(),
            status: Status::new("Behind", Tone::Warn),
            backlog: some("More than 1,000 wait"),
            runs: vec![format!("Node {LONG}: 2 s ago, 12 ms, did 3"), RTL.to_owned()],
            error: some(HOSTILE),
        }],
        idle_told: "1 kind of work is idle".to_owned(),
        idle: vec![WorkRow {
            what: "Turns signing keys".to_owned(),
            status: Status::new("Idle", Tone::Quiet),
            backlog: None,
            runs: vec!["This node: now, 1 ms".to_owned()],
            error: None,
        }],
    };
    let list = OperatorTenants {
        console: operator("Tenants", Section::Tenants),
        create: Some(Link::new("New tenant", "/tenants/new")),
        deleted: Some(Link::new("Deleted tenants", "/tenants/deleted")),
        action: "/tenants".to_owned(),
        q: String::new(),
        count: some("2 tenants"),
        tenants: [tenants, vec![tenant(HOSTILE, LONG, LONG)]].concat(),
        paging: Paging::default(),
        empty: None,
    };
    let none_found = OperatorTenants {
        q: HOSTILE.to_owned(),
        count: None,
        tenants: Vec::new(),
        empty: Some(Empty::NoMatch {
            filters: vec![Chip { label: HOSTILE.to_owned(), remove_url: "/tenants".to_owned() }],
            nearest: None,
            clear_url: "/tenants".to_owned(),
        }),
        ..list.clone()
    };
    let deleted = DeletedTenants {
        console: operator("Deleted tenants", Section::Tenants),
        back: Link::new("Tenants", "/tenants"),
        tenants: vec![
            DeletedRow {
                page: some("/tenants/old"),
                name: LONG.to_owned(),
                host: LONG.to_owned(),
                deleted: HOSTILE.to_owned(),
                status: Status::new("Kept until 3 Dec, 14:00 UTC", Tone::Warn),
            },
            DeletedRow {
                page: None,
                name: "older".to_owned(),
                host: "older.example".to_owned(),
                deleted: "3 Mar by operator".to_owned(),
                status: Status::new("Erased 2 Apr", Tone::Quiet),
            },
        ],
        deeds: vec![DeedRow { at: time("today, 13:55"), sentence: HOSTILE.to_owned() }],
    };
    let none_deleted = DeletedTenants { tenants: Vec::new(), deeds: Vec::new(), ..deleted.clone() };
    let one = TenantPage {
        console: operator(LONG, Section::Tenants),
        back: Link::new("Tenants", "/tenants"),
        status: Status::new("Suspended", Tone::Bad),
        facts: vec![
            Fact::code("Address", LONG).to("http://localhost:8080"),
            Fact::text("Since", HOSTILE),
            Fact::text("Suspended since", "today, 13:55 UTC"),
        ],
        numbers: [
            ("Users", "over 100,000"),
            ("Administrators", "4"),
            ("Apps", "27"),
            ("Authorization servers", "3"),
            ("Last sign-in", "within 2 hours"),
            ("Console last opened", "today, 13:55 UTC"),
            ("System log", "kept for 90 days, reaches back 12 days"),
        ]
        .map(|(label, value)| Fact::text(label, value))
        .to_vec(),
        actions: vec![Action::ask("Suspend…", "/tenants/acme/suspend").explain(RTL).dangerous()],
    };
    vec![
        sample("operator-home", &home),
        sample("operator-tenants", &list),
        sample("operator-tenants-none", &none_found),
        sample("operator-tenant", &one),
        sample("operator-deleted", &deleted),
        sample("operator-deleted-none", &none_deleted),
    ]
}

fn limits_past(histogram: Histogram) -> LimitsPast {
    let chart = |title: &str, sum: &str, histogram: Histogram| PastChart {
        title: title.to_owned(),
        sum: sum.to_owned(),
        histogram,
    };
    let caller = |name: &str, calls: &str| PastCaller {
        name: name.to_owned(),
        url: some("/console/log"),
        calls: calls.to_owned(),
    };
    let tab = |words: &str, current| Tab { link: Link::new(words, "/console/limits/past"), current };
    LimitsPast {
        console: console("Limits over time", Section::Limits),
        back: Link::new("Limits", "/console/limits"),
        tabs: vec![tab("24 hours", false), tab("7 days", true), tab("30 days", false)],
        span: "7 days".to_owned(),
        charts: vec![
            chart("Calls of the management API", "48,713, and 14 refused", histogram.clone()),
            chart("Throttled sign-ins", "1,204", histogram),
            chart("Refused by rate policies", "", Histogram::default()),
        ],
        callers: vec![caller("ci-deploy", "48,000"), caller(HOSTILE, "713"), caller(LONG, "1")],
        beyond: None,
    }
}

use super::log::rows;
use super::{HOSTILE, LONG, RTL, Sample, console, refused, sample, some, time};
use crate::{
    Action, AllowedApp, ApiKeyRow, ApiKeys, AppList, AppPage, AppRow, ClaimItem, Empty, Fact, Grant, History,
    HistoryRow, InitialToken, KeyItem, Link, OpenSession, Paging, RegistrationBox, ScopeItem, SecretRow,
    Section, ServerList, ServerPage, ServerRow, Status, Tab, Tone, UserList, UserPage, UserRow,
};

const ISSUER: &str = "http://localhost:8080/oauth2/default";

pub(super) fn all() -> Vec<Sample> {
    [users(), apps(), servers()].concat()
}

pub(super) fn history(what: &str) -> History {
    let row = |sentence: &str, facts| HistoryRow {
        url: "/console/events/1".to_owned(),
        time: time("Tue 24 Nov 14:02"),
        sentence: format!("eve@acme.test {sentence} {what}"),
        facts,
    };
    let changed = vec![Fact::text("redirect_uris added", "https://moved.example/cb"), Fact::text(what, LONG)];
    History {
        rows: vec![row("changed", changed), row("created", Vec::new())],
        log_url: some("/console/log?outcome=changed"),
    }
}

fn users() -> Vec<Sample> {
    let user = |login: &str, name: &str, word: &str, tone| UserRow {
        url: "/console/users/00u1".to_owned(),
        login: login.to_owned(),
        name: name.to_owned(),
        role: (login == "ada@acme.test").then(|| "Super administrator".to_owned()),
        status: Status::new(word, tone),
        last_sign_in: (tone == Tone::Good).then(|| time("today, 13:55")),
    };
    let list = UserList {
        console: console("Users", Section::Users),
        create: Some(Link::new("New user", "/console/users/new")),
        export: Some(Link::new("CSV", "/console/users/export.csv")),
        action: "/console/users".to_owned(),
        q: String::new(),
        part: String::new(),
        tabs: vec![
            Tab { link: Link::new("Everybody", "/console/users"), current: true },
            Tab { link: Link::new("Locked out", "/console/users?status=LOCKED_OUT"), current: false },
        ],
        count: some("212 users"),
        users: vec![
            user("ada@acme.test", "Ada Lovelace", "Active", Tone::Good),
            user("eve@acme.test", "Eve Moreau", "Active", Tone::Good),
            user("joe@acme.test", "Joe Park", "Suspended", Tone::Bad),
            user("mara@acme.test", "Mara Lind", "Locked", Tone::Warn),
            user("nadia@acme.test", RTL, "Deactivated", Tone::Quiet),
        ],
        alike: Vec::new(),
        paging: Paging { older: some("/console/users?after=x"), ..Paging::default() },
        empty: None,
    };
    let hostile = UserList {
        users: vec![user(HOSTILE, HOSTILE, HOSTILE, Tone::Bad), user(LONG, LONG, "Active", Tone::Good)],
        q: HOSTILE.to_owned(),
        part: "SUSPENDED".to_owned(),
        ..list.clone()
    };
    let none = UserList {
        users: Vec::new(),
        export: None,
        alike: vec![user("ada@acme.test", "Ada Lovelace", "Active", Tone::Good)],
        empty: Some(Empty::NothingYet {
            sentence: "People appear here once they are created by the API.".to_owned(),
            action: None,
        }),
        paging: Paging::default(),
        count: None,
        ..list.clone()
    };
    let action = |label: &str, explain: &str, danger| Action {
        label: label.to_owned(),
        url: "/console/users/00u1/act".to_owned(),
        explain: some(explain),
        danger,
        asks: danger,
    };
    let session = |device: &str, this| OpenSession {
        device: device.to_owned(),
        from: "203.0.113.9".to_owned(),
        what: "Apps".to_owned(),
        since: time("today, 13:55"),
        seen: time("2 min ago"),
        this,
        end: Some(Action::post("Sign out", "/console/users/00u1/sessions/1/end")),
    };
    let allowed = |name: &str| AllowedApp {
        name: name.to_owned(),
        url: some("/console/apps/0oa1"),
        scopes: "openid profile offline_access".to_owned(),
        since: time("3 March"),
        revoke: Some(Action::post("Revoke", "/console/users/00u1/apps/0oa1/revoke")),
    };
    let mut page = UserPage {
        console: console("ada@acme.test", Section::Users),
        back: Link::new("Users", "/console/users"),
        login: "ada@acme.test".to_owned(),
        name: "Ada Lovelace".to_owned(),
        status: Status::new("Active", Tone::Good),
        facts: vec![
            Fact::code("Id", "00u3v8k1w9Qz7LmN2b4c"),
            Fact::text("Numeric id", "1042"),
            Fact::text("Created", "3 March 2026"),
            Fact::text("Password changed", "12 days ago"),
        ],
        groups: vec![Link::new("Support", "/console/groups/1"), Link::new("Warehouse", "/console/groups/2")],
        join: Some(Link::new("Add to a group", "/console/users/1/groups/new")),
        refused: Some(refused::on_one_node()),
        last_refusal: rows().into_iter().next(),
        last_refusal_why: some("Four are allowed in any second. Keep the token, or use the refresh token."),
        misspelt: rows(),
        asks: asks(),
        recent: rows(),
        log_url: some("/console/log?q=ada"),
        history: history("ada@acme.test"),
        sessions: vec![session("Firefox on Linux", true), session(LONG, false)],
        allowed: vec![allowed("Storefront"), allowed(HOSTILE)],
        edit: vec![Link::new("Edit profile", "/console/users/00u1/edit")],
        actions: vec![
            action("Sign out everywhere", "Ends every session and revokes refresh tokens.", false),
            action("Suspend", "Sign-ins are refused until someone lifts it. Nothing is deleted.", true),
        ],
    };
    page.console.notice = some("ada@acme.test was unlocked.");
    let other = UserPage {
        login: LONG.to_owned(),
        name: HOSTILE.to_owned(),
        status: Status::new("Suspended", Tone::Bad),
        groups: vec![Link::new(HOSTILE, HOSTILE), Link::new(LONG, "/")],
        history: history(HOSTILE),
        join: None,
        refused: Some(refused::node_by_node()),
        last_refusal: None,
        last_refusal_why: None,
        misspelt: Vec::new(),
        asks: asks(),
        recent: Vec::new(),
        sessions: Vec::new(),
        allowed: Vec::new(),
        facts: vec![Fact::code(HOSTILE, LONG)],
        actions: vec![action(HOSTILE, HOSTILE, true)],
        ..page.clone()
    };
    vec![
        sample("users", &list),
        sample("users-hostile", &hostile),
        sample("users-none", &none),
        sample("user", &page),
        sample("user-hostile", &other),
    ]
}

fn apps() -> Vec<Sample> {
    let app = |name: &str, kind: &str, used: bool| AppRow {
        url: "/console/apps/0oa1".to_owned(),
        name: name.to_owned(),
        kind: kind.to_owned(),
        client_id: "0oa7k2q9Xv3bN8mL1c5d".to_owned(),
        status: Status::new("On", Tone::Good),
        last_used: used.then(|| time("4 min ago")),
    };
    let list = AppList {
        console: console("Apps", Section::Apps),
        create: Some(Link::new("New app", "/console/apps/new")),
        action: "/console/apps".to_owned(),
        q: String::new(),
        count: some("3 apps"),
        apps: vec![
            app("Demo web app", "Web app", true),
            app("Storefront", "Browser app", true),
            app(HOSTILE, "Service", false),
        ],
        paging: Paging::default(),
        empty: None,
    };
    let grant = |name: &str, on, note: Option<&str>| Grant {
        name: name.to_owned(),
        on,
        note: note.map(ToOwned::to_owned),
    };
    let secret = |word: &str, tone| SecretRow {
        id: "sec1".to_owned(),
        hint: (tone == Tone::Good).then(|| "…k3Pa".to_owned()),
        made: time("3 March"),
        used: "last used today, 14:00".to_owned(),
        status: Status::new(word, tone),
        actions: vec![Action::ask("Retire", "/console/apps/0oa1/secrets/sec1/retire").dangerous()],
    };
    let page = AppPage {
        console: console("Storefront", Section::Apps),
        back: Link::new("Apps", "/console/apps"),
        name: "Storefront".to_owned(),
        kind: "Browser app".to_owned(),
        status: Status::new("On", Tone::Good),
        values: vec![
            Fact::code("Issuer", ISSUER),
            Fact::code("Client ID", "0oa7k2q9Xv3bN8mL1c5d"),
            Fact::text("Secret", "none: PKCE"),
        ],
        start: ["Express", "Next.js", "FastAPI", "Go", "curl", "Anything else"]
            .map(|name| Link::new(name, "/console/apps/0oa1/start?with=express"))
            .to_vec(),
        secrets: vec![secret("On", Tone::Good), secret("Off", Tone::Quiet)],
        roll: Some(Link::new("Make another", "/console/apps/0oa1/secrets/new")),
        api_keys: ApiKeys {
            keys: [HOSTILE, LONG].map(api_key).to_vec(),
            make: Some(Link::new("Make one", "/console/apps/0oa1/api-keys/new")),
        },
        redirect_uris: vec![
            "http://localhost:5173/callback".to_owned(),
            format!("https://{LONG}/callback"),
            HOSTILE.to_owned(),
        ],
        add_uri: Some(Link::new("Add one", "/console/apps/0oa1/redirect-uris/new")),
        grants: vec![
            grant("Authorization code", true, Some("PKCE required")),
            grant("Refresh token", true, Some("rotates")),
            grant("Client credentials", false, None),
            grant("Password", false, None),
        ],
        settings: vec![Fact::text("Consent", "asked once")],
        lifetimes: vec![Fact::text("Access token", "1 h"), Fact::text("Code", "1 min")],
        lifetimes_set: Some(Link::new("Access policies", "/console/servers/aus1/policies")),
        people: super::app_people::people(),
        everybody: Some(Link::new("Everybody", "/console/apps/0oa1/people")),
        asks: asks(),
        recent: rows(),
        activity: some("1,204 sign-ins and 7 refusals in 7 days"),
        log_url: some("/console/log?app=storefront"),
        history: Some(history("Storefront")),
        edit: vec![Link::new("Settings", "/console/apps/0oa1/edit")],
        actions: vec![
            Action::post("Switch on", "/console/apps/0oa1/on").explain("Its tokens are good again."),
            Action::ask("Delete", "/console/apps/0oa1/delete").dangerous(),
        ],
    };
    vec![
        sample("apps", &list),
        sample("app", &page),
        sample(
            "app-quiet",
            &AppPage {
                recent: Vec::new(),
                activity: None,
                name: LONG.to_owned(),
                api_keys: ApiKeys { keys: Vec::new(), ..page.api_keys.clone() },
                ..page.clone()
            },
        ),
    ]
}

fn api_key(name: &str) -> ApiKeyRow {
    ApiKeyRow {
        name: name.to_owned(),
        made: time("3 March"),
        used: "never used".to_owned(),
        revoke: Some(Action::ask("Revoke…", "/console/apps/0oa1/api-keys/1/revoke").dangerous()),
    }
}

fn scope(name: &str, url: Option<&str>) -> ScopeItem {
    ScopeItem {
        name: name.to_owned(),
        words: HOSTILE.to_owned(),
        consent: "users are asked".to_owned(),
        notes: "comes with every server".to_owned(),
        url: url.map(ToOwned::to_owned),
    }
}

fn servers() -> Vec<Sample> {
    let server = |name: &str, issuer: &str| ServerRow {
        url: "/console/servers/aus1".to_owned(),
        name: name.to_owned(),
        note: some("For your own APIs."),
        status: Status::new("On", Tone::Good),
        facts: vec![
            Fact::code("Issuer", issuer),
            Fact::text("Audience", "api://default"),
            Fact::text("Scopes", "openid, profile, email, offline_access, orders:read"),
            Fact::text("Signs with", "RS256; the next key is published 1 Dec"),
        ],
        links: vec![Link::new("Discovery", "/.well-known/openid-configuration"), Link::new("Keys", "/keys")],
    };
    let list = ServerList {
        console: console("Authorization servers", Section::Servers),
        create: Some(Link::new("New server", "/console/servers/new")),
        servers: vec![
            server("default", ISSUER),
            server("org", "http://localhost:8080"),
            server(HOSTILE, LONG),
        ],
        empty: None,
    };
    let claim = |name: &str, value: &str| ClaimItem {
        name: name.to_owned(),
        value: value.to_owned(),
        code: true,
        goes: "access token".to_owned(),
        with: "with orders:read".to_owned(),
        status: Status::new("On", Tone::Good),
        url: Some("/console/servers/aus1/claims/ocl1".to_owned()),
    };
    let page = ServerPage {
        console: console("default", Section::Servers),
        back: Link::new("Authorization servers", "/console/servers"),
        server: server("default", ISSUER),
        scopes: vec![scope("openid", None), scope("orders:read", Some("/console/servers/aus1/scopes/scp1"))],
        add_scope: Some(Link::new("Add a scope", "/console/servers/aus1/scopes/new")),
        claims: vec![claim("department", "user.department"), claim(HOSTILE, HOSTILE), claim(LONG, LONG)],
        add_claim: Some(Link::new("Add a claim", "/console/servers/aus1/claims/new")),
        preview: Link::new("Preview tokens", "/console/servers/aus1/preview"),
        policies: "One policy is in force. What none of its rules allows is refused.".to_owned(),
        policies_page: Link::new("Access policies", "/console/servers/aus1/policies"),
        keys: vec![KeyItem {
            kid: "kid-1".to_owned(),
            alg: "RS256".to_owned(),
            status: Status::new("Signs", Tone::Good),
            since: time("3 March"),
            until: Some(("Stops signing".to_owned(), time("1 June"))),
        }],
        gateway: Some(Link::new("Gateway profile", "/console/gateways/aus1")),
        registration: RegistrationBox {
            sentence: "Apps with an initial access token may register themselves.".to_owned(),
            change: Some(Link::new("Change", "/console/servers/aus1/registration/edit")),
            make: Some(Link::new("Make a token", "/console/servers/aus1/registration/tokens/new")),
            tokens: vec![InitialToken {
                name: LONG.to_owned(),
                uses: "1 of 5".to_owned(),
                good: true,
                ends: time("3 March"),
                revoke: Some("/console/servers/aus1/registration/tokens/iat1/revoke".to_owned()),
            }],
        },
        key_history: Some(rows().into_iter().take(2).collect()),
        history: Some(History::default()),
        edit: vec![Link::new("Settings", "/console/servers/aus1/edit")],
        actions: vec![Action::ask("Roll the key", "/console/servers/aus1/roll")],
    };
    vec![sample("servers", &list), sample("server-hostile", &page)]
}

fn asks() -> Vec<Link> {
    let server = "/console/servers/aus1";
    vec![
        Link::new("Which rule decides", format!("{server}/policies/why")),
        Link::new("Preview tokens", format!("{server}/preview")),
    ]
}

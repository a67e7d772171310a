//! The pages that are asked, and what they may take.

use super::events::ATTACKER;
use super::people::Person;
use signet_domain::Time;

/// A page of the log, in milliseconds.
const LOG: u32 = 300;
/// A page of the console.
const CONSOLE: u32 = 50;
/// The operator's list.
const OPERATOR: u32 = 200;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Nobody,
    Admin,
    Api,
    Operator,
}

pub(super) struct Page {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) who: Who,
    /// Milliseconds.
    pub(super) at_most: u32,
}

/// Things of the past that pages are about.
pub(super) struct Known {
    pub(super) now: Time,
    pub(super) busy: Person,
    pub(super) quiet: Person,
    pub(super) machine: String,
    pub(super) busy_app: String,
    pub(super) quiet_app: String,
    pub(super) server: String,
    pub(super) group: String,
    /// An event of a sign-in, and its request.
    pub(super) event: String,
    pub(super) request: String,
    /// A refusal of the throttle.
    pub(super) throttled: String,
    /// A tenant in the middle of the list.
    pub(super) tenant: String,
}

fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Every page that is measured.
pub(super) fn all(known: &Known) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut add = |who, at_most, name: &str, path: String| {
        pages.push(Page { name: name.to_owned(), path, who, at_most });
    };
    add(Who::Nobody, CONSOLE, "(health)", "/health/live".to_owned());
    let filtered = |filter: &str| format!("filter={}", encoded(filter));
    let ago = |days: i64| encoded(&Time::from_secs(known.now.secs() - days * 86_400).rfc3339());
    let user = |person: &Person| format!("user={}", person.id);
    let log = [
        ("newest", String::new()),
        ("last hour", "range=1h".to_owned()),
        ("90 days", "range=90d".to_owned()),
        ("one hour, 60 days ago", format!("since={}&until={}", ago(61), ago(60))),
        ("until 40 days ago", format!("until={}&since={}", ago(40), ago(80))),
        ("machines shown", "machines=show".to_owned()),
        ("refused", "outcome=refused&range=90d".to_owned()),
        ("throttled", "outcome=throttled&range=90d".to_owned()),
        ("changed", "outcome=changed&range=90d".to_owned()),
        ("all but allowed", "outcome=notable&range=90d".to_owned()),
        ("sign-ins", "kind=sign-ins&range=90d".to_owned()),
        ("tokens, failed", "kind=tokens&outcome=refused&range=90d".to_owned()),
        ("about users", "kind=users&range=90d".to_owned()),
        ("about keys", "kind=keys&range=90d".to_owned()),
        ("a busy user", format!("range=90d&{}", user(&known.busy))),
        ("a quiet user", format!("range=90d&{}", user(&known.quiet))),
        ("a busy app", format!("range=90d&app={}", known.busy_app)),
        ("a quiet app", format!("range=90d&app={}", known.quiet_app)),
        ("an attacker's address", format!("range=90d&ip={ATTACKER}")),
        ("an address of nobody", "range=90d&ip=192.0.2.99".to_owned()),
        ("addresses by prefix", format!("range=90d&{}", filtered("client.ipAddress sw \"198.51.\""))),
        ("a common word", "range=90d&q=firefox".to_owned()),
        ("a login", format!("range=90d&q={}", encoded(&known.quiet.login))),
        ("a word of nothing", "range=90d&q=xyzzy".to_owned()),
        ("a type", format!("range=90d&{}", filtered("eventType eq \"user.session.start\""))),
        ("a type of nothing", format!("range=90d&{}", filtered("eventType eq \"group.lifecycle.delete\""))),
        (
            "outcome and type",
            format!(
                "range=90d&{}",
                filtered("outcome.result eq \"FAILURE\" and eventType eq \"user.session.start\"")
            ),
        ),
        ("a target of nothing", format!("range=90d&{}", filtered("target.displayName co \"xyzzy\""))),
        (
            "a fact of nothing",
            format!("range=90d&{}", filtered("debugContext.debugData.grantType eq \"xyzzy\"")),
        ),
        ("refused, by who", "outcome=refused&range=90d&group=actor".to_owned()),
        ("refused, by address", "outcome=refused&range=90d&group=ip".to_owned()),
        ("all, by who", "range=90d&group=actor&machines=show".to_owned()),
        ("all, by address", "range=90d&group=ip&machines=show".to_owned()),
        ("all, by app", "range=90d&group=app&machines=show".to_owned()),
        ("a request's id", format!("q={}", known.request)),
        ("an event's id", format!("q={}", known.event)),
    ];
    for (name, query) in log {
        add(Who::Admin, LOG, &format!("log: {name}"), format!("/console/log?{query}"));
    }
    let api = [
        ("newest", String::new()),
        ("a quiet user", filtered(&format!("actor.id eq \"{}\"", known.quiet.id))),
        ("a type of nothing", filtered("eventType eq \"group.lifecycle.delete\"")),
        ("a word of nothing", "q=xyzzy".to_owned()),
        ("a word of nothing, 80 days", format!("q=xyzzy&since={}", ago(80))),
    ];
    for (name, query) in api {
        add(Who::Api, LOG, &format!("API log: {name}"), format!("/api/v1/logs?sortOrder=DESCENDING&{query}"));
    }
    let export = format!("/console/log/export.jsonl?since={}&until={}&outcome=changed", ago(2), ago(1));
    add(Who::Admin, LOG, "export: a day's changes", export);
    let event = |id: &str| format!("/console/log/{id}");
    let prefix = |q: &str| format!("/console/users?q={}", encoded(q));
    let console = [
        ("an event of a sign-in", event(&known.event)),
        ("an event of the throttle", event(&known.throttled)),
        ("overview", "/console".to_owned()),
        ("alerts", "/console/alerts".to_owned()),
        ("saved searches", "/console/log/searches".to_owned()),
        ("webhooks", "/console/webhooks".to_owned()),
        ("users", "/console/users".to_owned()),
        ("users: a name", prefix("fischer")),
        ("users: a letter", prefix("a")),
        ("users: a login", prefix(&known.quiet.login)),
        ("users: nobody", prefix("xyzzy")),
        ("a busy user", format!("/console/users/{}", known.busy.id)),
        ("a quiet user", format!("/console/users/{}", known.quiet.id)),
        ("groups", "/console/groups".to_owned()),
        ("everybody's group", format!("/console/groups/{}", known.group)),
        ("apps", "/console/apps".to_owned()),
        ("a busy app", format!("/console/apps/{}", known.machine)),
        ("a quiet app", format!("/console/apps/{}", known.quiet_app)),
        ("servers", "/console/servers".to_owned()),
        ("a server", format!("/console/servers/{}", known.server)),
        ("access policies", format!("/console/servers/{}/policies", known.server)),
        ("limits", "/console/limits".to_owned()),
        ("rate policies", "/console/rate-policies".to_owned()),
        ("credentials", "/console/credentials".to_owned()),
    ];
    for (name, path) in console {
        add(Who::Admin, CONSOLE, name, path);
    }
    add(Who::Operator, OPERATOR, "operator: home", "/".to_owned());
    add(Who::Operator, OPERATOR, "operator: tenants", "/tenants".to_owned());
    add(
        Who::Operator,
        OPERATOR,
        "operator: tenants further down",
        format!("/tenants?after={}", known.tenant),
    );
    add(Who::Operator, OPERATOR, "operator: a tenant", format!("/tenants/{}", known.tenant));
    pages
}

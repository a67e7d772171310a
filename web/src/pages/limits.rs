//! Limits, and the credentials that are counted against them.

use askama::Template;

use crate::chart::{Histogram, share};
use crate::pages::LogRow;
use crate::parts::{Action, Empty, Fact, Link, Paging, Status, Tab, TimeText};
use crate::shell::{Console, Page as _, page};

/// The hour's API calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// Calls counted.
    pub used: u64,
    /// Calls allowed.
    pub limit: u64,
    /// `788 of 5,000 used`.
    pub shown: String,
    /// `The full 5,000 are back at 14:16, in 14 minutes.`
    pub reset: String,
    /// `At 120 calls a minute nothing is left at 14:10, in 8 minutes.`; empty if they last.
    pub pace: String,
}

impl Quota {
    fn filled(&self) -> String {
        share(self.used, self.limit)
    }

    /// Colour only where something was refused or is about to be.
    fn level(&self) -> &'static str {
        match self.used.saturating_mul(100).checked_div(self.limit) {
            Some(0..90) => "plain",
            Some(90..100) => "throttled",
            _ => "refused",
        }
    }
}

/// Who used how much of the quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's or credential's name.
    pub name: String,
    /// `612`.
    pub calls: String,
    /// `14 refused`; empty if none were.
    pub refused: String,
    /// Its events.
    pub url: Option<String>,
    /// `600 GET /api/v1/users, 12 POST /api/v1/apps`; may be empty.
    pub routes: String,
    /// It was paused.
    pub paused: bool,
    /// Pauses it, or lets it go on; for those who may.
    pub action: Option<Action>,
}

/// A user or an app that runs into the throttle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedOften {
    /// The login or the app's name.
    pub name: String,
    /// Its page, or its events.
    pub url: Option<String>,
    /// `User`, `App`.
    pub kind: &'static str,
    /// `1,204`.
    pub refusals: String,
    /// When the newest was.
    pub last: TimeText,
}

/// A rate policy and what it refused in the last hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyUse {
    /// Its name.
    pub name: String,
    /// Its events; for those who see the log.
    pub url: Option<String>,
    /// `Off`, `Tried out`; empty when it is in force.
    pub state: &'static str,
    /// `3 in 30 s, by app`.
    pub rule: String,
    /// `1,204 refused`.
    pub refused: String,
    /// What it refused most: `app 0oa…`, and how often.
    pub hottest: Vec<(String, String)>,
}

/// A limit, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `Password grant, per user`.
    pub name: String,
    /// `4 in any second`.
    pub value: String,
    /// What it counts, what refuses, what the caller sees: a sentence each.
    pub sentences: Vec<String>,
    /// Nothing configures it.
    pub fixed: bool,
}

/// The tenant's limits.
#[derive(Template, Debug, Clone)]
#[template(path = "console/limits.html")]
pub struct LimitsPage {
    /// The frame.
    pub console: Console,
    /// The hour's API calls.
    pub quota: Quota,
    /// Its calls by minute.
    pub calls: Histogram,
    /// Busiest first.
    pub callers: Vec<Caller>,
    /// Who was throttled most in the last hour.
    pub hottest: Vec<RefusedOften>,
    /// The rate policies, those that refused most first.
    pub policies: Vec<PolicyUse>,
    /// Throttled sign-ins of a day, by hour.
    pub throttled: Histogram,
    /// `1,204 in 24 hours`; empty if there were none.
    pub throttled_sum: String,
    /// The newest throttled sign-ins.
    pub refusals: Vec<LogRow>,
    /// All of them.
    pub log_url: Option<String>,
    /// The rules in force.
    pub rules: Vec<Rule>,
    /// Ways to pages that change limits.
    pub edit: Vec<Link>,
}

/// How something that a limit counts went over days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastChart {
    /// `Throttled sign-ins`.
    pub title: String,
    /// `1,204`; empty if there was nothing.
    pub sum: String,
    /// The drawing.
    pub histogram: Histogram,
}

/// Who called the management API over days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCaller {
    /// The token's or credential's name.
    pub name: String,
    /// Its events.
    pub url: Option<String>,
    /// `12,612`.
    pub calls: String,
}

/// The limits over days.
#[derive(Template, Debug, Clone)]
#[template(path = "console/limits_past.html")]
pub struct LimitsPast {
    /// The frame.
    pub console: Console,
    /// Back to the present hour.
    pub back: Link,
    /// Spans to choose from.
    pub tabs: Vec<Tab>,
    /// `7 days`.
    pub span: String,
    /// Calls, throttled sign-ins, what rate policies refused.
    pub charts: Vec<PastChart>,
    /// The busiest first.
    pub callers: Vec<PastCaller>,
    /// Why there is no more.
    pub beyond: Option<String>,
}

/// One API token or credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRow {
    /// Its page.
    pub url: Option<String>,
    /// Its name.
    pub name: String,
    /// `API token`, `Client credential`.
    pub kind: String,
    /// What may be shown of it.
    pub hint: String,
    /// `Read Users, Manage Users`.
    pub scopes: String,
    /// When it was made.
    pub created: Option<TimeText>,
    /// When it last called.
    pub last_used: Option<TimeText>,
    /// On, revoked, unused for long.
    pub status: Status,
}

/// The API tokens and credentials.
#[derive(Template, Debug, Clone)]
#[template(path = "console/credentials.html")]
pub struct CredentialList {
    /// The frame.
    pub console: Console,
    /// Where others are made, for who may.
    pub create: Vec<Link>,
    /// All of them.
    pub credentials: Vec<CredentialRow>,
    /// Pages on either side.
    pub paging: Paging,
    /// Why there are none.
    pub empty: Option<Empty>,
}

/// One API token or API credential.
#[derive(Template, Debug, Clone)]
#[template(path = "console/credential.html")]
pub struct CredentialPage {
    /// The frame.
    pub console: Console,
    /// Back to the list.
    pub back: Link,
    /// `API token`, `API credential`.
    pub kind: String,
    /// Whether it works.
    pub status: Status,
    /// Id, owner, rights, times.
    pub facts: Vec<Fact>,
    /// Roll, revoke.
    pub actions: Vec<Action>,
}

page! {
    CredentialPage: console.shell;
    LimitsPage: console.shell;
    LimitsPast: console.shell;
    CredentialList: console.shell;
}

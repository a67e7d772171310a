//! Rate policies: the list, one of them, and what a draft would have done.

use askama::Template;

use crate::pages::LogRow;
use crate::parts::{Action, Choice, Empty, Fact, Link, Status, TimeText};
use crate::shell::{Console, Page as _, page};

/// One rate policy in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRow {
    /// Its page.
    pub url: String,
    /// Its name.
    pub name: String,
    /// `3 tokens in 30 seconds, for each app`.
    pub says: String,
    /// `Authorization code, client credentials`.
    pub grants: String,
    /// In force, dry run or off.
    pub status: Status,
    /// When it last changed.
    pub changed: TimeText,
}

/// The tenant's rate policies.
#[derive(Template, Debug, Clone)]
#[template(path = "console/policies.html")]
pub struct PolicyList {
    /// The frame.
    pub console: Console,
    /// Back to the limits.
    pub back: Link,
    /// Where another is made, for who may.
    pub create: Option<Link>,
    /// Oldest first.
    pub policies: Vec<PolicyRow>,
    /// Why there are none.
    pub empty: Option<Empty>,
}

/// One rate policy.
#[derive(Template, Debug, Clone)]
#[template(path = "console/policy.html")]
pub struct PolicyPage {
    /// The frame.
    pub console: Console,
    /// Where it lies, outermost first.
    pub crumbs: Vec<Link>,
    /// In force, dry run or off.
    pub status: Status,
    /// `3 tokens in 30 seconds, for each app`.
    pub says: String,
    /// Its settings.
    pub facts: Vec<Fact>,
    /// What it refused, or would have; newest first. None for who doesn't see the log.
    pub refusals: Option<Vec<LogRow>>,
    /// All of its refusals.
    pub log_url: Option<String>,
    /// Ways to pages that change it.
    pub edit: Vec<Link>,
    /// On, off, dry run, delete: those that apply.
    pub actions: Vec<Action>,
}

/// A way to try what a form says before it is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// How far back.
    pub hours: Vec<Choice>,
    /// What came of it, once it was tried.
    pub found: Option<TrialFound>,
}

/// What a draft would have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialFound {
    /// `Of 1,204 requests in the last hour, 37 would have been refused.`
    pub sentence: String,
    /// What else there is to know: that there was more, that the list is cut.
    pub note: Option<String>,
    /// Most often refused first.
    pub rows: Vec<TrialRow>,
}

/// One of those who would have been refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialRow {
    /// An app's name, a login, an address.
    pub who: String,
    /// Its page.
    pub url: Option<String>,
    /// Requests that pass.
    pub passed: String,
    /// Requests that are refused.
    pub refused: String,
    /// When the first is refused.
    pub first: TimeText,
    /// When the last is refused.
    pub last: TimeText,
}

page! {
    PolicyList: console.shell;
    PolicyPage: console.shell;
}

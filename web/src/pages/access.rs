//! Access policies of an authorization server: the list, and one of them with its rules.

use askama::Template;

use crate::parts::{Action, Empty, Fact, Hidden, Link, Status};
use crate::shell::{Console, Page as _, page};

/// Moves an entry past its neighbour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// `Up` or `Down`.
    pub label: &'static str,
    /// Where it posts to.
    pub url: String,
    /// The neighbour.
    pub past: Hidden,
}

/// One access policy in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessPolicyRow {
    /// Its page.
    pub url: String,
    /// Its name.
    pub name: String,
    /// In force or off.
    pub status: Status,
    /// `every app`, `Storefront and 2 more`.
    pub apps: String,
    /// `3 rules`.
    pub rules: String,
    /// Ways to the places around it, for who may.
    pub moves: Vec<Move>,
}

/// The access policies of a server, in the order in which they are asked.
#[derive(Template, Debug, Clone)]
#[template(path = "console/access_policies.html")]
pub struct AccessPolicyList {
    /// The frame.
    pub console: Console,
    /// Where it lies, outermost first.
    pub crumbs: Vec<Link>,
    /// What the list means as it is now.
    pub says: String,
    /// Where another is made, for who may.
    pub create: Option<Link>,
    /// Where it is asked which rule decides.
    pub why: Link,
    /// First asked first.
    pub policies: Vec<AccessPolicyRow>,
    /// Why there are none.
    pub empty: Option<Empty>,
}

/// One rule of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRuleRow {
    /// Where it is changed, for who may.
    pub url: Option<String>,
    /// Its name.
    pub name: String,
    /// In force or off.
    pub status: Status,
    /// Whom it lets through with what, and how long tokens live.
    pub facts: Vec<Fact>,
    /// Ways to the places around it, for who may.
    pub moves: Vec<Move>,
    /// On or off, for who may.
    pub switch: Option<Action>,
}

/// One access policy.
#[derive(Template, Debug, Clone)]
#[template(path = "console/access_policy.html")]
pub struct AccessPolicyPage {
    /// The frame.
    pub console: Console,
    /// Where it lies, outermost first.
    pub crumbs: Vec<Link>,
    /// In force or off.
    pub status: Status,
    /// What its state does that nobody may have meant.
    pub warning: Option<String>,
    /// What it is for; may be empty.
    pub description: String,
    /// First asked first.
    pub rules: Vec<AccessRuleRow>,
    /// Where another rule is made, for who may.
    pub add_rule: Option<Link>,
    /// Where it is asked which rule decides.
    pub why: Link,
    /// Its apps, its place, its times.
    pub facts: Vec<Fact>,
    /// Ways to pages that change it.
    pub edit: Vec<Link>,
    /// On, off, delete: those that apply.
    pub actions: Vec<Action>,
}

page! {
    AccessPolicyList: console.shell;
    AccessPolicyPage: console.shell;
}

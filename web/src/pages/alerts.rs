//! Alerts: the list, one of them, and the times that they fired.

use askama::Template;

use crate::parts::{Action, Fact, Link, Paging, Status, TimeText};
use crate::shell::{Console, Page as _, page};

/// One alert in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    /// Its page.
    pub url: String,
    /// Its name.
    pub name: String,
    /// `5 events in 10 minutes`.
    pub says: String,
    /// On, muted or off.
    pub status: Status,
    /// When it last fired.
    pub fired: Option<TimeText>,
}

/// One time that an alert fired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiringRow {
    /// The alert, where it isn't plain.
    pub alert: Option<Link>,
    /// When it fired.
    pub fired: TimeText,
    /// `7 events`.
    pub events: String,
    /// The window in absolute times.
    pub window: String,
    /// The events, in the log.
    pub url: String,
    /// Who took note of it, and when.
    pub noted: Option<String>,
    /// What came of telling webhooks.
    pub told: Vec<ToldRow>,
    /// Takes note, for who may.
    pub acknowledge: Option<Action>,
}

/// What came of telling a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldRow {
    /// Its name.
    pub webhook: String,
    /// Delivered, waiting, given up.
    pub status: Status,
}

/// The tenant's alerts.
#[derive(Template, Debug, Clone)]
#[template(path = "console/alerts.html")]
pub struct AlertList {
    /// The frame.
    pub console: Console,
    /// Where another is made, for who may.
    pub create: Option<Link>,
    /// Firings that nobody took note of, newest first.
    pub firings: Vec<FiringRow>,
    /// What else there is to know of them: that there are more.
    pub more: Option<String>,
    /// By name.
    pub alerts: Vec<AlertRow>,
    /// The webhooks that alerts tell.
    pub webhooks: Link,
}

/// One alert.
#[derive(Template, Debug, Clone)]
#[template(path = "console/alert.html")]
pub struct AlertPage {
    /// The frame.
    pub console: Console,
    /// Back to the list.
    pub back: Link,
    /// On, muted or off.
    pub status: Status,
    /// `It fires at 5 events in 10 minutes.`
    pub says: String,
    /// What it looks for, in the log.
    pub log_url: String,
    /// Newest first.
    pub firings: Vec<FiringRow>,
    /// Pages of firings on either side.
    pub paging: Paging,
    /// Its settings.
    pub facts: Vec<Fact>,
    /// Ways to pages that change it.
    pub edit: Vec<Link>,
    /// Mute, switch off, acknowledge all, delete: those that apply.
    pub actions: Vec<Action>,
}

page! {
    AlertList: console.shell;
    AlertPage: console.shell;
}

//! Webhooks: the list, and one of them with what it was told.

use askama::Template;

use crate::parts::{Action, Empty, Fact, Link, Paging, Status, TimeText};
use crate::shell::{Console, Page as _, page};

/// One webhook in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRow {
    /// Its page.
    pub url: String,
    /// Its name.
    pub name: String,
    /// Where it leads, without the path.
    pub to: String,
    /// On or off.
    pub status: Status,
    /// When it last changed.
    pub changed: TimeText,
}

/// The tenant's webhooks.
#[derive(Template, Debug, Clone)]
#[template(path = "console/webhooks.html")]
pub struct WebhookList {
    /// The frame.
    pub console: Console,
    /// Back to the alerts.
    pub back: Link,
    /// Where another is made, for who may.
    pub create: Option<Link>,
    /// By name.
    pub webhooks: Vec<WebhookRow>,
    /// Why there are none.
    pub empty: Option<Empty>,
}

/// Something that a webhook was told, or has still to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// `An alert fired`, `A test`.
    pub what: String,
    /// When it was queued.
    pub at: TimeText,
    /// `2 attempts`.
    pub attempts: String,
    /// `webhook-id`.
    pub id: String,
    /// Delivered, waiting, given up.
    pub status: Status,
}

/// One webhook.
#[derive(Template, Debug, Clone)]
#[template(path = "console/webhook.html")]
pub struct WebhookPage {
    /// The frame.
    pub console: Console,
    /// Where it lies, outermost first.
    pub crumbs: Vec<Link>,
    /// On or off.
    pub status: Status,
    /// Newest first.
    pub deliveries: Vec<DeliveryRow>,
    /// Pages of deliveries on either side.
    pub paging: Paging,
    /// Each attempt, in the log.
    pub log_url: String,
    /// Address, secret, id.
    pub facts: Vec<Fact>,
    /// Ways to pages that change it.
    pub edit: Vec<Link>,
    /// Test, roll, delete: those that apply.
    pub actions: Vec<Action>,
}

page! {
    WebhookList: console.shell;
    WebhookPage: console.shell;
}

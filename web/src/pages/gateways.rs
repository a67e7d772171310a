//! Gateway profiles: the list, and one of them.

use askama::Template;

use super::history::History;
use crate::parts::{Action, Empty, Fact, Link, TimeText};
use crate::shell::{Console, Page as _, page};

/// One gateway profile in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayRow {
    /// Its page.
    pub url: String,
    /// The name of its authorization server.
    pub name: String,
    /// `codes, client credentials`.
    pub grants: String,
    /// `orders:read, orders:write`.
    pub scopes: String,
    /// `tokens and API keys`.
    pub takes: String,
    /// When it last changed.
    pub changed: TimeText,
}

/// The tenant's gateway profiles.
#[derive(Template, Debug, Clone)]
#[template(path = "console/gateways.html")]
pub struct GatewayList {
    /// The frame.
    pub console: Console,
    /// Where another is made, for who may.
    pub create: Option<Link>,
    /// In the order in which their servers were made.
    pub gateways: Vec<GatewayRow>,
    /// Why there are none.
    pub empty: Option<Empty>,
}

/// One gateway profile.
#[derive(Template, Debug, Clone)]
#[template(path = "console/gateway.html")]
pub struct GatewayPage {
    /// The frame.
    pub console: Console,
    /// Where it lies, outermost first.
    pub crumbs: Vec<Link>,
    /// The authorization server that it belongs to.
    pub server: Link,
    /// Addresses that the gateway and the front end are told.
    pub endpoints: Vec<Fact>,
    /// What gets past the gateway.
    pub calls: Vec<Fact>,
    /// Grants, scopes and lifetimes of the two token endpoints.
    pub tokens: Vec<Fact>,
    /// When the provision key was made.
    pub provision: TimeText,
    /// Where another provision key is made, for who may.
    pub roll: Option<Link>,
    /// Its changes, for who may read the log.
    pub history: Option<History>,
    /// Ways to pages that change it.
    pub edit: Vec<Link>,
    /// Delete, for who may.
    pub actions: Vec<Action>,
}

page! {
    GatewayList: console.shell;
    GatewayPage: console.shell;
}

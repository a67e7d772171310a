//! Who allowed an app something.

use askama::Template;

use crate::parts::{Action, Link, Paging, Status, TimeText};
use crate::shell::{Console, Page as _, page};

/// Somebody who allowed an app something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPersonRow {
    /// The user's page, for who may see it.
    pub url: Option<String>,
    /// `ada@acme.test`.
    pub login: String,
    /// Active, suspended, deactivated.
    pub status: Status,
    /// What the app may have, separated by spaces.
    pub scopes: String,
    /// When it was allowed first.
    pub first: TimeText,
    /// When last, if that is another time.
    pub last: Option<TimeText>,
    /// Takes it back, for who may.
    pub revoke: Option<Action>,
}

/// Everybody who allowed one app something.
#[derive(Template, Debug, Clone)]
#[template(path = "console/app_people.html")]
pub struct AppPeople {
    /// The frame.
    pub console: Console,
    /// The way back.
    pub crumbs: Vec<Link>,
    /// In the order of their creation.
    pub people: Vec<AppPersonRow>,
    /// Pages on either side.
    pub paging: Paging,
    /// Takes it back from all of them, for who may.
    pub revoke_all: Option<Action>,
}

page! {
    AppPeople: console.shell;
}

//! Users, apps and authorization servers.

use askama::Template;

use crate::pages::LogRow;
use crate::parts::{Action, Empty, Fact, Link, Paging, Status, TimeText};
use crate::shell::{Console, Page as _, page};

/// One user in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// The user's page.
    pub url: String,
    /// `ada@acme.test`.
    pub login: String,
    /// `Ada Lovelace`; may be empty.
    pub name: String,
    /// Active, suspended, locked, deactivated.
    pub status: Status,
    /// The newest sign-in.
    pub last_sign_in: Option<TimeText>,
}

/// The users. Searches with `q` by GET.
#[derive(Template, Debug, Clone)]
#[template(path = "console/users.html")]
pub struct UserList {
    /// The frame.
    pub console: Console,
    /// The list's own path.
    pub action: String,
    /// What was searched for.
    pub q: String,
    /// `212 users`.
    pub count: Option<String>,
    /// The users.
    pub users: Vec<UserRow>,
    /// Pages on either side.
    pub paging: Paging,
    /// Why there are no rows.
    pub empty: Option<Empty>,
}

/// One user.
#[derive(Template, Debug, Clone)]
#[template(path = "console/user.html")]
pub struct UserPage {
    /// The frame.
    pub console: Console,
    /// Back to the list.
    pub back: Link,
    /// `ada@acme.test`.
    pub login: String,
    /// `Ada Lovelace`; may be empty.
    pub name: String,
    /// Active, suspended, locked, deactivated.
    pub status: Status,
    /// Profile, ids, times.
    pub facts: Vec<Fact>,
    /// Why the user was last refused.
    pub last_refusal: Option<LogRow>,
    /// Why that was, and what would fix it.
    pub last_refusal_why: Option<String>,
    /// Newest first.
    pub recent: Vec<LogRow>,
    /// All events of the user.
    pub log_url: Option<String>,
    /// Suspend, unsuspend, unlock, sign out everywhere: those that apply.
    pub actions: Vec<Action>,
}

/// One app in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRow {
    /// The app's page.
    pub url: String,
    /// Its name.
    pub name: String,
    /// `Web app`, `Browser app`, `Service`.
    pub kind: String,
    /// Its client id.
    pub client_id: String,
    /// On or off.
    pub status: Status,
    /// The newest token.
    pub last_used: Option<TimeText>,
}

/// The apps.
#[derive(Template, Debug, Clone)]
#[template(path = "console/apps.html")]
pub struct AppList {
    /// The frame.
    pub console: Console,
    /// `3 apps`.
    pub count: Option<String>,
    /// The apps.
    pub apps: Vec<AppRow>,
    /// Pages on either side.
    pub paging: Paging,
    /// Why there are no rows.
    pub empty: Option<Empty>,
}

/// A grant that an app may or may not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// `Authorization code`.
    pub name: String,
    /// Whether the app may.
    pub on: bool,
    /// `PKCE required`.
    pub note: Option<String>,
}

/// One app.
#[derive(Template, Debug, Clone)]
#[template(path = "console/app.html")]
pub struct AppPage {
    /// The frame.
    pub console: Console,
    /// Back to the list.
    pub back: Link,
    /// Its name.
    pub name: String,
    /// `Web app`, `Browser app`, `Service`.
    pub kind: String,
    /// On or off.
    pub status: Status,
    /// What a developer copies: issuer, client id, secrets' hints.
    pub values: Vec<Fact>,
    /// Exactly as registered.
    pub redirect_uris: Vec<String>,
    /// All grants, allowed or not.
    pub grants: Vec<Grant>,
    /// Lifetimes, consent, rotation.
    pub settings: Vec<Fact>,
    /// Newest first.
    pub recent: Vec<LogRow>,
    /// `1,204 sign-ins and 7 refusals in 7 days`.
    pub activity: Option<String>,
    /// All events of the app.
    pub log_url: Option<String>,
}

/// One authorization server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerRow {
    /// `default`.
    pub name: String,
    /// What it is for.
    pub note: Option<String>,
    /// On or off.
    pub status: Status,
    /// Issuer, audience, scopes, signing key, lifetimes.
    pub facts: Vec<Fact>,
    /// Its discovery document and keys.
    pub links: Vec<Link>,
}

/// The authorization servers.
#[derive(Template, Debug, Clone)]
#[template(path = "console/servers.html")]
pub struct ServerList {
    /// The frame.
    pub console: Console,
    /// The servers.
    pub servers: Vec<ServerRow>,
    /// Why there are none.
    pub empty: Option<Empty>,
}

page! {
    UserList: console.shell;
    UserPage: console.shell;
    AppList: console.shell;
    AppPage: console.shell;
    ServerList: console.shell;
}

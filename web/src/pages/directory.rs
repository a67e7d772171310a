//! Users, apps and authorization servers.

use askama::Template;

use super::history::History;
use crate::pages::{AppPersonRow, LogRow, Refused};
use crate::parts::{Action, Empty, Fact, Link, Paging, Status, Tab, TimeText};
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
    /// `Super administrator`, for those who have a role.
    pub role: Option<String>,
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
    /// Where another is made, for who may.
    pub create: Option<Link>,
    /// The users who are listed, and all that follow, as a file.
    pub export: Option<Link>,
    /// The list's own path.
    pub action: String,
    /// What was searched for.
    pub q: String,
    /// The part of the list that is searched, as its address names it; empty for all of it.
    pub part: String,
    /// The parts of the list.
    pub tabs: Vec<Tab>,
    /// `212 users`.
    pub count: Option<String>,
    /// The users.
    pub users: Vec<UserRow>,
    /// Where a search finds nobody: who may have been meant.
    pub alike: Vec<UserRow>,
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
    /// Groups that the user is in, by name.
    pub groups: Vec<Link>,
    /// To where the user is put into one more.
    pub join: Option<Link>,
    /// Since when each node refuses, if the user is shut out.
    pub refused: Option<Refused>,
    /// Why the user was last refused.
    pub last_refusal: Option<LogRow>,
    /// Why that was, and what would fix it.
    pub last_refusal_why: Option<String>,
    /// Refusals under logins that nobody has and that are spelt much like this one.
    pub misspelt: Vec<LogRow>,
    /// Newest first.
    pub recent: Vec<LogRow>,
    /// All events of the user.
    pub log_url: Option<String>,
    /// Its changes.
    pub history: History,
    /// Open sessions, newest first.
    pub sessions: Vec<OpenSession>,
    /// Apps that hold something of the user's.
    pub allowed: Vec<AllowedApp>,
    /// Where it is asked what an app would get about the user, and by which rule.
    pub asks: Vec<Link>,
    /// Ways to pages that change the user.
    pub edit: Vec<Link>,
    /// Suspend, unsuspend, unlock, sign out everywhere: those that apply.
    pub actions: Vec<Action>,
}

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// `Firefox on Linux`.
    pub device: String,
    /// `203.0.113.9`.
    pub from: String,
    /// `Console` or `Apps`.
    pub what: String,
    /// When it began.
    pub since: TimeText,
    /// When it was last used.
    pub seen: TimeText,
    /// It is the reader's own.
    pub this: bool,
    /// Ends it.
    pub end: Option<Action>,
}

/// An app that a user let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedApp {
    /// Its name.
    pub name: String,
    /// Its page, for who may see it.
    pub url: Option<String>,
    /// `openid profile`.
    pub scopes: String,
    /// When it was last let in.
    pub since: TimeText,
    /// Takes it back.
    pub revoke: Option<Action>,
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
    /// Where another is made, for who may.
    pub create: Option<Link>,
    /// The list's own path.
    pub action: String,
    /// What was searched for.
    pub q: String,
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
    /// What a developer copies: issuer, client id, endpoints.
    pub values: Vec<Fact>,
    /// The ways to sign people in with it.
    pub start: Vec<Link>,
    /// Its secrets, oldest first; none for a public app.
    pub secrets: Vec<SecretRow>,
    /// Makes another secret.
    pub roll: Option<Link>,
    /// What it calls APIs behind a gateway with.
    pub api_keys: ApiKeys,
    /// Exactly as registered.
    pub redirect_uris: Vec<String>,
    /// Where one is added.
    pub add_uri: Option<Link>,
    /// All grants, allowed or not.
    pub grants: Vec<Grant>,
    /// Consent, rotation.
    pub settings: Vec<Fact>,
    /// How long its tokens live.
    pub lifetimes: Vec<Fact>,
    /// Where that is set.
    pub lifetimes_set: Option<Link>,
    /// The first of those who allowed it something.
    pub people: Vec<AppPersonRow>,
    /// All of them.
    pub everybody: Option<Link>,
    /// Where it is asked what the app would get, and by which rule.
    pub asks: Vec<Link>,
    /// Newest first.
    pub recent: Vec<LogRow>,
    /// `1,204 sign-ins and 7 refusals in 7 days`.
    pub activity: Option<String>,
    /// All events of the app.
    pub log_url: Option<String>,
    /// Its changes, for who may read the log.
    pub history: Option<History>,
    /// Ways to pages that change the app.
    pub edit: Vec<Link>,
    /// On, off, delete: those that apply.
    pub actions: Vec<Action>,
}

/// A command to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// What it does.
    pub title: String,
    /// The command.
    pub code: String,
}

/// One secret of an app, without what is secret of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRow {
    /// Its id.
    pub id: String,
    /// `…k3Pa`, its last characters; nothing for those that nobody kept them of.
    pub hint: Option<String>,
    /// When it was made.
    pub made: TimeText,
    /// `last used today, 14:00`, `never used`.
    pub used: String,
    /// On or off.
    pub status: Status,
    /// Switch off or on, delete: those that apply.
    pub actions: Vec<Action>,
}

/// One API key of an app, without what is secret of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRow {
    /// The name that its maker gave.
    pub name: String,
    /// When it was made.
    pub made: TimeText,
    /// `last used today, 14:00`, `never used`.
    pub used: String,
    /// Revokes it, for who may.
    pub revoke: Option<Action>,
}

/// The API keys of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeys {
    /// Oldest first.
    pub keys: Vec<ApiKeyRow>,
    /// Where another is made, for who may.
    pub make: Option<Link>,
}

/// One authorization server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerRow {
    /// Its page.
    pub url: String,
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
    /// Where another is made, for who may.
    pub create: Option<Link>,
    /// The servers.
    pub servers: Vec<ServerRow>,
    /// Why there are none.
    pub empty: Option<Empty>,
}

/// One scope of an authorization server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeItem {
    /// `orders:read`.
    pub name: String,
    /// What people read, if anything.
    pub words: String,
    /// `users are asked`, `granted without asking`.
    pub consent: String,
    /// `default`, `not published`, `comes with every server`.
    pub notes: String,
    /// Where it is changed, for who may.
    pub url: Option<String>,
}

/// One claim that an authorization server adds to its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimItem {
    /// `department`.
    pub name: String,
    /// `user.department`, `"gold"`; or words about groups.
    pub value: String,
    /// Whether the value is code.
    pub code: bool,
    /// `access token`, `ID token and userinfo`.
    pub goes: String,
    /// `always`, `with orders:read`.
    pub with: String,
    /// In force or off.
    pub status: Status,
    /// Where it is changed, for who may.
    pub url: Option<String>,
}

/// One signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyItem {
    /// Its id.
    pub kid: String,
    /// Its algorithm.
    pub alg: String,
    /// Signs, next, only verifies.
    pub status: Status,
    /// Since when it is in its state.
    pub since: TimeText,
    /// What happens to it by itself, and when.
    pub until: Option<(String, TimeText)>,
}

/// An initial access token, with which apps register themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitialToken {
    /// The name that its maker gave.
    pub name: String,
    /// `1 of 5`.
    pub uses: String,
    /// Whether it still registers apps.
    pub good: bool,
    /// When it ends.
    pub ends: TimeText,
    /// Where it is revoked, for who may.
    pub revoke: Option<String>,
}

/// Which apps may register themselves at a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationBox {
    /// Who may.
    pub sentence: String,
    /// Where that is changed, for who may.
    pub change: Option<Link>,
    /// Where a token is made, for who may.
    pub make: Option<Link>,
    /// Oldest first.
    pub tokens: Vec<InitialToken>,
}

/// One authorization server.
#[derive(Template, Debug, Clone)]
#[template(path = "console/server.html")]
pub struct ServerPage {
    /// The frame.
    pub console: Console,
    /// Back to the list.
    pub back: Link,
    /// What is in the list of them, too.
    pub server: ServerRow,
    /// By name.
    pub scopes: Vec<ScopeItem>,
    /// Where another scope is made.
    pub add_scope: Option<Link>,
    /// By name.
    pub claims: Vec<ClaimItem>,
    /// Where another claim is made.
    pub add_claim: Option<Link>,
    /// Where it is seen what tokens would say.
    pub preview: Link,
    /// `2 access policies are asked in order: payroll, everybody else.`
    pub policies: String,
    /// The access policies' page.
    pub policies_page: Link,
    /// Oldest first.
    pub keys: Vec<KeyItem>,
    /// Which apps may register themselves.
    pub registration: RegistrationBox,
    /// To its gateway profile, or to where it gets one.
    pub gateway: Option<Link>,
    /// Keys that came, took over and went, newest first. None for who doesn't see the log.
    pub key_history: Option<Vec<LogRow>>,
    /// Its changes, for who may read the log.
    pub history: Option<History>,
    /// Ways to pages that change the server.
    pub edit: Vec<Link>,
    /// On, off, roll, delete: those that apply.
    pub actions: Vec<Action>,
}

page! {
    ServerPage: console.shell;
    UserList: console.shell;
    UserPage: console.shell;
    AppList: console.shell;
    AppPage: console.shell;
    ServerList: console.shell;
}

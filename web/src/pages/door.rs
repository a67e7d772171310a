//! Pages at which someone proves who they are, or agrees to something.

use askama::Template;

use crate::parts::{Csrf, Hidden, Link, TimeText};
use crate::shell::{Page as _, Shell, page};

/// What lies behind a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    /// An app, by its name.
    App(String),
    /// The tenant's console.
    Console,
    /// The operator's pages.
    Operator,
}

/// The sign-in card. Posts `login`, `password`, `flow` and the token.
#[derive(Template, Debug, Clone)]
#[template(path = "sign_in.html")]
pub struct SignIn {
    /// Brand and title.
    pub shell: Shell,
    /// For the form.
    pub csrf: Csrf,
    /// Where the form posts to.
    pub action: String,
    /// The handle of the sign-in under way; empty for none.
    pub flow: String,
    /// What lies behind.
    pub door: Door,
    /// What was typed before, or suggested by the app.
    pub login: String,
    /// Why the last attempt failed. Never says which half was wrong.
    pub error: Option<String>,
    /// A sentence of the tenant's own under the title, with its language (BCP 47).
    pub sentence: Option<(String, String)>,
    /// "Can't sign in?"
    pub help: Option<Link>,
    /// The app's own pages: its privacy policy, its terms of use.
    pub pages: Vec<Link>,
}

/// Asks which account an app is to have. Posts `flow`, `account` and the token.
#[derive(Template, Debug, Clone)]
#[template(path = "choose_account.html")]
pub struct ChooseAccount {
    /// Brand and title.
    pub shell: Shell,
    /// For the form.
    pub csrf: Csrf,
    /// Where the form posts to.
    pub action: String,
    /// The handle of the sign-in under way.
    pub flow: String,
    /// What lies behind.
    pub app_name: String,
    /// The id of the account at hand.
    pub account: String,
    /// Its person.
    pub name: String,
    /// Its login.
    pub login: String,
    /// To the sign-in page.
    pub another: String,
}

/// One scope, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeLine {
    /// As on the wire.
    pub name: String,
    /// As a sentence that continues "It will be able to": `See your name and picture`.
    pub sentence: String,
    /// The app can't do without it.
    pub required: bool,
}

/// Asks whether an app may act for someone. Posts `decision` (`allow` or `deny`), `flow`,
/// `account` and the token.
#[derive(Template, Debug, Clone)]
#[template(path = "consent.html")]
pub struct Consent {
    /// Brand and title.
    pub shell: Shell,
    /// For both forms.
    pub csrf: Csrf,
    /// Where the decision posts to.
    pub action: String,
    /// The handle of the sign-in under way.
    pub flow: String,
    /// Who asks.
    pub app_name: String,
    /// Whose account it is.
    pub login: String,
    /// The account's id: the decision is nobody else's.
    pub account: String,
    /// Where "use another account" posts to, with `flow` and the token.
    pub change_account: String,
    /// What is asked for.
    pub scopes: Vec<ScopeLine>,
    /// Where the browser goes afterwards.
    pub return_host: String,
    /// Nobody here vouches for the app: it registered itself.
    pub unvouched: bool,
    /// What the app says of privacy and of its terms: its own pages.
    pub pages: Vec<Link>,
}

/// The sign-out is done.
#[derive(Template, Debug, Clone)]
#[template(path = "signed_out.html")]
pub struct SignedOut {
    /// Brand and title.
    pub shell: Shell,
    /// Whether the app named an address that it has not registered.
    pub unregistered: bool,
    /// Back to the app that asked for it.
    pub back: Option<Link>,
    /// To a fresh sign-in.
    pub sign_in: Option<Link>,
}

/// After signing out, while the browser tells apps of it: one hidden frame for each.
#[derive(Template, Debug, Clone)]
#[template(path = "signing_out.html")]
pub struct SigningOut {
    /// Brand and title.
    pub shell: Shell,
    /// What the frames load: addresses of apps.
    pub frames: Vec<String>,
    /// Whether the app named an address that it has not registered.
    pub unregistered: bool,
    /// Back to the app that asked for it, once the others have been told.
    pub back: Option<Link>,
    /// To a fresh sign-in.
    pub sign_in: Option<Link>,
}

/// Asks before signing out, so that another site's link can't do it. Posts `fields` and the token.
#[derive(Template, Debug, Clone)]
#[template(path = "logout_confirm.html")]
pub struct LogoutConfirm {
    /// Brand and title.
    pub shell: Shell,
    /// For the form.
    pub csrf: Csrf,
    /// Where it posts to.
    pub action: String,
    /// What the request said of the way back.
    pub fields: Vec<Hidden>,
    /// Whose session ends.
    pub login: String,
    /// The app that asks for it.
    pub app_name: Option<String>,
    /// Whether the app named an address that it has not registered.
    pub unregistered: bool,
    /// Where "stay signed in" leads.
    pub stay: Option<Link>,
}

/// Gives a tenant its first administrator. Posts `login`, `password`, `password_again`, `flow` and the token.
#[derive(Template, Debug, Clone)]
#[template(path = "setup.html")]
pub struct Setup {
    /// Brand and title.
    pub shell: Shell,
    /// For the form.
    pub csrf: Csrf,
    /// Where it posts to.
    pub action: String,
    /// The secret of the one-time link, carried along.
    pub flow: String,
    /// What was typed before.
    pub login: String,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// The shortest password that is accepted.
    pub min_length: i64,
    /// When the link stops working.
    pub expires: Option<TimeText>,
}

page! {
    SignIn: shell;
    ChooseAccount: shell;
    Consent: shell;
    SignedOut: shell;
    SigningOut: shell;
    LogoutConfirm: shell;
    Setup: shell;
}

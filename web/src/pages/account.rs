//! What users see of their own account.

use askama::Template;

use crate::pages::{AllowedApp, Field, Input, OpenSession};
use crate::parts::{Csrf, Fact, Hidden, Link, TimeText};
use crate::shell::{Page as _, Shell, page};

/// The account: who is signed in where, and which apps were let in.
#[derive(Template, Debug, Clone)]
#[template(path = "account.html")]
pub struct Account {
    /// The frame.
    pub shell: Shell,
    /// The token of its forms.
    pub csrf: Csrf,
    /// Where light or dark is chosen.
    pub theme: String,
    /// `ada@acme.test`.
    pub login: String,
    /// What was just done.
    pub notice: Option<String>,
    /// Name, e-mail, when the password was set.
    pub facts: Vec<Fact>,
    /// Open sessions, newest first.
    pub sessions: Vec<OpenSession>,
    /// Apps that hold something.
    pub allowed: Vec<AllowedApp>,
    /// What happened lately, newest first.
    pub activity: Vec<ActivityRow>,
    /// Where the profile is changed.
    pub profile: Link,
    /// Where the password is changed.
    pub password: Link,
    /// Where to sign out.
    pub sign_out: Link,
}

/// Something that happened to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityRow {
    /// What.
    pub sentence: String,
    /// When.
    pub time: TimeText,
    /// `Firefox on Linux`, `by an administrator`.
    pub by: String,
    /// The address; empty where it isn't told.
    pub from: String,
    /// Whether the user should look twice.
    pub refused: bool,
}

/// A form about one's own account: the profile, the password, or another one in the place of what has expired.
#[derive(Template, Debug, Clone)]
#[template(path = "account_form.html")]
pub struct AccountForm {
    /// The frame; its title is the heading.
    pub shell: Shell,
    /// Under the heading.
    pub sentence: &'static str,
    /// The token of the form.
    pub csrf: Csrf,
    /// What the form carries along.
    pub hidden: Vec<Hidden>,
    /// Where it posts to.
    pub action: String,
    /// For password managers, where a password is asked for.
    pub login: Option<String>,
    /// What is asked for.
    pub fields: Vec<Field>,
    /// On the button.
    pub submit: &'static str,
    /// The way out.
    pub back: Link,
}

page! {
    Account: shell;
    AccountForm: shell;
}

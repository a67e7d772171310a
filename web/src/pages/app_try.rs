//! Trying an app's sign-in, step by step.

use askama::Template;

use crate::pages::{Field, Input, Snippet};
use crate::parts::{Hidden, Link, Status};
use crate::shell::{Console, Page as _, page};

/// One parameter or claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryRow {
    /// `code_challenge`.
    pub name: String,
    /// What it is, in full.
    pub value: String,
    /// What it is for; may be empty.
    pub meaning: String,
}

/// One message of the flow, or one token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryTable {
    /// What it is.
    pub title: String,
    /// What it holds.
    pub rows: Vec<TryRow>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryVerdict {
    /// It works, or refused.
    pub status: Status,
    /// What happened.
    pub sentence: String,
    /// What would put it right.
    pub fix: Option<String>,
    /// Where more about it is.
    pub links: Vec<Link>,
}

/// The next step's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryForm {
    /// What it does.
    pub title: String,
    /// Where it posts to.
    pub action: String,
    /// Carried along.
    pub hidden: Vec<Hidden>,
    /// The fields.
    pub fields: Vec<Field>,
    /// The button's verb.
    pub submit: String,
}

/// A trial of an app's sign-in.
#[derive(Template, Debug, Clone)]
#[template(path = "console/app_try.html")]
pub struct AppTry {
    /// The frame; its title is the page's.
    pub console: Console,
    /// Where it lies, outermost first.
    pub crumbs: Vec<Link>,
    /// What it is, and what it isn't.
    pub intro: String,
    /// What came of it.
    pub verdict: Option<TryVerdict>,
    /// The messages so far, and at the end the tokens.
    pub tables: Vec<TryTable>,
    /// The authorization request, to be opened.
    pub open: Option<String>,
    /// The next step.
    pub form: Option<TryForm>,
    /// The token request as a command, and the tokens' own text.
    pub raw: Vec<Snippet>,
    /// Begins anew.
    pub again: Option<Link>,
}

page! {
    AppTry: console.shell;
}

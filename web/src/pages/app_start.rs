//! The quick start of an app, and what became of its first sign-in.

use askama::Template;

use crate::pages::Snippet;
use crate::parts::{Fact, Link, Status, Tab, TimeText};
use crate::shell::{Console, Page as _, page};

/// Something that would stop what the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartNote {
    /// A sentence.
    pub text: String,
    /// Where it is put right.
    pub link: Option<Link>,
}

/// How far an app has come on its way to the first sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstSignIn {
    /// Waiting, refused, or it works.
    pub status: Status,
    /// What happened.
    pub sentence: String,
    /// When.
    pub when: Option<TimeText>,
    /// Why that was.
    pub why: Option<String>,
    /// What would put it right.
    pub fix: Option<String>,
    /// What was asked for, and by whom.
    pub facts: Vec<Fact>,
    /// The event, and what can be done about it.
    pub links: Vec<Link>,
    /// Where a script asks for news; none once there is nothing to wait for.
    pub ask: Option<String>,
    /// The same for a reader without scripts.
    pub again: Option<Link>,
}

impl FirstSignIn {
    /// A state and its sentence.
    pub fn new(status: Status, sentence: impl Into<String>) -> Self {
        Self {
            status,
            sentence: sentence.into(),
            when: None,
            why: None,
            fix: None,
            facts: Vec::new(),
            links: Vec::new(),
            ask: None,
            again: None,
        }
    }
}

/// The news, for a script.
#[derive(Template, Debug, Clone)]
#[template(path = "parts/first.html")]
pub struct FirstPart {
    /// The news.
    pub first: FirstSignIn,
}

/// The quick start of an app.
#[derive(Template, Debug, Clone)]
#[template(path = "console/app_start.html")]
pub struct AppStart {
    /// The frame; its title is the page's.
    pub console: Console,
    /// Where it lies, outermost first.
    pub crumbs: Vec<Link>,
    /// The frameworks.
    pub tabs: Vec<Tab>,
    /// What would stop the code.
    pub notes: Vec<StartNote>,
    /// What must be there before.
    pub needs: Option<String>,
    /// The code, file by file.
    pub steps: Vec<Snippet>,
    /// Addresses and settings, where there is no code.
    pub bare: Vec<Fact>,
    /// Where the reader begins once it runs.
    pub begins: Option<String>,
    /// The app's own values.
    pub values: Vec<Fact>,
    /// Where the flow can be tried without code.
    pub try_it: Option<Link>,
    /// How far it has come.
    pub first: FirstSignIn,
}

page! {
    AppStart: console.shell;
}

//! Pages on the way: the tenant's root, errors, the form that carries an answer, and the demo's callback.

use askama::Template;

use crate::parts::{Csrf, Fact, Hidden, Link};
use crate::shell::{Page as _, Shell, page};

/// The tenant's root: says whose door this is and shows each visitor the right one.
#[derive(Template, Debug, Clone)]
#[template(path = "home.html")]
pub struct Home {
    /// Brand and title.
    pub shell: Shell,
    /// The visitor's own account.
    pub account_url: String,
    /// The console, for administrators.
    pub console_url: String,
    /// The API's documentation.
    pub docs_url: String,
    /// The discovery document.
    pub discovery_url: String,
    /// The issuer that apps use.
    pub issuer: String,
    /// Apps that can be tried, such as the demo's.
    pub apps: Vec<Link>,
}

/// Something went wrong, said in the order in which a reader needs it.
#[derive(Template, Debug, Clone)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// Brand and title, which says in a few words what happened.
    pub shell: Shell,
    /// The HTTP status, shown small.
    pub status: u16,
    /// What happened, in a sentence, and whether anything was saved.
    pub sentence: String,
    /// What to do now.
    pub advice: Option<String>,
    /// Leads to the event in the log.
    pub request_id: String,
    /// For developers: `error`, `reason`, the parameter at fault.
    pub detail: Vec<Fact>,
    /// The one way on.
    pub way_on: Option<Link>,
}

impl ErrorPage {
    /// What happened and what to do, for whoever meets it.
    pub fn new(
        shell: Shell,
        status: u16,
        sentence: impl Into<String>,
        request_id: impl Into<String>,
    ) -> Self {
        Self {
            shell,
            status,
            sentence: sentence.into(),
            advice: None,
            request_id: request_id.into(),
            detail: Vec::new(),
            way_on: None,
        }
    }
}

/// Carries an authorization answer to the app by a form that sends itself. Has no token of ours: it posts to
/// the app, which mustn't learn one.
#[derive(Template, Debug, Clone)]
#[template(path = "form_post.html")]
pub struct FormPost {
    /// Brand and title.
    pub shell: Shell,
    /// The validated redirect URI.
    pub action: String,
    /// The answer's parameters.
    pub fields: Vec<Hidden>,
    /// Whom the reader continues to.
    pub app_name: String,
    /// Why there is nothing but an error to continue with; then the form waits for its reader.
    pub refusal: Option<String>,
}

/// A token taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodedToken {
    /// `Access token`, `ID token`.
    pub name: String,
    /// What it is for, in a sentence.
    pub note: String,
    /// The header as indented JSON.
    pub header: String,
    /// The claims as indented JSON.
    pub claims: String,
}

/// How far the demo has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DemoStep {
    /// The answer is an error.
    Refused {
        /// The code of the error.
        error: String,
        /// The words that came with it.
        description: String,
    },
    /// The answer is a code.
    Code {
        /// The code.
        code: String,
        /// The other parameters of the answer: `state`, `iss`.
        answer: Vec<Fact>,
        /// Where "Exchange it" posts to.
        action: String,
        /// What it posts, besides the token.
        fields: Vec<Hidden>,
    },
    /// The code was exchanged.
    Tokens {
        /// The token endpoint's answer as indented JSON.
        answer: String,
        /// Its tokens.
        tokens: Vec<DecodedToken>,
    },
}

/// The demo app's callback: shows what an app would see.
#[derive(Template, Debug, Clone)]
#[template(path = "demo.html")]
pub struct DemoCallback {
    /// Brand and title.
    pub shell: Shell,
    /// For the exchange.
    pub csrf: Csrf,
    /// The demo app.
    pub app_name: String,
    /// How far it has come.
    pub step: DemoStep,
    /// The command that redeems the code.
    pub curl: Option<String>,
    /// What is worth knowing at this step, a sentence each.
    pub notes: Vec<String>,
    /// Starts over.
    pub again: Option<Link>,
}

page! {
    Home: shell;
    ErrorPage: shell;
    FormPost: shell;
    DemoCallback: shell;
}

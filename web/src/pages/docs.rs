//! The API's documentation.

use askama::Template;

use crate::parts::Link;
use crate::shell::{Page as _, Shell, page};

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// `GET`, in capitals.
    pub method: String,
    /// `/api/v1/users/{id}`.
    pub path: String,
    /// What it does.
    pub summary: String,
    /// What it takes: `API token or Read Users`.
    pub auth: String,
}

/// Operations that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationGroup {
    /// `Users`.
    pub name: String,
    /// What they have in common.
    pub note: Option<String>,
    /// The operations.
    pub operations: Vec<Operation>,
}

/// All operations on one readable page.
#[derive(Template, Debug, Clone)]
#[template(path = "api_docs.html")]
pub struct ApiDocs {
    /// Brand and title.
    pub shell: Shell,
    /// Where everything below starts.
    pub base_url: String,
    /// The machine-readable description.
    pub spec_url: String,
    /// How to begin, a paragraph each.
    pub intro: Vec<String>,
    /// A first call to try.
    pub curl: Option<String>,
    /// The operations.
    pub groups: Vec<OperationGroup>,
    /// Home, console.
    pub links: Vec<Link>,
}

page! {
    ApiDocs: shell;
}

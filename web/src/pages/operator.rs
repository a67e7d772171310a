//! The operator's pages: who runs on this installation.

use askama::Template;

use crate::pages::Figure;
use crate::parts::{Action, Empty, Fact, Link, Paging, Status, TimeText};
use crate::shell::{Console, Page as _, page};

/// One tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantRow {
    /// Its page.
    pub page: String,
    /// Its display name.
    pub name: String,
    /// Its short name.
    pub slug: String,
    /// Its address.
    pub url: String,
    /// `212`.
    pub users: String,
    /// Active, suspended.
    pub status: Status,
    /// When it was made.
    pub created: Option<TimeText>,
}

/// The tenants of this installation.
#[derive(Template, Debug, Clone)]
#[template(path = "console/tenants.html")]
pub struct OperatorTenants {
    /// The frame.
    pub console: Console,
    /// Where one is made.
    pub create: Option<Link>,
    /// Where those are that were deleted.
    pub deleted: Option<Link>,
    /// Where the search goes.
    pub action: String,
    /// What was searched for.
    pub q: String,
    /// `2 tenants`.
    pub count: Option<String>,
    /// All of them.
    pub tenants: Vec<TenantRow>,
    /// Pages on either side.
    pub paging: Paging,
    /// Why there are none.
    pub empty: Option<Empty>,
}

/// Something that goes on beside requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkRow {
    /// What it does.
    pub what: String,
    /// How it goes.
    pub status: Status,
    /// What waits.
    pub backlog: Option<String>,
    /// A line for each node: when it last ran, for how long, what it did.
    pub runs: Vec<String>,
    /// What last went wrong, and when.
    pub error: Option<String>,
}

/// The operator's first page.
#[derive(Template, Debug, Clone)]
#[template(path = "console/operator.html")]
pub struct OperatorHome {
    /// The frame.
    pub console: Console,
    /// What can be counted across tenants.
    pub figures: Vec<Figure>,
    /// What goes on beside requests and waits, fails or is under way.
    pub work: Vec<WorkRow>,
    /// The rest of it, which has nothing to do.
    pub idle: Vec<WorkRow>,
    /// How much that is.
    pub idle_told: String,
    /// Version, engine, public URL, master key, data directory.
    pub facts: Vec<Fact>,
    /// The newest few.
    pub tenants: Vec<TenantRow>,
    /// All of them.
    pub tenants_url: String,
}

/// One tenant of this installation.
#[derive(Template, Debug, Clone)]
#[template(path = "console/tenant.html")]
pub struct TenantPage {
    /// The frame; its title is the tenant's name.
    pub console: Console,
    /// The list.
    pub back: Link,
    /// Active, suspended.
    pub status: Status,
    /// What it is.
    pub facts: Vec<Fact>,
    /// How much there is of what, and when it was last used.
    pub numbers: Vec<Fact>,
    /// What can be done to it.
    pub actions: Vec<Action>,
}

/// A tenant that was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedRow {
    /// Its page, while there is one.
    pub page: Option<String>,
    /// Its short name.
    pub name: String,
    /// Where it was.
    pub host: String,
    /// When, and by whom.
    pub deleted: String,
    /// Kept until, being erased, erased.
    pub status: Status,
}

/// Something that an operator did, or that was done for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeedRow {
    /// When.
    pub at: TimeText,
    /// What.
    pub sentence: String,
}

/// Tenants that were deleted, and the operator's log of them.
#[derive(Template, Debug, Clone)]
#[template(path = "console/tenants_deleted.html")]
pub struct DeletedTenants {
    /// The frame.
    pub console: Console,
    /// The list of those that are there.
    pub back: Link,
    /// Newest first.
    pub tenants: Vec<DeletedRow>,
    /// Newest first.
    pub deeds: Vec<DeedRow>,
}

page! {
    DeletedTenants: console.shell;
    TenantPage: console.shell;
    OperatorTenants: console.shell;
    OperatorHome: console.shell;
}

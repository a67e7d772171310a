//! Groups: the list, and one of them with who is in it.

use askama::Template;

use crate::pages::LogRow;
use crate::parts::{Action, Empty, Fact, Link, Paging, Status, TimeText};
use crate::shell::{Console, Page as _, page};

/// One group in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupEntry {
    /// Its page.
    pub url: String,
    /// Its name.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// How many are in it: `12`, `over 1,000`.
    pub members: String,
    /// When somebody last came or went.
    pub changed: TimeText,
}

/// The groups. Searches with `q` by GET.
#[derive(Template, Debug, Clone)]
#[template(path = "console/groups.html")]
pub struct GroupList {
    /// The frame.
    pub console: Console,
    /// Where another is made, for who may.
    pub create: Option<Link>,
    /// The list's own path.
    pub action: String,
    /// What was searched for.
    pub q: String,
    /// `12 groups`.
    pub count: Option<String>,
    /// The groups.
    pub groups: Vec<GroupEntry>,
    /// Pages on either side.
    pub paging: Paging,
    /// Why there are no rows.
    pub empty: Option<Empty>,
}

/// Somebody in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// The user's page.
    pub url: String,
    /// `ada@acme.test`.
    pub login: String,
    /// `Ada Lovelace`; may be empty.
    pub name: String,
    /// Active, suspended, deactivated.
    pub status: Status,
    /// Takes the user out, for who may.
    pub remove: Option<Action>,
}

/// One group.
#[derive(Template, Debug, Clone)]
#[template(path = "console/group.html")]
pub struct GroupPage {
    /// The frame.
    pub console: Console,
    /// Back to the list.
    pub back: Link,
    /// What it is for; may be empty.
    pub description: String,
    /// Who is in it, in the order of their creation.
    pub members: Vec<MemberRow>,
    /// Why they aren't told.
    pub beyond: Option<&'static str>,
    /// Pages of members on either side.
    pub paging: Paging,
    /// Its id, size and times.
    pub facts: Vec<Fact>,
    /// The access rules and claims that ask for it. None for who doesn't see servers.
    pub used_by: Option<Vec<Link>>,
    /// That not all of it stands there.
    pub used_by_note: Option<String>,
    /// Newest first. None for who doesn't see the log.
    pub recent: Option<Vec<LogRow>>,
    /// Ways to pages that change it.
    pub edit: Vec<Link>,
    /// Delete, for who may.
    pub actions: Vec<Action>,
}

page! {
    GroupList: console.shell;
    GroupPage: console.shell;
}

//! Groups.

use super::log::rows;
use super::{HOSTILE, LONG, RTL, Sample, console, sample, some, time};
use crate::{
    Action, Empty, Fact, GroupEntry, GroupList, GroupPage, Link, MemberRow, Paging, Section, Status, Tone,
};

pub(super) fn all() -> Vec<Sample> {
    let row = |name: &str, description: &str| GroupEntry {
        url: "/console/groups/00g1".to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        members: "over 1,000".to_owned(),
        changed: time("today, 13:55"),
    };
    let list = GroupList {
        console: console("Groups", Section::Groups),
        create: Some(Link::new("New group", "/console/groups/new")),
        action: "/console/groups".to_owned(),
        q: HOSTILE.to_owned(),
        count: some("4 groups"),
        groups: vec![
            row("Staff", "Everybody on the payroll"),
            row(HOSTILE, HOSTILE),
            row(LONG, LONG),
            row(RTL, ""),
        ],
        paging: Paging { older: some("/console/groups?after=x"), ..Paging::default() },
        empty: None,
    };
    let none = GroupList {
        q: String::new(),
        count: None,
        groups: Vec::new(),
        paging: Paging::default(),
        empty: Some(Empty::NothingYet { sentence: "Groups appear here.".to_owned(), action: None }),
        ..list.clone()
    };
    let member = |login: &str, name: &str| MemberRow {
        url: "/console/users/00u1".to_owned(),
        login: login.to_owned(),
        name: name.to_owned(),
        status: Status::new("Active", Tone::Good),
        remove: Some(Action::post("Remove", "/console/groups/00g1/members/00u1/remove")),
    };
    let page = GroupPage {
        console: console(HOSTILE, Section::Groups),
        back: Link::new("Groups", "/console/groups"),
        description: LONG.to_owned(),
        members: vec![member("ada@acme.test", "Ada Lovelace"), member(HOSTILE, HOSTILE), member(LONG, RTL)],
        beyond: None,
        paging: Paging { older: some("/console/groups/00g1?after=x"), ..Paging::default() },
        facts: vec![Fact::code("Id", "00g1"), Fact::text("Created", "3 March")],
        used_by: Some(vec![Link::new(HOSTILE, "/console/servers/aus1/policies/00p1"), Link::new(LONG, "/x")]),
        used_by_note: Some("At most 100 rules and 100 claims are named here.".to_owned()),
        recent: Some(rows().into_iter().take(1).collect()),
        edit: vec![Link::new("Add members", "/console/groups/00g1/members/new")],
        actions: vec![Action::ask("Delete…", "/console/groups/00g1/delete").dangerous()],
    };
    let lonely = GroupPage {
        members: Vec::new(),
        beyond: None,
        used_by: Some(Vec::new()),
        used_by_note: None,
        recent: Some(Vec::new()),
        description: String::new(),
        ..page.clone()
    };
    vec![
        sample("groups-hostile", &list),
        sample("groups-empty", &none),
        sample("group-hostile", &page),
        sample("group-empty", &lonely),
    ]
}

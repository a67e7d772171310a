use super::{HOSTILE, LONG, Sample, console, sample, some, time};
use crate::{Action, AppPeople, AppPersonRow, Link, Paging, Section, Status, Tone};

/// Two of them: one as usual, and one whose names are neither short nor kind.
pub(super) fn people() -> Vec<AppPersonRow> {
    let revoke = || Some(Action::post("Revoke access", "/console/apps/0oa1/people/00u1/revoke"));
    vec![
        AppPersonRow {
            url: some("/console/users/00u1"),
            login: "ada@acme.test".to_owned(),
            status: Status::new("Active", Tone::Good),
            scopes: "email offline_access openid profile".to_owned(),
            first: time("1 Jul, 09:12"),
            last: Some(time("today, 14:02")),
            revoke: revoke(),
        },
        AppPersonRow {
            url: None,
            login: format!("{HOSTILE}{LONG}"),
            status: Status::new("Suspended", Tone::Quiet),
            scopes: LONG.to_owned(),
            first: time("today, 14:02"),
            last: None,
            revoke: revoke(),
        },
    ]
}

pub(super) fn all() -> Vec<Sample> {
    let page = AppPeople {
        console: console("People of Storefront", Section::Apps),
        crumbs: vec![Link::new("Apps", "/console/apps"), Link::new("Storefront", "/console/apps/0oa1")],
        people: people(),
        paging: Paging { newer: None, older: some("/console/apps/0oa1/people?after=x"), note: None },
        revoke_all: Some(
            Action::ask("Revoke everybody’s access…", "/console/apps/0oa1/people/revoke").dangerous(),
        ),
    };
    let paging = Paging { newer: None, older: None, note: None };
    let nobody = AppPeople { people: Vec::new(), paging, revoke_all: None, ..page.clone() };
    vec![sample("app-people", &page), sample("app-people-nobody", &nobody)]
}

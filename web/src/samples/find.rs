use super::{HOSTILE, LONG, RTL, Sample, console, sample};
use crate::{FindPage, Found, FoundGroup, FoundRow, Section};

fn row(label: &str, detail: &str, icon: &'static str) -> FoundRow {
    FoundRow { label: label.to_owned(), detail: detail.to_owned(), url: "/console/users".to_owned(), icon }
}

pub(super) fn all() -> Vec<Sample> {
    let nothing =
        FindPage { console: console("Find", Section::Find), q: HOSTILE.to_owned(), found: Found::default() };
    let groups = vec![
        FoundGroup { label: "Pages", rows: vec![row("Users", "", "users"), row("New user", "", "users")] },
        FoundGroup {
            label: "Users",
            rows: vec![
                row("ada@acme.test", "Ada Lovelace", "users"),
                row(LONG, LONG, "users"),
                row(RTL, RTL, "users"),
            ],
        },
        FoundGroup { label: "Apps", rows: vec![row(HOSTILE, HOSTILE, "app-window")] },
    ];
    let some = FindPage { q: "a".to_owned(), found: Found { groups }, ..nothing.clone() };
    vec![sample("find", &some), sample("find-nothing", &nothing)]
}

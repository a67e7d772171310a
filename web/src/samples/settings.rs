//! The tenant's settings.

use super::{HOSTILE, LONG, RTL, Sample, console, sample, some};
use crate::{Action, Fact, Link, Section, SettingsPage, SettingsPart};

pub(super) fn all() -> Vec<Sample> {
    let log = SettingsPart {
        id: "log",
        title: "System log".to_owned(),
        sentence: None,
        facts: vec![
            Fact::text("Events are kept for", "90 days"),
            Fact::text("On hold", HOSTILE),
            Fact::text("By", LONG),
            Fact::text("Since", RTL),
        ],
        edit: vec![Link::new("Change", "/console/settings/log")],
        actions: vec![Action::ask("End the hold…", "/console/settings/log/release").dangerous()],
    };
    let hosts = SettingsPart {
        id: "hosts",
        title: "Hosts".to_owned(),
        sentence: some("Who runs this installation gives a tenant its address."),
        facts: vec![Fact::code("Address", format!("https://{LONG}"))],
        edit: Vec::new(),
        actions: Vec::new(),
    };
    let page = SettingsPage { console: console("Settings", Section::Settings), parts: vec![log, hosts] };
    vec![sample("settings", &page)]
}

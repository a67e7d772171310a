//! Every page in several states, with hostile, long and right-to-left text among them: what the suite renders
//! and what a designer looks at.

mod access;
mod alerts;
mod app_people;
mod app_start;
mod app_try;
mod branding;
mod console;
mod directory;
mod door;
mod find;
mod form;
mod gateways;
mod groups;
mod log;
mod log_exports;
mod policies;
mod refused;
mod settings;
mod webhooks;

use crate::{Console, Csrf, Link, NavItem, Page, Section, Shell, TimeText};

/// Text that tries to become markup.
pub const HOSTILE: &str = "\"><script>alert(1)</script>' onload='x";
/// Text without a place to break.
pub const LONG: &str =
    "averyveryverylongnamewithoutanyplacetobreakit.and.then.some.more.of.it@subdomain.of.an.example.test";
/// Right-to-left text.
pub const RTL: &str = "نادية المنصوري";

/// One page in one state.
#[derive(Debug, Clone)]
pub struct Sample {
    /// `sign_in-error`: the page and the state.
    pub name: String,
    /// The document.
    pub html: Result<String, String>,
}

/// All of them.
pub fn all() -> Vec<Sample> {
    let parts = [
        door::all(),
        console::all(),
        log::all(),
        log_exports::all(),
        alerts::all(),
        app_people::all(),
        app_start::all(),
        app_try::all(),
        directory::all(),
        form::all(),
        gateways::all(),
        groups::all(),
        policies::all(),
        settings::all(),
        webhooks::all(),
    ];
    [parts.concat(), access::all(), branding::all(), find::all()].concat()
}

fn sample(name: &str, page: &impl Page) -> Sample {
    Sample { name: name.to_owned(), html: page.html().map_err(|error| error.to_string()) }
}

fn shell(title: &str) -> Shell {
    Shell::new("Acme", title).note("Demo tenant")
}

fn csrf() -> Csrf {
    Csrf::new("c5rf-t0ken")
}

fn console(title: &str, current: Section) -> Console {
    let nav = [
        (Section::Overview, "/console"),
        (Section::Log, "/console/log"),
        (Section::Alerts, "/console/alerts"),
        (Section::Users, "/console/users"),
        (Section::Groups, "/console/groups"),
        (Section::Apps, "/console/apps"),
        (Section::Servers, "/console/servers"),
        (Section::Gateways, "/console/gateways"),
        (Section::Inspector, "/console/inspect"),
        (Section::Limits, "/console/limits"),
        (Section::Credentials, "/console/credentials"),
        (Section::Security, "/console/security"),
        (Section::Branding, "/console/branding"),
        (Section::Settings, "/console/settings"),
    ];
    Console {
        shell: shell(title).asking(),
        csrf: csrf(),
        login: "eve@acme.test".to_owned(),
        sign_out: "/console/sign-out".to_owned(),
        theme: Some(crate::Hidden::new("/console/theme", "/console")),
        zone: Some(Link::new("UTC+1", "/console/zone")),
        nav: nav.map(|(section, url)| NavItem::new(section, url)).to_vec(),
        current,
        degraded: None,
        notice: None,
    }
}

fn operator(title: &str, current: Section) -> Console {
    Console {
        shell: Shell::new("Signet", title),
        login: "operator".to_owned(),
        zone: None,
        theme: Some(crate::Hidden::new("/theme", "/tenants")),
        nav: vec![NavItem::new(Section::OperatorHome, "/"), NavItem::new(Section::Tenants, "/tenants")],
        ..console(title, current)
    }
}

fn time(shown: &str) -> TimeText {
    TimeText::new("2026-11-24T13:02:07.413Z", shown)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

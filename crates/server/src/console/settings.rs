//! What holds for the whole tenant: how long its log is kept, and where it is reached.

use super::admin::Admin;
use super::failure::Result;
use super::log_retention;
use crate::html;
use axum::extract::RawQuery;
use axum::response::Response;
use signet_idp::admin::{Access, Area};
use signet_web::{Fact, Section, SettingsPage, SettingsPart};

pub(super) const PATH: &str = "/console/settings";

/// Whoever reads the log sees them, and whoever may do everything changes them.
pub(super) const WRITE: (Area, Access) = (Area::Logs, Access::Write);

pub(super) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let shown = show(&admin, query.as_deref().unwrap_or_default()).await;
    admin.answer(shown)
}

async fn show(admin: &Admin, query: &str) -> Result<Response> {
    admin.must_see(WRITE.0)?;
    let mut console = admin.frame("Settings", Section::Settings);
    console.notice = query.strip_prefix("done=").and_then(told).map(str::to_owned);
    let parts = vec![log_retention::part(admin).await?, hosts(admin)];
    Ok(html::page(&SettingsPage { console, parts }))
}

fn told(done: &str) -> Option<&'static str> {
    Some(match done {
        "log" => "Saved. What is older goes within minutes.",
        "hold" => "The system log is on hold: nothing of it goes.",
        "release" => "The hold is over. What is older than the log is kept goes within minutes.",
        _ => return None,
    })
}

fn hosts(admin: &Admin) -> SettingsPart {
    let tenant = &admin.ctx.tenant;
    SettingsPart {
        id: "hosts",
        title: "Address".to_owned(),
        sentence: Some(
            "Where your people sign in, and the beginning of every issuer. Whoever runs this installation gives it."
                .to_owned(),
        ),
        facts: vec![
            Fact::code("Address", tenant.url.as_str()),
            Fact::code("Host", tenant.host.as_str()),
            Fact::code("Domain of short logins", tenant.default_domain.as_str()),
            Fact::text("Issuers", "Those of the authorization servers").to("/console/servers"),
        ],
        edit: Vec::new(),
        actions: Vec::new(),
    }
}

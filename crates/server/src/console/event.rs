//! One event of the log on a page of its own.

use super::admin::Admin;
use super::failure::{Failure, Result};
use super::log::detail;
use crate::html;
use axum::extract::Path;
use axum::response::Response;
use signet_domain::id::EventId;
use signet_idp::admin::{Access, Area};
use signet_web::{Link, LogEvent, Section};

pub(super) async fn get(admin: Admin, Path(id): Path<String>) -> Response {
    admin.answer(show(&admin, &id).await)
}

async fn show(admin: &Admin, id: &str) -> Result<Response> {
    let sees_log = admin.may(Area::Logs, Access::Read);
    let sees_users = admin.may(Area::Users, Access::Read);
    if !sees_log && !sees_users {
        return Err(Failure::Forbidden);
    }
    let missing = Failure::Missing("There is no such event here, or it is older than the log is kept.");
    let view = match EventId::parse(id) {
        Some(id) => admin.idp().console_event(&admin.ctx, id).await?,
        None => None,
    };
    // Who looks after users may know what happened to one, but not read the log as such.
    let Some(view) = view.filter(|v| sees_log || v.row.user_id.is_some()) else { return Err(missing) };
    if sees_log {
        admin.idp().note_console_log_read(&admin.ctx, &admin.signed_in).await?;
    }
    let mut event = detail(admin, &view).await?;
    if !sees_log {
        event.trail.clear();
    }
    let title = format!("{}, {}", event.outcome.word(), event.time.shown);
    let back = match view.row.user_id.as_deref() {
        Some(user) if !sees_log => Link::new("User", super::rows::user_url(user)),
        _ => Link::new("System log", "/console/log"),
    };
    Ok(html::page(&LogEvent { console: admin.frame(&title, Section::Log), event, back }))
}

//! What was changed of an app, a server or a user, on its page: who, when, and what each field was and is.

use super::admin::Admin;
use super::failure::Result;
use super::log::{Known, changes};
use super::next::encoded;
use super::rows::event_url;
use signet_domain::event::EventRow;
use signet_idp::admin::{Access, Area};
use signet_idp::console::history::{HISTORY_DAYS, LASTING};
use signet_idp::syslog;
use signet_web::{History, HistoryRow};

/// Changes, with the way to all that the log's address finds for `narrowed`, for who may read it.
pub(super) async fn history(admin: &Admin, events: &[EventRow], narrowed: &str) -> Result<History> {
    let known = Known::of(admin, events).await?;
    let row = |event: &EventRow| HistoryRow {
        url: event_url(event),
        time: admin.brief(event.published),
        sentence: syslog::sentence(event),
        // With what a thing was made is no change: its event tells it.
        facts: if is_birth(event) { Vec::new() } else { changes(event, &known) },
    };
    let url = format!("/console/log?{narrowed}&outcome=changed&range={HISTORY_DAYS}d&machines=show");
    Ok(History {
        rows: events.iter().map(row).collect(),
        log_url: admin.may(Area::Logs, Access::Read).then_some(url),
    })
}

/// The log's words for a field of this value, without what ends with every sign-out.
pub(super) fn narrowed_by(field: &str, value: &str) -> String {
    let filter = format!("{field} eq \"{value}\" and {LASTING}");
    format!("filter={}", encoded(&filter))
}

/// Whether it tells of something new: an app, a server, a user, or what belongs to one of them.
fn is_birth(event: &EventRow) -> bool {
    let made = ["create", "created", ".add", ".register"];
    made.iter().any(|end| event.event_type.ends_with(end))
}

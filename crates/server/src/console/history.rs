//! What was changed of an app, a server or a user, on its page: who, when, and what each field was and is.

use super::admin::Admin;
use super::log::changes;
use super::next::encoded;
use super::rows::event_url;
use signet_domain::event::{EventRow, types};
use signet_idp::admin::{Access, Area};
use signet_idp::console::history::{HISTORY_DAYS, LASTING};
use signet_idp::syslog;
use signet_web::{History, HistoryRow};

/// Changes, with the way to all that the log's address finds for `narrowed`, for who may read it.
pub(super) fn history(admin: &Admin, events: &[EventRow], narrowed: &str) -> History {
    let row = |event: &EventRow| HistoryRow {
        url: event_url(event),
        time: admin.brief(event.published),
        sentence: syslog::sentence(event),
        // With what a thing was made is no change: its event tells it.
        facts: if is_birth(event) { Vec::new() } else { changes(event) },
    };
    let url = format!("/console/log?{narrowed}&outcome=changed&range={HISTORY_DAYS}d&machines=show");
    History {
        rows: events.iter().map(row).collect(),
        log_url: admin.may(Area::Logs, Access::Read).then_some(url),
    }
}

/// The log's words for a field of this value, without what ends with every sign-out.
pub(super) fn narrowed_by(field: &str, value: &str) -> String {
    let filter = format!("{field} eq \"{value}\" and {LASTING}");
    format!("filter={}", encoded(&filter))
}

fn is_birth(event: &EventRow) -> bool {
    let births = [types::APP_CREATE, types::CLIENT_REGISTER, types::AS_CREATE, types::USER_CREATE];
    births.iter().any(|birth| birth.name == event.event_type)
}

//! The exports that were taken of the log: how far those have come that run, and how to go on with what broke off.
//!
//! The share is of the time range, not of the number of events: it holds for any search and costs nothing, where the
//! hourly counts know only of whole logs and of apps.

use super::export::{self, LAST};
use super::params::Params;
use super::saved::says;
use crate::console::admin::{Admin, Watcher};
use crate::console::failure::Result;
use crate::console::when;
use crate::console::words::number;
use crate::html;
use axum::response::Response;
use signet_domain::log_export::{ExportFormat, ExportState, LogExport};
use signet_idp::admin::Area;
use signet_idp::syslog::visible;
use signet_web::{Empty, ExportRow, GoOn, Hidden, Link, LogExports, LogExportsNews, Section, Status, Tone};

/// Its own path.
pub(super) const PATH: &str = "/console/log/exports";
/// Where a script asks for the rows by themselves.
const NEWER: &str = "/console/log/exports/newer";

pub(in crate::console) async fn list(admin: Admin) -> Response {
    let shown = news(&admin).await.map(|news| {
        let empty = news.rows.is_empty().then(|| Empty::NothingYet {
            sentence:
                "Search the log, then choose “CSV” or “JSON lines”: how far the file has come appears here."
                    .to_owned(),
            action: None,
        });
        let console = admin.frame("Exports", Section::Log);
        html::page(&LogExports { console, back: Link::new("System log", super::PATH), news, empty })
    });
    admin.answer(shown)
}

/// The rows by themselves, as a page asks for that somebody leaves open.
pub(in crate::console) async fn newer(Watcher(admin): Watcher) -> Response {
    let shown = news(&admin).await.map(|news| html::part(&news));
    admin.answer(shown)
}

async fn news(admin: &Admin) -> Result<LogExportsNews> {
    admin.must_see(Area::Logs)?;
    let exports = admin.idp().console_log_exports(&admin.ctx).await?;
    let runs = exports.iter().any(|export| export.state_at(admin.ctx.now) == ExportState::Running);
    Ok(LogExportsNews {
        rows: exports.iter().map(|export| row(admin, export)).collect(),
        ask: runs.then(|| NEWER.to_owned()),
        again: runs.then(|| Link::new("Look again", PATH)),
    })
}

fn row(admin: &Admin, export: &LogExport) -> ExportRow {
    let state = export.state_at(admin.ctx.now);
    let params = Params::read(export.query.trim_start_matches('?'));
    let status = match state {
        ExportState::Running => Status::new("Running", Tone::Quiet),
        ExportState::Done => Status::new("Done", Tone::Good),
        ExportState::BrokenOff => Status::new("Broken off", Tone::Warn),
        ExportState::Failed => Status::new("Failed", Tone::Bad),
    };
    let format = match export.format {
        ExportFormat::Csv => "CSV",
        ExportFormat::JsonLines => "JSON lines",
    };
    let ended_early = matches!(state, ExportState::BrokenOff | ExportState::Failed);
    ExportRow {
        id: export.id.to_string(),
        status,
        file: format!("{format} by {}", visible(&export.made_by)),
        began: admin.moment(export.began_at),
        says: says(admin, &params),
        search_url: params.url(super::PATH),
        percent: (state != ExportState::Done).then(|| export.percent()),
        told: told(admin, export, state),
        go_on: ended_early.then(|| GoOn {
            action: export::path(export.format),
            keep: params.parts().map(|(name, value)| Hidden::new(name, value)).collect(),
            field: LAST,
            label: match export.format {
                ExportFormat::Csv => "The last event_id in your file",
                ExportFormat::JsonLines => "The last uuid in your file",
            },
        }),
    }
}

/// `312,000 events, 96 MB, back to 12 Mar, 14:05 UTC, about 62 % of the time range.`
fn told(admin: &Admin, export: &LogExport, state: ExportState) -> String {
    let events = match export.events {
        0 => "No event".to_owned(),
        1 => "1 event".to_owned(),
        more => format!("{} events", number(more)),
    };
    let sent = format!("{events}, {}", size(export.bytes));
    if state == ExportState::Done {
        return format!("{sent}, in {}.", when::span(export.told_at.since(export.began_at)));
    }
    let reached = admin.moment(export.reached_at).shown;
    let so_far = format!("{sent}, back to {reached}, about {} % of the time range.", export.percent());
    match state {
        ExportState::Running | ExportState::Done => so_far,
        ExportState::BrokenOff => format!("{so_far} Your file may end a little earlier."),
        ExportState::Failed => {
            format!("{so_far} The log couldn’t be read any further: go on when it can be.")
        }
    }
}

/// `812 bytes`, `96 kB`, `1,204 MB`.
fn size(bytes: i64) -> String {
    match bytes {
        ..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", number(bytes / 1_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_told_in_the_unit_that_says_enough() {
        for (bytes, told) in
            [(0, "0 bytes"), (999, "999 bytes"), (96_500, "96 kB"), (1_204_000_000, "1,204 MB")]
        {
            assert_eq!(size(bytes), told);
        }
    }
}

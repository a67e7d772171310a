//! Exports in each state, and none.

use super::{HOSTILE, LONG, Sample, console, sample, time};
use crate::{Empty, ExportRow, GoOn, Hidden, Link, LogExports, LogExportsNews, Section, Status, Tone};

fn row(id: &str, status: Status, told: &str) -> ExportRow {
    ExportRow {
        id: id.to_owned(),
        status,
        file: "CSV by eve@acme.test".to_owned(),
        began: time("today, 14:02 UTC"),
        says: "outcome: refused · since: 2026-08-26T00:00:00Z".to_owned(),
        search_url: "/console/log?outcome=refused".to_owned(),
        percent: None,
        told: told.to_owned(),
        go_on: None,
    }
}

fn go_on() -> GoOn {
    GoOn {
        action: "/console/log/export.csv".to_owned(),
        keep: vec![Hidden::new("q", HOSTILE)],
        field: "last",
        label: "Last event_id in your file",
    }
}

fn page(rows: Vec<ExportRow>) -> LogExports {
    // Nobody answers a sample’s script.
    let again = Some(Link::new("Look again", "/console/log/exports"));
    LogExports {
        console: console("Exports", Section::Log),
        back: Link::new("System log", "/console/log"),
        news: LogExportsNews { rows, ask: None, again },
        empty: None,
    }
}

pub(super) fn all() -> Vec<Sample> {
    let so_far = "312,000 events, 96 MB, back to 12 Mar, 14:05 UTC, about 62 % of the time range.";
    let running = ExportRow { percent: Some(62), ..row("lex1", Status::new("Running", Tone::Quiet), so_far) };
    let broken = ExportRow {
        percent: Some(62),
        go_on: Some(go_on()),
        file: format!("CSV by {HOSTILE}"),
        says: HOSTILE.to_owned(),
        ..row("lex2", Status::new("Broken off", Tone::Warn), so_far)
    };
    let failed = ExportRow {
        percent: Some(0),
        go_on: Some(go_on()),
        file: format!("CSV by {LONG}"),
        says: LONG.to_owned(),
        ..row("lex3", Status::new("Failed", Tone::Bad), "No event, 0 bytes.")
    };
    let done = row("lex4", Status::new("Done", Tone::Good), "312,000 events, 96 MB, in 3 min.");
    let mut none = page(Vec::new());
    none.news.again = None;
    none.empty = Some(Empty::NothingYet {
        sentence: "Search the log, then choose “CSV”.".to_owned(),
        action: None,
    });
    vec![
        sample("log-exports-hostile", &page(vec![running, broken, failed, done])),
        sample("log-exports-none", &none),
    ]
}

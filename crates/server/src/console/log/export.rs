//! The log as a file: what the page's search finds, newest first, sent as it is read, so that neither its length
//! nor a slow reader costs memory.

use super::params::Params;
use super::search::Asked;
use super::when;
use crate::console::admin::Admin;
use crate::console::failure::{Failure, Result};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use signet_domain::event::EventRow;
use signet_idp::admin::Area;
use signet_idp::console::log::{LogSearch, Place};
use signet_idp::syslog::{self, visible};
use signet_idp::{Ctx, Idp, IdpError};

/// Events that are read at once.
const PART: u32 = 500;
const HEAD: &str = "time,outcome,type,what_happened,reason,actor,actor_id,user_id,client_id,server_id,address,\
                    user_agent,request_id,event_id\r\n";

/// What the file looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    JsonLines,
}

pub(in crate::console) async fn csv(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let sent = send(&admin, query.as_deref(), Format::Csv).await;
    admin.answer(sent)
}

pub(in crate::console) async fn json_lines(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let sent = send(&admin, query.as_deref(), Format::JsonLines).await;
    admin.answer(sent)
}

async fn send(admin: &Admin, query: Option<&str>, format: Format) -> Result<Response> {
    admin.must_see(Area::Logs)?;
    let params = Params::read(query.unwrap_or_default()).without_place();
    let mut asked = Asked::read(&params, &admin.ctx, admin.zone());
    if !asked.is_sound() {
        return Err(Failure::Refused("The search can't be read. Correct it on the log's page first."));
    }
    asked.search.limit = PART;
    asked.search.fold = false;
    asked.search.chart = None;
    // What happens while the file is sent is not in it; otherwise a busy log would never end.
    asked.search.until.get_or_insert(admin.ctx.now.plus_secs(1));
    let (kind, name) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::JsonLines => ("application/jsonl", "jsonl"),
    };
    admin.idp().note_console_log_export(&admin.ctx, &admin.signed_in, name).await?;
    let state =
        State { idp: admin.idp().clone(), ctx: admin.ctx.clone(), search: Some(asked.search), format };
    let mut response = Body::from_stream(stream::try_unfold((state, true), part)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let file =
        format!("attachment; filename=\"log-{}.{name}\"", when::pattern(admin.ctx.now, "%Y%m%d-%H%M%S"));
    headers.extend(HeaderValue::try_from(file).map(|value| (header::CONTENT_DISPOSITION, value)));
    Ok(response)
}

/// A file on its way.
struct State {
    idp: Idp,
    ctx: Ctx,
    /// What is still to be read.
    search: Option<LogSearch>,
    format: Format,
}

/// The next part. A store that fails breaks the answer off, which the reader sees: an end would be a lie.
async fn part(
    (mut state, first): (State, bool),
) -> std::result::Result<Option<(Bytes, (State, bool))>, IdpError> {
    let Some(mut search) = state.search.take() else { return Ok(None) };
    let (events, older) = state.idp.console_log_part(&state.ctx, &search).await?;
    let mut text = String::new();
    if first && state.format == Format::Csv {
        text.push_str(HEAD);
    }
    for event in &events {
        match state.format {
            Format::Csv => text.push_str(&csv_line(event)),
            Format::JsonLines => {
                let line = serde_json::to_string(&syslog::log_event(event)).unwrap_or_default();
                text.push_str(&line);
                text.push('\n');
            }
        }
    }
    state.search = older.map(|cursor| {
        search.place = Place::Older(cursor);
        search
    });
    if text.is_empty() && state.search.is_none() {
        return Ok(None);
    }
    Ok(Some((Bytes::from(text), (state, false))))
}

fn csv_line(event: &EventRow) -> String {
    let option = |value: &Option<String>| value.clone().unwrap_or_default();
    let cells = [
        when::exact(event.published),
        event.outcome.as_str().to_owned(),
        event.event_type.clone(),
        syslog::sentence(event),
        option(&event.reason),
        event.data.actor.alternate_id.clone(),
        event.actor_id.clone(),
        option(&event.user_id),
        option(&event.client_id),
        option(&event.server_id),
        event.ip.clone(),
        event.data.user_agent.clone(),
        event.request_id.to_string(),
        event.id.to_string(),
    ];
    let mut line = cells.map(|text| cell(&text)).join(",");
    line.push_str("\r\n");
    line
}

/// A cell that no spreadsheet takes for a formula: what could begin one gets an apostrophe before it.
fn cell(text: &str) -> String {
    let text: String = text.chars().flat_map(|c| visible_char(c).chars().collect::<Vec<_>>()).collect();
    let risky = text.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let guard = if risky { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// Marks that can't be seen are shown, like on the page; nothing is cut.
fn visible_char(c: char) -> String {
    visible(&c.to_string())
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn lg_04_formulas_are_neutralised() {
        for bad in ["=HYPERLINK(\"x\")", "+1", "-1", "@SUM(A1)", "  =1", "＝1"] {
            assert!(cell(bad).starts_with("\"'"), "{bad}: {}", cell(bad));
        }
        assert_eq!(cell("=A\"B"), "\"'=A\"\"B\"");
        assert_eq!(cell("plain, text"), "\"plain, text\"");
        for broken in ["\t=1", "a\r\nb", "\u{202e}x", "\u{1b}[0m"] {
            assert!(!cell(broken).contains(['\t', '\r', '\n', '\u{202e}', '\u{1b}']), "{}", cell(broken));
        }
    }
}

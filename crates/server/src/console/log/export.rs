//! The log as a file: what the page's search finds, newest first, sent as it is read, so that neither its length
//! nor a slow reader costs memory. How far it has come is told beside it (see [`super::exports`]).
//!
//! A file that broke off is gone on with below its last whole line, named by the event's id: only who has the file knows
//! what came of what was sent.

use super::params::{Key, Params};
use super::search::Asked;
use super::when;
use crate::console::admin::Admin;
use crate::console::failure::{Failure, Result};
use crate::console::{csv, download};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use signet_domain::Time;
use signet_domain::event::EventRow;
use signet_domain::id::EventId;
use signet_domain::log_export::ExportFormat;
use signet_idp::admin::Area;
use signet_idp::console::exports::{ExportProgress, NewExport};
use signet_idp::console::file::LogPart;
use signet_idp::console::log::{LogSearch, Place};
use signet_idp::syslog;
use signet_idp::{Ctx, Idp, IdpError};

/// Events that are read at once.
const PART: u32 = 500;
const HEAD: &str = "time,outcome,type,what_happened,reason,actor,actor_id,user_id,client_id,server_id,address,\
                    user_agent,request_id,event_id\r\n";

/// The parameter that names the last event of the file that is gone on with; empty for one that begins.
pub(super) const LAST: &str = "last";

pub(in crate::console) async fn csv(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let sent = send(&admin, query.as_deref(), ExportFormat::Csv).await;
    admin.answer(sent)
}

pub(in crate::console) async fn json_lines(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let sent = send(&admin, query.as_deref(), ExportFormat::JsonLines).await;
    admin.answer(sent)
}

/// Where a file of a format is sent from.
pub(super) fn path(format: ExportFormat) -> String {
    format!("{}/export.{format}", super::PATH)
}

async fn send(admin: &Admin, query: Option<&str>, format: ExportFormat) -> Result<Response> {
    admin.must_see(Area::Logs)?;
    let query = query.unwrap_or_default();
    let params = Params::read(query).lasting().without(Key::Group);
    let mut asked = Asked::read(&params, &admin.ctx, admin.zone());
    if !asked.is_sound() {
        return Err(Failure::Refused("The search can't be read. Correct it on the log's page first."));
    }
    asked.search.limit = PART;
    asked.search.fold = false;
    asked.search.chart = None;
    // What happens while the file is sent is not in it; otherwise a busy log would never end.
    let end = *asked.search.until.get_or_insert(admin.ctx.now.plus_secs(1));
    let fixed = fixed(&params, asked.search.since, end);
    let goes_on = below(admin, query, &mut asked.search).await?;
    let kind = match format {
        ExportFormat::Csv => csv::KIND,
        ExportFormat::JsonLines => "application/jsonl",
    };
    admin.idp().note_console_log_export(&admin.ctx, &admin.signed_in, format.as_str()).await?;
    let new = NewExport {
        format,
        query: fixed.url(""),
        since: asked.search.since,
        until: goes_on.map_or(end, |at| at.min(end)),
    };
    let progress = admin.idp().begin_console_log_export(&admin.ctx, &admin.signed_in, new).await;
    let (idp, ctx) = (admin.idp().clone(), admin.ctx.clone());
    // What goes on is put behind what is there, whose head it has already.
    let head = if format == ExportFormat::Csv && goes_on.is_none() { HEAD } else { "" };
    let state = State { idp, ctx, search: Some(asked.search), format, head, progress };
    let body = Body::from_stream(stream::try_unfold(state, part));
    Ok(download::answer(body, kind, ("log", format.as_str()), admin.ctx.now))
}

/// The same search whenever it is asked for: a range that ends now is one of exact times.
fn fixed(params: &Params, since: Option<Time>, until: Time) -> Params {
    let Some(since) = since else { return params.clone() };
    let timed = params.without(Key::Range).with(Key::Since, &when::exact(since));
    timed.with(Key::Until, &when::exact(until))
}

/// Has a search go on below the event that was named, and tells when that was; nothing if none was.
async fn below(admin: &Admin, query: &str, search: &mut LogSearch) -> Result<Option<Time>> {
    const UNKNOWN: &str =
        "There is no such event in this log. Copy the id from the last whole line of your file.";
    let sent = signet_oauth::Params::parse(query.as_bytes()).unwrap_or_default();
    let last = sent.get(LAST).unwrap_or_default().trim();
    if last.is_empty() {
        return Ok(None);
    }
    let event = EventId::parse(last).ok_or(Failure::Refused(UNKNOWN))?;
    let found = admin.idp().console_log_below(&admin.ctx, search, event).await?;
    let below = found.ok_or(Failure::Refused(UNKNOWN))?;
    search.place = Place::Older(below.cursor);
    Ok(Some(below.at))
}

/// A file on its way.
struct State {
    idp: Idp,
    ctx: Ctx,
    /// What is still to be read.
    search: Option<LogSearch>,
    format: ExportFormat,
    /// What stands before the first event.
    head: &'static str,
    progress: ExportProgress,
}

/// The next part. A store that fails breaks the answer off, which the reader sees: an end would be a lie.
async fn part(mut state: State) -> std::result::Result<Option<(Bytes, State)>, IdpError> {
    let Some(mut search) = state.search.take() else {
        // Asked for more, the part before was taken.
        state.progress.done();
        return Ok(None);
    };
    let read = state.idp.console_log_part(&state.ctx, &search).await;
    let LogPart { events, older } = read.inspect_err(|_| state.progress.failed())?;
    let mut text = std::mem::take(&mut state.head).to_owned();
    for event in &events {
        match state.format {
            ExportFormat::Csv => text.push_str(&csv_line(event)),
            ExportFormat::JsonLines => {
                let line = serde_json::to_string(&syslog::log_event(event)).unwrap_or_default();
                text.push_str(&line);
                text.push('\n');
            }
        }
    }
    let reached = older.as_ref().map_or(Time(0), |below| below.at);
    state.progress.wrote(events.len(), text.len(), reached);
    state.search = older.map(|below| {
        search.place = Place::Older(below.cursor);
        search
    });
    if text.is_empty() && state.search.is_none() {
        state.progress.done();
        return Ok(None);
    }
    Ok(Some((Bytes::from(text), state)))
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
    csv::line(&cells)
}

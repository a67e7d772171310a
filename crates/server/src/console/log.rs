//! The system log as a list.

mod changes;
pub(super) mod chart;
mod counted;
mod detail;
pub(super) mod export;
pub(super) mod exports;
mod form;
mod groups;
mod known;
pub(super) mod newer;
mod params;
pub(super) mod saved;
mod search;

pub(super) use changes::changes;
pub(super) use detail::detail;
pub(super) use known::Known;
pub(super) use search::{KINDS, OUTCOMES};

use super::admin::Admin;
use super::failure::Result;
use super::rows::Apps;
use super::words::number;
use super::zone::Zone;
use super::{when, words};
use crate::html;
use axum::extract::RawQuery;
use axum::response::Response;
use form::{Names, chips, form, known_apps, with_ids};
use params::{Key, Params};
use search::Asked;
use signet_domain::Time;
use signet_domain::alert::SearchTerms;
use signet_domain::id::EventId;
use signet_domain::log_export::ExportFormat;
use signet_idp::admin::{Access, Area};
use signet_idp::console::log::LogView;
use signet_web::{Chip, Empty, EventDetail, Folded, Histogram, Link, LogDay, LogList, Paging, Section};

/// Its own path.
pub(super) const PATH: &str = "/console/log";

/// The events that a search finds in a span of time, wherever one looks at them from.
pub(crate) fn events_url(terms: &SearchTerms, since: Time, until: Time) -> String {
    let timed = Params::of_terms(terms)
        .with(Key::Since, &when::exact(since))
        .with(Key::Until, &when::exact(until))
        .with(Key::Machines, search::SHOW);
    timed.url(PATH)
}

/// The log's address for a search.
pub(super) fn search_url(terms: &SearchTerms) -> String {
    Params::of_terms(terms).with(Key::Machines, search::SHOW).url(PATH)
}

/// The log's address for a query, with what the log knows of it and nothing else.
pub(super) fn url_of(query: &str) -> String {
    Params::read(query).url(PATH)
}

/// What an address of the log searches for.
pub(super) fn terms_of(query: &str) -> SearchTerms {
    Params::read(query.trim_start_matches('?')).terms()
}

pub(super) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let params = Params::read(&query);
    admin.answer(show(&admin, &params, query.ends_with(saved::SAVED)).await)
}

async fn show(admin: &Admin, params: &Params, is_saved: bool) -> Result<Response> {
    admin.must_see(Area::Logs)?;
    admin.idp().note_console_log_read(&admin.ctx, &admin.signed_in).await?;
    let zone = admin.zone();
    let apps = known_apps(admin).await?;
    let params = &with_ids(admin, params, &apps).await?;
    let asked = Asked::read(params, &admin.ctx, zone);
    let names = Names::of(admin, params, apps).await?;
    let mut page = LogList {
        console: admin.frame("System log", Section::Log),
        form: form(params, &asked, &names),
        chips: chips(params, &asked, &names),
        folded: None,
        histogram: Histogram::default(),
        days: Vec::new(),
        below: None,
        groups: None,
        paging: Paging::default(),
        empty: None,
        exports: Vec::new(),
        sent: Link::new("Exports", exports::PATH),
        saved: saved::links(admin).await?,
        save: None,
        alert: None,
        manage: Some(Link::new("Manage", saved::PATH)),
        live: None,
        fixed_url: None,
        chosen: chosen(admin, params).await?,
        close_url: params.without(Key::Event).url(PATH),
    };
    // Anybody can write an address: it is said where the search stands above the list.
    if is_saved && page.saved.iter().any(|link| link.url == params.url(PATH)) {
        page.console.notice = Some("The search is saved: it stands above the log.".to_owned());
    }
    if asked.is_sound() {
        page.exports = files(params);
        page.fixed_url = Some(fixed(admin, params, &asked));
        let lasting = params.lasting();
        page.save = (!lasting.is_plain())
            .then(|| Link::new("Save search", lasting.url(&format!("{}/new", saved::PATH))));
        let terms = lasting.terms();
        page.alert = (terms != SearchTerms::default() && admin.may(Area::Logs, Access::Write))
            .then(|| Link::new("Alert me", Params::of_terms(&terms).url("/console/alerts/new")));
        match asked.group {
            Some(by) => groups::fill(admin, (params, zone), &asked, by, &mut page).await?,
            None => {
                let view = admin.idp().console_log(&admin.ctx, &asked.search).await?;
                fill(admin, (params, zone), &view, &mut page).await?;
            }
        }
    }
    Ok(html::page(&page))
}

/// What is found as a file.
fn files(params: &Params) -> Vec<Link> {
    let rest = params.lasting().without(Key::Group);
    let file = |format| rest.url(&export::path(format));
    vec![Link::new("CSV", file(ExportFormat::Csv)), Link::new("JSON lines", file(ExportFormat::JsonLines))]
}

/// The same search with its times fixed: whoever opens the link, and whenever, sees the same events.
fn fixed(admin: &Admin, params: &Params, asked: &Asked) -> String {
    let until = asked.search.until.unwrap_or(admin.ctx.now);
    let timed = match asked.search.since {
        Some(since) => params
            .lasting()
            .without(Key::Range)
            .with(Key::Since, &when::exact(since))
            .with(Key::Until, &when::exact(until)),
        None => params.lasting(),
    };
    let timed = match params.get(Key::Event) {
        "" => timed,
        event => timed.with(Key::Event, event),
    };
    timed.url(&format!("{}{PATH}", admin.ctx.tenant.url))
}

/// What was found goes on the page.
async fn fill(
    admin: &Admin,
    (params, zone): (&Params, &Zone),
    view: &LogView,
    page: &mut LogList,
) -> Result<()> {
    let now = admin.ctx.now;
    let turned =
        |key, cursor: &Option<String>| cursor.as_deref().map(|c| params.lasting().with(key, c).url(PATH));
    page.live = view.top.as_deref().map(|top| newer::url(params, top));
    let searched_to = view
        .searched_to
        .map(|at| format!("Searched back to {}. Older goes on from there.", zone.brief(at, now).shown));
    page.paging = Paging {
        newer: turned(Key::After, &view.newer),
        older: turned(Key::Before, &view.older),
        note: searched_to.or_else(|| {
            (view.older.is_none() && view.newer.is_some()).then(|| "Nothing older in this range.".to_owned())
        }),
    };
    page.folded = folded(params, view);
    if let Some(chart) = view.chart {
        page.histogram = chart::histogram(params, zone, &chart, &view.buckets, now);
    }
    let apps = Apps::of(admin, &view.events).await?;
    page.days = days((params, zone), &apps, view, now);
    page.below = run(params, view, view.events.len());
    if view.events.is_empty() {
        page.empty = Some(empty(&page.chips, view, now));
    }
    Ok(())
}

fn days((params, zone): (&Params, &Zone), apps: &Apps, view: &LogView, now: Time) -> Vec<LogDay> {
    let mut days: Vec<LogDay> = Vec::new();
    for (n, event) in view.events.iter().enumerate() {
        let label = zone.day(event.published, now);
        let id = event.id.to_string();
        let mut row = apps.row(event, params.with(Key::Event, &id).url(PATH), zone.clock(event.published));
        row.selected = params.get(Key::Event) == id;
        row.above = run(params, view, n);
        match days.last_mut().filter(|day| day.label == label) {
            Some(day) => day.rows.push(row),
            None => days.push(LogDay { label, rows: vec![row] }),
        }
    }
    days
}

/// The machine tokens that are folded away above the n-th event: a count that leads to them.
fn run(params: &Params, view: &LogView, n: usize) -> Option<Link> {
    let run = view.runs.iter().find(|run| run.below == n)?;
    let count = words::count(run.count, "machine token");
    let label = if run.more { format!("{count} and more") } else { count };
    let opened = params
        .lasting()
        .without(Key::Range)
        .with(Key::Since, &when::exact(run.since))
        .with(Key::Until, &when::exact(run.until))
        .with(Key::Machines, search::SHOW);
    Some(Link::new(label, opened.url(PATH)))
}

async fn chosen(admin: &Admin, params: &Params) -> Result<Option<EventDetail>> {
    let Some(id) = EventId::parse(params.get(Key::Event)) else { return Ok(None) };
    let Some(view) = admin.idp().console_event(&admin.ctx, id).await? else { return Ok(None) };
    Ok(Some(detail(admin, &view).await?))
}

fn folded(params: &Params, view: &LogView) -> Option<Folded> {
    let asked = params.get(Key::Machines) == search::SHOW;
    if view.machines == 0 || (view.machines_shown && !asked) {
        return None;
    }
    let plain = params.without_place().without(Key::Machines);
    let noun = if view.machines == 1 { "machine token" } else { "machine tokens" };
    Some(Folded {
        count: format!("{} {noun}", number(view.machines)),
        shown: view.machines_shown,
        url: if asked { plain.url(PATH) } else { plain.with(Key::Machines, search::SHOW).url(PATH) },
    })
}

fn empty(chips: &[Chip], view: &LogView, now: Time) -> Empty {
    let nearest = view.nearest.as_ref().map(|event| {
        let ago = when::span(now.since(event.published));
        let url = format!("{PATH}?q={}", event.id);
        Link::new(format!("Latest match: {ago} ago"), url)
    });
    if chips.is_empty() && nearest.is_none() {
        return Empty::NothingYet {
            sentence: "Sign-ins, tokens, refusals and changes appear here, newest first.".to_owned(),
            action: None,
        };
    }
    Empty::NoMatch { filters: chips.to_vec(), nearest, clear_url: PATH.to_owned() }
}

/// `212 events, 7 refused`.
fn tally(total: i64, refused: i64) -> String {
    let events = words::count(usize::try_from(total).unwrap_or(0), "event");
    if refused == 0 { events } else { format!("{events}, {} refused", number(refused)) }
}

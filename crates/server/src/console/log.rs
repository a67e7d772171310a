//! The system log as a list.

mod chart;
mod counted;
mod detail;
pub(super) mod export;
mod params;
mod search;

pub(super) use detail::detail;

use super::admin::Admin;
use super::failure::Result;
use super::rows::Apps;
use super::words::number;
use super::{when, words};
use crate::html;
use axum::extract::RawQuery;
use axum::response::Response;
use params::{Key, Params};
use search::Asked;
use signet_domain::Time;
use signet_domain::event::EventRow;
use signet_domain::id::EventId;
use signet_idp::admin::Area;
use signet_idp::console::log::LogView;
use signet_web::{
    Chip, Choice, Empty, EventDetail, Folded, Hidden, Link, LogDay, LogForm, LogList, Paging, Section,
};

/// Its own path.
const PATH: &str = "/console/log";

pub(super) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::read(query.as_deref().unwrap_or_default());
    admin.answer(show(&admin, &params).await)
}

async fn show(admin: &Admin, params: &Params) -> Result<Response> {
    admin.must_see(Area::Logs)?;
    admin.idp().note_console_log_read(&admin.ctx, &admin.signed_in).await?;
    let asked = Asked::read(params, &admin.ctx);
    let names = Names::of(admin, params).await?;
    let mut page = LogList {
        console: admin.frame("System log", Section::Log),
        form: form(params, &asked),
        zone: when::ZONE.to_owned(),
        chips: chips(params, &asked, &names),
        folded: None,
        bars: Vec::new(),
        bars_from: String::new(),
        bars_to: String::new(),
        days: Vec::new(),
        paging: Paging::default(),
        empty: None,
        exports: Vec::new(),
        chosen: chosen(admin, params).await?,
        close_url: params.without(Key::Event).url(PATH),
    };
    if asked.is_sound() {
        let view = admin.idp().console_log(&admin.ctx, &asked.search).await?;
        fill(admin, params, &asked, &view, &mut page).await?;
    }
    Ok(html::page(&page))
}

/// What was found goes on the page.
async fn fill(
    admin: &Admin,
    params: &Params,
    asked: &Asked,
    view: &LogView,
    page: &mut LogList,
) -> Result<()> {
    let turned = |key, cursor: &Option<String>| {
        cursor.as_deref().map(|c| params.without_place().without(Key::Event).with(key, c).url(PATH))
    };
    page.paging = Paging {
        newer: turned(Key::After, &view.newer),
        older: turned(Key::Before, &view.older),
        note: (view.older.is_none() && view.newer.is_some())
            .then(|| "Nothing older in this range.".to_owned()),
    };
    page.folded = folded(params, view);
    let rest = params.without_place().without(Key::Event);
    page.exports = vec![
        Link::new("CSV", rest.url(&format!("{PATH}/export.csv"))),
        Link::new("JSON lines", rest.url(&format!("{PATH}/export.jsonl"))),
    ];
    if let Some(chart) = asked.search.chart {
        page.bars = chart::bars(params, &chart, &view.buckets);
        (page.bars_from, page.bars_to) = chart::ends(&chart, admin.ctx.now);
    }
    let apps = Apps::of(admin, &view.events).await?;
    page.days = days(params, &apps, &view.events, admin.ctx.now);
    if view.events.is_empty() {
        page.empty = Some(empty(&page.chips, view, admin.ctx.now));
    }
    Ok(())
}

fn days(params: &Params, apps: &Apps, events: &[EventRow], now: Time) -> Vec<LogDay> {
    let mut days: Vec<LogDay> = Vec::new();
    for event in events {
        let label = when::day(event.published, now);
        let id = event.id.to_string();
        let mut row = apps.row(event, params.with(Key::Event, &id).url(PATH), when::clock(event.published));
        row.selected = params.get(Key::Event) == id;
        match days.last_mut().filter(|day| day.label == label) {
            Some(day) => day.rows.push(row),
            None => days.push(LogDay { label, rows: vec![row] }),
        }
    }
    days
}

async fn chosen(admin: &Admin, params: &Params) -> Result<Option<EventDetail>> {
    let Some(id) = EventId::parse(params.get(Key::Event)) else { return Ok(None) };
    let Some(view) = admin.idp().console_event(&admin.ctx, id).await? else { return Ok(None) };
    Ok(Some(detail(admin, &view).await?))
}

/// The names behind the ids in the address.
struct Names {
    app: Option<String>,
    user: Option<String>,
}

impl Names {
    async fn of(admin: &Admin, params: &Params) -> Result<Self> {
        let app = match params.get(Key::App) {
            "" => None,
            id => Apps::by_client_id(admin, [id.to_owned()].into())
                .await?
                .get(Some(id))
                .map(|a| a.label.clone()),
        };
        let user = match signet_domain::id::UserId::parse(params.get(Key::User)) {
            Some(id) => {
                let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
                tx.user(id).await?.map(|u| u.login)
            }
            None => None,
        };
        Ok(Self { app, user })
    }
}

fn form(params: &Params, asked: &Asked) -> LogForm {
    let mut ranges: Vec<Choice> =
        search::RANGES.iter().map(|r| Choice::new(r.name, r.label, asked.range == Some(r))).collect();
    if asked.range.is_none() {
        ranges.push(Choice::new("", "Exact times", true));
    }
    let outcomes = search::OUTCOMES
        .iter()
        .map(|(value, label)| Choice::new(*value, *label, params.get(Key::Outcome) == *value));
    let mut keep: Vec<Hidden> = [Key::App, Key::User, Key::Ip, Key::Machines]
        .into_iter()
        .filter(|key| !params.get(*key).is_empty())
        .map(|key| Hidden::new(key.name(), params.get(key)))
        .collect();
    // With it, a range that is chosen while exact times stand in the form is known for the newer wish.
    keep.push(Hidden::new(Key::Held.name(), params.times()));
    LogForm {
        action: PATH.to_owned(),
        q: params.get(Key::Q).to_owned(),
        filter: params.get(Key::Filter).to_owned(),
        ranges,
        outcomes: outcomes.collect(),
        since: params.get(Key::Since).to_owned(),
        until: params.get(Key::Until).to_owned(),
        keep,
        error: asked.filter_error.clone(),
        problem: asked.problem.clone(),
    }
}

/// The filters in force, each with the list without it.
fn chips(params: &Params, asked: &Asked, names: &Names) -> Vec<Chip> {
    let shown = |key: Key| -> Option<String> {
        let value = params.get(key);
        if value.is_empty() {
            return None;
        }
        let named = |name: &Option<String>| name.clone().unwrap_or_else(|| value.to_owned());
        Some(match key {
            Key::Q => format!("“{value}”"),
            Key::Filter => format!("Filter: {value}"),
            Key::Outcome => format!("Outcome: {}", search::outcome_label(value)?),
            Key::App => format!("App: {}", named(&names.app)),
            Key::User => format!("User: {}", named(&names.user)),
            Key::Ip => format!("From: {value}"),
            Key::Since => format!("Since {value}"),
            Key::Until => format!("Until {value}"),
            _ => return None,
        })
    };
    let mut chips = Vec::new();
    for key in [Key::Q, Key::Filter, Key::Outcome, Key::App, Key::User, Key::Ip, Key::Since, Key::Until] {
        let times = matches!(key, Key::Since | Key::Until);
        // An exact id is found wherever it lies, so nothing else narrows the search.
        if (times && asked.range.is_some()) || (asked.exact && key != Key::Q) {
            continue;
        }
        if let Some(label) = shown(key) {
            let label = signet_idp::syslog::visible(&label);
            chips.push(Chip {
                label,
                remove_url: params.without_place().without(Key::Event).without(key).url(PATH),
            });
        }
    }
    chips
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

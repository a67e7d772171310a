//! Searches that were kept: making, opening and forgetting them.

use super::params::Params;
use super::search::{KINDS, OUTCOMES, RANGES, label_of};
use crate::console::admin::Admin;
use crate::console::failure::Result;
use crate::console::form::again;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::saved_search::SavedSearch;
use signet_idp::admin::{Access, Area};
use signet_idp::syslog::visible;
use signet_web::{Action, Empty, Field, FormPage, Link, Pick, SavedList, SavedRow, Section};

/// In the address of a search that was just saved.
pub(super) const SAVED: &str = "done=save";
pub(super) const PATH: &str = "/console/log/searches";
/// Who sees the log may keep searches of it.
const READ: (Area, Access) = (Area::Logs, Access::Read);
/// Searches above the log.
const SHOWN: usize = 12;

fn url_of(search: &SavedSearch) -> String {
    Params::read(search.query.trim_start_matches('?')).url(super::PATH)
}

/// The first of those that an administrator may choose from.
pub(super) async fn links(admin: &Admin) -> Result<Vec<Link>> {
    let all = admin.idp().console_saved_searches(&admin.ctx, &admin.signed_in).await?;
    Ok(all.iter().take(SHOWN).map(|search| Link::new(visible(&search.name), url_of(search))).collect())
}

pub(in crate::console) async fn list(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let done = query.is_some_and(|q| q == "done=forget");
    let shown = show(&admin, done).await;
    admin.answer(shown)
}

async fn show(admin: &Admin, done: bool) -> Result<Response> {
    admin.must_see(Area::Logs)?;
    let all = admin.idp().console_saved_searches(&admin.ctx, &admin.signed_in).await?;
    let shares = admin.may(Area::Logs, Access::Write);
    let row = |search: &SavedSearch| {
        let own = search.owner_id.is_some();
        let whose = match own {
            true => "Yours".to_owned(),
            false => format!("Everybody’s, by {}", visible(&search.made_by)),
        };
        SavedRow {
            name: visible(&search.name),
            url: url_of(search),
            says: says(admin, &Params::read(search.query.trim_start_matches('?'))),
            whose,
            made: admin.moment(search.created_at),
            alert: shares.then(|| {
                let terms = super::terms_of(&search.query);
                Link::new("Alert me", Params::of_terms(&terms).url("/console/alerts/new"))
            }),
            forget: (own || shares).then(|| Action::post("Forget", format!("{PATH}/{}/forget", search.id))),
        }
    };
    let mut console = admin.frame("Saved searches", Section::Log);
    console.notice = done.then(|| "The search is forgotten.".to_owned());
    Ok(html::page(&SavedList {
        console,
        back: Link::new("System log", super::PATH),
        empty: all.is_empty().then(|| Empty::NothingYet {
            sentence: "Search the log, then choose “Save search”: it appears here and above the log."
                .to_owned(),
            action: None,
        }),
        searches: all.iter().map(row).collect(),
    }))
}

/// What a search is for, in one line.
pub(super) fn says(admin: &Admin, params: &Params) -> String {
    let time = |value: &str| match admin.zone().parse(value) {
        Some(at) => admin.zone().moment(at, admin.ctx.now).shown,
        None => value.to_owned(),
    };
    let told = |(name, value): (&str, &str)| match name {
        "q" => format!("“{value}”"),
        "range" => RANGES.iter().find(|r| r.name == value).map_or(value, |r| r.label).to_lowercase(),
        "kind" => label_of(KINDS, value).unwrap_or_else(|| value.to_owned()),
        "outcome" => label_of(OUTCOMES, value).unwrap_or_else(|| value.to_owned()),
        "since" | "until" => format!("{name} {}", time(value)),
        "machines" => "with machine tokens".to_owned(),
        _ => format!("{name}: {value}"),
    };
    let said = params.parts().map(|part| visible(&told(part))).collect::<Vec<_>>().join(" · ");
    if said.is_empty() { "Everything".to_owned() } else { said }
}

fn page(admin: &Admin, search: &Params, name: &str, shared: bool) -> FormPage {
    let crumbs = vec![Link::new("System log", search.url(super::PATH))];
    let mut fields = vec![Field::line("name", "Name", name).required()];
    if admin.may(Area::Logs, Access::Write) {
        let pick = |value: &str, label: &str, on: bool| Pick::new(value, label, on);
        let whose = vec![pick("own", "You", !shared), pick("all", "Everybody who sees the log", shared)];
        fields.push(Field::radio("for", "For", whose));
    }
    admin
        .form(("Save this search", Section::Log), crumbs, format!("{PATH}/new"), "Save search")
        .intro(format!("{}. A range such as “Last 24 hours” stays one.", says(admin, search)))
        .carry("search", search.url(""))
        .fields(fields)
}

pub(in crate::console) async fn new(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let search = Params::read(query.as_deref().unwrap_or_default()).lasting();
    let shown = admin.must(READ.0, READ.1).map(|()| html::page(&page(&admin, &search, "", false)));
    admin.answer(shown)
}

pub(in crate::console) async fn create(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let made: Result<Response> = async {
        let form = admin.open(&headers, &body, READ)?;
        let search = Params::read(form.raw("search").trim_start_matches('?')).lasting();
        let (name, shared) = (form.text("name"), form.raw("for") == "all");
        let page = page(&admin, &search, &name, shared);
        admin.once(&form).await?;
        let who = (&admin.caller, &admin.signed_in);
        let made = admin.idp().console_save_search(&admin.ctx, who, &name, &search.url(""), shared).await;
        match made {
            Ok(_) => {
                let url = search.url(super::PATH);
                let and = if url.contains('?') { '&' } else { '?' };
                Ok(step::redirect(&format!("{url}{and}{SAVED}")))
            }
            Err(error) => again(page, error),
        }
    }
    .await;
    admin.answer(made)
}

pub(in crate::console) async fn forget(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let gone: Result<Response> = async {
        admin.open(&headers, &body, READ)?;
        let who = (&admin.caller, &admin.signed_in);
        admin.idp().console_forget_search(&admin.ctx, who, &id).await?;
        Ok(step::redirect(&format!("{PATH}?done=forget")))
    }
    .await;
    admin.answer(gone)
}

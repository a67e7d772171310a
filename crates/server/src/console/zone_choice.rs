//! Choosing the time zone of the console: for oneself, whatever one's role is.

use super::admin::Admin;
use super::failure::{Failure, Result};
use super::form::{Form, again, refused};
use super::review::reviewed;
use super::zone::{self, Zone};
use super::{log, next};
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_oauth::Params;
use signet_web::{Field, FormPage, Link, Section};

pub(super) const PATH: &str = "/console/zone";
const NAME: &str = "timezone";

/// The way back to where a choice was opened: to a search of the log with what it was asked, to any other page without
/// what came with its address, which anybody may have put there.
pub(super) fn back(here: &str) -> String {
    let (path, query) = here.split_once('?').unwrap_or((here, ""));
    let here = if path == log::PATH { log::url_of(query) } else { path.to_owned() };
    next::checked(Some(&here)).to_owned()
}

/// The page, with the way back.
pub(super) fn url(here: &str) -> String {
    match back(here).as_str() {
        next::HOME => PATH.to_owned(),
        here => format!("{PATH}?next={}", next::encoded(here)),
    }
}

fn page(admin: &Admin, then: &str, typed: &str) -> FormPage {
    let field = Field::line(NAME, "Time zone", typed)
        .suggest(zone::choices(admin.ctx.now))
        .help("As in Europe/Berlin. Empty is UTC. It is kept in your profile.");
    let mut page = admin
        .form(("Time zone", Section::Overview), vec![Link::new("Back", then)], PATH, "Save")
        .intro("Every page of the console shows you its times in this zone; the overview counts its days in UTC.")
        .carry("next", then)
        .fields([field])
        .reviewed();
    // It is this page that it leads to.
    page.console.zone = None;
    page
}

pub(super) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let then = next::checked(params.get("next"));
    html::page(&page(&admin, then, zone::chosen(&admin.signed_in.user)))
}

pub(super) async fn post(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let saved = save(&admin, &headers, &body).await;
    admin.answer(saved)
}

async fn save(admin: &Admin, headers: &HeaderMap, body: &[u8]) -> Result<Response> {
    // No area is asked for: the profile is one's own.
    let form = Form::parse(body).ok_or(Failure::NotOurForm)?;
    admin.check_token(headers, form.raw("csrf"))?;
    let (then, typed) = (next::checked(Some(form.raw("next"))), form.text(NAME));
    let now = page(admin, then, zone::chosen(&admin.signed_in.user));
    let mut page = page(admin, then, &typed);
    if let Some(answer) = reviewed(&form, &mut page, &now) {
        return Ok(answer);
    }
    let named = Zone::named(&typed);
    if named.is_none() && !typed.is_empty() {
        page.wrong(NAME, "There is no such time zone: choose one from the list, such as Europe/Berlin.");
        return Ok(refused(&page));
    }
    let name = named.as_ref().map_or("", Zone::name);
    match admin.idp().admin_set_own_zone(&admin.ctx, &admin.caller, name).await {
        Ok(()) => Ok(step::redirect(then)),
        Err(error) => again(page, error),
    }
}

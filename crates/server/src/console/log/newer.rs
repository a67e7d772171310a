//! What came since a page of the log was made. A script asks, every two seconds while somebody looks.

use super::params::{Key, Params};
use super::search::Asked;
use crate::console::admin::{Admin, Watcher};
use crate::console::failure::{Failure, Result};
use crate::console::rows::Apps;
use crate::html;
use axum::extract::RawQuery;
use axum::response::Response;
use signet_idp::admin::Area;
use signet_web::LogNewer;

/// Its own path.
pub(super) const PATH: &str = "/console/log/newer";

/// Where what came after a cursor is asked for.
pub(super) fn url(params: &Params, top: &str) -> String {
    params.without_place().without(Key::Event).with(Key::After, top).url(PATH)
}

pub(in crate::console) async fn get(Watcher(admin): Watcher, RawQuery(query): RawQuery) -> Response {
    let params = Params::read(query.as_deref().unwrap_or_default());
    admin.answer(show(&admin, &params).await)
}

async fn show(admin: &Admin, params: &Params) -> Result<Response> {
    admin.must_see(Area::Logs)?;
    let missing = Failure::Missing("Nothing can be asked for here. Load the log anew.");
    let zone = admin.zone();
    let asked = Asked::read(params, &admin.ctx, zone);
    if !asked.is_sound() || asked.group.is_some() {
        return Err(missing);
    }
    let newer = admin.idp().console_log_newer(&admin.ctx, &asked.search).await?.ok_or(missing)?;
    let apps = Apps::of(admin, &newer.events).await?;
    let now = admin.ctx.now;
    let days: Vec<String> = newer.events.iter().map(|event| zone.day(event.published, now)).collect();
    let row = |event: &signet_domain::event::EventRow| {
        let url = params.without_place().with(Key::Event, &event.id.to_string()).url(super::PATH);
        apps.row(event, url, zone.clock(event.published))
    };
    let draw = |(chart, buckets): &(_, Vec<_>)| super::chart::histogram(params, zone, chart, buckets, now);
    Ok(html::part(&LogNewer {
        histogram: newer.drawn.as_ref().map(draw).unwrap_or_default(),
        rows: newer.events.iter().map(row).collect(),
        anew: newer.more || days.iter().any(|day| *day != days[0]),
        day: days.into_iter().next().unwrap_or_default(),
        next: url(params, &newer.top),
    }))
}

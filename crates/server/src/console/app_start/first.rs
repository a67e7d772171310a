//! Waiting for the first sign-in: what the app's requests came to, and what stopped them. A script asks every two
//! seconds while somebody looks.

use super::{WITH, url};
use crate::console::admin::{Admin, Watcher};
use crate::console::app::find;
use crate::console::failure::Result;
use crate::console::next::encoded;
use crate::console::redirect_uris::{self, Asked};
use crate::console::rows::event_url;
use crate::console::when;
use crate::html;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use signet_domain::Time;
use signet_domain::app::App;
use signet_domain::event::EventRow;
use signet_idp::admin::{Access, Area};
use signet_idp::console::first_sign_in::{Progress, signs_people_in};
use signet_idp::syslog;
use signet_oauth::Params;
use signet_web::{Fact, FirstPart, FirstSignIn, Link, Status, Tone};

/// The parameter that says since when.
const SINCE: &str = "since";

/// What a script asks for.
pub(in crate::console) async fn get(
    Watcher(admin): Watcher,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let part = async {
        admin.must_see(Area::Apps)?;
        let (app, _) = find(&admin, &id).await?;
        Ok(html::part(&FirstPart { first: progress(&admin, &app, &params).await? }))
    };
    let part = part.await;
    admin.answer(part)
}

/// How far the app has come: since the page says, else since it was made.
pub(super) async fn progress(admin: &Admin, app: &App, params: &Params) -> Result<FirstSignIn> {
    if !admin.may(Area::Logs, Access::Read) {
        let sentence =
            "What stops a sign-in stands here for whoever may read the log. Your role doesn’t reach it.";
        return Ok(FirstSignIn::new(Status::new("Not shown", Tone::Quiet), sentence));
    }
    let own = url(app);
    let place = Place {
        with: params.get(WITH).map(encoded).unwrap_or_default(),
        since: params.get(SINCE).and_then(when::parse),
        own: &own,
    };
    let since = place.since.unwrap_or(app.created_at);
    let progress = admin.idp().console_app_progress(&admin.ctx, app, since).await?;
    Ok(told(admin, app, &progress, &place))
}

/// Which page it stands on.
struct Place<'a> {
    own: &'a str,
    with: String,
    since: Option<Time>,
}

impl Place<'_> {
    fn url(&self, path: &str, since: Option<Time>) -> String {
        let since = since.map(|at| format!("&{SINCE}={}", encoded(&when::exact(at)))).unwrap_or_default();
        format!("{}{path}?{WITH}={}{since}", self.own, self.with)
    }
}

fn told(admin: &Admin, app: &App, progress: &Progress, place: &Place<'_>) -> FirstSignIn {
    let newer = |row: &&EventRow, than: &Option<EventRow>| {
        than.as_ref().is_none_or(|than| row.published > than.published)
    };
    let refusal = progress.refusal.as_ref().filter(|row| newer(row, &progress.token));
    let code = progress.code.as_ref().filter(|row| newer(row, &progress.token));
    let person = signs_people_in(app);
    let mut first = match (&progress.token, refusal) {
        (_, Some(row)) => refused(admin, app, row),
        (Some(row), None) => event(admin, row, Status::new("It works", Tone::Good)),
        (None, None) => match code {
            Some(row) => FirstSignIn {
                why: Some("The app has yet to redeem the code: it lives for a minute.".to_owned()),
                ..event(admin, row, Status::new("Under way", Tone::Quiet))
            },
            None => FirstSignIn::new(
                Status::new("Waiting", Tone::Quiet),
                match (place.since, person) {
                    (None, true) => "Nobody has signed in to this app yet.",
                    (None, false) => "The app hasn’t got a token yet.",
                    (Some(_), true) => "Nobody has signed in since this page began to wait.",
                    (Some(_), false) => "The app hasn’t got a token since this page began to wait.",
                },
            ),
        },
    };
    if first.status.tone == Tone::Good {
        let next = if person { "Wait for the next sign-in" } else { "Wait for the next token" };
        first.links.push(Link::new(next, place.url("", Some(admin.ctx.now))));
    } else {
        first.ask = Some(place.url("/newer", place.since));
        first.again = Some(Link::new("Look again", place.url("", place.since)));
    }
    first
}

/// An event as it stands in the log, and the way there.
fn event(admin: &Admin, row: &EventRow, status: Status) -> FirstSignIn {
    let mut first = FirstSignIn::new(status, syslog::sentence(row));
    first.when = Some(admin.zone().moment_exact(row.published, admin.ctx.now));
    first.links.push(Link::new("See it in the log", event_url(row)));
    first
}

/// The newest refusal, with what would put it right.
fn refused(admin: &Admin, app: &App, row: &EventRow) -> FirstSignIn {
    let mut first = event(admin, row, Status::new("Refused", Tone::Bad));
    (first.why, first.fix) = (syslog::why(row), syslog::fix(row));
    if !row.ip.is_empty() {
        first.facts.push(Fact::code("From", &row.ip));
    }
    first.facts.push(Fact::code("Request", row.request_id.to_string()).to(event_url(row)));
    let Some(asked) = Asked::of(app, row) else { return first };
    first.facts.insert(0, Fact::code("Asked for", redirect_uris::spelled(&asked.uri)));
    if asked.is_registered(app) {
        first.fix = Some("The address is registered by now: start the sign-in again.".to_owned());
        return first;
    }
    if admin.may(Area::Apps, Access::Write) {
        let url = redirect_uris::url(&app.id.to_string());
        first
            .links
            .insert(0, Link::new("Look at this address and add it", format!("{url}?event={}", row.id)));
    }
    first
}

//! Who allowed an app something, and taking it back: from one of them at the press of a button, from all by the app's name.

use super::admin::Admin;
use super::app::find;
use super::failure::Result;
use super::form::{params, refused, type_the_name};
use super::next::encoded;
use super::prefix::{PAGE, or_the_first};
use super::rows::{app_crumbs, app_url, user_url};
use super::words;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::app::App;
use signet_idp::admin::app_people::AppPerson;
use signet_idp::admin::{Access, Area, Page};
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{Action, AppPeople, AppPersonRow, FormPage, Link, Paging, Section};

const WRITE: (Area, Access) = (Area::Apps, Access::Write);
/// How many an app's own page shows.
const FEW: i64 = 5;

fn url(app: &App) -> String {
    format!("{}/people", app_url(&app.id.to_string()))
}

/// The first of them, for the app's own page, and the way to all where there are more.
pub(super) async fn first(admin: &Admin, app: &App) -> Result<(Vec<AppPersonRow>, Option<Link>)> {
    let found = admin.idp().admin_app_people(&admin.ctx, app.id, None, FEW).await?;
    let all = (!found.items.is_empty()).then(|| Link::new("Everybody", url(app)));
    Ok((rows(admin, app, &found), all))
}

fn rows(admin: &Admin, app: &App, found: &Page<AppPerson>) -> Vec<AppPersonRow> {
    let (writes, sees) = (admin.may(Area::Apps, Access::Write), admin.may(Area::Users, Access::Read));
    let row = |person: &AppPerson| {
        let id = person.user.id.to_string();
        let scopes: Vec<&str> = person.scopes.iter().map(String::as_str).collect();
        AppPersonRow {
            url: sees.then(|| user_url(&id)),
            login: visible(&person.user.login),
            status: words::user_status(person.user.status, false),
            scopes: visible(&scopes.join(" ")),
            first: admin.moment(person.first),
            last: (person.last != person.first).then(|| admin.moment(person.last)),
            revoke: writes.then(|| Action::post("Revoke access", format!("{}/{id}/revoke", url(app)))),
        }
    };
    found.items.iter().map(row).collect()
}

pub(super) async fn get(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    admin.answer(show(&admin, &id, &params).await)
}

async fn show(admin: &Admin, id: &str, params: &Params) -> Result<Response> {
    admin.must_see(Area::Apps)?;
    let (app, _) = find(admin, id).await?;
    let found = or_the_first(params.get("after"), |after| {
        admin.idp().admin_app_people(&admin.ctx, app.id, after, PAGE)
    })
    .await?;
    let (label, url) = (visible(&app.label), url(&app));
    let mut console = admin.frame(&format!("People of {label}"), Section::Apps);
    console.notice = params.get("done").and_then(told).map(str::to_owned);
    let all = admin.may(Area::Apps, Access::Write) && !found.items.is_empty();
    let all = all.then(|| Action::ask("Revoke everybody’s access…", format!("{url}/revoke")).dangerous());
    Ok(html::page(&AppPeople {
        console,
        crumbs: app_crumbs(&app),
        people: rows(admin, &app, &found),
        paging: Paging {
            newer: None,
            older: found.next.map(|cursor| format!("{url}?after={}", encoded(&cursor))),
            note: None,
        },
        revoke_all: all,
    }))
}

fn told(done: &str) -> Option<&'static str> {
    match done {
        "revoke" => Some("The app’s access to that account has ended."),
        "revoke-all" => Some("The app’s access to everybody’s account has ended."),
        _ => None,
    }
}

pub(super) async fn revoke(
    admin: Admin,
    Path((id, user)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let revoked = async {
        admin.check_form(&headers, &params(&body)?)?;
        admin.must(Area::Apps, Access::Write)?;
        let (app, _) = find(&admin, &id).await?;
        admin.idp().admin_revoke_app_person(&admin.ctx, &admin.caller, (app.id, &user)).await?;
        Ok(step::redirect(&format!("{}?done=revoke", url(&app))))
    };
    let revoked = revoked.await;
    admin.answer(revoked)
}

fn all_page(admin: &Admin, app: &App, typed: &str) -> FormPage {
    let (label, url) = (visible(&app.label), url(app));
    let mut crumbs = app_crumbs(app);
    crumbs.push(Link::new("People", url.clone()));
    let title = "Revoke everybody’s access";
    let page = admin
        .form((title, Section::Apps), crumbs, format!("{url}/revoke"), title)
        .intro(format!(
            "Every token that {label} has is refused at once, and whoever uses it signs in and is asked again."
        ))
        .dangerous()
        .fields([type_the_name(&label, typed)]);
    admin.asking(page)
}

pub(super) async fn ask_all(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        Ok(html::page(&all_page(&admin, &find(&admin, &id).await?.0, "")))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn revoke_all(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let revoked = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (app, _) = find(&admin, &id).await?;
        let mut page = all_page(&admin, &app, form.raw("typed"));
        let name = visible(&app.label);
        if !admin.confirmed_by_name(&form, &mut page, &name, "That is not its name.").await? {
            return Ok(refused(&page));
        }
        admin.idp().admin_revoke_app_people(&admin.ctx, &admin.caller, app.id).await?;
        Ok(step::redirect(&format!("{}?done=revoke-all", url(&app))))
    };
    let revoked = revoked.await;
    admin.answer(revoked)
}

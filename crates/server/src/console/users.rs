//! The users.

use super::admin::Admin;
use super::failure::Result;
use super::next::encoded;
use super::prefix::{Asked, PAGE};
use super::rows::user_url;
use super::{users_csv, words};
use crate::html;
use axum::extract::RawQuery;
use axum::response::Response;
use signet_idp::admin::user_list::{LOCKED_OUT, MAX_LIMIT, UserQuery};
use signet_idp::admin::users::UserView;
use signet_idp::admin::{Access, AdminError, Area, Page};
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{Chip, Empty, Link, Section, Tab, UserList, UserRow};

pub(super) const PATH: &str = "/console/users";
/// The parameter that names a part of the list.
const PART: &str = "status";
/// Not a status: those who have a role.
pub(super) const ADMINISTRATORS: &str = "ADMINISTRATORS";
/// The parts of the list: a status, and what it is called.
const VIEWS: [(&str, &str); 7] = [
    ("", "Everybody"),
    (LOCKED_OUT, "Locked out"),
    ("PASSWORD_EXPIRED", "Must choose a password"),
    ("PROVISIONED", "Without a password"),
    ("SUSPENDED", "Suspended"),
    ("DEPROVISIONED", "Deactivated"),
    (ADMINISTRATORS, "Administrators"),
];

pub(super) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    admin.answer(show(&admin, &params).await)
}

/// What is asked of the list, and which part of it that is.
pub(super) fn asked(params: &Params) -> (Asked<'_>, &'static str) {
    let asked = Asked::read(params, PATH).part(params, PART);
    let part = asked.part.map_or("", |(_, part)| part);
    (asked, VIEWS.iter().map(|(name, _)| *name).find(|name| *name == part).unwrap_or_default())
}

async fn show<'p>(admin: &Admin, params: &'p Params) -> Result<Response> {
    admin.must_see(Area::Users)?;
    let (asked, view) = asked(params);
    let q = asked.q;
    let find = |after: Option<&'p str>| async move {
        match q {
            Some(q) if !view.is_empty() => within(admin, q, view).await,
            None if view == ADMINISTRATORS => admin.idp().administrators(&admin.ctx, after, PAGE).await,
            _ => {
                let filter =
                    Some(view).filter(|view| !view.is_empty()).map(|view| format!("status eq \"{view}\""));
                let (q, after) = (q.map(str::to_owned), after.map(str::to_owned));
                let query = UserQuery { q, after, limit: Some(PAGE), filter };
                admin.idp().admin_users(&admin.ctx, &admin.caller, &query).await
            }
        }
    };
    let found = asked.page(find).await?;
    let alike = match asked.q.filter(|_| found.items.is_empty() && view.is_empty()) {
        Some(q) => admin.idp().users_spelt_like(&admin.ctx, q).await?,
        None => Vec::new(),
    };
    let row = |view: &UserView| UserRow {
        url: user_url(&view.user.id.to_string()),
        login: visible(&view.user.login),
        name: visible(format!("{} {}", view.user.first_name, view.user.last_name).trim()),
        role: view.user.admin_role.map(|role| words::role(role).to_owned()),
        status: words::user_status(view.user.status, view.locked_until.is_some()),
        last_sign_in: view.user.last_login_at.map(|at| admin.moment(at)),
    };
    let mut empty = asked.empty(&found, "People appear here once they are created.");
    if let (Some(q), Some(Empty::NoMatch { filters, .. })) = (q, &mut empty)
        && let Some((_, label)) = VIEWS.iter().find(|(name, _)| *name == view && !name.is_empty())
    {
        filters.push(Chip { label: (*label).to_owned(), remove_url: format!("{PATH}?q={}", encoded(q)) });
    }
    let mut console = admin.frame("Users", Section::Users);
    console.notice = params.get("done").filter(|d| *d == "delete").map(|_| "The user is deleted.".to_owned());
    Ok(html::page(&UserList {
        console,
        create: admin.may(Area::Users, Access::Write).then(|| Link::new("New user", "/console/users/new")),
        export: (!found.items.is_empty()).then(|| Link::new("CSV", users_csv::url(&query_of(view, q)))),
        action: PATH.to_owned(),
        q: asked.q.unwrap_or_default().to_owned(),
        part: view.to_owned(),
        tabs: VIEWS.iter().map(|(name, label)| tab(name, label, q, *name == view)).collect(),
        count: asked.count(&found, "user"),
        empty,
        paging: asked.paging(&found),
        users: found.items.iter().map(row).collect(),
        alike: alike.iter().map(row).collect(),
    }))
}

/// Those of a part of the list whose login or name begins so, among as many as a search gives.
async fn within(admin: &Admin, q: &str, part: &str) -> std::result::Result<Page<UserView>, AdminError> {
    let query = UserQuery { q: Some(q.to_owned()), limit: Some(MAX_LIMIT), ..UserQuery::default() };
    let mut found = admin.idp().admin_users(&admin.ctx, &admin.caller, &query).await?;
    found.items.retain(|view| match part {
        ADMINISTRATORS => view.user.admin_role.is_some(),
        LOCKED_OUT => view.locked_until.is_some(),
        status => view.user.status.as_str() == status,
    });
    Ok(found)
}

/// A part of the list as a link, which keeps what is searched for.
fn tab(name: &str, label: &str, q: Option<&str>, current: bool) -> Tab {
    let query = query_of(name, q);
    let url = if query.is_empty() { PATH.to_owned() } else { format!("{PATH}?{query}") };
    Tab { link: Link::new(label, url), current }
}

/// What the list's address says of a part of it and a search.
fn query_of(name: &str, q: Option<&str>) -> String {
    let part = Some(name).filter(|name| !name.is_empty()).map(|name| format!("{PART}={name}"));
    let q = q.map(|q| format!("q={}", encoded(q)));
    part.into_iter().chain(q).collect::<Vec<_>>().join("&")
}

//! The users.

use super::admin::Admin;
use super::failure::Result;
use super::next::encoded;
use super::rows::user_url;
use super::{when, words};
use crate::html;
use axum::extract::RawQuery;
use axum::response::Response;
use signet_idp::admin::user_list::UserQuery;
use signet_idp::admin::users::UserView;
use signet_idp::admin::{Access, AdminError, Area, Page};
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{Chip, Empty, Link, Paging, Section, UserList, UserRow};

const PATH: &str = "/console/users";
const PAGE: i64 = 50;
const MAX_PREFIX: usize = 256;

pub(super) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    admin.answer(show(&admin, &params).await)
}

async fn show(admin: &Admin, params: &Params) -> Result<Response> {
    admin.must_see(Area::Users)?;
    let q = params.get("q").map(str::trim).filter(|q| !q.is_empty() && q.len() <= MAX_PREFIX);
    let after = params.get("after").filter(|_| q.is_none());
    let found = find(admin, q, after).await?;
    let now = admin.ctx.now;
    let users: Vec<UserRow> = found
        .items
        .iter()
        .map(|view| UserRow {
            url: user_url(&view.user.id.to_string()),
            login: visible(&view.user.login),
            name: visible(format!("{} {}", view.user.first_name, view.user.last_name).trim()),
            status: words::user_status(view.user.status, view.locked_until.is_some()),
            last_sign_in: view.user.last_login_at.map(|at| when::moment(at, now)),
        })
        .collect();
    let cut_off = q.is_some() && found.items.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
    let mut console = admin.frame("Users", Section::Users);
    console.notice = params.get("done").filter(|d| *d == "delete").map(|_| "The user is deleted.".to_owned());
    Ok(html::page(&UserList {
        console,
        create: admin.may(Area::Users, Access::Write).then(|| Link::new("New user", "/console/users/new")),
        action: PATH.to_owned(),
        q: q.unwrap_or_default().to_owned(),
        count: words::total(users.len(), "user", after.is_none() && found.next.is_none() && !cut_off),
        empty: users.is_empty().then(|| empty(q)),
        users,
        paging: Paging {
            newer: None,
            older: found.next.map(|cursor| format!("{PATH}?after={}", encoded(&cursor))),
            note: cut_off.then(|| format!("The first {PAGE} matches: type more of the name.")),
        },
    }))
}

/// A page of users; a cursor that isn't this list's leads to its beginning.
async fn find(admin: &Admin, q: Option<&str>, after: Option<&str>) -> Result<Page<UserView>> {
    let query = |after: Option<&str>| UserQuery {
        q: q.map(str::to_owned),
        after: after.map(str::to_owned),
        limit: Some(PAGE),
        filter: None,
    };
    match admin.idp().admin_users(&admin.ctx, &admin.caller, &query(after)).await {
        Err(AdminError::Cursor) => {
            Ok(admin.idp().admin_users(&admin.ctx, &admin.caller, &query(None)).await?)
        }
        other => Ok(other?),
    }
}

fn empty(q: Option<&str>) -> Empty {
    match q {
        Some(q) => Empty::NoMatch {
            filters: vec![Chip {
                label: format!("Begins with “{}”", visible(q)),
                remove_url: PATH.to_owned(),
            }],
            nearest: None,
            clear_url: PATH.to_owned(),
        },
        None => Empty::NothingYet {
            sentence: "People appear here once they are created.".to_owned(),
            action: None,
        },
    }
}

//! The users as a file: those of the tab and the search that are chosen on their page, all of them, sent as they are
//! read.

use super::admin::Admin;
use super::failure::Result;
use super::users::{PATH, asked};
use super::{csv, download, when};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use signet_domain::Time;
use signet_domain::user::UserStatus;
use signet_idp::admin::Area;
use signet_idp::admin::user_list::LOCKED_OUT;
use signet_idp::admin::users::UserView;
use signet_idp::console::user_file::{UserFilePart, UserPart, UserPlace, UserSearch};
use signet_idp::{Ctx, Idp, IdpError};
use signet_oauth::Params;

const HEAD: &str = "login,first_name,last_name,email,status,role,created,last_sign_in,last_changed\r\n";

/// Where the file of a query of the list is sent from.
pub(super) fn url(query: &str) -> String {
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{PATH}/export.csv{mark}{query}")
}

pub(super) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let sent = send(&admin, &params).await;
    admin.answer(sent)
}

async fn send(admin: &Admin, params: &Params) -> Result<Response> {
    admin.must_see(Area::Users)?;
    let (asked, view) = asked(params);
    admin.idp().note_console_users_export(&admin.ctx, &admin.signed_in, (view, asked.q)).await?;
    let part = match view {
        LOCKED_OUT => UserPart::LockedOut,
        super::users::ADMINISTRATORS => UserPart::Administrators,
        status => UserStatus::parse(status).map_or(UserPart::Everybody, UserPart::Status),
    };
    let state = State {
        idp: admin.idp().clone(),
        ctx: admin.ctx.clone(),
        search: UserSearch { q: asked.q.map(str::to_owned), part },
        place: Some(UserPlace::First),
        head: HEAD,
    };
    let body = Body::from_stream(stream::try_unfold(state, next_part));
    Ok(download::answer(body, csv::KIND, ("users", "csv"), admin.ctx.now))
}

/// A file on its way.
struct State {
    idp: Idp,
    ctx: Ctx,
    search: UserSearch,
    /// Where it goes on; nothing once all was read.
    place: Option<UserPlace>,
    /// What stands before the first user.
    head: &'static str,
}

/// The next part. A store that fails breaks the answer off, which the reader sees: an end would be a lie.
async fn next_part(mut state: State) -> std::result::Result<Option<(Bytes, State)>, IdpError> {
    let Some(place) = state.place.take() else { return Ok(None) };
    let read = state.idp.console_users_part(&state.ctx, &state.search, &place).await?;
    let UserFilePart { users, next } = read;
    let mut text = std::mem::take(&mut state.head).to_owned();
    users.iter().for_each(|view| text.push_str(&line(view)));
    state.place = next;
    Ok(Some((Bytes::from(text), state)))
}

fn line(view: &UserView) -> String {
    let user = &view.user;
    let status = match user.status {
        UserStatus::Active if view.locked_until.is_some() => LOCKED_OUT,
        status => status.as_str(),
    };
    let time = |at: Option<Time>| at.map(when::exact).unwrap_or_default();
    csv::line(&[
        user.login.clone(),
        user.first_name.clone(),
        user.last_name.clone(),
        user.email.clone(),
        status.to_owned(),
        user.admin_role.map(|role| role.as_str().to_owned()).unwrap_or_default(),
        time(Some(user.created_at)),
        time(user.last_login_at),
        time(Some(user.updated_at)),
    ])
}

//! One user: who it is, why sign-ins may fail, and what can be done about it.

use super::admin::Admin;
use super::failure::Result;
use super::rows::{brief, user_url};
use super::user_actions::Deed;
use super::{when, words};
use crate::html;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use signet_domain::user::UserStatus;
use signet_idp::admin::users::UserView;
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::console::directory::UserPast;
use signet_idp::syslog::{self, visible};
use signet_oauth::Params;
use signet_web::{Action, Fact, Link, Section, UserPage};

pub(super) async fn get(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    admin.answer(show(&admin, &id, params.get("done")).await)
}

/// The user of a path. Only an id names one here: a login in a path would be found in access logs.
pub(super) async fn find(admin: &Admin, id: &str) -> Result<UserView> {
    if signet_domain::id::UserId::parse(id).is_none() {
        return Err(AdminError::not_found(id, "User").into());
    }
    Ok(admin.idp().admin_user(&admin.ctx, &admin.caller, id).await?)
}

async fn show(admin: &Admin, id: &str, done: Option<&str>) -> Result<Response> {
    admin.must_see(Area::Users)?;
    let view = find(admin, id).await?;
    let past = admin.idp().console_user_past(&admin.ctx, view.user.id).await?;
    let login = visible(&view.user.login);
    let mut console = admin.frame(&login, Section::Users);
    console.notice = done.and_then(Deed::parse).filter(|d| d.is_plausible(&view)).map(|d| d.told(&login));
    let last = brief(admin, past.last_refusal.as_slice()).await?.pop();
    let explained = past.last_refusal.as_ref().map(|event| {
        let words = [syslog::why(event), syslog::fix(event).map(|fix| format!("Fix: {fix}"))];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    let log = format!("/console/log?user={}&range=30d", view.user.id);
    Ok(html::page(&UserPage {
        console,
        back: Link::new("Users", "/console/users"),
        name: visible(format!("{} {}", view.user.first_name, view.user.last_name).trim()),
        status: words::user_status(view.user.status, view.locked_until.is_some()),
        facts: facts(admin, &view, &past),
        last_refusal: last,
        last_refusal_why: explained.filter(|text| !text.is_empty()),
        recent: brief(admin, &past.recent).await?,
        log_url: admin.may(Area::Logs, Access::Read).then_some(log),
        actions: actions(admin, &view, &past),
        login,
    }))
}

fn facts(admin: &Admin, view: &UserView, past: &UserPast) -> Vec<Fact> {
    let (user, now) = (&view.user, admin.ctx.now);
    let moment = |at| when::moment(at, now).shown;
    let mut facts =
        vec![Fact::code("Id", user.id.to_string()), Fact::text("Number", user.number.to_string())];
    let mut text = |label: &str, value: Option<String>| {
        facts.extend(value.filter(|v| !v.is_empty()).map(|v| Fact::text(label, v)));
    };
    text("Locked until", view.locked_until.map(moment));
    text("Email", Some(visible(&user.email)));
    text("Role", user.admin_role.map(|r| words::role(r).to_owned()));
    text("Open sessions", Some(past.sessions.to_string()));
    let apps: Vec<String> = past.grants.iter().map(|(app, _)| visible(&app.label)).collect();
    text("Has tokens for", Some(if apps.is_empty() { "no app".to_owned() } else { apps.join(", ") }));
    text("Last sign-in", Some(user.last_login_at.map_or_else(|| "never".to_owned(), moment)));
    text("Password set", user.password_changed_at.map(moment));
    text("Created", Some(moment(user.created_at)));
    text("Activated", user.activated_at.map(moment));
    text("Status since", user.status_changed_at.filter(|at| Some(*at) != user.activated_at).map(moment));
    facts
}

/// The deeds that fit the user's state, for a role that may do them.
fn actions(admin: &Admin, view: &UserView, past: &UserPast) -> Vec<Action> {
    if !admin.may(Area::Users, Access::Write) || !admin.caller.rights.may_change(&view.user) {
        return Vec::new();
    }
    let has_open = past.sessions > 0 || !past.grants.is_empty();
    let fits = |deed: &Deed| match deed {
        Deed::Unlock => view.locked_until.is_some(),
        Deed::Unsuspend => view.user.status == UserStatus::Suspended,
        Deed::SignOut => has_open,
        Deed::Suspend => view.user.status == UserStatus::Active,
    };
    let action = |deed: Deed| Action {
        label: deed.label().to_owned(),
        url: format!("{}/{}", user_url(&view.user.id.to_string()), deed.name()),
        explain: Some(deed.explanation().to_owned()),
        danger: deed == Deed::Suspend,
    };
    Deed::ALL.into_iter().filter(fits).map(action).collect()
}

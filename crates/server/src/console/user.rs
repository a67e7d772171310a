//! One user: who it is, why sign-ins may fail, and what can be done about it.

use super::access_ask::Question;
use super::admin::Admin;
use super::failure::{Failure, Result, page_to};
use super::history::history;
use super::rows::{app_url, brief, user_of, user_url};
use super::user_actions::Deed;
use super::user_edit::{MORE, OTHERS};
use super::{user_groups, words};
use crate::html;
use crate::pages::open_things::{allowed, sessions};
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;
use signet_domain::event::EventRow;
use signet_domain::id::UserId;
use signet_domain::user::UserStatus;
use signet_idp::admin::users::UserView;
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::console::directory::UserPast;
use signet_idp::syslog::{self, visible};
use signet_oauth::Params;
use signet_web::{Action, Fact, Language, Link, LogRow, Section, UserPage};

/// Events that are shown below the sessions.
const RECENT: usize = 10;

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

/// Who a user was that is gone, as far as the log knows.
async fn gone(admin: &Admin, id: &str, sentence: &'static str) -> Result<Response> {
    let known = match UserId::parse(id) {
        Some(user) if admin.may(Area::Logs, Access::Read) => {
            admin.idp().console_last_of_user(&admin.ctx, user).await?
        }
        _ => None,
    };
    let known = known.as_ref().and_then(user_of).filter(|(known, _)| known == id);
    let Some((_, login)) = known else { return Err(Failure::Missing(sentence)) };
    let sentence = format!("{} was deleted. The log still has what happened.", visible(&login));
    let log = Link::new("What happened", format!("/console/log?user={id}&range=90d"));
    Ok(page_to(&admin.ctx, StatusCode::NOT_FOUND, ("Deleted user", &sentence), log))
}

async fn show(admin: &Admin, id: &str, done: Option<&str>) -> Result<Response> {
    admin.must_see(Area::Users)?;
    let view = match find(admin, id).await {
        Err(Failure::Missing(sentence)) => return gone(admin, id, sentence).await,
        found => found?,
    };
    let past = admin.idp().console_user_past(&admin.ctx, view.user.id).await?;
    let changed = admin.idp().console_user_history(&admin.ctx, view.user.id).await?;
    let groups = if admin.may(Area::Groups, Access::Read) {
        admin.idp().admin_groups_of(&admin.ctx, &admin.caller, id).await?
    } else {
        Vec::new()
    };
    let login = visible(&view.user.login);
    let mut console = admin.frame(&login, Section::Users);
    console.notice = done
        .and_then(Deed::parse)
        .filter(|d| d.is_plausible(&view))
        .map(|d| d.told(&login))
        .or_else(|| told(done, &view));
    let last = brief(admin, past.last_refusal.as_slice()).await?.pop();
    let explained = past.last_refusal.as_ref().map(|event| {
        let words = [syslog::why(event), syslog::fix(event).map(|fix| format!("Fix: {fix}"))];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    let misspelt = misspelt(admin, &view).await?;
    let refused = super::refused::section(admin, &view, done).await?;
    let log = format!("/console/log?user={}&range=30d", view.user.id);
    // A change stands in the history below.
    let is_told = |event: &&EventRow| changed.iter().any(|change| change.id == event.id);
    let recent: Vec<EventRow> =
        past.recent.iter().filter(|event| !is_told(event)).take(RECENT).cloned().collect();
    let changes = may_change(admin, &view);
    let sees_apps = admin.may(Area::Apps, Access::Read);
    let url = user_url(&view.user.id.to_string());
    Ok(html::page(&UserPage {
        console,
        back: Link::new("Users", "/console/users"),
        name: visible(format!("{} {}", view.user.first_name, view.user.last_name).trim()),
        status: words::user_status(view.user.status, view.locked_until.is_some()),
        facts: facts(admin, &view),
        groups: user_groups::links(&groups),
        join: admin
            .may(Area::Groups, Access::Write)
            .then(|| Link::new("Add to a group", user_groups::path(&view.user.id.to_string()))),
        refused,
        last_refusal: last,
        last_refusal_why: explained.filter(|text| !text.is_empty()),
        misspelt,
        recent: brief(admin, &recent).await?,
        history: history(admin, &changed, &format!("user={}", view.user.id)).await?,
        log_url: admin.may(Area::Logs, Access::Read).then_some(log),
        sessions: sessions(
            Language::English,
            (admin.zone(), admin.ctx.now),
            Some(admin.signed_in.session.id),
            &past.sessions,
            |session| changes.then(|| format!("{url}/sessions/{}/end", session.id)),
        ),
        allowed: allowed(
            Language::English,
            (admin.zone(), admin.ctx.now),
            &past.grants,
            |held| sees_apps.then(|| app_url(&held.app.id.to_string())),
            |held| changes.then(|| format!("{url}/apps/{}/revoke", held.app.id)),
        ),
        asks: Question { user: view.user.id.to_string(), ..Question::fresh() }.links(admin).await?,
        edit: edit(admin, &view),
        actions: actions(admin, &view, &past),
        login,
    }))
}

/// What the user may have typed and was refused as nobody.
async fn misspelt(admin: &Admin, view: &UserView) -> Result<Vec<LogRow>> {
    // An event of nobody is for who sees the log.
    if !admin.may(Area::Logs, Access::Read) {
        return Ok(Vec::new());
    }
    let found = admin.idp().nobodies_spelt_like(&admin.ctx, &view.user).await?;
    let (typed, events): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let mut rows = brief(admin, &events).await?;
    for (row, typed) in rows.iter_mut().zip(typed) {
        row.sentence = format!("{} is nobody’s login", visible(&typed));
    }
    Ok(rows)
}

/// Confirms what the forms did, as far as it is true.
fn told(done: Option<&str>, view: &UserView) -> Option<String> {
    let text = match done? {
        "create" => "The user is created.",
        "edit" => "The profile is saved.",
        "join" => "The user is in the group.",
        "password" => "The password is set, and every session and token of the user has ended.",
        "role" => "The role is changed.",
        "session" => "That session has ended.",
        "revoke" => "The app's access has ended.",
        "deactivate" if view.user.status == UserStatus::Deprovisioned => "The user is deactivated.",
        _ => return None,
    };
    Some(text.to_owned())
}

fn facts(admin: &Admin, view: &UserView) -> Vec<Fact> {
    let user = &view.user;
    let moment = |at| admin.moment(at).shown;
    let mut facts =
        vec![Fact::code("Id", user.id.to_string()), Fact::text("Numeric id", user.number.to_string())];
    let mut text = |label: &str, value: Option<String>| {
        facts.extend(value.filter(|v| !v.is_empty()).map(|v| Fact::text(label, v)));
    };
    text("Locked until", view.locked_until.map(moment));
    text("Email", Some(visible(&user.email)));
    for (name, label) in MORE.iter().chain(OTHERS) {
        text(label, user.profile.get(*name).and_then(|v| v.as_str()).map(visible));
    }
    text("Role", user.admin_role.map(|r| words::role(r).to_owned()));
    text("Last sign-in", Some(user.last_login_at.map_or_else(|| "never".to_owned(), moment)));
    text("Password set", user.password_changed_at.map(moment));
    text("Created", Some(moment(user.created_at)));
    text("Activated", user.activated_at.map(moment));
    text("Status since", user.status_changed_at.filter(|at| Some(*at) != user.activated_at).map(moment));
    facts
}

/// Whether this administrator may change this user.
pub(super) fn may_change(admin: &Admin, view: &UserView) -> bool {
    admin.may(Area::Users, Access::Write) && admin.caller.rights.may_change(&view.user)
}

/// The deeds that fit the user's state, for a role that may do them.
fn actions(admin: &Admin, view: &UserView, past: &UserPast) -> Vec<Action> {
    if !may_change(admin, view) {
        return Vec::new();
    }
    let has_open = !past.sessions.is_empty() || !past.grants.is_empty();
    let status = view.user.status;
    let gone = status == UserStatus::Deprovisioned;
    // Whoever shuts the door on themselves has nobody to open it.
    let oneself = admin.caller.user() == Some(view.user.id);
    let fits = |deed: &Deed| match deed {
        Deed::Activate => gone || status == UserStatus::Staged,
        Deed::Unlock => view.locked_until.is_some(),
        Deed::Unsuspend => status == UserStatus::Suspended,
        Deed::SignOut => has_open,
        Deed::ExpirePassword => status == UserStatus::Active,
        Deed::Suspend => status == UserStatus::Active && !oneself,
    };
    let url = user_url(&view.user.id.to_string());
    let action = |deed: Deed| {
        let action = Action::post(deed.label(), format!("{url}/{}", deed.name())).explain(deed.explanation());
        if deed == Deed::Suspend { action.dangerous() } else { action }
    };
    let mut actions: Vec<Action> = Deed::ALL.into_iter().filter(fits).map(action).collect();
    if gone {
        let delete = Action::ask("Delete…", format!("{url}/delete"));
        actions.push(delete.explain("For good. What the log knows stays.").dangerous());
    } else if !oneself {
        let deactivate = Action::ask("Deactivate…", format!("{url}/deactivate"));
        actions.push(deactivate.explain("For somebody who has left. Can be activated again.").dangerous());
    }
    actions
}

/// Ways to pages that change the user.
fn edit(admin: &Admin, view: &UserView) -> Vec<Link> {
    let url = user_url(&view.user.id.to_string());
    let living = view.user.status != UserStatus::Deprovisioned;
    let changes = may_change(admin, view) && living;
    [
        (changes, "Edit profile", "edit"),
        (changes && admin.may(Area::Users, Access::SetPassword), "Set password", "password"),
        (
            admin.may(Area::Roles, Access::Write) && admin.caller.user() != Some(view.user.id) && living,
            "Change role",
            "role",
        ),
    ]
    .into_iter()
    .filter(|(shown, ..)| *shown)
    .map(|(_, label, page)| Link::new(label, format!("{url}/{page}")))
    .collect()
}

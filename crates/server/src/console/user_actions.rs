//! What an administrator does to a user: a POST each, and back to the user's page.

use super::admin::Admin;
use super::failure::{Failure, Result};
use super::form::params;
use super::rows::user_url;
use super::user;
use super::user_edit::{changeable, done, form_of};
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::id::AppId;
use signet_domain::user::UserStatus;
use signet_idp::admin::user_lifecycle::Step;
use signet_idp::admin::users::UserView;
use signet_idp::admin::{Access, Area};

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Activate,
    Unlock,
    Unsuspend,
    SignOut,
    ExpirePassword,
    Suspend,
}

impl Deed {
    /// In the order in which a page offers them.
    pub(super) const ALL: [Self; 6] =
        [Self::Activate, Self::Unlock, Self::Unsuspend, Self::SignOut, Self::ExpirePassword, Self::Suspend];

    /// In paths.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Unlock => "unlock",
            Self::Unsuspend => "unsuspend",
            Self::SignOut => "sign-out",
            Self::ExpirePassword => "expire-password",
            Self::Suspend => "suspend",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.name() == name)
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Activate => "Activate",
            Self::Unlock => "Unlock",
            Self::Unsuspend => "Let back in",
            Self::SignOut => "Sign out everywhere",
            Self::ExpirePassword => "Ask for a new password",
            Self::Suspend => "Suspend",
        }
    }

    /// Whether it ends what somebody is doing.
    const fn shuts_out(self) -> bool {
        matches!(self, Self::SignOut | Self::ExpirePassword | Self::Suspend)
    }

    /// What follows.
    pub(super) const fn explanation(self) -> &'static str {
        match self {
            Self::Activate => "Sign-ins work once there is a password.",
            Self::Unlock => "Wrong passwords are forgotten; the next right one signs in.",
            Self::Unsuspend => "Sign-ins work again, with the same password.",
            Self::SignOut => "Ends every session and revokes every token of every app.",
            Self::ExpirePassword => {
                "Ends all sessions and tokens; the next sign-in with the old password asks for a new one."
            }
            Self::Suspend => {
                "Ends all sessions and tokens, and refuses sign-ins until someone lifts it. Nothing is deleted."
            }
        }
    }

    /// Confirms it.
    pub(super) fn told(self, login: &str) -> String {
        match self {
            Self::Activate => format!("{login} is activated."),
            Self::Unlock => format!("{login} is unlocked."),
            Self::Unsuspend => format!("{login} may sign in again."),
            Self::SignOut => format!("{login} is signed out everywhere."),
            Self::ExpirePassword => format!("{login} chooses a new password at the next sign-in."),
            Self::Suspend => format!("{login} is suspended."),
        }
    }

    /// Whether the user looks as if it had been done. The confirmation is asked for in an address, which anyone
    /// can write, so it is only given when it is true.
    pub(super) fn is_plausible(self, view: &UserView) -> bool {
        match self {
            Self::Activate => matches!(view.user.status, UserStatus::Active | UserStatus::Provisioned),
            Self::Unlock => view.locked_until.is_none(),
            Self::Unsuspend => view.user.status == UserStatus::Active,
            Self::SignOut => true,
            Self::ExpirePassword => view.user.status == UserStatus::PasswordExpired,
            Self::Suspend => view.user.status == UserStatus::Suspended,
        }
    }
}

pub(super) async fn post(
    admin: Admin,
    Path((id, action)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    admin.answer(act(&admin, &id, &action, &headers, &body).await)
}

async fn act(admin: &Admin, id: &str, action: &str, headers: &HeaderMap, body: &[u8]) -> Result<Response> {
    let form = admin.open(headers, body, (Area::Users, Access::Write))?;
    let deed = Deed::parse(action).ok_or(Failure::Missing("There is nothing at this address."))?;
    let view = user::find(admin, id).await?;
    if deed.shuts_out() {
        let page = form_of(admin, &view, deed.label(), deed.name(), deed.label()).intro(deed.explanation());
        if let Some(question) = admin.pressed(&form, page).await? {
            return Ok(question);
        }
    }
    let (idp, ctx, caller) = (admin.idp(), &admin.ctx, &admin.caller);
    let key = view.user.id.to_string();
    let step = |step| idp.admin_user_step(ctx, caller, &key, step);
    match deed {
        Deed::Activate => drop(step(Step::Activate).await?),
        Deed::Unlock => drop(step(Step::Unlock).await?),
        Deed::Unsuspend => drop(step(Step::Unsuspend).await?),
        Deed::ExpirePassword => drop(step(Step::ExpirePassword).await?),
        Deed::Suspend => drop(step(Step::Suspend).await?),
        Deed::SignOut => idp.admin_end_sessions(ctx, caller, &key, true).await?,
    }
    Ok(step::redirect(&format!("{}?done={}", user_url(&key), deed.name())))
}

pub(super) async fn end_session(
    admin: Admin,
    Path((id, session)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let ended = async {
        admin.check_form(&headers, &params(&body)?)?;
        let view = changeable(&admin, &id).await?;
        let key = view.user.id.to_string();
        admin.idp().admin_end_session(&admin.ctx, &admin.caller, &key, &session).await?;
        Ok(done(&view, "session"))
    };
    let ended = ended.await;
    admin.answer(ended)
}

pub(super) async fn revoke(
    admin: Admin,
    Path((id, app)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let revoked = async {
        admin.check_form(&headers, &params(&body)?)?;
        let view = changeable(&admin, &id).await?;
        let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
        let app = match AppId::parse(&app) {
            Some(app) => tx.app(app).await?,
            None => None,
        };
        drop(tx);
        let app = app.ok_or(Failure::Missing("There is no such app here. It may have been deleted."))?;
        let key = view.user.id.to_string();
        admin.idp().admin_revoke_grants(&admin.ctx, &admin.caller, &key, &app.client_id).await?;
        Ok(done(&view, "revoke"))
    };
    let revoked = revoked.await;
    admin.answer(revoked)
}

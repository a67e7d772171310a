//! What users do for themselves: look at what is open, end it, and change the profile and the password.

use crate::admin::AdminError;
use crate::admin::user_grants::take_back;
use crate::authorize::SignedIn;
use crate::ctx::{At, app_instance, user_entity};
use crate::guard::Checked;
use crate::{Ctx, Idp};
use serde_json::{Map, Value};
use signet_domain::event::{Event, EventType, types};
use signet_domain::id::AppId;
use signet_oauth::Secret;

impl Idp {
    /// An event of what users do to themselves.
    fn own_event(&self, ctx: &Ctx, me: &SignedIn, event_type: EventType) -> Event {
        self.own_change(ctx, me, event_type).target(user_entity(&me.user))
    }

    /// The same without its target, which comes with what was changed.
    fn own_change(&self, ctx: &Ctx, me: &SignedIn, event_type: EventType) -> Event {
        let mut event = self.event(ctx, event_type, user_entity(&me.user)).of(&me.user);
        event.session_id = Some(me.session.id);
        event.debug("door", "account")
    }

    /// Ends one of the user's own sessions, with what was granted in it.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] for one that is over or somebody else's.
    pub async fn account_end_session(
        &self,
        ctx: &Ctx,
        me: &SignedIn,
        session: &str,
    ) -> Result<(), AdminError> {
        let event = self.own_event(ctx, me, types::SESSION_CLEAR).debug("sessions", "1");
        let (idp, ctx) = (self.clone(), ctx.clone());
        let (user, session) = (me.user.clone(), session.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let id = idp.end_one_session(tx, &ctx, &user, &session).await?;
                Ok(tx.append(&event.debug("session", id.to_string())).await?)
            })
        })
        .await
    }

    /// Takes back what the user allowed an app: consent, grants and every token that hangs on them.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] for an unknown app.
    pub async fn account_revoke_app(&self, ctx: &Ctx, me: &SignedIn, app: &str) -> Result<(), AdminError> {
        let event = self.own_event(ctx, me, types::AS_CONSENT_REVOKE);
        let (ctx, user, app) = (ctx.clone(), me.user.clone(), app.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let found = match AppId::parse(&app) {
                    Some(id) => tx.app(id).await?,
                    None => None,
                };
                let found = found.ok_or_else(|| AdminError::not_found(&app, "AppInstance"))?;
                let grants = take_back(tx, &ctx, &user, &found).await?;
                let event = event.by(&found).target(app_instance(&found));
                Ok(tx.append(&event.debug("grants", grants.to_string())).await?)
            })
        })
        .await
    }

    /// Changes the user's own name, where the tenant lets users do so, and time zone; an empty text clears. Whether there
    /// is such a zone was looked at before.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] for a name that is too long or has control characters; [`AdminError::Forbidden`] for a
    /// name where names are the administrators'.
    pub async fn account_change_profile(
        &self,
        ctx: &Ctx,
        me: &SignedIn,
        names: Option<[&str; 2]>,
        zone: &str,
    ) -> Result<(), AdminError> {
        let mut sent = Map::from_iter([("timezone".to_owned(), Value::from(zone))]);
        if let Some([first, last]) = names {
            if !self.security(ctx).await?.own_names {
                return Err(AdminError::Forbidden);
            }
            sent.extend([("firstName".to_owned(), first.into()), ("lastName".to_owned(), last.into())]);
        }
        let event = self.own_change(ctx, me, types::PROFILE_UPDATE);
        self.change_own_profile(ctx, me.user.id, sent, event).await
    }

    /// Changes the user's own password by the old one, which the one guard checks like at any other door. Every
    /// session and token ends, this one too.
    ///
    /// # Errors
    /// [`AdminError::OldPassword`] when it is wrong or the login is locked; [`AdminError::Password`] for a new
    /// one that breaks a rule.
    pub async fn account_change_password(
        &self,
        ctx: &Ctx,
        me: &SignedIn,
        old: &Secret,
        new: &Secret,
    ) -> Result<(), AdminError> {
        let key = signet_domain::login::canonical(&me.user.login_key, &ctx.tenant.default_domain)
            .map_err(|_| AdminError::Status)?;
        let hash = self.hash_new_password(ctx, new, &me.user.login_key).await?;
        let event = self.own_event(ctx, me, types::PASSWORD_UPDATE);
        let mut user = match self.check_password(ctx, &key, old.expose()).await? {
            Checked::Right(user) => *user,
            Checked::Expired(_) => return Err(AdminError::Status),
            Checked::Wrong { reason, mut events, .. } => {
                events.push(event.failed(reason.as_str()));
                self.record(ctx, events).await?;
                return Err(AdminError::OldPassword);
            }
        };
        user.password_hash = Some(hash);
        user.password_changed_at = Some(ctx.now);
        let (idp, ctx) = (self.clone(), ctx.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                tx.forgive(&user.login_key, &ctx.request.ip).await?;
                tx.update_user(&user, ctx.now).await?;
                idp.cut_user_off(tx, user.id, ctx.now).await?;
                Ok(tx.append(&event).await?)
            })
        })
        .await
    }
}

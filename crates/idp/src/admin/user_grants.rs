//! Ending what a user has open: sessions, tokens, and what was granted to an app.

use super::users::revoke_tokens_of;
use super::{AdminError, Caller};
use crate::ctx::{At, app_instance, user_entity};
use crate::grants::{end_grant, revoke_access};
use crate::{Ctx, Idp};
use signet_domain::app::App;
use signet_domain::event::types;
use signet_domain::id::SessionId;
use signet_domain::user::User;
use signet_store::Tx;

impl Idp {
    /// Ends all sessions of a user, and with `tokens` also every grant and access token.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_end_sessions(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        tokens: bool,
    ) -> Result<(), AdminError> {
        let (idp, tenant) = (self.clone(), ctx.tenant_id());
        let (ctx, caller, key) = (ctx.clone(), caller.clone(), key.to_owned());
        let cut_off = self
            .change(&ctx.clone(), move |tx| {
                Box::pin(async move {
                    let user = Self::find_user(tx, &ctx, &caller, &key).await?;
                    if !caller.rights.may_change(&user) {
                        return Err(AdminError::Forbidden);
                    }
                    let ended = idp.end_all_sessions(tx, user.id, ctx.now).await?;
                    if tokens {
                        revoke_tokens_of(tx, user.id, ctx.now).await?;
                    }
                    let event =
                        caller.event(&idp, &ctx, types::SESSION_CLEAR).of(&user).target(user_entity(&user));
                    let event =
                        event.debug("sessions", ended.to_string()).debug("oauthTokens", tokens.to_string());
                    tx.append(&event).await?;
                    // Who is shut out has been refused since then, and not only from now on.
                    let cut_off = tokens && !user.status.is_shut_out();
                    if cut_off {
                        tx.note_cutoff(user.id, ctx.now).await?;
                    }
                    Ok(cut_off.then_some(user.id))
                })
            })
            .await?;
        if let Some(user) = cut_off {
            self.say_that_it_refuses(tenant, user).await;
        }
        Ok(())
    }

    /// Ends one session of a user, with the grants that were given in it and their tokens.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] for an unknown user, and for a session that is over or somebody else's.
    pub async fn admin_end_session(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        session: &str,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (key, session) = (key.to_owned(), session.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let user = Self::find_user(tx, &ctx, &caller, &key).await?;
                if !caller.rights.may_change(&user) && caller.user() != Some(user.id) {
                    return Err(AdminError::Forbidden);
                }
                let id = idp.end_one_session(tx, &ctx, &user, &session).await?;
                let event = caller.event(&idp, &ctx, types::SESSION_CLEAR).of(&user);
                let event = event.target(user_entity(&user)).debug("sessions", "1");
                Ok(tx.append(&event.debug("session", id.to_string())).await?)
            })
        })
        .await
    }

    /// Ends what a user granted an app: the consent, the grants and every token that hangs on them.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] for an unknown user or app.
    pub async fn admin_revoke_grants(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        client_id: &str,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (key, client_id) = (key.to_owned(), client_id.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let user = Self::find_user(tx, &ctx, &caller, &key).await?;
                if !caller.rights.may_change(&user) {
                    return Err(AdminError::Forbidden);
                }
                let app = tx.app_by_client_id(&client_id).await?;
                let app = app.ok_or_else(|| AdminError::not_found(&client_id, "Client"))?;
                let grants = take_back(tx, &ctx, &user, &app).await?;
                let event = caller.event(&idp, &ctx, types::AS_CONSENT_REVOKE).of(&user).by(&app);
                let event = event.target(user_entity(&user)).target(app_instance(&app));
                Ok(tx.append(&event.debug("grants", grants.to_string())).await?)
            })
        })
        .await
    }
}

impl Idp {
    /// Ends one live session of a user, with the grants that were given in it and their tokens.
    pub(crate) async fn end_one_session(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        user: &User,
        session: &str,
    ) -> Result<SessionId, AdminError> {
        let found = match SessionId::parse(session) {
            Some(id) => tx.session(id).await?.filter(|s| s.user_id == user.id),
            None => None,
        };
        let missing = || AdminError::not_found(session, "Session");
        let found = found.ok_or_else(missing)?;
        if !self.end_session_and_tell(tx, found.id, user.id, ctx.now).await? {
            return Err(missing());
        }
        for grant in tx.grants_of_session(found.id, user.id).await? {
            end_grant(tx, grant.id, ctx.now).await?;
        }
        Ok(found.id)
    }
}

/// Takes back what a user allowed an app; gives how many grants that ended.
pub(crate) async fn take_back(tx: &mut Tx, ctx: &Ctx, user: &User, app: &App) -> Result<usize, AdminError> {
    tx.delete_consents(user.id, app.id).await?;
    let grants = tx.revoke_grants_to(user.id, app.id, ctx.now).await?;
    for grant in &grants {
        revoke_access(tx, grant.id, ctx.now).await?;
    }
    Ok(grants.len())
}

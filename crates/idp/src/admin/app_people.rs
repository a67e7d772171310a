//! Who allowed an app something, and taking that back: from one of them, or from all.

use super::apps::revoke_app;
use super::user_grants::take_back;
use super::{AdminError, Caller, Page};
use crate::ctx::{At, app_instance, user_entity};
use crate::{Ctx, Idp};
use signet_domain::Time;
use signet_domain::app::App;
use signet_domain::event::types;
use signet_domain::id::{AppId, UserId};
use signet_domain::user::User;
use signet_store::Tx;
use std::collections::BTreeSet;

/// Most people on a page.
pub const MAX_LIMIT: i64 = 200;

/// Somebody who allowed an app something.
#[derive(Debug)]
pub struct AppPerson {
    /// Who.
    pub user: User,
    /// Scopes, each once.
    pub scopes: BTreeSet<String>,
    /// When first.
    pub first: Time,
    /// When last.
    pub last: Time,
}

impl Idp {
    /// A page of those who allowed an app something that still holds, in the order of their creation.
    ///
    /// # Errors
    /// [`AdminError::Cursor`].
    pub async fn admin_app_people(
        &self,
        ctx: &Ctx,
        app: AppId,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Page<AppPerson>, AdminError> {
        let limit = limit.clamp(1, MAX_LIMIT);
        let list = format!("people of {app}");
        let after = self.open_cursor(ctx, &list, after)?.map(UserId);
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let users = tx.people_of_app(app, after, limit + 1).await?;
        let Page { items, next } = self.page_of(ctx, &list, users, limit, |user| user.id.0);
        let allowed = match (items.first(), items.last()) {
            (Some(first), Some(last)) => tx.scopes_of_people(app, (first.id, last.id)).await?,
            _ => Vec::new(),
        };
        let person = |user: User| {
            let own = || allowed.iter().filter(|one| one.user_id == user.id);
            let scopes = own().flat_map(|one| one.scopes.split(' ')).filter(|s| !s.is_empty());
            AppPerson {
                scopes: scopes.map(str::to_owned).collect(),
                first: own().map(|one| one.first_at).min().unwrap_or(ctx.now),
                last: own().map(|one| one.last_at).max().unwrap_or(ctx.now),
                user,
            }
        };
        Ok(Page { items: items.into_iter().map(person).collect(), next })
    }

    /// Takes back what one user allowed an app: the consent, the grants and every token that hangs on them. It is the
    /// app that it is done to, so it takes the right to change apps.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] for an unknown app or user.
    pub async fn admin_revoke_app_person(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        (app, user): (AppId, &str),
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller, user) = (self.clone(), ctx.clone(), caller.clone(), user.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let app = find(tx, app).await?;
                let user = match UserId::parse(&user) {
                    Some(id) => tx.user(id).await?,
                    None => None,
                }
                .ok_or_else(|| AdminError::not_found(&user, "User"))?;
                let grants = take_back(tx, &ctx, &user, &app).await?;
                let event = caller.event(&idp, &ctx, types::AS_CONSENT_REVOKE).of(&user).by(&app);
                let event = event.target(user_entity(&user)).target(app_instance(&app));
                Ok(tx.append(&event.debug("grants", grants.to_string())).await?)
            })
        })
        .await
    }

    /// Takes back what everybody allowed an app, with every token that the app has.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] for an unknown app.
    pub async fn admin_revoke_app_people(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        app: AppId,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let app = find(tx, app).await?;
                let consents = tx.delete_consents_to_app(app.id).await?;
                // One rule for the whole app: a rule for each grant would be as many rows as it has grants.
                let grants = revoke_app(tx, ctx.now, &app).await?;
                let event = caller.event(&idp, &ctx, types::AS_CONSENT_REVOKE).by(&app);
                let event = event.target(app_instance(&app)).debug("of", "everybody");
                let event = event.debug("consents", consents.to_string());
                Ok(tx.append(&event.debug("grants", grants.to_string())).await?)
            })
        })
        .await
    }
}

async fn find(tx: &mut Tx, app: AppId) -> Result<App, AdminError> {
    tx.app(app).await?.ok_or_else(|| AdminError::not_found(app.to_string(), "AppInstance"))
}

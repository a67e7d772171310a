//! API tokens: `SSWS`, with the rights of the administrator whose they are.

use super::caller::{API_TOKEN_IDLE_SECONDS, By};
use super::error::Causes;
use super::{AdminError, Caller};
use crate::ctx::{At, user_entity};
use crate::secrets::SecretKind;
use crate::{Ctx, Idp};
use signet_domain::credential::ApiToken;
use signet_domain::event::{Entity, types};
use signet_domain::id::ApiTokenId;
use signet_domain::user::User;
use signet_oauth::Secret;
use signet_store::Tx;

/// What every API token begins with, so that a leaked one is recognised.
pub const PREFIX: &str = "sgt";

impl Idp {
    /// API tokens that were not revoked, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_api_tokens(&self, ctx: &Ctx) -> Result<Vec<ApiToken>, AdminError> {
        Ok(self.store().tenant(ctx.tenant_id()).read().await?.api_tokens().await?)
    }

    /// One API token.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_api_token(&self, ctx: &Ctx, key: &str) -> Result<ApiToken, AdminError> {
        find(&mut self.store().tenant(ctx.tenant_id()).read().await?, key).await
    }

    /// Makes an API token for an administrator: the one named, or the caller. It is shown once.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] if there is no such active administrator.
    pub async fn admin_make_api_token(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        name: String,
        owner: Option<String>,
    ) -> Result<(ApiToken, Secret), AdminError> {
        let mut causes = Causes::default();
        causes.text("name", &name, 1..=100);
        causes.check("apiToken")?;
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let key = owner.unwrap_or_else(|| "me".to_owned());
                let owner = match Self::find_user(tx, &ctx, &caller, &key).await {
                    Ok(user) if user.is_active() && user.admin_role.is_some() => user,
                    Ok(_) | Err(AdminError::NotFound { .. }) => {
                        let cause = "userId: must be the id of an active administrator";
                        return Err(AdminError::invalid("apiToken", cause));
                    }
                    Err(error) => return Err(error),
                };
                let secret = Secret::from(idp.entropy().secret(PREFIX));
                let token = row(&idp, &ctx, name, &owner, &secret);
                tx.insert_api_token(&token).await?;
                let event = caller.event(&idp, &ctx, types::API_TOKEN_CREATE).of(&owner);
                tx.append(&event.target(entity(&token)).target(user_entity(&owner))).await?;
                Ok((token, secret))
            })
        })
        .await
    }

    /// Revokes an API token; `None` is the one that calls.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_revoke_api_token(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: Option<&str>,
    ) -> Result<(), AdminError> {
        let key = match (key, caller.by) {
            (Some(key), _) => key.to_owned(),
            (None, By::ApiToken(id, _)) => id.to_string(),
            (None, By::Credential(_) | By::Console(..)) => {
                return Err(AdminError::not_found("current", "ApiToken"));
            }
        };
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let token = find(tx, &key).await?;
                if !tx.revoke_api_token(token.id, ctx.now).await? {
                    return Err(AdminError::not_found(key, "ApiToken"));
                }
                let event = caller.event(&idp, &ctx, types::API_TOKEN_REVOKE).target(entity(&token));
                Ok(tx.append(&event).await?)
            })
        })
        .await
    }
}

async fn find(tx: &mut Tx, key: &str) -> Result<ApiToken, AdminError> {
    let token = match ApiTokenId::parse(key) {
        Some(id) => tx.api_token(id).await?,
        None => None,
    };
    token.ok_or_else(|| AdminError::not_found(key, "ApiToken"))
}

fn row(idp: &Idp, ctx: &Ctx, name: String, owner: &User, secret: &Secret) -> ApiToken {
    ApiToken {
        tenant_id: ctx.tenant_id(),
        id: idp.entropy().id(ctx.now),
        name,
        hash: idp.secrets().hash(SecretKind::ApiToken, ctx.tenant_id(), secret.expose()),
        user_id: owner.id,
        demo: false,
        created_at: ctx.now,
        expires_at: ctx.now.plus_secs(API_TOKEN_IDLE_SECONDS),
        last_used_at: None,
        revoked_at: None,
    }
}

fn entity(token: &ApiToken) -> Entity {
    Entity::new("Token", token.id, &token.name, &token.name)
}

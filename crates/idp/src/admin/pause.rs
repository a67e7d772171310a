//! Pausing what calls the management API: it keeps its secret and its rights, and is refused until it is resumed.

use super::caller::credential_entity;
use super::{AdminError, Caller};
use crate::{Ctx, Idp};
use signet_domain::event::{Entity, EventType, types};
use signet_domain::id::{ApiTokenId, CredentialId};
use signet_store::Tx;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// Refuse its calls from now on.
    Pause,
    /// Let it call again.
    Resume,
}

impl Idp {
    /// Pauses or resumes an API token or an API credential, by its id. What is so already stays so, without an event.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_pause_caller(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        what: Pause,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (entity, kinds) = find(tx, &key).await?;
                let (changed, kind) = match what {
                    Pause::Pause => (tx.pause_caller(&key, ctx.now).await?, kinds[0]),
                    Pause::Resume => (tx.resume_caller(&key).await?, kinds[1]),
                };
                if changed {
                    tx.append(&caller.event(&idp, &ctx, kind).target(entity)).await?;
                }
                Ok(())
            })
        })
        .await
    }
}

async fn find(tx: &mut Tx, key: &str) -> Result<(Entity, [EventType; 2]), AdminError> {
    if let Some(id) = ApiTokenId::parse(key) {
        let token = tx.api_token(id).await?.ok_or_else(|| AdminError::not_found(key, "ApiToken"))?;
        let entity = Entity::new("Token", token.id, &token.name, &token.name);
        return Ok((entity, [types::API_TOKEN_PAUSE, types::API_TOKEN_RESUME]));
    }
    let missing = || AdminError::not_found(key, "ApiCredential");
    let id = CredentialId::parse(key).ok_or_else(missing)?;
    let credential = tx.credential(id).await?.filter(|c| c.revoked_at.is_none()).ok_or_else(missing)?;
    Ok((credential_entity(&credential), [types::CREDENTIAL_PAUSE, types::CREDENTIAL_RESUME]))
}

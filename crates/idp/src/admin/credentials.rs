//! API credentials: a client id and a secret for the management API, holding one scope.

use super::caller::{credential_entity, hex};
use super::error::Causes;
use super::{AdminError, Caller};
use crate::secrets::SecretKind;
use crate::{Ctx, Idp};
use signet_domain::Entropy;
use signet_domain::credential::{ApiScope, Credential};
use signet_domain::event::types;
use signet_domain::id::CredentialId;
use signet_oauth::Secret;
use signet_store::Tx;

impl Idp {
    /// API credentials that were not revoked, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_credentials(&self, ctx: &Ctx) -> Result<Vec<Credential>, AdminError> {
        Ok(self.store().tenant(ctx.tenant_id()).read().await?.credentials().await?)
    }

    /// One API credential.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_credential(&self, ctx: &Ctx, key: &str) -> Result<Credential, AdminError> {
        find(&mut self.store().tenant(ctx.tenant_id()).read().await?, key).await
    }

    /// Makes an API credential; its secret is shown once.
    ///
    /// # Errors
    /// [`AdminError::Invalid`].
    pub async fn admin_make_credential(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        name: String,
        scope: ApiScope,
    ) -> Result<(Credential, Secret), AdminError> {
        let mut causes = Causes::default();
        causes.text("name", &name, 1..=100);
        causes.check("apiCredential")?;
        let secret = Secret::from(hex_64(self.entropy()));
        let credential = Credential {
            tenant_id: ctx.tenant_id(),
            id: self.entropy().id(ctx.now),
            client_id: hex_64(self.entropy()),
            secret_hash: self.secrets().hash(SecretKind::CredentialSecret, ctx.tenant_id(), secret.expose()),
            name,
            scope,
            demo: false,
            created_at: ctx.now,
            last_used_at: None,
            revoked_at: None,
        };
        let event = caller.event(self, ctx, types::CREDENTIAL_CREATE).target(credential_entity(&credential));
        let event = event.debug("scope", scope.as_str());
        let row = credential.clone();
        self.change(ctx, move |tx| {
            Box::pin(async move {
                tx.insert_credential(&row).await?;
                Ok(tx.append(&event).await?)
            })
        })
        .await?;
        Ok((credential, secret))
    }

    /// Revokes an API credential, and with it its tokens.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_revoke_credential(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let credential = find(tx, &key).await?;
                if !tx.revoke_credential(credential.id, ctx.now).await? {
                    return Err(AdminError::not_found(key, "ApiCredential"));
                }
                let event = caller.event(&idp, &ctx, types::CREDENTIAL_REVOKE);
                Ok(tx.append(&event.target(credential_entity(&credential))).await?)
            })
        })
        .await
    }
}

async fn find(tx: &mut Tx, key: &str) -> Result<Credential, AdminError> {
    let credential = match CredentialId::parse(key) {
        Some(id) => tx.credential(id).await?,
        None => None,
    };
    let credential = credential.filter(|c| c.revoked_at.is_none());
    credential.ok_or_else(|| AdminError::not_found(key, "ApiCredential"))
}

/// 256 random bits as 64 hexadecimal digits, the form that clients of this contract expect.
pub(crate) fn hex_64(entropy: &Entropy) -> String {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    entropy.fill(&mut bytes[..]);
    hex(&bytes[..])
}

//! What a request came from is answered once: the reference of a pushed one, and the object that names itself.

use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::flow::Flow;
use signet_domain::grant::{OneTime, OneTimeKind};
use signet_domain::id::{ServerId, TenantId};
use signet_oauth::Params;
use signet_oauth::authorize::{ObjectMark, Origin};
use signet_store::one_time::Spent;
use signet_store::{StoreError, Tx};

/// A request that stands elsewhere than in the parameters of the call.
pub(super) struct Brought {
    pub(super) params: Params,
    pub(super) origin: Origin,
}

impl Idp {
    /// Whether a request object was answered before.
    pub(super) async fn is_answered(
        &self,
        ctx: &Ctx,
        server: ServerId,
        object: &ObjectMark,
    ) -> Result<bool, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        Ok(tx.peek_one_time(server, OneTimeKind::RequestObject, &object.digest).await?.is_some())
    }
}

/// Spends what a request came from, in the transaction of its answer; `false` when it was answered before.
pub(crate) async fn spend(
    tx: &mut Tx,
    origin: &Origin,
    (tenant, server): (TenantId, ServerId),
    now: Time,
) -> Result<bool, StoreError> {
    if let Some(hash) = &origin.pushed
        && !matches!(tx.spend(server, OneTimeKind::Pushed, hash, now).await?, Spent::Now(_))
    {
        return Ok(false);
    }
    let Some(object) = &origin.object else { return Ok(true) };
    // Other pages of the same object may still be open when it has expired.
    let expires = Time::from_secs(object.expires).max(now).plus_secs(Flow::SECONDS);
    let (kind, digest) = (OneTimeKind::RequestObject, object.digest.clone());
    tx.use_once(&OneTime::by_use((tenant, server), kind, digest, (now, expires))).await
}

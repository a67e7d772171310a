//! What works once by its first use: the ids of tokens that apps make. The database decides, so over all nodes and after
//! restarts.

use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::grant::{OneTime, OneTimeKind};
use signet_domain::id::ServerId;

impl Idp {
    /// Spends an id until the token that it is of has ended; false when it was used before.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn use_once(
        &self,
        ctx: &Ctx,
        server: ServerId,
        (kind, secret, id): (OneTimeKind, SecretKind, &str),
        expires: Time,
    ) -> Result<bool, IdpError> {
        let hash = self.secrets().hash(secret, ctx.tenant_id(), id);
        let row = OneTime::by_use((ctx.tenant_id(), server), kind, hash, (ctx.now, expires));
        let store = self.store().tenant(ctx.tenant_id());
        Ok(store.write(move |tx| Box::pin(async move { tx.use_once(&row).await })).await?)
    }
}

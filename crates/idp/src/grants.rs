//! Ending grants, with every token that was issued under them.

use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::Event;
use signet_domain::id::GrantId;
pub(crate) use signet_domain::token::LONGEST_TOKEN_SECONDS;
use signet_domain::token::RevocationKind;
use signet_store::Tx;

/// Ends a grant: its refresh tokens and its access tokens.
pub(crate) async fn end_grant(tx: &mut Tx, grant: GrantId, now: Time) -> signet_store::Result<()> {
    tx.revoke_grant(grant, now).await?;
    revoke_access(tx, grant, now).await
}

/// Revokes the access tokens of a grant that was ended. They stand on their own, so the grant's end alone leaves
/// them as they are.
pub(crate) async fn revoke_access(tx: &mut Tx, grant: GrantId, now: Time) -> signet_store::Result<()> {
    let until = now.plus_secs(LONGEST_TOKEN_SECONDS);
    tx.put_revocation(RevocationKind::Grant, &grant.to_string(), now, until).await
}

impl Idp {
    /// Ends a grant, with the event that says so.
    pub(crate) async fn end_grant(&self, ctx: &Ctx, grant: GrantId, event: Event) -> Result<(), IdpError> {
        let now = ctx.now;
        let rows = self.store().tenant(ctx.tenant_id());
        let ended = rows.write(move |tx| {
            Box::pin(async move {
                end_grant(tx, grant, now).await?;
                tx.append(&event).await
            })
        });
        Ok(ended.await?)
    }
}

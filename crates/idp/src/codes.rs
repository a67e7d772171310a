//! Spending authorization codes, of whichever endpoint: a code works once, and a failed attempt spends it.

use crate::client::Client;
use crate::{Ctx, Idp, IdpError};
use signet_domain::event::Event;
use signet_domain::grant::OneTimeKind;
use signet_domain::id::{GrantId, ServerId};
use signet_domain::token::RefreshToken;
use signet_store::one_time::Spent;

/// A code that was presented, and is there.
pub(crate) struct Code {
    /// Which endpoint's.
    pub(crate) kind: OneTimeKind,
    /// The server that made it.
    pub(crate) server: ServerId,
    /// Its hash.
    pub(crate) hash: Vec<u8>,
    /// The grant that hangs on it.
    pub(crate) grant: GrantId,
}

impl Idp {
    /// Spends a code and stores what it bought, in one transaction; `false` when another use was first or the
    /// grant was revoked in the meantime.
    pub(crate) async fn spend_code(
        &self,
        ctx: &Ctx,
        code: Code,
        client: &Client,
        refresh: Option<RefreshToken>,
        events: Vec<Event>,
    ) -> Result<bool, IdpError> {
        let now = ctx.now;
        let (app, secret) = (client.config.app.id, client.secret_to_touch(now));
        let unused = client.config.is_unused();
        let rows = self.store().tenant(ctx.tenant_id());
        let first = rows.write(move |tx| {
            Box::pin(async move {
                let Spent::Now(_) = tx.spend(code.server, code.kind, &code.hash, now).await? else {
                    return Ok(false);
                };
                if tx.grant_in_use(code.grant).await?.is_none_or(|g| g.revoked_at.is_some()) {
                    return Ok(false);
                }
                if let Some(secret) = secret {
                    tx.touch_app_secret(app, secret, now).await?;
                }
                if unused {
                    tx.keep_registration(app).await?;
                }
                if let Some(row) = &refresh {
                    tx.insert_refresh_token(code.server, row).await?;
                }
                tx.append_all(&events).await?;
                Ok(true)
            })
        });
        Ok(first.await?)
    }

    /// Spends the code of a failed attempt, with the refusal's event; `false` when it was spent before: whoever
    /// loses a race for it replays it.
    pub(crate) async fn burn_code(&self, ctx: &Ctx, code: Code, event: Event) -> Result<bool, IdpError> {
        let now = ctx.now;
        let rows = self.store().tenant(ctx.tenant_id());
        let first = rows.write(move |tx| {
            Box::pin(async move {
                let spent = tx.spend(code.server, code.kind, &code.hash, now).await?;
                let first = !matches!(spent, Spent::Before(_));
                if first {
                    tx.append(&event).await?;
                }
                Ok(first)
            })
        });
        Ok(first.await?)
    }
}

//! Revocation (RFC 7009). The answer is the same whether there was anything to revoke.

use crate::access_token::user_of;
use crate::cache::ServerConfig;
use crate::client::Client;
use crate::ctx::{At, app_entity, by_kind};
use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::{Event, types};
use signet_domain::grant::Grant;
use signet_domain::token::RevocationKind;
use signet_oauth::OAuthError;

impl Idp {
    /// Revokes a token of the client that asks: a refresh token with its family and their access tokens, or
    /// one access token. Another client's token stays as it is, and the log has the attempt.
    ///
    /// # Errors
    /// 503 when the store is gone: nothing is acknowledged that isn't durable.
    pub async fn revoke(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        client: &Client,
        token: &str,
    ) -> Result<(), OAuthError> {
        Ok(self.revoke_inner(ctx, config, client, token).await?)
    }

    async fn revoke_inner(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        client: &Client,
        token: &str,
    ) -> Result<(), IdpError> {
        let hash = self.secrets().hash(SecretKind::Refresh, ctx.tenant_id(), token);
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        if let Some(row) = tx.refresh_token(config.server.id, &hash).await? {
            let grant = tx.grant(row.grant_id).await?;
            drop(tx);
            return match grant {
                Some(grant) => self.revoke_family(ctx, config, client, grant).await,
                None => Ok(()),
            };
        }
        drop(tx);
        let Some(claims) = self.signed_here(ctx, config, token).await? else {
            let event = self.revocation_event(ctx, config, client).failed("unknown_token");
            return self.record(ctx, vec![event]).await;
        };
        let mut event = self.revocation_event(ctx, config, client);
        event.jti = Some(claims.jti.clone());
        event.user_id = {
            let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
            user_of(&mut tx, &claims).await?
        };
        if claims.cid != client.config.app.client_id {
            return self.record(ctx, vec![event.failed("mismatched_client")]).await;
        }
        let (until, now) = (Time::from_secs(claims.exp + 60), ctx.now);
        self.store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    tx.put_revocation(RevocationKind::Token, &claims.jti, now, until).await?;
                    tx.append(&event).await
                })
            })
            .await?;
        Ok(())
    }

    async fn revoke_family(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        client: &Client,
        grant: Grant,
    ) -> Result<(), IdpError> {
        let mut event = self.revocation_event(ctx, config, client);
        event.grant_id = Some(grant.id);
        event.flow_id = grant.flow_id;
        event.user_id = grant.user_id.map(|id| id.to_string());
        if grant.app_id != client.config.app.id {
            return self.record(ctx, vec![event.failed("mismatched_client")]).await;
        }
        self.end_grant(ctx, grant.id, event).await
    }

    fn revocation_event(&self, ctx: &Ctx, config: &ServerConfig, client: &Client) -> Event {
        let kind = by_kind(&config.server, types::ORG_TOKEN_REVOKE, types::AS_TOKEN_REVOKE);
        let app = &client.config.app;
        self.event(ctx, kind, app_entity(app)).at(&config.server).by(app)
    }
}

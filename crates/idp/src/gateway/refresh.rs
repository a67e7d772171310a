//! Refreshing at a gateway's endpoint: the access token and, unless it is reused, the refresh token of before are
//! dead at once. There is no leeway; a refresh token that comes back ends its grant (RFC 9700 §4.14.2).

use super::grants::{Mint, Tokens, refresh_ends, tokens};
use super::token::Caller;
use super::{At, GatewayError, GatewayParams, scopes};
use crate::ctx::{At as _, app_entity};
use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use signet_domain::event::{Event, types};
use signet_domain::grant::Grant;
use signet_domain::token::RefreshToken;
use signet_oauth::Reason;
use signet_oauth::token_request::GrantType;
use signet_store::refresh::Rotated;

impl Idp {
    pub(super) async fn gateway_refresh(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        caller: &Caller,
        params: &GatewayParams,
    ) -> Result<Tokens, GatewayError> {
        let presented = params.get("refresh_token").ok_or_else(invalid)?;
        let hash = self.secrets().hash(SecretKind::Refresh, ctx.tenant_id(), presented);
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let row = tx.refresh_token(at.server.server.id, &hash).await?.ok_or_else(invalid)?;
        let grant = tx.grant(row.grant_id).await?.ok_or_else(invalid)?;
        // Not one of this endpoint's, or revoked.
        let vouched = tx.gateway_grant(row.grant_id).await?.ok_or_else(invalid)?;
        drop(tx);
        if grant.app_id != caller.client.config.app.id {
            self.end_leaked(ctx, at, caller, &grant, &row, Reason::MismatchedClient).await?;
            return Err(GatewayError::client().logged());
        }
        if row.rotated_at.is_some() {
            self.end_leaked(ctx, at, caller, &grant, &row, Reason::RefreshReuse).await?;
            return Err(invalid().logged());
        }
        if ctx.now >= row.absolute_expires_at || !caller.client.config.app.allows_grant(&grant.grant_type) {
            return Err(invalid());
        }
        let granted = crate::token::scopes::stored(&grant.scopes);
        let app = &caller.client.config.app;
        let may = |name: &str| app.allowed_scopes.is_empty() || app.allowed_scopes.iter().any(|s| s == name);
        if !granted.iter().all(|s| scopes::is_grantable(at, s.as_str()) && may(s.as_str())) {
            return Err(GatewayError::scope("Scope mismatch"));
        }
        let mint = Mint {
            at: *at,
            caller,
            scopes: &granted,
            userid: Some(&vouched.authenticated_userid),
            grant: grant.id,
            generation: Some(vouched.generation + 1),
            grant_type: GrantType::RefreshToken,
        };
        let (access, event) = self.mint_for_gateway(ctx, mint).await?;
        // A public app's refresh token must rotate (RFC 9700 §2.2.2).
        let stays = at.gateway.reuse_refresh_token && app.is_confidential();
        let next = (!stays).then(|| self.gateway_refresh_token(ctx, at, grant.id, row.generation + 1));
        let (token, successor) = next.unzip();
        let mut events = vec![event];
        if successor.is_some() {
            events.push(self.gateway_event(ctx, types::AS_REFRESH_TOKEN, mint));
        }
        let step = Step { row, generation: vouched.generation, successor, events };
        if !self.advance(ctx, at, caller, step).await? {
            return Err(invalid());
        }
        let refresh_token = token.unwrap_or_else(|| presented.to_owned());
        Ok(tokens(&mint, access, Some(refresh_token), params.state()))
    }

    /// Makes the new tokens the good ones; `false` when another use was first or the grant was revoked.
    async fn advance(&self, ctx: &Ctx, at: &At<'_>, caller: &Caller, step: Step) -> Result<bool, IdpError> {
        let (server, now, ip) = (at.server.server.id, ctx.now, ctx.request.ip.clone());
        let (app, secret) = (caller.client.config.app.id, caller.client.secret_to_touch(now));
        let ends = refresh_ends(at, now);
        let first = self
            .store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    let Step { row, generation, successor, events } = step;
                    if tx.gateway_grant(row.grant_id).await?.is_none()
                        || !tx.advance_gateway_grant(row.grant_id, generation).await?
                    {
                        return Ok(false);
                    }
                    if let Some(secret) = secret {
                        tx.touch_app_secret(app, secret, now).await?;
                    }
                    match successor {
                        Some(successor) => {
                            let used = Rotated { at: now, leeway_until: now, successor_sealed: &[], ip: &ip };
                            tx.insert_refresh_token(server, &successor).await?;
                            tx.rotate_refresh_token(row.id, &used).await?;
                        }
                        None => tx.renew_refresh_token(row.id, ends, &ip).await?,
                    }
                    tx.append_all(&events).await?;
                    Ok(true)
                })
            })
            .await?;
        Ok(first)
    }

    async fn end_leaked(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        caller: &Caller,
        grant: &Grant,
        row: &RefreshToken,
        reason: Reason,
    ) -> Result<(), IdpError> {
        let app = &caller.client.config.app;
        let mut event = self
            .event(ctx, types::AS_DETECT_REUSE, app_entity(app))
            .failed(reason.as_str())
            .at(&at.server.server)
            .by(app)
            .debug("gateway", "true")
            .debug("grantType", GrantType::RefreshToken.as_str())
            .debug("issuedToApp", grant.app_id.to_string())
            .debug("generation", row.generation.to_string())
            .debug("usedBeforeFrom", row.used_ip.as_deref().unwrap_or("unknown"))
            .debug("usedNowFrom", ctx.request.ip.as_str());
        event.grant_id = Some(grant.id);
        self.end_grant(ctx, grant.id, event).await
    }
}

/// What a refresh writes.
struct Step {
    row: RefreshToken,
    generation: i64,
    successor: Option<RefreshToken>,
    events: Vec<Event>,
}

fn invalid() -> GatewayError {
    GatewayError::new(400, "invalid_request", "Invalid refresh_token", Reason::InvalidRefreshToken.as_str())
}

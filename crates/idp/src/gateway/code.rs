//! Redeeming a code that a front end got. As everywhere a code lives a minute and works once: a failed attempt
//! spends it, and one that comes back ends what the first got.

use super::grants::{Mint, Tokens, tokens};
use super::token::Caller;
use super::{At, GatewayError, GatewayParams, authorize};
use crate::codes::Code;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use serde::{Deserialize, Serialize};
use signet_domain::event::{Event, types};
use signet_domain::gateway::GatewayGrant;
use signet_domain::grant::{Grant, OneTime, OneTimeKind};
use signet_oauth::token_request::GrantType;
use signet_oauth::{Reason, pkce};

/// What a code remembers of the request.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct GatewayCode {
    /// The redirect URI, if one was sent: then the same must be sent again (RFC 6749 §4.1.3).
    pub(super) redirect_uri: Option<String>,
    /// The proof key's challenge, if one was sent.
    pub(super) challenge: Option<pkce::Challenge>,
}

impl Idp {
    pub(super) async fn redeem_gateway_code(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        caller: &Caller,
        params: &GatewayParams,
    ) -> Result<Tokens, GatewayError> {
        let code = params.get("code").ok_or_else(invalid)?;
        let hash = self.secrets().hash(SecretKind::GatewayCode, ctx.tenant_id(), code);
        let server = at.server.server.id;
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let row = tx.peek_one_time(server, OneTimeKind::GatewayCode, &hash).await?.ok_or_else(invalid)?;
        let id = row.grant_id.ok_or_else(|| IdpError::Internal("a code without a grant".into()))?;
        let grant = tx.grant(id).await?.ok_or_else(invalid)?;
        let vouched = tx.gateway_grant(id).await?;
        drop(tx);
        if row.spent_at.is_some() {
            return Err(self.gateway_code_replayed(ctx, at, caller, &grant).await?);
        }
        let code = Code { kind: OneTimeKind::GatewayCode, server, hash, grant: id };
        let vouched = match check(ctx, at, caller, params, &row, &grant, vouched) {
            Ok(vouched) => vouched,
            Err(refused) => {
                return Err(self.burn_gateway_code(ctx, at, caller, &grant, code, refused).await?);
            }
        };
        let scopes = crate::token::scopes::stored(&grant.scopes);
        let mint = Mint {
            at: *at,
            caller,
            scopes: &scopes,
            userid: Some(&vouched.authenticated_userid),
            grant: grant.id,
            generation: Some(0),
            grant_type: GrantType::AuthorizationCode,
        };
        let (access, event) = self.mint_for_gateway(ctx, mint).await?;
        let mut events = vec![event];
        let refresh = caller.refreshes().then(|| self.gateway_refresh_token(ctx, at, grant.id, 0));
        let (token, row) = refresh.unzip();
        if row.is_some() {
            events.push(self.gateway_event(ctx, types::AS_REFRESH_TOKEN, mint));
        }
        if self.spend_code(ctx, code, &caller.client, row, events).await? {
            return Ok(tokens(&mint, access, token, params.state()));
        }
        Err(self.gateway_code_replayed(ctx, at, caller, &grant).await?)
    }

    /// Refuses a failed attempt, which spends the code.
    async fn burn_gateway_code(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        caller: &Caller,
        grant: &Grant,
        code: Code,
        refused: GatewayError,
    ) -> Result<GatewayError, IdpError> {
        let event = self.code_refusal(ctx, at, caller, grant, refused.reason);
        if self.burn_code(ctx, code, event).await? {
            return Ok(refused.logged());
        }
        self.gateway_code_replayed(ctx, at, caller, grant).await
    }

    /// A code that comes back: what its first use got is revoked (RFC 6749 §4.1.2).
    async fn gateway_code_replayed(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        caller: &Caller,
        grant: &Grant,
    ) -> Result<GatewayError, IdpError> {
        let event = self.code_refusal(ctx, at, caller, grant, Reason::CodeReplay.as_str());
        self.end_grant(ctx, grant.id, event).await?;
        Ok(invalid().logged())
    }

    fn code_refusal(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        caller: &Caller,
        grant: &Grant,
        reason: &'static str,
    ) -> Event {
        let event = self.refused_token(ctx, at, Some(caller), GrantType::AuthorizationCode.as_str(), reason);
        let mut event = event.debug("issuedToApp", grant.app_id.to_string());
        event.grant_id = Some(grant.id);
        event
    }
}

fn invalid() -> GatewayError {
    GatewayError::new(400, "invalid_request", "Invalid code", Reason::InvalidAuthorizationCode.as_str())
}

/// Everything that must hold besides the code itself.
fn check(
    ctx: &Ctx,
    at: &At<'_>,
    caller: &Caller,
    params: &GatewayParams,
    row: &OneTime,
    grant: &Grant,
    vouched: Option<GatewayGrant>,
) -> Result<GatewayGrant, GatewayError> {
    let payload: GatewayCode = serde_json::from_value(row.payload.0.clone())
        .map_err(|e| IdpError::Internal(format!("a code's payload can't be read: {e}")))?;
    let app = &caller.client.config.app;
    if ctx.now >= row.expires_at || !at.gateway.authorization_code {
        return Err(invalid());
    }
    if grant.app_id != app.id {
        return Err(GatewayError { reason: Reason::MismatchedClient.as_str(), ..invalid() });
    }
    if payload.redirect_uri.is_some() && payload.redirect_uri.as_deref() != params.get("redirect_uri") {
        return Err(GatewayError::redirect_uri());
    }
    check_verifier(at, caller, params, payload.challenge.as_ref())?;
    vouched.ok_or_else(invalid)
}

fn check_verifier(
    at: &At<'_>,
    caller: &Caller,
    params: &GatewayParams,
    challenge: Option<&pkce::Challenge>,
) -> Result<(), GatewayError> {
    if params.is_other("code_verifier") {
        return Err(GatewayError::pkce("code_verifier is not a string", Reason::PkceVerificationFailed));
    }
    let needed = challenge.is_some() || authorize::needs_pkce(at.gateway, &caller.client.config.app);
    let verifier = params.get("code_verifier");
    if needed && verifier.is_none() {
        let words = "code_verifier is required for PKCE authorization requests";
        return Err(GatewayError::pkce(words, Reason::PkceMissingVerifier));
    }
    if verifier.is_some_and(|v| !(43..=128).contains(&v.len())) {
        let words = "code_verifier must be between 43 and 128 characters";
        return Err(GatewayError::pkce(words, Reason::PkceVerificationFailed));
    }
    // Needed by now, but not when the code was made: there is no challenge to hold it against.
    let checked = if needed && challenge.is_none() {
        Err(Reason::PkceMissingChallenge)
    } else {
        pkce::check(challenge, verifier).map_err(|error| error.reason)
    };
    checked.map_err(|reason| GatewayError::new(400, "invalid_grant", "Invalid code", reason.as_str()))
}

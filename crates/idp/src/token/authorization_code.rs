//! Redeeming an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5).
//!
//! A code is found by server and hash alone and works once; who presents it, the redirect URI and the PKCE
//! verifier are checked afterwards, so a failed attempt spends it. A second use revokes what the first got.

use super::issue::{Of, response};
use super::{Call, Refused, scopes};
use crate::access_token::Subject;
use crate::ctx::{At, app_entity, by_kind};
use crate::secrets::SecretKind;
use crate::{Idp, IdpError};
use serde::{Deserialize, Serialize};
use signet_domain::event::{Event, types};
use signet_domain::grant::{Grant, OneTime, OneTimeKind};
use signet_domain::token::{RefreshToken, RevocationKind};
use signet_domain::user::User;
use signet_oauth::response::TokenResponse;
use signet_oauth::token_request::GrantType;
use signet_oauth::{Reason, ScopeSet, Secret, pkce};
use signet_store::one_time::Spent;

/// What a code remembers of the authorization request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CodePayload {
    /// The redirect URI as it was sent.
    pub(crate) redirect_uri: String,
    /// The PKCE challenge, if one was sent.
    pub(crate) challenge: Option<pkce::Challenge>,
}

/// Seconds that a code lives.
pub(crate) const CODE_SECONDS: i64 = 60;

impl Idp {
    pub(super) async fn redeem_code(
        &self,
        call: &Call<'_>,
        code: &Secret,
        redirect_uri: Option<&str>,
        verifier: Option<&Secret>,
    ) -> Result<TokenResponse, Refused> {
        let (ctx, server) = (call.ctx, &call.server.server);
        let hash = self.secrets().hash(SecretKind::Code, ctx.tenant_id(), code.expose());
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let Some(row) = tx.peek_one_time(server.id, OneTimeKind::Code, &hash).await? else {
            return Err(Reason::InvalidAuthorizationCode.into());
        };
        let grant_id = row.grant_id.ok_or_else(|| IdpError::Internal("a code without a grant".into()))?;
        let Some(grant) = tx.grant(grant_id).await? else {
            return Err(Reason::InvalidAuthorizationCode.into());
        };
        if row.spent_at.is_some() {
            drop(tx);
            return Err(self.replayed(call, &grant).await?);
        }
        let user = match grant.user_id {
            Some(id) => tx.user(id).await?,
            None => None,
        };
        let session_live = match grant.session_id {
            Some(id) => tx.session(id).await?.is_some_and(|s| s.ended_at.is_none() && ctx.now < s.expires_at),
            None => false,
        };
        drop(tx);
        let checked = check(call, &row, &grant, user, session_live, redirect_uri, verifier)?;
        match checked {
            Ok(user) => self.issue_for_code(call, hash, grant, &user).await,
            Err(reason) => Err(self.burn(call, hash, &grant, reason).await?),
        }
    }

    /// Spends the code of a failed attempt, with the refusal's event. A loser of a race for it is a replay.
    async fn burn(
        &self,
        call: &Call<'_>,
        hash: Vec<u8>,
        grant: &Grant,
        reason: Reason,
    ) -> Result<Refused, IdpError> {
        let event = self.code_event(call, grant, reason);
        let (server, now) = (call.server.server.id, call.ctx.now);
        let spent_before = self
            .store()
            .tenant(call.ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    let spent = tx.spend(server, OneTimeKind::Code, &hash, now).await?;
                    let before = matches!(spent, Spent::Before(_));
                    if !before {
                        tx.append(&event).await?;
                    }
                    Ok(before)
                })
            })
            .await?;
        if spent_before {
            return self.replayed(call, grant).await;
        }
        Ok(Refused::from(reason).logged())
    }

    /// A code that comes back: what its first use got is revoked (RFC 6749 §4.1.2, RFC 9700 §4.5).
    async fn replayed(&self, call: &Call<'_>, grant: &Grant) -> Result<Refused, IdpError> {
        let event = self.code_event(call, grant, Reason::CodeReplay);
        let (id, now, until) = (grant.id, call.ctx.now, self.last_token_ends(call));
        self.store()
            .tenant(call.ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    tx.revoke_grant(id, now).await?;
                    tx.put_revocation(RevocationKind::Grant, &id.to_string(), now, until).await?;
                    tx.append(&event).await
                })
            })
            .await?;
        Ok(Refused::from(Reason::CodeReplay).logged())
    }

    /// When the last token that could have been issued by now has expired.
    pub(crate) fn last_token_ends(&self, call: &Call<'_>) -> signet_domain::Time {
        let server = &call.server.server;
        call.ctx.now.plus_secs(server.access_token_seconds.max(server.id_token_seconds) + 60)
    }

    fn code_event(&self, call: &Call<'_>, grant: &Grant, reason: Reason) -> Event {
        let server = &call.server.server;
        let app = &call.client.config.app;
        let kind = by_kind(server, types::ORG_TOKEN_GRANT, types::AS_TOKEN_GRANT);
        let mut event = self
            .event(call.ctx, kind, app_entity(app))
            .failed(reason.as_str())
            .at(server)
            .by(app)
            .debug("grantType", GrantType::AuthorizationCode.as_str())
            .debug("issuedToApp", grant.app_id.to_string());
        event.grant_id = Some(grant.id);
        event.flow_id = grant.flow_id;
        event.session_id = grant.session_id;
        event.user_id = grant.user_id.map(|id| id.to_string());
        event
    }

    async fn issue_for_code(
        &self,
        call: &Call<'_>,
        hash: Vec<u8>,
        grant: Grant,
        user: &User,
    ) -> Result<TokenResponse, Refused> {
        let scopes = scopes::stored(&grant.scopes);
        let subject = subject(call, &grant, user, &scopes);
        let mut issued = self.mint(call, &subject, GrantType::AuthorizationCode, grant.flow_id).await?;
        let mut events = std::mem::take(&mut issued.events);
        let refresh = scopes.contains("offline_access").then(|| self.new_refresh_token(call, grant.id, None));
        let (token, row) = refresh.unzip();
        if row.is_some() {
            let grant_type = GrantType::AuthorizationCode;
            events.push(self.issuance_event(call, &subject, grant_type, grant.flow_id, Of::Refresh));
        }
        if self.spend_and_store(call, hash, grant.id, row, events).await? {
            return Ok(response(&subject, issued, token));
        }
        Err(self.replayed(call, &grant).await?)
    }

    /// Spends the code and stores what it bought, in one transaction; `false` when another use was first or
    /// the grant was revoked in the meantime.
    async fn spend_and_store(
        &self,
        call: &Call<'_>,
        hash: Vec<u8>,
        grant: signet_domain::id::GrantId,
        refresh: Option<RefreshToken>,
        events: Vec<Event>,
    ) -> Result<bool, IdpError> {
        let (server, now) = (call.server.server.id, call.ctx.now);
        let (app, secret) = (call.client.config.app.id, call.client.secret_to_touch(now));
        let first = self
            .store()
            .tenant(call.ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    let Spent::Now(_) = tx.spend(server, OneTimeKind::Code, &hash, now).await? else {
                        return Ok(false);
                    };
                    if tx.grant(grant).await?.is_none_or(|g| g.revoked_at.is_some()) {
                        return Ok(false);
                    }
                    if let Some(secret) = secret {
                        tx.touch_app_secret(app, secret, now).await?;
                    }
                    if let Some(row) = &refresh {
                        tx.insert_refresh_token(server, row).await?;
                    }
                    tx.append_all(&events).await?;
                    Ok(true)
                })
            })
            .await?;
        Ok(first)
    }
}

/// Everything that must hold besides the code itself. `Ok(Err)` spends the code.
fn check(
    call: &Call<'_>,
    row: &OneTime,
    grant: &Grant,
    user: Option<User>,
    session_live: bool,
    redirect_uri: Option<&str>,
    verifier: Option<&Secret>,
) -> Result<Result<User, Reason>, IdpError> {
    let payload: CodePayload = serde_json::from_value(row.payload.0.clone())
        .map_err(|e| IdpError::Internal(format!("a code's payload can't be read: {e}")))?;
    if call.ctx.now >= row.expires_at {
        return Ok(Err(Reason::InvalidAuthorizationCode));
    }
    if grant.app_id != call.client.config.app.id {
        return Ok(Err(Reason::MismatchedClient));
    }
    if redirect_uri != Some(payload.redirect_uri.as_str()) {
        return Ok(Err(Reason::MismatchedRedirectUri));
    }
    if let Err(error) = pkce::check(payload.challenge.as_ref(), verifier.map(Secret::expose)) {
        return Ok(Err(error.reason));
    }
    if grant.revoked_at.is_some() {
        return Ok(Err(Reason::InvalidAuthorizationCode));
    }
    if !session_live {
        return Ok(Err(Reason::SessionEnded));
    }
    Ok(user.filter(User::is_active).ok_or(Reason::InvalidAuthorizationCode))
}

/// The subject of tokens that a grant's user gave.
pub(super) fn subject<'a>(
    call: &'a Call<'_>,
    grant: &'a Grant,
    user: &'a User,
    scopes: &'a ScopeSet,
) -> Subject<'a> {
    Subject {
        server: &call.server.server,
        app: &call.client.config.app,
        user: Some(user),
        scopes,
        grant: grant.id,
        auth_time: grant.auth_time,
        session: grant.session_id,
        nonce: grant.nonce.as_deref(),
        claims: grant.claims.as_deref(),
    }
}

//! Redeeming an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5).
//!
//! A code is found by server and hash alone and works once; who presents it, the redirect URI and the PKCE
//! verifier are checked afterwards, so a failed attempt spends it. A second use revokes what the first got.

use super::issue::{Of, response};
use super::{Call, JKT, Refused, scopes};
use crate::access_token::Subject;
use crate::codes::Code;
use crate::ctx::{At, app_entity, by_kind};
use crate::secrets::SecretKind;
use crate::terms::Terms;
use crate::{Idp, IdpError};
use serde::{Deserialize, Serialize};
use signet_domain::event::{Event, types};
use signet_domain::grant::{Grant, OneTime, OneTimeKind};
use signet_domain::session::SessionKind;
use signet_domain::user::User;
use signet_oauth::response::TokenResponse;
use signet_oauth::token_request::GrantType;
use signet_oauth::{OAuthError, Reason, ScopeSet, Secret, pkce};

/// What a code remembers of the authorization request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CodePayload {
    /// The redirect URI as it was sent.
    pub(crate) redirect_uri: String,
    /// The PKCE challenge, if one was sent.
    pub(crate) challenge: Option<pkce::Challenge>,
    /// The thumbprint of the key that the code is bound to, if any (RFC 9449 §10).
    #[serde(default)]
    pub(crate) jkt: Option<String>,
}

/// Seconds that a code lives.
pub const CODE_SECONDS: i64 = 60;

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
        let rule = self.security(ctx).await?.rule(SessionKind::User);
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
            Some(id) => tx.session(id).await?.is_some_and(|s| s.is_open(ctx.now, &rule)),
            None => false,
        };
        drop(tx);
        let checked = check(call, &row, &grant, user, session_live, redirect_uri, verifier)?;
        let code = Code { kind: OneTimeKind::Code, server: server.id, hash, grant: grant.id };
        match checked {
            Ok(user) => {
                match self.terms_of_grant(call, &grant, &user, &scopes::stored(&grant.scopes)).await {
                    Ok(terms) => self.issue_for_code(call, code, grant, &user, &terms).await,
                    // What may be tried again doesn't spend the code.
                    Err(error) if error.status() >= 500 => Err(error.into()),
                    Err(error) => Err(self.burn(call, code, &grant, error.reason).await?),
                }
            }
            Err(reason) => Err(self.burn(call, code, &grant, reason).await?),
        }
    }

    /// Refuses a failed attempt, which spends the code.
    async fn burn(
        &self,
        call: &Call<'_>,
        code: Code,
        grant: &Grant,
        reason: Reason,
    ) -> Result<Refused, IdpError> {
        if self.burn_code(call.ctx, code, self.code_event(call, grant, reason)).await? {
            return Ok(Refused::from(reason).logged());
        }
        self.replayed(call, grant).await
    }

    /// A code that comes back: what its first use got is revoked (RFC 6749 §4.1.2, RFC 9700 §4.5).
    async fn replayed(&self, call: &Call<'_>, grant: &Grant) -> Result<Refused, IdpError> {
        let event = self.code_event(call, grant, Reason::CodeReplay);
        self.end_grant(call.ctx, grant.id, event).await?;
        Ok(Refused::from(Reason::CodeReplay).logged())
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
        if let Some(jkt) = call.jkt {
            event = event.debug(JKT, jkt);
        }
        event.grant_id = Some(grant.id);
        event.flow_id = grant.flow_id;
        event.session_id = grant.session_id;
        event.user_id = grant.user_id.map(|id| id.to_string());
        event
    }

    async fn issue_for_code(
        &self,
        call: &Call<'_>,
        code: Code,
        grant: Grant,
        user: &User,
        terms: &Terms,
    ) -> Result<TokenResponse, Refused> {
        let scopes = scopes::stored(&grant.scopes);
        let subject = subject(call, &grant, user, &scopes, terms);
        let mut issued = self.mint(call, &subject, GrantType::AuthorizationCode, grant.flow_id).await?;
        let mut events = std::mem::take(&mut issued.events);
        let refresh =
            scopes.contains("offline_access").then(|| self.new_refresh_token(call, terms, grant.id, None));
        let (token, row) = refresh.unzip();
        if row.is_some() {
            let grant_type = GrantType::AuthorizationCode;
            events.push(self.issuance_event(call, &subject, grant_type, grant.flow_id, Of::Refresh));
        }
        if self.spend_code(call.ctx, code, call.client, row, events).await? {
            return Ok(response(&subject, issued, token));
        }
        Err(self.replayed(call, &grant).await?)
    }
}

impl Idp {
    /// The terms of what a grant goes on to get: the policies may have changed since it was made.
    pub(super) async fn terms_of_grant(
        &self,
        call: &Call<'_>,
        grant: &Grant,
        user: &User,
        scopes: &ScopeSet,
    ) -> Result<Terms, OAuthError> {
        let app = &call.client.config.app;
        self.terms(call.ctx, call.server, app, Some(user), &grant.grant_type, scopes).await
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
    if let Err(reason) = call.has_key(payload.jkt.as_deref()) {
        return Ok(Err(reason));
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
    terms: &'a Terms,
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
        terms,
        jkt: call.jkt,
    }
}

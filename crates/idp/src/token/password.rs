//! Resource owner password (RFC 6749 §4.3), throttled: parse, client, grant, canonical user, throttle, hash,
//! policy, mint. The throttle comes before the hash, so a refusal says nothing about the password and costs
//! no work; it comes after the client, so strangers can't use up a user's attempts.

use super::issue::{Of, response};
use super::{Call, Refused, scopes};
use crate::access_token::Subject;
use crate::attempt::{Admitted, Limited, Stopped};
use crate::guard::Checked;
use crate::terms::Terms;
use crate::{Idp, IdpError};
use signet_domain::grant::Grant;
use signet_domain::login::{self, LoginKey};
use signet_domain::user::User;
use signet_oauth::response::TokenResponse;
use signet_oauth::token_request::GrantType;
use signet_oauth::{OAuthError, Reason, ScopeSet, Secret};

impl Idp {
    pub(super) async fn password_grant(
        &self,
        call: &Call<'_>,
        username: &str,
        password: &Secret,
        requested: Option<&ScopeSet>,
    ) -> Result<TokenResponse, Refused> {
        let app = &call.client.config.app;
        if !app.is_confidential() {
            return Err(Reason::UnauthorizedClient.into());
        }
        let scopes = scopes::resolve(call.server, app, requested, GrantType::Password)?;
        let key = login::canonical(username, &call.ctx.tenant.default_domain)
            .map_err(|_| Refused::from(Reason::UnknownUser))?;
        let attempt = match self.attempt(call.ctx, &key).await {
            Ok(attempt) => attempt,
            Err(Stopped::Limited(limited)) => return Err(self.throttled(call, &key, limited).await?),
            Err(Stopped::Late(attempt, error)) => return Err(Refused::from(error).attempt(attempt)),
            Err(Stopped::Undecided(error)) => return Err(error.into()),
        };
        let result = self.admitted_password(call, &key, password, &scopes, &attempt).await;
        result.map_err(|refused| refused.attempt(Box::new(attempt)))
    }

    async fn admitted_password(
        &self,
        call: &Call<'_>,
        key: &LoginKey,
        password: &Secret,
        scopes: &ScopeSet,
        attempt: &Admitted,
    ) -> Result<TokenResponse, Refused> {
        let user = match self.check_password(call.ctx, key, password.expose()).await? {
            Checked::Right(user) => user,
            Checked::Expired(user) => {
                return Err(Refused::from(wrong(Reason::ExpiredPasswordCredentials)).of(Some(user)));
            }
            Checked::Wrong { reason, user, events } => {
                return Err(Refused::from(wrong(reason)).of(user).with(events));
            }
        };
        if let Err(refused) = self.consented(call, &user, scopes).await {
            self.forgive_attempt(call.ctx, &user).await?;
            return Err(refused.of(Some(user)));
        }
        let grant_type = GrantType::Password.as_str();
        match self
            .terms(call.ctx, call.server, &call.client.config.app, Some(&user), grant_type, scopes)
            .await
        {
            Ok(terms) => self.issue_for_password(call, &user, scopes, attempt, &terms).await,
            Err(error) => {
                self.forgive_attempt(call.ctx, &user).await?;
                Err(Refused::from(error).of(Some(user)))
            }
        }
    }

    /// A refusal of the throttle, with the user it is about, for the log.
    async fn throttled(
        &self,
        call: &Call<'_>,
        key: &LoginKey,
        limited: Box<Limited>,
    ) -> Result<Refused, IdpError> {
        let user =
            self.store().tenant(call.ctx.tenant_id()).read().await?.user_by_login(key.as_str()).await?;
        let error = OAuthError::new(Reason::UserRateLimited).retry_after(limited.retry_after());
        let mut refused = Refused::from(error).of(user.map(Box::new));
        refused.limited = Some(limited);
        Ok(refused)
    }

    /// There is no page to ask on: scopes that need the user's word must have it already.
    async fn consented(&self, call: &Call<'_>, user: &User, scopes: &ScopeSet) -> Result<(), Refused> {
        let app = &call.client.config.app;
        let mut tx = self.store().tenant(call.ctx.tenant_id()).read().await?;
        let consent = tx.consent(user.id, app.id, call.server.server.id).await?;
        let allowed = consent.map(|c| scopes::stored(&c.scopes)).unwrap_or_default();
        let missing = scopes::needing_consent(call.server, app, scopes, &allowed);
        if missing.is_empty() {
            return Ok(());
        }
        Err(OAuthError::new(Reason::ConsentRequiredRopf)
            .describe(format!(
                "The user has not allowed '{}'; get consent with the authorization code grant, or trust the app.",
                missing.to_vec().join(" ")
            ))
            .into())
    }

    async fn issue_for_password(
        &self,
        call: &Call<'_>,
        user: &User,
        scopes: &ScopeSet,
        attempt: &Admitted,
        terms: &Terms,
    ) -> Result<TokenResponse, Refused> {
        let (ctx, app, server) = (call.ctx, &call.client.config.app, &call.server.server);
        let subject = Subject {
            server,
            app,
            user: Some(user),
            scopes,
            grant: self.entropy().id(ctx.now),
            auth_time: Some(ctx.now),
            session: None,
            nonce: None,
            claims: None,
            terms,
            jkt: call.jkt,
        };
        let mut issued = self.mint(call, &subject, GrantType::Password, None).await?;
        if let Some(event) = issued.events.first_mut() {
            attempt.mark(event);
        }
        let grant = Grant {
            tenant_id: ctx.tenant_id(),
            id: subject.grant,
            server_id: server.id,
            app_id: app.id,
            user_id: Some(user.id),
            session_id: None,
            flow_id: None,
            grant_type: GrantType::Password.as_str().into(),
            scopes: scopes.to_string(),
            auth_time: Some(ctx.now),
            nonce: None,
            claims: None,
            created_at: ctx.now,
            revoked_at: None,
        };
        let refresh =
            scopes.contains("offline_access").then(|| self.new_refresh_token(call, terms, grant.id, None));
        let mut events = std::mem::take(&mut issued.events);
        let (token, row) = refresh.unzip();
        if row.is_some() {
            events.push(self.issuance_event(call, &subject, GrantType::Password, None, Of::Refresh));
        }
        let (facts, owner, server_id) = (ctx.clone(), user.clone(), server.id);
        let secret = call.client.secret_to_touch(ctx.now);
        let noted = self
            .store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    if let Err(reason) = Self::note_right_password(tx, &facts, &owner).await? {
                        return Ok(Err(reason));
                    }
                    if let Some(secret) = secret {
                        tx.touch_app_secret(grant.app_id, secret, grant.created_at).await?;
                    }
                    tx.insert_grant(&grant).await?;
                    if let Some(row) = &row {
                        tx.insert_refresh_token(server_id, row).await?;
                    }
                    tx.append_all(&events).await.map(Ok)
                })
            })
            .await?;
        match noted {
            Ok(()) => Ok(response(&subject, issued, token)),
            Err(reason) => Err(Refused::from(wrong(reason)).of(Some(Box::new(user.clone())))),
        }
    }
}

/// Everything that is wrong with a name or password sounds the same outside; the log has the reason.
fn wrong(reason: Reason) -> OAuthError {
    OAuthError::new(reason).describe(Reason::InvalidPasswordCredentials.default_description())
}

//! Consent: the question, the answer, and taking it back.

use crate::authorize::{Agreed, OpenFlow, Page, SignedIn, Step, spend};
use crate::ctx::{At, app_instance, by_kind, user_entity};
use crate::grants::revoke_access;
use crate::token::scopes;
use crate::{Ctx, Idp, IdpError, requested_claims};
use signet_domain::event::{Entity, EventType, types};
use signet_domain::grant::Consent;
use signet_domain::id::AppId;
use signet_domain::server::{ScopeConsent, ScopeRow};
use signet_domain::user::User;
use signet_oauth::response::AuthorizeResponse;
use signet_oauth::{OAuthError, Reason};

impl Idp {
    /// The scopes that a consent page lists: all that would be granted, or stand behind single claims; those that need the user's word first.
    #[must_use]
    pub fn consent_scopes(open: &OpenFlow) -> Vec<ScopeRow> {
        let granted = requested_claims::scopes_to_ask(&open.request);
        let mut rows: Vec<ScopeRow> = open
            .server
            .scopes
            .iter()
            .filter(|s| granted.contains(&s.name) && s.name != "openid")
            .cloned()
            .collect();
        rows.sort_by_key(|s| s.consent != ScopeConsent::Required);
        rows
    }

    /// Takes the user's yes: remembers it and answers the app with a code.
    ///
    /// # Errors
    /// A [`Page`] when the flow was answered before or the store fails.
    pub async fn allow(&self, ctx: &Ctx, open: &OpenFlow, signed_in: &SignedIn) -> Result<Step, Page> {
        if let Some(refusal) = self.refused_to_app(ctx, open, signed_in).await? {
            return Ok(refusal);
        }
        let (server, app, user) = (&open.server.server, &open.app.app, &signed_in.user);
        let granted = open.request.scope.clone().unwrap_or_default();
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let before = tx.consent(user.id, app.id, server.id).await?;
        drop(tx);
        let known = before.as_ref().map(|c| scopes::stored(&c.scopes)).unwrap_or_default();
        let consent = Consent {
            tenant_id: ctx.tenant_id(),
            user_id: user.id,
            app_id: app.id,
            server_id: server.id,
            scopes: known.union(&requested_claims::scopes_to_ask(&open.request)).to_string(),
            created_at: before.map_or(ctx.now, |c| c.created_at),
            updated_at: ctx.now,
        };
        let kind = by_kind(server, types::ORG_CONSENT_GRANT, types::AS_CONSENT_GRANT);
        let mut event = self
            .event(ctx, kind, user_entity(user))
            .at(server)
            .by(app)
            .of(user)
            .target(app_instance(app))
            .debug("grantedScopes", granted.to_vec().join(","));
        event.flow_id = Some(open.flow.id);
        event.session_id = Some(signed_in.session.id);
        let agreed = vec![Agreed { consent, event }];
        let response = self
            .issue_code(ctx, &open.server, &open.app, &open.request, signed_in, open.flow.id, agreed)
            .await
            .map_err(Page)?;
        Ok(Step::Respond(Box::new(response)))
    }

    /// Takes the user's no: tells the app (RFC 6749 §4.1.2.1).
    ///
    /// # Errors
    /// A [`Page`] when the flow was answered before or the store fails.
    pub async fn deny(&self, ctx: &Ctx, open: &OpenFlow, signed_in: &SignedIn) -> Result<Step, Page> {
        let error = OAuthError::new(Reason::AccessDenied).describe("The user did not allow it.");
        self.end_flow(ctx, open, signed_in, types::AS_SCOPE_DENIED, error).await
    }

    /// The answer to the app when the server's policies don't allow it what this user would have to give.
    ///
    /// # Errors
    /// A [`Page`] when the flow was answered before or the server fails.
    pub(crate) async fn refused_to_app(
        &self,
        ctx: &Ctx,
        open: &OpenFlow,
        signed_in: &SignedIn,
    ) -> Result<Option<Step>, Page> {
        let (server, app, request) = (&open.server, &open.app, &open.request);
        match self.may_answer_by_policy(ctx, server, app, request, &signed_in.user).await {
            Ok(()) => Ok(None),
            Err(error) if error.status() >= 500 => Err(Page(error)),
            Err(error) => {
                let kind = by_kind(&server.server, types::ORG_AUTHORIZE, types::AS_AUTHORIZE);
                self.end_flow(ctx, open, signed_in, kind, error).await.map(Some)
            }
        }
    }

    /// Answers a flow with an error. A flow is answered once.
    async fn end_flow(
        &self,
        ctx: &Ctx,
        open: &OpenFlow,
        signed_in: &SignedIn,
        kind: EventType,
        error: OAuthError,
    ) -> Result<Step, Page> {
        let (server, app, user) = (&open.server.server, &open.app.app, &signed_in.user);
        let mut event = self
            .event(ctx, kind, user_entity(user))
            .failed(error.reason.as_str())
            .at(server)
            .by(app)
            .of(user)
            .target(app_instance(app));
        event.flow_id = Some(open.flow.id);
        event.session_id = Some(signed_in.session.id);
        let (flow, now, place) = (open.flow.id, ctx.now, (ctx.tenant_id(), server.id));
        let origin = open.request.origin.clone();
        let first = self
            .store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    let first = tx.finish_flow(flow, now).await?;
                    if first {
                        spend(tx, &origin, place, now).await?;
                        tx.append(&event).await?;
                    }
                    Ok(first)
                })
            })
            .await?;
        if !first {
            return Err(Page(OAuthError::new(Reason::RequestExpired)));
        }
        let r = &open.request;
        let (state, issuer) = (r.state.as_deref(), &server.issuer);
        let response = AuthorizeResponse::error(&r.redirect_uri, r.response_mode, &error, state, issuer);
        Ok(Step::Respond(Box::new(response)))
    }

    /// Takes back what a user allowed an app: the consent, its grants, and their tokens. Gives whether there
    /// was anything.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn withdraw_consent(
        &self,
        ctx: &Ctx,
        user: &User,
        app: AppId,
        actor: Entity,
    ) -> Result<bool, IdpError> {
        let event = self
            .event(ctx, types::AS_CONSENT_REVOKE, actor)
            .of(user)
            .target(user_entity(user))
            .target(Entity::new("AppInstance", app, &app.to_string(), &app.to_string()));
        let (user_id, now) = (user.id, ctx.now);
        let found = self
            .store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    let consents = tx.delete_consents(user_id, app).await?;
                    let grants = tx.revoke_grants_to(user_id, app, now).await?;
                    for grant in &grants {
                        revoke_access(tx, grant.id, now).await?;
                    }
                    let found = consents > 0 || !grants.is_empty();
                    if found {
                        tx.append(&event).await?;
                    }
                    Ok(found)
                })
            })
            .await?;
        Ok(found)
    }
}

//! Issuing an authorization code.

use super::{SignedIn, origin};
use crate::cache::{AppConfig, ServerConfig};
use crate::ctx::{At, app_instance, by_kind, user_entity};
use crate::secrets::SecretKind;
use crate::token::{CODE_SECONDS, CodePayload};
use crate::{Ctx, Idp, IdpError, requested_claims};
use signet_domain::event::{Event, types};
use signet_domain::grant::{Consent, Grant, OneTime, OneTimeKind};
use signet_domain::id::FlowId;
use signet_oauth::authorize::{AuthorizeRequest, Origin};
use signet_oauth::response::AuthorizeResponse;
use signet_oauth::token_request::GrantType;
use signet_oauth::{OAuthError, Reason};
use signet_store::sqlx_types::Json;

/// What a consent page adds to the code's transaction.
pub(crate) struct Agreed {
    pub(crate) consent: Consent,
    pub(crate) event: Event,
}

impl Idp {
    /// Makes the grant and its code, and the answer that carries it. A flow is answered once; a request that
    /// was answered without pages has no flow stored.
    #[expect(clippy::too_many_arguments, reason = "everything that a grant hangs on")]
    pub(crate) async fn issue_code(
        &self,
        ctx: &Ctx,
        server: &ServerConfig,
        app: &AppConfig,
        request: &AuthorizeRequest,
        signed_in: &SignedIn,
        flow: FlowId,
        agreed: Vec<Agreed>,
    ) -> Result<AuthorizeResponse, OAuthError> {
        let code = self.entropy().secret("sgc");
        let grant = Grant {
            tenant_id: ctx.tenant_id(),
            id: self.entropy().id(ctx.now),
            server_id: server.server.id,
            app_id: app.app.id,
            user_id: Some(signed_in.user.id),
            session_id: Some(signed_in.session.id),
            flow_id: Some(flow),
            grant_type: GrantType::AuthorizationCode.as_str().into(),
            scopes: request.scope.clone().unwrap_or_default().to_string(),
            auth_time: Some(signed_in.session.auth_time),
            nonce: request.nonce.clone(),
            claims: requested_claims::to_text(&request.claims),
            created_at: ctx.now,
            revoked_at: None,
        };
        let payload = CodePayload {
            redirect_uri: request.redirect_uri.clone(),
            challenge: request.challenge.clone(),
            jkt: request.dpop_jkt.clone(),
        };
        let row = OneTime {
            tenant_id: ctx.tenant_id(),
            server_id: server.server.id,
            kind: OneTimeKind::Code,
            hash: self.secrets().hash(SecretKind::Code, ctx.tenant_id(), &code),
            grant_id: Some(grant.id),
            payload: Json(serde_json::to_value(payload).map_err(|e| IdpError::Internal(e.to_string()))?),
            created_at: ctx.now,
            expires_at: ctx.now.plus_secs(CODE_SECONDS),
            spent_at: None,
        };
        let events = self.code_events(ctx, server, app, signed_in, &grant);
        if !self.store_code(ctx, grant, row, events, flow, agreed, request.origin.clone()).await? {
            return Err(Reason::RequestExpired.into());
        }
        let (uri, mode) = (&request.redirect_uri, request.response_mode);
        let answer =
            AuthorizeResponse::success(uri, mode, &code, request.state.as_deref(), &server.server.issuer);
        Ok(self.watched(ctx, server, request, signed_in, answer))
    }

    /// `false` when the flow, or what its request came from, had been answered before.
    #[expect(clippy::too_many_arguments, reason = "everything that one commit stores")]
    async fn store_code(
        &self,
        ctx: &Ctx,
        grant: Grant,
        row: OneTime,
        events: Vec<Event>,
        flow: FlowId,
        agreed: Vec<Agreed>,
        origin: Origin,
    ) -> Result<bool, IdpError> {
        let (now, place) = (ctx.now, (ctx.tenant_id(), row.server_id));
        let stored = self
            .store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    if !tx.finish_flow(flow, now).await? && tx.flow_exists(flow).await? {
                        return Ok(false);
                    }
                    if !origin::spend(tx, &origin, place, now).await? {
                        return Ok(false);
                    }
                    for a in &agreed {
                        tx.put_consent(&a.consent).await?;
                        tx.append(&a.event).await?;
                    }
                    tx.insert_grant(&grant).await?;
                    tx.insert_one_time(&row).await?;
                    tx.append_all(&events).await?;
                    Ok(true)
                })
            })
            .await?;
        Ok(stored)
    }

    fn code_events(
        &self,
        ctx: &Ctx,
        server: &ServerConfig,
        app: &AppConfig,
        signed_in: &SignedIn,
        grant: &Grant,
    ) -> Vec<Event> {
        let code = by_kind(&server.server, types::ORG_AUTHORIZE_CODE, types::AS_AUTHORIZE_CODE);
        [code, types::SSO]
            .into_iter()
            .map(|kind| {
                let mut event = self
                    .event(ctx, kind, user_entity(&signed_in.user))
                    .at(&server.server)
                    .by(&app.app)
                    .of(&signed_in.user)
                    .target(app_instance(&app.app))
                    .debug("grantedScopes", grant.scopes.replace(' ', ","));
                event.grant_id = Some(grant.id);
                event.flow_id = grant.flow_id;
                event.session_id = grant.session_id;
                event
            })
            .collect()
    }
}

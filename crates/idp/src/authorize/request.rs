//! Reading an authorization request. Nothing is redirected before the redirect URI is known to be registered
//! (RFC 6749 §4.1.2.1): until then every fault is a page of our own.

use super::object::{self, Source};
use super::origin::Brought;
use super::push::REQUEST_URI;
use super::standing::{Standing, standing};
use super::{Page, SignedIn, Step};
use crate::cache::{AppConfig, ServerConfig};
use crate::ctx::{At, by_kind, nobody, user_entity};
use crate::secrets::SecretKind;
use crate::token::scopes;
use crate::{Ctx, Idp, IdpError, requested_claims};
use signet_domain::app::AppKind;
use signet_domain::event::{Event, types};
use signet_domain::flow::Flow;
use signet_domain::id::{AppId, FlowId};
use signet_domain::server::Server;
use signet_oauth::authorize::{AuthorizeRequest, AuthorizeTarget, Origin, Prompt};
use signet_oauth::redirect::{RedirectUri, for_the_log};
use signet_oauth::response::AuthorizeResponse;
use signet_oauth::token_request::GrantType;
use signet_oauth::{OAuthError, Params, Reason};
use std::sync::Arc;

/// The fact of an event that names the redirect URI which was refused.
pub const REDIRECT_URI: &str = "redirectUri";
/// The fact beside it: whether that is the whole URI.
pub const REDIRECT_URI_WHOLE: &str = "redirectUriWhole";

/// What reaches the authorization endpoint.
pub struct AuthorizeCall<'a> {
    /// The server that was asked.
    pub server: &'a Arc<ServerConfig>,
    /// Query or form.
    pub params: &'a Params,
    /// The browser's sign-in, if it has a live one.
    pub signed_in: Option<&'a SignedIn>,
    /// The value of the browser's flow cookie; flows are bound to it.
    pub browser: &'a str,
}

impl Idp {
    /// Answers an authorization request.
    ///
    /// # Errors
    /// A [`Page`] when the app or its redirect URI is not proven, or the server itself fails.
    pub async fn authorize(&self, ctx: &Ctx, call: &AuthorizeCall<'_>) -> Result<Step, Page> {
        match self.brought(ctx, call).await {
            Ok(None) => self.answer(ctx, call, Origin::default()).await,
            Ok(Some(brought)) => {
                let call = AuthorizeCall { params: &brought.params, ..*call };
                self.answer(ctx, &call, brought.origin).await
            }
            Err((error, app)) => {
                if error.status() < 500 {
                    let event = self.refused(ctx, call, app.as_deref(), &error, None);
                    self.record(ctx, vec![event]).await?;
                }
                Err(Page(error))
            }
        }
    }

    /// The request, if it was pushed before or stands in an object. A refusal names the app where it is known, for
    /// the log.
    async fn brought(
        &self,
        ctx: &Ctx,
        call: &AuthorizeCall<'_>,
    ) -> Result<Option<Brought>, (OAuthError, Option<Arc<AppConfig>>)> {
        let uri = call.params.get("request_uri");
        let by_value = call.params.contains("request");
        match uri {
            None if !by_value => return Ok(None),
            Some(_) if by_value => return Err((object::one_of_two(), None)),
            Some(uri) if uri.starts_with(REQUEST_URI) => {
                return self.pushed(ctx, call, uri).await.map(Some).map_err(|error| (error, None));
            }
            _ => {}
        }
        let Some(client_id) = call.params.get("client_id") else { return Ok(None) };
        let app = self.app_at(ctx, call.server.server.id, client_id).await;
        let app = app.map_err(|error| (error.into(), None))?;
        let Some(app) = app else { return Ok(None) };
        let read = self.request_object(ctx, call.server, &app, call.params, Source::Any).await;
        read.map_err(|error| (error, Some(app)))
    }

    async fn answer(&self, ctx: &Ctx, call: &AuthorizeCall<'_>, origin: Origin) -> Result<Step, Page> {
        let (target, app) = match self.target(ctx, call).await {
            Ok(proven) => proven,
            Err((page, app)) => {
                let event = self.refused(ctx, call, app.as_deref(), &page.0, None);
                self.record(ctx, vec![event]).await?;
                return Err(page);
            }
        };
        let flow_id: FlowId = self.entropy().id(ctx.now);
        match self.proven(ctx, call, &target, &app, flow_id, origin).await {
            Ok(step) => Ok(step),
            Err(error) if error.status() >= 500 => Err(Page(error)),
            Err(error) => {
                let event = self.refused(ctx, call, Some(&app), &error, Some(flow_id));
                self.record(ctx, vec![event]).await?;
                let (mode, state) =
                    (AuthorizeRequest::echo_mode(call.params), AuthorizeRequest::echo_state(call.params));
                let issuer = &call.server.server.issuer;
                let answer = AuthorizeResponse::error(&target.redirect_uri, mode, &error, state, issuer);
                // RFC 9700 §4.11.2: who can register an app could else send anybody anywhere in Signet's name. A
                // silent request is the exception that it makes, as nobody sees its answer.
                let silent =
                    call.params.get("prompt").is_some_and(|prompt| prompt.split(' ').any(|p| p == "none"));
                Ok(if app.registration.is_some() && !silent {
                    Step::Offer(Box::new(answer), error)
                } else {
                    Step::Respond(Box::new(answer))
                })
            }
        }
    }

    /// Records an authorization request whose parameters can't be read.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unread_authorization_request(
        &self,
        ctx: &Ctx,
        server: &Server,
        error: &OAuthError,
    ) -> Result<(), IdpError> {
        let kind = by_kind(server, types::ORG_AUTHORIZE, types::AS_AUTHORIZE);
        let event = self.event(ctx, kind, nobody()).failed(error.reason.as_str()).at(server);
        self.record(ctx, vec![event]).await
    }

    /// Finds the app and proves the redirect URI. A refusal names the app where it is known, for the log.
    async fn target(
        &self,
        ctx: &Ctx,
        call: &AuthorizeCall<'_>,
    ) -> Result<(AuthorizeTarget, Arc<AppConfig>), (Page, Option<Arc<AppConfig>>)> {
        let target = AuthorizeTarget::parse(call.params).map_err(|error| (Page(error), None))?;
        let app = self.app_at(ctx, call.server.server.id, &target.client_id).await;
        let app = app.map_err(|error| (error.into(), None))?;
        let Some(app) = app.filter(|a| a.app.is_active()) else {
            let error = OAuthError::new(Reason::UnknownClient).describe(
                "No app has this 'client_id' here; compare it, and the address, with the app's settings.",
            );
            return Err((Page(error), None));
        };
        if !is_registered(&app, &target.redirect_uri) {
            return Err((Page(OAuthError::new(Reason::IllegalRedirectUri)), Some(app)));
        }
        Ok((target, app))
    }

    /// Everything after the redirect URI is proven: faults go back to the app.
    async fn proven(
        &self,
        ctx: &Ctx,
        call: &AuthorizeCall<'_>,
        target: &AuthorizeTarget,
        app: &AppConfig,
        flow_id: FlowId,
        origin: Origin,
    ) -> Result<Step, OAuthError> {
        let mut request = read(call.server, app, call.params, target, origin)?;
        if let Some(subject) = self.hinted(ctx, call, app).await? {
            requested_claims::expect(&mut request, vec![subject])?;
        }
        let standing = call.signed_in.map(|s| standing(self, &request, &app.app, (ctx.now, s)));
        let fresh = call.signed_in.filter(|_| standing == Some(Standing::Answers));
        if let Some(signed_in) = fresh {
            self.may_answer_by_policy(ctx, call.server, app, &request, &signed_in.user).await?;
        }
        if request.prompt.contains(Prompt::None) {
            let signed_in = fresh.ok_or(match call.signed_in {
                None => Reason::NoExistingSession,
                Some(_) => Reason::LoginRequired,
            })?;
            if !self.missing_consent(ctx, call.server, app, &request, &signed_in.user).await?.is_empty() {
                return Err(Reason::ConsentRequired.into());
            }
            return self.respond(ctx, call.server, app, &request, signed_in, flow_id).await;
        }
        if let Some(signed_in) = fresh
            && !request.prompt.contains(Prompt::Consent)
            && self.missing_consent(ctx, call.server, app, &request, &signed_in.user).await?.is_empty()
        {
            return self.respond(ctx, call.server, app, &request, signed_in, flow_id).await;
        }
        let handle = self.begin_flow(ctx, call, app, &request, flow_id).await?;
        Ok(match standing {
            Some(Standing::Answers) => Step::Consent { handle },
            Some(Standing::IsOffered) => Step::ChooseAccount { handle },
            Some(Standing::IsNotEnough) | None => Step::SignIn { handle },
        })
    }

    /// The user whom the app means by an `id_token_hint` (OpenID Connect Core §3.1.2.1). A hint that isn't an ID
    /// token for this app says nothing.
    async fn hinted(
        &self,
        ctx: &Ctx,
        call: &AuthorizeCall<'_>,
        app: &AppConfig,
    ) -> Result<Option<String>, IdpError> {
        let Some(hint) = call.params.get("id_token_hint") else { return Ok(None) };
        let hint = self.id_token_hint(ctx, call.server, hint).await?;
        Ok(hint.filter(|h| h.app.app.id == app.app.id).map(|h| h.sub))
    }

    async fn respond(
        &self,
        ctx: &Ctx,
        server: &ServerConfig,
        app: &AppConfig,
        request: &AuthorizeRequest,
        signed_in: &SignedIn,
        flow: FlowId,
    ) -> Result<Step, OAuthError> {
        let code = self.issue_code(ctx, server, app, request, signed_in, flow, Vec::new()).await?;
        Ok(Step::Respond(Box::new(code)))
    }

    /// Stores the request; the browser carries only the handle.
    async fn begin_flow(
        &self,
        ctx: &Ctx,
        call: &AuthorizeCall<'_>,
        app: &AppConfig,
        request: &AuthorizeRequest,
        id: FlowId,
    ) -> Result<String, IdpError> {
        let handle = self.entropy().secret("");
        let json = serde_json::to_value(request).map_err(|e| IdpError::Internal(e.to_string()))?;
        let flow = Flow {
            tenant_id: ctx.tenant_id(),
            id,
            handle_hash: self.secrets().hash(SecretKind::Flow, ctx.tenant_id(), &handle),
            browser_hash: self.secrets().hash(SecretKind::Browser, ctx.tenant_id(), call.browser),
            server_id: call.server.server.id,
            app_id: app.app.id,
            request: signet_store::sqlx_types::Json(json),
            created_at: ctx.now,
            expires_at: ctx.now.plus_secs(Flow::SECONDS),
            finished_at: None,
            chosen_session_id: None,
        };
        self.store()
            .tenant(ctx.tenant_id())
            .write(move |tx| Box::pin(async move { tx.insert_flow(&flow).await }))
            .await?;
        Ok(handle)
    }

    /// The event of a refused authorization request.
    fn refused(
        &self,
        ctx: &Ctx,
        call: &AuthorizeCall<'_>,
        app: Option<&AppConfig>,
        error: &OAuthError,
        flow: Option<FlowId>,
    ) -> Event {
        let server = &call.server.server;
        let actor = call.signed_in.map_or_else(nobody, |s| user_entity(&s.user));
        let kind = by_kind(server, types::ORG_AUTHORIZE, types::AS_AUTHORIZE);
        let mut event = self.event(ctx, kind, actor).failed(error.reason.as_str()).at(server);
        event.flow_id = flow;
        event.user_id = call.signed_in.map(|s| s.user.id.to_string());
        let named = call.params.get("client_id").filter(|id| AppId::parse(id).is_some());
        event.client_id = app.map(|a| a.app.client_id.clone()).or_else(|| named.map(str::to_owned));
        naming_uri(event, error, call.params)
    }
}

/// Adds to a refusal of a redirect URI which one it was: as far as a log may keep it, and whether that is all of it.
pub(super) fn naming_uri(event: Event, error: &OAuthError, params: &Params) -> Event {
    let asked = params.get("redirect_uri").filter(|_| error.reason == Reason::IllegalRedirectUri);
    let Some((kept, whole)) = asked.map(for_the_log) else { return event };
    let event = event.debug(REDIRECT_URI, kept.as_str());
    let whole = whole && event.debug.get(REDIRECT_URI) == Some(&kept);
    event.debug(REDIRECT_URI_WHOLE, whole.to_string())
}

/// Whether a redirect URI is one of the app's.
pub(super) fn is_registered(app: &AppConfig, redirect_uri: &str) -> bool {
    let flexible_port = app.app.kind == AppKind::Native;
    let mut registered = app.app.redirect_uris.iter();
    registered.any(|uri| RedirectUri::stored(uri.as_str(), flexible_port).matches(redirect_uri))
}

/// Reads a request whose redirect URI is proven, and settles what it may have.
pub(super) fn read(
    server: &ServerConfig,
    app: &AppConfig,
    params: &Params,
    target: &AuthorizeTarget,
    origin: Origin,
) -> Result<AuthorizeRequest, OAuthError> {
    let mut request = AuthorizeRequest::parse(params, target)?;
    request.origin = origin;
    request.max_age = request.max_age.or(app.app.metadata.default_max_age);
    check_app(server, app, &request)?;
    let granted = scopes::resolve(server, &app.app, request.scope.as_ref(), GrantType::AuthorizationCode)?;
    request.scope = Some(granted);
    requested_claims::settle(&mut request, server, &app.app)?;
    Ok(request)
}

/// What must hold of the app and the server besides the redirect URI.
fn check_app(server: &ServerConfig, app: &AppConfig, request: &AuthorizeRequest) -> Result<(), OAuthError> {
    if app.app.kind == AppKind::Service {
        return Err(Reason::InvalidClientApplicationType.into());
    }
    if !app.app.allows_grant("authorization_code") {
        return Err(Reason::UnauthorizedClient.into());
    }
    if app.app.par_required && request.origin.pushed.is_none() {
        return Err(Reason::PushedRequestRequired.into());
    }
    if app.app.pkce_required && request.challenge.is_none() {
        return Err(Reason::PkceMissingChallenge.into());
    }
    // RFC 8707 §2: the one resource that a server's tokens are for is its audience.
    if request.resource.iter().any(|r| *r != server.server.audience) {
        return Err(Reason::InvalidTarget.into());
    }
    Ok(())
}

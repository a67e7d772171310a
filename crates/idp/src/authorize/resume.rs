//! Going on with a stored flow after sign-in or consent.

use super::standing::Standing;
use super::{OpenFlow, Page, SignedIn, Step};
use crate::cache::{AppConfig, ServerConfig};
use crate::secrets::SecretKind;
use crate::token::scopes;
use crate::{Ctx, Idp, IdpError, requested_claims};
use signet_domain::user::User;
use signet_oauth::authorize::{AuthorizeRequest, Prompt};
use signet_oauth::token_request::GrantType;
use signet_oauth::{OAuthError, Reason, ScopeSet};

impl Idp {
    /// Opens a flow by its handle, in the browser that began it.
    ///
    /// # Errors
    /// A [`Page`] when there is no such flow for this browser, or it has expired or been answered.
    pub async fn open_flow(&self, ctx: &Ctx, handle: &str, browser: &str) -> Result<OpenFlow, Page> {
        let gone = || Page(OAuthError::new(Reason::RequestExpired));
        let hash = self.secrets().hash(SecretKind::Flow, ctx.tenant_id(), handle);
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let flow = tx.flow_by_handle(&hash).await?.ok_or_else(gone)?;
        let browser = self.secrets().hash(SecretKind::Browser, ctx.tenant_id(), browser);
        let same_browser = signet_oauth::compare::ct_eq(&flow.browser_hash, &browser);
        if !same_browser || ctx.now >= flow.expires_at || flow.finished_at.is_some() {
            return Err(gone());
        }
        let server = tx.server(flow.server_id).await?.ok_or_else(gone)?;
        let app = tx.app(flow.app_id).await?.ok_or_else(gone)?;
        drop(tx);
        let server = self.server(ctx, &server.slug).await?.ok_or_else(gone)?;
        let app = self.app(ctx, &app.client_id).await?.filter(|a| a.app.is_active()).ok_or_else(gone)?;
        let request: AuthorizeRequest = serde_json::from_value(flow.request.0.clone())
            .map_err(|e| IdpError::Internal(format!("a flow's request can't be read: {e}")))?;
        Ok(OpenFlow { flow, request, server, app })
    }

    /// What comes next in a flow: sign-in, consent, or the answer.
    ///
    /// # Errors
    /// A [`Page`] when the store fails.
    pub async fn resume(
        &self,
        ctx: &Ctx,
        open: &OpenFlow,
        handle: &str,
        signed_in: Option<&SignedIn>,
    ) -> Result<Step, Page> {
        let handle = handle.to_owned();
        let Some(signed_in) = signed_in else { return Ok(Step::SignIn { handle }) };
        match open.standing(self, signed_in) {
            Standing::Answers => {}
            Standing::IsOffered => return Ok(Step::ChooseAccount { handle }),
            Standing::IsNotEnough => return Ok(Step::SignIn { handle }),
        }
        if let Some(refusal) = self.refused_to_app(ctx, open, signed_in).await? {
            return Ok(refusal);
        }
        let asked = open.request.prompt.contains(Prompt::Consent);
        let missing =
            self.missing_consent(ctx, &open.server, &open.app, &open.request, &signed_in.user).await?;
        if asked || !missing.is_empty() {
            return Ok(Step::Consent { handle });
        }
        let response = self
            .issue_code(ctx, &open.server, &open.app, &open.request, signed_in, open.flow.id, Vec::new())
            .await
            .map_err(Page)?;
        Ok(Step::Respond(Box::new(response)))
    }

    /// Notes that a flow is to be answered for the account at hand, where its person was asked to choose.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn choose_account(
        &self,
        ctx: &Ctx,
        open: &mut OpenFlow,
        signed_in: &SignedIn,
    ) -> Result<(), IdpError> {
        let (flow, session) = (open.flow.id, signed_in.session.id);
        let tenant = self.store().tenant(ctx.tenant_id());
        tenant.write(move |tx| Box::pin(async move { tx.choose_account(flow, session).await })).await?;
        open.flow.chosen_session_id = Some(session);
        Ok(())
    }

    /// Whether the server's access policies let a user give an app what it asks for.
    ///
    /// # Errors
    /// `access_denied` when they don't.
    pub(crate) async fn may_answer_by_policy(
        &self,
        ctx: &Ctx,
        server: &ServerConfig,
        app: &AppConfig,
        request: &AuthorizeRequest,
        user: &User,
    ) -> Result<(), OAuthError> {
        let scopes = request.scope.clone().unwrap_or_default();
        let grant_type = GrantType::AuthorizationCode.as_str();
        self.terms(ctx, server, &app.app, Some(user), grant_type, &scopes).await.map(|_| ())
    }

    /// The scopes of a request that the user has not allowed the app yet.
    pub(crate) async fn missing_consent(
        &self,
        ctx: &Ctx,
        server: &ServerConfig,
        app: &AppConfig,
        request: &AuthorizeRequest,
        user: &User,
    ) -> Result<ScopeSet, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let consent = tx.consent(user.id, app.app.id, server.server.id).await?;
        let allowed = consent.map(|c| scopes::stored(&c.scopes)).unwrap_or_default();
        let granted = requested_claims::scopes_to_ask(request);
        if app.registration.is_some() {
            // Nobody but the user vouches for an app that registered itself: not even a scope that is granted
            // without asking goes to it unasked.
            return Ok(granted.difference(&allowed));
        }
        Ok(scopes::needing_consent(server, &app.app, &granted, &allowed))
    }
}

//! `oauth2/authorize` for a trusted front end: it has signed its user in and has the user's word, and gets the
//! address to send the browser to.

use super::code::GatewayCode;
use super::grants::vouched;
use super::{At, GatewayError, GatewayParams, redirect, scopes};
use crate::cache::AppConfig;
use crate::ctx::{At as _, app_entity, stranger};
use crate::secrets::SecretKind;
use crate::token::CODE_SECONDS;
use crate::{Ctx, Idp, IdpError};
use signet_domain::app::{App, AppKind};
use signet_domain::event::{Entity, Event, bounded, types};
use signet_domain::gateway::{Gateway, PkceMode};
use signet_domain::grant::{OneTime, OneTimeKind};
use signet_domain::id::UserId;
use signet_oauth::pkce::Challenge;
use signet_oauth::redirect::RedirectUri;
use signet_oauth::token_request::GrantType;
use signet_oauth::{Reason, ScopeSet};
use signet_store::sqlx_types::Json;
use std::sync::Arc;

/// The longest name that a front end may have for someone, in bytes.
pub const MAX_USERID: usize = 255;

/// What a front end is told.
#[derive(Debug)]
pub enum Answer {
    /// Where to send the browser, with a code.
    Granted(String),
    /// Where to send the browser, with the error.
    Refused(String),
}

/// What a request that may be granted asks for.
struct Asked {
    app: Arc<AppConfig>,
    userid: String,
    scopes: ScopeSet,
    redirect_uri: String,
    named_redirect: bool,
    challenge: Option<Challenge>,
}

impl Idp {
    /// Answers a front end's authorization request. Whatever comes of it is in the log before this returns.
    ///
    /// # Errors
    /// A refusal that can't be told by way of the browser: without the provision key, a user or a client.
    pub async fn gateway_authorize(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        params: &GatewayParams,
    ) -> Result<Answer, GatewayError> {
        let mut target = None;
        let refused = match self.asked(ctx, at, params, &mut target).await {
            Ok((asked, used)) => match self.issue_gateway_code(ctx, at, params, asked, used).await {
                Ok(uri) => return Ok(Answer::Granted(uri)),
                Err(error) => error.into(),
            },
            Err(refused) => refused,
        };
        if !refused.logged {
            self.record(ctx, vec![self.refused_authorization(ctx, at, params, &refused)]).await?;
        }
        match target {
            Some(uri) if refused.status == 400 => {
                let mut answer = vec![("error", refused.error), ("error_description", &*refused.description)];
                answer.extend(params.state().map(|state| ("state", state)));
                Ok(Answer::Refused(redirect::with_query(&uri, &answer)))
            }
            _ => Err(refused),
        }
    }

    /// Everything that must hold. Of several faults the last counts, but without the key, a user or a client there
    /// is nobody to tell.
    async fn asked(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        params: &GatewayParams,
        target: &mut Option<String>,
    ) -> Result<(Asked, Event), GatewayError> {
        let actor = stranger(params.get("client_id"));
        let used = self.check_provision_key(ctx, at, params.get("provision_key"), actor).await?;
        let userid = userid(params)?;
        let client_id = params.get("client_id").filter(|id| id.len() <= 255);
        let app = match client_id {
            Some(id) => self.gateway_app(ctx, id).await?,
            None => None,
        };
        let mut fault = None;
        if params.get("response_type") != Some("code") || !at.gateway.authorization_code {
            let reason = Reason::UnsupportedGrantType.as_str();
            fault =
                Some(GatewayError::new(400, "unsupported_response_type", "Invalid response_type", reason));
        }
        let granted = scopes::resolve(at, app.as_ref().map(|a| &a.app), params);
        let app = app.filter(|a| !a.app.redirect_uris.is_empty()).ok_or_else(GatewayError::client)?;
        let (redirect_uri, registered) = redirect_uri(&app.app, params);
        *target = Some(redirect_uri.clone());
        let granted = match granted {
            Ok(granted) => granted,
            Err(error) => {
                fault = Some(error);
                ScopeSet::new()
            }
        };
        if !app.app.allows_grant(GrantType::AuthorizationCode.as_str()) {
            fault = Some(GatewayError::unauthorized_client());
        }
        if !registered {
            fault = Some(GatewayError::redirect_uri());
        }
        let challenge = match challenge(at.gateway, &app.app, params) {
            Ok(challenge) => challenge,
            Err(error) => {
                fault = Some(error);
                None
            }
        };
        if let Some(fault) = fault {
            return Err(fault);
        }
        let named_redirect = params.get("redirect_uri").is_some();
        let asked = Asked { app, userid, scopes: granted, redirect_uri, named_redirect, challenge };
        Ok((asked, used))
    }

    async fn issue_gateway_code(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        params: &GatewayParams,
        asked: Asked,
        used: Event,
    ) -> Result<String, IdpError> {
        let code = self.entropy().secret("sgc");
        let (app, server) = (&asked.app.app, &at.server.server);
        let grant_type = GrantType::AuthorizationCode;
        let id = self.entropy().id(ctx.now);
        let (grant, vouched) = vouched(ctx, at, id, app.id, grant_type, &asked.scopes, &asked.userid);
        let payload = GatewayCode {
            redirect_uri: asked.named_redirect.then(|| asked.redirect_uri.clone()),
            challenge: asked.challenge,
        };
        let row = OneTime {
            tenant_id: ctx.tenant_id(),
            server_id: server.id,
            kind: OneTimeKind::GatewayCode,
            hash: self.secrets().hash(SecretKind::GatewayCode, ctx.tenant_id(), &code),
            grant_id: Some(grant.id),
            payload: Json(serde_json::to_value(payload).map_err(|e| IdpError::Internal(e.to_string()))?),
            created_at: ctx.now,
            expires_at: ctx.now.plus_secs(CODE_SECONDS),
            spent_at: None,
        };
        let mut event = self
            .event(ctx, types::AS_AUTHORIZE_CODE, front_end_user(&asked.userid))
            .at(server)
            .by(app)
            .target(crate::ctx::app_instance(app))
            .debug("gateway", "true")
            .debug("grantedScopes", asked.scopes.to_vec().join(","));
        event.grant_id = Some(grant.id);
        let mut used = used.by(app).target(front_end_user(&asked.userid));
        used.actor = app_entity(app);
        used.grant_id = Some(grant.id);
        self.store()
            .tenant(ctx.tenant_id())
            .write(move |tx| {
                Box::pin(async move {
                    tx.insert_grant(&grant).await?;
                    tx.insert_gateway_grant(&vouched).await?;
                    tx.insert_one_time(&row).await?;
                    tx.append_all(&[used, event]).await
                })
            })
            .await?;
        let mut answer = vec![("code", code.as_str())];
        answer.extend(params.state().map(|state| ("state", state)));
        Ok(redirect::with_query(&asked.redirect_uri, &answer))
    }

    fn refused_authorization(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        params: &GatewayParams,
        refused: &GatewayError,
    ) -> Event {
        let event = self
            .event(ctx, types::AS_AUTHORIZE, stranger(params.get("client_id")))
            .failed(refused.reason)
            .at(&at.server.server)
            .debug("gateway", "true");
        match params.get("scope") {
            Some(scope) => event.debug("requestedScopes", bounded(&scope.replace(' ', ","), 256)),
            None => event,
        }
    }
}

/// The log's view of someone whom a front end vouches for: no user of this tenant.
pub(super) fn front_end_user(userid: &str) -> Entity {
    Entity::new("FrontEndUser", userid, userid, userid)
}

/// The front end's own name for someone: no control characters, and not of the shape of a user id of Signet's, so
/// that an API that gets both can tell them apart.
pub(super) fn userid(params: &GatewayParams) -> Result<String, GatewayError> {
    let name = params.get("authenticated_userid").ok_or_else(GatewayError::no_userid)?;
    if name.len() > MAX_USERID || name.chars().any(char::is_control) {
        let words = "The authenticated_userid must have at most 255 bytes and no control characters";
        return Err(GatewayError { description: words.into(), ..GatewayError::no_userid() });
    }
    if UserId::parse(name).is_some() {
        let words =
            "The authenticated_userid must not be a user id of Signet's: these are for Signet to give";
        return Err(GatewayError { description: words.into(), ..GatewayError::no_userid() });
    }
    Ok(name.to_owned())
}

/// Where the answer goes, and whether that is as it should be: an unregistered URI is answered at the first
/// registered one.
fn redirect_uri(app: &App, params: &GatewayParams) -> (String, bool) {
    let first = || app.redirect_uris.first().cloned().unwrap_or_default();
    match params.get("redirect_uri") {
        None => (first(), !params.is_other("redirect_uri")),
        Some(sent) if is_registered(app, sent) => (sent.to_owned(), true),
        Some(_) => (first(), false),
    }
}

/// Whether an app has registered a redirect URI.
pub(super) fn is_registered(app: &App, sent: &str) -> bool {
    let flexible_port = app.kind == AppKind::Native;
    app.redirect_uris.iter().any(|uri| RedirectUri::stored(uri.as_str(), flexible_port).matches(sent))
}

/// Whether an app must send a proof key. What its own settings demand, the profile can't waive.
pub(super) fn needs_pkce(gateway: &Gateway, app: &App) -> bool {
    app.pkce_required
        || match gateway.pkce {
            PkceMode::None => false,
            PkceMode::Lax => !app.is_confidential(),
            PkceMode::Strict => true,
        }
}

fn challenge(
    gateway: &Gateway,
    app: &App,
    params: &GatewayParams,
) -> Result<Option<Challenge>, GatewayError> {
    let method = params.get("code_challenge_method");
    let sent = params.get("code_challenge");
    if (method.is_some() || params.is_other("code_challenge")) && sent.is_none() {
        let words = "code_challenge is required when code_method is present";
        return Err(GatewayError::pkce(words, Reason::PkceMissingChallenge));
    }
    if method.is_some_and(|m| !m.eq_ignore_ascii_case("S256")) || params.is_other("code_challenge_method") {
        let words = "code_challenge_method is not supported, must be S256";
        return Err(GatewayError::pkce(words, Reason::PkceUnsupportedCodeChallengeMethod));
    }
    let Some(sent) = sent else {
        return match (needs_pkce(gateway, app), app.is_confidential()) {
            (false, _) => Ok(None),
            (true, true) => Err(GatewayError::pkce(
                "code_challenge is required for confidential clients",
                Reason::PkceMissingChallenge,
            )),
            (true, false) => Err(GatewayError::pkce(
                "code_challenge is required for public clients",
                Reason::PkceMissingChallenge,
            )),
        };
    };
    // Clients that pad their base64url, and those that don't, mean the same.
    let challenge = Challenge::parse(sent.trim_end_matches('='), Some("S256"));
    challenge.map(Some).map_err(|_| {
        GatewayError::pkce(
            "code_challenge must be the base64url form of a SHA-256 digest",
            Reason::PkceInvalidChallenge,
        )
    })
}

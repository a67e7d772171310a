//! May this call pass? What a gateway asks before each call, answered from a bearer token or an API key. The store
//! is asked every time, as at introspection: what was revoked is refused at once.

use super::{At, Challenge, GatewayError};
use crate::access_token::AUTHENTICATED_USERID;
use crate::cache::ServerConfig;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::app::App;
use signet_oauth::Reason;
use signet_oauth::claims::AccessTokenClaims;
use signet_oauth::response::TokenType;
use std::sync::Arc;

/// The longest API key that is looked at.
pub const MAX_API_KEY: usize = 256;

/// What is asked.
#[derive(Debug)]
pub struct VerifyCall<'a> {
    /// The server and its profile.
    pub at: At<'a>,
    /// The token, if there is one, and how its header says that it is used.
    pub token: Option<(&'a str, TokenType)>,
    /// The API key, if there is one. Looked at only when there is no token.
    pub api_key: Option<&'a str>,
    /// Scopes that the call needs, each of them.
    pub scopes: &'a [String],
    /// `client_id`s of the apps that may call; none means every app.
    pub apps: &'a [String],
}

/// An app, as an API knows it.
#[derive(Debug, Clone)]
pub struct Consumer {
    /// Its `client_id`, by which a call may demand it.
    client_id: String,
    /// Wire id of the app.
    pub id: String,
    /// Its name.
    pub username: String,
    /// What it is called elsewhere.
    pub custom_id: Option<String>,
}

/// Who calls.
#[derive(Debug)]
pub struct Verified {
    /// The app.
    pub consumer: Consumer,
    /// `client_id`, or the API key's id. None for the anonymous app.
    pub credential: Option<String>,
    /// The token's scopes.
    pub scope: Option<String>,
    /// The user: a user id of this tenant, or a front end's own name for someone.
    pub userid: Option<String>,
    /// Whether nobody proved anything.
    pub anonymous: bool,
}

impl From<&App> for Consumer {
    fn from(app: &App) -> Self {
        Self {
            client_id: app.client_id.clone(),
            id: app.id.to_string(),
            username: app.label.clone(),
            custom_id: app.external_id.clone(),
        }
    }
}

impl Idp {
    /// Says who calls, or why the call may not pass.
    ///
    /// # Errors
    /// 401 without a good credential, 403 for one that isn't enough, 503 when the store is gone.
    pub async fn verify(&self, ctx: &Ctx, call: &VerifyCall<'_>) -> Result<Verified, GatewayError> {
        match self.authenticated(ctx, call).await {
            Ok(verified) => enough(call, verified),
            // Anonymous callers have no scopes and are no particular app, so they meet no demand.
            Err(refused) if refused.status == 401 && call.scopes.is_empty() && call.apps.is_empty() => {
                match self.anonymous(ctx, call).await? {
                    Some(verified) => Ok(verified),
                    None => Err(refused),
                }
            }
            Err(refused) => Err(refused),
        }
    }

    async fn authenticated(&self, ctx: &Ctx, call: &VerifyCall<'_>) -> Result<Verified, GatewayError> {
        match (call.token, call.api_key) {
            (Some((token, scheme)), _) => self.by_token(ctx, call, token, scheme).await,
            (None, Some(key)) if call.at.gateway.api_keys => self.by_api_key(ctx, key).await,
            _ => Err(GatewayError::token_missing()),
        }
    }

    async fn by_token(
        &self,
        ctx: &Ctx,
        call: &VerifyCall<'_>,
        token: &str,
        scheme: TokenType,
    ) -> Result<Verified, GatewayError> {
        let claims = match self.believe(ctx, call.at.server, token).await? {
            Ok(believed) => believed.claims,
            Err(Reason::AccessTokenInvalid) => self.global_token(ctx, call, token).await?,
            Err(_) => return Err(GatewayError::token_invalid()),
        };
        match (&claims.cnf, scheme) {
            (Some(_), _) => return Err(GatewayError::token_bound()),
            (None, TokenType::Dpop) => return Err(GatewayError::token_invalid()),
            (None, TokenType::Bearer) => {}
        }
        let app = self.gateway_app(ctx, &claims.cid).await?.ok_or_else(GatewayError::token_invalid)?;
        Ok(Verified {
            consumer: Consumer::from(&app.app),
            credential: Some(app.app.client_id.clone()),
            scope: Some(claims.scp.join(" ")),
            userid: userid(&claims),
            anonymous: false,
        })
    }

    /// A token of another server of the tenant is good where both servers' profiles say so.
    async fn global_token(
        &self,
        ctx: &Ctx,
        call: &VerifyCall<'_>,
        token: &str,
    ) -> Result<AccessTokenClaims, GatewayError> {
        let issuer = self.issuing_server(ctx, token).await?;
        let issuer = issuer.filter(|s| s.gateway.as_ref().is_some_and(|g| g.global_credentials));
        let issuer = issuer.filter(|s| s.server.id != call.at.server.server.id);
        let issuer = issuer.ok_or_else(GatewayError::token_invalid)?;
        let believed = self.believe(ctx, &issuer, token).await?;
        let claims = believed.map_err(|_| GatewayError::token_invalid())?.claims;
        if !call.at.gateway.global_credentials {
            let words = "The access token is global, but the current plugin is configured without 'global_credentials'";
            return Err(GatewayError { description: words.into(), ..GatewayError::token_invalid() });
        }
        Ok(claims)
    }

    async fn by_api_key(&self, ctx: &Ctx, key: &str) -> Result<Verified, GatewayError> {
        if key.len() > MAX_API_KEY {
            return Err(bad_key());
        }
        let hash = self.secrets().hash(SecretKind::ApiKey, ctx.tenant_id(), key);
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let row = tx.api_key_by_hash(&hash).await?.ok_or_else(bad_key)?;
        let app = tx.app(row.app_id).await?.filter(App::is_active).ok_or_else(bad_key)?;
        if tx.registration(row.app_id).await?.is_some() {
            return Err(bad_key());
        }
        drop(tx);
        let (app_id, id, now) = (row.app_id, row.id, ctx.now);
        if row.last_used_at.is_none_or(|last| now.since(last) > 3600 * Time::SECOND) {
            let tenant = self.store().tenant(ctx.tenant_id());
            tenant.write(move |tx| Box::pin(async move { tx.touch_api_key(app_id, id, now).await })).await?;
        }
        Ok(Verified {
            consumer: Consumer::from(&app),
            credential: Some(row.id.to_string()),
            scope: None,
            userid: None,
            anonymous: false,
        })
    }

    /// The app that stands for strangers, if the profile names one that may be used.
    async fn anonymous(&self, ctx: &Ctx, call: &VerifyCall<'_>) -> Result<Option<Verified>, IdpError> {
        let Some(client_id) = &call.at.gateway.anonymous else { return Ok(None) };
        Ok(self.gateway_app(ctx, client_id).await?.map(|app| Verified {
            consumer: Consumer::from(&app.app),
            credential: None,
            scope: None,
            userid: None,
            anonymous: true,
        }))
    }

    /// The server of this tenant that a token says it is from; it has yet to vouch for it.
    pub(crate) async fn issuing_server(
        &self,
        ctx: &Ctx,
        token: &str,
    ) -> Result<Option<Arc<ServerConfig>>, IdpError> {
        let Some(issuer) = crate::admin::caller::unverified_issuer(token) else { return Ok(None) };
        let Some(path) = issuer.strip_prefix(ctx.tenant.url.as_str()) else { return Ok(None) };
        let slug = if path.is_empty() { Some("org") } else { path.strip_prefix("/oauth2/") };
        match slug {
            Some(slug) if !slug.contains('\0') => self.server(ctx, slug).await,
            _ => Ok(None),
        }
    }
}

fn bad_key() -> GatewayError {
    let words = "The API key is not valid";
    GatewayError::new(401, "invalid_token", words, "invalid_token").challenging(Challenge::Bearer)
}

/// A Signet user's id never has the shape of a name that a front end may use, and the other way round.
fn userid(claims: &AccessTokenClaims) -> Option<String> {
    let vouched = claims.extra.get(AUTHENTICATED_USERID).and_then(|v| v.as_str());
    claims.uid.clone().or_else(|| vouched.map(str::to_owned))
}

fn enough(call: &VerifyCall<'_>, verified: Verified) -> Result<Verified, GatewayError> {
    let held: Vec<&str> = verified.scope.as_deref().unwrap_or_default().split(' ').collect();
    if !call.scopes.iter().all(|wanted| held.contains(&wanted.as_str())) {
        let words = "The access token lacks a scope that this call needs";
        let reason = Reason::InsufficientScope.as_str();
        let error = GatewayError::new(403, "insufficient_scope", words, reason);
        return Err(GatewayError {
            scope: Some(call.scopes.join(" ")),
            ..error.challenging(Challenge::Bearer)
        });
    }
    if !call.apps.is_empty() && !call.apps.contains(&verified.consumer.client_id) {
        let words = "This app may not make this call";
        let reason = Reason::AccessDenied.as_str();
        return Err(GatewayError::new(403, "access_denied", words, reason).challenging(Challenge::Bearer));
    }
    Ok(verified)
}

//! Introspection (RFC 7662) for any confidential app, about tokens of the server it asks.

use crate::access_token::AUTHENTICATED_USERID;
use crate::cache::ServerConfig;
use crate::client::{Client, Door, claimed_id, named_app};
use crate::ctx::{At, stranger};
use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use serde::Serialize;
use signet_domain::event::types;
use signet_domain::server::Server;
use signet_oauth::claims::Confirmation;
use signet_oauth::client_auth::{AuthMethod, ClientAuth};
use signet_oauth::response::TokenType;
use signet_oauth::{OAuthError, Params, Reason};

/// What a token is good for. Everything but `active` is absent when it is good for nothing.
#[derive(Debug, Default, Serialize)]
pub struct Introspection {
    /// Whether the token is good right now.
    pub active: bool,
    /// `Bearer`, or `DPoP` for a token that is bound to a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    /// Scopes, separated by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The client it was issued to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The user's login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// End, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// Issue, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// The user's id, or the client's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<String>,
    /// The issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The token's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// The user's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Whom a trusted front end says the token is for: its own name for someone, never a user id of Signet's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authenticated_userid: Option<String>,
    /// The key that it is bound to (RFC 9449 §6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

impl Idp {
    /// Authenticates the client of an endpoint that takes a `token`, and gives both. A client that fails is in
    /// the log, as at the token endpoint: else this would be the door to guess secrets at.
    ///
    /// # Errors
    /// `invalid_client`, or `invalid_request` without a token.
    pub async fn client_and_token<'p>(
        &self,
        ctx: &Ctx,
        door: Door<'_>,
        params: &'p Params,
        authorization: Option<&[u8]>,
        query_has_credentials: bool,
    ) -> Result<(Client, &'p str), OAuthError> {
        let client = self.client_at(ctx, door, params, authorization, query_has_credentials).await?;
        let Some(token) = params.get("token") else {
            self.refused_at(ctx, door, Some(&client), Reason::RequestMissingToken).await?;
            return Err(Reason::RequestMissingToken.into());
        };
        Ok((client, token))
    }

    /// Authenticates the client of an endpoint other than the token endpoint. One that fails is in the log.
    pub(crate) async fn client_at(
        &self,
        ctx: &Ctx,
        door: Door<'_>,
        params: &Params,
        authorization: Option<&[u8]>,
        query_has_credentials: bool,
    ) -> Result<Client, OAuthError> {
        let mut client_id = None;
        let client = async {
            let auth = ClientAuth::extract(authorization, params, query_has_credentials)?;
            client_id = claimed_id(&auth);
            self.authenticate_client(ctx, door, &auth).await
        };
        match client.await {
            Ok(client) => Ok(client),
            Err(error) if error.reason == Reason::ClientLimited => Err(error),
            Err(error) => {
                self.record_stranger(ctx, door.server, client_id.as_deref(), error.reason).await?;
                Err(error)
            }
        }
    }

    async fn record_stranger(
        &self,
        ctx: &Ctx,
        server: &Server,
        client_id: Option<&str>,
        reason: Reason,
    ) -> Result<(), IdpError> {
        let mut event = self.event(ctx, types::INVALID_CLIENT, stranger(client_id));
        event.client_id = named_app(client_id, &OAuthError::new(reason));
        self.record(ctx, vec![event.failed(reason.as_str()).at(server)]).await
    }

    /// Says what a token is good for. Unknown, foreign, expired and revoked ones all give the same answer.
    ///
    /// # Errors
    /// `invalid_client` for anyone but a confidential app; 503 when the store is gone, so that no outage
    /// makes a token active.
    pub async fn introspect(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        client: &Client,
        token: &str,
    ) -> Result<Introspection, OAuthError> {
        if client.method == AuthMethod::None {
            let client_id = &client.config.app.client_id;
            self.record_stranger(ctx, &config.server, Some(client_id), Reason::InvalidClient).await?;
            return Err(Reason::InvalidClient.into());
        }
        if let Ok(believed) = self.believe(ctx, config, token).await? {
            let claims = believed.claims;
            let authenticated_userid =
                claims.extra.get(AUTHENTICATED_USERID).and_then(|v| v.as_str()).map(str::to_owned);
            return Ok(Introspection {
                active: true,
                token_type: Some(TokenType::of(claims.cnf.is_some()).as_str()),
                scope: Some(claims.scp.join(" ")),
                client_id: Some(claims.cid),
                username: claims.username,
                exp: Some(claims.exp),
                iat: Some(claims.iat),
                sub: Some(claims.sub),
                aud: Some(claims.aud),
                iss: Some(claims.iss),
                jti: Some(claims.jti),
                uid: claims.uid,
                authenticated_userid,
                cnf: claims.cnf,
            });
        }
        Ok(self.introspect_refresh(ctx, config, token).await?.unwrap_or_default())
    }

    async fn introspect_refresh(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        token: &str,
    ) -> Result<Option<Introspection>, IdpError> {
        let hash = self.secrets().hash(SecretKind::Refresh, ctx.tenant_id(), token);
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let Some(row) = tx.refresh_token(config.server.id, &hash).await? else { return Ok(None) };
        let Some(grant) = tx.grant(row.grant_id).await?.filter(|g| g.revoked_at.is_none()) else {
            return Ok(None);
        };
        let end = row.idle_expires_at.min(row.absolute_expires_at);
        let in_leeway = row.rotated_at.is_none() || row.leeway_until.is_some_and(|until| ctx.now < until);
        if ctx.now >= end || !in_leeway {
            return Ok(None);
        }
        let user = match grant.user_id {
            Some(id) => tx.user(id).await?.filter(signet_domain::user::User::is_active),
            None => None,
        };
        let app = tx.app(grant.app_id).await?.filter(signet_domain::app::App::is_active);
        let vouched = match grant.user_id {
            None => tx.gateway_grant(grant.id).await?.map(|g| g.authenticated_userid),
            Some(_) => None,
        };
        let Some(app) = app.filter(|_| user.is_some() || vouched.is_some()) else { return Ok(None) };
        Ok(Some(Introspection {
            active: true,
            token_type: Some(TokenType::of(row.jkt.is_some()).as_str()),
            scope: Some(grant.scopes),
            sub: Some(user.as_ref().map_or_else(|| app.client_id.clone(), |u| self.subject(&app, u.id))),
            username: user.filter(|_| !app.is_pairwise()).map(|u| u.login),
            client_id: Some(app.client_id),
            exp: Some(end.secs()),
            authenticated_userid: vouched,
            cnf: row.jkt.map(|jkt| Confirmation { jkt }),
            ..Introspection::default()
        }))
    }
}

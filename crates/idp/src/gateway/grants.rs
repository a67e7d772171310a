//! Minting for a gateway's endpoints: access tokens as everywhere (RFC 9068), but of nobody whom Signet knows.

use super::At;
use super::token::Caller;
use crate::access_token::{AUTHENTICATED_USERID, GENERATION, Minted};
use crate::ctx::{At as _, app_entity};
use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use serde::Serialize;
use signet_domain::Time;
use signet_domain::event::{Event, types};
use signet_domain::gateway::GatewayGrant;
use signet_domain::grant::Grant;
use signet_domain::id::{AppId, GrantId};
use signet_domain::token::RefreshToken;
use signet_oauth::ScopeSet;
use signet_oauth::claims::{AccessTokenClaims, VERSION};
use signet_oauth::jwt::{self, TYP_ACCESS};
use signet_oauth::token_request::GrantType;

/// Seconds that stand for "until it is revoked": a hundred years.
const FOREVER: i64 = 100 * 365 * 86_400;

/// For whom a token is made.
#[derive(Clone, Copy)]
pub(super) struct Mint<'a> {
    pub(super) at: At<'a>,
    pub(super) caller: &'a Caller,
    pub(super) scopes: &'a ScopeSet,
    pub(super) userid: Option<&'a str>,
    pub(super) grant: GrantId,
    /// Which generation of the grant's tokens it is; none where no grant is stored.
    pub(super) generation: Option<i64>,
    pub(super) grant_type: GrantType,
}

/// The answer of the token endpoint.
#[derive(Serialize)]
pub struct Tokens {
    /// The access token.
    pub access_token: String,
    /// `bearer`.
    pub token_type: &'static str,
    /// Seconds that it lives.
    pub expires_in: i64,
    /// The refresh token, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// `state`, if one was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

impl Idp {
    /// Mints an access token, with the event that records it.
    pub(super) async fn mint_for_gateway(&self, ctx: &Ctx, m: Mint<'_>) -> Result<(Minted, Event), IdpError> {
        let (server, app) = (&m.at.server.server, &m.caller.client.config.app);
        let keys = self.server_keys(ctx, server).await?;
        let jti = self.entropy().secret("AT.");
        let iat = ctx.now.secs();
        let exp = iat + m.at.gateway.token_expiration;
        let mut extra = serde_json::Map::new();
        if let Some(userid) = m.userid {
            extra.insert(AUTHENTICATED_USERID.to_owned(), userid.into());
        }
        if let Some(generation) = m.generation {
            extra.insert(GENERATION.to_owned(), generation.into());
        }
        let claims = AccessTokenClaims {
            ver: VERSION,
            jti: jti.clone(),
            iss: server.issuer.clone(),
            aud: server.audience.clone(),
            iat,
            exp,
            cid: app.client_id.clone(),
            client_id: app.client_id.clone(),
            uid: None,
            scp: m.scopes.to_vec(),
            scope: m.scopes.to_string(),
            auth_time: None,
            // The app's: what a front end calls someone must never be read as a user of Signet's.
            sub: app.client_id.clone(),
            gid: Some(m.grant.to_string()),
            username: None,
            cnf: None,
            extra,
        };
        let token = jwt::sign(&keys.active, Some(TYP_ACCESS), &claims)?;
        let mut event = self.gateway_event(ctx, types::AS_ACCESS_TOKEN, m);
        event.jti = Some(jti.clone());
        Ok((Minted { token, jti, expires_at: Time::from_secs(exp) }, event))
    }

    /// An event about tokens of a grant.
    pub(super) fn gateway_event(
        &self,
        ctx: &Ctx,
        kind: signet_domain::event::EventType,
        m: Mint<'_>,
    ) -> Event {
        let app = &m.caller.client.config.app;
        let mut event = self
            .event(ctx, kind, app_entity(app))
            .at(&m.at.server.server)
            .by(app)
            .debug("gateway", "true")
            .debug("grantType", m.grant_type.as_str())
            .debug("clientAuthType", m.caller.client.method.as_str())
            .debug("grantedScopes", m.scopes.to_vec().join(","));
        event.grant_id = Some(m.grant);
        match m.userid {
            Some(userid) => event.target(super::authorize::front_end_user(userid)),
            None => event,
        }
    }

    /// A new refresh token of a grant, with its stored form.
    pub(super) fn gateway_refresh_token(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        grant: GrantId,
        generation: i64,
    ) -> (String, RefreshToken) {
        let token = self.entropy().secret("sgr");
        let ends = refresh_ends(at, ctx.now);
        let row = RefreshToken {
            tenant_id: ctx.tenant_id(),
            id: self.entropy().id(ctx.now),
            grant_id: grant,
            hash: self.secrets().hash(SecretKind::Refresh, ctx.tenant_id(), &token),
            generation,
            created_at: ctx.now,
            idle_expires_at: ends,
            absolute_expires_at: ends,
            rotated_at: None,
            leeway_until: None,
            successor_sealed: None,
            used_ip: None,
            jkt: None,
        };
        (token, row)
    }
}

/// A grant for someone whom a front end vouches for.
pub(super) fn vouched(
    ctx: &Ctx,
    at: &At<'_>,
    id: GrantId,
    app_id: AppId,
    grant_type: GrantType,
    scopes: &ScopeSet,
    userid: &str,
) -> (Grant, GatewayGrant) {
    let tenant_id = ctx.tenant_id();
    let grant = Grant {
        tenant_id,
        id,
        server_id: at.server.server.id,
        app_id,
        user_id: None,
        session_id: None,
        flow_id: None,
        grant_type: grant_type.as_str().into(),
        scopes: scopes.to_string(),
        auth_time: None,
        nonce: None,
        claims: None,
        created_at: ctx.now,
        revoked_at: None,
    };
    let authenticated_userid = userid.to_owned();
    (grant, GatewayGrant { tenant_id, grant_id: id, authenticated_userid, generation: 0 })
}

/// When a refresh token that is made or used now ends.
pub(super) fn refresh_ends(at: &At<'_>, now: Time) -> Time {
    match at.gateway.refresh_token_ttl {
        0 => now.plus_secs(FOREVER),
        seconds => now.plus_secs(seconds),
    }
}

/// The answer.
pub(super) fn tokens(
    m: &Mint<'_>,
    access: Minted,
    refresh_token: Option<String>,
    state: Option<&str>,
) -> Tokens {
    Tokens {
        access_token: access.token,
        token_type: "bearer",
        expires_in: m.at.gateway.token_expiration,
        refresh_token,
        state: state.map(str::to_owned),
    }
}

//! Issuing: tokens are minted, then committed with the events that record them.

use super::{Call, JKT};
use crate::Idp;
use crate::access_token::{Minted, Subject};
use crate::ctx::{At, app_entity, by_kind, user_entity};
use crate::secrets::SecretKind;
use crate::terms::Terms;
use signet_domain::event::{Event, types};
use signet_domain::id::FlowId;
use signet_domain::token::RefreshToken;
use signet_oauth::OAuthError;
use signet_oauth::response::{TokenResponse, TokenType};
use signet_oauth::token_request::GrantType;

/// Minted tokens, not yet promised to anyone.
pub(crate) struct Issued {
    pub(crate) access: Minted,
    pub(crate) id_token: Option<String>,
    pub(crate) events: Vec<Event>,
}

impl Idp {
    /// Mints an access token, and an ID token where the scopes ask for one, with the events that record them.
    pub(crate) async fn mint(
        &self,
        call: &Call<'_>,
        s: &Subject<'_>,
        grant: GrantType,
        flow: Option<FlowId>,
    ) -> Result<Issued, OAuthError> {
        let (keys, configured) = (self.server_keys(call.ctx, s.server).await?, &call.server.claims);
        let access = self.mint_access(call.ctx, &keys, configured, s)?;
        let id_token = match s.user {
            Some(_) if s.scopes.contains("openid") => {
                Some(self.mint_id(call.ctx, &keys, configured, s, &access.token)?)
            }
            _ => None,
        };
        let mut event = self.issuance_event(call, s, grant, flow, Of::Access);
        event.jti = Some(access.jti.clone());
        let mut events = vec![event];
        let id_token = id_token.map(|(token, jti)| {
            let mut event = self.issuance_event(call, s, grant, flow, Of::Id);
            event.jti = Some(jti);
            events.push(event);
            token
        });
        Ok(Issued { access, id_token, events })
    }

    /// The event of one issued token.
    pub(crate) fn issuance_event(
        &self,
        call: &Call<'_>,
        s: &Subject<'_>,
        grant: GrantType,
        flow: Option<FlowId>,
        of: Of,
    ) -> Event {
        let kind = match of {
            Of::Access => by_kind(s.server, types::ORG_ACCESS_TOKEN, types::AS_ACCESS_TOKEN),
            Of::Id => by_kind(s.server, types::ORG_ID_TOKEN, types::AS_ID_TOKEN),
            Of::Refresh => by_kind(s.server, types::ORG_REFRESH_TOKEN, types::AS_REFRESH_TOKEN),
        };
        let mut event = self
            .event(call.ctx, kind, app_entity(s.app))
            .at(s.server)
            .by(s.app)
            .debug("grantType", grant.as_str())
            .debug("clientAuthType", call.client.method.as_str())
            .debug("grantedScopes", s.scopes.to_vec().join(","));
        if let Some([(_, policy), (id, rule)]) = &s.terms.decided_by {
            event = event.debug("accessPolicy", policy.as_str()).debug("accessRule", rule.as_str());
            event = event.debug("accessRuleId", id.as_str());
        }
        let bound_to = match of {
            Of::Access => s.jkt,
            Of::Refresh => call.binds_refresh_to(),
            Of::Id => None,
        };
        if let Some(jkt) = bound_to {
            event = event.debug(JKT, jkt);
        }
        event.grant_id = Some(s.grant);
        event.session_id = s.session;
        event.flow_id = flow;
        match s.user {
            Some(user) => event.of(user).target(user_entity(user)),
            None => event,
        }
    }

    /// A new refresh token of a family, with its stored form.
    pub(crate) fn new_refresh_token(
        &self,
        call: &Call<'_>,
        terms: &Terms,
        grant: signet_domain::id::GrantId,
        predecessor: Option<&RefreshToken>,
    ) -> (String, RefreshToken) {
        let now = call.ctx.now;
        let token = self.entropy().secret("sgr");
        let absolute_expires_at = predecessor
            .map_or_else(|| now.plus_secs(terms.refresh_absolute_seconds), |p| p.absolute_expires_at);
        let row = RefreshToken {
            tenant_id: call.ctx.tenant_id(),
            id: self.entropy().id(now),
            grant_id: grant,
            hash: self.secrets().hash(SecretKind::Refresh, call.ctx.tenant_id(), &token),
            generation: predecessor.map_or(0, |p| p.generation + 1),
            created_at: now,
            idle_expires_at: now.plus_secs(terms.refresh_idle_seconds).min(absolute_expires_at),
            absolute_expires_at,
            rotated_at: None,
            leeway_until: None,
            successor_sealed: None,
            used_ip: None,
            jkt: predecessor
                .and_then(|p| p.jkt.clone())
                .or_else(|| call.binds_refresh_to().map(str::to_owned)),
        };
        (token, row)
    }
}

/// Which token an event is of.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    Access,
    Id,
    Refresh,
}

/// The answer.
pub(crate) fn response(s: &Subject<'_>, issued: Issued, refresh_token: Option<String>) -> TokenResponse {
    TokenResponse {
        token_type: TokenType::of(s.jkt.is_some()),
        expires_in: u32::try_from(s.terms.access_seconds).unwrap_or(u32::MAX),
        access_token: issued.access.token,
        scope: s.scopes.clone(),
        refresh_token,
        id_token: issued.id_token,
    }
}

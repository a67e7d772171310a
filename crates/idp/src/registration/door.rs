//! Who may register: whoever has an initial access token, or everybody where the policy says so.
//!
//! Wrong tokens, initial ones and those of registrations, are counted by where they come from. A source that has sent
//! [`WRONG_TOKENS`] in a quarter of an hour is refused without a look, right or wrong. Registrations without a token
//! are counted by source, too, whatever becomes of them. Of each window the log has the first refusal.

use super::{Refused, RegisterCall};
use crate::admin::caller::hex;
use crate::ctx::{At, stranger};
use crate::rates::network;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::{Entity, Event, EventType, types};
use signet_domain::registration::{RegistrationMode, RegistrationToken};
use signet_domain::server::Server;
use signet_oauth::{OAuthError, Reason};
use signet_store::windows::{Count, Window};

/// Wrong tokens from one source that are answered as wrong.
const WRONG_TOKENS: i64 = 100;

const QUARTER: i64 = 900 * Time::SECOND;
const HOUR: i64 = 3_600 * Time::SECOND;

/// Who registers.
pub(super) enum By {
    /// Whoever has an initial access token.
    Token(Box<RegistrationToken>),
    /// Anybody.
    Anybody,
}

impl By {
    pub(super) fn token(&self) -> Option<&RegistrationToken> {
        match self {
            Self::Token(token) => Some(token),
            Self::Anybody => None,
        }
    }

    pub(super) fn entity(&self) -> Entity {
        match self {
            Self::Token(token) => token_entity(token),
            Self::Anybody => Self::stranger(),
        }
    }

    pub(super) fn stranger() -> Entity {
        stranger(None)
    }
}

/// The log's view of an initial access token.
pub(crate) fn token_entity(token: &RegistrationToken) -> Entity {
    Entity::new("InitialAccessToken", token.id, &token.name, &token.name)
}

impl Idp {
    /// Finds out who registers, and whether they may.
    pub(super) async fn registrant(&self, ctx: &Ctx, call: &RegisterCall<'_>) -> Result<By, Refused> {
        let server = &call.server.server;
        let Some(token) = call.token else {
            if call.policy.mode != RegistrationMode::Open {
                return Err(Reason::AccessTokenMissing.into());
            }
            let name = self.source_window(ctx, &format!("register\0{}", server.id));
            let tenant = self.store().tenant(ctx.tenant_id());
            return match tenant.count(&name, HOUR, call.policy.per_source).await.map_err(IdpError::from)? {
                Count::Counted(_) => Ok(By::Anybody),
                Count::Refused { window, first } => Err(self
                    .too_many_registrations(ctx, server, types::CLIENT_REGISTER, &window, first)
                    .await?),
            };
        };
        self.may_guess(ctx, server, types::CLIENT_REGISTER).await?;
        let hash = self.secrets().hash(SecretKind::RegistrationToken, ctx.tenant_id(), token);
        let found = {
            let mut tx = self.store().tenant(ctx.tenant_id()).read().await.map_err(IdpError::from)?;
            tx.registration_token_by_hash(server.id, &hash).await.map_err(IdpError::from)?
        };
        match found.filter(|token| token.is_good(ctx.now)) {
            Some(token) => Ok(By::Token(Box::new(token))),
            None => Err(self.wrong_token(ctx, server, types::CLIENT_REGISTER).await?),
        }
    }

    /// Refuses a source that has sent too many wrong tokens.
    pub(super) async fn may_guess(&self, ctx: &Ctx, server: &Server, kind: EventType) -> Result<(), Refused> {
        let name = self.source_window(ctx, "registration-token");
        let window = self.store().tenant(ctx.tenant_id()).window(&name).await.map_err(IdpError::from)?;
        match window.filter(|window| window.ends_at > window.clock && window.used >= WRONG_TOKENS) {
            Some(window) => Err(self.too_many_registrations(ctx, server, kind, &window, false).await?),
            None => Ok(()),
        }
    }

    /// Counts a wrong token; the refusal that it gets.
    pub(super) async fn wrong_token(
        &self,
        ctx: &Ctx,
        server: &Server,
        kind: EventType,
    ) -> Result<Refused, IdpError> {
        let name = self.source_window(ctx, "registration-token");
        match self.store().tenant(ctx.tenant_id()).count(&name, QUARTER, WRONG_TOKENS).await? {
            Count::Counted(window) => {
                if window.used == WRONG_TOKENS {
                    // The last one that is answered as wrong: from here on nobody looks, and the log says so.
                    self.record(ctx, vec![self.limit_event(ctx, server, kind, &window)]).await?;
                }
                Ok(Reason::RegistrationTokenInvalid.into())
            }
            Count::Refused { window, .. } => {
                self.too_many_registrations(ctx, server, kind, &window, false).await
            }
        }
    }

    fn source_window(&self, ctx: &Ctx, what: &str) -> String {
        let what = format!("{what}\0{}", network(&ctx.request.ip));
        let hash = self.secrets().hash(SecretKind::RateKey, ctx.tenant_id(), &what);
        format!("registration:{}", hex(&hash[..16]))
    }

    async fn too_many_registrations(
        &self,
        ctx: &Ctx,
        server: &Server,
        kind: EventType,
        window: &Window,
        first: bool,
    ) -> Result<Refused, IdpError> {
        signet_metrics::REFUSALS.add("registration");
        if first {
            self.record(ctx, vec![self.limit_event(ctx, server, kind, window)]).await?;
        }
        let left = (window.ends_at.0 - window.clock.0 + Time::SECOND - 1).div_euclid(Time::SECOND);
        let seconds = u32::try_from(left.max(1)).unwrap_or(1);
        let error = OAuthError::new(Reason::RegistrationLimited).retry_after(seconds);
        Ok(Refused { error, logged: true })
    }

    fn limit_event(&self, ctx: &Ctx, server: &Server, kind: EventType, window: &Window) -> Event {
        self.event(ctx, kind, stranger(None))
            .failed(Reason::RegistrationLimited.as_str())
            .at(server)
            .debug("counted", format!("registrations from {}", network(&ctx.request.ip)))
            .debug("hits", window.used.to_string())
            .debug("retryAt", window.ends_at.0.to_string())
    }
}

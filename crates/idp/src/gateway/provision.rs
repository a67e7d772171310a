//! The provision key: what proves that a request comes from the trusted front end. One guard for every endpoint
//! that takes it. Every use is in the log; wrong ones are counted by source.

use super::{At, GatewayError};
use crate::ctx::At as _;
use crate::secrets::SecretKind;
use crate::{Ctx, Idp};
use signet_domain::Time;
use signet_domain::event::{Entity, Event, types};
use signet_oauth::compare::ct_eq;
use signet_store::windows::Count;

/// Wrong keys from one source at one server in [`WINDOW_SECONDS`] that are answered as wrong; the next are 429.
pub const WRONG_KEYS: i64 = 10;
/// The window, in seconds from the first wrong key.
pub const WINDOW_SECONDS: i64 = 900;

impl Idp {
    /// Checks a provision key in constant time. The right one gives the event of its use, to be committed with
    /// what it was used for.
    ///
    /// The right key passes whatever strangers tried: it can't be guessed, so counting only keeps the noise down.
    pub(super) async fn check_provision_key(
        &self,
        ctx: &Ctx,
        at: &At<'_>,
        presented: Option<&str>,
        actor: Entity,
    ) -> Result<Event, GatewayError> {
        let event = self.event(ctx, types::PROVISION_KEY_USE, actor).at(&at.server.server);
        let Some(presented) = presented else { return Err(wrong()) };
        let hash = self.secrets().hash(SecretKind::ProvisionKey, ctx.tenant_id(), presented);
        if ct_eq(&hash, &at.gateway.provision_hash) {
            return Ok(event);
        }
        let name = format!("provision-key:{}:{}", at.server.server.id, ctx.request.ip);
        let tenant = self.store().tenant(ctx.tenant_id());
        match tenant.count(&name, WINDOW_SECONDS * Time::SECOND, WRONG_KEYS).await? {
            Count::Counted(_) => {
                self.record(ctx, vec![event.failed("invalid_provision_key")]).await?;
                Err(wrong().logged())
            }
            Count::Refused { window, first } => {
                if first {
                    self.record(ctx, vec![event.failed("rate_limit_exceeded")]).await?;
                }
                let left = (window.ends_at.0 - window.clock.0 + Time::SECOND - 1).div_euclid(Time::SECOND);
                let words = "Too many wrong provision keys came from this address; try again later";
                let mut error = GatewayError::new(429, "invalid_provision_key", words, "rate_limit_exceeded");
                error.retry_after = Some(u32::try_from(left.max(1)).unwrap_or(1));
                Err(error.logged())
            }
        }
    }
}

fn wrong() -> GatewayError {
    GatewayError::new(400, "invalid_provision_key", "Invalid provision_key", "invalid_provision_key")
}

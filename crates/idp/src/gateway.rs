//! APIs behind a gateway that people already run: what the gateway asks before it lets a call through, and token
//! endpoints for a trusted front end that knows its users itself.
//!
//! Whom a front end vouches for is `authenticated_userid`: its own name for someone. It is a claim and a header of
//! that name and nothing else: such a token has no `uid`, so no endpoint of Signet takes it for a user's.
//!
//! | module | subject |
//! |---|---|
//! | [`verify`] | may this call pass? |
//! | [`authorize`] | codes for a front end |
//! | [`token`] | tokens, in the forms that the plugin's clients send |
//! | [`provision`] | the front end's key |
//! | [`params`], [`error`] | what comes in, and what is refused |

pub mod authorize;
mod code;
pub mod error;
mod grants;
pub mod params;
pub mod provision;
mod redirect;
mod refresh;
mod scopes;
pub mod token;
pub mod verify;

pub use error::{Challenge, GatewayError};
pub use params::GatewayParams;

use crate::cache::{AppConfig, ServerConfig};
use crate::{Ctx, Idp, IdpError};
use signet_domain::gateway::Gateway;
use std::sync::Arc;

/// A server with a gateway profile.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// The server.
    pub server: &'a Arc<ServerConfig>,
    /// Its gateway profile.
    pub gateway: &'a Gateway,
}

impl Idp {
    /// An app that a gateway knows: it is on, and an administrator made it. What registered itself has no part in what an
    /// administrator set up for a gateway.
    async fn gateway_app(&self, ctx: &Ctx, client_id: &str) -> Result<Option<Arc<AppConfig>>, IdpError> {
        let app = self.app(ctx, client_id).await?;
        Ok(app.filter(|a| a.app.is_active() && a.registration.is_none()))
    }
}

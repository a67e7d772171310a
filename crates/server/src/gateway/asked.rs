//! Which server a path names, if it has a gateway profile.

use crate::App;
use crate::extract::Tenant;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use signet_domain::gateway::Gateway;
use signet_idp::Ctx;
use signet_idp::cache::ServerConfig;
use signet_idp::gateway::{At, GatewayError};
use std::collections::HashMap;
use std::sync::Arc;

/// The server that was asked, at the tenant that was asked.
pub(super) struct Asked {
    pub(super) ctx: Ctx,
    server: Arc<ServerConfig>,
    gateway: Gateway,
}

impl Asked {
    pub(super) fn at(&self) -> At<'_> {
        At { server: &self.server, gateway: &self.gateway }
    }

    pub(super) fn gateway(&self) -> &Gateway {
        &self.gateway
    }
}

impl FromRequestParts<App> for Asked {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Tenant(ctx) =
            Tenant::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, app).await;
        let slug = path.ok().and_then(|Path(mut segments)| segments.remove("server")).unwrap_or_default();
        let found = match app.idp().server(&ctx, &slug).await {
            Ok(found) => found,
            Err(error) => return Err(super::respond::refusal(&GatewayError::from(error), None, None)),
        };
        // An unknown server, another tenant's and one without a profile are all nothing.
        match found.and_then(|server| server.gateway.clone().map(|gateway| (server, gateway))) {
            Some((server, gateway)) => Ok(Self { ctx, server, gateway }),
            None => Err(crate::middleware::not_found().render(&ctx.request)),
        }
    }
}

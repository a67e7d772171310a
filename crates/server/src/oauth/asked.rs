//! Which authorization server a path names.

use crate::App;
use crate::extract::Tenant;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use signet_domain::server::ServerKind;
use signet_idp::Ctx;
use signet_idp::cache::ServerConfig;
use std::sync::Arc;

/// The server that was asked, at the tenant that was asked.
pub(super) struct Asked {
    pub(super) ctx: Ctx,
    pub(super) server: Arc<ServerConfig>,
}

#[derive(serde::Deserialize)]
struct Slug {
    server: Option<String>,
}

impl FromRequestParts<App> for Asked {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Tenant(ctx) =
            Tenant::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let slug = match Path::<Slug>::from_request_parts(parts, app).await {
            Ok(Path(slug)) => slug.server,
            Err(_) => None,
        };
        let named = slug.as_deref().unwrap_or("org");
        let found = app.idp().server(&ctx, named).await;
        let kind = if slug.is_some() { ServerKind::Custom } else { ServerKind::Org };
        match found {
            Ok(Some(server)) if server.server.kind == kind => Ok(Self { ctx, server }),
            Ok(_) => Err(super::respond::no_server(&ctx, named)),
            Err(error) => Err(super::respond::error(&error.into(), &ctx.tenant.url)),
        }
    }
}

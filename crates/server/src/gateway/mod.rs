//! APIs behind a gateway, at `/gateway/{server}/…`: `verify`, which gateways ask before each call, and token
//! endpoints for a trusted front end.

mod asked;
mod endpoints;
mod multipart;
mod params;
mod respond;
mod verify;

use crate::App;
use axum::Router;
use axum::routing::{any, get, post};

/// Every route of it.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/gateway/{server}/verify", get(verify::ask).post(verify::ask))
        // Envoy appends the call's own path, and keeps its method.
        .route("/gateway/{server}/verify/{*call}", any(verify::ask_with_path))
        .route(
            "/gateway/{server}/oauth2/authorize",
            post(endpoints::authorize).fallback(endpoints::no_such_method_of_authorize),
        )
        .route(
            "/gateway/{server}/oauth2/token",
            post(endpoints::token).fallback(endpoints::no_such_method_of_token),
        )
}

//! Probes: `live` says that the process runs, `ready` that every grant can be served.

use crate::App;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Its routes.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/health/live", get(live)).route("/health/ready", get(ready))
}

async fn live() -> &'static str {
    "ok\n"
}

async fn ready(State(app): State<App>) -> Response {
    if app.idp().is_ready().await {
        return "ok\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")], "not ready\n").into_response()
}

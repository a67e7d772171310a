//! Probes: `live` says that the process runs, `ready` that every grant can be served.

use crate::App;
use axum::Json;
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

/// What `ready` says of this node. It is shown to anybody who can reach it, so nothing secret is in it.
#[derive(serde::Serialize)]
struct Ready {
    /// `ready` or `not ready`.
    status: &'static str,
    engine: &'static str,
    /// Nodes that are there, this one included.
    nodes: u32,
    cache: Cache,
    /// Stable names of what does not work as it should, although grants are served.
    degraded: Vec<&'static str>,
}

#[derive(serde::Serialize)]
struct Cache {
    /// Whether this node believes its cache; if not, it asks the database.
    fresh: bool,
    /// Milliseconds since it last looked at what other nodes changed.
    age_ms: u128,
}

async fn ready(State(app): State<App>) -> Response {
    let health = app.idp().health().await;
    let said = Json(Ready {
        status: if health.ready { "ready" } else { "not ready" },
        engine: health.engine,
        nodes: health.nodes,
        cache: Cache {
            fresh: !health.degraded.contains(&"cache_stale"),
            age_ms: health.cache_age.as_millis(),
        },
        degraded: health.degraded,
    });
    if health.ready {
        return said.into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")], said).into_response()
}

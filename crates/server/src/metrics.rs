//! Metrics for Prometheus, at an address of their own: users never reach them.

use crate::App;
use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use signet_metrics::Gauge;
use tokio::net::TcpListener;

/// Everything that may be degraded, so that each is shown as 0 or 1 and a missing one is noticed.
const MODES: [&str; 3] = ["cache_stale", "listener_lost", "redis_lost"];

/// Serves `GET /metrics` until the runtime ends.
pub(crate) async fn serve(app: App, listener: TcpListener) {
    let router = Router::new().route("/metrics", get(metrics)).with_state(app);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "metrics are no longer served");
    }
}

async fn metrics(State(app): State<App>) -> Response {
    let health = app.idp().health().await;
    let gauge = |name, help, label, value| Gauge { name, help, label, value };
    let mut gauges = vec![
        gauge("signet_ready", "Whether every grant can be served.", None, f64::from(u8::from(health.ready))),
        gauge("signet_live_nodes", "Nodes that are there.", None, f64::from(health.nodes)),
        gauge(
            "signet_cache_age_seconds",
            "How old what the cache says may be.",
            None,
            health.cache_age.as_secs_f64(),
        ),
    ];
    for mode in MODES {
        let degraded = f64::from(u8::from(health.degraded.contains(&mode)));
        let help = "Whether something does not work as it should.";
        gauges.push(gauge("signet_degraded", help, Some(("mode", mode)), degraded));
    }
    let text = signet_metrics::render(&gauges);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

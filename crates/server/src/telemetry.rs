//! What the server says of itself: one line per event, on standard error; and traces, if there is a collector.

mod otlp;

pub use otlp::Collector;

use crate::config::{Config, Mode};
use std::io::IsTerminal;
use tracing_subscriber::filter::{Directive, dynamic_filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// What these write below this level may hold headers, and with them secrets. Spans for traces are no lines.
const CAPPED: [&str; 7] = [
    "h2=info",
    "hyper=info",
    "hyper_util=info",
    "rustls=info",
    "tokio_rustls=info",
    "sqlx=warn",
    "signet::trace=off",
];

/// Starts logging: for people in dev, as JSON in production. `SIGNET_LOG` chooses what, as `RUST_LOG` does
/// elsewhere.
pub(crate) fn start(config: &Config) -> Result<(), String> {
    let wanted = std::env::var("SIGNET_LOG").or_else(|_| std::env::var("RUST_LOG")).ok();
    let filter = wanted.as_deref().unwrap_or("info");
    let mut filter = EnvFilter::try_new(filter)
        .map_err(|e| format!("SIGNET_LOG can't be read ({e}): write it like info,signet=debug"))?;
    for cap in CAPPED {
        let cap: Directive = cap.parse().map_err(|e| format!("{cap}: {e}"))?;
        filter = filter.add_directive(cap);
    }
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match config.mode {
        Mode::Serve => lines.json().flatten_event(true).with_current_span(false).boxed(),
        Mode::Dev | Mode::Tool => lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).boxed(),
    };
    let traces = match &config.otlp_endpoint {
        // Only spans that were made for it: an event may say what a trace must not.
        Some(collector) => {
            // A request begins a trace; what goes on beside requests is none.
            let only_ours = dynamic_filter_fn(|metadata, context| {
                metadata.target() == signet_metrics::TRACE
                    && (metadata.name() == "http.request" || context.lookup_current().is_some())
            });
            Some(otlp::layer(collector)?.with_filter(only_ours))
        }
        None => None,
    };
    let started = tracing_subscriber::registry().with(lines.with_filter(filter)).with(traces).try_init();
    started.map_err(|e| format!("logging could not start: {e}"))?;
    log_panics();
    Ok(())
}

/// Sends the traces that wait.
pub(crate) async fn stop() {
    let _ = tokio::task::spawn_blocking(otlp::stop).await;
}

/// A panic is logged where it happens, once; whoever catches it says nothing more.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let trace = std::backtrace::Backtrace::capture();
        tracing::error!(place, %trace, "panic: {message}");
    }));
}

//! What the server says of itself: one line per event, on standard error.

use crate::config::Mode;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

/// What these write below this level may hold headers, and with them secrets.
const CAPPED: [&str; 6] =
    ["h2=info", "hyper=info", "hyper_util=info", "rustls=info", "tokio_rustls=info", "sqlx=warn"];

/// Starts logging: for people in dev, as JSON in production. `SIGNET_LOG` chooses what, as `RUST_LOG` does
/// elsewhere.
pub(crate) fn start(mode: Mode) -> Result<(), String> {
    let wanted = std::env::var("SIGNET_LOG").or_else(|_| std::env::var("RUST_LOG")).ok();
    let filter = wanted.as_deref().unwrap_or("info");
    let mut filter = EnvFilter::try_new(filter)
        .map_err(|e| format!("SIGNET_LOG can't be read ({e}): write it like info,signet=debug"))?;
    for cap in CAPPED {
        let cap: Directive = cap.parse().map_err(|e| format!("{cap}: {e}"))?;
        filter = filter.add_directive(cap);
    }
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match mode {
        Mode::Serve => builder.json().flatten_event(true).with_current_span(false).try_init(),
        Mode::Dev | Mode::Tool => {
            builder.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init()
        }
    };
    started.map_err(|e| format!("logging could not start: {e}"))?;
    log_panics();
    Ok(())
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

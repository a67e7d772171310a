//! The runtime, and a server from its start to its orderly end.

use crate::config::Config;
use crate::middleware::Edge;
use crate::{App, background, control, listen, metrics, telemetry};
use std::future::Future;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Runs a future on a runtime of its own.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| format!("the runtime can't start: {e}"))?;
    let done = runtime.block_on(future);
    // Whatever still hangs on a disk or a hash thread is not worth waiting for.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    done
}

/// A file would grow beyond the process's limit: the same number on Linux, macOS and the BSDs.
const SIGXFSZ: i32 = 25;

/// Where connections come in.
pub(super) struct Doors {
    listeners: Vec<TcpListener>,
    metrics: Option<TcpListener>,
    tls: Option<listen::Doorkeeper>,
}

/// Opens what connections need, before anything else is touched.
pub(super) fn open(config: &Config, command: &str) -> Result<Doors, String> {
    let tls = listen::Doorkeeper::of(config)?;
    let metrics = match config.metrics_listen {
        Some(address) => listen::bind(&[address], command)?.pop(),
        None => None,
    };
    Ok(Doors { listeners: listen::bind(&config.listen, command)?, metrics, tls })
}

/// Serves until SIGTERM or SIGINT.
pub(super) async fn until_stopped(app: App, doors: Doors) -> Result<(), String> {
    let Doors { listeners, metrics, tls } = doors;
    if let Some(listener) = metrics {
        tokio::spawn(metrics::serve(app.clone(), listener));
    }
    control::start(&app)?;
    background::start(&app);
    let (stop, stopped) = watch::channel(false);
    let signals = |kind| signal(kind).map_err(|e| format!("signals can't be heard: {e}"));
    let (mut terminate, mut interrupt) =
        (signals(SignalKind::terminate())?, signals(SignalKind::interrupt())?);
    // A limit on the size of files fails the write, like a full disk does, rather than end the process.
    let _too_large = signals(SignalKind::from_raw(SIGXFSZ))?;
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("stopping: letting what is under way end");
        let _ = stop.send(true);
        // Whoever asks twice does not want to wait.
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        std::process::exit(1);
    });
    listen::serve(listeners, tls, Edge::new(app.clone()), app.config().connections, stopped).await;
    let _ = std::fs::remove_file(app.config().control_socket());
    app.idp().leave_nodes().await;
    app.idp().store().close().await;
    telemetry::stop().await;
    Ok(())
}

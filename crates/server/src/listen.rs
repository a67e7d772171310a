//! Listening: sockets, connections with bounds on everything, and an orderly end.

mod connection;
mod crowd;
mod local;
mod stall;
mod strict;
mod tls;

pub(crate) use tls::Doorkeeper;

use crate::config::{Config, Tls};
use crate::middleware::Edge;
use crate::seed::Credentials;
use connection::Way;
use crowd::Crowd;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;

/// How long connections may take to end when the server does.
const GRACE: Duration = Duration::from_secs(10);

const BACKLOG: u32 = 1024;

/// The file of the authority that clients of the demo must trust, if its certificates are this machine's own. A
/// command beside the server knows no more than that the demo is at https and that there is an authority.
pub(crate) fn authority_of(config: &Config, told: &Credentials) -> Option<PathBuf> {
    let file = ca_file(config);
    let is_local = match config.tls {
        Some(Tls::Local) => true,
        Some(Tls::Files(_)) => false,
        None => told.tenants.acme.url.starts_with("https://"),
    };
    (is_local && file.exists()).then_some(file)
}

/// The certificate of the local authority of `dev --tls`.
pub(crate) fn ca_file(config: &Config) -> PathBuf {
    local::ca_file(&config.local_authority())
}

/// Opens the sockets; a taken port is answered with the command that takes another.
pub(crate) fn bind(addresses: &[SocketAddr], command: &str) -> Result<Vec<TcpListener>, String> {
    let mut listeners = Vec::new();
    for &address in addresses {
        match open(address) {
            Ok(listener) => listeners.push(listener),
            // Not every machine has IPv6.
            Err(error) if !listeners.is_empty() && is_absent(&error) => {}
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                let next = address.port().checked_add(1).unwrap_or(8081);
                return Err(format!(
                    "port {} is in use by another program: run `signet{command} --listen 127.0.0.1:{next}`",
                    address.port()
                ));
            }
            Err(error) => return Err(format!("can't listen on {address}: {error}: choose another --listen")),
        }
    }
    Ok(listeners)
}

fn open(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port whose last connections are still being buried may be taken again.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::AddrNotAvailable | ErrorKind::Unsupported)
        || error.raw_os_error() == Some(97) // EAFNOSUPPORT
}

/// Serves until `stop` turns true, then lets what is under way end.
pub(crate) async fn serve(
    listeners: Vec<TcpListener>,
    tls: Option<Doorkeeper>,
    edge: Edge,
    connections: usize,
    stop: watch::Receiver<bool>,
) {
    let crowd = Crowd::new(connections);
    let way = Way::new(edge, tls);
    let mut loops = tokio::task::JoinSet::new();
    for listener in listeners {
        loops.spawn(accept(listener, way.clone(), crowd.clone(), stop.clone()));
    }
    while loops.join_next().await.is_some() {}
    if tokio::time::timeout(GRACE, crowd.emptied()).await.is_err() {
        tracing::warn!(open = crowd.open(), "closing connections that did not end");
    }
}

/// Waits until the server shall stop, or is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn accept(listener: TcpListener, way: Way, crowd: Arc<Crowd>, mut stop: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                // Out of file descriptors, most likely: others must end first.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Some(place) = crowd.enter() else {
            tracing::debug!("refused a connection: there are too many, and all are busy");
            continue;
        };
        let (way, stop) = (way.clone(), stop.clone());
        tokio::spawn(way.take(stream, peer, place, stop));
    }
}

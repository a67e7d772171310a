//! One connection: HTTP/1.1 or HTTP/2, bounded.

use super::crowd::Place;
use super::strict::Strict;
use super::tls::Doorkeeper;
use crate::middleware::Edge;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// How long the head of a request may take, and how long a connection may idle.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long a TLS handshake may take. It holds one of the server's connections, so there are never more of them.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// The largest head of a request.
const HEAD_BYTES: usize = 32 * 1024;

/// The way of connections to the edge.
#[derive(Clone)]
pub(super) struct Way {
    builder: Builder<TokioExecutor>,
    edge: Edge,
    tls: Option<Doorkeeper>,
}

impl Way {
    pub(super) fn new(edge: Edge, tls: Option<Doorkeeper>) -> Self {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(HEAD_BYTES)
            .half_close(false);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(100)
            .max_header_list_size(32 * 1024)
            .max_pending_accept_reset_streams(20)
            .max_local_error_reset_streams(64)
            .max_send_buf_size(64 * 1024)
            .keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(10));
        Self { builder, edge, tls }
    }

    /// Serves a connection to its end.
    pub(super) async fn take(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        place: Arc<Place>,
        stop: watch::Receiver<bool>,
    ) {
        let _ = stream.set_nodelay(true);
        let Some(acceptor) = self.tls.as_ref().map(Doorkeeper::acceptor) else {
            return self.serve(stream, peer, place, stop).await;
        };
        let shaken = tokio::select! {
            shaken = tokio::time::timeout(HANDSHAKE_TIME, acceptor.accept(stream)) => shaken,
            () = place.given_up() => return,
        };
        match shaken {
            Ok(Ok(stream)) => self.serve(stream, peer, place, stop).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn serve<S>(self, stream: S, peer: SocketAddr, place: Arc<Place>, mut stop: watch::Receiver<bool>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let edge = self.edge;
        let own = place.clone();
        let service = service_fn(move |request| {
            let (edge, busy) = (edge.clone(), own.busy());
            async move { Ok::<_, Infallible>(busy.until_sent(edge.answer(request, peer).await)) }
        });
        let mut connection =
            pin!(self.builder.serve_connection(TokioIo::new(Strict::new(stream, HEAD_TIME)), service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = super::stopped(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = place.given_up() => {
                tracing::debug!("an idle connection gives way to another");
                // A request may have begun at this very moment: it is answered.
                connection.as_mut().graceful_shutdown();
                if !place.is_busy() {
                    return;
                }
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended badly");
        }
    }
}

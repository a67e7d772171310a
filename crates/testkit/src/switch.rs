//! A port that leads to another, and later to a third: an address that moves from one server to the next.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Leads connections to a port of this machine.
pub struct Switch {
    port: u16,
    to: Arc<AtomicU16>,
    accepts: JoinHandle<()>,
}

impl Switch {
    /// One that leads to this port.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let own = listener.local_addr().expect("an address").port();
        let to = Arc::new(AtomicU16::new(port));
        let next = to.clone();
        let accepts = tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let port = next.load(Ordering::SeqCst);
                tokio::spawn(async move {
                    if let Ok(mut to) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
                        // Either side may hang up whenever it likes.
                        let _ = copy_bidirectional(&mut from, &mut to).await;
                    }
                });
            }
        });
        Self { port: own, to, accepts }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Leads new connections elsewhere; those that are open stay where they are.
    pub fn turn(&self, port: u16) {
        self.to.store(port, Ordering::SeqCst);
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        self.accepts.abort();
    }
}

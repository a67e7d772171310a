//! Looking names up.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};

/// Turns a name into addresses. It may block: it is called on a thread of its own.
pub trait Names: Send + Sync + 'static {
    /// All addresses of a name.
    ///
    /// # Errors
    /// When there are none, or they can't be had.
    fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemNames;

impl Names for SystemNames {
    fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
    }
}

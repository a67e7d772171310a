//! What may be called on behalf of tenants: `jwks_uri`, `request_uri`, back-channel logout.

use super::{Mode, Network, Settings};
use std::path::PathBuf;

/// What may be called besides port 443 of the public internet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// Networks that may be called although they aren't public.
    pub networks: Vec<Network>,
    /// Ports that may be called; `None` stands for every port, in dev only.
    pub ports: Option<Vec<u16>>,
    /// Authorities that are trusted besides the public ones, in PEM.
    pub ca: Option<PathBuf>,
    /// Whether this machine may be called without TLS, in dev only.
    pub plain_loopback: bool,
}

impl Outbound {
    /// In dev the apps are on this machine too.
    pub(super) fn of(settings: &Settings, mode: Mode) -> Result<Self, String> {
        let dev = mode == Mode::Dev;
        let default = if dev { "127.0.0.0/8,::1" } else { "" };
        let networks = settings.outbound_networks.as_deref().unwrap_or(default);
        let ports = settings.outbound_ports.as_deref().or((!dev).then_some("443"));
        Ok(Self {
            networks: parts(networks).map(network).collect::<Result<_, _>>()?,
            ports: ports.map(|ports| parts(ports).map(port).collect()).transpose()?,
            ca: settings.outbound_ca.clone(),
            plain_loopback: dev,
        })
    }

    /// The ports as they are written.
    pub(super) fn ports_text(&self) -> Option<String> {
        let ports = self.ports.as_ref()?;
        Some(ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn network(part: &str) -> Result<Network, String> {
    Network::parse(part)
        .ok_or_else(|| format!("--outbound-networks {part:?} is no network: write it like 10.0.0.0/8"))
}

fn port(part: &str) -> Result<u16, String> {
    let port = part.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| format!("--outbound-ports {part:?} is no port: write them like 443,8443"))
}

//! One typed configuration from flags, `SIGNET_*` variables and a TOML file, checked before anything starts.
//!
//! Nothing here touches the throttle of password grants: it is a constant.

mod check;
mod network;
mod outbound;
mod settings;
mod show;

pub use crate::telemetry::Collector;
pub(crate) use check::load;
pub use network::Network;
pub use outbound::Outbound;
pub(crate) use settings::Settings;

use signet_idp::password::Cost;
use signet_idp::tenants::BaseUrl;
use std::net::SocketAddr;
use std::path::PathBuf;

/// How the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// On this machine, with demo data.
    Dev,
    /// For real.
    Serve,
    /// Not at all: a command beside the server.
    Tool,
}

/// What the operator set.
#[derive(Debug, Clone)]
pub struct Config {
    /// How the server runs.
    pub mode: Mode,
    /// Where it listens.
    pub listen: Vec<SocketAddr>,
    /// Where the deployment is reached; none when `serve` shall take the stored one.
    pub public_url: Option<BaseUrl>,
    /// Where the store, the keys and the control socket are.
    pub data_dir: PathBuf,
    /// PostgreSQL, if it isn't the embedded store.
    pub database_url: Option<DatabaseUrl>,
    /// Most connections to PostgreSQL.
    pub database_connections: u32,
    /// Redis, if there is one.
    pub redis_url: Option<RedisUrl>,
    /// Most milliseconds that a request waits for Redis.
    pub redis_wait_ms: u64,
    /// The file of the master key.
    pub master_key_file: Option<PathBuf>,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Where certificates come from, if connections are TLS here.
    pub tls: Option<Tls>,
    /// The `Host` of the operator's pages.
    pub operator_host: Option<String>,
    /// Most connections at a time.
    pub connections: usize,
    /// How much work a password hash is.
    pub password_cost: Cost,
    /// Where metrics are served, if at all.
    pub metrics_listen: Option<SocketAddr>,
    /// Where traces go, if anywhere.
    pub otlp_endpoint: Option<Collector>,
    /// Threads that hash passwords.
    pub hash_threads: usize,
    /// What may be called on behalf of tenants.
    pub outbound: Outbound,
}

/// Where certificates come from.
#[derive(Debug, Clone)]
pub enum Tls {
    /// From files, which are read again when they change.
    Files(TlsFiles),
    /// From an authority of this data directory's own, for names of this machine only.
    Local,
}

/// Files of a certificate chain and its key, in PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// A `postgres://` URL, which holds a password.
#[derive(Clone)]
pub struct DatabaseUrl(pub(crate) String);

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&show::masked_url(&self.0))
    }
}

/// A `redis://` URL, which may hold a password.
#[derive(Clone)]
pub struct RedisUrl(pub(crate) String);

impl std::fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&show::masked_url(&self.0))
    }
}

impl Config {
    /// Whether it runs with demo data on this machine.
    #[must_use]
    pub fn is_dev(&self) -> bool {
        self.mode == Mode::Dev
    }

    /// The scheme of everything that is served.
    pub(crate) fn is_https(&self) -> bool {
        self.tls.is_some() || self.public_url.as_ref().is_some_and(BaseUrl::is_https)
    }

    /// Whether browsers may be told to come back by https only. Not in dev, and not for this machine's own names:
    /// what a browser remembers holds for the host whatever the port, and other programs live there.
    pub(crate) fn pins_https(&self) -> bool {
        let public = self.public_url.as_ref().is_some_and(|url| !url.is_loopback());
        self.is_https() && public && self.mode == Mode::Serve
    }

    /// Where the local authority of `dev --tls` is kept.
    pub(crate) fn local_authority(&self) -> PathBuf {
        self.data_dir.join("tls")
    }

    /// Base URL of the operator's pages.
    pub(crate) fn operator_url(&self) -> Option<String> {
        let scheme = if self.is_https() { "https" } else { "http" };
        self.operator_host.as_ref().map(|host| format!("{scheme}://{host}"))
    }

    pub(crate) fn store_file(&self) -> PathBuf {
        self.data_dir.join("signet.db")
    }

    pub(crate) fn credentials_file(&self) -> PathBuf {
        self.data_dir.join("dev-credentials.json")
    }

    /// The end of the log's chain, as this node saw it last.
    pub(crate) fn log_head_file(&self) -> PathBuf {
        self.data_dir.join("log-head")
    }

    pub(crate) fn control_socket(&self) -> PathBuf {
        self.data_dir.join("control.sock")
    }

    /// The master key's file: the one that was named, or in dev the data directory's own.
    pub(crate) fn master_key_path(&self) -> PathBuf {
        self.master_key_file.clone().unwrap_or_else(|| self.data_dir.join("master.key"))
    }
}

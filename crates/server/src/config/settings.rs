//! The settings as they are written: the same names as flags, variables and keys of the file.

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// What can be set. Nothing is required.
#[derive(Debug, Default, Clone, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Settings {
    /// A TOML file with any of these settings, by the same names
    #[arg(long, env = "SIGNET_CONFIG", value_name = "FILE", global = true)]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,

    /// Address and port to listen on, or several with commas between [default: 127.0.0.1:8080]
    #[arg(long, env = "SIGNET_LISTEN", value_name = "ADDRESS", global = true)]
    pub(crate) listen: Option<String>,

    /// Where users reach Signet [default: http://localhost:PORT]
    #[arg(long, env = "SIGNET_PUBLIC_URL", value_name = "URL", global = true)]
    pub(crate) public_url: Option<String>,

    /// Where the store and the keys are kept [default: ./data]
    #[arg(long, env = "SIGNET_DATA_DIR", value_name = "DIRECTORY", global = true)]
    pub(crate) data_dir: Option<PathBuf>,

    /// A postgres:// URL, instead of the embedded store
    #[arg(long, env = "SIGNET_DATABASE_URL", value_name = "URL", hide_env_values = true, global = true)]
    pub(crate) database_url: Option<String>,

    /// Most connections to PostgreSQL [default: 16]
    #[arg(long, env = "SIGNET_DATABASE_CONNECTIONS", value_name = "NUMBER", global = true)]
    pub(crate) database_connections: Option<u32>,

    /// A redis:// or rediss:// URL, for rate policies that count there
    #[arg(long, env = "SIGNET_REDIS_URL", value_name = "URL", hide_env_values = true, global = true)]
    pub(crate) redis_url: Option<String>,

    /// Most milliseconds that a request waits for Redis [default: 50]
    #[arg(long, env = "SIGNET_REDIS_WAIT_MS", value_name = "MILLISECONDS", global = true)]
    pub(crate) redis_wait_ms: Option<u64>,

    /// The file of the master key (`signet key new` makes one)
    #[arg(long, env = "SIGNET_MASTER_KEY_FILE", value_name = "FILE", global = true)]
    pub(crate) master_key_file: Option<PathBuf>,

    /// Networks whose X-Forwarded-For is believed, with commas between
    #[arg(long, env = "SIGNET_TRUSTED_PROXIES", value_name = "CIDR", global = true)]
    pub(crate) trusted_proxies: Option<String>,

    /// In dev: connections are TLS, with certificates of an authority made in the data directory
    #[arg(
        long,
        env = "SIGNET_TLS",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        global = true
    )]
    pub(crate) tls: Option<bool>,

    /// Certificate chain in PEM, read again when it changes; with --tls-key connections are TLS
    #[arg(long, env = "SIGNET_TLS_CERT", value_name = "FILE", global = true)]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Private key of the certificate in PEM
    #[arg(long, env = "SIGNET_TLS_KEY", value_name = "FILE", global = true)]
    pub(crate) tls_key: Option<PathBuf>,

    /// Host of the operator's pages [default: 127.0.0.1:PORT in dev, none in serve]
    #[arg(long, env = "SIGNET_OPERATOR_HOST", value_name = "HOST", global = true)]
    pub(crate) operator_host: Option<String>,

    /// Most connections at a time [default: 10000]
    #[arg(long, env = "SIGNET_CONNECTIONS", value_name = "NUMBER", global = true)]
    pub(crate) connections: Option<usize>,

    /// Memory of a password hash in KiB [default: 19456]
    #[arg(long, env = "SIGNET_PASSWORD_MEMORY_KIB", value_name = "KIB", global = true)]
    pub(crate) password_memory_kib: Option<u32>,

    /// Passes of a password hash [default: 2]
    #[arg(long, env = "SIGNET_PASSWORD_PASSES", value_name = "NUMBER", global = true)]
    pub(crate) password_passes: Option<u32>,

    /// Lanes of a password hash [default: 1]
    #[arg(long, env = "SIGNET_PASSWORD_LANES", value_name = "NUMBER", global = true)]
    pub(crate) password_lanes: Option<u32>,

    /// Address and port where Prometheus finds metrics; never the one that users reach [default: none]
    #[arg(long, env = "SIGNET_METRICS_LISTEN", value_name = "ADDRESS", global = true)]
    pub(crate) metrics_listen: Option<String>,

    /// An OpenTelemetry collector that traces are sent to as OTLP over HTTP, such as http://localhost:4318
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL", global = true)]
    pub(crate) otlp_endpoint: Option<String>,

    /// Threads that hash passwords [default: one a core]
    #[arg(long, env = "SIGNET_HASH_THREADS", value_name = "NUMBER", global = true)]
    pub(crate) hash_threads: Option<usize>,
}

/// Variables that are not settings.
const OTHER_VARIABLES: &[&str] = &["SIGNET_LOG"];

/// Variables of the tests, which a shell may have exported.
const TEST_VARIABLES: &str = "SIGNET_TEST_";

impl Settings {
    /// Reads a file.
    pub(crate) fn read(file: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(file)
            .map_err(|e| format!("the configuration file {} can't be read: {e}", file.display()))?;
        toml::from_str(&text).map_err(|e| {
            let line = e.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            format!("{}, line {line}: {}", file.display(), e.message().trim_end())
        })
    }

    /// Refuses variables that begin like Signet's and are none of them.
    pub(crate) fn check_variables(known: &[String]) -> Result<(), String> {
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            let ours = name.starts_with("SIGNET_") && !name.starts_with(TEST_VARIABLES);
            if ours && !OTHER_VARIABLES.contains(&&*name) && !known.iter().any(|k| *k == name) {
                return Err(format!(
                    "the variable {name} is none of Signet's settings: unset it, or see `signet --help`"
                ));
            }
        }
        Ok(())
    }

    /// These settings, completed by those of another source.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            config: self.config.or(other.config),
            listen: self.listen.or(other.listen),
            public_url: self.public_url.or(other.public_url),
            data_dir: self.data_dir.or(other.data_dir),
            database_url: self.database_url.or(other.database_url),
            database_connections: self.database_connections.or(other.database_connections),
            redis_url: self.redis_url.or(other.redis_url),
            redis_wait_ms: self.redis_wait_ms.or(other.redis_wait_ms),
            master_key_file: self.master_key_file.or(other.master_key_file),
            trusted_proxies: self.trusted_proxies.or(other.trusted_proxies),
            tls: self.tls.or(other.tls),
            tls_cert: self.tls_cert.or(other.tls_cert),
            tls_key: self.tls_key.or(other.tls_key),
            operator_host: self.operator_host.or(other.operator_host),
            connections: self.connections.or(other.connections),
            password_memory_kib: self.password_memory_kib.or(other.password_memory_kib),
            password_passes: self.password_passes.or(other.password_passes),
            password_lanes: self.password_lanes.or(other.password_lanes),
            metrics_listen: self.metrics_listen.or(other.metrics_listen),
            otlp_endpoint: self.otlp_endpoint.or(other.otlp_endpoint),
            hash_threads: self.hash_threads.or(other.hash_threads),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused() {
        let error = toml::from_str::<Settings>("listen = \"127.0.0.1:1\"\nthrottle = 5\n").unwrap_err();
        assert!(error.to_string().contains("throttle"), "{error}");
    }

    #[test]
    fn keys_are_named_like_flags() {
        let settings: Settings = toml::from_str("public-url = \"https://x\"\nhash-threads = 3\n").unwrap();
        assert_eq!(settings.public_url.as_deref(), Some("https://x"));
        assert_eq!(settings.hash_threads, Some(3));
    }
}

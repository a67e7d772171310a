//! The effective configuration as TOML, without secrets.

use super::{Config, Tls};
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Shown {
    listen: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_url: Option<String>,
    data_dir: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    database_url: Option<String>,
    database_connections: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    redis_url: Option<String>,
    redis_wait_ms: u64,
    master_key_file: String,
    trusted_proxies: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_cert: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator_host: Option<String>,
    connections: usize,
    password_memory_kib: u32,
    password_passes: u32,
    password_lanes: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics_listen: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    otlp_endpoint: Option<String>,
    hash_threads: usize,
}

impl Config {
    /// As a TOML file that could be given to `--config`, but for masked passwords.
    pub(crate) fn to_toml(&self) -> String {
        let path = |path: &Path| path.display().to_string();
        let files = match &self.tls {
            Some(Tls::Files(files)) => Some(files),
            _ => None,
        };
        let shown = Shown {
            listen: self.listen.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
            public_url: self.public_url.as_ref().map(ToString::to_string),
            data_dir: path(&self.data_dir),
            database_url: self.database_url.as_ref().map(|url| masked_url(&url.0)),
            database_connections: self.database_connections,
            redis_url: self.redis_url.as_ref().map(|url| masked_url(&url.0)),
            redis_wait_ms: self.redis_wait_ms,
            master_key_file: path(&self.master_key_path()),
            trusted_proxies: self
                .trusted_proxies
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(","),
            tls: matches!(self.tls, Some(Tls::Local)).then_some(true),
            tls_cert: files.map(|files| path(&files.cert)),
            tls_key: files.map(|files| path(&files.key)),
            operator_host: self.operator_host.clone(),
            connections: self.connections,
            password_memory_kib: self.password_cost.memory_kib,
            password_passes: self.password_cost.passes,
            password_lanes: self.password_cost.lanes,
            metrics_listen: self.metrics_listen.map(|address| address.to_string()),
            otlp_endpoint: self.otlp_endpoint.as_ref().map(ToString::to_string),
            hash_threads: self.hash_threads,
        };
        toml::to_string(&shown).unwrap_or_default()
    }
}

/// The URL with its password and its parameters (which may hold one) masked.
pub(super) fn masked_url(url: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, ""), |(base, _)| (base, "?***"));
    let Some((scheme, rest)) = base.split_once("://") else { return "***".to_owned() };
    let Some((user, place)) = rest.rsplit_once('@') else { return format!("{scheme}://{rest}{query}") };
    let user = user.split_once(':').map_or(user.to_owned(), |(name, _)| format!("{name}:***"));
    format!("{scheme}://{user}@{place}{query}")
}

#[cfg(test)]
mod tests {
    use super::masked_url;

    #[test]
    fn passwords_are_masked() {
        assert_eq!(masked_url("postgres://u:p@ss@h/db?password=x"), "postgres://u:***@h/db?***");
        assert_eq!(masked_url("postgres://h/db"), "postgres://h/db");
    }
}

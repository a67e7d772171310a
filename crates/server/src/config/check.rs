//! From what was written to what is meant. Every error is one sentence with the fix.

use super::{Collector, Config, DatabaseUrl, Mode, Network, RedisUrl, Settings, Tls, TlsFiles};
use signet_idp::Settings as IdpSettings;
use signet_idp::password::Cost;
use signet_idp::tenants::{BaseUrl, split_authority};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

const DEFAULT_PORT: u16 = 8080;

/// The least work of a password hash in production: memory times passes of the weakest that OWASP names.
const LEAST_HASH_WORK: u32 = 7_168 * 5;

/// Completes the settings from the file they name, and checks them.
pub(crate) fn load(settings: Settings, mode: Mode) -> Result<Config, String> {
    let settings = match settings.config.clone() {
        Some(file) => settings.or(Settings::read(&file)?),
        None => settings,
    };
    let tls = tls(&settings, mode)?;
    let listen = listen(&settings, mode)?;
    let port = listen.first().map_or(DEFAULT_PORT, SocketAddr::port);
    let public_url = public_url(&settings, mode, port, tls.is_some())?;
    if matches!(tls, Some(Tls::Local)) {
        local_tls(public_url.as_ref())?;
    }
    let operator_host = operator_host(&settings, mode, port, public_url.as_ref())?;
    let config = Config {
        mode,
        listen,
        public_url,
        data_dir: settings.data_dir.clone().unwrap_or_else(|| "data".into()),
        database_url: database_url(&settings)?,
        database_connections: at_least(
            "database-connections",
            settings.database_connections.unwrap_or(16),
            2,
        )?,
        redis_url: redis_url(&settings)?,
        redis_wait_ms: redis_wait_ms(&settings)?,
        master_key_file: settings.master_key_file.clone(),
        trusted_proxies: trusted_proxies(&settings)?,
        tls,
        operator_host,
        connections: at_least("connections", settings.connections.unwrap_or(10_000), 1)?,
        password_cost: password_cost(&settings, mode)?,
        metrics_listen: metrics_listen(&settings)?,
        otlp_endpoint: otlp_endpoint(&settings)?,
        hash_threads: at_least(
            "hash-threads",
            settings.hash_threads.unwrap_or(IdpSettings::default().hash_threads),
            1,
        )?,
    };
    Ok(config)
}

fn at_least<N: PartialOrd + std::fmt::Display>(name: &str, value: N, least: N) -> Result<N, String> {
    if value < least { Err(format!("--{name} must be at least {least}, not {value}")) } else { Ok(value) }
}

fn listen(settings: &Settings, mode: Mode) -> Result<Vec<SocketAddr>, String> {
    let default = format!("127.0.0.1:{DEFAULT_PORT}");
    let text = settings.listen.as_deref().unwrap_or(&default);
    let mut addresses = Vec::new();
    for part in text.split(',') {
        let address: SocketAddr = part.trim().parse().map_err(|_| {
            format!("--listen {part:?} is no address with a port: write it like 127.0.0.1:8080 or [::]:8080")
        })?;
        if address.port() == 0 {
            return Err(format!("--listen {part:?} has port 0: name the port"));
        }
        addresses.push(address);
    }
    if mode == Mode::Dev {
        return both_loopbacks(&addresses);
    }
    Ok(addresses)
}

/// `localhost` is two addresses, and a browser may take either.
fn both_loopbacks(addresses: &[SocketAddr]) -> Result<Vec<SocketAddr>, String> {
    let mut both = Vec::new();
    for address in addresses {
        if !address.ip().is_loopback() {
            return Err(format!(
                "dev listens on this machine only: use 127.0.0.1:{}, or `signet serve` for {address}",
                address.port()
            ));
        }
        for ip in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
            let address = SocketAddr::new(ip, address.port());
            if !both.contains(&address) {
                both.push(address);
            }
        }
    }
    Ok(both)
}

fn public_url(settings: &Settings, mode: Mode, port: u16, tls: bool) -> Result<Option<BaseUrl>, String> {
    let Some(text) = settings.public_url.as_deref() else {
        if mode != Mode::Dev {
            return Ok(None);
        }
        let scheme = if tls { "https" } else { "http" };
        return BaseUrl::parse(&format!("{scheme}://localhost:{port}")).map(Some);
    };
    let url = BaseUrl::parse(text).map_err(|e| format!("--public-url {e}"))?;
    if !url.is_https() && !url.is_loopback() {
        return Err(format!(
            "--public-url {url} is plain http on a host that isn't this machine: use https (with --tls-cert \
             and --tls-key, or behind a proxy that speaks TLS)"
        ));
    }
    Ok(Some(url))
}

fn operator_host(
    settings: &Settings,
    mode: Mode,
    port: u16,
    public_url: Option<&BaseUrl>,
) -> Result<Option<String>, String> {
    let public = public_url.map(BaseUrl::host);
    let Some(text) = settings.operator_host.as_deref() else {
        if mode != Mode::Dev {
            return Ok(None);
        }
        let host = format!("127.0.0.1:{port}");
        let taken = public.as_deref() == Some(host.as_str());
        return Ok(Some(if taken { format!("localhost:{port}") } else { host }));
    };
    let host = text.to_ascii_lowercase();
    if split_authority(&host).is_none() {
        return Err(format!("--operator-host {text:?} is no host: write it like operator.example.com"));
    }
    if public.as_deref() == Some(host.as_str()) {
        return Err(format!(
            "--operator-host {host} is the public URL's host: give the operator another one"
        ));
    }
    Ok(Some(host))
}

fn metrics_listen(settings: &Settings) -> Result<Option<SocketAddr>, String> {
    let Some(text) = settings.metrics_listen.as_deref() else { return Ok(None) };
    let wrong =
        || format!("--metrics-listen {text:?} is no address with a port: write it like 127.0.0.1:9464");
    let address: SocketAddr = text.trim().parse().map_err(|_| wrong())?;
    if address.port() == 0 { Err(wrong()) } else { Ok(Some(address)) }
}

/// An empty one is none: a composed environment can't leave a variable out.
fn otlp_endpoint(settings: &Settings) -> Result<Option<Collector>, String> {
    settings.otlp_endpoint.as_deref().filter(|text| !text.is_empty()).map(Collector::parse).transpose()
}

fn tls(settings: &Settings, mode: Mode) -> Result<Option<Tls>, String> {
    let local = settings.tls.unwrap_or(false);
    match (settings.tls_cert.clone(), settings.tls_key.clone()) {
        (Some(_), Some(_)) if local => {
            Err("--tls makes its own certificate: give it, or --tls-cert and --tls-key".into())
        }
        (Some(cert), Some(key)) => Ok(Some(Tls::Files(TlsFiles { cert, key }))),
        (None, None) if local && mode == Mode::Serve => {
            Err("--tls is for dev: give serve --tls-cert and --tls-key".into())
        }
        // A command beside the server takes no connections.
        (None, None) => Ok((local && mode == Mode::Dev).then_some(Tls::Local)),
        (Some(_), None) => Err("--tls-cert needs --tls-key, the file of its private key".into()),
        (None, Some(_)) => Err("--tls-key needs --tls-cert, the file of its certificate".into()),
    }
}

fn local_tls(public_url: Option<&BaseUrl>) -> Result<(), String> {
    let Some(url) = public_url else { return Ok(()) };
    if !url.is_loopback() {
        return Err(format!(
            "--tls makes certificates for localhost only, not for {url}: give --tls-cert and --tls-key"
        ));
    }
    if !url.is_https() {
        return Err(format!("--public-url {url} is plain http, and --tls speaks TLS: write https"));
    }
    Ok(())
}

fn database_url(settings: &Settings) -> Result<Option<DatabaseUrl>, String> {
    let Some(url) = settings.database_url.clone() else { return Ok(None) };
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        let fix =
            "write it like postgres://user:password@host/database, or leave it out for the embedded store";
        return Err(format!("--database-url does not begin with postgres://: {fix}"));
    }
    Ok(Some(DatabaseUrl(url)))
}

fn redis_url(settings: &Settings) -> Result<Option<RedisUrl>, String> {
    let Some(url) = settings.redis_url.clone() else { return Ok(None) };
    if !url.starts_with("redis://") && !url.starts_with("rediss://") {
        let fix = "write it like redis://:password@host:6379/0, or rediss:// for TLS";
        return Err(format!("--redis-url does not begin with redis://: {fix}"));
    }
    Ok(Some(RedisUrl(url)))
}

fn redis_wait_ms(settings: &Settings) -> Result<u64, String> {
    let wait = at_least("redis-wait-ms", settings.redis_wait_ms.unwrap_or(50), 1)?;
    // Every request of a policy may wait this long before it is known that Redis is gone.
    if wait > 1_000 { Err(format!("--redis-wait-ms must be at most 1000, not {wait}")) } else { Ok(wait) }
}

fn trusted_proxies(settings: &Settings) -> Result<Vec<Network>, String> {
    let text = settings.trusted_proxies.as_deref().unwrap_or_default();
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let network = |part: &str| {
        let wrong = || format!("--trusted-proxies {part:?} is no network: write it like 10.0.0.0/8");
        Network::parse(part).ok_or_else(wrong)
    };
    parts.map(network).collect()
}

fn password_cost(settings: &Settings, mode: Mode) -> Result<Cost, String> {
    let usual = Cost::default();
    let cost = Cost {
        memory_kib: settings.password_memory_kib.unwrap_or(usual.memory_kib),
        passes: at_least("password-passes", settings.password_passes.unwrap_or(usual.passes), 1)?,
        lanes: at_least("password-lanes", settings.password_lanes.unwrap_or(usual.lanes), 1)?,
    };
    at_least("password-memory-kib", cost.memory_kib, cost.lanes.saturating_mul(8))?;
    if cost.memory_kib > 1 << 21 {
        return Err("--password-memory-kib must be at most 2097152 (2 GiB)".into());
    }
    let work = cost.memory_kib.saturating_mul(cost.passes);
    if mode == Mode::Serve && (work < LEAST_HASH_WORK || cost.memory_kib < 7_168) {
        return Err("the password hash is too cheap for serve: use --password-memory-kib 19456 and \
                    --password-passes 2, or more"
            .into());
    }
    Ok(cost)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dev(toml: &str) -> Result<Config, String> {
        load(toml::from_str(toml).unwrap(), Mode::Dev)
    }

    #[test]
    fn dev_needs_nothing() {
        let config = dev("").unwrap();
        assert_eq!(config.listen.len(), 2);
        assert_eq!(config.public_url.unwrap().to_string(), "http://localhost:8080");
        assert_eq!(config.operator_host.as_deref(), Some("127.0.0.1:8080"));
    }

    #[test]
    fn dev_over_tls_needs_nothing_more() {
        let config = dev("tls = true").unwrap();
        assert!(matches!(config.tls, Some(Tls::Local)));
        assert_eq!(config.public_url.as_ref().unwrap().to_string(), "https://localhost:8080");
        assert!(!config.pins_https(), "other programs of this machine are plain http");
        let settings: Settings = toml::from_str("tls = true").unwrap();
        assert!(load(settings.clone(), Mode::Serve).unwrap_err().contains("--tls-cert"));
        assert!(load(settings, Mode::Tool).unwrap().tls.is_none());
    }

    #[test]
    fn browsers_are_pinned_to_https_where_the_name_is_ours_alone() {
        for (toml, mode, wanted) in [
            ("public-url = \"https://id.example.com\"", Mode::Serve, true),
            ("public-url = \"https://localhost:8443\"", Mode::Serve, false),
            ("public-url = \"http://localhost:8080\"", Mode::Serve, false),
            ("public-url = \"https://id.example.com\"", Mode::Dev, false),
        ] {
            let config = load(toml::from_str(toml).unwrap(), mode).unwrap();
            assert_eq!(config.pins_https(), wanted, "{toml} {mode:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_a_sentence() {
        for (toml, word) in [
            ("listen = \"8080\"", "127.0.0.1:8080"),
            ("listen = \"0.0.0.0:8080\"", "serve"),
            ("public-url = \"http://example.com\"", "https"),
            ("public-url = \"http://localhost:8080/x\"", "after its host"),
            ("tls-cert = \"x\"", "--tls-key"),
            ("tls = true\ntls-cert = \"x\"\ntls-key = \"y\"", "its own"),
            ("tls = true\npublic-url = \"https://example.com\"", "localhost only"),
            ("tls = true\npublic-url = \"http://localhost:8080\"", "write https"),
            ("database-url = \"mysql://x\"", "postgres://"),
            ("redis-url = \"localhost:6379\"", "redis://"),
            ("redis-wait-ms = 0", "at least 1"),
            ("redis-wait-ms = 5000", "at most 1000"),
            ("trusted-proxies = \"10.0.0.0/40\"", "10.0.0.0/8"),
            ("connections = 0", "at least 1"),
            ("metrics-listen = \"9464\"", "127.0.0.1:9464"),
            ("otlp-endpoint = \"https://collector\"", "http://"),
            ("otlp-endpoint = \"http://user@collector\"", "http://"),
            ("operator-host = \"localhost:8080\"", "another"),
        ] {
            let error = dev(toml).unwrap_err();
            assert!(error.contains(word), "{toml}: {error}");
        }
    }

    #[test]
    fn serve_refuses_a_cheap_hash() {
        let settings = toml::from_str("password-memory-kib = 64").unwrap();
        assert!(load(settings, Mode::Serve).unwrap_err().contains("too cheap"));
    }
}

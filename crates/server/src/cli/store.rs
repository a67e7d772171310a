//! Opening the store that a configuration names.

use super::files;
use crate::config::Config;
use crate::outbound;
use signet_domain::Clock;
use signet_idp::secrets::MasterKey;
use signet_idp::{Idp, Settings};
use signet_limits::redis::{Health, Redis};
use signet_store::{Options, Store, StoreError};
use std::time::Duration;

/// Opens the store.
pub(super) async fn open(config: &Config, create: bool) -> Result<(Store, Clock), String> {
    if create && config.database_url.is_none() {
        // SQLite's other files take the mode of this one.
        files::make_private(&config.store_file())?;
    }
    let options = match &config.database_url {
        Some(url) => Options::Postgres { url: url.0.clone(), connections: config.database_connections },
        None => Options::Sqlite { path: config.store_file(), create },
    };
    let clock = clock();
    let store = Store::open(&options, clock.clone()).await.map_err(|e| explain(config, e))?;
    Ok((store, clock))
}

/// Starts the identity provider on it.
pub(super) async fn start(
    config: &Config,
    (store, clock): (Store, Clock),
    master: MasterKey,
    public_url: &str,
) -> Result<Idp, String> {
    let redis = redis(config).await?;
    let settings = Settings {
        redis,
        fetch: Some(outbound::client(config)?),
        password_cost: config.password_cost,
        hash_threads: config.hash_threads,
        hash_queue: config.hash_threads.saturating_mul(64),
        ..Settings::default()
    };
    Idp::start(store, clock, master, public_url, &settings).await.map_err(|e| format!("can't start: {e}"))
}

/// Connects to Redis if there is one. It may be away: what counts there falls back until it is well.
async fn redis(config: &Config) -> Result<Option<Redis>, String> {
    let Some(url) = &config.redis_url else { return Ok(None) };
    let wait = Duration::from_millis(config.redis_wait_ms);
    let redis = Redis::start(&url.0, wait).await.map_err(|error| format!("--redis-url: {error}"))?;
    if let Health::Ill(why) = &*redis.health().borrow() {
        tracing::warn!(why, "Redis can't be used yet: rate policies that count there count on this node");
    }
    Ok(Some(redis))
}

fn explain(config: &Config, error: StoreError) -> String {
    match error {
        StoreError::InUse(_) => format!(
            "the store {} is in use by another signet: stop that one, or choose another --data-dir",
            config.store_file().display()
        ),
        StoreError::Unavailable(what) if config.database_url.is_some() => {
            format!("the database can't be reached ({what}): check --database-url")
        }
        other => other.to_string(),
    }
}

#[cfg(feature = "test-clock")]
fn clock() -> Clock {
    Clock::shifted()
}

#[cfg(not(feature = "test-clock"))]
fn clock() -> Clock {
    Clock::following()
}

//! `signet serve`: production, which takes nothing for granted.

use super::{files, key, run, store};
use crate::config::Config;
use crate::{App, control, seed, telemetry};
use signet_idp::tenants::BaseUrl;
use signet_store::Store;

/// Runs it.
pub(super) fn start(config: Config) -> Result<(), String> {
    if config.master_key_file.is_none() {
        return Err(
            "serve needs --master-key-file: make one with `(umask 077; signet key new > master.key)`".into(),
        );
    }
    telemetry::start(&config)?;
    files::data_dir(&config.data_dir)?;
    control::refuse_another(&config)?;
    run::block_on(async move {
        let doors = run::open(&config, " serve")?;
        let app = prepare(config).await?;
        tracing::info!(url = app.config().public_url.as_ref().map(ToString::to_string), "ready");
        run::until_stopped(app, doors).await
    })
}

async fn prepare(mut config: Config) -> Result<App, String> {
    if config.database_url.is_none() && !config.store_file().exists() {
        return Err(format!(
            "there is no store at {}: check --data-dir, or make a new store with `signet migrate`",
            config.store_file().display()
        ));
    }
    let master = key::load(&config)?;
    let opened = store::open(&config, false).await?;
    refuse_demo(&opened.0).await?;
    let url = public_url(&config, &opened.0).await?;
    let idp = store::start(&config, opened, master, &url.to_string()).await?;
    config.public_url = Some(url);
    Ok(App::new(idp, config))
}

async fn refuse_demo(store: &Store) -> Result<(), String> {
    if seed::is_present(store).await? {
        return Err("this store holds demo data: run `signet demo remove` first".into());
    }
    Ok(())
}

/// The stored URL, which a given one must equal.
pub(super) async fn public_url(config: &Config, store: &Store) -> Result<BaseUrl, String> {
    let stored = store.unscoped_deployment().await.map_err(|e| e.to_string())?;
    match (stored, &config.public_url) {
        (None, Some(given)) => Ok(given.clone()),
        (None, None) => Err("a new store needs --public-url, such as https://id.example.com".into()),
        (Some(stored), None) => {
            BaseUrl::parse(&stored.public_url).map_err(|e| format!("the stored public URL {e}"))
        }
        (Some(stored), Some(given)) if stored.public_url == given.to_string() => Ok(given.clone()),
        (Some(stored), Some(given)) => Err(format!(
            "this store was made for {}, not for {given}: give --public-url {}, or leave it out",
            stored.public_url, stored.public_url
        )),
    }
}

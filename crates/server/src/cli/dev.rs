//! `signet dev`: everything at once, on this machine.

use super::{files, key, run, store, ui};
use crate::config::Config;
use crate::seed::{self, Credentials};
use crate::{App, card, control, listen, telemetry};
use std::os::unix::fs::OpenOptionsExt;

/// Runs it.
pub(super) fn start(config: Config, reset: bool) -> Result<(), String> {
    telemetry::start(&config)?;
    files::data_dir(&config.data_dir)?;
    control::refuse_another(&config)?;
    run::block_on(async move {
        let doors = run::open(&config, "")?;
        if reset {
            start_over(&config)?;
        }
        let app = prepare(config).await?;
        run::until_stopped(app, doors).await
    })
}

async fn prepare(config: Config) -> Result<App, String> {
    let (Some(url), Some(operator)) = (config.public_url.clone(), config.operator_url()) else {
        return Err("dev needs --public-url and --operator-host".into());
    };
    // The key first: a store must not be left behind that no key opens.
    let master = key::load(&config)?;
    let opened = store::open(&config, true).await?;
    let idp = store::start(&config, opened, master, &url.to_string()).await?;
    let file = config.credentials_file();
    let made = seed::make(&idp, &url, &operator, &file).await?;
    let moved = seed::rehome(&idp, &url, &operator, &file).await?;
    if let Some(sentence) = moved {
        ui::say(&sentence)?;
    }
    let told = Credentials::read(&file)?;
    match told {
        Some(told) if made && ui::is_terminal() => {
            ui::say(&card::text(&told, listen::authority_of(&config, &told).as_deref()))?
        }
        Some(_) if ui::is_terminal() => {
            ui::say(&format!("Signet is running at {url}. `signet card` shows the logins."))?;
        }
        Some(_) => ui::say(&file.display().to_string())?,
        None => ui::say(&format!("Signet is running at {url}."))?,
    }
    Ok(App::new(idp, config))
}

/// Deletes the embedded store, after making sure that nobody uses it. The master key stays: it hurts nobody.
fn start_over(config: &Config) -> Result<(), String> {
    if config.database_url.is_some() {
        return Err("--reset deletes the embedded store only: drop the PostgreSQL database yourself".into());
    }
    let store = config.store_file();
    let lock = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(store.with_extension("lock"))
        .map_err(|e| format!("the store's lock can't be opened: {e}"))?;
    lock.try_lock()
        .map_err(|_| format!("a server runs on {}: stop it before --reset", config.data_dir.display()))?;
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut name = store.clone().into_os_string();
        name.push(ending);
        files::remove(name.as_ref())?;
    }
    files::remove(&config.log_head_file())?;
    files::remove(&config.credentials_file())
}

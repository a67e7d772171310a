//! Commands beside the server. They ask the one that runs on the store, or open the store themselves.

use super::{CreateTenant, files, key, serve, store, ui};
use crate::config::Config;
use crate::control::{self, Command};
use crate::seed::Credentials;
use crate::{card, listen};
use signet_idp::Idp;
use signet_idp::secrets::MasterKey;
use signet_idp::tenants::BaseUrl;
use signet_store::Engine;
use signet_store::nodes::LIVE_SECONDS;

/// Shows the card.
pub(super) fn card(config: &Config) -> Result<(), String> {
    let file = config.credentials_file();
    match Credentials::read(&file)? {
        Some(told) => ui::say(card::text(&told, listen::authority_of(config, &told).as_deref()).trim_end()),
        None => Err(format!(
            "there is no demo in {}: run `signet dev`, or name its --data-dir",
            config.data_dir.display()
        )),
    }
}

/// Makes a store or brings it up to date.
pub(super) async fn migrate(config: Config) -> Result<(), String> {
    files::data_dir(&config.data_dir)?;
    if control::ask(&config.control_socket(), &Command::Ping).await.is_some() {
        return ui::say("The running server has brought the store up to date.");
    }
    let (store, _) = store::open(&config, true).await?;
    store.close().await;
    ui::say("The store is up to date.")
}

/// Makes a store that came back from a backup safe to start on.
pub(super) async fn restored(config: Config) -> Result<(), String> {
    if control::ask(&config.control_socket(), &Command::Ping).await.is_some() {
        return Err(
            "a server runs on this store: stop every server, restore, and run this before they start".into(),
        );
    }
    let master = key::load(&config)?;
    let (store, clock) = store::open(&config, false).await?;
    let nodes = match store.engine() {
        // Its file has one process at a time: this one.
        Engine::Sqlite => 0,
        Engine::Postgres => store.unscoped_live_nodes().await.map_err(|e| e.to_string())?.len(),
    };
    if nodes > 0 {
        return Err(format!(
            "servers run on this database ({nodes} said so within {LIVE_SECONDS} seconds): stop every server, restore, \
             and run this before they start"
        ));
    }
    let epoch = store.unscoped_begin_epoch(clock.now()).await.map_err(|e| e.to_string())?;
    store.close().await;
    drop(store);
    // Opened again, it writes its events in the new epoch.
    let idp = started(&config, master).await?;
    let noted = idp.note_restore().await.map_err(|e| e.to_string());
    let forgotten = idp.forget_what_was_issued().await.map_err(|e| e.to_string());
    end(&idp).await;
    noted?;
    let tenants = forgotten?;
    ui::say(&format!(
        "Epoch {epoch} begins. Everything that {tenants} tenants had issued is refused: people sign in again."
    ))
}

/// Creates a tenant.
pub(super) async fn create_tenant(config: Config, new: CreateTenant) -> Result<(), String> {
    let url = BaseUrl::parse(&new.url).map_err(|e| format!("--url {e}"))?;
    let default_domain = new.default_domain.unwrap_or_else(|| {
        if url.is_address() || !url.name().contains('.') {
            format!("{}.test", new.name)
        } else {
            url.name().to_owned()
        }
    });
    let link = perform(
        config,
        Command::CreateTenant {
            name: new.name.clone(),
            display_name: new.display_name,
            url: url.to_string(),
            default_domain,
            admin_login: new.admin_login,
        },
    )
    .await?;
    ui::say(&format!(
        "Created the tenant {} at {url}.\nIts first administrator opens this link within 24 hours; it works once:\n{link}",
        new.name
    ))
}

/// Creates an operator.
pub(super) async fn create_operator(config: Config, login: String) -> Result<(), String> {
    let password = perform(config, Command::CreateOperator { login: login.clone() }).await?;
    ui::say(&format!("Created the operator {login}. The password is shown once:\n{password}"))
}

/// Removes the demo.
pub(super) async fn remove_demo(config: Config) -> Result<(), String> {
    let file = config.credentials_file();
    let gone = perform(config, Command::RemoveDemo).await?;
    files::remove(&file)?;
    let sentence = match gone.as_str() {
        "" => "There was no demo tenant.".to_owned(),
        gone => format!("Removed the demo's operator and its tenants: {}.", gone.replace(' ', ", ")),
    };
    ui::say(&sentence)
}

pub(super) async fn perform(config: Config, command: Command) -> Result<String, String> {
    if let Some(answer) = control::ask(&config.control_socket(), &command).await {
        return answer;
    }
    let idp = started(&config, key::load(&config)?).await?;
    let answer = control::perform(&idp, command).await;
    end(&idp).await;
    answer
}

/// The identity provider on a store that no server has open.
async fn started(config: &Config, master: MasterKey) -> Result<Idp, String> {
    let opened = store::open(config, false).await?;
    let url = serve::public_url(config, &opened.0).await?;
    store::start(config, opened, master, &url.to_string()).await
}

/// On PostgreSQL the command was a node, too.
async fn end(idp: &Idp) {
    idp.leave_nodes().await;
    idp.store().close().await;
}

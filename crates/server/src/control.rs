//! The control socket: how commands reach the server that holds the store. One line asks, one line answers.

use crate::App;
use crate::config::Config;
use crate::seed;
use serde::{Deserialize, Serialize};
use signet_idp::log_seals::Head;
use signet_idp::tenants::{NewTenant, no_request};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

/// The longest line.
const MOST_BYTES: u64 = 64 * 1024;

/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long it takes at most to read a whole log.
const A_DAY: Duration = Duration::from_secs(86_400);

/// What a command asks for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Command {
    /// Whether a server is there.
    Ping,
    /// Create a tenant; answers with the link of its first administrator.
    CreateTenant {
        name: String,
        display_name: String,
        url: String,
        default_domain: String,
        admin_login: Option<String>,
    },
    /// Create an operator; answers with the password.
    CreateOperator { login: String },
    /// Remove the demo; answers with what is gone.
    RemoveDemo,
    /// Check the log against its seals and these heads; answers with the report as JSON.
    VerifyLog { heads: Vec<String> },
}

impl Command {
    /// How long it may take.
    fn patience(&self) -> Duration {
        match self {
            Self::VerifyLog { .. } => A_DAY,
            _ => PATIENCE,
        }
    }
}

/// Carries out a command.
pub(crate) async fn perform(idp: &signet_idp::Idp, command: Command) -> Result<String, String> {
    let now = idp.clock().now();
    match command {
        Command::Ping => Ok("here".to_owned()),
        Command::CreateTenant { name, display_name, url, default_domain, admin_login } => {
            let new = NewTenant { name, display_name, url, default_domain, demo: false };
            let tenant =
                idp.create_tenant(new, now, &no_request(idp, now)).await.map_err(|e| e.to_string())?;
            let link = idp.make_setup_link(&tenant, admin_login.as_deref(), now).await;
            link.map_err(|e| format!("the tenant was made, but no link for its administrator: {e}"))
        }
        Command::CreateOperator { login } => {
            let password = idp.entropy().password();
            let row = seed::operator_row(idp, &login, &password, now).await.map_err(|e| e.to_string())?;
            match idp.store().unscoped_insert_operator(row).await {
                Ok(()) => Ok(password),
                Err(signet_store::StoreError::Conflict) => Err("there is an operator with this login".into()),
                Err(error) => Err(error.to_string()),
            }
        }
        Command::RemoveDemo => seed::remove(idp).await.map(|gone| gone.join(" ")),
        Command::VerifyLog { heads } => {
            let heads: Vec<Head> = heads.iter().filter_map(|head| Head::parse(head)).collect();
            let report = idp.check_log(&heads).await.map_err(|e| e.to_string())?;
            serde_json::to_string(&report).map_err(|e| e.to_string())
        }
    }
}

/// Asks the server of a data directory; `None` when none runs there.
pub(crate) async fn ask(socket: &Path, command: &Command) -> Option<Result<String, String>> {
    let stream = UnixStream::connect(socket).await.ok()?;
    let asked = tokio::time::timeout(command.patience(), exchange(stream, command)).await;
    Some(asked.unwrap_or_else(|_| Err("the running server does not answer on its control socket".into())))
}

async fn exchange(mut stream: UnixStream, command: &Command) -> Result<String, String> {
    let line = serde_json::to_string(command).map_err(|e| e.to_string())?;
    let lost = |e: std::io::Error| format!("the running server hung up on its control socket: {e}");
    stream.write_all(format!("{line}\n").as_bytes()).await.map_err(lost)?;
    let mut answer = String::new();
    BufReader::new(stream.take(MOST_BYTES)).read_line(&mut answer).await.map_err(lost)?;
    // What was asked may have nothing to say.
    match answer.trim_end_matches('\n').split_once(' ') {
        Some(("ok", text)) => Ok(text.to_owned()),
        Some(("error", text)) => Err(text.to_owned()),
        _ => Err("the running server does not understand: is it another version?".into()),
    }
}

/// Refuses a data directory that another server runs on. SQLite's lock does as much, but later; on PostgreSQL
/// nothing else does.
pub(crate) fn refuse_another(config: &Config) -> Result<(), String> {
    if std::os::unix::net::UnixStream::connect(config.control_socket()).is_ok() {
        return Err(format!(
            "another server runs on {}: stop it, or give this one its own --data-dir",
            config.data_dir.display()
        ));
    }
    Ok(())
}

/// Opens the socket, for its owner only, and answers on it until the runtime ends.
pub(crate) fn start(app: &App) -> Result<(), String> {
    let path = app.config().control_socket();
    let failed = |e: std::io::Error| {
        format!("the control socket {} can't be made ({e}): use a shorter --data-dir", path.display())
    };
    refuse_another(app.config())?;
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let listener = UnixListener::bind(&path).map_err(failed)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    tokio::spawn(listen(app.clone(), listener));
    Ok(())
}

async fn listen(app: App, listener: UnixListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let app = app.clone();
                tokio::spawn(answer(app, stream));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn answer(app: App, stream: UnixStream) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut read = BufReader::new(read.take(MOST_BYTES));
    tokio::time::timeout(PATIENCE, read.read_line(&mut line)).await??;
    let answer = match obey(&app, line.trim_end()).await {
        Ok(text) => format!("ok {text}\n"),
        Err(text) => format!("error {}\n", text.replace('\n', " ")),
    };
    tokio::time::timeout(PATIENCE, write.write_all(answer.as_bytes())).await?
}

async fn obey(app: &App, line: &str) -> Result<String, String> {
    #[cfg(feature = "test-clock")]
    if let Some(order) = line.strip_prefix("clock ") {
        return set_clock(app.idp().clock(), order);
    }
    #[cfg(feature = "test-clock")]
    if let Some(order) = line.strip_prefix("names ") {
        return crate::outbound::scripted::order(order);
    }
    let command: Command = serde_json::from_str(line).map_err(|_| "this command is unknown".to_owned())?;
    let (patience, late) = (command.patience(), "the running server is too busy: try again");
    tokio::time::timeout(patience, perform(app.idp(), command)).await.unwrap_or_else(|_| Err(late.into()))
}

/// `advance <µs>`, `set <µs>`, `freeze` or `skew <µs>`; answers with the new instant.
#[cfg(feature = "test-clock")]
fn set_clock(clock: &signet_domain::Clock, order: &str) -> Result<String, String> {
    use signet_domain::Time;
    let number = |text: &str| text.parse::<i64>().map_err(|_| format!("{text:?} is no number"));
    match order.split_once(' ') {
        Some(("advance", by)) => clock.set(Time(clock.now().0.saturating_add(number(by)?))),
        Some(("set", to)) => clock.set(Time(number(to)?)),
        Some(("skew", by)) => clock.skew(number(by)?),
        None if order == "freeze" => clock.freeze(),
        _ => return Err("the clock knows advance, set, freeze and skew".into()),
    }
    Ok(clock.now().0.to_string())
}

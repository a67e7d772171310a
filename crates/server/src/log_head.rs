//! The end of the log's chain, kept outside of the database: a file in each node's data directory.

use crate::App;
use crate::cli::files;
use crate::config::Config;
use signet_idp::log_seals::Head;
use std::io::ErrorKind;

/// The head that was written down; none where there is no file.
///
/// # Errors
/// When the file can't be read as one.
pub(crate) fn read(config: &Config) -> Result<Option<Head>, String> {
    let file = config.log_head_file();
    match std::fs::read_to_string(&file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{} can't be read: {error}", file.display())),
        Ok(text) => match Head::parse(&text) {
            Some(head) => Ok(Some(head)),
            None => {
                Err(format!("{} doesn't hold the head of a log: look into who changed it", file.display()))
            }
        },
    }
}

/// Has the chain go on from the head that was written down, and from no earlier one.
pub(crate) fn resume(app: &App) {
    if app.idp().is_new_store() {
        // What was written down was another store's.
        let _ = files::remove(&app.config().log_head_file());
        return;
    }
    match read(app.config()) {
        Ok(Some(head)) => app.idp().saw_log_head(head),
        Ok(None) => {}
        Err(error) => tracing::error!(error, "the log's head was not read"),
    }
}

/// Writes a head down, unless it was the last one written.
pub(crate) fn write(config: &Config, head: &Head) -> Result<(), String> {
    match read(config)? {
        Some(written) if written == *head => Ok(()),
        _ => files::replace(&config.log_head_file(), format!("{head}\n").as_bytes()),
    }
}

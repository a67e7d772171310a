//! What commands say to whoever typed them.

use std::io::{IsTerminal, Write};

/// Says something on standard output, with a line feed.
pub(crate) fn say(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    let said = writeln!(out, "{text}").and_then(|()| out.flush());
    match said {
        // Whoever listened has heard enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        said => said.map_err(|e| format!("can't write to standard output: {e}")),
    }
}

/// Says what went wrong.
pub(crate) fn complain(sentence: &str) {
    let _ = writeln!(std::io::stderr().lock(), "signet: {sentence}");
}

/// Whether a person reads standard output.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

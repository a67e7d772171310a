//! Master keys: 32 random bytes in base64.

use super::files;
use crate::config::{Config, Mode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signet_domain::Entropy;
use signet_idp::secrets::{KEY_BYTES, MasterKey};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const MAKE_ONE: &str = "make one with `(umask 077; signet key new > master.key)`";

/// A new key.
pub(super) fn generate() -> String {
    let mut bytes = [0; KEY_BYTES];
    Entropy::default().fill(&mut bytes);
    STANDARD.encode(bytes)
}

/// The key of this configuration. In dev one is made where none was named.
pub(super) fn load(config: &Config) -> Result<MasterKey, String> {
    let file = config.master_key_path();
    if config.master_key_file.is_none() && !file.exists() {
        match config.mode {
            Mode::Dev => make(config, &file)?,
            Mode::Serve | Mode::Tool => {
                return Err(format!(
                    "there is no master key: name its file with --master-key-file, or {MAKE_ONE}"
                ));
            }
        }
    }
    let bytes = std::fs::read(&file)
        .map_err(|e| format!("the master key {} can't be read ({e}): {MAKE_ONE}", file.display()))?;
    check_mode(&file)?;
    parse(&bytes)
        .map(MasterKey::new)
        .map_err(|what| format!("the master key {} {what}: {MAKE_ONE}", file.display()))
}

fn make(config: &Config, file: &Path) -> Result<(), String> {
    if config.database_url.is_none() && config.store_file().exists() {
        return Err(format!(
            "the store {} is there but its master key {} is not: bring the key back, or start over with \
             `signet dev --reset`",
            config.store_file().display(),
            file.display()
        ));
    }
    files::replace(file, format!("{}\n", generate()).as_bytes())
}

fn check_mode(file: &Path) -> Result<(), String> {
    let mode = std::fs::metadata(file).map_err(|e| format!("{}: {e}", file.display()))?.permissions().mode();
    if mode & 0o007 != 0 {
        return Err(format!(
            "everyone on this machine may read the master key {0}: run `chmod 600 {0}`",
            file.display()
        ));
    }
    Ok(())
}

fn parse(bytes: &[u8]) -> Result<[u8; KEY_BYTES], &'static str> {
    let decoded = match bytes.len() {
        KEY_BYTES => bytes.to_vec(),
        _ => STANDARD.decode(bytes.trim_ascii()).map_err(|_| "is neither 32 bytes nor their base64")?,
    };
    let key: [u8; KEY_BYTES] = decoded.try_into().map_err(|_| "is not 32 bytes long")?;
    if key.iter().all(|&byte| byte == key[0]) {
        return Err("is one byte over and over");
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_key_is_good() {
        assert!(parse(format!("{}\n", generate()).as_bytes()).is_ok());
        assert!(parse(b"0123456789abcdef0123456789abcdef").is_ok());
    }

    #[test]
    fn weak_keys_are_refused() {
        for weak in ["", "short", &STANDARD.encode([7; 32]), &STANDARD.encode([1; 16]), &"x".repeat(32)] {
            assert!(parse(weak.as_bytes()).is_err(), "{weak}");
        }
    }
}

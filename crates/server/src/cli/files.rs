//! Files with secrets: for their owner only, and whole or not at all.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Makes the data directory, for its owner only. One that is there stays as it is, unless others may write.
pub(crate) fn data_dir(dir: &Path) -> Result<(), String> {
    let failed = |e: std::io::Error| {
        format!("the data directory {} can't be made ({e}): choose another --data-dir", dir.display())
    };
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
    let mode = std::fs::metadata(dir).map_err(failed)?.permissions().mode();
    if mode & 0o022 != 0 {
        return Err(format!(
            "others may write to the data directory {0}: run `chmod 700 {0}`",
            dir.display()
        ));
    }
    Ok(())
}

/// Writes a file for its owner only; readers see the old one or the new one.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("{} can't be written: {e}", file.display());
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = file.with_file_name(name);
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).map_err(failed)?;
    out.write_all(bytes).and_then(|()| out.sync_all()).map_err(failed)?;
    std::fs::rename(&new, file).map_err(failed)
}

/// Makes a file for its owner only, unless it is there.
pub(crate) fn make_private(file: &Path) -> Result<(), String> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(format!("{} can't be made: {error}", file.display()))
        }
        _ => Ok(()),
    }
}

/// Removes a file, if it is there.
pub(crate) fn remove(file: &Path) -> Result<(), String> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(format!("{} can't be removed: {error}", file.display()))
        }
        _ => Ok(()),
    }
}

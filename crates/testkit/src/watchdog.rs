//! Ends what is still running when the test process is gone, however it went.
//!
//! A shell waits on a pipe that only this process holds. When the pipe closes, it kills every server that was
//! started and not yet ended, and removes their directories.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

const SCRIPT: &str = r#"
pids= dirs=
while read -r what value; do
  case $what in
    started) pids="$pids $value" ;;
    ended) kept=; for pid in $pids; do [ "$pid" = "$value" ] || kept="$kept $pid"; done; pids=$kept ;;
    directory) dirs="$dirs
$value" ;;
  esac
done
for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
echo "$dirs" | while read -r dir; do [ -n "$dir" ] && rm -rf -- "$dir"; done
"#;

fn tell(line: &str) {
    static SHELL: OnceLock<Mutex<Child>> = OnceLock::new();
    let shell = SHELL.get_or_init(|| {
        let child = Command::new("sh")
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell to watch over the servers");
        Mutex::new(child)
    });
    let mut shell = shell.lock().unwrap_or_else(PoisonError::into_inner);
    let pipe = shell.stdin.as_mut().expect("the watchdog's pipe");
    writeln!(pipe, "{line}").expect("the watchdog reads");
}

pub(crate) fn started(pid: u32) {
    tell(&format!("started {pid}"));
}

pub(crate) fn ended(pid: u32) {
    tell(&format!("ended {pid}"));
}

/// A directory that outlives every test in this process.
pub(crate) fn directory(path: &Path) {
    tell(&format!("directory {}", path.display()));
}

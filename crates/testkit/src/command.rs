//! The server's other commands, run beside it.

use std::path::Path;

use crate::TestApp;
use crate::process::server_command;

/// What came of a command.
#[derive(Debug)]
pub struct Said {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Said {
    /// Demands success; gives the standard output.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// Demands a refusal that is one line and says this.
    #[track_caller]
    pub fn refused(self, words: &str) {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert!(self.stderr.contains(words), "wanted “{words}”: {self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        assert_eq!(self.stderr.trim_end().lines().count(), 1, "one sentence: {self:?}");
    }
}

/// Runs a command of the server in a directory, with these variables and no others of its own.
pub async fn command(dir: &Path, args: &[&str], variables: &[(&str, &str)]) -> Said {
    let mut command = server_command();
    // Nothing but what a person would see.
    command.env_remove("RUST_LOG").current_dir(dir).args(args).envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().expect("the command starts"));
    let output = output.await.expect("the command's output");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

impl TestApp {
    /// Runs a command on this server's data directory, database and master key.
    pub async fn command(&self, args: &[&str]) -> Said {
        let dir = self.data_dir();
        let mut all = args.to_vec();
        all.extend(["--data-dir", dir.to_str().expect("a path in UTF-8")]);
        if let Some(url) = self.database_url() {
            all.extend(["--database-url", url]);
        }
        if let Some(file) = self.master_key_file() {
            all.extend(["--master-key-file", file.to_str().expect("a path in UTF-8")]);
        }
        command(dir, &all, &[]).await
    }
}

//! A page of docs/quickstarts, and the files in it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use signet_testkit::{App, tokio};
use tokio::process::{Child, Command};

/// Where the pages lie.
pub(crate) fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/quickstarts")
}

/// A page as it is read.
pub(crate) struct Page {
    name: String,
    text: String,
}

impl Page {
    /// Reads one.
    pub(crate) fn read(name: &str) -> Self {
        let file = pages().join(name);
        let text =
            std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self { name: name.to_owned(), text }
    }

    /// As it stands.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The fenced blocks: what stands behind the first fence, and what is inside.
    pub(crate) fn blocks(&self) -> Vec<(String, String)> {
        blocks(&self.text)
    }

    /// The blocks that are files.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let named = |(info, inside): (String, String)| Some((info.split_once(' ')?.1.to_owned(), inside));
        let files: Vec<_> = self.blocks().into_iter().filter_map(named).collect();
        assert!(!files.is_empty(), "{} has no files", self.name);
        files
    }

    /// The file of this name.
    pub(crate) fn file(&self, name: &str) -> String {
        let file = self.files().into_iter().find(|(known, _)| known == name);
        file.unwrap_or_else(|| panic!("{} has no {name}", self.name)).1
    }

    /// Writes all of them under a directory.
    pub(crate) fn write_into(&self, dir: &Path) {
        for (name, text) in self.files() {
            let file = dir.join(name);
            std::fs::create_dir_all(file.parent().expect("a directory")).expect("its directory");
            std::fs::write(file, text).expect("the file");
        }
    }
}

/// The fenced blocks of a Markdown text.
pub(crate) fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) => open = Some((info.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, inside))) => {
                inside.push_str(line);
                inside.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block without an end:\n{text}");
    blocks
}

/// The log's filter for the refreshes of an app.
pub(crate) fn refreshes(app: &App) -> String {
    let grant = r#"debugContext.debugData.grantType eq "refresh_token""#;
    format!(r#"eventType sw "app.oauth2.as.token.grant" and {grant} and actor.id eq "{}""#, app.client_id)
}

/// Starts a server and waits until it listens; it ends when the child is dropped.
pub(crate) async fn start(command: &mut Command, port: u16) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    for _ in 0..1_200 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return child;
        }
        if child.try_wait().expect("its state").is_some() {
            let output = child.wait_with_output().await.expect("its end");
            panic!("{command:?} ended:\n{}", String::from_utf8_lossy(&output.stderr));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{command:?} doesn't listen on port {port}");
}

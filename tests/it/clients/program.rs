//! Runs a client program and is its person with a browser.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use signet_testkit::{TestApp, Value, Visitor, serde_json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

use signet_testkit::tokio;

use crate::support::apps::Person;

/// Where `scripts/test` puts what the clients need.
pub(crate) fn installed() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/clients");
    std::env::var_os("SIGNET_TEST_CLIENTS").map_or(target, PathBuf::from)
}

/// Fails with what to do about it when something that should be installed isn't there.
#[track_caller]
pub(crate) fn need(path: &Path) {
    assert!(path.exists(), "{} isn't there: run ./scripts/test, which installs it", path.display());
}

/// A directory for one run, where programs for Node find the installed packages.
pub(crate) fn node_dir() -> TempDir {
    let home = installed().join("node");
    need(&home.join("node_modules"));
    tempfile::Builder::new().prefix("run-").tempdir_in(home).expect("a directory for the program")
}

/// The installed Python.
pub(crate) fn python() -> PathBuf {
    let python = installed().join("python/bin/python");
    need(&python);
    python
}

/// The checked-in programs of one language.
pub(crate) fn sources(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(language)
}

/// Runs a program of `tests/clients/node`; answers with its facts.
pub(crate) async fn run_node(app: &TestApp, name: &str, settings: &Value, person: &Person) -> Value {
    let dir = node_dir();
    for file in ["talk.mjs", name] {
        std::fs::copy(sources("node").join(file), dir.path().join(file)).expect("the program's copy");
    }
    let mut command = Command::new("node");
    command.arg(dir.path().join(name));
    if app.ca_pem().is_some() {
        command.env("NODE_EXTRA_CA_CERTS", ca_file(app, dir.path()));
    }
    converse(app, command, settings, person).await
}

/// Runs a program of `tests/clients/python`; answers with its facts.
pub(crate) async fn run_python(app: &TestApp, name: &str, settings: &Value, person: &Person) -> Value {
    let dir = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(python());
    command.arg("-I").arg(sources("python").join(name)).env("PYTHONDONTWRITEBYTECODE", "1");
    if app.ca_pem().is_some() {
        let file = ca_file(app, dir.path());
        command.env("SSL_CERT_FILE", &file).env("REQUESTS_CA_BUNDLE", &file);
    }
    converse(app, command, settings, person).await
}

fn ca_file(app: &TestApp, dir: &Path) -> PathBuf {
    let file = dir.join("ca.pem");
    std::fs::write(&file, app.ca_pem().expect("an app over TLS")).expect("the authority's file");
    file
}

/// Gives the program its settings, visits what it asks for as this person, and answers with its facts. Strings under
/// `secrets` in them must not turn up in what the server wrote.
async fn converse(app: &TestApp, mut command: Command, settings: &Value, person: &Person) -> Value {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("its input");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut stderr = child.stderr.take().expect("its errors");
    let complaints = tokio::spawn(async move {
        let mut text = String::new();
        let _whole = stderr.read_to_string(&mut text).await;
        text
    });
    let visitor = app.acme().visitor();
    let mut facts = None;
    // A program that has ended doesn't read; what it said is shown below.
    let _gone = stdin.write_all(format!("{settings}\n").as_bytes()).await;
    while let Some(line) = lines.next_line().await.expect("its output") {
        let Ok(said) = serde_json::from_str::<Value>(&line) else { panic!("not JSON: {line}") };
        if let Some(url) = said["visit"].as_str() {
            let end = visit(&visitor, url, person).await;
            let _gone = stdin.write_all(format!("{}\n", Value::from(end)).as_bytes()).await;
        } else {
            facts = Some(said["facts"].clone());
        }
    }
    let status = child.wait().await.expect("its end");
    let complaints = complaints.await.expect("its errors");
    assert!(status.success(), "{command:?} ended with {status}:\n{complaints}");
    let facts = facts.unwrap_or_else(|| panic!("{command:?} told no facts:\n{complaints}"));
    for secret in facts["secrets"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        app.canaries().add(secret);
    }
    facts
}

/// Opens an address, signs in and agrees where that is asked, and answers with the address where it ends: a page of
/// Signet's, or one that isn't Signet's.
pub(crate) async fn visit(visitor: &Visitor, url: &str, person: &Person) -> String {
    let mut reply = visitor.open(url).await;
    for _ in 0..3 {
        if reply.is_redirect() {
            return reply.location().to_string();
        }
        let page = reply.page();
        reply = if page.sign_in_form().is_some() {
            visitor.sign_in(&reply, &person.login, &person.password).await
        } else if page.consent_form().is_some() {
            visitor.approve(&reply).await
        } else {
            break;
        };
    }
    assert!(!reply.is_redirect() && reply.status == 200, "{url} leads nowhere: {}", reply.describe());
    reply.url.to_string()
}

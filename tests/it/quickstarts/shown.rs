//! What the console shows of an app, run as it stands: the app's own values are in it, and the reader puts in the secret.

use std::path::Path;
use std::process::Stdio;

use signet_testkit::{Engine, Shared, TestApp, Value, run, serde_json, set_binary};
use tempfile::TempDir;
use tokio::process::Command;

use signet_testkit::tokio;

use super::page::start;
use crate::clients::program::python;
use crate::support::apps::{Made, NewApp};
use crate::support::desk::Desk;

/// What stands where the secret belongs.
const SECRET: &str = "the secret that was shown when it was made";

/// The titles of the steps that an app's page shows, and what is below each.
async fn steps(desk: &Desk, app: &Made, with: &str) -> Vec<(String, String)> {
    let page = desk.page(&format!("/console/apps/{}/start?with={with}", app.id)).await.page();
    let (titles, codes) = (page.all(".step h3"), page.attributes(".step [data-copy]", "data-copy"));
    assert_eq!(titles.len(), codes.len(), "{with}");
    titles.into_iter().zip(codes).collect()
}

fn bash(script: &str, dir: &Path) -> Command {
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]).current_dir(dir).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn sqlite(body: impl AsyncFnOnce(Shared)) {
    set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
    run(Engine::Sqlite, |engine| async move { body(TestApp::shared(engine).await).await });
}

/// Writes the files, and answers with the commands that run them: what is installed before is there already.
fn unpack(steps: &[(String, String)], secret: &str) -> (TempDir, Vec<String>) {
    let dir = tempfile::tempdir().expect("a directory");
    let mut commands = Vec::new();
    for (title, code) in steps {
        if Path::new(title).extension().is_some() {
            std::fs::write(dir.path().join(title), code).expect("the file");
        } else {
            let last = code.lines().last().expect("a line").replace(SECRET, secret);
            commands.push(last.replace(" python ", &format!(" {} -B ", python().display())));
        }
    }
    (dir, commands)
}

#[test]
fn a_service_and_its_api_run_as_the_console_shows_them() {
    sqlite(async |app| {
        let acme = app.acme();
        let desk = Desk::of(&acme).await;
        let service = NewApp::service().make(&acme).await;
        let steps = steps(&desk, &service, "service-python").await;
        let names: Vec<&str> = steps.iter().map(|(title, _)| title.as_str()).collect();
        assert_eq!((names.len(), names[1], names[3]), (4, "service.py", "api.py"), "{names:?}");
        let (dir, commands) = unpack(&steps, service.client_secret.as_deref().expect("a secret"));
        let port = signet_testkit::free_port();
        let mut api =
            bash(&format!("PORT={port} {}", commands[1].replace("ISSUER=", "exec env ISSUER=")), dir.path());
        let _api = start(&mut api, port).await;
        let script = format!("API=http://localhost:{port}/api/orders {}", commands[0]);
        let done = bash(&script, dir.path()).output().await.expect("bash");
        let said = String::from_utf8_lossy(&done.stdout);
        let answered = said.starts_with("200 ") && said.contains(&service.client_id);
        assert!(answered, "{said}\n{}", String::from_utf8_lossy(&done.stderr));
    });
}

#[test]
fn the_commands_of_a_service_run_as_the_console_shows_them() {
    sqlite(async |app| {
        let acme = app.acme();
        let desk = Desk::of(&acme).await;
        let service = NewApp::service().make(&acme).await;
        let dir = tempfile::tempdir().expect("a directory");
        let mut answers: Vec<Value> = Vec::new();
        for (title, code) in steps(&desk, &service, "curl").await {
            let mut command = bash(&code, dir.path());
            command.env("SECRET", service.client_secret.as_deref().expect("a secret"));
            if let Some(token) = answers.last().and_then(|answer| answer["access_token"].as_str()) {
                command.env("ACCESS_TOKEN", token);
            }
            let done = command.output().await.expect("bash");
            let said = String::from_utf8_lossy(&done.stdout).into_owned();
            answers.push(serde_json::from_str(&said).unwrap_or_else(|error| {
                panic!("{title}: {error}: {code}\n{said}{}", String::from_utf8_lossy(&done.stderr))
            }));
        }
        let [discovery, tokens, checked] = &answers[..] else { panic!("{answers:#?}") };
        assert_eq!(discovery["issuer"], acme.issuer().as_str());
        app.canaries().add(tokens["access_token"].as_str().expect("a token"));
        assert_eq!(
            (&checked["active"], checked["client_id"].as_str()),
            (&Value::Bool(true), Some(&*service.client_id))
        );
    });
}

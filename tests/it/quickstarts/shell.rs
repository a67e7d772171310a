//! The shell blocks of the README and of the quick starts' first page, run by bash as they stand, and its bare values.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use signet_testkit::{Engine, Shared, TestApp, Value, on_each_engine, run, serde_json, set_binary, tokio};
use tokio::process::Command;

use super::page::{Page, blocks};
use crate::support::static_site::StaticSite;

on_each_engine! { the_readmes_commands_answer_what_it_shows }

/// What a reader takes from the card.
fn from_the_card(command: &mut Command, app: &TestApp) {
    let acme = app.acme();
    let (web, service) = (acme.web(), acme.service());
    let secret = |secret: &Option<String>| secret.clone().expect("a secret");
    command
        .envs([("WEB_ID", web.client_id.clone()), ("WEB_SECRET", secret(&web.client_secret))])
        .envs([("SERVICE_ID", service.client_id.clone()), ("SERVICE_SECRET", secret(&service.client_secret))])
        .envs([("API_TOKEN", acme.credentials.api_token.clone()), ("ADA", acme.user().1.to_owned())])
        .envs([("TOKEN", acme.credentials.api_token.clone()), ("URL", acme.origin().to_owned())])
        .env("CREDENTIAL_ID", &acme.credentials.api_credential.client_id)
        .env("CREDENTIAL_SECRET", &acme.credentials.api_credential.client_secret);
}

async fn bash(app: &TestApp, script: &str) -> String {
    let script = script.replace("http://localhost:8080", app.acme().origin());
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", &script]).stdin(Stdio::null()).kill_on_drop(true);
    from_the_card(&mut command, app);
    let done = command.output().await.expect("bash");
    assert!(done.status.success(), "{script}\n{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// The commands of a transcript, each with what is shown after it.
fn transcript(block: &str) -> Vec<(String, String)> {
    let mut steps: Vec<(String, String)> = Vec::new();
    let mut goes_on = false;
    for line in block.lines() {
        let place = match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(begin), _) => {
                goes_on = begin.ends_with('\\');
                steps.push((format!("{begin}\n"), String::new()));
                continue;
            }
            (None, Some((command, _))) if goes_on => {
                goes_on = line.ends_with('\\');
                command
            }
            (None, Some((_, shown))) => shown,
            (None, None) => continue,
        };
        place.push_str(line);
        place.push('\n');
    }
    steps
}

/// The names in a JSON text, with where they stand.
fn shape(value: &Value, at: &str, into: &mut BTreeSet<String>) {
    for (name, inner) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        shape(inner, &at, into);
        into.insert(at);
    }
}

fn shape_of(text: &str) -> BTreeSet<String> {
    let value: Value = serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{error}: {text}"));
    let mut names = BTreeSet::new();
    shape(&value, "", &mut names);
    names
}

async fn the_readmes_commands_answer_what_it_shows(app: TestApp) {
    // So that a second of the throttle doesn't pass on a slow machine.
    app.clock().freeze().await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(file).expect("the README");
    let steps: Vec<_> = blocks(&readme).iter().map(|(_, block)| transcript(block)).collect();
    let (mut ran, mut shown_json) = (0, 0);
    for block in steps.iter().filter(|block| !block.is_empty()) {
        let script: String = block.iter().map(|(command, _)| command.as_str()).collect();
        if script.contains("/api/v1/logs") {
            // On PostgreSQL a reader of the log waits for older writers, other tests' too.
            app.acme().wait_for_logs(r#"eventType eq "user_rate_limited""#, 1).await;
        }
        let said = bash(&app, &script).await;
        let shown = &block.last().expect("a command").1;
        if shown.starts_with('{') {
            assert_eq!(shape_of(&said), shape_of(shown), "{script}");
            shown_json += 1;
        } else if script.contains("%{http_code}") {
            let mut codes: Vec<&str> = said.split_whitespace().collect();
            codes.sort_unstable();
            assert_eq!(codes, shown.split_whitespace().collect::<Vec<_>>());
        } else {
            let events: Vec<Value> = serde_json::from_str(&said).expect("events");
            assert_eq!(events.len(), 1, "{script}");
        }
        ran += 1;
    }
    assert_eq!((ran, shown_json), (4, 2), "the README shows other commands than this test knows");
}

#[test]
fn the_first_pages_commands_work() {
    set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
    run(Engine::Sqlite, first_page);
}

async fn first_page(engine: Engine) {
    let app: Shared = TestApp::shared(engine).await;
    let page = Page::read("README.md");
    for (name, authentication) in [
        ("register", true),
        ("register-page", false),
        ("register-program", false),
        ("register-service", true),
    ] {
        let made: Value = serde_json::from_str(&bash(&app, &page.file(name)).await).expect("an app");
        let client = &made["credentials"]["oauthClient"];
        assert!(client["client_id"].is_string(), "{made}");
        assert_eq!(client["client_secret"].is_string(), authentication);
        if let Some(secret) = client["client_secret"].as_str() {
            app.canaries().add(secret);
        }
    }
    let api = StaticSite::new().await;
    let call = page.file("call").replace("http://localhost:3000", &api.origin);
    api.serve(vec![("/api/orders", "application/json", b"[]".to_vec())]);
    let said = bash(&app, &format!("{call}\necho \"a token of ${{#ACCESS}} characters\"")).await;
    assert!(said.starts_with("HTTP/1.1 200") && !said.contains("a token of 0"), "{said}");
}

#[test]
fn the_bare_values_are_those_of_discovery() {
    set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
    run(Engine::Sqlite, bare_values);
}

async fn bare_values(engine: Engine) {
    let app: Shared = TestApp::shared(engine).await;
    let acme = app.acme();
    let page = Page::read("README.md");
    let document = acme.discovery().await;
    for (name, value) in document.as_object().expect("a document") {
        let Some(url) = value.as_str().filter(|value| value.starts_with(acme.origin())) else { continue };
        let url = url.replace(acme.origin(), "http://localhost:8080");
        assert!(page.text().contains(&format!("`{url}`")), "{name} isn't among the bare values: {url}");
    }
    for scope in ["openid", "profile", "email", "address", "phone", "groups", "offline_access"] {
        let known = document["scopes_supported"].as_array().is_some_and(|all| all.contains(&scope.into()));
        assert!(known && page.text().contains(&format!("`{scope}`")), "{scope}");
    }
}

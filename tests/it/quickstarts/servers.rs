//! The quick starts that sign people in on a server and check tokens in an API: one walk for all of them.

use std::path::Path;

use signet_testkit::{App, Engine, Shared, Tenant, TestApp, free_port, json, run, set_binary, tokio};
use tempfile::TempDir;
use tokio::process::Command;

use super::page::{Page, start};
use super::programs::build_go;
use crate::clients::program::{node_dir, python, sources, visit};
use crate::support::apps::{Made, NewApp, Person};

#[test]
fn the_express_quick_start_works() {
    sqlite(async |app| {
        let dir = node_dir();
        std::fs::write(dir.path().join("package.json"), r#"{"type":"module"}"#).expect("package.json");
        walk(&app, "express.md", dir, "node", &["server.js"]).await;
    });
}

/// What Next.js does around these files is done by an adapter: Next itself is too large a download for a test.
#[test]
fn the_nextjs_quick_start_works() {
    sqlite(async |app| {
        let dir = node_dir();
        std::fs::write(dir.path().join("package.json"), r#"{"type":"module"}"#).expect("package.json");
        let adapter = "next-adapter.mjs";
        std::fs::copy(sources("node").join(adapter), dir.path().join(adapter)).expect("the adapter's copy");
        walk(&app, "nextjs.md", dir, "node", &[adapter]).await;
    });
}

#[test]
fn the_fastapi_quick_start_works() {
    sqlite(async |app| {
        let dir = tempfile::tempdir().expect("a directory");
        walk(&app, "fastapi.md", dir, &python().display().to_string(), &["-B", "server.py"]).await;
    });
}

/// Where there is Go, which `scripts/test` doesn't install.
#[test]
fn the_go_quick_start_works() {
    let Some(go) = std::env::var_os("SIGNET_TEST_GO").filter(|go| !go.is_empty()) else { return };
    sqlite(async |app| {
        let dir = tempfile::tempdir().expect("a directory");
        let server = build_go(Path::new(&go), "go.md", dir.path()).await;
        walk(&app, "go.md", dir, &server, &[]).await;
    });
}

/// Compiled with the tests from a file that is the page's.
#[test]
fn the_rust_quick_start_works() {
    let page = Page::read("rust.md").file("src/main.rs");
    assert_eq!(
        page,
        include_str!("../../quickstart.rs"),
        "tests/quickstart.rs isn't what docs/quickstarts/rust.md says"
    );
    sqlite(async |app| {
        let dir = tempfile::tempdir().expect("a directory");
        walk(&app, "rust.md", dir, env!("CARGO_BIN_EXE_quickstart"), &[]).await;
    });
}

fn sqlite(body: impl AsyncFnOnce(Shared)) {
    set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
    run(Engine::Sqlite, |engine| async move { body(TestApp::shared(engine).await).await });
}

/// A web app that returns to this site.
pub(crate) async fn app_at(tenant: &Tenant, site: &str, callback: &str) -> Made {
    let app = NewApp::web().redirect_uris(&[&format!("{site}{callback}")]);
    app.oauth("post_logout_redirect_uris", json!([site])).make(tenant).await
}

/// Starts what the page says and goes through it: in, out, and the API with and without a good token.
async fn walk(app: &TestApp, page: &str, dir: TempDir, program: &str, args: &[&str]) {
    Page::read(page).write_into(dir.path());
    let acme = app.acme();
    let port = free_port();
    let site = format!("http://localhost:{port}/");
    let web = app_at(&acme, &site, "callback").await;
    let person = Person::new(&acme).await;
    let mut command = Command::new(program);
    command.args(args).current_dir(dir.path()).env("PORT", port.to_string());
    command.env("ISSUER", acme.issuer()).env("CLIENT_ID", &web.client_id);
    command.env("CLIENT_SECRET", web.client_secret.as_deref().expect("a secret"));
    command.env("SESSION_SECRET", "a secret of this test only, 4711 words long");
    let _server = start(&mut command, port).await;

    let browser = acme.visitor();
    assert!(browser.open(&site).await.expect(200).text().contains("/login"));
    let away = browser.open(&format!("{site}login")).await;
    let back = visit(&browser, away.location().as_str(), &person).await;
    assert!(back.starts_with(&format!("{site}callback?")), "{back}");
    let home = browser.open(&back).await;
    let home = if home.is_redirect() { browser.open(home.location().as_str()).await } else { home };
    assert!(home.expect(200).text().contains(&person.login));
    let away = browser.open(&format!("{site}logout")).await;
    assert_eq!(visit(&browser, away.location().as_str(), &person).await, site);
    assert!(browser.open(&site).await.expect(200).text().contains("/login"));

    check_api(&acme, &format!("{site}api/orders"), &web).await;
}

/// What every API of the quick starts does.
pub(crate) async fn check_api(tenant: &Tenant, url: &str, web: &App) {
    let http = tenant.http();
    let service = tenant.service();
    let good = tenant.client_credentials(&service, "orders:read").await.tokens().access_token.clone();
    let login = tenant.user();
    let other = tenant.code_flow_as(&tenant.web(), "openid", login.0, login.1).await;
    let other = other.redeem(tenant, &tenant.web()).await;
    let reply = http.get(url).bearer(&good).await.expect(200).json();
    assert_eq!(reply["caller"], service.client_id.as_str(), "not {}", web.client_id);
    let challenge =
        |reply: &signet_testkit::Reply| reply.header("www-authenticate").unwrap_or_default().to_owned();
    let bare = http.get(url).await.expect(401);
    assert!(challenge(&bare).starts_with("Bearer"), "{}", bare.describe());
    let cut = format!("{}AAAAAAAA", &good[..good.len() - 8]);
    for bad in ["no-token", &cut, other.id_token.as_deref().expect("an ID token")] {
        let refused = http.get(url).bearer(bad).await.expect(401);
        assert!(challenge(&refused).contains("invalid_token"), "{}", refused.describe());
    }
    let refused = http.get(url).bearer(&other.access_token).await.expect(403);
    assert!(challenge(&refused).contains("insufficient_scope"), "{}", refused.describe());
}

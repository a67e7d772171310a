//! nginx in front of an API, as its quick start has it.

use signet_testkit::{Engine, TestApp, free_port, run, set_binary, tokio};
use tokio::process::Command;

use super::page::{Page, start};
use crate::support::static_site::StaticSite;

#[test]
fn the_nginx_quick_start_protects_an_api() {
    set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
    run(Engine::Sqlite, walk);
}

async fn walk(engine: Engine) {
    // Profiles are the whole server's, and other tests make them.
    let app = TestApp::start(engine).await;
    let acme = app.acme();
    let page = Page::read("nginx.md");
    let body = page.blocks().into_iter().find(|(info, _)| info == "sh").expect("the switch").1;
    let (_, body) = body.split_once("-d '").expect("a body");
    let body: signet_testkit::Value =
        signet_testkit::serde_json::from_str(body.trim_end().trim_end_matches('\'')).expect("JSON");
    let made = acme.api("PUT", "/api/v1/authorizationServers/default/gateway").json(&body).await.expect(201);
    app.canaries().add(made.json()["provision_key"].as_str().expect("a provision key"));

    let api = StaticSite::new().await;
    let behind = api.origin.trim_start_matches("http://localhost:").to_owned();
    api.serve(vec![("/api/orders", "application/json", b"[]".to_vec())]);
    let port = free_port();
    let mut config = page.file("signet.conf");
    for (known, own) in [
        ("127.0.0.1:8080", format!("127.0.0.1:{}", app.port())),
        ("Host localhost:8080", format!("Host localhost:{}", app.port())),
        ("127.0.0.1:9000", format!("127.0.0.1:{behind}")),
        ("127.0.0.1:3000", format!("127.0.0.1:{port}")),
    ] {
        assert!(config.contains(known), "the page has no {known} any more");
        config = config.replace(known, &own);
    }
    let dir = tempfile::tempdir().expect("a directory");
    let at = dir.path().display();
    let temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {at}/{name};"));
    let main = format!(
        "daemon off; worker_processes 1; pid {at}/pid; error_log stderr warn;\nevents {{ worker_connections 64; }}\n\
         http {{ access_log off; {}\n{config}\n}}\n",
        temp.concat()
    );
    let file = dir.path().join("nginx.conf");
    std::fs::write(&file, main).expect("the configuration");
    let nginx = std::env::var("SIGNET_TEST_NGINX").unwrap_or_else(|_| "/usr/sbin/nginx".to_owned());
    let mut command = Command::new(nginx);
    command.args(["-p", &at.to_string(), "-e", "stderr", "-c"]).arg(&file);
    let _nginx = start(&mut command, port).await;

    let url = format!("http://localhost:{port}/api/orders");
    let good = acme.client_credentials(&acme.service(), "orders:read").await.tokens().access_token.clone();
    assert_eq!(app.http().get(&url).bearer(&good).await.expect(200).text(), "[]");
    let bare = app.http().get(&url).await.expect(401);
    assert_eq!(bare.header("www-authenticate"), Some("Bearer"));
    app.http().get(&url).bearer("no-token").await.expect(401);
    let login = acme.user();
    let other = acme.code_flow_as(&acme.web(), "openid", login.0, login.1).await;
    let other = other.redeem(&acme, &acme.web()).await;
    app.http().get(&url).bearer(&other.access_token).await.expect(403);
    acme.revoke(&acme.service(), &good).await.expect(200);
    app.http().get(&url).bearer(&good).await.expect(401);
}

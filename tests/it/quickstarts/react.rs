//! The React quick start, bundled by esbuild and used in Chromium.

use signet_testkit::{Browser, Engine, TestApp, json, run, set_binary, tokio};
use tokio::process::Command;

use super::page::{Page, refreshes};
use super::programs::api;
use crate::clients::program::{need, node_dir};
use crate::clients::single_page_app::sign_in_here;
use crate::support::apps::{NewApp, Person};
use crate::support::static_site::StaticSite;
use crate::support::until::until;

#[test]
fn the_react_quick_start_works_in_a_real_browser() {
    set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
    run(Engine::Sqlite, walk);
}

async fn walk(engine: Engine) {
    let app = TestApp::shared(engine).await;
    let acme = app.acme();
    let site = StaticSite::new().await;
    let home = format!("{}/", site.origin);
    let spa = NewApp::browser().redirect_uris(&[&home]);
    let spa = spa.oauth("post_logout_redirect_uris", json!([home])).make(&acme).await;
    let person = Person::new(&acme).await;
    let (_api, _api_dir, orders) = api(&app, &site.origin).await;

    let dir = node_dir();
    for (name, mut text) in Page::read("react.md").files() {
        for (known, own) in [
            ("http://localhost:8080/oauth2/default", acme.issuer().as_str()),
            ("your-client-id", spa.client_id.as_str()),
            ("http://localhost:3000/api/orders", orders.as_str()),
        ] {
            text = text.replace(known, own);
        }
        let file = dir.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a directory")).expect("its directory");
        std::fs::write(file, text).expect("the file");
    }
    let esbuild = dir.path().join("../node_modules/esbuild/bin/esbuild");
    need(&esbuild);
    let mut bundle = Command::new("node");
    bundle.arg(esbuild).args(["src/main.jsx", "--bundle", "--jsx=automatic", "--outfile=out.js"]);
    let made =
        bundle.args(["--define:process.env.NODE_ENV=\"production\""]).current_dir(dir.path()).output().await;
    let made = made.expect("node");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let script = std::fs::read(dir.path().join("out.js")).expect("the bundle");
    let html =
        b"<!doctype html><html lang=en><title>Orders</title><div id=root></div><script src=/out.js></script>";
    site.serve(vec![("/", "text/html", html.to_vec()), ("/out.js", "text/javascript", script)]);

    let browser = Browser::start().await;
    browser.goto(&home).await;
    browser.click("#root > button").await;
    sign_in_here(&browser, &person).await;
    assert_eq!(browser.text("h1").await, format!("Hello, {}", person.login));
    // The library shows the user before it takes the code out of the address.
    until("the address without the code", async || browser.url().await == home).await;
    browser.click("main button:nth-of-type(1)").await;
    browser.wait_for("main p:not(:empty)").await;
    let told = browser.text("main p").await;
    assert!(told.contains(&person.id) && told.contains("orders"), "{told}");
    browser.click("main button:nth-of-type(2)").await;
    let filter = refreshes(&spa);
    drop(acme.wait_for_logs(&filter, 1).await);
    // The button to sign in may show for a moment in the page that is being left.
    browser.script("document.documentElement.dataset.left = ''", &[]).await;
    browser.click("main button:nth-of-type(3)").await;
    browser.wait_for("html:not([data-left]) #root > button").await;
    assert!(browser.url().await.starts_with(&home));
    browser.click("#root > button").await;
    browser.wait_for("#password").await;
    browser.assert_quiet().await;
}

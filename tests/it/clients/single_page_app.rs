//! `oidc-client-ts` in a page without a server, in Chromium. On one engine: the protocol is the same on both.

use signet_testkit::{Browser, Engine, TestApp, json, run, set_binary};

use super::program::{installed, need, sources};
use crate::support::apps::{NewApp, Person};
use crate::support::static_site::StaticSite;

#[test]
fn oidc_client_ts_works_in_a_real_browser() {
    set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
    run(Engine::Sqlite, a_single_page_app);
}

/// Signs in on Signet's own pages.
pub(crate) async fn sign_in_here(browser: &Browser, person: &Person) {
    browser.fill("#login", &person.login).await;
    browser.fill("#password", &person.password).await;
    browser.click("button[type=submit]").await;
}

async fn a_single_page_app(engine: Engine) {
    let app = TestApp::shared(engine).await;
    let acme = app.acme();
    let site = StaticSite::new().await;
    let origin = site.origin.clone();
    let page = NewApp::browser().redirect_uris(&[&format!("{origin}/callback")]);
    let page = page.oauth("post_logout_redirect_uris", json!([format!("{origin}/")])).make(&acme).await;
    let person = Person::new(&acme).await;
    let library = installed().join("node/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js");
    need(&library);
    let read = |name: &str| std::fs::read(sources("spa").join(name)).expect("the page's file");
    let settings = json!({ "authority": acme.issuer(), "client_id": page.client_id });
    site.serve(vec![
        ("/", "text/html", read("index.html")),
        ("/spa.js", "text/javascript", read("spa.js")),
        ("/oidc-client-ts.min.js", "text/javascript", std::fs::read(library).expect("the library")),
        ("/settings.json", "application/json", settings.to_string().into_bytes()),
    ]);

    let browser = Browser::start().await;
    browser.goto(&format!("{origin}/")).await;
    browser.wait_for("#user[data-ready]").await;
    browser.click("#in").await;
    sign_in_here(&browser, &person).await;
    browser.wait_for("#user[data-token^=ey]").await;
    assert_eq!(browser.text("#user").await, person.login);
    let kept = async |name: &str| {
        let value = browser.attribute("#user", name).await.expect("a token");
        app.canaries().add(&value);
        value
    };
    let (token, refresh) = (kept("data-token").await, kept("data-refresh").await);
    browser.click("#refresh").await;
    browser.wait_for("#user[data-done=refresh]").await;
    let (fresh, next) = (kept("data-token").await, kept("data-refresh").await);
    assert!(token != fresh && refresh != next, "nothing was refreshed");
    assert_eq!(acme.userinfo(&fresh).await.expect(200).json()["email"], person.login.as_str());
    browser.click("#revoke").await;
    browser.wait_for("#user[data-done=revoke]").await;
    acme.refresh(&page, &next).await.expect_oauth_error(400, "invalid_grant");

    browser.click("#out").await;
    browser.wait_for_url(&format!("{origin}/")).await;
    browser.wait_for("#user[data-ready]").await;
    assert_eq!(browser.text("#user").await, "nobody");
    assert_eq!(browser.attribute("#user", "data-failed").await, None);
    // Signet has forgotten as well.
    browser.click("#in").await;
    browser.wait_for("#password").await;
    browser.assert_quiet().await;
}

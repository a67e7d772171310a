//! The console in a real browser: with scripts and without, wide and narrow, light and dark.

use signet_testkit::{Browser, Shared, on_each_engine};

use crate::support::desk::sign_in;
use crate::support::make::unique;

on_each_engine! { the_main_walks_in_a_browser, the_main_walks_without_scripts }

/// Makes a user, makes an app, rolls its secret.
async fn walk(browser: &Browser, app: &Shared, shots: &str) {
    let acme = app.acme();
    sign_in(browser, &acme).await;
    let origin = acme.origin();
    let login = format!("{}@acme.test", unique("walker"));
    browser.goto(&format!("{origin}/console/users")).await;
    browser.click("a[href='/console/users/new']").await;
    browser.wait_for("#login").await;
    browser.screenshot(&format!("{shots}-user-new")).await;
    browser.fill("#login", &login).await;
    browser.fill("#email", "walker@mail.test").await;
    browser.click(".edit-foot button").await;
    browser.wait_for(".sheet code").await;
    app.canaries().add(&browser.text(".facts > div:last-child code").await);
    browser.click("main a.primary").await;
    browser.wait_for("#recent").await;
    assert_eq!(browser.text("h1").await, login);
    browser.screenshot(&format!("{shots}-user")).await;

    browser.goto(&format!("{origin}/console/apps")).await;
    browser.click("a[href='/console/apps/new']").await;
    browser.wait_for("input[value=web]").await;
    browser.screenshot(&format!("{shots}-app-kind")).await;
    browser.click(".edit-foot button").await;
    browser.wait_for("#label").await;
    browser.fill("#label", "Walked app").await;
    browser.fill("#redirect_uris", "http://insecure.example/cb").await;
    browser.screenshot(&format!("{shots}-app-new")).await;
    browser.click(".edit-foot button").await;
    browser.wait_for("#redirect_uris-error").await;
    // Chromium notes the refused form's status; nothing else may have gone wrong up to here.
    let said = browser.console().await;
    assert!(said.iter().all(|line| line.message.contains("422")), "{said:?}");
    assert_eq!(browser.script("return document.getElementById('label').value", &[]).await, "Walked app");
    browser.screenshot(&format!("{shots}-app-wrong")).await;
    browser.script("document.getElementById('redirect_uris').value = ''", &[]).await;
    browser.fill("#redirect_uris", "https://walked.example/cb").await;
    browser.click(".edit-foot button").await;
    browser.wait_for(".sheet code").await;
    app.canaries().add(&browser.text(".facts > div:last-child code").await);
    browser.screenshot(&format!("{shots}-secret")).await;
    browser.click("main a.primary").await;
    browser.wait_for(".tabs [aria-current]").await;
    browser.screenshot(&format!("{shots}-app-start")).await;
    browser.click(".crumbs a:last-child").await;
    browser.wait_for("#start").await;
    browser.screenshot(&format!("{shots}-app")).await;
    browser.click("a[href$='/secrets/new']").await;
    browser.wait_for(".edit-foot").await;
    browser.click(".edit-foot button").await;
    browser.wait_for(".sheet code").await;
    app.canaries().add(&browser.text(".facts > div:last-child code").await);
    browser.click("main a.primary").await;
    browser.wait_for("#start").await;
    assert_eq!(browser.count("a[href$='/retire']").await, 2, "two live secrets");
    let wide = browser.script("return document.documentElement.scrollWidth <= window.innerWidth", &[]).await;
    assert_eq!(wide, true, "nothing pushes the page sideways");
}

async fn the_main_walks_in_a_browser(app: Shared) {
    let browser = Browser::start().await;
    browser.viewport(1440, 900).await;
    walk(&browser, &app, "console-wide").await;
    browser.assert_quiet().await;
    let origin = app.acme().origin().to_owned();
    for path in
        ["users/new", "apps/new", "servers", "servers/new", "credentials", "credentials/tokens/new", "log"]
    {
        browser.goto(&format!("{origin}/console/{path}")).await;
        let name = path.replace('/', "-");
        for (shade, dark) in [("light", false), ("dark", true)] {
            browser.dark_mode(dark).await;
            browser.screenshot(&format!("console-{name}-{shade}")).await;
        }
        browser.dark_mode(false).await;
    }
    browser.assert_quiet().await;
}

async fn the_main_walks_without_scripts(app: Shared) {
    let browser = Browser::start().await;
    browser.viewport(360, 740).await;
    browser.dark_mode(true).await;
    browser.scripting(false).await;
    walk(&browser, &app, "console-narrow").await;
}

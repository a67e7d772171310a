//! What a page weighs before anything of it is cached, as a browser gets it: the document as it is, everything it
//! loads compressed where the server does that. And that nothing moves while it is put together.

use std::collections::BTreeSet;

use signet_testkit::{Browser, Engine, Reply, TestApp, Visitor, on_each_engine, run, set_binary};

use crate::support::apps::{NewApp, Person, add_scope, server_id};
use crate::support::desk::{self, Desk};
use crate::support::make::unique;

on_each_engine! { pages_stay_light }

/// Bytes of the whole page, and how many of them are not fonts.
async fn weight(visitor: &Visitor, page: &Reply) -> (usize, usize) {
    let parsed = page.page();
    let mut wanted: BTreeSet<String> =
        parsed.attributes("link[rel=stylesheet]", "href").into_iter().collect();
    wanted.extend(parsed.attributes("script[src]", "src"));
    wanted.extend(parsed.attributes("img[src]", "src"));
    wanted.extend(parsed.attributes("link[rel=icon]", "href"));
    wanted.extend(parsed.attributes("link[rel=preload]", "href"));
    let sprites = parsed.attributes("svg use", "href");
    wanted.extend(sprites.iter().filter_map(|href| href.split('#').next()).map(str::to_owned));
    // The fonts that a page in a Western language needs. Not all their ranges, and no font twice.
    wanted.insert(signet_web::asset_url("vendor/geist/geist-latin-wght-normal.woff2").to_owned());
    wanted.insert(signet_web::asset_url("vendor/geist-mono/geist-mono-latin-wght-normal.woff2").to_owned());
    let (mut all, mut fonts) = (page.body.len(), 0);
    for path in wanted {
        let url = page.url.join(&path).expect("an address");
        let call = visitor.call("GET", url.as_str()).header("accept-encoding", "gzip");
        let file = visitor.send(call).await.expect(200);
        all += file.body.len();
        if path.ends_with(".woff2") {
            fonts += file.body.len();
        }
    }
    (all, all - fonts)
}

/// The bounds are what was measured, rounded up a little, without the fonts (52 KB): a page that grows past one has got
/// something new to load. A server of its own, because the log's page grows with what others do.
async fn pages_stay_light(app: TestApp) {
    let acme = app.acme();
    let server = server_id(&acme, "default").await;
    let scope = format!("{}:read", unique("weight"));
    add_scope(&acme, &server, &scope, "REQUIRED").await;
    let client = NewApp::web().oauth("consent_method", "REQUIRED".into()).make(&acme).await;
    let person = Person::new(&acme).await;
    let visitor = acme.visitor();
    let sign_in = visitor.open(&acme.authorize(&client, &format!("openid {scope}")).url()).await;
    let consent = visitor.sign_in(&sign_in, &person.login, &person.password).await;
    assert!(consent.page().consent_form().is_some(), "{}", consent.describe());
    let desk = Desk::of(&acme).await;
    let (overview, log) = (desk.page("/console").await, desk.page("/console/log?range=1h").await);
    let mut heavy = Vec::new();
    for (name, page, most) in [
        ("sign-in", &sign_in, 12_000),
        ("consent", &consent, 12_000),
        ("overview", &overview, 34_000),
        ("log", &log, 70_000),
    ] {
        let (all, without_fonts) = weight(&visitor, page).await;
        if without_fonts > most {
            heavy.push(format!(
                "{name}: {without_fonts} of {most} bytes, {all} with fonts, {} of it HTML",
                page.body.len()
            ));
        }
    }
    assert!(heavy.is_empty(), "{heavy:#?}");
}

/// How far things moved after they were first drawn, as browsers add it up (Cumulative Layout Shift).
async fn shift(browser: &Browser) -> f64 {
    let script = "const done = arguments[arguments.length - 1];
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
        }).observe({ type: 'layout-shift', buffered: true });
        document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(sum), 50))))";
    browser.script_async(script, &[]).await.as_f64().expect("a sum")
}

async fn assert_still(browser: &Browser, name: &str) {
    let moved = shift(browser).await;
    assert!(moved < 0.1, "{name}: {moved}");
}

#[test]
fn nothing_moves_while_a_page_is_put_together() {
    set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
    run(Engine::Postgres, async |engine| {
        let app = TestApp::shared(engine).await;
        let acme = app.acme();
        let server = server_id(&acme, "default").await;
        let scope = format!("{}:read", unique("still"));
        add_scope(&acme, &server, &scope, "REQUIRED").await;
        let client = NewApp::web().oauth("consent_method", "REQUIRED".into()).make(&acme).await;
        let person = Person::new(&acme).await;
        let browser = Browser::start().await;
        let url = acme.authorize(&client, &format!("openid {scope}")).url();
        browser.goto(&url).await;
        assert_still(&browser, "sign-in").await;
        browser.fill("#login", &person.login).await;
        browser.fill("#password", &person.password).await;
        browser.click("form [type=submit]").await;
        browser.wait_for("form[action*=consent]").await;
        assert_still(&browser, "consent").await;
        desk::sign_in(&browser, &acme).await;
        for (name, path) in [("overview", "/console"), ("log", "/console/log?range=1h")] {
            browser.goto(&format!("{}{path}", acme.origin())).await;
            assert_still(&browser, name).await;
        }
    });
}

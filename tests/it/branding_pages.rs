//! The look of a tenant's pages and the palette in a browser, with scripts and without. Pictures stay in
//! `target/screenshots`.

use signet_testkit::{Engine, TestApp, on_each_engine, tokio};

use crate::support::apps::Person;
use crate::support::desk::sign_in;
use crate::support::pictures::png;
use crate::support::walk::Walk;

on_each_engine! { a_look_is_tried_and_saved_and_a_palette_opens }

/// Control, and back.
const CTRL_K: &str = "\u{e009}k\u{e000}";

/// Waits until a script's answer is true.
async fn is_so(walk: &Walk, script: &str) {
    for _ in 0..200 {
        if walk.browser.script(script, &[]).await == true {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("never: {script}");
}

async fn a_look_is_tried_and_saved_and_a_palette_opens(app: TestApp) {
    // One engine's run has scripts, the other's has none: the pages are the same.
    let scripts = app.engine() == Engine::Sqlite;
    let acme = app.acme();
    let origin = acme.origin().to_owned();
    acme.api("PUT", "/api/v1/brand/logo")
        .body("image/png", &png(240, 60, [0x0a, 0x62, 0x3c]))
        .await
        .expect(200);
    let mut walk = Walk::start(if scripts { "brand" } else { "brand-plain" }, scripts).await;
    sign_in(&walk.browser, &acme).await;

    walk.open("edit", &format!("{origin}/console/branding/edit")).await;
    walk.browser.fill("#colour", "#ffc53d").await;
    walk.browser.fill("[name='signInText.en']", "Use your staff account.").await;
    if !scripts {
        walk.browser.click("#preview button").await;
        walk.browser.wait_for("#colour[value='#ffc53d']").await;
    }
    let drawn = "return [...document.querySelectorAll('iframe')].every((f) => {
        const page = f.contentDocument, root = page?.documentElement;
        return root && page.body?.textContent.includes('Use your staff account.') &&
          f.contentWindow.getComputedStyle(root).getPropertyValue('--primary') === '#ffc53d' &&
          page.querySelector('.brand img')?.naturalWidth === 240 })";
    walk.browser.scripting(true).await;
    is_so(&walk, drawn).await;
    walk.look("tried").await;
    walk.browser.click(".edit-foot button").await;
    walk.browser.wait_for_url(&format!("{origin}/console/branding?done=edit")).await;
    walk.look("saved").await;
    walk.open("sign-in", &format!("{origin}/login")).await;
    walk.open("missing", &format!("{origin}/nowhere")).await;

    let person = Person::new(&acme).await;
    walk.browser.scripting(scripts).await;
    walk.browser.goto(&format!("{origin}/console/limits")).await;
    if scripts {
        walk.browser.press("body", CTRL_K).await;
        walk.browser.wait_for("#palette[open] [role=option][aria-selected=true]").await;
        walk.look("palette").await;
    } else {
        walk.browser.click("[data-palette]").await;
        walk.browser.wait_for(".found a[href='/console/log']").await;
    }
    walk.open("found", &format!("{origin}/console/find?q={}", person.login)).await;
    walk.browser.click(&format!(".found a[href='/console/users/{}']", person.id)).await;
    walk.browser.wait_for_url(&format!("{origin}/console/users/{}", person.id)).await;
    walk.end(6);
}

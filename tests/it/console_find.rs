//! Finding by a few letters, and a log that goes on by itself.

use signet_testkit::{Browser, Shared, on_each_engine};

use crate::support::apps::{NewApp, Person};
use crate::support::desk::{Desk, sign_in};
use crate::support::make::unique;

on_each_engine! {
    what_is_found_is_the_role_s_own_and_the_tenant_s,
    an_id_leads_to_what_happened,
    the_palette_is_worked_by_keys_and_the_log_goes_on_by_itself,
}

async fn what_is_found_is_the_role_s_own_and_the_tenant_s(app: Shared) {
    let (acme, other) = (app.acme(), app.globex());
    let desk = Desk::of(&acme).await;
    let word = unique("Needle");
    let client = NewApp::web().label(&format!("The {word} shop")).make(&acme).await;
    let foreign = NewApp::web().label(&format!("{word} elsewhere")).make(&other).await;
    let (person, stranger) = (Person::new(&acme).await, Person::new(&other).await);
    for list in ["/console/find", "/console/find/list"] {
        let find = async |q: &str| desk.page(&format!("{list}?q={q}")).await.text();
        let found = find(&word).await;
        assert!(found.contains(&format!("/console/apps/{}", client.id)), "{found}");
        assert!(!found.contains(&foreign.id), "{found}");
        assert!(find(&client.client_id).await.contains(&client.id), "by its client id");
        assert!(find(&person.login).await.contains(&format!("/console/users/{}", person.id)));
        assert!(!find(&stranger.login).await.contains(&stranger.id));
        let pages = find("new%20us").await;
        assert!(pages.contains("/console/users/new") && !pages.contains("/console/apps/new"), "{pages}");
        assert!(find("password%20rules").await.contains("/console/security"), "a page by what is on it");
        assert!(find("").await.contains("/console/log"), "with nothing typed, all places");
        let long = "x".repeat(5_000);
        assert!(!find(&long).await.contains(&long));
    }
    // Who looks after users is shown no more than users.
    let (help, _) = Desk::with_role(&acme, "HELP_DESK_ADMIN").await;
    let found = help.page(&format!("/console/find?q={word}")).await.text();
    assert!(!found.contains(&client.id) && !found.contains("/console/log"), "{found}");
    assert!(help.page(&format!("/console/find?q={}", person.login)).await.text().contains(&person.id));
    assert_eq!(acme.get("/console/find/list?q=a").await.location().path(), "/console/sign-in");
}

async fn an_id_leads_to_what_happened(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let person = Person::new(&acme).await;
    let reply = acme.password(&acme.web(), &person.login, "wrong-password-here", "openid").await;
    let request = reply.header("x-okta-request-id").expect("an id").to_owned();
    let filter = format!("transaction.id eq \"{request}\"");
    let event = acme.wait_for_logs(&filter, 1).await[0]["uuid"].as_str().expect("an id").to_owned();
    for id in [&request, &event] {
        let page = desk.page(&format!("/console/find/list?q={id}")).await.page();
        assert_eq!(page.attributes("a", "href")[0], format!("/console/log/{event}"), "{id}");
    }
    let (foreign, _) = Desk::with_role(&app.globex(), "SUPER_ADMIN").await;
    let found = foreign.page(&format!("/console/find/list?q={event}")).await.text();
    assert!(!found.contains(&person.login), "{found}");
}

async fn the_palette_is_worked_by_keys_and_the_log_goes_on_by_itself(app: Shared) {
    const CTRL_K: &str = "\u{E009}k\u{E000}";
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let browser = Browser::start().await;
    browser.viewport(1440, 900).await;
    sign_in(&browser, &acme).await;
    browser.press("body", CTRL_K).await;
    browser.wait_for("#palette[open] [role=option][aria-selected=true]").await;
    browser.picture("console-palette").await;
    browser.fill("#palette input", &person.login).await;
    let own = format!("/console/users/{}", person.id);
    browser.wait_for(&format!("#palette [role=option][href='{own}'][aria-selected=true]")).await;
    let active = browser.attribute("#palette input", "aria-activedescendant").await;
    assert_eq!(active, browser.attribute(&format!("#palette a[href='{own}']"), "id").await);
    browser.press("#palette input", "\u{E015}").await;
    assert_ne!(browser.attribute("#palette input", "aria-activedescendant").await, active, "the next one");
    browser.press("#palette input", "\u{E013}").await;
    browser.press("#palette input", "\u{E007}").await;
    browser.wait_for_url(&format!("{}{own}", acme.origin())).await;
    browser.press("body", CTRL_K).await;
    browser.wait_for("#palette[open]").await;
    browser.press("#palette input", "\u{E00C}").await;
    assert_eq!(browser.count("#palette[open]").await, 0, "Escape closes it");

    browser.goto(&format!("{}/console/log?user={}", acme.origin(), person.id)).await;
    browser.click("[data-live]").await;
    browser.wait_for("[data-live][aria-pressed=true]").await;
    acme.password(&acme.web(), &person.login, "wrong-password-here", "openid").await.expect(400);
    browser.wait_for("table.events .fresh.refused").await;
    let rows = browser.count("table.events tr.event").await;
    acme.password(&acme.web(), &person.login, &person.password, "openid").await.expect(200);
    browser.wait_for("table.events tr.event.allowed").await;
    let order = "return [...document.querySelectorAll('table.events time')].map((t) => t.dateTime)";
    let times: Vec<String> =
        browser.script(order, &[]).await.as_array().expect("times").iter().map(ToString::to_string).collect();
    assert!(times.len() > rows && times.is_sorted_by(|a, b| a >= b), "newest first: {times:?}");
    browser.picture("console-log-live").await;
    browser.assert_quiet().await;
}

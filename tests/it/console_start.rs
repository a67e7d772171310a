//! An app's quick start, and on its page what stops the first sign-in.

use signet_testkit::{App, Browser, Engine, Reply, Shared, Tenant, TestApp, on_each_engine, run, set_binary};

use crate::support::apps::{CALLBACK, Made, NewApp, Person};
use crate::support::desk::{Desk, sign_in, the_form};

on_each_engine! {
    every_kind_of_app_has_quick_starts_with_its_own_values,
    what_stops_the_first_sign_in_is_shown_and_put_right,
    a_strangers_redirect_uri_is_no_trap,
    ad_03_two_administrators_at_the_redirect_uris,
    who_may_not_read_the_log_waits_without_it,
}

fn start(app: &Made) -> String {
    format!("/console/apps/{}/start", app.id)
}

/// What the page says of the first sign-in, as its script asks for it.
async fn news(desk: &Desk, app: &Made) -> Reply {
    desk.page(&format!("{}/newer", start(app))).await
}

/// A request that is refused for its redirect URI.
async fn ask_for(tenant: &Tenant, app: &Made, uri: &str) {
    let request = tenant.authorize(app, "openid").set("redirect_uri", uri);
    tenant.visitor().get(&request.url()).await.expect(400);
}

/// Where the URI of the newest refusal is added.
async fn way_to_add(desk: &Desk, app: &Made) -> String {
    let news = news(desk, app).await;
    let links = news.page().attributes(".first-links a", "href");
    let found = links.into_iter().find(|href| href.contains("/redirect-uris/new?event="));
    found.unwrap_or_else(|| panic!("no way: {}", news.text()))
}

async fn registered(tenant: &Tenant, app: &Made) -> Vec<String> {
    let read = tenant.api("GET", &format!("/api/v1/apps/{}", app.id)).await.expect(200).json();
    let uris = read["settings"]["oauthClient"]["redirect_uris"].as_array().cloned().unwrap_or_default();
    uris.iter().filter_map(|uri| uri.as_str().map(str::to_owned)).collect()
}

async fn every_kind_of_app_has_quick_starts_with_its_own_values(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let home = "https://shop.example/callback";
    for (made, names) in [
        (
            NewApp::web().redirect_uris(&[CALLBACK, home]).make(&acme).await,
            &["Express", "Next.js", "FastAPI", "Go", "Rust", "Apache", "curl", "Anything else"][..],
        ),
        (NewApp::browser().make(&acme).await, &["React", "curl", "Anything else"]),
        (NewApp::native().make(&acme).await, &["Python", "curl", "Anything else"]),
        (NewApp::service().make(&acme).await, &["Python", "Node", "Go", "Rust", "curl", "Anything else"]),
    ] {
        let first = desk.page(&start(&made)).await;
        assert_eq!(first.page().all(".tabs a"), names);
        assert_eq!(first.page().all(".tabs [aria-current]"), names[..1]);
        for url in first.page().attributes(".tabs a", "href") {
            let page = desk.page(&url).await.page();
            let text = page.all("main").join(" ");
            assert!(text.contains(&acme.issuer()), "{url}: {text}");
            assert!(text.contains(&made.client_id), "{url}: {text}");
            assert!(!text.contains("localhost:8080/oauth2"), "{url} has the demo's address: {text}");
            // The last step checks a token: at its own API, at one beside it, or at Signet.
            if !url.ends_with("values") {
                let last = page.attributes(".step [data-copy]", "data-copy").pop().expect("a step");
                let checks = ["/api/orders", "/v1/introspect"].iter().any(|way| last.contains(way));
                let public = url.ends_with("curl") && made.client_secret.is_none();
                assert!(checks || public, "{url}: {last}");
            }
            if names.len() == 8 && !url.ends_with("apache") && !url.ends_with("values") {
                assert!(text.contains("https://shop.example"), "{url}: {text}");
            }
        }
    }
    // A service signs nobody in, so no redirect URI is missing.
    let service = NewApp::service().make(&acme).await;
    let page = desk.page(&start(&service)).await.page();
    assert!(!page.text().contains("redirect URIs."), "{}", page.text());
    let native = NewApp::native().redirect_uris(&["com.example.app:/callback"]).make(&acme).await;
    let page = desk.page(&start(&native)).await.page();
    assert!(page.text().contains("returns to http://127.0.0.1/callback"), "{}", page.text());
    desk.fill(&page.attributes(".alert a", "href").remove(0), &[]).await.expect(200);
    assert!(registered(&acme, &native).await.contains(&"http://127.0.0.1/callback".to_owned()));
    // An app that gets no scope of the server's own is told so before the code asks for one.
    let poor = NewApp::service().oauth("allowed_scopes", signet_testkit::json!(["openid"])).make(&acme).await;
    let page = desk.page(&start(&poor)).await.page();
    assert!(page.text().contains("asks for the scope orders:read"), "{}", page.text());
    // The code's own redirect URI is one click away, and what a stranger writes into a link is not.
    let web = NewApp::web().make(&acme).await;
    let page = desk.page(&start(&web)).await.page();
    assert!(page.text().contains("returns to http://localhost:3000/callback"), "{}", page.text());
    let add = page.attributes(".alert a", "href").remove(0);
    let form = the_form(&desk.page(&add).await);
    assert_eq!(form.get("redirect_uris"), Some("http://localhost:3000/callback"));
    let done = desk.fill(&add, &[]).await.expect(200);
    assert!(done.text().contains("The redirect URI is added."), "{}", done.page().text());
    assert!(!done.text().contains("returns to http://localhost:3000/callback"));
    assert_eq!(registered(&acme, &web).await, [CALLBACK, "http://localhost:3000/callback"]);
    let add = add
        .replace("for=express", "for=https%3A%2F%2Fevil.example%2F&redirect_uris=https%3A%2F%2Fevil.example");
    assert_eq!(the_form(&desk.page(&add).await).get("redirect_uris"), Some(""));
}

async fn what_stops_the_first_sign_in_is_shown_and_put_right(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let mut web = NewApp::web().make(&acme).await;
    let waiting = news(&desk, &web).await;
    assert!(waiting.text().contains("Nobody has signed in to this app yet."), "{}", waiting.text());
    assert_eq!(
        waiting.page().attributes(".first-news", "data-ask"),
        [format!("{}/newer?with=", start(&web))]
    );

    let other = "https://app.example/other";
    ask_for(&acme, &web, other).await;
    let refused = news(&desk, &web).await.page();
    let shown = refused.text();
    for told in ["Refused", other, "127.0.0.1", "Compare the address"] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    let event = refused.attributes(".first-links a", "href").pop().expect("the event");
    assert!(desk.page(&event).await.text().contains(other));
    let add = way_to_add(&desk, &web).await;
    let page = desk.page(&add).await;
    assert!(page.page().all("main .alert").is_empty(), "its host is known: {}", page.page().text());
    assert!(page.page().all("main .facts code").contains(&other.to_owned()));
    let done = desk.fill(&add, &[]).await.expect(200);
    assert!(done.text().contains("The redirect URI is added."), "{}", done.page().text());
    assert!(done.text().contains("registered by now"), "{}", done.page().text());
    assert_eq!(registered(&acme, &web).await, [CALLBACK, other]);
    let filter = format!("eventType eq \"application.lifecycle.update\" and target.id eq \"{}\"", web.id);
    let changed = acme.wait_for_logs(&filter, 1).await.pop().expect("its event");
    assert!(changed["target"][0]["detailEntry"]["to"].as_str().expect("what it is").contains(other));
    assert!(desk.fill(&add, &[]).await.expect(422).text().contains("It is registered already."));

    // Another thing that stops it, and in the end nothing.
    web.change(&acme, "redirect_uris", signet_testkit::json!([CALLBACK, other])).await;
    let without = acme.authorize(&web, "openid").without("code_challenge").without("code_challenge_method");
    acme.visitor().get(&without.url()).await.expect(303);
    let shown = news(&desk, &web).await.page().text();
    assert!(shown.contains("PKCE is missing") && !shown.contains(other), "{shown}");
    let person = Person::new(&acme).await;
    let flow = person.code(&acme, &web, "openid").await;
    let shown = news(&desk, &web).await.page().text();
    flow.redeem(&acme, &web).await;
    assert!(shown.contains("Refused") || shown.contains("with a code"), "{shown}");
    let works = news(&desk, &web).await.page();
    assert!(works.text().contains("It works") && works.text().contains(&person.login), "{}", works.text());
    assert!(works.attributes(".first-news", "data-ask").is_empty(), "there is nothing to wait for");
    let next = works.attributes(".first-links a", "href").pop().expect("the next one");
    let again = desk.page(&next).await.page();
    assert!(again.text().contains("since this page began to wait"), "{}", again.text());
    let ask = again.attributes(".first-news", "data-ask").remove(0);
    person.code(&acme, &web, "openid").await.redeem(&acme, &web).await;
    assert!(desk.page(&ask).await.text().contains("It works"));

    let service = NewApp::service().make(&acme).await;
    assert!(news(&desk, &service).await.text().contains("got a token yet"));
    let impostor = App { client_secret: Some("not-the-secret".to_owned()), ..service.app() };
    acme.token_as(&impostor, &[("grant_type", "client_credentials")]).not_secret().await.expect(401);
    let shown = news(&desk, &service).await.page().text();
    assert!(shown.contains("wrong client secret"), "who can't prove to be the app is told, too: {shown}");
    acme.client_credentials(&service, "orders:read").await.expect(200);
    assert!(news(&desk, &service).await.text().contains("It works"));
}

async fn a_strangers_redirect_uri_is_no_trap(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let web = NewApp::web().make(&acme).await;
    // Another host: it is said whose it would be.
    ask_for(&acme, &web, "https://app.example.evil.example/cb").await;
    let page = desk.page(&way_to_add(&desk, &web).await).await.page();
    let warned = page.all("main .alert").join(" ");
    assert!(warned.contains("Whoever runs app.example.evil.example"), "{}", page.text());
    // A query may hold anything: it is in no log, and what is left isn't added in place of the whole.
    ask_for(&acme, &web, "https://app.example/cb?token=canary-of-a-query-4711").await;
    let add = way_to_add(&desk, &web).await;
    let page = desk.page(&add).await;
    assert!(!page.text().contains("canary-of-a-query-4711"), "a query is kept");
    assert_eq!(the_form(&page).get("redirect_uris"), Some(""));
    desk.send(&page, &[]).await.expect(422);
    ask_for(&acme, &web, "https://joe:canary-of-a-password@app.example/x").await;
    assert!(!news(&desk, &web).await.text().contains("canary-of-a-password"));
    // What may not be registered isn't, and what tries to be markup is text.
    for hostile in
        ["https://evil.example/\"><script>alert(1)</script>", "javascript:alert(1)", "http://app.example/cb"]
    {
        ask_for(&acme, &web, hostile).await;
        let add = way_to_add(&desk, &web).await;
        let page = desk.page(&add).await;
        assert!(page.page().all("main .facts code").contains(&hostile.to_owned()), "{hostile}");
        assert!(
            page.page().all("main script").is_empty() && !page.text().contains("<script>alert"),
            "{hostile}"
        );
        desk.send(&page, &[]).await.expect(422);
    }
    ask_for(&acme, &web, "https://app.example/\u{202e}bc").await;
    assert!(news(&desk, &web).await.text().contains("⟨U+202E⟩"), "a hidden character is spelled out");
    // One app's refusal adds nothing to another, and neither does any other event.
    let other = NewApp::web().make(&acme).await;
    let event = add.split_once('?').expect("an event").1;
    for query in [event, "event=none", "event=00000000-0000-7000-8000-000000000000"] {
        let path = format!("/console/apps/{}/redirect-uris/new?{query}", other.id);
        assert_eq!(desk.get(&path).await.status, 404, "{query}");
    }
    // Without our page's token nothing is added.
    let page = desk.page(&add).await;
    let mut form = the_form(&page);
    form.remove("csrf");
    form.set("redirect_uris", "https://evil.example/cb");
    desk.visitor.submit(&page, &form).await.expect(403);
    assert_eq!(registered(&acme, &web).await, [CALLBACK]);
}

async fn ad_03_two_administrators_at_the_redirect_uris(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let mut web = NewApp::web().make(&acme).await;
    ask_for(&acme, &web, "https://app.example/mine").await;
    let page = desk.page(&way_to_add(&desk, &web).await).await;
    web.change(&acme, "redirect_uris", signet_testkit::json!([CALLBACK, "https://app.example/theirs"])).await;
    let clash = desk.send(&page, &[]).await.expect(412);
    assert!(clash.text().contains("https://app.example/theirs"), "what it is now: {}", clash.page().text());
    assert_eq!(registered(&acme, &web).await.len(), 2, "nothing was lost and nothing added");
    desk.send(&clash, &[]).await.expect(303);
    assert_eq!(registered(&acme, &web).await.len(), 3);
}

async fn who_may_not_read_the_log_waits_without_it(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    ask_for(&acme, &web, "https://app.example/other").await;
    let add = way_to_add(&Desk::of(&acme).await, &web).await;
    let (of_apps, _) = Desk::with_role(&acme, "APP_ADMIN").await;
    let shown = of_apps.page(&start(&web)).await.page();
    assert!(shown.text().contains("Your role doesn’t reach it."), "{}", shown.text());
    assert!(
        !shown.text().contains("app.example/other") && shown.attributes(".first-news", "data-ask").is_empty()
    );
    assert_eq!(of_apps.get(&add).await.status, 403);
    let (reader, _) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    let shown = news(&reader, &web).await;
    assert!(shown.text().contains("https://app.example/other"), "{}", shown.text());
    assert!(!shown.text().contains("/redirect-uris/new"), "who only looks isn't offered to add it");
    assert_eq!(reader.get(&add).await.status, 403);
}

/// One engine is enough: it is about the browser.
#[test]
fn the_page_waits_and_shows_by_itself_what_came() {
    set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
    run(Engine::Sqlite, async |engine| {
        let app = TestApp::shared(engine).await;
        let acme = app.acme();
        let web = NewApp::web().label("Shop").make(&acme).await;
        let browser = Browser::start().await;
        browser.viewport(1440, 900).await;
        sign_in(&browser, &acme).await;
        let url = format!("{}{}", acme.origin(), start(&web));
        browser.goto(&url).await;
        browser.wait_for(".first-news .changed").await;
        ask_for(&acme, &web, "https://app.example/other").await;
        browser.wait_for(".first-news .refused").await;
        assert!(browser.text(".first-news").await.contains("https://app.example/other"));
        browser.picture("console-start-refused").await;
        browser.click(".first-links a[href*='redirect-uris']").await;
        browser.wait_for(".edit-foot button").await;
        browser.picture("console-start-add").await;
        browser.click(".edit-foot button").await;
        browser.wait_for(".alert.allowed").await;
        Person::new(&acme).await.code(&acme, &web, "openid").await.redeem(&acme, &web).await;
        browser.wait_for(".first-news .outcome.allowed").await;
        browser.picture("console-start-works").await;
        assert_eq!(browser.count(".first-news[data-ask]").await, 0);
        browser.assert_quiet().await;
    });
}

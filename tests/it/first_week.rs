//! What an administrator asks in the first week, in a real browser, and how many clicks each answer may take. Typing and
//! keys are no clicks.

use std::cell::Cell;

use futures_util::future::join_all;
use signet_testkit::{Browser, Tenant, TestApp, Value, json, on_each_engine};

use crate::support::apps::{Made, NewApp, Person};
use crate::support::desk::sign_in;

on_each_engine! { the_first_weeks_questions_take_few_clicks }

const CTRL_K: &str = "\u{E009}k\u{E000}";
const ENTER: &str = "\u{E007}";

/// An administrator who counts.
struct Visit<'a> {
    browser: &'a Browser,
    origin: String,
    clicks: Cell<usize>,
}

impl Visit<'_> {
    /// Begins at the console's first page.
    async fn begin(&self) {
        self.clicks.set(0);
        self.browser.goto(&format!("{}/console", self.origin)).await;
        self.browser.wait_for("#needs").await;
    }

    async fn click(&self, css: &str) {
        self.clicks.set(self.clicks.get() + 1);
        self.browser.wait_for(css).await;
        self.browser.click(css).await;
    }

    /// Finds something by the palette: no click at all.
    async fn find(&self, text: &str, href: &str) {
        self.browser.press("body", CTRL_K).await;
        self.browser.wait_for("#palette[open]").await;
        self.browser.fill("#palette input", text).await;
        self.browser.wait_for(&format!("#palette [aria-selected=true][href^='{href}']")).await;
        self.browser.press("#palette input", ENTER).await;
        self.browser.wait_for_url(&format!("{}{href}", self.origin)).await;
        self.browser.wait_for("main h1").await;
    }

    /// What the page says, and within how many clicks it came.
    async fn read(&self, most: usize, what: &str) -> String {
        assert!(self.clicks.get() <= most, "{what} took {} clicks", self.clicks.get());
        self.browser.text("main").await
    }
}

struct Week {
    bob: Person,
    shop: Made,
    request: String,
}

/// What happened before the questions.
async fn a_week(acme: &Tenant) -> Week {
    let (bob, ann) = (Person::new(acme).await, Person::new(acme).await);
    bob.lifecycle(acme, "suspend").await;
    acme.password(&acme.web(), &bob.login, &bob.password, "openid").await.expect(400);
    let mut shop = NewApp::web().label("Shop").make(acme).await;
    shop.change(acme, "redirect_uris", json!(["https://moved.example/cb"])).await;
    // Afterwards it was busy.
    for _ in 0..20 {
        let spent = [
            ("grant_type", "authorization_code"),
            ("code", "nothing"),
            ("redirect_uri", "https://x.example"),
        ];
        acme.token_as(&shop, &spent).await.expect(400);
    }
    let till = NewApp::web().label("Till").make(acme).await.app();
    // Four are let in, the fifth in a second isn't.
    let calls = (0..8).map(|_| async { acme.password(&till, &ann.login, &ann.password, "openid").await });
    let replies = join_all(calls).await;
    let refused = replies.iter().find(|reply| reply.status == 429).expect("one is refused");
    let request = refused.header("x-okta-request-id").expect("an id").to_owned();
    for _ in 0..5 {
        let person = Person::new(acme).await;
        acme.password(&till, &person.login, "Winter2026-guess", "openid").await.expect(400);
    }
    acme.wait_for_logs(r#"eventType eq "user_rate_limited""#, 1).await;
    Week { bob, shop, request }
}

async fn the_first_weeks_questions_take_few_clicks(app: TestApp) {
    let acme = app.acme();
    app.clock().freeze().await;
    let week = a_week(&acme).await;
    let browser = Browser::start().await;
    browser.viewport(1440, 900).await;
    sign_in(&browser, &acme).await;
    let visit = Visit { browser: &browser, origin: acme.origin().to_owned(), clicks: Cell::new(0) };
    let bob = format!("/console/users/{}", week.bob.id);

    visit.begin().await;
    visit.find(&week.bob.login, &bob).await;
    let why = visit.read(2, "why Bob can't sign in").await;
    let told = ["Last refused", "it is suspended", "Fix: ", "Let back in"];
    assert!(told.iter().all(|part| why.contains(part)), "{why}");

    visit.begin().await;
    visit.find("Shop", &format!("/console/apps/{}", week.shop.id)).await;
    let history = visit.browser.text("section[aria-labelledby=history]").await;
    assert!(history.contains("https://moved.example/cb") && history.contains("admin@acme.test"), "{history}");
    visit.click("section[aria-labelledby=history] li a").await;
    visit.browser.wait_for(".statement").await;
    let who = visit.read(2, "who changed an app").await;
    assert!(who.contains("https://moved.example/cb"), "{who}");

    visit.begin().await;
    let which = visit.read(1, "which app sends passwords").await;
    assert!(which.contains("Till still sends passwords"), "{which}");

    visit.begin().await;
    visit.click("nav a[href='/console/limits']").await;
    browser.wait_for("#quota").await;
    let burns = visit.read(2, "who burns the quota").await;
    assert!(burns.contains("Demo token") && burns.contains("/api/v1/"), "{burns}");

    visit.begin().await;
    visit.find(&week.request, "/console/log").await;
    let what = visit.read(1, "what a request id stands for").await;
    assert!(what.contains("Throttled") && what.contains("Till"), "{what}");

    visit.begin().await;
    visit.click("nav a[href='/console/log']").await;
    browser.wait_for("#group").await;
    visit.clicks.set(visit.clicks.get() + 1);
    let choose =
        "const s = document.getElementById('group'); s.value = 'ip'; s.dispatchEvent(new Event('change'))";
    browser.script(choose, &[]).await;
    browser.wait_for(".groups td.marks .outcome").await;
    let marks = visit.read(3, "one address and many users").await;
    assert!(marks.contains("Many users"), "{marks}");

    visit.begin().await;
    visit.find(&week.bob.login, &bob).await;
    visit.click(&format!("a[href='{bob}/deactivate']")).await;
    visit.click(".edit-foot button").await;
    browser.wait_for_url(&format!("{}{bob}?done", acme.origin())).await;
    let gone = visit.read(2, "Bob left").await;
    assert!(gone.contains("Deactivated"), "{gone}");

    visit.begin().await;
    visit.click("nav a[href='/console/log']").await;
    browser.wait_for("a[download][href*='export.jsonl']").await;
    let share = browser.attribute("[data-copy*='since=']", "data-copy").await.expect("a link to share");
    assert!(share.contains("until="), "it holds its times: {share}");
    let fetch = "const [done] = [arguments[arguments.length - 1]];
        fetch(document.querySelector(\"a[download][href*='export.jsonl']\").href).then((r) => r.text()).then(done)";
    let lines = browser.script_async(fetch, &[]).await;
    let lines: Vec<Value> =
        lines.as_str().expect("text").lines().map(|line| line.parse().expect("JSON")).collect();
    assert!(lines.iter().any(|event| event["eventType"] == "user_rate_limited"), "an incident is exported");
    visit.read(2, "exporting and sharing").await;
    browser.assert_quiet().await;
}

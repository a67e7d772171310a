//! Webhooks: what alerts tell them, how it is signed, and what becomes of it when nobody takes note.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;

use signet_testkit::{
    Engine, Shared, Tenant, TestApp, Value, json, on_each_engine, on_postgres, serde_json, tokio,
};

use crate::quickstarts::page_blocks;
use crate::support::alerts::{fired, groups, groups_of};
use crate::support::desk::{Desk, shown};
use crate::support::make::unique;
use crate::support::outside::{Answer, Asked, Outside};
use crate::support::until::until;
use tokio::io::AsyncWriteExt;

on_each_engine! {
    lg_17_what_is_told_is_signed_and_can_be_told_from_a_replay,
    lg_17_a_webhook_reaches_no_private_address,
    a_webhook_that_is_away_is_told_later_and_one_that_stays_away_is_given_up,
    what_was_not_told_outlives_the_server,
    a_webhook_is_made_tried_rolled_and_deleted_at_the_console,
    what_is_no_webhook_is_refused,
}
on_postgres! { of_several_nodes_one_tells_a_webhook }

const TOLD: &str = r#"eventType eq "system.webhook.deliver""#;

/// A webhook and what is there.
struct Hook {
    id: String,
    secret: String,
    outside: Outside,
}

impl Hook {
    async fn new(tenant: &Tenant) -> Self {
        let outside = Outside::at("127.0.0.1").await;
        let body = json!({ "name": unique("hook"), "url": outside.url("/in?key=of-the-path") });
        let made = tenant.api("POST", "/api/v1/webhooks").json(&body).await.expect(201).json();
        let text = |name: &str| made[name].as_str().expect(name).to_owned();
        Self { id: text("id"), secret: text("signingKey"), outside }
    }

    /// An alert on groups of this name that tells it; its path.
    async fn alert(&self, tenant: &Tenant, word: &str) -> String {
        let search = json!({ "filter": groups_of(word) });
        let body = json!({ "name": word, "search": search, "webhooks": [self.id] });
        let made = tenant.api("POST", "/api/v1/alerts").json(&body).await.expect(201).json();
        assert_eq!(made["webhooks"], json!([self.id]));
        format!("/api/v1/alerts/{}", made["id"].as_str().expect("an id"))
    }

    async fn deliveries(&self, tenant: &Tenant) -> Vec<Value> {
        let path = format!("/api/v1/webhooks/{}/deliveries", self.id);
        let all: Value = tenant.api("GET", &path).await.expect(200).json();
        all.as_array().expect("a list").clone()
    }
}

/// What the page's own function says of a call, with a secret, so many seconds of tolerance.
async fn verified(secret: &str, asked: &Asked, tolerance: i64) -> bool {
    let blocks = page_blocks("../WEBHOOKS.md");
    let (_, function) = blocks.into_iter().find(|(info, _)| info == "python").expect("a function");
    let script = format!(
        "{function}\nimport sys, json\ngiven = json.load(sys.stdin)\n\
         print(verify(given['secret'], given['headers'], given['body'].encode(), given['tolerance']))\n"
    );
    let headers: BTreeMap<&str, &str> = asked.headers().collect();
    let given = json!({ "secret": secret, "headers": headers, "body": asked.body, "tolerance": tolerance })
        .to_string();
    let mut python = tokio::process::Command::new("python3")
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    python.stdin.take().expect("its input").write_all(given.as_bytes()).await.expect("what it reads");
    let done = python.wait_with_output().await.expect("its end");
    match String::from_utf8_lossy(&done.stdout).trim() {
        "True" => true,
        "False" => false,
        other => panic!("{other}"),
    }
}

async fn lg_17_what_is_told_is_signed_and_can_be_told_from_a_replay(app: TestApp) {
    const YEAR: i64 = 31_536_000;
    let acme = app.acme();
    let hook = Hook::new(&acme).await;
    let word = unique("signed");
    let alert = hook.alert(&acme, &word).await;
    hook.outside.says([Answer::status(500), Answer::status(204)]);
    groups(&acme, &word, [1]).await;
    let first = hook.outside.wait_for(1).await.remove(0);
    assert!(first.head.starts_with("post /in?key=of-the-path http/1.1"), "{}", first.head);
    let body: Value = serde_json::from_str(&first.body).expect("JSON");
    let firing = fired(&acme, &alert, 1).await.remove(0);
    assert_eq!((&body["type"], &body["data"]["firing"]["id"]), (&json!("alert.fired"), &firing["id"]));
    assert_eq!(
        (&body["data"]["firing"]["events"], &body["data"]["alert"]["name"]),
        (&json!(1), &json!(word))
    );
    assert_eq!(body["data"]["issuer"], acme.origin());
    assert!(verified(&hook.secret, &first, 60).await);
    let other = Hook::new(&acme).await;
    assert!(!verified(&other.secret, &first, 60).await, "another webhook's secret");
    let mut changed = first.clone();
    changed.body = changed.body.replace("\"events\":1", "\"events\":2");
    assert!(!verified(&hook.secret, &changed, 60).await, "another body");
    // A later attempt has the same id, a time and a signature of its own.
    app.clock().advance(Duration::from_secs(6)).await;
    let second = hook.outside.wait_for(2).await.remove(1);
    let of = |asked: &Asked, name: &str| asked.headers().find(|(n, _)| *n == name).map(|(_, v)| v.to_owned());
    assert_eq!(of(&first, "webhook-id"), of(&second, "webhook-id"));
    assert_eq!(first.body, second.body);
    assert_ne!(of(&first, "webhook-timestamp"), of(&second, "webhook-timestamp"));
    let mut replayed = first.clone();
    let time = of(&second, "webhook-timestamp").expect("a time");
    replayed.raw_head = replayed.raw_head.replace(&of(&first, "webhook-timestamp").expect("a time"), &time);
    assert!(!verified(&hook.secret, &replayed, 60).await, "an old signature with a new time");
    // While a secret is rolled both are good; a day later only the new one.
    let roll = format!("/api/v1/webhooks/{}/lifecycle/rollSigningKey", hook.id);
    let rolled = acme.api("POST", &roll).await.expect(200).json();
    let new = rolled["signingKey"].as_str().expect("a secret").to_owned();
    for (day, old_is_good) in [(0, true), (1, false)] {
        app.clock().advance(Duration::from_secs(day * 86_401)).await;
        let test = format!("/api/v1/webhooks/{}/lifecycle/test", hook.id);
        acme.api("POST", &test).await.expect(200);
        let count = hook.outside.asked().len();
        let asked = hook.outside.wait_for(usize::try_from(3 + day).unwrap().max(count)).await;
        let last = asked.last().expect("a test");
        assert!(last.body.contains("webhook.test"), "{}", last.body);
        assert!(verified(&new, last, YEAR).await);
        assert_eq!(verified(&hook.secret, last, YEAR).await, old_is_good, "day {day}");
    }
    let events = acme.wait_for_logs(TOLD, 4).await;
    for event in &events {
        let text = event.to_string();
        assert!(!text.contains("of-the-path") && !text.contains("whsec_"), "{text}");
    }
}

async fn lg_17_a_webhook_reaches_no_private_address(engine: Engine) {
    let app = TestApp::start_with(engine, false, &["--outbound-networks=127.0.0.2"]).await;
    let acme = app.acme();
    let private = Outside::at("127.0.0.3").await;
    for url in
        [private.url("/"), "https://10.0.0.1/".into(), "https://[::1]/".into(), "http://example.com/".into()]
    {
        let body = json!({ "name": "private", "url": url });
        let reply = acme.api("POST", "/api/v1/webhooks").json(&body).await.expect(400);
        assert!(reply.text().contains("url:"), "{}", reply.text());
    }
    // A redirect to one is an answer like any other.
    let hook = {
        let outside = Outside::at("127.0.0.2").await;
        let body = json!({ "name": "redirects", "url": outside.url("/") });
        let made = acme.api("POST", "/api/v1/webhooks").json(&body).await.expect(201).json();
        let text = |name: &str| made[name].as_str().expect(name).to_owned();
        Hook { id: text("id"), secret: text("signingKey"), outside }
    };
    let to = private.url("/stolen");
    hook.outside.says([Answer::raw(&format!(
        "HTTP/1.1 307 Elsewhere\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"
    ))]);
    acme.api("POST", &format!("/api/v1/webhooks/{}/lifecycle/test", hook.id)).await.expect(200);
    let events = acme.wait_for_logs(TOLD, 1).await;
    assert_eq!(events[0]["outcome"]["reason"], "webhook_refused");
    assert_eq!(events[0]["debugContext"]["debugData"]["status"], "307");
    assert_eq!(private.connections(), 0);
}

async fn a_webhook_that_is_away_is_told_later_and_one_that_stays_away_is_given_up(app: TestApp) {
    let (acme, clock) = (app.acme(), app.clock());
    let (later, never) = (Hook::new(&acme).await, Hook::new(&acme).await);
    later.outside.says([Answer::raw(""), Answer::Hangs, Answer::status(200)]);
    never.outside.says([Answer::status(410)]);
    clock.freeze().await;
    for hook in [&later, &never] {
        acme.api("POST", &format!("/api/v1/webhooks/{}/lifecycle/test", hook.id)).await.expect(200);
        hook.outside.wait_for(1).await;
    }
    for (attempt, wait) in [(2, 5), (3, 30), (4, 120), (5, 600), (6, 1_800), (7, 3_600)] {
        acme.wait_for_logs(TOLD, (attempt - 1) + (attempt - 1).min(3)).await;
        clock.advance(Duration::from_secs(wait)).await;
        never.outside.wait_for(attempt).await;
        later.outside.wait_for(attempt.min(3)).await;
    }
    let state = async |hook: &Hook| hook.deliveries(&acme).await[0]["status"].clone();
    until("it is given up", async || state(&never).await == "GIVEN_UP").await;
    assert_eq!(state(&later).await, "DELIVERED");
    let told = later.deliveries(&acme).await.remove(0);
    assert_eq!((&told["attempts"], &told["responseStatus"]), (&json!(3), &json!(200)));
    let events = acme.wait_for_logs(TOLD, 10).await;
    let given_up = |event: &&Value| event["debugContext"]["debugData"]["givenUp"] == "true";
    assert_eq!(events.iter().filter(given_up).count(), 1);
    assert_eq!((later.outside.asked().len(), never.outside.asked().len()), (3, 7));
}

async fn what_was_not_told_outlives_the_server(app: TestApp) {
    let acme = app.acme();
    let hook = Hook::new(&acme).await;
    let word = unique("outlives");
    let alert = hook.alert(&acme, &word).await;
    hook.outside.says([Answer::Hangs, Answer::status(200)]);
    groups(&acme, &word, [1]).await;
    hook.outside.wait_for(1).await;
    app.restart().await;
    // Whoever had taken it up had it for half a minute.
    app.clock().advance(Duration::from_secs(31)).await;
    hook.outside.wait_for(2).await;
    until("it is told", async || hook.deliveries(&acme).await[0]["status"] == "DELIVERED").await;
    assert_eq!((hook.deliveries(&acme).await.len(), fired(&acme, &alert, 1).await.len()), (1, 1));
}

async fn of_several_nodes_one_tells_a_webhook(engine: Engine) {
    const ALERTS: usize = 8;
    let app = TestApp::start(engine).await;
    let nodes = app.nodes(2).await;
    let acme = app.acme();
    let hook = Hook::new(&acme).await;
    for n in 0..ALERTS {
        let word = unique(&format!("tell{n}"));
        hook.alert(&acme, &word).await;
        groups(&[&acme, &nodes[0].acme(), &nodes[1].acme()][n % 3].clone(), &word, [n]).await;
    }
    hook.outside.wait_for(ALERTS).await;
    until("all are told", async || {
        hook.deliveries(&acme).await.iter().filter(|told| told["status"] == "DELIVERED").count() == ALERTS
    })
    .await;
    let asked = hook.outside.asked();
    let ids: BTreeSet<_> =
        asked.iter().map(|asked| asked.headers().find(|(n, _)| *n == "webhook-id")).collect();
    assert_eq!((asked.len(), ids.len()), (ALERTS, ALERTS), "each once");
}

async fn a_webhook_is_made_tried_rolled_and_deleted_at_the_console(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (name, outside) = (unique("hook"), Outside::at("127.0.0.1").await);
    let form = desk.page("/console/webhooks/new").await;
    let wrong = desk.send(&form, &[("name", &name), ("url", "ftp://x")]).await.expect(422);
    assert!(wrong.text().contains("id=\"url-error\""), "{}", wrong.text());
    let form = desk.page("/console/webhooks/new").await;
    let made = desk.send(&form, &[("name", &name), ("url", &outside.url("/in"))]).await.expect(200);
    let secret = shown(&made, "Secret");
    app.canaries().add(&secret);
    assert!(secret.starts_with("whsec_"), "{secret}");
    let path = made.page().attributes("a.button.primary", "href").remove(0);
    assert!(!desk.page(&path).await.text().contains("whsec_"));
    let sent = desk.press(&path, "/test").await.expect(200);
    assert!(sent.text().contains("The test is on its way"), "{}", sent.text());
    outside.wait_for(1).await;
    until("it is told", async || desk.page(&path).await.text().contains("Delivered")).await;
    // An alert is made to tell it.
    let id = path.rsplit('/').next().expect("an id").to_owned();
    let word = unique("tells");
    let alert = desk
        .fill("/console/alerts/new", &[("name", &word), ("filter", &groups_of(&word)), ("webhooks", &id)])
        .await
        .expect(200);
    assert!(alert.text().contains(&name), "{}", alert.text());
    groups(&acme, &word, [1]).await;
    outside.wait_for(2).await;
    let page = alert.url.path().to_owned();
    until("its page says so", async || desk.page(&page).await.text().contains("Delivered")).await;
    let rolled = desk.page(&format!("{path}/roll")).await;
    let rolled = desk.send(&rolled, &[]).await.expect(200);
    assert_ne!(shown(&rolled, "Secret"), secret);
    app.canaries().add(&shown(&rolled, "Secret"));
    let off = desk.fill(&format!("{path}/edit"), &[("state", "off")]).await.expect(200);
    assert!(off.text().contains("The webhook is saved."), "{}", off.text());
    let gone = desk.fill(&format!("{path}/delete"), &[]).await.expect(200);
    assert!(gone.text().contains("The webhook is deleted."), "{}", gone.text());
    assert!(!desk.page(&page).await.text().contains(&name));
}

async fn what_is_no_webhook_is_refused(app: Shared) {
    let acme = app.acme();
    let hook = Hook::new(&acme).await;
    let path = format!("/api/v1/webhooks/{}", hook.id);
    let read = acme.api("GET", &path).await.expect(200);
    assert!(!read.text().contains("whsec_"), "{}", read.text());
    let (etag, mut body) = (read.header("etag").expect("an ETag").to_owned(), read.json());
    body["enabled"] = json!(false);
    acme.api("PUT", &path).header("if-match", &etag).json(&body).await.expect(200);
    acme.api("PUT", &path).header("if-match", &etag).json(&body).await.expect(412);
    acme.api("POST", &format!("{path}/lifecycle/test")).await.expect(400);
    for (member, value) in [
        ("name", json!("")),
        ("name", json!(" x")),
        ("url", json!("")),
        ("url", json!("not a url")),
        ("url", json!("javascript:alert(1)")),
        ("url", json!("https://user:password@hooks.example/")),
        ("secret", json!("whsec_mine")),
    ] {
        let mut body = json!({ "name": unique("bad"), "url": "https://hooks.example/" });
        body[member] = value;
        acme.api("POST", "/api/v1/webhooks").not_secret().json(&body).await.expect(400);
    }
    let nobody =
        json!({ "name": unique("x"), "search": { "q": "x" }, "webhooks": ["whk0000000000000000000001"] });
    let reply = acme.api("POST", "/api/v1/alerts").json(&nobody).await.expect(400);
    assert!(reply.text().contains("there is no webhook"), "{}", reply.text());
    acme.api("DELETE", &path).await.expect(204);
    acme.api("GET", &format!("{path}/deliveries")).await.expect(404);
}

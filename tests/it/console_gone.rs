//! What is gone, paused or degraded is told as that.

use signet_testkit::{Engine, PrivateRedis, Shared, TestApp, json, on_each_engine};

use crate::support::apps::{NewApp, Person};
use crate::support::desk::Desk;
use crate::support::make::unique;
use crate::support::rates::{policy, token};
use crate::support::until::until;

on_each_engine! {
    a_deleted_users_page_says_who_that_was,
    events_of_a_deleted_app_keep_its_name,
    a_paused_credential_says_so,
    a_lost_redis_is_told_on_every_page,
    what_was_done_is_said,
}

async fn a_deleted_users_page_says_who_that_was(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let person = Person::new(&acme).await;
    let path = format!("/api/v1/users/{}", person.id);
    acme.api("POST", &format!("{path}/lifecycle/deactivate")).await.expect(200);
    acme.api("DELETE", &path).await.expect(204);
    let page = desk.get(&format!("/console/users/{}", person.id)).await.expect(404);
    assert!(page.text().contains(&person.login), "{}", page.page().text());
    let links = page.page().attributes("a[href]", "href");
    let log = links.iter().find(|link| link.contains(&person.id)).expect("the way to the log");
    let shown = desk.page(log).await.page().text();
    assert!(shown.contains("deleted the user"), "{shown}");
    // Who may not read the log is told no more than before, and nobody is told of another tenant's.
    let (help, _) = Desk::with_role(&acme, "HELP_DESK_ADMIN").await;
    let plain = help.get(&format!("/console/users/{}", person.id)).await.expect(404);
    assert!(!plain.text().contains(&person.login), "{}", plain.page().text());
    let globex = Desk::of(&app.globex()).await;
    let foreign = globex.get(&format!("/console/users/{}", person.id)).await.expect(404);
    assert!(!foreign.text().contains(&person.login), "{}", foreign.page().text());
}

async fn events_of_a_deleted_app_keep_its_name(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let label = unique("Short-lived app");
    let web = NewApp::web().label(&label).make(&acme).await;
    let person = Person::new(&acme).await;
    person.code(&acme, &web, "openid").await.redeem(&acme, &web).await;
    web.lifecycle(&acme, "deactivate").await;
    acme.api("DELETE", &format!("/api/v1/apps/{}", web.id)).await.expect(204);
    let log = desk.page(&format!("/console/log?q={}&range=1h&machines=show", web.client_id)).await;
    let shown = log.page().text();
    assert!(shown.contains(&format!("{label}, deleted")), "{shown}");
    assert!(!shown.contains("unknown app"), "{shown}");
}

async fn a_paused_credential_says_so(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let made = json!({ "name": unique("Resting token") });
    let made = acme.api("POST", "/api/v1/api-tokens").json(&made).await.json();
    let id = made["id"].as_str().expect("an id").to_owned();
    let page = format!("/console/credentials/tokens/{id}");
    assert!(!desk.page(&page).await.page().text().contains("Paused"), "not yet");
    let paused = acme.api("POST", &format!("/api/v1/api-tokens/{id}/lifecycle/pause")).await;
    assert!(matches!(paused.status, 200 | 204), "{}", paused.describe());
    for path in [page.as_str(), "/console/credentials"] {
        let text = desk.page(path).await.page().text();
        assert!(text.contains("Paused"), "{path}: {text}");
    }
}

async fn a_lost_redis_is_told_on_every_page(engine: Engine) {
    let redis = PrivateRedis::start();
    let app = TestApp::start_with(engine, false, &["--redis-url", redis.url()]).await;
    app.canaries().add(redis.password());
    let members = json!({ "strategy": "redis", "limit": [9], "window_size": [31_536_000] });
    policy(&app.acme(), members).await;
    let desk = Desk::of(&app.acme()).await;
    let told = async || desk.page("/console/users").await.text().contains("Redis doesn’t answer");
    assert!(!told().await);
    redis.kill9();
    // The next request that counts notices it.
    token(&app.acme()).await;
    until("the page says so", told).await;
    assert!(desk.page("/console").await.text().contains("Redis doesn’t answer"));
}

async fn what_was_done_is_said(app: TestApp) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let made = json!({ "name": unique("Busy token") });
    let made = acme.api("POST", "/api/v1/api-tokens").json(&made).await.json();
    let (id, token) = (made["id"].as_str().expect("an id"), made["token"].as_str().expect("a token"));
    acme.api_with(token, "GET", "/api/v1/users").await.expect(200);
    for (action, says) in [("pause", "It is paused"), ("resume", "It may call again.")] {
        let done = desk.press("/console/limits", &format!("{id}/{action}")).await.expect(200);
        assert!(done.page().all("[role=status]").join(" ").contains(says), "{}", done.page().text());
    }
    let saved = desk.fill("/console/log/searches/new?q=refused", &[("name", "Refused things")]).await;
    let said = saved.expect(200).page().all("[role=status]").join(" ");
    assert!(said.contains("The search is saved"), "{said}");
    // Anybody can write an address.
    let typed = desk.page("/console/log?q=other&done=save").await.page().all("[role=status]").join(" ");
    assert!(!typed.contains("The search is saved"), "{typed}");
}

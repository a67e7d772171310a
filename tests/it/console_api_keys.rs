//! API keys of an app in the console.

use std::time::Duration;

use signet_testkit::{Shared, TestApp, json, on_each_engine};

use crate::support::desk::{Desk, shown, the_form};
use crate::support::gateway::{Gate, store_app};
use crate::support::make::unique;

on_each_engine! {
    an_api_key_is_made_used_and_revoked_in_the_console,
    what_is_wrong_with_an_api_key_stands_beside_its_field,
    api_keys_ask_for_the_password_late,
    who_may_only_look_sees_api_keys_and_changes_none,
}

async fn an_api_key_is_made_used_and_revoked_in_the_console(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (gate, store) = (Gate::new(&acme, json!({ "api_keys": true })).await, store_app(&acme).await);
    let path = format!("/console/apps/{}", store.client_id);
    let name = unique("Pedometer <b>7</b>");
    assert!(desk.page(&path).await.page().attributes("a", "href").contains(&format!("{path}/api-keys/new")));
    let form = desk.page(&format!("{path}/api-keys/new")).await;
    let made = desk.send(&form, &[("name", &name)]).await.expect(200);
    let key = shown(&made, "API key");
    assert!(key.starts_with("sga"), "{}", made.page().text());
    acme.http().canaries().add(&key);
    // The same form makes one.
    desk.send(&form, &[("name", &name)]).await.expect(409);
    let keys = async || desk.page(&path).await.page().all(".api-keys li").join("|");
    let listed = keys().await;
    assert!(listed.contains(&name) && listed.contains("never used"), "{listed}");
    let passes = async || gate.verify().header("apikey", &key).await.status;
    assert_eq!(passes().await, 200);
    let page = desk.page(&path).await;
    acme.http().canaries().assert_none_in(&path, &page.body);
    assert!(keys().await.contains("last used"), "{}", keys().await);
    let revoke = page.page().attributes(".api-keys a", "href").remove(0);
    let done = desk.fill(&revoke, &[]).await.expect(200);
    assert!(done.text().contains("The API key is revoked."), "{}", done.page().text());
    assert_eq!(passes().await, 401);
    assert_eq!(keys().await, "");
    assert_eq!(desk.get(&revoke).await.status, 404);
    let id = revoke.split('/').rev().nth(1).expect("an id");
    for kind in ["create", "delete"] {
        acme.wait_for_logs(&format!(r#"eventType eq "app.api_key.{kind}" and target.id eq "{id}""#), 1).await;
    }
    // One that is in use already.
    let own = format!("my-own-key-{}", store.client_id);
    acme.http().canaries().add(&own);
    let made =
        desk.fill(&format!("{path}/api-keys/new"), &[("name", "own"), ("key", &own)]).await.expect(200);
    assert_eq!(shown(&made, "API key"), own);
    gate.verify().header("apikey", &own).await.expect(200);
}

async fn what_is_wrong_with_an_api_key_stands_beside_its_field(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let store = store_app(&acme).await;
    let path = format!("/console/apps/{}/api-keys/new", store.client_id);
    for (field, value, says) in [
        ("name", "", "Must have 1 to 100 characters."),
        ("key", "short", "Must have 20 to 256 printable"),
        ("key", "aaaaaaaaaaaaaaaaaaaaaaaa", "Must have at least 8 different"),
    ] {
        let page = desk.page(&path).await;
        let reply = desk.send(&page, &[("name", "wrong"), (field, value)]).await.expect(422);
        let said = reply.page().all(&format!("#{field}-error"));
        assert!(said.iter().any(|s| s.contains(says)), "{field}={value}: {said:?}");
    }
    let api = format!("/api/v1/apps/{}/api-keys", store.client_id);
    for _ in 0..10 {
        let made = acme.api("POST", &api).json(&json!({ "name": "many" })).await.expect(201).json();
        acme.http().canaries().add(made["key"].as_str().expect("a key"));
    }
    let page = desk.page(&path).await;
    let reply = desk.send(&page, &[("name", "eleventh")]).await.expect(422);
    assert!(reply.page().all("#key-error")[0].contains("at most 10"));
    let links = desk.page(&format!("/console/apps/{}", store.client_id)).await.page().attributes("a", "href");
    assert!(!links.contains(&path), "no more are offered");
}

async fn api_keys_ask_for_the_password_late(app: TestApp) {
    let acme = app.acme();
    app.clock().freeze().await;
    let desk = Desk::of(&acme).await;
    let store = store_app(&acme).await;
    let api = format!("/api/v1/apps/{}/api-keys", store.client_id);
    let made = acme.api("POST", &api).json(&json!({ "name": "old" })).await.expect(201).json();
    acme.http().canaries().add(made["key"].as_str().expect("a key"));
    app.clock().advance(Duration::from_secs(11 * 60)).await;
    let path = format!("/console/apps/{}/api-keys", store.client_id);
    let id = made["id"].as_str().expect("an id");
    let pages =
        [(format!("{path}/new"), Some(("name", "late")), 200), (format!("{path}/{id}/revoke"), None, 303)];
    for (path, field, status) in pages {
        let page = desk.page(&path).await;
        assert!(the_form(&page).get("your_password").is_some(), "{path}");
        let fields = |password| field.into_iter().chain([("your_password", password)]).collect::<Vec<_>>();
        desk.send(&page, &fields("not-my-password")).await.expect(422);
        let done = desk.send(&page, &fields(desk.password.as_str())).await;
        assert_eq!(done.status, status, "{path}: {}", done.describe());
        app.clock().advance(Duration::from_secs(11 * 60)).await;
    }
}

async fn who_may_only_look_sees_api_keys_and_changes_none(app: Shared) {
    let acme = app.acme();
    let store = store_app(&acme).await;
    let api = format!("/api/v1/apps/{}/api-keys", store.client_id);
    let made = acme.api("POST", &api).json(&json!({ "name": "Seen by all" })).await.expect(201).json();
    acme.http().canaries().add(made["key"].as_str().expect("a key"));
    let (desk, _) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    let path = format!("/console/apps/{}", store.client_id);
    let page = desk.page(&path).await.page();
    assert!(page.all(".api-keys li").join("|").contains("Seen by all"));
    assert!(!page.attributes("a", "href").iter().any(|link| link.contains("/api-keys/")));
    let id = made["id"].as_str().expect("an id");
    for page in ["new".to_owned(), format!("{id}/revoke")] {
        assert_eq!(desk.get(&format!("{path}/api-keys/{page}")).await.status, 403, "{page}");
    }
}

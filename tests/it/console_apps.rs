//! Apps in the console: made by kind, set up, their secrets rolled, switched off, deleted.

use signet_testkit::{App, Shared, on_each_engine};

use crate::support::apps::NewApp;
use crate::support::desk::{Desk, shown, the_form};
use crate::support::make::unique;

on_each_engine! {
    every_kind_of_app_is_made_and_works,
    settings_are_saved_and_mistakes_told,
    a_secret_is_rolled_without_a_gap,
    an_app_is_switched_off_and_deleted,
}

/// Whether an app is on one of the list's pages: other tests make some, too.
async fn is_listed(desk: &Desk, label: &str) -> bool {
    let mut next = Some("/console/apps".to_owned());
    while let Some(path) = next {
        let list = desk.page(&path).await;
        if list.text().contains(label) {
            return true;
        }
        next = list.page().attributes("a[rel=next]", "href").into_iter().next();
    }
    false
}

async fn every_kind_of_app_is_made_and_works(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let choice = desk.page("/console/apps/new").await;
    for (kind, uris) in [
        ("web", "https://shop.example/cb\r\nhttps://shop.example/other"),
        ("browser", "https://shop.example/cb"),
        ("native", "http://127.0.0.1/cb"),
        ("service", ""),
    ] {
        let chosen = desk.send(&choice, &[("kind", kind)]).await.expect(303);
        let page = desk.visitor.follow(chosen).await.expect(200);
        let label = unique(kind);
        let mut fields = vec![("label", label.as_str())];
        if !uris.is_empty() {
            fields.push(("redirect_uris", uris));
        }
        let reply = desk.send(&page, &fields).await;
        let made = desk.visitor.follow(reply).await.expect(200);
        if kind == "service" {
            let (client_id, secret) = (shown(&made, "Client ID"), shown(&made, "Client secret"));
            app.canaries().add(&secret);
            let client = App { client_id, client_secret: Some(secret), ..acme.service() };
            acme.client_credentials(&client, "orders:read").await.expect(200);
        }
        assert!(is_listed(&desk, &label).await, "{kind}");
        let found = desk.page(&format!("/console/apps?q={}", label.to_uppercase())).await;
        assert_eq!(found.page().all("td.first"), [label.as_str()]);
        if kind == "browser" {
            let start = made.page().all(".step code").join("\n");
            assert!(start.contains(&acme.issuer()) && start.contains("react-oidc-context"), "{start}");
            assert!(!start.contains("SECRET"), "a public app has none");
        }
    }
}

async fn settings_are_saved_and_mistakes_told(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let client = NewApp::web().make(&acme).await;
    let path = format!("/console/apps/{}/edit", client.id);
    let page = desk.page(&path).await;
    assert_eq!(the_form(&page).fields.iter().filter(|(name, _)| name == "grant_types").count(), 3);
    let wrong =
        [("redirect_uris", "https://a.example/cb\r\nhttp://evil.example/*"), ("refresh_token.leeway", "61")];
    let reply = desk.send(&page, &wrong).await.expect(422);
    assert!(reply.page().all("#redirect_uris-error")[0].contains("http://evil.example/*"));
    assert_eq!(reply.page().all("[id='refresh_token.leeway-error']"), ["Must be from 0 to 60."]);
    assert_eq!(the_form(&reply).get("refresh_token.leeway"), Some("61"));
    assert!(the_form(&reply).get("redirect_uris").unwrap().contains("evil.example"));
    let right =
        [("redirect_uris", "https://a.example/cb"), ("refresh_token.leeway", "7"), ("label", "Renamed")];
    let right = [&right[..], &[("dpop_bound_access_tokens", "true")]].concat();
    desk.send(&reply, &right).await.expect(303);
    let read = acme.api("GET", &format!("/api/v1/apps/{}", client.id)).await.expect(200).json();
    let oauth = &read["settings"]["oauthClient"];
    assert_eq!(read["label"], "Renamed");
    assert_eq!(oauth["redirect_uris"], signet_testkit::json!(["https://a.example/cb"]));
    assert_eq!(oauth["grant_types"].as_array().unwrap().len(), 3, "what wasn't touched stays");
    assert_eq!(oauth["refresh_token"]["leeway"], 7);
    assert_eq!(oauth["dpop_bound_access_tokens"], true);
    let filter = format!("eventType eq \"application.lifecycle.update\" and target.id eq \"{}\"", client.id);
    let event = acme.wait_for_logs(&filter, 1).await.pop().unwrap();
    assert!(event["target"][0]["detailEntry"]["to"].as_str().unwrap().contains("https://a.example/cb"));
}

async fn a_secret_is_rolled_without_a_gap(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let old = NewApp::service().make(&acme).await;
    let path = format!("/console/apps/{}", old.id);
    assert!(!desk.page(&path).await.text().contains("Retire…"), "the last one that works stays");
    let made = desk.fill(&format!("{path}/secrets/new"), &[]).await.expect(200);
    let secret = shown(&made, "Client secret");
    app.canaries().add(&secret);
    assert!(!desk.page(&path).await.text().contains(&secret), "shown once");
    // Which one is which: by their last characters.
    let endings = |secrets: [&str; 2]| secrets.map(|secret| format!("…{}", &secret[secret.len() - 4..]));
    let both = endings([old.client_secret.as_deref().expect("a secret"), &secret]);
    assert_eq!(desk.page(&path).await.page().all("section[aria-labelledby=secrets] code"), both);
    let listed = acme.api("GET", &format!("/api/v1/apps/{}/credentials/secrets", old.id)).await.json();
    assert_eq!([&listed[0]["hint"], &listed[1]["hint"]], [both[0].as_str(), both[1].as_str()]);
    let new = App { client_secret: Some(secret), ..(*old).clone() };
    acme.client_credentials(&old, "orders:read").await.expect(200);
    acme.client_credentials(&new, "orders:read").await.expect(200);
    let full = desk.page(&format!("{path}/secrets/new")).await;
    assert!(desk.send(&full, &[]).await.expect(422).text().contains("at most two"));
    let retire = desk.page(&path).await.page().attributes("a.button.danger", "href");
    let retire = retire.iter().find(|href| href.ends_with("/retire")).unwrap().clone();
    let asked = desk.page(&retire).await;
    assert!(
        asked.text().contains(&both[0][3..]) && !asked.text().contains(&both[1][3..]),
        "{}",
        asked.text()
    );
    let done = desk.fill(&retire, &[]).await.expect(200);
    assert!(done.text().contains("The secret is retired."));
    acme.client_credentials(&old, "orders:read").await.expect_oauth_error(401, "invalid_client");
    acme.client_credentials(&new, "orders:read").await.expect(200);
}

async fn an_app_is_switched_off_and_deleted(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let client = NewApp::service().make(&acme).await;
    let path = format!("/console/apps/{}", client.id);
    assert_eq!(desk.get(&format!("{path}/delete")).await.status, 409, "off first");
    desk.fill(&format!("{path}/off"), &[]).await.expect(200);
    acme.client_credentials(&client, "orders:read").await.expect_oauth_error(401, "invalid_client");
    assert!(desk.press(&path, "/on").await.text().contains("switched on"));
    acme.client_credentials(&client, "orders:read").await.expect(200);
    desk.fill(&format!("{path}/off"), &[]).await.expect(200);
    let read = acme.api("GET", &format!("/api/v1/apps/{}", client.id)).await.expect(200).json();
    let label = read["label"].as_str().unwrap().to_owned();
    let ask = desk.page(&format!("{path}/delete")).await;
    desk.send(&ask, &[("typed", "something")]).await.expect(422);
    let reply = desk.fill(&format!("{path}/delete"), &[("typed", &label)]).await.expect(200);
    assert!(reply.text().contains("The app is deleted."));
    assert_eq!(desk.get(&path).await.status, 404);
}

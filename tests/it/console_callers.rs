//! API tokens, API credentials and authorization servers in the console.

use signet_testkit::{Reply, Shared, json, on_each_engine};

use crate::support::apps::Server;
use crate::support::desk::{Desk, shown, the_form};
use crate::support::make::unique;

on_each_engine! {
    tokens_and_credentials_are_made_and_revoked,
    a_server_and_its_scopes,
    an_initial_access_token_ends_after_a_time,
}

async fn tokens_and_credentials_are_made_and_revoked(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let made = desk.fill("/console/credentials/tokens/new", &[("name", "deploy")]).await.expect(200);
    let token = shown(&made, "API token");
    app.canaries().add(&token);
    acme.api_with(&token, "GET", "/api/v1/users/me").await.expect(200);
    let path = made.page().attributes("a.button.primary", "href").pop().unwrap();
    assert!(!desk.page(&path).await.text().contains(&token), "shown once");
    let gone = desk.fill(&format!("{path}/revoke"), &[]).await.expect(200);
    assert!(gone.text().contains("It is revoked."));
    acme.api_with(&token, "GET", "/api/v1/users/me").await.expect(401);

    let page = desk.page("/console/credentials/clients/new").await;
    desk.send(&page, &[("name", "x"), ("scope", "EVERYTHING")]).await.expect(422);
    let fields = [("name", "reports"), ("scope", "READ_USERS")];
    let made = desk.fill("/console/credentials/clients/new", &fields).await.expect(200);
    let (id, secret) = (shown(&made, "Client ID"), shown(&made, "Client secret"));
    app.canaries().add(&secret);
    let ask = || {
        let body = signet_testkit::json!({ "grant_type": "client_credentials" });
        acme.call("POST", "/auth/oauth2/v2/token").basic(&id, &secret).json(&body)
    };
    ask().await.expect(200);
    let path = made.page().attributes("a.button.primary", "href").pop().unwrap();
    desk.fill(&format!("{path}/revoke"), &[]).await.expect(200);
    ask().await.expect(401);
}

async fn a_server_and_its_scopes(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let page = desk.page("/console/servers/new").await;
    let wrong = [("name", "orders"), ("audiences", "api://orders"), ("accessTokenLifetimeMinutes", "soon")];
    let reply = desk.send(&page, &wrong).await.expect(422);
    let access = "accessTokenLifetimeMinutes";
    let told = |reply: &Reply| reply.page().all(&format!("#{access}-error"));
    assert_eq!(told(&reply), ["Write a time like 30 min, 12 h or 90 days."]);
    assert_eq!(the_form(&reply).get(access), Some("soon"), "what was typed stays");
    let reply = desk.send(&reply, &[(access, "2 days")]).await.expect(422);
    assert_eq!(told(&reply), ["Must be from 5 min to 1 day."]);
    let reply = desk.send(&reply, &[(access, "15"), ("refreshTokenWindowMinutes", "1h30min")]).await;
    let made = desk.visitor.follow(reply).await.expect(200);
    for shown in ["api://orders", "15 minutes", "90 minutes", "90 days"] {
        assert!(made.text().contains(shown), "{shown}: {}", made.page().text());
    }
    let path = made.url.path().to_owned();
    let edit = the_form(&desk.page(&format!("{path}/edit")).await);
    for (name, shown) in [
        (access, "15 min"),
        ("idTokenLifetimeMinutes", "1 h"),
        ("refreshTokenWindowMinutes", "1 h 30 min"),
        ("refreshTokenLifetimeMinutes", "90 days"),
    ] {
        assert_eq!(edit.get(name), Some(shown), "{name}");
    }
    let scope = unique("orders") + ":write";
    let fields = [("name", scope.as_str()), ("displayName", "Change <i>orders</i>")];
    let page = desk.fill(&format!("{path}/scopes/new"), &fields).await.expect(200);
    assert!(page.page().text().contains("Change <i>orders</i>"), "as text");
    let twice = desk.page(&format!("{path}/scopes/new")).await;
    assert!(desk.send(&twice, &fields).await.expect(422).text().contains("taken already"));
    let links = page.page().attributes("td.first a", "href");
    let own = links.iter().find(|href| href.contains("/scopes/")).unwrap();
    let changed = desk.fill(own, &[("displayName", "Place orders")]).await.expect(200);
    assert!(changed.text().contains("Place orders"));
    desk.fill(&format!("{own}/delete"), &[]).await.expect(200);
    assert!(!desk.page(&path).await.text().contains(&scope));
    let edited = desk.fill(&format!("{path}/edit"), &[("description", "For the shop")]).await.expect(200);
    assert!(edited.text().contains("For the shop"));
    desk.fill(&format!("{path}/off"), &[]).await.expect(200);
    assert!(desk.press(&path, "/on").await.text().contains("switched on"));
    desk.fill(&format!("{path}/delete"), &[("typed", "orders")]).await.expect(200);
    assert_eq!(desk.get(&path).await.status, 404);
    let default = crate::support::apps::server_id(&acme, "default").await;
    let ask = desk.page(&format!("/console/servers/{default}/delete")).await;
    assert!(desk.send(&ask, &[("typed", "default")]).await.expect(422).text().contains("stays"));
}

async fn an_initial_access_token_ends_after_a_time(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    let ends = "lifetimeMinutes";
    let mut page = desk.page(&format!("/console/servers/{}/registration/tokens/new", server.id)).await;
    assert_eq!(the_form(&page).get(ends), Some("1 day"));
    for (typed, told) in [
        ("two years", "Write a time like 30 min, 12 h or 90 days."),
        ("0", "Write a time like 30 min, 12 h or 90 days."),
        ("366 days", "Must be from 1 min to 365 days."),
    ] {
        page = desk.send(&page, &[("name", "for the shop"), (ends, typed)]).await.expect(422);
        assert_eq!(page.page().all(&format!("#{ends}-error")), [told], "{typed}");
        assert_eq!(the_form(&page).get(ends), Some(typed), "what was typed stays");
    }
    let made = desk.send(&page, &[(ends, "2 days")]).await.expect(200);
    app.canaries().add(&shown(&made, "Initial access token"));
    let list = format!("/api/v1/authorizationServers/{}/registrationTokens", server.id);
    let tokens = acme.api("GET", &list).await.expect(200).json();
    let date_and_time = |member: &str| tokens[0][member].as_str().unwrap().split_once('T').unwrap();
    let (made_at, ends_at) = (date_and_time("created"), date_and_time("expiresAt"));
    assert!(made_at.0 < ends_at.0 && made_at.1 == ends_at.1, "whole days: {tokens}");
}

//! API tokens, API credentials and authorization servers in the console.

use signet_testkit::{Shared, on_each_engine};

use crate::support::desk::{Desk, shown};
use crate::support::make::unique;

on_each_engine! { tokens_and_credentials_are_made_and_revoked, a_server_and_its_scopes }

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
    assert_eq!(reply.page().all("#accessTokenLifetimeMinutes-error"), ["Must be from 5 to 1440."]);
    let reply = desk.send(&reply, &[("accessTokenLifetimeMinutes", "15")]).await;
    let made = desk.visitor.follow(reply).await.expect(200);
    assert!(made.text().contains("api://orders") && made.text().contains("15 minutes"));
    let path = made.url.path().to_owned();
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

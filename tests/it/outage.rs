//! A database that is gone: nothing is issued and nothing is called good, but what is public goes on.

use signet_testkit::{Engine, PrivatePostgres, TestApp, on_each_engine, on_postgres};

use crate::support::apps::{NewApp, Person};
use crate::support::until::until;

on_postgres! {
    ou_01_without_a_database_tokens_wait_and_documents_go_on,
    ou_02_nothing_is_called_active_without_a_database,
}
on_each_engine! { du_05_an_acknowledged_revocation_survives_a_kill }

async fn ou_01_without_a_database_tokens_wait_and_documents_go_on(_: Engine) {
    let postgres = PrivatePostgres::start().await;
    let app = TestApp::start_on(&postgres, &[]).await;
    let (acme, globex, service) = (app.acme(), app.globex(), app.acme().service());
    let (keys, document) = (acme.keys().await, acme.discovery().await);
    let health = async |what: &str| app.http().get(&format!("{}/health/{what}", acme.origin())).await.status;
    let token = async || acme.client_credentials(&service, "orders:read").await;
    token().await.expect(200);
    postgres.kill();
    until("tokens are refused", async || token().await.status == 503).await;
    let (login, password) = acme.user();
    for reply in [
        token().await,
        acme.password(&acme.web(), login, password, "openid").await,
        acme.api("GET", "/api/v1/users").await,
        acme.get("/login").await,
        acme.get("/auth/rate_limit").await,
    ] {
        assert_eq!(reply.status, 503, "{}", reply.describe());
        assert!(reply.header("retry-after").is_some(), "{}", reply.describe());
    }
    // Whoever checks tokens goes on doing it; a tenant that nobody has asked about is not made up.
    assert_eq!((acme.keys().await, acme.discovery().await), (keys.clone(), document));
    let kept = app.http().get(&format!("{}/v1/keys", acme.issuer())).await;
    assert_eq!(kept.header("cache-control"), Some("public, max-age=5"), "{}", kept.describe());
    app.http().get(&format!("{}/v1/keys", globex.issuer())).await.expect(503);
    assert_eq!((health("live").await, health("ready").await), (200, 503));
    postgres.start_again().await;
    until("tokens are made again", async || token().await.status == 200).await;
    until("the node is ready", async || health("ready").await == 200).await;
    assert_eq!(acme.keys().await, keys);
    globex.keys().await;
}

async fn ou_02_nothing_is_called_active_without_a_database(_: Engine) {
    let postgres = PrivatePostgres::start().await;
    let app = TestApp::start_on(&postgres, &[]).await;
    let (acme, web) = (app.acme(), app.acme().web());
    let (login, password) = acme.user();
    let tokens = acme.password(&web, login, password, "openid offline_access").await.expect(200).tokens();
    let ask = async || {
        let call = acme.call("POST", "/oauth2/default/v1/introspect");
        let secret = web.client_secret.as_deref().unwrap_or_default();
        call.basic(&web.client_id, secret).form([("token", tokens.access_token.as_str())]).await
    };
    assert_eq!(ask().await.expect(200).json()["active"], true);
    postgres.kill();
    until("introspection ends", async || ask().await.status == 503).await;
    for _ in 0..3 {
        let reply = ask().await.expect(503);
        assert!(!reply.text().contains("active"), "{}", reply.describe());
        acme.userinfo(&tokens.access_token).await.expect(503);
        let refreshed = acme.refresh(&web, tokens.refresh_token.as_deref().expect("a refresh token")).await;
        assert_eq!(refreshed.status, 503, "{}", refreshed.describe());
    }
    postgres.start_again().await;
    until("introspection works again", async || ask().await.status == 200).await;
    assert_eq!(ask().await.json()["active"], true, "nothing was lost");
    // A refresh that was answered 503 has spent nothing.
    until("the refresh is repeated", async || {
        acme.refresh(&web, tokens.refresh_token.as_deref().expect("a refresh token")).await.status == 200
    })
    .await;
}

async fn du_05_an_acknowledged_revocation_survives_a_kill(app: TestApp) {
    let acme = app.acme();
    let (web, person) = (NewApp::web().make(&acme).await, Person::new(&acme).await);
    let flow = person.code(&acme, &web, "openid offline_access").await;
    let tokens = flow.redeem(&acme, &web).await;
    let other = person.code(&acme, &web, "openid offline_access").await.redeem(&acme, &web).await;
    let refresh = tokens.refresh_token.clone().expect("a refresh token");
    acme.revoke(&web, &refresh).await.expect(200);
    acme.revoke(&web, &other.access_token).await.expect(200);
    app.kill9();
    app.start_again().await;
    let acme = app.acme();
    for token in [&refresh, &tokens.access_token, &other.access_token] {
        assert!(!acme.is_active(&web, token).await);
    }
    acme.refresh(&web, &refresh).await.expect_oauth_error(400, "invalid_grant");
    let alive = other.refresh_token.as_deref().expect("a refresh token");
    acme.refresh(&web, alive).await.expect(200);
}

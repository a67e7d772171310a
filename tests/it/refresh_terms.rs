//! Refresh tokens: what they hang on, how long they last, and what they are not.

use std::time::Duration;

use signet_testkit::{Engine, Shared, TestApp, json, on_each_engine};

use crate::support::apps::{NewApp, Person, Server, add_scope, server_id, unique};
use crate::support::log::{assert_refusal, assert_refusals};
use crate::support::replies::assert_dead;

on_each_engine! {
    rt_10_one_connection_at_a_time,
    rt_12_what_the_app_lost,
    rt_13_a_withdrawn_consent,
    rt_14_idle_and_absolute_ends,
    rt_15_wider_and_narrower_scopes,
    rt_20_who_gets_none,
    rt_21_no_access_token,
    rt_22_ropg_switched_off,
}

const SCOPE: &str = "openid offline_access";

/// Two is the least that a node takes: more refreshes than that under way would wait for each other for ever if
/// each held one connection while it asked for another.
async fn rt_10_one_connection_at_a_time(engine: Engine) {
    let app = TestApp::start_with(engine, false, &["--database-connections", "2"]).await;
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let tokens = person.code(&acme, &web, SCOPE).await.redeem(&acme, &web).await;
    let mut under_way = Vec::new();
    for _ in 0..16 {
        let (acme, web, token) = (acme.clone(), web.clone(), tokens.refresh().to_owned());
        under_way.push(signet_testkit::tokio::spawn(async move { acme.refresh(&web, &token).await }));
    }
    for reply in under_way {
        reply.await.expect("a refresh").expect(200);
    }
    acme.userinfo(&tokens.access_token).await.expect(200);
    assert!(acme.is_active(&web, &tokens.access_token).await);
    acme.revoke(&web, tokens.refresh()).await.expect(200);
    assert!(!acme.is_active(&web, &tokens.access_token).await);
}

async fn rt_12_what_the_app_lost(app: Shared) {
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let default = server_id(&acme, "default").await;
    let (first, second) = (unique("first"), unique("second"));
    let scope_id = add_scope(&acme, &default, &first, "IMPLICIT").await;
    add_scope(&acme, &default, &second, "IMPLICIT").await;
    let scope = format!("{SCOPE} {first} {second}");

    // A scope that the server lost.
    let web = NewApp::web().make(&acme).await;
    let tokens = acme.password(&web, &person.login, &person.password, &scope).await.tokens();
    let path = format!("/api/v1/authorizationServers/{default}/scopes/{scope_id}");
    acme.api("DELETE", &path).await.expect(204);
    let next = acme.refresh(&web, tokens.refresh()).await.tokens();
    assert_eq!(next.access().claims["scp"], json!(["offline_access", "openid", second]));

    // A grant type that the app lost.
    let mut web = web;
    web.change(&acme, "grant_types", json!(["authorization_code", "password"])).await;
    let reply = acme.refresh(&web, next.refresh()).await.expect_oauth_error(400, "unauthorized_client");
    assert_refusal(&acme, &reply, "unauthorized_client").await;

    // The app itself, and the user.
    let web = NewApp::web().make(&acme).await;
    let tokens = acme.password(&web, &person.login, &person.password, SCOPE).await.tokens();
    web.lifecycle(&acme, "deactivate").await;
    let reply = acme.refresh(&web, tokens.refresh()).await.expect_oauth_error(401, "invalid_client");
    assert_refusal(&acme, &reply, "invalid_client").await;
    let asker = acme.service();
    assert_dead(&acme, &asker, &tokens.access_token, "of an app that is off").await;
    assert_dead(&acme, &asker, tokens.refresh(), "of an app that is off").await;

    let web = NewApp::web().make(&acme).await;
    let tokens = acme.password(&web, &person.login, &person.password, SCOPE).await.tokens();
    person.lifecycle(&acme, "suspend").await;
    let reply = acme.refresh(&web, tokens.refresh()).await.expect_oauth_error(400, "invalid_grant");
    assert_refusal(&acme, &reply, "invalid_refresh_token").await;
    assert_dead(&acme, &asker, &tokens.access_token, "of a suspended user").await;
    assert_dead(&acme, &asker, tokens.refresh(), "of a suspended user").await;
}

async fn rt_13_a_withdrawn_consent(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    let other = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let scope = format!("{SCOPE} orders:read");
    let tokens = person.code(&acme, &web, &scope).await.redeem(&acme, &web).await;
    let kept = acme.password(&other, &person.login, &person.password, SCOPE).await.tokens();
    person.withdraw(&acme, &web).await;
    let reply = acme.refresh(&web, tokens.refresh()).await.expect_oauth_error(400, "invalid_grant");
    assert_refusal(&acme, &reply, "invalid_refresh_token").await;
    assert_dead(&acme, &web, &tokens.access_token, "after the withdrawal").await;
    acme.refresh(&other, kept.refresh()).await.expect(200);
}

async fn rt_14_idle_and_absolute_ends(app: TestApp) {
    let acme = app.acme();
    let settings = json!({ "refreshTokenWindowMinutes": 10, "refreshTokenLifetimeMinutes": 25 });
    let server = Server::new(&acme, settings).await;
    let at = &server.tenant;
    let rotating = NewApp::web().make(&acme).await;
    let fixed = NewApp::web().rotation("STATIC", 0).make(&acme).await;
    let person = Person::new(&acme).await;
    app.clock().freeze().await;
    let minutes = |n: u64| Duration::from_secs(60 * n);
    let just_before = Duration::from_millis(1);
    for web in [&rotating, &fixed] {
        let sign_in = || at.password(web, &person.login, &person.password, SCOPE);
        // Idle: good in the last millisecond, over at the end.
        let first = sign_in().await.tokens();
        app.clock().advance(minutes(10) - just_before).await;
        let used = at.refresh(web, first.refresh()).await.tokens();
        app.clock().advance(minutes(10)).await;
        let reply = at.refresh(web, used.refresh()).await.expect_oauth_error(400, "invalid_grant");
        assert_refusal(at, &reply, "invalid_refresh_token").await;
        assert!(!at.is_active(web, used.refresh()).await);

        // Absolute: however it was used.
        let mut token = sign_in().await.tokens();
        for step in [minutes(9), minutes(9), minutes(7) - just_before] {
            app.clock().advance(step).await;
            token = at.refresh(web, token.refresh()).await.tokens();
        }
        app.clock().advance(just_before).await;
        let reply = at.refresh(web, token.refresh()).await.expect_oauth_error(400, "invalid_grant");
        assert_refusal(at, &reply, "invalid_refresh_token").await;
        assert!(!at.is_active(web, token.refresh()).await);
    }
}

async fn rt_15_wider_and_narrower_scopes(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let granted = "openid email offline_access";
    let mut tokens = acme.password(&web, &person.login, &person.password, granted).await.tokens();
    let ask = |token: String, scope: &'static str| {
        let (acme, web) = (acme.clone(), web.clone());
        async move {
            let params = [("grant_type", "refresh_token"), ("refresh_token", &*token), ("scope", scope)];
            acme.token_as(&web, &params).await
        }
    };
    let mut refused = Vec::new();
    for (wider, reason) in [
        ("openid profile", "refresh_scopes_denied"),
        ("openid email offline_access orders:read", "refresh_scopes_denied"),
        ("no:such", "refresh_scopes_denied"),
        ("Openid", "refresh_scopes_denied"),
        ("openid  email", "invalid_scope"),
    ] {
        let reply = ask(tokens.refresh().to_owned(), wider).await.expect_oauth_error(400, "invalid_scope");
        refused.push((reply, reason));
    }
    assert_refusals(&acme, &refused).await;
    for (narrower, given) in [
        ("openid", json!(["openid"])),
        ("email openid", json!(["email", "openid"])),
        ("", json!(["email", "offline_access", "openid"])),
    ] {
        let reply = ask(tokens.refresh().to_owned(), narrower).await.tokens();
        assert_eq!(reply.access().claims["scp"], given, "asked for “{narrower}”");
        tokens = reply;
    }
    // A narrow answer narrowed the access token alone.
    let whole = acme.refresh(&web, tokens.refresh()).await.tokens();
    assert_eq!(whole.access().claims["scp"], json!(["email", "offline_access", "openid"]));
}

async fn rt_20_who_gets_none(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let without =
        NewApp::web().oauth("grant_types", json!(["authorization_code", "password"])).make(&acme).await;
    let person = Person::new(&acme).await;
    let visitor = acme.visitor();
    for (app, scope) in [(&web, "openid"), (&web, "openid email"), (&without, SCOPE)] {
        let flow = person.code_in(&visitor, &acme, app, scope).await;
        let tokens = flow.redeem(&acme, app).await;
        assert!(tokens.refresh_token.is_none(), "{scope}: a code gave a refresh token");
        assert!(!tokens.scope.expect("the scopes").contains("offline_access"));
    }
    let tokens = acme.password(&web, &person.login, &person.password, "openid").await.tokens();
    assert!(tokens.refresh_token.is_none(), "a password gave a refresh token");
    let machine = acme.client_credentials(&acme.service(), "orders:read").await.tokens();
    assert!(machine.refresh_token.is_none() && machine.id_token.is_none());
}

async fn rt_21_no_access_token(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let tokens = acme.password(&web, &person.login, &person.password, SCOPE).await.tokens();
    let reply = acme.userinfo(tokens.refresh()).await.expect(401);
    assert!(reply.header("www-authenticate").unwrap_or_default().contains("invalid_token"));
    for path in ["/api/v1/users", "/api/v1/logs"] {
        acme.get(path).bearer(tokens.refresh()).await.expect(401);
        acme.api_with(tokens.refresh(), "GET", path).await.expect(401);
    }
    // Introspection says what it is: nothing that a resource server would take for an access token.
    let said = acme.introspect(&web, tokens.refresh()).await;
    assert_eq!(said["active"], true);
    for member in ["aud", "iss", "jti", "uid", "iat"] {
        assert!(said.get(member).is_none(), "{member} in {said:#}");
    }
}

async fn rt_22_ropg_switched_off(app: Shared) {
    let acme = app.acme();
    let mut web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let by_password = acme.password(&web, &person.login, &person.password, SCOPE).await.tokens();
    let by_code = person.code(&acme, &web, SCOPE).await.redeem(&acme, &web).await;
    web.change(&acme, "grant_types", json!(["authorization_code", "refresh_token"])).await;
    let reply = acme.refresh(&web, by_password.refresh()).await.expect_oauth_error(400, "invalid_grant");
    assert_refusal(&acme, &reply, "invalid_refresh_token").await;
    acme.refresh(&web, by_code.refresh()).await.expect(200);
}

//! Pushed authorization requests: what was pushed counts, once, for its app at its server.

use std::time::Duration;

use signet_testkit::{App, AuthRequest, Callback, Reply, Shared, Tenant, TestApp, json, on_each_engine};

use crate::support::apps::{NewApp, Person, Server};
use crate::support::log::assert_refusals;
use crate::support::replies::{ask, assert_page, assert_sent_back};

on_each_engine! {
    gr_14_a_pushed_request_works_once,
    gr_14_for_its_app_at_its_server_in_its_time,
    gr_14_a_bad_request_cannot_be_pushed,
    gr_14_an_app_can_be_held_to_it,
    ru_18_the_pushed_uri_wins,
    pk_10_a_challenge_cannot_come_later,
    tx_07_a_pushed_request_is_unknown_at_another_tenant,
}

/// Pushes a request as its app.
async fn push(tenant: &Tenant, app: &App, request: &AuthRequest) -> Reply {
    let params: Vec<(&str, &str)> = request
        .params
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        // The kit names a public app by itself.
        .filter(|(name, _)| *name != "client_id" || app.client_secret.is_some())
        .collect();
    tenant.post_as(app, "par", &params).await
}

/// What the browser carries of a request that was pushed.
async fn reference(tenant: &Tenant, app: &App, request: &AuthRequest) -> AuthRequest {
    let reply = push(tenant, app, request).await.expect(201);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let uri = reply.json()["request_uri"].as_str().expect("a reference").to_owned();
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"), "{uri}");
    assert_eq!(reply.json()["expires_in"], 90);
    let params = vec![("client_id".to_owned(), app.client_id.clone()), ("request_uri".to_owned(), uri)];
    AuthRequest { endpoint: request.endpoint.clone(), params, verifier: request.verifier.clone() }
}

async fn gr_14_a_pushed_request_works_once(app: Shared) {
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let document = acme.discovery().await;
    assert_eq!(document["pushed_authorization_request_endpoint"], acme.endpoint("par"));
    assert_eq!(document["require_pushed_authorization_requests"], false);
    for app in [NewApp::web().make(&acme).await, NewApp::browser().make(&acme).await] {
        let full = acme.authorize(&app, "openid");
        let short = reference(&acme, &app, &full).await;
        let visitor = acme.visitor();
        // The page may be opened again for as long as it isn't answered.
        for _ in 0..2 {
            let page = visitor.open(&short.url()).await;
            assert!(page.page().sign_in_form().is_some(), "{}", page.describe());
        }
        let abandoned = visitor.open(&short.url()).await;
        let page = visitor.open(&short.url()).await;
        let reply = visitor.sign_in(&page, &person.login, &person.password).await;
        let callback = Callback::read(&reply, &app.redirect_uri);
        assert_eq!(callback.get("state"), full.get("state"));
        assert_eq!(callback.get("iss"), acme.issuer());
        let params = [
            ("grant_type", "authorization_code"),
            ("code", callback.code()),
            ("redirect_uri", &app.redirect_uri),
            ("code_verifier", &full.verifier),
        ];
        let tokens = acme.token_as(&app, &params).await.tokens();
        assert_eq!(tokens.id().claims["nonce"], full.get("nonce"));

        let again = assert_page(visitor.get(&short.url()).await, "after the answer");
        assert_refusals(&acme, &[(again, "invalid_request_uri")]).await;
        // Nor does another page of it, opened before, get a second code.
        let reply = visitor.sign_in(&abandoned, &person.login, &person.password).await;
        assert_page(reply, "a page that was left open");
    }
}

async fn gr_14_for_its_app_at_its_server_in_its_time(app: TestApp) {
    let acme = app.acme();
    app.clock().freeze().await;
    let (web, other) = (NewApp::web().make(&acme).await, NewApp::web().make(&acme).await);
    let server = Server::new(&acme, json!({})).await;
    let full = acme.authorize(&web, "openid");
    let short = reference(&acme, &web, &full).await;
    let mut refused = Vec::new();
    for (what, request) in [
        ("another app", short.clone().set("client_id", &other.client_id)),
        ("no app", short.clone().without("client_id")),
        ("another reference", short.clone().set("request_uri", "urn:ietf:params:oauth:request_uri:sgq0")),
        ("the bare prefix", short.clone().set("request_uri", "urn:ietf:params:oauth:request_uri:")),
    ] {
        let reply = assert_page(ask(&acme, &request).await, what);
        if what != "no app" {
            refused.push((reply, "invalid_request_uri"));
        }
    }
    let elsewhere = AuthRequest { endpoint: server.tenant.endpoint("authorize"), ..short.clone() };
    refused.push((assert_page(ask(&acme, &elsewhere).await, "another server"), "invalid_request_uri"));
    assert_refusals(&acme, &refused).await;

    app.clock().advance(Duration::from_secs(89)).await;
    ask(&acme, &short).await.expect(303);
    app.clock().advance(Duration::from_secs(1)).await;
    assert_page(ask(&acme, &short).await, "after its time");
}

async fn gr_14_a_bad_request_cannot_be_pushed(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let good = acme.authorize(&web, "openid");
    let long = "x".repeat(33_000);
    let mut refused = Vec::new();
    for (name, value, error, reason) in [
        ("request_uri", "urn:ietf:params:oauth:request_uri:x", "invalid_request", "invalid_request"),
        ("request_uri", "https://app.example/r", "invalid_request", "invalid_request"),
        ("request", "e30.e30.", "request_not_supported", "request_not_supported"),
        ("redirect_uri", "https://evil.test/cb", "invalid_request", "illegal_redirect_uri"),
        ("response_type", "token", "unsupported_response_type", "unsupported_response_type"),
        ("scope", "openid nonsense", "invalid_scope", "no_matching_scope"),
        ("prompt", "none login", "invalid_request", "invalid_prompt"),
        ("claims", "[]", "invalid_request", "invalid_claims"),
        ("resource", "https://elsewhere.example", "invalid_target", "invalid_target"),
        ("extra", &long, "invalid_request", "invalid_request"),
    ] {
        let reply = push(&acme, &web, &good.clone().set(name, value)).await.expect_oauth_error(400, error);
        refused.push((reply, reason));
    }
    let mut wrong = web.app();
    wrong.client_secret = Some("not the secret of this app".to_owned());
    let reply = push(&acme, &wrong, &good).await.expect_oauth_error(401, "invalid_client");
    refused.push((reply, "invalid_client_secret"));
    let service = NewApp::service().make(&acme).await;
    let request = good.clone().set("client_id", &service.client_id);
    push(&acme, &service, &request).await.expect_oauth_error(400, "invalid_request");
    let other = NewApp::web().make(&acme).await;
    push(&acme, &other, &good).await.expect_oauth_error(400, "invalid_request");
    assert_refusals(&acme, &refused).await;
    let get = acme.http().get(&acme.endpoint("par")).await;
    assert_eq!(get.status, 405, "{}", get.describe());
    let query = acme.http().call("POST", &good.url().replace("authorize?", "par?")).form([("a", "b")]);
    query.await.expect_oauth_error(400, "invalid_request");
}

async fn gr_14_an_app_can_be_held_to_it(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().oauth("require_pushed_authorization_requests", json!(true)).make(&acme).await;
    let shown = acme.api("GET", &format!("/api/v1/apps/{}", web.id)).await.expect(200).json();
    assert_eq!(shown["settings"]["oauthClient"]["require_pushed_authorization_requests"], true);
    let request = acme.authorize(&web, "openid");
    let reply = ask(&acme, &request).await;
    assert_sent_back(&acme, &request, &reply, "invalid_request");
    assert_refusals(&acme, &[(reply, "pushed_request_required")]).await;
    let short = reference(&acme, &web, &request).await;
    assert_eq!(ask(&acme, &short).await.expect(303).location().path(), "/login");
    let service = NewApp::service().oauth("require_pushed_authorization_requests", json!(true));
    acme.api("POST", "/api/v1/apps").json(service.body()).await.expect(400);
}

async fn ru_18_the_pushed_uri_wins(app: Shared) {
    let acme = app.acme();
    let uris = ["https://app.example/cb", "https://app.example/other"];
    let web = NewApp::web().redirect_uris(&uris).make(&acme).await;
    let person = Person::new(&acme).await;
    let full = acme.authorize(&web, "openid");
    let short = reference(&acme, &web, &full).await;
    for uri in [uris[1], "https://evil.test/cb"] {
        assert_page(ask(&acme, &short.clone().set("redirect_uri", uri)).await, uri);
    }
    // Whatever else the query says is passed over.
    let query = short
        .set("redirect_uri", uris[0])
        .set("state", "of the query")
        .set("scope", "openid offline_access")
        .set("prompt", "none")
        .set("response_mode", "fragment");
    let callback = acme.visitor().authorize(&query, &person.login, &person.password).await;
    assert_eq!(callback.get("state"), full.get("state"));
    assert!(callback.url.fragment().is_none(), "{}", callback.url);
}

async fn pk_10_a_challenge_cannot_come_later(app: Shared) {
    let acme = app.acme();
    for app in [NewApp::web().make(&acme).await, NewApp::browser().make(&acme).await] {
        let full = acme.authorize(&app, "openid");
        let bare = full.clone().without("code_challenge").without("code_challenge_method");
        let reply = push(&acme, &app, &bare).await.expect_oauth_error(400, "invalid_request");
        assert_refusals(&acme, &[(reply, "pkce_missing_challenge")]).await;
        let plain = full.clone().set("code_challenge_method", "plain");
        push(&acme, &app, &plain).await.expect_oauth_error(400, "invalid_request");
        // A challenge in the query doesn't replace the one that was pushed.
        let person = Person::new(&acme).await;
        let other = acme.authorize(&app, "openid");
        let short = reference(&acme, &app, &full).await.set("code_challenge", other.get("code_challenge"));
        let callback = acme.visitor().authorize(&short, &person.login, &person.password).await;
        let params = [
            ("grant_type", "authorization_code"),
            ("code", callback.code()),
            ("redirect_uri", &app.redirect_uri),
            ("code_verifier", &other.verifier),
        ];
        acme.token_as(&app, &params).await.expect_oauth_error(400, "invalid_grant");
    }
}

async fn tx_07_a_pushed_request_is_unknown_at_another_tenant(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let id = crate::support::make::unique("same-id");
    let here = NewApp::web().client_id(&id).make(&acme).await;
    let _there = NewApp::web().client_id(&id).make(&globex).await;
    let short = reference(&acme, &here, &acme.authorize(&here, "openid")).await;
    let foreign = AuthRequest { endpoint: globex.endpoint("authorize"), ..short.clone() };
    let reply = assert_page(ask(&globex, &foreign).await, "another tenant");
    assert_refusals(&globex, &[(reply, "invalid_request_uri")]).await;
    assert_eq!(ask(&acme, &short).await.expect(303).location().path(), "/login");
}

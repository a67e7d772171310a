//! Apps that register themselves (RFC 7591) and look after that (RFC 7592).

use std::time::Duration;

use signet_oauth::jwt::Alg;
use signet_testkit::{App, Shared, TestApp, Value, json, on_each_engine};

use crate::support::apps::{NewApp, Person, Server, add_scope};
use crate::support::client_key::{ClientKey, claims, post};
use crate::support::log::{assert_refusal, events, fact};
use crate::support::registering::{
    CALLBACK, Registered, initial, ordinary, policy_path, registering, server_with, set_policy,
};

on_each_engine! {
    registration_is_off_until_an_administrator_says_otherwise,
    an_app_registers_itself_and_signs_its_user_in,
    a_stranger_sends_nobody_on_unasked,
    an_app_gets_no_more_than_its_token_allows,
    every_kind_of_app_can_register,
    metadata_that_cannot_be_are_refused_by_name,
    an_app_looks_after_its_registration,
    nobody_else_looks_after_it,
    an_app_is_told_only_secrets_that_work,
    an_app_may_ask_for_fresh_sign_ins_once_and_for_all,
    no_gateway_lets_an_app_in_that_registered_itself,
}

async fn registration_is_off_until_an_administrator_says_otherwise(app: Shared) {
    let acme = app.acme();
    let server = Server::new(&acme, json!({})).await;
    let there = |document: &Value| document.get("registration_endpoint").cloned();
    assert_eq!(there(&server.tenant.discovery().await), None);
    registering(&server, None, &ordinary()).await.expect(404);
    let policy = acme.api("GET", &policy_path(&server)).await.expect(200).json();
    assert_eq!((policy["mode"].as_str(), policy["lastUpdated"].as_str()), (Some("OFF"), None));

    let on = set_policy(&server, &json!({ "mode": "TOKEN" })).await.expect(200);
    let told = there(&server.tenant.discovery().await);
    assert_eq!(told, Some(server.tenant.endpoint("clients").into()));
    let reply = registering(&server, None, &ordinary()).await.expect_oauth_error(401, "invalid_request");
    let challenge = reply.header("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("Bearer realm="), "{challenge}");
    assert_refusal(&acme, &reply, "access_token_missing").await;
    // What was said is in the log, with what it was before.
    let said = events(&acme, &on).await.remove(0);
    assert_eq!(said["eventType"], "oauth2.as.registration.updated");
    assert_eq!(fact(&said, "changed"), "mode");

    let token = initial(&server, &json!({ "maxUses": 2 })).await;
    Registered::new(&server, Some(&token), &ordinary()).await;
    set_policy(&server, &json!({ "mode": "OFF" })).await.expect(200);
    assert_eq!(there(&server.tenant.discovery().await), None);
    registering(&server, Some(&token), &ordinary()).await.expect(404);
}

async fn an_app_registers_itself_and_signs_its_user_in(app: Shared) {
    let acme = app.acme();
    let server = server_with(&acme, &json!({ "mode": "TOKEN" })).await;
    let token = initial(&server, &json!({})).await;
    let mut metadata = ordinary();
    metadata["policy_uri"] = json!("https://client.example/privacy");
    metadata["tos_uri"] = json!("https://client.example/terms");
    metadata["contacts"] = json!(["ops@client.example"]);
    metadata["logo_uri"] = json!("https://client.example/logo.png");
    let made = registering(&server, Some(&token), &metadata).await.expect(201);
    let told = made.json();
    for (member, wanted) in [
        ("client_name", json!("Stranger")),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("response_types", json!(["code"])),
        ("application_type", json!("web")),
        ("subject_type", json!("public")),
        ("id_token_signed_response_alg", json!("RS256")),
        ("contacts", json!(["ops@client.example"])),
        ("scope", json!("openid profile email offline_access")),
        ("client_secret_expires_at", json!(0)),
    ] {
        assert_eq!(told[member], wanted, "{member}");
    }
    assert!(told.get("logo_uri").is_none(), "what isn't honoured isn't told");
    let event = events(&acme, &made).await.remove(0);
    assert_eq!(event["eventType"], "app.oauth2.client.lifecycle.create");
    assert_eq!(event["actor"]["type"], "InitialAccessToken");
    assert!(fact(&event, "changed").contains("redirectUris"), "{event:#}");

    let app = signet_testkit::App {
        client_id: told["client_id"].as_str().expect("an id").to_owned(),
        client_secret: told["client_secret"].as_str().map(str::to_owned),
        redirect_uri: CALLBACK.to_owned(),
        scopes: Vec::new(),
    };
    let person = Person::new(&acme).await;
    let at = &server.tenant;
    // Nobody vouches for it, so the user is asked even for what is granted without asking.
    let visitor = at.visitor();
    let page = visitor.open(&at.authorize(&app, "openid").url()).await;
    let pages = ["https://client.example/privacy", "https://client.example/terms"];
    let links = page.page().attributes("a[href]", "href");
    assert!(pages.iter().all(|page| links.iter().any(|link| link == page)), "{links:?}");
    let asked = visitor.sign_in(&page, &person.login, &person.password).await;
    assert!(asked.page().consent_form().is_some(), "{}", asked.describe());
    let text = asked.page().text();
    assert!(text.contains("registered itself"), "{text}");
    let links = asked.page().attributes("a[href]", "href");
    for page in pages {
        assert!(links.iter().any(|link| link == page), "{links:?}");
    }
    let tokens = person.code(at, &app, "openid profile offline_access").await.redeem(at, &app).await;
    assert_eq!(tokens.id().claims["aud"], app.client_id.as_str());
    let refreshed = at.refresh(&app, tokens.refresh()).await.tokens();
    at.userinfo(&refreshed.access_token).await.expect(200);

    // It has no other grants, no other scopes, and no part in other servers.
    let password = at.password(&app, &person.login, &person.password, "openid").await;
    password.expect_oauth_error(400, "unauthorized_client");
    at.client_credentials(&app, "openid").await.expect_oauth_error(400, "unauthorized_client");
    for elsewhere in [acme.clone(), acme.at_org()] {
        elsewhere.client_credentials(&app, "openid").await.expect_oauth_error(401, "invalid_client");
        let page = elsewhere.visitor().open(&elsewhere.authorize(&app, "openid").url()).await;
        assert_eq!(page.status, 400, "{}", page.describe());
    }
    // The token was for one app.
    let again = registering(&server, Some(&token), &ordinary()).await;
    let again = again.expect_oauth_error(401, "invalid_token");
    assert_refusal(&acme, &again, "registration_token_invalid").await;
}

async fn a_stranger_sends_nobody_on_unasked(app: Shared) {
    let acme = app.acme();
    let server = server_with(&acme, &json!({ "mode": "OPEN" })).await;
    let at = &server.tenant;
    let stranger = Registered::new(&server, None, &ordinary()).await.app;
    let person = Person::new(&acme).await;
    let signed_in = person.code(at, &stranger, "openid").await.visitor;
    let faulty = at.authorize(&stranger, "openid phone");
    for visitor in [at.visitor(), signed_in] {
        // RFC 9700 §4.11.2: the fault is shown here, and the way to the app is a link.
        let shown = visitor.get(&faulty.url()).await.expect(400);
        let links = shown.page().attributes("a[href]", "href");
        let back = links.iter().find(|link| link.starts_with(CALLBACK)).expect("a way back");
        assert!(back.contains("error=invalid_scope") && back.contains("iss="), "{back}");
        assert_refusal(&acme, &shown, "illegal_scope").await;
        // A form waits for its button.
        let posted = faulty.clone().set("response_mode", "form_post");
        let form = visitor.get(&posted.url()).await.expect(200);
        assert!(form.page().attributes("script", "src").iter().all(|src| !src.contains("form-post")));
        assert_eq!(form.page().forms()[0].get("error"), Some("invalid_scope"));
        // Nobody sees the answer to a silent request.
        let silent = visitor.get(&faulty.clone().set("prompt", "none").url()).await.expect(303);
        assert!(silent.location().as_str().starts_with(CALLBACK));
    }
}

async fn an_app_gets_no_more_than_its_token_allows(app: Shared) {
    let acme = app.acme();
    let grants = ["authorization_code", "refresh_token", "client_credentials"];
    let server = server_with(&acme, &json!({ "mode": "TOKEN", "grantTypes": grants })).await;
    add_scope(&server.tenant, &server.id, "orders:read", "IMPLICIT").await;
    let narrow = json!({ "maxUses": 9, "grantTypes": ["authorization_code"], "scopes": ["openid", "email"] });
    let token = initial(&server, &narrow).await;
    let plain = json!({ "redirect_uris": [CALLBACK] });
    let got = Registered::new(&server, Some(&token), &plain).await;
    assert_eq!(got.told["scope"], "openid email");
    assert_eq!(got.told["grant_types"], json!(["authorization_code"]));
    assert_eq!(got.told["client_name"], "client.example", "a name is made of where it is");
    for (member, value) in [
        ("scope", json!("openid profile")),
        ("scope", json!("orders:read")),
        ("grant_types", json!(["authorization_code", "refresh_token"])),
        ("grant_types", json!(["password"])),
        ("grant_types", json!(["implicit"])),
    ] {
        let mut metadata = plain.clone();
        metadata[member] = value;
        let reply = registering(&server, Some(&token), &metadata).await;
        let reply = reply.expect_oauth_error(400, "invalid_client_metadata");
        let words = reply.json()["error_description"].as_str().expect("words").to_owned();
        assert!(words.contains(&format!("'{member}'")), "{words}");
        assert_eq!(fact(&assert_refusal(&acme, &reply, "invalid_client_metadata").await, "member"), member);
    }
    // The server allows less now, and what both allow is nothing: that isn't everything.
    set_policy(&server, &json!({ "mode": "TOKEN", "scopes": ["orders:read"] })).await.expect(200);
    let reply = registering(&server, Some(&token), &plain).await;
    reply.expect_oauth_error(400, "invalid_client_metadata");
}

async fn every_kind_of_app_can_register(app: TestApp) {
    let acme = app.acme();
    let grants = ["authorization_code", "refresh_token", "client_credentials"];
    let server = Server::new(&acme, json!({})).await;
    add_scope(&server.tenant, &server.id, "jobs", "IMPLICIT").await;
    let policy = json!({ "mode": "OPEN", "grantTypes": grants, "scopes": ["openid", "jobs"] });
    set_policy(&server, &policy).await.expect(200);
    let native = json!({ "application_type": "native", "redirect_uris": ["com.example.app:/cb"] });
    let native = Registered::new(&server, None, &native).await;
    assert_eq!(native.told["token_endpoint_auth_method"], "none");
    assert!(native.app.client_secret.is_none());
    let spa = json!({ "token_endpoint_auth_method": "none", "redirect_uris": [CALLBACK] });
    let spa = Registered::new(&server, None, &spa).await;
    let person = Person::new(&acme).await;
    let tokens = person.code(&server.tenant, &spa.app, "openid").await.redeem(&server.tenant, &spa.app).await;
    assert!(tokens.id_token.is_some());

    let machine = Registered::new(&server, None, &json!({ "grant_types": ["client_credentials"] })).await;
    assert!(machine.told.get("response_types").is_none() && machine.told.get("redirect_uris").is_none());
    server.tenant.client_credentials(&machine.app, "jobs").await.expect(200);

    // Keys by value: those for encryption are passed over, and an RSA key without an algorithm is for either.
    let now = app.clock().freeze().await / 1_000_000;
    for alg in [Alg::RS256, Alg::PS256] {
        let key = ClientKey::new(alg);
        let mut plain = key.jwk.clone();
        plain.as_object_mut().expect("a JWK").remove("alg");
        let encrypts = json!({ "kty": "RSA", "use": "enc", "n": key.jwk["n"], "e": "AQAB", "kid": "enc" });
        let keyed = json!({
            "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
            "jwks": { "keys": [encrypts, plain] },
        });
        let keyed = Registered::new(&server, None, &keyed).await;
        assert!(keyed.app.client_secret.is_none());
        assert_eq!(keyed.told["jwks"]["keys"].as_array().map(Vec::len), Some(1));
        assert_eq!(keyed.told["jwks"]["keys"][0].get("alg"), None);
        let assertion = key.assertion(&claims(&keyed.app, &server.tenant, now));
        let form = [("grant_type", "client_credentials"), ("scope", "jobs")];
        post(&server.tenant, "token", &assertion, &form).await.expect(200);
    }
}

async fn metadata_that_cannot_be_are_refused_by_name(app: Shared) {
    let acme = app.acme();
    let server = server_with(&acme, &json!({ "mode": "TOKEN" })).await;
    let token = initial(&server, &json!({ "maxUses": 100 })).await;
    for (member, value) in [
        ("redirect_uris", json!(["https://client.example/cb#fragment"])),
        ("redirect_uris", json!(["http://client.example/cb"])),
        ("redirect_uris", json!(["https://client.example/*"])),
        ("redirect_uris", json!(["javascript:alert(1)"])),
        ("redirect_uris", json!([])),
        ("redirect_uris", json!("https://client.example/cb")),
        ("post_logout_redirect_uris", json!(["/bye"])),
        ("client_name", json!("x".repeat(101))),
        ("client_name", json!(7)),
        ("client_uri", json!("javascript:alert(1)")),
        ("policy_uri", json!("data:text/html,x")),
        ("tos_uri", json!("http://client.example/terms")),
        ("contacts", json!(vec!["a"; 11])),
        ("response_types", json!(["code id_token"])),
        ("response_types", json!([])),
        ("application_type", json!("service")),
        ("token_endpoint_auth_method", json!("tls_client_auth")),
        ("subject_type", json!("secret")),
        ("id_token_signed_response_alg", json!("none")),
        ("id_token_signed_response_alg", json!("HS256")),
        ("backchannel_logout_uri", json!("http://192.0.2.1/out")),
        ("default_max_age", json!("60")),
    ] {
        let mut metadata = ordinary();
        metadata[member] = value.clone();
        let code = if member == "redirect_uris" { "invalid_redirect_uri" } else { "invalid_client_metadata" };
        let reply = registering(&server, Some(&token), &metadata).await.expect_oauth_error(400, code);
        let words = reply.json()["error_description"].as_str().expect("words").to_owned();
        assert!(words.contains(&format!("'{member}'")), "{value}: {words}");
    }
    let url = server.tenant.endpoint("clients");
    for (kind, body) in [
        ("application/json", "[]"),
        ("application/json", "{\"client_name\":\"a\",\"client_name\":\"b\"}"),
        ("application/json", ""),
        ("application/x-www-form-urlencoded", "client_name=a"),
    ] {
        let call = acme.http().call("POST", &url).bearer(&token).body(kind, body.as_bytes());
        call.await.expect_oauth_error(400, "invalid_client_metadata");
    }
    // A private key is refused without being repeated.
    let mut key = ClientKey::new(Alg::ES256).jwk;
    key["d"] = json!("a-private-half-that-nobody-may-see");
    app.canaries().add("a-private-half-that-nobody-may-see");
    let mut metadata = ordinary();
    metadata["token_endpoint_auth_method"] = json!("private_key_jwt");
    metadata["jwks"] = json!({ "keys": [key] });
    let reply = registering(&server, Some(&token), &metadata).await;
    let reply = reply.expect_oauth_error(400, "invalid_client_metadata");
    assert!(!String::from_utf8_lossy(&reply.body).contains("nobody-may-see"));
}

async fn an_app_looks_after_its_registration(app: Shared) {
    let acme = app.acme();
    let server = server_with(&acme, &json!({ "mode": "TOKEN" })).await;
    let token = initial(&server, &json!({})).await;
    let own = Registered::new(&server, Some(&token), &ordinary()).await;
    let read = own.call(&server, "GET").await.expect(200).json();
    for member in ["client_id", "redirect_uris", "registration_access_token", "registration_client_uri"] {
        assert_eq!(read[member], own.told[member], "{member}");
    }
    assert!(read.get("client_secret").is_none(), "only its hash is there");

    let mut metadata = own.metadata();
    metadata["redirect_uris"] = json!([CALLBACK, "https://client.example/other"]);
    metadata["client_name"] = json!("Renamed");
    let changed = own.call(&server, "PUT").json(&metadata).await.expect(200);
    assert_eq!(changed.json()["client_name"], "Renamed");
    let event = events(&acme, &changed).await.remove(0);
    assert_eq!(event["eventType"], "app.oauth2.client.lifecycle.update");
    let mut members: Vec<_> = fact(&event, "changed").split(',').collect();
    members.sort_unstable();
    assert_eq!(members, ["+redirectUris", "label"]);
    // What isn't sent goes: RFC 7592 replaces.
    let mut bare = ordinary();
    bare["client_id"] = json!(own.app.client_id);
    let changed = own.call(&server, "PUT").json(&bare).await.expect(200).json();
    assert_eq!(changed["redirect_uris"], json!([CALLBACK]));

    let with = |member: &str, value: Value| {
        let mut metadata = bare.clone();
        metadata[member] = value;
        metadata
    };
    for (member, metadata) in [
        ("client_id", ordinary()),
        ("client_id", with("client_id", json!("0oa0000000000000000000000"))),
        ("client_secret", with("client_secret", json!("another-secret-that-it-has-not"))),
        ("registration_access_token", with("registration_access_token", json!("one-of-my-own-choosing"))),
        ("scope", with("scope", json!("openid phone"))),
        ("grant_types", with("grant_types", json!(["client_credentials"]))),
        ("application_type", with("application_type", json!("native"))),
    ] {
        let reply = own.call(&server, "PUT").json(&metadata).await;
        let reply = reply.expect_oauth_error(400, "invalid_client_metadata");
        let words = reply.json()["error_description"].as_str().expect("words").to_owned();
        assert!(words.contains(&format!("'{member}'")), "{words}");
    }
    let same = with("client_secret", json!(own.app.client_secret));
    own.call(&server, "PUT").json(&same).await.expect(200);

    let person = Person::new(&acme).await;
    let at = &server.tenant;
    let tokens = person.code(at, &own.app, "openid").await.redeem(at, &own.app).await;
    let gone = own.call(&server, "DELETE").await.expect(204);
    assert_eq!(events(&acme, &gone).await[0]["eventType"], "app.oauth2.client.lifecycle.delete");
    at.userinfo(&tokens.access_token).await.expect(401);
    own.call(&server, "GET").await.expect_oauth_error(401, "invalid_token");
    acme.api("GET", &format!("/api/v1/apps/{}", own.app.client_id)).await.expect(404);
}

/// An administrator may change how an app proves itself; its next word on itself then gets it a secret.
async fn an_app_is_told_only_secrets_that_work(app: Shared) {
    let acme = app.acme();
    let server = server_with(&acme, &json!({ "mode": "TOKEN" })).await;
    let token = initial(&server, &json!({})).await;
    let mut metadata = ordinary();
    metadata["token_endpoint_auth_method"] = json!("private_key_jwt");
    metadata["jwks"] = json!({ "keys": [ClientKey::new(Alg::ES256).jwk] });
    let own = Registered::new(&server, Some(&token), &metadata).await;
    assert!(own.app.client_secret.is_none());
    let path = format!("/api/v1/apps/{}", own.app.client_id);
    let mut shown = acme.api("GET", &path).await.expect(200).json();
    shown["credentials"]["oauthClient"]["token_endpoint_auth_method"] = json!("client_secret_basic");
    acme.api("PUT", &path).json(&shown).await.expect(200);

    let read = own.call(&server, "GET").await.expect(200).json();
    let same = Registered { app: own.app.clone(), told: read }.metadata();
    let told = own.call(&server, "PUT").json(&same).await.expect(200).json();
    let secret = told["client_secret"].as_str().expect("a secret").to_owned();
    app.canaries().add(&secret);
    let client = App { client_secret: Some(secret), ..own.app.clone() };
    let form = [("grant_type", "refresh_token"), ("refresh_token", "none")];
    server.tenant.token_as(&client, &form).await.expect_oauth_error(400, "invalid_grant");
    let again = own.call(&server, "PUT").json(&same).await.expect(200).json();
    assert!(again.get("client_secret").is_none(), "the one it has goes on");
}

async fn nobody_else_looks_after_it(app: Shared) {
    let acme = app.acme();
    let server = server_with(&acme, &json!({ "mode": "TOKEN" })).await;
    let token = initial(&server, &json!({ "maxUses": 2 })).await;
    let own = Registered::new(&server, Some(&token), &ordinary()).await;
    let other = Registered::new(&server, Some(&token), &ordinary()).await;
    let of_other = other.told["registration_access_token"].as_str().expect("a token");
    for wrong in [of_other, token.as_str(), "sgm-not-a-token-of-anybody"] {
        for method in ["GET", "DELETE"] {
            let reply = own.call_with(&server, method, wrong).await;
            let reply = reply.expect_oauth_error(401, "invalid_token");
            assert_refusal(&acme, &reply, "registration_token_invalid").await;
        }
        own.call_with(&server, "PUT", wrong)
            .json(&own.metadata())
            .await
            .expect_oauth_error(401, "invalid_token");
    }
    let bare = acme.http().get(own.told["registration_client_uri"].as_str().expect("its address")).await;
    bare.expect_oauth_error(401, "invalid_request");
    // Its token opens nothing at another server, and none of an app that an administrator made or switched off.
    let elsewhere = server_with(&acme, &json!({ "mode": "OPEN" })).await;
    let url = format!("{}/{}", elsewhere.tenant.endpoint("clients"), own.app.client_id);
    let mine = own.told["registration_access_token"].as_str().expect("a token");
    acme.http().get(&url).bearer(mine).await.expect_oauth_error(401, "invalid_token");
    let path = format!("/api/v1/apps/{}/lifecycle/deactivate", own.app.client_id);
    acme.api("POST", &path).await.expect(200);
    own.call(&server, "GET").await.expect_oauth_error(401, "invalid_token");
    other.call(&server, "GET").await.expect(200);
}

async fn an_app_may_ask_for_fresh_sign_ins_once_and_for_all(app: TestApp) {
    let acme = app.acme();
    let server = server_with(&acme, &json!({ "mode": "OPEN" })).await;
    let mut metadata = ordinary();
    metadata["default_max_age"] = json!(60);
    let fresh = Registered::new(&server, None, &metadata).await;
    assert_eq!(fresh.told["dpop_bound_access_tokens"], false, "unless it says so itself");
    assert_eq!(fresh.told["default_max_age"], 60);
    let person = Person::new(&acme).await;
    let (at, visitor) = (&server.tenant, server.tenant.visitor());
    person.code_in(&visitor, at, &fresh.app, "openid").await;
    let again = visitor.open(&at.authorize(&fresh.app, "openid").url()).await;
    assert!(again.is_redirect() && again.location().as_str().starts_with(CALLBACK), "{}", again.describe());
    app.clock().advance(Duration::from_secs(62)).await;
    let asked = visitor.open(&at.authorize(&fresh.app, "openid").url()).await;
    assert!(asked.page().sign_in_form().is_some(), "{}", asked.describe());
    // A request has the last word.
    let lax = at.authorize(&fresh.app, "openid").set("max_age", "600");
    let passes = visitor.open(&lax.url()).await;
    assert!(passes.is_redirect(), "{}", passes.describe());
}

async fn no_gateway_lets_an_app_in_that_registered_itself(app: Shared) {
    let acme = app.acme();
    let policy = json!({ "mode": "OPEN", "grantTypes": ["client_credentials"], "scopes": ["orders:read"] });
    let server = Server::new(&acme, json!({})).await;
    add_scope(&acme, &server.id, "orders:read", "IMPLICIT").await;
    set_policy(&server, &policy).await.expect(200);
    let path = format!("/api/v1/authorizationServers/{}/gateway", server.id);
    let profile = json!({ "scopes": ["orders:read"], "enable_client_credentials": true, "api_keys": true });
    let made = acme.api("PUT", &path).json(&profile).await.expect(201).json();
    acme.http().canaries().add(made["provision_key"].as_str().expect("a provision key"));
    let mut metadata = ordinary();
    metadata["grant_types"] = json!(["client_credentials"]);
    metadata["scope"] = json!("orders:read");
    for name in ["redirect_uris", "response_types"] {
        metadata.as_object_mut().expect("members").remove(name);
    }
    let stranger = Registered::new(&server, None, &metadata).await.app;
    let own = NewApp::service().make(&acme).await;
    let key_of = async |app: &App| {
        let path = format!("/api/v1/apps/{}/api-keys", app.client_id);
        let made = acme.api("POST", &path).json(&json!({ "name": "one" })).await.expect(201).json();
        let key = made["key"].as_str().expect("a key").to_owned();
        acme.http().canaries().add(&key);
        key
    };
    for (app, status) in [(&stranger, 401), (&*own, 200)] {
        let tokens = server.tenant.client_credentials(app, "orders:read").await.expect(200).json();
        let token = tokens["access_token"].as_str().expect("a token");
        let verify = || acme.get(&format!("/gateway/{}/verify", server.id));
        verify().bearer(token).query([("scope", "orders:read")]).await.expect(status);
        verify().header("apikey", &key_of(app).await).await.expect(status);
    }
}

//! Tokens that are bound to a key (DPoP, RFC 9449): proofs, what is bound by them, and that nothing else opens it.

use signet_oauth::dpop::digest_of;
use signet_oauth::jwt::Alg;
use signet_testkit::{
    App, AuthRequest, Callback, Engine, Reply, Shared, Tenant, TestApp, TokenSet, json, on_each_engine,
};

use crate::support::apps::{NewApp, Person};
use crate::support::client_key::{changed, now};
use crate::support::gateway::{Gate, SCOPES};
use crate::support::log::{assert_refusal, assert_refusals, events, fact};
use crate::support::make;
use crate::support::proof::{ProofKey, claims, token_by, userinfo_with};

on_each_engine! {
    jw_23_proofs_are_checked_in_every_member,
    jw_23_a_proof_works_once_over_nodes_and_restarts,
    jw_23_proofs_at_userinfo_are_for_the_token,
    jw_26_a_bound_token_is_no_bearer_token,
    codes_are_bound_to_a_key,
    refresh_tokens_of_public_apps_are_bound_to_their_key,
    an_app_may_be_held_to_proofs,
    every_advertised_algorithm_signs_proofs,
}

/// A request that only needs an app.
const SCOPE: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "orders:read")];

const CHALLENGE: &str = "www-authenticate";

async fn jw_23_proofs_are_checked_in_every_member(app: Shared) {
    let acme = app.acme();
    let (service, key, other) = (NewApp::service().make(&acme).await, ProofKey::new(), ProofKey::new());
    let url = acme.endpoint("token");
    let good = || claims("POST", &url);
    let tokens = token_by(&acme, &service, &key, &SCOPE).await.expect(200);
    let event = events(&acme, &tokens).await.remove(0);
    assert_eq!(fact(&event, "dpopJkt"), key.thumbprint());
    let tokens = tokens.tokens();
    assert_eq!(tokens.token_type, "DPoP");
    assert_eq!(tokens.access().claims["cnf"], json!({ "jkt": key.thumbprint() }));
    let said = acme.introspect(&service, &tokens.access_token).await;
    assert_eq!((&said["token_type"], &said["cnf"]["jkt"]), (&json!("DPoP"), &json!(key.thumbprint())));

    let header = |changes| changed(key.header(), &changes);
    let mut private = key.jwk().clone();
    private["d"] = "AQ".into();
    let octets = json!({ "kty": "oct", "k": "c2VjcmV0" });
    let mut cases = vec![
        (key.sign(&header(json!({ "typ": "JWT" })), &good()), "dpop_proof_malformed"),
        (key.sign(&header(json!({ "typ": null })), &good()), "dpop_proof_malformed"),
        ("no proof".to_owned(), "dpop_proof_malformed"),
        (String::new(), "dpop_proof_malformed"),
        (key.sign(&header(json!({ "alg": "none" })), &good()), "dpop_proof_algorithm"),
        (key.sign(&header(json!({ "alg": "HS256", "jwk": octets })), &good()), "dpop_proof_algorithm"),
        (key.sign(&header(json!({ "jwk": octets })), &good()), "dpop_proof_key"),
        (key.sign(&header(json!({ "jwk": private })), &good()), "dpop_proof_key"),
        (key.sign(&header(json!({ "jwk": null })), &good()), "dpop_proof_key"),
        (other.sign(&key.header(), &good()), "dpop_proof_signature"),
    ];
    for (changes, reason) in [
        (json!({ "htm": "GET" }), "dpop_proof_method"),
        (json!({ "htm": null }), "dpop_proof_method"),
        (json!({ "htu": acme.endpoint("userinfo") }), "dpop_proof_uri"),
        (json!({ "htu": app.globex().endpoint("token") }), "dpop_proof_uri"),
        (json!({ "htu": [url] }), "dpop_proof_uri"),
        (json!({ "htu": 7 }), "dpop_proof_uri"),
        (json!({ "htu": null }), "dpop_proof_uri"),
        (json!({ "iat": now() - 60 }), "dpop_proof_time"),
        (json!({ "iat": now() + 60 }), "dpop_proof_time"),
        (json!({ "iat": now().to_string() }), "dpop_proof_time"),
        (json!({ "iat": null }), "dpop_proof_time"),
        (json!({ "exp": now() - 60 }), "dpop_proof_time"),
        (json!({ "jti": null }), "dpop_proof_malformed"),
        (json!({ "jti": "x".repeat(256) }), "dpop_proof_malformed"),
    ] {
        cases.push((key.sign(&key.header(), &changed(good(), &changes)), reason));
    }
    let mut refused = Vec::new();
    for (proof, reason) in cases {
        let reply = acme.token_as(&service, &SCOPE).header("dpop", &proof).await;
        refused.push((reply.expect_oauth_error(400, "invalid_dpop_proof"), reason));
    }
    let one = key.proof("POST", &url);
    let two =
        acme.token_as(&service, &SCOPE).header("dpop", &one).header("dpop", &key.proof("POST", &url)).await;
    refused.push((two.expect_oauth_error(400, "invalid_dpop_proof"), "dpop_proof_repeated"));
    assert_refusals(&acme, &refused).await;

    // It wasn't used up by that, and clocks may differ by ten seconds.
    acme.token_as(&service, &SCOPE).header("dpop", &one).await.expect(200);
    for good_ones in [
        json!({ "iat": now() - 10 }),
        json!({ "iat": now() + 10, "nbf": now() + 10 }),
        json!({ "htu": format!("{}?a=b#c", url.replacen("http", "HTTP", 1)) }),
    ] {
        let proof = key.sign(&key.header(), &changed(good(), &good_ones));
        acme.token_as(&service, &SCOPE).header("dpop", &proof).await.expect(200);
    }
}

async fn jw_23_a_proof_works_once_over_nodes_and_restarts(engine: Engine) {
    let app = TestApp::start(engine).await;
    let acme = app.acme();
    let (service, key, other) = (NewApp::service().make(&acme).await, ProofKey::new(), ProofKey::new());
    let own = claims("POST", &acme.endpoint("token"));
    let proof = key.sign(&key.header(), &own);
    let send = |tenant: &Tenant, proof: &str| tenant.token_as(&service, &SCOPE).header("dpop", proof);
    send(&acme, &proof).await.expect(200);
    let again = send(&acme, &proof).await.expect_oauth_error(400, "invalid_dpop_proof");
    let event = assert_refusal(&acme, &again, "dpop_proof_replayed").await;
    assert_eq!(fact(&event, "dpopJkt"), key.thumbprint());
    // The jti is what counts, not the bytes around it; and it is its key's own.
    let later = key.sign(&key.header(), &changed(own.clone(), &json!({ "iat": now() + 5 })));
    send(&acme, &later).await.expect_oauth_error(400, "invalid_dpop_proof");
    send(&acme, &other.sign(&other.header(), &own)).await.expect(200);
    // Many at once: one is let through.
    let fresh = key.proof("POST", &acme.endpoint("token"));
    let calls = (0..10).map(|_| async { send(&acme, &fresh).await.status });
    let statuses = futures_util::future::join_all(calls).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 400)), "{statuses:?}");
    if engine == Engine::Sqlite {
        app.restart().await;
        send(&acme, &proof).await.expect_oauth_error(400, "invalid_dpop_proof");
    } else {
        let node = app.node().await;
        send(&node.acme(), &proof).await.expect_oauth_error(400, "invalid_dpop_proof");
        let there = key.proof("POST", &acme.endpoint("token"));
        send(&node.acme(), &there).await.expect(200);
        send(&acme, &there).await.expect_oauth_error(400, "invalid_dpop_proof");
    }
}

/// A browser app, a person, and a bound token with the refresh token beside it.
async fn bound(acme: &Tenant, key: &ProofKey) -> (App, TokenSet) {
    let (app, person) = (NewApp::browser().make(acme).await.app(), Person::new(acme).await);
    let flow = person.code(acme, &app, "openid offline_access").await;
    let tokens = token_by(acme, &app, key, &redeeming(&flow.code, &flow.redirect_uri, &flow.verifier)).await;
    (app, tokens.tokens())
}

fn redeeming<'a>(code: &'a str, redirect_uri: &'a str, verifier: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
    ]
}

async fn jw_23_proofs_at_userinfo_are_for_the_token(app: Shared) {
    let acme = app.acme();
    let (key, other) = (ProofKey::new(), ProofKey::new());
    let (_, tokens) = bound(&acme, &key).await;
    let (token, url) = (tokens.access_token.as_str(), acme.endpoint("userinfo"));
    for method in ["GET", "POST"] {
        let proof = key.proof_with(method, &url, token);
        let told = userinfo_with(&acme, method, token, &proof).await.expect(200).json();
        assert_eq!(told["sub"], tokens.access().claims["sub"]);
        let again = userinfo_with(&acme, method, token, &proof).await;
        assert_challenged(&again, "invalid_dpop_proof");
    }
    let with = |changes| {
        let own = changed(claims("GET", &url), &json!({ "ath": digest_of(token) }));
        key.sign(&key.header(), &changed(own, &changes))
    };
    for (proof, error) in [
        (with(json!({ "ath": digest_of("another token") })), "invalid_dpop_proof"),
        (with(json!({ "ath": null })), "invalid_dpop_proof"),
        (with(json!({ "htm": "POST" })), "invalid_dpop_proof"),
        (with(json!({ "htu": acme.endpoint("token") })), "invalid_dpop_proof"),
        (with(json!({ "iat": now() - 60 })), "invalid_dpop_proof"),
        (other.proof_with("GET", &url, token), "invalid_token"),
        ("no proof".to_owned(), "invalid_dpop_proof"),
    ] {
        assert_challenged(&userinfo_with(&acme, "GET", token, &proof).await, error);
    }
    let call = acme.http().get(&url).header("authorization", &format!("dpop {token}"));
    assert_challenged(&call.await, "invalid_dpop_proof");
    let wrong = userinfo_with(&acme, "GET", "no-such-token", &key.proof_with("GET", &url, "no-such-token"));
    assert_challenged(&wrong.await, "invalid_token");
    // Who comes with nothing is told of both schemes.
    let bare = acme.http().get(&url).await.expect(401);
    let schemes: Vec<_> = bare
        .headers_named(CHALLENGE)
        .iter()
        .map(|value| value.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(schemes, ["Bearer", "DPoP"]);
}

#[track_caller]
fn assert_challenged(reply: &Reply, error: &str) {
    assert_eq!(reply.status, 401, "{}", reply.describe());
    let told = reply.header(CHALLENGE).unwrap_or_default();
    assert!(told.starts_with("DPoP ") && told.contains(&format!("error=\"{error}\"")), "{told}");
    assert!(told.contains("algs=\"RS256 PS256 ES256 ES384 EdDSA\""), "{told}");
}

async fn jw_26_a_bound_token_is_no_bearer_token(app: Shared) {
    let acme = app.acme();
    let key = ProofKey::new();
    let (_, tokens) = bound(&acme, &key).await;
    let (token, url) = (tokens.access_token.as_str(), acme.endpoint("userinfo"));
    let proof = key.proof_with("GET", &url, token);
    assert_challenged(&acme.userinfo(token).await, "invalid_token");
    assert_challenged(&acme.http().get(&url).bearer(token).header("dpop", &proof).await, "invalid_token");
    let body = acme.http().call("POST", &url).form([("access_token", token)]);
    assert_challenged(&body.await, "invalid_token");
    userinfo_with(&acme, "GET", token, &proof).await.expect(200);
    // A plain one is none that is bound.
    let (web, person) = (NewApp::web().make(&acme).await, Person::new(&acme).await);
    let plain = acme.password(&web, &person.login, &person.password, "openid").await.tokens();
    assert_eq!(plain.token_type, "Bearer");
    let proof = key.proof_with("GET", &url, &plain.access_token);
    assert_challenged(&userinfo_with(&acme, "GET", &plain.access_token, &proof).await, "invalid_token");
    // The management API takes neither; the plain one is told that it is good elsewhere.
    let api = |token| acme.http().get(&format!("{}/api/v1/users/me", acme.origin())).bearer(token);
    api(token).await.expect(401);
    api(&plain.access_token).await.expect(403);

    // A gateway is refused calls with a bound token, however they come, and with a plain one under a wrong name.
    let gate = Gate::new(&acme, json!({})).await;
    let service = make::app_from(&acme, NewApp::service().body()).await;
    let scope = [("grant_type", "client_credentials"), ("scope", SCOPES[0])];
    let tokens = token_by(&gate.tenant, &service, &key, &scope).await.tokens();
    for value in [format!("DPoP {}", tokens.access_token), format!("Bearer {}", tokens.access_token)] {
        let reply = gate.verify().header("authorization", &value).await.expect(401);
        let words = "The access token is bound to a key (DPoP), and this gateway checks no proofs";
        assert_eq!(reply.json()["error_description"], words);
        assert!(reply.header(CHALLENGE).unwrap_or_default().contains(words), "{}", reply.describe());
    }
    let (_, plain) = gate.service_token(SCOPES[0]).await;
    gate.verify().header("authorization", &format!("DPoP {plain}")).await.expect(401);
    gate.verify().bearer(&plain).await.expect(200);
}

/// A code from a request.
async fn code_of(acme: &Tenant, person: &Person, request: &AuthRequest) -> String {
    let callback = acme.visitor().authorize(request, &person.login, &person.password).await;
    callback.code().to_owned()
}

async fn codes_are_bound_to_a_key(app: Shared) {
    let acme = app.acme();
    let (key, other) = (ProofKey::new(), ProofKey::new());
    let (web, person) = (NewApp::web().make(&acme).await, Person::new(&acme).await);
    let jkt = key.thumbprint();
    for (by, error) in [
        (Some(&key), None),
        (Some(&other), Some(("invalid_grant", "dpop_key_mismatch"))),
        (None, Some(("invalid_dpop_proof", "dpop_proof_missing"))),
    ] {
        let request = acme.authorize(&web, "openid").set("dpop_jkt", &jkt);
        let code = code_of(&acme, &person, &request).await;
        let params = redeeming(&code, &web.redirect_uri, &request.verifier);
        let reply = match by {
            Some(by) => token_by(&acme, &web, by, &params).await,
            None => acme.token_as(&web, &params).await,
        };
        let Some((error, reason)) = error else {
            assert_eq!(reply.tokens().access().claims["cnf"]["jkt"], jkt);
            continue;
        };
        assert_refusal(&acme, &reply.expect_oauth_error(400, error), reason).await;
        // As with every failed attempt, the code is spent.
        token_by(&acme, &web, &key, &params).await.expect_oauth_error(400, "invalid_grant");
    }
    let request = acme.authorize(&web, "openid").set("dpop_jkt", "short");
    let reply = acme.visitor().get(&request.url()).await;
    assert_eq!(Callback::read(&reply, &web.redirect_uri).get("error"), "invalid_request");

    // A pushed request is bound by its own proof, too.
    let url = acme.endpoint("par");
    let request = acme.authorize(&web, "openid");
    let push = |proof: &str, more: &[(&str, &str)]| {
        let mut params: Vec<(&str, &str)> =
            request.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        params.extend(more);
        acme.post_as(&web, "par", &params).header("dpop", proof)
    };
    let crossed = push(&other.proof("POST", &url), &[("dpop_jkt", &jkt)]).await;
    let crossed = crossed.expect_oauth_error(400, "invalid_request");
    let elsewhere = push(&key.proof("POST", &acme.endpoint("token")), &[]).await;
    let elsewhere = elsewhere.expect_oauth_error(400, "invalid_dpop_proof");
    let proof = key.proof("POST", &url);
    let pushed = push(&proof, &[("dpop_jkt", &jkt)]).await.expect(201).json();
    let again = push(&proof, &[]).await.expect_oauth_error(400, "invalid_dpop_proof");
    assert_refusals(
        &acme,
        &[(crossed, "dpop_jkt_mismatch"), (elsewhere, "dpop_proof_uri"), (again, "dpop_proof_replayed")],
    )
    .await;
    let uri = pushed["request_uri"].as_str().expect("a reference");
    let open = format!("{}?client_id={}&request_uri={uri}", request.endpoint, web.client_id);
    let visitor = acme.visitor();
    let page = visitor.open(&open).await;
    let reply = visitor.sign_in(&page, &person.login, &person.password).await;
    let callback = Callback::read(&reply, &web.redirect_uri);
    let params = redeeming(callback.code(), &web.redirect_uri, &request.verifier);
    token_by(&acme, &web, &other, &params).await.expect_oauth_error(400, "invalid_grant");
}

async fn refresh_tokens_of_public_apps_are_bound_to_their_key(app: Shared) {
    let acme = app.acme();
    let (key, other) = (ProofKey::new(), ProofKey::new());
    let (browser, first) = bound(&acme, &key).await;
    let with = |token| [("grant_type", "refresh_token"), ("refresh_token", token)];
    let bare = acme.token_as(&browser, &with(first.refresh())).await;
    let bare = bare.expect_oauth_error(400, "invalid_dpop_proof");
    let stolen = token_by(&acme, &browser, &other, &with(first.refresh())).await;
    let stolen = stolen.expect_oauth_error(400, "invalid_grant");
    assert_refusals(&acme, &[(bare, "dpop_proof_missing"), (stolen, "dpop_key_mismatch")]).await;
    // Whoever tried that could not even end the family.
    let second = token_by(&acme, &browser, &key, &with(first.refresh())).await.tokens();
    assert_eq!(second.access().claims["cnf"]["jkt"], key.thumbprint());
    assert_ne!(second.refresh(), first.refresh());
    acme.token_as(&browser, &with(second.refresh())).await.expect_oauth_error(400, "invalid_dpop_proof");
    let lost = token_by(&acme, &browser, &key, &with(first.refresh())).await.tokens();
    assert_eq!(lost.refresh(), second.refresh(), "inside the leeway the same successor");
    let third = token_by(&acme, &browser, &key, &with(second.refresh())).await.tokens();
    let web = NewApp::web().make(&acme).await;
    let said = acme.introspect(&web, third.refresh()).await;
    assert_eq!((&said["token_type"], &said["cnf"]["jkt"]), (&json!("DPoP"), &json!(key.thumbprint())));
    // One that was not bound is from its first proof on.
    let person = Person::new(&acme).await;
    let flow = person.code(&acme, &browser, "openid offline_access").await;
    let plain = acme.redeem(&browser, &flow).await.tokens();
    assert_eq!(plain.token_type, "Bearer");
    let bound = token_by(&acme, &browser, &key, &with(plain.refresh())).await.tokens();
    acme.token_as(&browser, &with(bound.refresh())).await.expect_oauth_error(400, "invalid_dpop_proof");

    // A confidential app proves itself, and may change its key.
    let flow = person.code(&acme, &web, "openid offline_access").await;
    let params = redeeming(&flow.code, &flow.redirect_uri, &flow.verifier);
    let first = token_by(&acme, &web, &key, &params).await.tokens();
    let second = token_by(&acme, &web, &other, &with(first.refresh())).await.tokens();
    assert_eq!(second.access().claims["cnf"]["jkt"], other.thumbprint());
    let third = acme.refresh(&web, second.refresh()).await.tokens();
    assert_eq!((third.token_type.as_str(), third.access().claims.get("cnf")), ("Bearer", None));
}

async fn an_app_may_be_held_to_proofs(app: Shared) {
    let acme = app.acme();
    let key = ProofKey::new();
    let mut web = NewApp::web().make(&acme).await;
    web.change(&acme, "dpop_bound_access_tokens", json!(true)).await;
    let shown = acme.api("GET", &format!("/api/v1/apps/{}", web.id)).await.expect(200).json();
    assert_eq!(shown["settings"]["oauthClient"]["dpop_bound_access_tokens"], true);
    let person = Person::new(&acme).await;
    let password = [
        ("grant_type", "password"),
        ("username", person.login.as_str()),
        ("password", person.password.as_str()),
        ("scope", "openid"),
    ];
    let flow = person.code(&acme, &web, "openid offline_access").await;
    let code = redeeming(&flow.code, &flow.redirect_uri, &flow.verifier);
    let mut refused = Vec::new();
    for params in [&password, &code] {
        let reply = acme.token_as(&web, params).await;
        refused.push((reply.expect_oauth_error(400, "invalid_dpop_proof"), "dpop_proof_missing"));
    }
    // It cost neither the code nor an attempt.
    let tokens = token_by(&acme, &web, &key, &code).await.tokens();
    assert_eq!(tokens.token_type, "DPoP");
    assert_eq!(token_by(&acme, &web, &key, &password).await.tokens().token_type, "DPoP");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh())];
    let reply = acme.token_as(&web, &refresh).await;
    refused.push((reply.expect_oauth_error(400, "invalid_dpop_proof"), "dpop_proof_missing"));
    assert_eq!(token_by(&acme, &web, &key, &refresh).await.tokens().token_type, "DPoP");
    assert_refusals(&acme, &refused).await;
    // The gateway's endpoints bind nothing, so they give it nothing.
    let gate = Gate::new(&acme, json!({})).await;
    let service = NewApp::service().oauth("dpop_bound_access_tokens", json!(true)).make(&acme).await;
    let reply = gate.token(&service, &[("grant_type", "client_credentials"), ("scope", SCOPES[0])]).await;
    reply.expect_oauth_error(400, "unauthorized_client");
}

async fn every_advertised_algorithm_signs_proofs(app: Shared) {
    let acme = app.acme();
    let service = NewApp::service().make(&acme).await;
    let document = acme.discovery().await;
    let algs = document["dpop_signing_alg_values_supported"].as_array().expect("algorithms");
    assert_eq!(algs.len(), 5, "{algs:?}");
    for alg in algs {
        let key = ProofKey::of(alg.as_str().expect("a name").parse::<Alg>().expect("an algorithm"));
        let tokens = token_by(&acme, &service, &key, &SCOPE).await.tokens();
        assert_eq!(tokens.access().claims["cnf"]["jkt"], key.thumbprint(), "{alg}");
    }
}

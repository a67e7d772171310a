//! Apps that authenticate with a key of their own: `private_key_jwt`.

use signet_oauth::jwt::Alg;
use signet_testkit::{Engine, Shared, TestApp, Value, json, on_each_engine};

use crate::support::apps::{NewApp, Person, Server};
use crate::support::client_key::{ClientKey, JWT_BEARER, changed, claims, now, post, with_keys};
use crate::support::forge::b64;
use crate::support::log::assert_refusals;

on_each_engine! {
    assertions_open_every_door,
    ca_06_a_secret_does_not_do_for_a_key,
    ca_08_issuer_subject_and_client_id_agree,
    ca_09_another_audience,
    ca_10_an_assertion_works_once,
    ca_10_an_assertion_works_once_over_nodes,
    ca_11_the_times_of_an_assertion,
    ca_12_the_algorithm_is_that_of_the_key,
    ca_13_hints_in_the_header_lead_nowhere,
    jw_22_weak_keys_cannot_be_registered,
}

/// A request that only needs an app.
const SCOPE: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "orders:read")];

async fn assertions_open_every_door(app: Shared) {
    let acme = app.acme();
    for alg in [Alg::ES256, Alg::RS256] {
        let key = ClientKey::new(alg);
        let web = with_keys(NewApp::web(), &acme, &[&key]).await;
        assert_eq!(web.client_secret, None, "it needs none");
        let shown = acme.api("GET", &format!("/api/v1/apps/{}", web.id)).await.expect(200).json();
        let shown = &shown["settings"]["oauthClient"]["jwks"]["keys"][0];
        assert_eq!((&shown["kid"], &shown["kty"]), (&key.jwk["kid"], &key.jwk["kty"]));
        let fresh = || key.assertion(&claims(&web, &acme, now()));

        let person = Person::new(&acme).await;
        let request = acme.authorize(&web, "openid offline_access");
        let params: Vec<(&str, &str)> =
            request.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let pushed = post(&acme, "par", &fresh(), &params).await.expect(201).json();
        let uri = pushed["request_uri"].as_str().expect("a reference");
        let url = format!("{}?client_id={}&request_uri={uri}", request.endpoint, web.client_id);
        let visitor = acme.visitor();
        let page = visitor.open(&url).await;
        let reply = visitor.sign_in(&page, &person.login, &person.password).await;
        let callback = signet_testkit::Callback::read(&reply, &web.redirect_uri);
        // With and without the client's id beside the assertion.
        let code = [
            ("grant_type", "authorization_code"),
            ("code", callback.code()),
            ("redirect_uri", web.redirect_uri.as_str()),
            ("code_verifier", request.verifier.as_str()),
        ];
        let tokens = post(&acme, "token", &fresh(), &code).await.tokens();
        let refresh = [
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens.refresh()),
            ("client_id", web.client_id.as_str()),
        ];
        let tokens = post(&acme, "token", &fresh(), &refresh).await.tokens();
        let token = [("token", tokens.access_token.as_str())];
        let said = post(&acme, "introspect", &fresh(), &token).await.expect(200).json();
        assert_eq!(said["active"], true);
        post(&acme, "revoke", &fresh(), &token).await.expect(200);
        let said = post(&acme, "introspect", &fresh(), &token).await.expect(200).json();
        assert_eq!(said["active"], false);
    }
    let document = acme.discovery().await;
    for endpoint in ["token", "introspection", "revocation"] {
        let methods = &document[format!("{endpoint}_endpoint_auth_methods_supported")];
        assert!(methods.as_array().is_some_and(|m| m.contains(&json!("private_key_jwt"))), "{document:#}");
        let algs = &document[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")];
        assert_eq!(*algs, json!(["RS256", "PS256", "ES256", "ES384", "EdDSA", "HS256"]));
    }
}

async fn ca_06_a_secret_does_not_do_for_a_key(app: Shared) {
    let acme = app.acme();
    let key = ClientKey::new(Alg::ES256);
    let service = with_keys(NewApp::service(), &acme, &[&key]).await;
    let path = format!("/api/v1/apps/{}/credentials/secrets", service.id);
    let made = acme.api("POST", &path).await.expect(201).json();
    let mut with_secret = service.app();
    with_secret.client_secret = made["client_secret"].as_str().map(str::to_owned);
    assert!(with_secret.client_secret.is_some(), "{made}");
    let basic = acme.token_as(&with_secret, &SCOPE).await.expect_oauth_error(401, "invalid_client");
    let secret = with_secret.client_secret.as_deref().expect("a secret");
    let in_body = [("client_id", service.client_id.as_str()), ("client_secret", secret)];
    let in_body: Vec<(&str, &str)> = SCOPE.iter().chain(&in_body).copied().collect();
    let body = acme.token(&in_body).await.expect_oauth_error(401, "invalid_client");
    let alone: Vec<(&str, &str)> =
        SCOPE.iter().copied().chain([("client_id", service.client_id.as_str())]).collect();
    let nothing = acme.token(&alone).await.expect_oauth_error(401, "invalid_client");
    // And the other way round.
    let keyless = NewApp::service().make(&acme).await;
    let foreign = key.assertion(&claims(&keyless, &acme, now()));
    let keyless = post(&acme, "token", &foreign, &SCOPE).await.expect_oauth_error(401, "invalid_client");
    let reason = "invalid_token_endpoint_auth_method";
    assert_refusals(&acme, &[(basic, reason), (body, reason), (nothing, reason), (keyless, reason)]).await;
    let good = key.assertion(&claims(&service, &acme, now()));
    post(&acme, "token", &good, &SCOPE).await.expect(200);
}

/// Assertions with these claims changed are refused, each for its reason.
async fn refused(app: &Shared, cases: &[(Value, &str)]) {
    let acme = app.acme();
    let key = ClientKey::new(Alg::ES256);
    let service = with_keys(NewApp::service(), &acme, &[&key]).await;
    let mut refused = Vec::new();
    for (changes, reason) in cases {
        let assertion = key.assertion(&changed(claims(&service, &acme, now()), changes));
        let with_id: Vec<(&str, &str)> =
            SCOPE.iter().copied().chain([("client_id", service.client_id.as_str())]).collect();
        let reply = post(&acme, "token", &assertion, &with_id).await;
        refused.push((reply.expect_oauth_error(401, "invalid_client"), *reason));
    }
    assert_refusals(&acme, &refused).await;
}

async fn ca_08_issuer_subject_and_client_id_agree(app: Shared) {
    let (issuer, subject) = ("client_assertion_invalid_issuer", "client_assertion_invalid_subject");
    let cases = [
        (json!({ "iss": "somebody" }), issuer),
        (json!({ "iss": null }), issuer),
        (json!({ "iss": 7 }), issuer),
        (json!({ "sub": "somebody" }), subject),
        (json!({ "sub": null }), subject),
        (json!({ "jti": null }), "client_assertion_invalid_jwt"),
        (json!({ "jti": "" }), "client_assertion_invalid_jwt"),
        (json!({ "jti": "x".repeat(256) }), "client_assertion_invalid_jwt"),
    ];
    refused(&app, &cases).await;

    // One app's assertion beside another app's id, and without any id at all.
    let acme = app.acme();
    let key = ClientKey::new(Alg::ES256);
    let service = with_keys(NewApp::service(), &acme, &[&key]).await;
    let other = with_keys(NewApp::service(), &acme, &[&key]).await;
    let own = claims(&service, &acme, now());
    let with_id: Vec<(&str, &str)> =
        SCOPE.iter().copied().chain([("client_id", other.client_id.as_str())]).collect();
    let crossed = post(&acme, "token", &key.assertion(&own), &with_id).await;
    let crossed = crossed.expect_oauth_error(401, "invalid_client");
    let nobody = key.assertion(&changed(own, &json!({ "sub": "nobody", "iss": "nobody" })));
    let nobody = post(&acme, "token", &nobody, &SCOPE).await.expect_oauth_error(401, "invalid_client");
    let none = post(&acme, "token", "no.such.token", &SCOPE).await.expect_oauth_error(401, "invalid_client");
    assert_eq!(crossed.text(), nobody.text(), "the same words whatever was wrong");
    assert_refusals(&acme, &[(crossed, issuer), (nobody, "unknown_client"), (none, "invalid_client")]).await;
    let _ = subject;
}

async fn ca_09_another_audience(app: Shared) {
    let acme = app.acme();
    let second = Server::new(&acme, json!({})).await;
    let issuer = acme.issuer();
    let reason = "client_assertion_invalid_audience";
    let cases = [
        (json!({ "aud": null }), reason),
        (json!({ "aud": second.tenant.issuer() }), reason),
        (json!({ "aud": second.tenant.endpoint("token") }), reason),
        (json!({ "aud": app.globex().issuer() }), reason),
        (json!({ "aud": acme.at_org().issuer() }), reason),
        (json!({ "aud": [issuer] }), reason),
        (json!({ "aud": [issuer, "https://elsewhere.example"] }), reason),
        (json!({ "aud": format!("{issuer}/") }), reason),
        (json!({ "aud": issuer.to_uppercase() }), reason),
        (json!({ "aud": issuer[..issuer.len() - 1] }), reason),
        (json!({ "aud": acme.endpoint("introspect") }), reason),
        (json!({ "aud": acme.endpoint("par") }), reason),
        (json!({ "aud": "api://default" }), reason),
    ];
    refused(&app, &cases).await;
    // What clients commonly name.
    let key = ClientKey::new(Alg::ES256);
    let web = with_keys(NewApp::web(), &acme, &[&key]).await;
    for (endpoint, audience) in [
        ("token", acme.issuer()),
        ("token", acme.endpoint("token")),
        ("introspect", acme.endpoint("token")),
        ("introspect", acme.endpoint("introspect")),
        ("revoke", acme.endpoint("revoke")),
    ] {
        let own = changed(claims(&web, &acme, now()), &json!({ "aud": audience }));
        let params = [("token", "x"), ("grant_type", "refresh_token"), ("refresh_token", "x")];
        let reply = post(&acme, endpoint, &key.assertion(&own), &params).await;
        assert!(matches!(reply.status, 200 | 400), "{endpoint} for {audience}: {}", reply.describe());
    }
}

async fn ca_10_an_assertion_works_once(app: TestApp) {
    let acme = app.acme();
    let key = ClientKey::new(Alg::ES256);
    let service = with_keys(NewApp::service(), &acme, &[&key]).await;
    let other = with_keys(NewApp::service(), &acme, &[&key]).await;
    let own = claims(&service, &acme, now());
    let assertion = key.assertion(&own);
    post(&acme, "token", &assertion, &SCOPE).await.expect(200);
    let mut again = Vec::new();
    let mut refuse = |reply: signet_testkit::Reply| {
        again.push((reply.expect_oauth_error(401, "invalid_client"), "client_assertion_already_used"));
    };
    refuse(post(&acme, "token", &assertion, &SCOPE).await);
    refuse(post(&acme, "introspect", &assertion, &[("token", "x")]).await);
    // The jti is what counts, not the bytes around it.
    let longer = changed(own.clone(), &json!({ "exp": now() + 300 }));
    refuse(post(&acme, "token", &key.assertion(&longer), &SCOPE).await);
    // Another app may have the same one.
    let others = changed(own, &json!({ "iss": other.client_id, "sub": other.client_id }));
    post(&acme, "token", &key.assertion(&others), &SCOPE).await.expect(200);
    app.restart().await;
    refuse(post(&acme, "token", &assertion, &SCOPE).await);
    assert_refusals(&acme, &again).await;

    // Many at once: one is let through.
    let assertion = key.assertion(&claims(&service, &acme, now()));
    let calls = (0..20).map(|_| async { post(&acme, "token", &assertion, &SCOPE).await.status });
    let statuses = futures_util::future::join_all(calls).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 401)), "{statuses:?}");
}

async fn ca_10_an_assertion_works_once_over_nodes(engine: Engine) {
    if engine == Engine::Sqlite {
        return; // One file has one process.
    }
    let app = TestApp::start(engine).await;
    let nodes = app.nodes(2).await;
    let tenants: Vec<_> = std::iter::once(app.acme()).chain(nodes.iter().map(|node| node.acme())).collect();
    let key = ClientKey::new(Alg::ES256);
    let service = with_keys(NewApp::service(), &tenants[0], &[&key]).await;
    let assertion = key.assertion(&claims(&service, &tenants[0], now()));
    post(&tenants[2], "token", &assertion, &SCOPE).await.expect(200);
    for tenant in &tenants {
        post(tenant, "token", &assertion, &SCOPE).await.expect_oauth_error(401, "invalid_client");
    }
    // Thirty at once over all three: one is let through.
    let assertion = key.assertion(&claims(&service, &tenants[0], now()));
    let calls = (0..30).map(|n| {
        let (tenant, assertion) = (&tenants[n % 3], &assertion);
        async move { post(tenant, "token", assertion, &SCOPE).await.status }
    });
    let statuses = futures_util::future::join_all(calls).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
}

async fn ca_11_the_times_of_an_assertion(app: Shared) {
    let now = now();
    let (malformed, early) = ("client_assertion_invalid_jwt", "client_assertion_issued_at_in_future");
    let cases = [
        (json!({ "exp": null }), "client_assertion_expiration_required"),
        (json!({ "exp": now - 1 }), "client_assertion_expired_token"),
        (json!({ "exp": now - 300 }), "client_assertion_expired_token"),
        (json!({ "exp": now + 3_700 }), "client_assertion_expires_too_far_in_future"),
        (json!({ "exp": "soon" }), malformed),
        (json!({ "exp": 1e300 }), malformed),
        (json!({ "nbf": now + 61, "exp": now + 120 }), early),
        (json!({ "iat": now + 61, "exp": now + 120 }), early),
        (json!({ "nbf": "now" }), malformed),
        (json!({ "iat": -1 }), malformed),
    ];
    refused(&app, &cases).await;
    let acme = app.acme();
    let key = ClientKey::new(Alg::ES256);
    let service = with_keys(NewApp::service(), &acme, &[&key]).await;
    for good in [
        json!({ "nbf": now + 8 }),
        json!({ "iat": now + 8, "nbf": now + 8 }),
        json!({ "iat": null }),
        json!({ "exp": now + 3_590 }),
    ] {
        let assertion = key.assertion(&changed(claims(&service, &acme, now), &good));
        post(&acme, "token", &assertion, &SCOPE).await.expect(200);
    }
}

async fn ca_12_the_algorithm_is_that_of_the_key(app: Shared) {
    let acme = app.acme();
    let (key, rsa) = (ClientKey::new(Alg::ES256), ClientKey::new(Alg::RS256));
    let service = with_keys(NewApp::service(), &acme, &[&key]).await;
    let own = || claims(&service, &acme, now());
    let header = |changes: Value| changed(key.header(), &changes);
    let algorithm = "client_assertion_invalid_signature_algorithm";
    let mut refused = Vec::new();
    let mut cases = Vec::new();
    for alg in ["none", "None", "nOnE", "", "HS256", "RS256", "PS256", "ES384"] {
        cases.push((key.sign(&header(json!({ "alg": alg })), &own()), algorithm));
    }
    cases.push((key.sign(&header(json!({ "alg": null })), &own()), algorithm));
    let unsigned =
        format!("{}.{}.", b64(header(json!({ "alg": "none" })).to_string()), b64(own().to_string()));
    cases.push((unsigned, algorithm));
    // The public key as the secret of a MAC.
    let hs = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key.jwk.to_string().as_bytes());
    let message =
        format!("{}.{}", b64(header(json!({ "alg": "HS256" })).to_string()), b64(own().to_string()));
    cases.push((format!("{message}.{}", b64(aws_lc_rs::hmac::sign(&hs, message.as_bytes()))), algorithm));
    // A key that isn't registered, under its own and under the registered name.
    cases.push((rsa.assertion(&own()), "client_assertion_invalid_kid"));
    cases.push((rsa.sign(&changed(rsa.header(), &json!({ "kid": key.jwk["kid"] })), &own()), algorithm));
    let stranger = ClientKey::new(Alg::ES256);
    cases.push((stranger.sign(&key.header(), &own()), "client_assertion_invalid_signature"));
    cases
        .push((stranger.sign(&header(json!({ "kid": null })), &own()), "client_assertion_invalid_signature"));
    for typ in ["at+jwt", "logout+jwt", "dpop+jwt"] {
        cases.push((key.sign(&header(json!({ "typ": typ })), &own()), "client_assertion_invalid_jwt"));
    }
    for (assertion, reason) in cases {
        let reply = post(&acme, "token", &assertion, &SCOPE).await;
        refused.push((reply.expect_oauth_error(401, "invalid_client"), reason));
    }
    assert_refusals(&acme, &refused).await;
    for good in
        [json!({ "kid": null }), json!({ "typ": null }), json!({ "typ": "client-authentication+jwt" })]
    {
        post(&acme, "token", &key.sign(&header(good), &own()), &SCOPE).await.expect(200);
    }
    // With two keys of a kind, a token has to name its own.
    let two = with_keys(NewApp::service(), &acme, &[&key, &stranger, &rsa]).await;
    let own = || claims(&two, &acme, now());
    let nameless = key.sign(&header(json!({ "kid": null })), &own());
    post(&acme, "token", &nameless, &SCOPE).await.expect_oauth_error(401, "invalid_client");
    let nameless = rsa.sign(&changed(rsa.header(), &json!({ "kid": null })), &own());
    post(&acme, "token", &nameless, &SCOPE).await.expect(200);
    post(&acme, "token", &stranger.assertion(&own()), &SCOPE).await.expect(200);
}

async fn ca_13_hints_in_the_header_lead_nowhere(app: Shared) {
    let acme = app.acme();
    let (key, stranger) = (ClientKey::new(Alg::ES256), ClientKey::new(Alg::ES256));
    let service = with_keys(NewApp::service(), &acme, &[&key]).await;
    // A listener that nobody may come to.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a listener that doesn't wait");
    let url = format!("http://{}/jwks", listener.local_addr().expect("an address"));
    let mut refused = Vec::new();
    for hints in [
        json!({ "kid": "../../../../dev/null" }),
        json!({ "kid": "x' OR '1'='1" }),
        json!({ "kid": url }),
        json!({ "kid": "k".repeat(10_000) }),
        json!({ "kid": stranger.jwk["kid"], "jwk": stranger.jwk }),
        json!({ "kid": stranger.jwk["kid"], "jku": url }),
        json!({ "kid": stranger.jwk["kid"], "x5u": url }),
        json!({ "kid": stranger.jwk["kid"], "x5c": ["AAAA"] }),
    ] {
        let header = changed(key.header(), &hints);
        let assertion = stranger.sign(&header, &claims(&service, &acme, now()));
        let reply = post(&acme, "token", &assertion, &SCOPE).not_secret().await;
        refused.push((reply.expect_oauth_error(401, "invalid_client"), "client_assertion_invalid_kid"));
    }
    assert_refusals(&acme, &refused).await;
    let hinted = changed(key.header(), &json!({ "jwk": stranger.jwk, "jku": url }));
    let assertion = stranger.sign(&hinted, &claims(&service, &acme, now()));
    post(&acme, "token", &assertion, &SCOPE).await.expect_oauth_error(401, "invalid_client");
    let assertion = key.sign(&hinted, &claims(&service, &acme, now()));
    post(&acme, "token", &assertion, &SCOPE).await.expect(200);
    assert!(listener.accept().is_err(), "somebody fetched {url}");
    let wrong_type = [("client_assertion_type", "jwt"), ("client_assertion", "x.y.z"), SCOPE[0], SCOPE[1]];
    acme.token(&wrong_type).await.expect_oauth_error(400, "invalid_request");
    assert_ne!(JWT_BEARER, "jwt");
}

async fn jw_22_weak_keys_cannot_be_registered(app: Shared) {
    let acme = app.acme();
    let (ec, rsa) = (ClientKey::new(Alg::ES256).jwk, ClientKey::new(Alg::RS256).jwk);
    let with = |key: &Value, changes: Value| changed(key.clone(), &changes);
    let short = b64([0xff_u8; 128]);
    let secret = b64([7_u8; 32]);
    for (what, keys) in [
        ("RSA of 1024 bits", json!([with(&rsa, json!({ "n": short }))])),
        ("e = 1", json!([with(&rsa, json!({ "e": "AQ" }))])),
        ("an even e", json!([with(&rsa, json!({ "e": "AQAA" }))])),
        ("a point off the curve", json!([with(&ec, json!({ "y": ec["x"] }))])),
        ("another curve", json!([with(&ec, json!({ "crv": "secp256k1" }))])),
        (
            "a low-order Ed25519 point",
            json!([{ "kty": "OKP", "crv": "Ed25519", "x": b64([0_u8; 32]), "kid": "low" }]),
        ),
        ("a symmetric key", json!([{ "kty": "oct", "k": secret, "alg": "HS256", "kid": "oct" }])),
        ("a private key", json!([with(&ec, json!({ "d": secret }))])),
        ("an encryption key", json!([with(&ec, json!({ "use": "enc" }))])),
        ("alg none", json!([with(&ec, json!({ "alg": "none" }))])),
        ("no object", json!(["key"])),
        ("one key twice", json!([ec, ec])),
        ("no key", json!([])),
        (
            "eleven keys",
            json!((0..11).map(|n| with(&ec, json!({ "kid": n.to_string() }))).collect::<Vec<_>>()),
        ),
    ] {
        let app = NewApp::service()
            .credential("token_endpoint_auth_method", json!("private_key_jwt"))
            .oauth("jwks", json!({ "keys": keys }));
        let reply = acme.api("POST", "/api/v1/apps").json(app.body()).await;
        assert_eq!(reply.status, 400, "{what}: {}", reply.describe());
        assert!(!reply.text().contains(&secret), "{what}: the answer repeats what was sent");
    }
    let both = NewApp::service()
        .credential("token_endpoint_auth_method", json!("private_key_jwt"))
        .oauth("jwks", json!({ "keys": [ec] }))
        .oauth("jwks_uri", json!("https://app.example/jwks"));
    acme.api("POST", "/api/v1/apps").json(both.body()).await.expect(400);
    let unknown = NewApp::service().credential("token_endpoint_auth_method", json!("tls_client_auth"));
    acme.api("POST", "/api/v1/apps").json(unknown.body()).await.expect(400);
    let public = NewApp::browser()
        .credential("token_endpoint_auth_method", json!("private_key_jwt"))
        .oauth("jwks", json!({ "keys": [ec] }));
    acme.api("POST", "/api/v1/apps").json(public.body()).await.expect(400);
    let needless = NewApp::service().oauth("jwks", json!({ "keys": [ec] }));
    acme.api("POST", "/api/v1/apps").json(needless.body()).await.expect(400);
}

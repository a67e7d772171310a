//! Authorization requests as signed objects: by value, by reference, and pushed.

use std::time::Duration;

use signet_oauth::dpop::digest_of;
use signet_oauth::jwt::Alg;
use signet_testkit::{AuthRequest, Callback, Reply, Shared, Tenant, TestApp, Value, json, on_each_engine};

use crate::support::apps::{CALLBACK, Made, NewApp, Person, Server};
use crate::support::client_key::{ClientKey, changed, claims, now};
use crate::support::forge::b64;
use crate::support::log::assert_refusals;
use crate::support::outside::{Answer, Outside};

on_each_engine! {
    a_signed_request_is_the_whole_request,
    a_signed_request_may_be_pushed,
    a_signed_request_at_a_registered_address,
    ru_19_the_objects_redirect_uri_is_the_one,
    jw_13_an_encrypted_request_object,
    jw_14_a_compressed_request_object,
    what_is_no_request_object_is_a_page,
    what_an_app_may_leave_out_of_an_object,
    a_request_object_is_answered_once,
    tx_07_a_request_object_is_for_one_tenant_and_server,
}

const OTHER: &str = "https://app.example/other";

/// An app that signs its requests.
struct Signer {
    app: Made,
    key: ClientKey,
}

impl Signer {
    async fn new(tenant: &Tenant, alg: Alg) -> Self {
        Self::with(tenant, alg, NewApp::web().redirect_uris(&[CALLBACK, OTHER])).await
    }

    async fn with(tenant: &Tenant, alg: Alg, app: NewApp) -> Self {
        let key = ClientKey::new(alg);
        let app = app.oauth("jwks", json!({ "keys": [key.jwk] })).make(tenant).await;
        Self { app, key }
    }

    /// The claims of a request object.
    fn claims(&self, tenant: &Tenant, request: &AuthRequest) -> Value {
        let mut all = json!({ "iss": self.app.client_id, "aud": tenant.issuer(), "exp": now() + 60 });
        for (name, value) in &request.params {
            all[name] = value.as_str().into();
        }
        all
    }

    fn object(&self, tenant: &Tenant, request: &AuthRequest) -> String {
        self.key.sign(&self.key.header(), &self.claims(tenant, request))
    }

    /// A request that brings an object; beside it stands what OpenID Connect wants there.
    fn with_object(&self, request: &AuthRequest, object: &str) -> AuthRequest {
        let bare = |name: &str| request.clone().get(name).to_owned();
        let params =
            ["client_id", "response_type", "scope", "redirect_uri"].map(|name| (name.to_owned(), bare(name)));
        AuthRequest { params: params.to_vec(), ..request.clone() }.set("request", object)
    }
}

async fn get(tenant: &Tenant, request: &AuthRequest) -> Reply {
    let visitor = tenant.visitor();
    visitor.send(visitor.call("GET", &request.url()).not_secret()).await
}

async fn redeem(tenant: &Tenant, app: &Made, request: &AuthRequest, callback: &Callback) -> Value {
    let params = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", request.get("redirect_uri")),
        ("code_verifier", &request.verifier),
    ];
    tenant.token_as(app, &params).await.tokens().id().claims
}

async fn a_signed_request_is_the_whole_request(app: Shared) {
    let acme = app.acme();
    let document = acme.discovery().await;
    assert_eq!(document["request_parameter_supported"], true);
    assert_eq!(document["request_uri_parameter_supported"], true);
    assert_eq!(document["require_request_uri_registration"], true);
    let algs = json!(["RS256", "PS256", "ES256", "ES384", "EdDSA"]);
    assert_eq!(document["request_object_signing_alg_values_supported"], algs);
    let person = Person::new(&acme).await;
    for alg in [Alg::ES256, Alg::RS256] {
        let signer = Signer::new(&acme, alg).await;
        let request = acme.authorize(&signer.app, "openid").set("max_age", "1000");
        let mut claims = signer.claims(&acme, &request);
        claims["max_age"] = json!(1_000);
        let object = signer.key.sign(&signer.key.header(), &claims);
        // What stands beside it counts for nothing.
        let sent = signer
            .with_object(&request, &object)
            .set("state", "another state")
            .set("nonce", "another nonce")
            .set("scope", "openid offline_access")
            .set("prompt", "none")
            .set("response_mode", "fragment");
        let callback = acme.visitor().authorize(&sent, &person.login, &person.password).await;
        assert_eq!(callback.get("state"), request.get("state"));
        let id = redeem(&acme, &signer.app, &request, &callback).await;
        assert_eq!(id["nonce"], request.get("nonce"));
    }
}

async fn a_signed_request_may_be_pushed(app: Shared) {
    let acme = app.acme();
    let signer = Signer::new(&acme, Alg::ES256).await;
    let request = acme.authorize(&signer.app, "openid");
    let object = signer.object(&acme, &request);
    let sent = pushed(&acme, &signer, &object).await.set("redirect_uri", request.get("redirect_uri"));
    let person = Person::new(&acme).await;
    let callback = acme.visitor().authorize(&sent, &person.login, &person.password).await;
    assert_eq!(callback.get("state"), request.get("state"));
    redeem(&acme, &signer.app, &request, &callback).await;
    // A bad one is refused when it is pushed, and a reference can't be pushed.
    let stranger = ClientKey::new(Alg::ES256);
    let bad = stranger.sign(&stranger.header(), &signer.claims(&acme, &request));
    let bad = acme.post_as(&signer.app, "par", &[("request", &bad)]).not_secret().await;
    let bad = bad.expect_oauth_error(400, "invalid_request_object");
    assert_refusals(&acme, &[(bad, "invalid_request_object")]).await;
    let uri = [("request_uri", "https://app.example/request.jwt")];
    acme.post_as(&signer.app, "par", &uri).await.expect_oauth_error(400, "invalid_request");
}

async fn a_signed_request_at_a_registered_address(app: Shared) {
    let acme = app.acme();
    let (outside, elsewhere) = (Outside::at("127.0.0.1").await, Outside::at("127.0.0.1").await);
    let uri = outside.url("/request.jwt");
    let new = NewApp::web().redirect_uris(&[CALLBACK, OTHER]).oauth("request_uris", json!([uri]));
    let signer = Signer::with(&acme, Alg::RS256, new).await;
    let request = acme.authorize(&signer.app, "openid");
    let object = signer.object(&acme, &request);
    outside.says([Answer::of(200, "application/oauth-authz-req+jwt", &object)]);
    let sent =
        signer.with_object(&request, "").without("request").set("request_uri", &uri).set("state", "another");
    let person = Person::new(&acme).await;
    let callback = acme.visitor().authorize(&sent, &person.login, &person.password).await;
    assert_eq!(callback.get("state"), request.get("state"));
    redeem(&acme, &signer.app, &request, &callback).await;
    assert_eq!(outside.asked().len(), 1, "one request, one fetch");

    // The address may name the digest of what is there: then nothing else is taken.
    let pinned = sent.clone().set("request_uri", &format!("{uri}#{}", digest_of(&object)));
    assert_eq!(get(&acme, &pinned).await.status, 303, "to the sign-in page");
    assert_eq!(outside.asked().len(), 2);
    for (fragment, status) in [(digest_of("what was there first"), 200), ("v2".to_owned(), 400)] {
        let uri = outside.url(&format!("/pinned#{fragment}"));
        let body = NewApp::web().oauth("request_uris", json!([uri]));
        acme.api("POST", "/api/v1/apps").json(body.body()).await.expect(status);
    }

    let mut refused = Vec::new();
    let another = format!("{uri}#{}", digest_of("another"));
    refused.push((get(&acme, &sent.clone().set("request_uri", &another)).await, "invalid_request_uri"));
    let asked = outside.asked().len();
    for other in [elsewhere.url("/request.jwt"), format!("{uri}?x=y"), uri.to_uppercase(), outside.url("/")] {
        refused.push((get(&acme, &sent.clone().set("request_uri", &other)).await, "invalid_request_uri"));
    }
    assert_eq!((outside.asked().len(), elsewhere.connections()), (asked, 0));
    for answer in [Answer::status(404), Answer::of(200, "text/html", &object), Answer::raw("")] {
        outside.says([answer]);
        refused.push((get(&acme, &sent).await, "invalid_request_uri"));
    }
    outside.says([Answer::of(200, "application/jwt", "no object")]);
    refused.push((get(&acme, &sent).await, "invalid_request_object"));
    refused.push((get(&acme, &sent.clone().set("request", &object)).await, "invalid_request"));
    assert_pages(&acme, refused).await;
}

/// Each is a page of our own, and one event with this reason.
async fn assert_pages(tenant: &Tenant, refused: Vec<(Reply, &'static str)>) {
    let refused: Vec<_> =
        refused.into_iter().map(|(reply, reason)| (reply.expect_page_error(), reason)).collect();
    assert_refusals(tenant, &refused).await;
}

async fn ru_19_the_objects_redirect_uri_is_the_one(app: Shared) {
    let acme = app.acme();
    let signer = Signer::new(&acme, Alg::ES256).await;
    let person = Person::new(&acme).await;
    // Both are registered: the object's is where the answer goes.
    let request = acme.authorize(&signer.app, "openid").set("redirect_uri", OTHER);
    let sent = signer.with_object(&request, &signer.object(&acme, &request)).set("redirect_uri", CALLBACK);
    let visitor = acme.visitor();
    let page = visitor.open(&sent.url()).await;
    let reply = visitor.sign_in(&page, &person.login, &person.password).await;
    let callback = Callback::read(&reply, OTHER);
    redeem(&acme, &signer.app, &request, &callback).await;
    // Even its faults aren't sent to the query's.
    let mut refused = Vec::new();
    for (redirect_uri, reason) in [
        (Some("https://evil.test/cb"), "illegal_redirect_uri"),
        (Some("https://app.example/cb/"), "illegal_redirect_uri"),
        (None, "missing_token_request_parameter"),
    ] {
        let change = json!({ "redirect_uri": redirect_uri });
        let claims = changed(signer.claims(&acme, &request), &change);
        let object = signer.key.sign(&signer.key.header(), &claims);
        let sent = signer.with_object(&request, &object).set("redirect_uri", CALLBACK);
        refused.push((get(&acme, &sent).await, reason));
    }
    assert_pages(&acme, refused).await;
}

async fn jw_13_an_encrypted_request_object(app: Shared) {
    let acme = app.acme();
    let signer = Signer::new(&acme, Alg::RS256).await;
    let request = acme.authorize(&signer.app, "openid");
    let unsigned = format!(
        "{}.{}.",
        b64(json!({ "alg": "none" }).to_string()),
        b64(signer.claims(&acme, &request).to_string())
    );
    let header = json!({ "alg": "dir", "enc": "A256GCM", "cty": "JWT" });
    let encrypted =
        format!("{}..{}.{}.{}", b64(header.to_string()), b64([0; 12]), b64(&unsigned), b64([0; 16]));
    let three = format!("{}.{}.{}", b64(header.to_string()), b64(&unsigned), b64([0; 16]));
    let mut refused = Vec::new();
    for object in [encrypted, three] {
        refused.push((get(&acme, &signer.with_object(&request, &object)).await, "invalid_request_object"));
    }
    assert_pages(&acme, refused).await;
    // The core alone is never taken; that is said where nothing of it was believed.
    let reply = get(&acme, &signer.with_object(&request, &unsigned)).await;
    let callback = Callback::read(&reply, CALLBACK);
    assert_eq!(callback.get("error"), "request_not_supported");
}

async fn jw_14_a_compressed_request_object(app: Shared) {
    let acme = app.acme();
    let signer = Signer::new(&acme, Alg::ES256).await;
    let request = acme.authorize(&signer.app, "openid");
    let mut refused = Vec::new();
    for extra in [
        json!({ "zip": "DEF" }),
        json!({ "zip": null, "crit": ["zip"] }),
        json!({ "zip": "DEF", "crit": ["zip"] }),
        json!({ "enc": "A256GCM", "zip": "DEF" }),
    ] {
        let header = changed(signer.key.header(), &extra);
        let object = signer.key.sign(&header, &signer.claims(&acme, &request));
        refused.push((get(&acme, &signer.with_object(&request, &object)).await, "invalid_request_object"));
    }
    assert_pages(&acme, refused).await;
}

async fn what_is_no_request_object_is_a_page(app: Shared) {
    let acme = app.acme();
    let (signer, other) = (Signer::new(&acme, Alg::ES256).await, Signer::new(&acme, Alg::ES256).await);
    let request = acme.authorize(&signer.app, "openid");
    let good = signer.claims(&acme, &request);
    let sign = |changes: Value| signer.key.sign(&signer.key.header(), &changed(good.clone(), &changes));
    let key = &signer.key;
    let objects = [
        sign(json!({ "exp": 1 })),
        sign(json!({ "response_type": "token" })),
        sign(json!({ "jti": 7 })),
        sign(json!({ "state": "x".repeat(17_000) })),
        sign(json!({ "aud": app.globex().issuer() })),
        sign(json!({ "iss": other.app.client_id })),
        sign(json!({ "client_id": other.app.client_id })),
        sign(json!({ "request": "x.y.z" })),
        sign(json!({ "request_uri": "https://app.example/x" })),
        sign(json!({ "nbf": 3_900_000_000_u64 })),
        other.key.sign(&key.header(), &good),
        other.key.sign(&other.key.header(), &good),
        key.sign(&changed(key.header(), &json!({ "alg": "HS256" })), &good),
        key.sign(&changed(key.header(), &json!({ "typ": "logout+jwt" })), &good),
        key.sign(&changed(key.header(), &json!({ "jwk": other.key.jwk, "kid": "x" })), &good),
        // An assertion of the very app.
        key.assertion(&claims(&signer.app, &acme, now())),
        "x.y.z".to_owned(),
        "no object".to_owned(),
    ];
    let mut refused = Vec::new();
    for object in objects {
        refused.push((get(&acme, &signer.with_object(&request, &object)).await, "invalid_request_object"));
    }
    assert_pages(&acme, refused).await;
}

async fn what_an_app_may_leave_out_of_an_object(app: Shared) {
    let acme = app.acme();
    let signer = Signer::new(&acme, Alg::ES256).await;
    let person = Person::new(&acme).await;
    let request = acme.authorize(&signer.app, "openid");
    let bare = json!({ "iss": null, "aud": null, "exp": null });
    for changes in [bare, json!({ "exp": now() + 86_400 })] {
        let claims = changed(signer.claims(&acme, &request), &changes);
        let object = signer.key.sign(&signer.key.header(), &claims);
        let sent = signer.with_object(&request, &object);
        let callback = acme.visitor().authorize(&sent, &person.login, &person.password).await;
        assert_eq!(callback.get("state"), request.get("state"));
        redeem(&acme, &signer.app, &request, &callback).await;
    }
}

async fn a_request_object_is_answered_once(app: TestApp) {
    let acme = app.acme();
    let began = app.clock().freeze().await / 1_000_000;
    let signer = Signer::new(&acme, Alg::ES256).await;
    let person = Person::new(&acme).await;
    let request = acme.authorize(&signer.app, "openid");
    let named = json!({ "jti": "one of its kind", "exp": began + 60 });
    let object = signer.key.sign(&signer.key.header(), &changed(signer.claims(&acme, &request), &named));
    let sent = signer.with_object(&request, &object);
    let reference = pushed(&acme, &signer, &object).await;
    let visitor = acme.visitor();
    // Its page may be opened again until it is answered.
    let abandoned = [visitor.open(&sent.url()).await, visitor.open(&reference.url()).await];
    let callback = acme.visitor().authorize(&sent, &person.login, &person.password).await;
    redeem(&acme, &signer.app, &request, &callback).await;
    assert_pages(&acme, vec![(get(&acme, &sent).await, "invalid_request_object")]).await;
    let again = acme.post_as(&signer.app, "par", &[("request", &object)]).not_secret().await;
    again.expect_oauth_error(400, "invalid_request_object");
    // Nor do pages that were opened before get a second code, even when the object itself has expired.
    app.clock().advance(Duration::from_secs(61)).await;
    for page in abandoned {
        visitor.sign_in(&page, &person.login, &person.password).await.expect_page_error();
    }
    // Another of the same app is another request, and so is one that doesn't name itself, however often it comes.
    for name in [json!("another"), Value::Null, Value::Null] {
        let request = acme.authorize(&signer.app, "openid");
        let own = json!({ "jti": name, "exp": began + 120 });
        let object = signer.key.sign(&signer.key.header(), &changed(signer.claims(&acme, &request), &own));
        let sent = signer.with_object(&request, &object);
        let callback = acme.visitor().authorize(&sent, &person.login, &person.password).await;
        redeem(&acme, &signer.app, &request, &callback).await;
    }
}

/// What the browser carries of an object that was pushed.
async fn pushed(tenant: &Tenant, signer: &Signer, object: &str) -> AuthRequest {
    let reply = tenant.post_as(&signer.app, "par", &[("request", object)]).not_secret().await;
    let uri = reply.expect(201).json()["request_uri"].as_str().expect("a reference").to_owned();
    let request = tenant.authorize(&signer.app, "openid");
    let params =
        vec![("client_id".to_owned(), signer.app.client_id.clone()), ("request_uri".to_owned(), uri)];
    AuthRequest { params, ..request }
}

async fn tx_07_a_request_object_is_for_one_tenant_and_server(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let signer = Signer::new(&acme, Alg::ES256).await;
    let request = acme.authorize(&signer.app, "openid");
    let sent = signer.with_object(&request, &signer.object(&acme, &request));
    let server = Server::new(&acme, json!({})).await;
    for elsewhere in [server.tenant.clone(), acme.at_org()] {
        let sent = AuthRequest { endpoint: elsewhere.endpoint("authorize"), ..sent.clone() };
        assert_pages(&elsewhere, vec![(get(&elsewhere, &sent).await, "invalid_request_object")]).await;
    }
    let sent = AuthRequest { endpoint: globex.endpoint("authorize"), ..sent };
    let unknown = get(&globex, &sent).await.expect_page_error();
    assert_refusals(&globex, &[(unknown, "unknown_client")]).await;
}

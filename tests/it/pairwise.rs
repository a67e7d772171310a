//! Subjects that only apps of one sector share, signed userinfo, and sign-ins that others begin.

use signet_oauth::jwk::Jwks;
use signet_oauth::jwt::{self, Alg};
use signet_testkit::{App, Jwt, Reply, Shared, Tenant, TestApp, Value, json, on_each_engine, serde_json};

use crate::support::apps::{NewApp, Person};
use crate::support::log::{assert_refusals, events, fact};
use crate::support::outside::{Answer, Outside};
use crate::support::registering::{Registered, registering, server_with};

on_each_engine! {
    apps_of_one_sector_share_a_subject_and_others_do_not,
    a_pairwise_subject_is_the_same_wherever_it_is_told,
    a_sector_vouches_for_its_redirect_uris,
    a_pairwise_app_has_one_sector,
    userinfo_may_be_signed,
    the_account_page_starts_a_sign_in,
}

const ONE: &str = "https://one.example/cb";

fn pairwise(uri: &str) -> NewApp {
    NewApp::web().redirect_uris(&[uri]).oauth("subject_type", json!("pairwise"))
}

async fn subject(tenant: &Tenant, app: &App, person: &Person) -> String {
    let tokens = person.code(tenant, app, "openid").await.redeem(tenant, app).await;
    tokens.id().claims["sub"].as_str().expect("a subject").to_owned()
}

async fn apps_of_one_sector_share_a_subject_and_others_do_not(app: Shared) {
    let acme = app.acme();
    let (first, second) =
        (pairwise(ONE).make(&acme).await, pairwise("https://one.example/x").make(&acme).await);
    let elsewhere = pairwise("https://two.example/cb").make(&acme).await;
    let (ada, bob) = (Person::new(&acme).await, Person::new(&acme).await);
    let sub = subject(&acme, &first, &ada).await;
    assert_eq!(sub, subject(&acme, &first, &ada).await, "it stays");
    assert_eq!(sub, subject(&acme, &second, &ada).await, "the sector's");
    assert_ne!(sub, subject(&acme, &elsewhere, &ada).await);
    assert_ne!(sub, subject(&acme, &first, &bob).await);
    assert!(!sub.contains(&ada.id) && sub.len() == 43, "{sub}");
    let public = NewApp::web().redirect_uris(&[ONE]).make(&acme).await;
    assert_eq!(subject(&acme, &public, &ada).await, ada.id);
}

async fn a_pairwise_subject_is_the_same_wherever_it_is_told(app: Shared) {
    let acme = app.acme();
    let outs = json!(["https://one.example/bye"]);
    let web = pairwise(ONE).oauth("post_logout_redirect_uris", outs).make(&acme).await;
    let person = Person::new(&acme).await;
    let flow = person.code(&acme, &web, "openid offline_access").await;
    let redeemed = acme.redeem(&web, &flow).await;
    let tokens = redeemed.clone().tokens();
    let sub = tokens.id().claims["sub"].clone();
    let access = tokens.access();
    assert_eq!(access.claims["sub"], sub);
    assert!(
        access.claims.get("uid").is_none() && access.claims.get("username").is_none(),
        "{:#}",
        access.claims
    );
    assert_eq!(acme.userinfo(&tokens.access_token).await.expect(200).json()["sub"], sub);
    for token in [tokens.access_token.as_str(), tokens.refresh()] {
        let told = acme.introspect(&web, token).await;
        assert_eq!((&told["active"], &told["sub"]), (&json!(true), &sub));
        assert!(told.get("uid").is_none() && told.get("username").is_none(), "{told:#}");
    }
    let next = acme.refresh(&web, tokens.refresh()).await.tokens();
    assert_eq!(next.id().claims["sub"], sub);
    // The log goes by the user.
    let issued = events(&acme, &redeemed).await;
    let users = issued.iter().flat_map(|event| event["target"].as_array().into_iter().flatten());
    assert!(users.clone().any(|target| target["id"] == person.id.as_str()), "{issued:#?}");

    // As a hint it stands for the same user, and for nobody else.
    let hint = tokens.id_token.clone().expect("an ID token");
    let silent = |hint: &str| acme.authorize(&web, "openid").set("prompt", "none").set("id_token_hint", hint);
    let reply = flow.visitor.open(&silent(&hint).url()).await;
    assert!(reply.location().query().is_some_and(|q| q.contains("code=")), "{}", reply.describe());
    let other = Person::new(&acme).await;
    let of_other = person_token(&acme, &web, &other).await;
    let reply = flow.visitor.open(&silent(&of_other).url()).await;
    assert!(reply.location().query().is_some_and(|q| q.contains("login_required")), "{}", reply.describe());

    // A suspended user's token is worth nothing, although it doesn't name the user.
    other.lifecycle(&acme, "suspend").await;
    let of_other = person.code(&acme, &web, "openid").await.redeem(&acme, &web).await;
    assert!(acme.is_active(&web, &of_other.access_token).await);
    person.lifecycle(&acme, "suspend").await;
    assert!(!acme.is_active(&web, &of_other.access_token).await);
    person.lifecycle(&acme, "unsuspend").await;

    // And it signs out without a question.
    let visit = person.code(&acme, &web, "openid").await;
    let own = acme.redeem(&web, &visit).await.tokens();
    let out = format!(
        "{}?id_token_hint={}&post_logout_redirect_uri=https%3A%2F%2Fone.example%2Fbye",
        acme.endpoint("logout"),
        own.id_token.expect("an ID token")
    );
    let reply = visit.visitor.get(&out).await;
    assert_eq!(reply.location().as_str(), "https://one.example/bye", "{}", reply.describe());
}

async fn person_token(tenant: &Tenant, app: &App, person: &Person) -> String {
    let tokens = person.code(tenant, app, "openid").await.redeem(tenant, app).await;
    tokens.id_token.expect("an ID token")
}

async fn a_sector_vouches_for_its_redirect_uris(app: TestApp) {
    let (acme, outside) = (app.acme(), Outside::at("127.0.0.1").await);
    let server = server_with(&acme, &json!({ "mode": "OPEN" })).await;
    let uris = json!([ONE, "https://two.example/cb"]);
    let metadata = json!({
        "redirect_uris": uris, "subject_type": "pairwise", "sector_identifier_uri": outside.url("/sector"),
    });
    for answer in [
        Answer::status(404),
        Answer::json(&json!([ONE])),
        Answer::json(&json!({ "uris": uris })),
        Answer::of(200, "text/html", &uris.to_string()),
    ] {
        outside.says([answer]);
        let reply = registering(&server, None, &metadata).await;
        let reply = reply.expect_oauth_error(400, "invalid_client_metadata");
        assert_eq!(fact(&events(&acme, &reply).await[0], "member"), "sector_identifier_uri");
    }
    outside.says([Answer::json(&uris)]);
    let own = Registered::new(&server, None, &metadata).await;
    assert_eq!(own.told["subject_type"], "pairwise");
    assert_eq!(own.told["sector_identifier_uri"], metadata["sector_identifier_uri"]);
    // What was found once isn't fetched again; another redirect URI is looked for.
    let asked = outside.asked().len();
    outside.says([Answer::status(500)]);
    own.call(&server, "PUT").json(&own.metadata()).await.expect(200);
    assert_eq!(outside.asked().len(), asked);
    let mut more = own.metadata();
    more["redirect_uris"] = json!([ONE, "https://three.example/cb"]);
    own.call(&server, "PUT").json(&more).await.expect_oauth_error(400, "invalid_client_metadata");
}

async fn a_pairwise_app_has_one_sector(app: Shared) {
    let acme = app.acme();
    for uris in [
        json!([ONE, "https://two.example/cb"]),
        json!(["https://[2001:db8::1]/cb", "https://[2001:db8::2]/cb"]),
        json!(["http://localhost:3000/cb"]),
    ] {
        let body = pairwise(ONE).oauth("redirect_uris", uris);
        let reply = acme.api("POST", "/api/v1/apps").json(body.body()).await.expect(400).json();
        assert!(cause(&reply).starts_with("sector_identifier_uri: "), "{reply}");
    }
    let lonely = NewApp::web().oauth("sector_identifier_uri", json!("https://one.example/sector"));
    let reply = acme.api("POST", "/api/v1/apps").json(lonely.body()).await.expect(400).json();
    assert!(cause(&reply).starts_with("sector_identifier_uri: "), "{reply}");
}

fn cause(reply: &Value) -> &str {
    reply["errorCauses"][0]["errorSummary"].as_str().unwrap_or_default()
}

async fn userinfo_may_be_signed(app: Shared) {
    let acme = app.acme();
    let server = server_with(&acme, &json!({ "mode": "OPEN" })).await;
    let metadata = |alg: &str| json!({ "redirect_uris": [ONE], "userinfo_signed_response_alg": alg });
    let refused = registering(&server, None, &metadata("ES256")).await;
    refused.expect_oauth_error(400, "invalid_client_metadata");
    let own = Registered::new(&server, None, &metadata("RS256")).await;
    assert_eq!(own.told["userinfo_signed_response_alg"], "RS256");
    let (at, person) = (&server.tenant, Person::new(&acme).await);
    let document = at.discovery().await;
    assert_eq!(document["userinfo_signing_alg_values_supported"], json!(["RS256"]));
    let flow = person.code(at, &own.app, "openid email").await;
    let tokens = flow.redeem(at, &own.app).await;
    let reply: Reply = at.userinfo(&tokens.access_token).await.expect(200);
    assert_eq!(reply.header("content-type"), Some("application/jwt"));
    let token = reply.text();
    let keys: Jwks = serde_json::from_value(at.keys().await).expect("a key set");
    jwt::verify(&token, &keys.keys, &[Alg::RS256]).expect("a good signature");
    let told = Jwt::decode(&token).claims;
    assert_eq!((&told["iss"], &told["aud"]), (&json!(at.issuer()), &json!(own.app.client_id)));
    assert_eq!((&told["sub"], &told["email"]), (&tokens.id().claims["sub"], &json!(person.login)));
    // With an algorithm that the server doesn't sign with the app couldn't read it.
    let other = NewApp::web().oauth("userinfo_signed_response_alg", json!("ES256")).make(&acme).await;
    let unread = person.code(at, &other, "openid").await.redeem(at, &other).await;
    let refused = at.userinfo(&unread.access_token).await.expect_oauth_error(400, "invalid_request");
    assert_refusals(&acme, &[(refused, "userinfo_algorithm")]).await;
    // It is neither an access token nor a hint.
    at.userinfo(&token).await.expect(401);
    let silent = at.authorize(&own.app, "openid").set("prompt", "none").set("id_token_hint", &token);
    let reply = flow.visitor.open(&silent.url()).await;
    assert!(reply.is_redirect(), "a hint that is none says nothing: {}", reply.describe());
}

async fn the_account_page_starts_a_sign_in(app: Shared) {
    let acme = app.acme();
    for bad in ["http://client.example/start", "javascript:alert(1)", "http://localhost:3000/start"] {
        let body = NewApp::web().oauth("initiate_login_uri", json!(bad));
        let reply = acme.api("POST", "/api/v1/apps").json(body.body()).await.expect(400).json();
        assert!(cause(&reply).starts_with("initiate_login_uri: "), "{reply}");
    }
    let start = "https://client.example/start?from=idp";
    let web = NewApp::web().oauth("initiate_login_uri", json!(start)).make(&acme).await;
    let person = Person::new(&acme).await;
    let flow = person.code(&acme, &web, "openid offline_access").await;
    flow.redeem(&acme, &web).await;
    let page = flow.visitor.open(&format!("{}/account", acme.origin())).await;
    let links = page.page().attributes("a[href]", "href");
    let wanted = format!("{start}&iss=");
    let link = links.iter().find(|link| link.starts_with(&wanted)).unwrap_or_else(|| panic!("{links:?}"));
    let query = link.split_once('?').expect("a query").1;
    let issuer = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "iss");
    assert_eq!(issuer.expect("an issuer").1, acme.issuer());
}

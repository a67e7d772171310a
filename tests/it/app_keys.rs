//! Keys that apps publish at their `jwks_uri`, and change there.

use std::time::Duration;

use signet_oauth::jwt::Alg;
use signet_testkit::{Callback, TestApp, json, on_each_engine};

use crate::outbound::{Published, UNAVAILABLE, now};
use crate::support::apps::{NewApp, Person};
use crate::support::client_key::{ClientKey, claims, post};
use crate::support::log::assert_refusals;
use crate::support::outside::{Answer, Outside};

on_each_engine! {
    an_app_rotates_the_keys_that_it_publishes,
    published_keys_outlive_their_source_for_an_hour,
    an_app_goes_from_keys_by_value_to_an_address_and_back,
    jw_04_unknown_kids_cause_one_fetch_a_minute,
}

async fn an_app_rotates_the_keys_that_it_publishes(app: TestApp) {
    let (acme, clock, outside) = (app.acme(), app.clock(), Outside::at("127.0.0.1").await);
    let (old, new) = (ClientKey::new(Alg::PS256), ClientKey::new(Alg::ES256));
    let web = NewApp::web()
        .credential("token_endpoint_auth_method", json!("private_key_jwt"))
        .oauth("jwks_uri", json!(outside.url("/jwks")))
        .make(&acme)
        .await;
    // Sets hold other things too, and RSA keys that name no algorithm.
    let mut plain = old.jwk.clone();
    plain.as_object_mut().expect("a JWK").remove("alg");
    let encrypts = json!({ "kty": "RSA", "use": "enc", "n": old.jwk["n"], "e": "AQAB", "kid": "enc" });
    outside.says([Answer::json(&json!({ "keys": [encrypts, plain] }))]);

    let person = Person::new(&acme).await;
    let request = acme.authorize(&web, "openid offline_access");
    let visitor = acme.visitor();
    let page = visitor.open(&request.url()).await;
    let reply = visitor.sign_in(&page, &person.login, &person.password).await;
    let callback = Callback::read(&reply, &web.redirect_uri);
    let at = now(&app).await;
    let code = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", web.redirect_uri.as_str()),
        ("code_verifier", request.verifier.as_str()),
    ];
    let tokens = post(&acme, "token", &old.assertion(&claims(&web, &acme, at)), &code).await.tokens();

    // The app signs with a new key from now on: it is looked for at the source.
    outside.says([Answer::json(&json!({ "keys": [new.jwk] }))]);
    clock.advance(Duration::from_secs(61)).await;
    let at = now(&app).await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh())];
    let tokens = post(&acme, "token", &new.assertion(&claims(&web, &acme, at)), &refresh).await.tokens();
    assert_eq!(outside.asked().len(), 2);
    // And the old one is none of its keys any more.
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh())];
    let refused = post(&acme, "token", &old.assertion(&claims(&web, &acme, at)), &refresh).await;
    let refused = refused.expect_oauth_error(401, "invalid_client");
    assert_refusals(&acme, &[(refused, "client_assertion_invalid_kid")]).await;
    // After ten minutes the set is fetched anew, though it has the key.
    clock.advance(Duration::from_secs(10 * 60)).await;
    let at = now(&app).await;
    post(&acme, "token", &new.assertion(&claims(&web, &acme, at)), &refresh).await.expect(200);
    assert_eq!(outside.asked().len(), 3);
}

async fn published_keys_outlive_their_source_for_an_hour(app: TestApp) {
    let (acme, clock, outside) = (app.acme(), app.clock(), Outside::at("127.0.0.1").await);
    clock.freeze().await;
    let published = Published::at(&acme, &outside.url("/jwks")).await;
    outside.says([published.set()]);
    let begun = now(&app).await;
    published.ask(&acme, begun).await.expect(200);
    outside.says([Answer::status(503)]);
    clock.advance(Duration::from_secs(3_599)).await;
    published.ask(&acme, begun + 3_599).await.expect(200);
    clock.advance(Duration::from_secs(1)).await;
    let late = published.ask(&acme, begun + 3_600).await.expect_oauth_error(401, "invalid_client");
    assert_refusals(&acme, &[(late, UNAVAILABLE)]).await;
    // It comes back by itself.
    outside.says([published.set()]);
    clock.advance(Duration::from_secs(60)).await;
    published.ask(&acme, begun + 3_660).await.expect(200);
}

async fn an_app_goes_from_keys_by_value_to_an_address_and_back(app: TestApp) {
    let (acme, outside) = (app.acme(), Outside::at("127.0.0.1").await);
    let Published { app: mut service, key } = Published::at(&acme, &outside.url("/jwks")).await;
    outside.says([Answer::json(&json!({ "keys": [key.jwk] }))]);
    let own = ClientKey::new(Alg::ES256);
    let scope = [("grant_type", "client_credentials"), ("scope", "orders:read")];
    let at = now(&app).await;
    post(&acme, "token", &key.assertion(&claims(&service, &acme, at)), &scope).await.expect(200);
    let by_value = json!({ "jwks_uri": null, "jwks": { "keys": [own.jwk] } });
    service.change_all(&acme, &by_value).await;
    post(&acme, "token", &own.assertion(&claims(&service, &acme, at)), &scope).await.expect(200);
    let refused = post(&acme, "token", &key.assertion(&claims(&service, &acme, at)), &scope).await;
    let refused = refused.expect_oauth_error(401, "invalid_client");
    assert_refusals(&acme, &[(refused, "client_assertion_invalid_kid")]).await;
    // Another address is asked at once, though the first was asked a moment ago.
    let second = Outside::at("127.0.0.1").await;
    second.says([Answer::json(&json!({ "keys": [own.jwk] }))]);
    let by_address = json!({ "jwks_uri": second.url("/jwks"), "jwks": null });
    service.change_all(&acme, &by_address).await;
    post(&acme, "token", &own.assertion(&claims(&service, &acme, at)), &scope).await.expect(200);
    assert_eq!((outside.asked().len(), second.asked().len()), (1, 1));
}

async fn jw_04_unknown_kids_cause_one_fetch_a_minute(app: TestApp) {
    let (acme, clock, outside) = (app.acme(), app.clock(), Outside::at("127.0.0.1").await);
    clock.freeze().await;
    let published = Published::at(&acme, &outside.url("/jwks")).await;
    outside.says([published.set()]);
    let begun = now(&app).await;
    published.ask(&acme, begun).await.expect(200);
    assert_eq!(outside.asked().len(), 1);
    let unknown = async |at: i64, kid: usize| {
        let claims = claims(&published.app, &acme, at);
        let header = json!({ "alg": "ES256", "kid": format!("kid-{kid}"), "typ": "JWT" });
        let scope = [("grant_type", "client_credentials"), ("scope", "orders:read")];
        post(&acme, "token", &published.key.sign(&header, &claims), &scope).await
    };
    // The first minute's fetch was made.
    for kid in 0..40 {
        unknown(begun, kid).await.expect_oauth_error(401, "invalid_client");
    }
    assert_eq!(outside.asked().len(), 1);
    clock.advance(Duration::from_secs(60)).await;
    let crowd = (40..60).map(|kid| unknown(begun + 60, kid));
    for reply in futures_util::future::join_all(crowd).await {
        reply.expect_oauth_error(401, "invalid_client");
    }
    assert_eq!(outside.asked().len(), 2);
    published.ask(&acme, begun + 60).await.expect(200);
}

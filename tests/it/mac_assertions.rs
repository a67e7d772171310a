//! Apps that authenticate with a MAC by their secret: `client_secret_jwt`.

use aws_lc_rs::hmac;
use signet_oauth::jwt::Alg;
use signet_testkit::{App, Shared, Tenant, TestApp, Value, json, on_each_engine};

use crate::support::apps::{Made, NewApp};
use crate::support::client_key::{ClientKey, changed, claims, now, post};
use crate::support::forge::b64;
use crate::support::log::assert_refusals;
use crate::support::rows::Rows;

on_each_engine! {
    an_app_proves_itself_by_a_mac,
    ca_12_a_mac_is_made_with_the_secret_and_nothing_else,
    ca_17_guesses_by_mac_are_limited,
    only_apps_that_make_macs_leave_a_secret_to_read_back,
}

const SCOPE: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "orders:read")];
const METHOD: &str = "client_secret_jwt";

fn header() -> Value {
    json!({ "alg": "HS256", "typ": "JWT" })
}

fn sign(secret: &str, algorithm: hmac::Algorithm, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
    let mac = hmac::sign(&hmac::Key::new(algorithm, secret.as_bytes()), message.as_bytes());
    format!("{message}.{}", b64(mac))
}

/// A good assertion of an app, made with a secret.
pub(crate) fn assertion(app: &App, tenant: &Tenant, secret: &str) -> String {
    sign(secret, hmac::HMAC_SHA256, &header(), &claims(app, tenant, now()))
}

async fn making_macs(app: NewApp, tenant: &Tenant) -> (Made, String) {
    let made = app.credential("token_endpoint_auth_method", json!(METHOD)).make(tenant).await;
    let secret = made.client_secret.clone().expect("a secret");
    (made, secret)
}

async fn an_app_proves_itself_by_a_mac(app: Shared) {
    let acme = app.acme();
    let grants = json!(["authorization_code", "client_credentials"]);
    let (web, secret) = making_macs(NewApp::web().oauth("grant_types", grants), &acme).await;
    let fresh = || assertion(&web, &acme, &secret);
    let token = post(&acme, "token", &fresh(), &SCOPE).await.tokens();
    let token = [("token", token.access_token.as_str())];
    let said = post(&acme, "introspect", &fresh(), &token).await.expect(200).json();
    assert_eq!(said["active"], true);
    let request = acme.authorize(&web, "openid");
    let request: Vec<(&str, &str)> =
        request.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    post(&acme, "par", &fresh(), &request).await.expect(201);
    post(&acme, "revoke", &fresh(), &token).await.expect(200);

    // A jti works once, and an hour of use is noted at the secret.
    let once = fresh();
    post(&acme, "token", &once, &SCOPE).await.expect(200);
    let again = post(&acme, "token", &once, &SCOPE).await.expect_oauth_error(401, "invalid_client");
    assert_refusals(&acme, &[(again, "client_assertion_already_used")]).await;
    let path = format!("/api/v1/apps/{}/credentials/secrets", web.id);
    let secrets = acme.api("GET", &path).await.expect(200).json();
    assert!(secrets[0]["lastUsed"].is_string() || secrets[0]["last_used"].is_string(), "{secrets}");

    let document = acme.discovery().await;
    for endpoint in ["token", "introspection", "revocation"] {
        let methods = &document[format!("{endpoint}_endpoint_auth_methods_supported")];
        assert!(methods.as_array().is_some_and(|m| m.contains(&json!(METHOD))), "{document:#}");
        let algs = &document[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")];
        assert!(algs.as_array().is_some_and(|algs| algs.contains(&json!("HS256"))), "{document:#}");
    }
}

async fn ca_12_a_mac_is_made_with_the_secret_and_nothing_else(app: Shared) {
    let acme = app.acme();
    let (service, secret) = making_macs(NewApp::service(), &acme).await;
    let own = || claims(&service, &acme, now());
    let with = |changes: Value| changed(header(), &changes);
    let algorithm = "client_assertion_invalid_signature_algorithm";
    let mac = "client_assertion_invalid_signature";
    let good = assertion(&service, &acme, &secret);
    let key = ClientKey::new(Alg::ES256);
    let cases = [
        (sign("another-secret-of-the-very-same-length-0000", hmac::HMAC_SHA256, &header(), &own()), mac),
        (sign("", hmac::HMAC_SHA256, &header(), &own()), mac),
        (good[..good.len() - 3].to_owned(), mac),
        (format!("{}.", good.rsplit_once('.').expect("a MAC").0), mac),
        (sign(&secret, hmac::HMAC_SHA256, &with(json!({ "alg": "none" })), &own()), algorithm),
        (sign(&secret, hmac::HMAC_SHA384, &with(json!({ "alg": "HS384" })), &own()), algorithm),
        (sign(&secret, hmac::HMAC_SHA512, &with(json!({ "alg": "HS512" })), &own()), algorithm),
        (sign(&secret, hmac::HMAC_SHA256, &with(json!({ "alg": "hs256" })), &own()), algorithm),
        (key.assertion(&own()), algorithm),
        (
            sign(
                &secret,
                hmac::HMAC_SHA256,
                &header(),
                &changed(own(), &json!({ "aud": "https://elsewhere" })),
            ),
            "client_assertion_invalid_audience",
        ),
        (
            sign(&secret, hmac::HMAC_SHA256, &header(), &changed(own(), &json!({ "exp": now() - 1 }))),
            "client_assertion_expired_token",
        ),
        (
            sign(&secret, hmac::HMAC_SHA256, &with(json!({ "typ": "at+jwt" })), &own()),
            "client_assertion_invalid_jwt",
        ),
    ];
    let mut refused = Vec::new();
    for (assertion, reason) in cases {
        let reply = post(&acme, "token", &assertion, &SCOPE).await;
        refused.push((reply.expect_oauth_error(401, "invalid_client"), reason));
    }
    // The secret itself opens nothing, and the MAC is no proof of an app that sends its secret.
    let method = "invalid_token_endpoint_auth_method";
    let plain = acme.token_as(&service.app(), &SCOPE).await;
    refused.push((plain.expect_oauth_error(401, "invalid_client"), method));
    let sends = NewApp::service().make(&acme).await;
    let its = assertion(&sends, &acme, sends.client_secret.as_deref().expect("a secret"));
    let reply = post(&acme, "token", &its, &SCOPE).await;
    refused.push((reply.expect_oauth_error(401, "invalid_client"), method));
    assert_refusals(&acme, &refused).await;
    post(&acme, "token", &good, &SCOPE).await.expect(200);
}

async fn ca_17_guesses_by_mac_are_limited(app: Shared) {
    let acme = app.acme();
    let (service, secret) = making_macs(NewApp::service(), &acme).await;
    let guess = |n: usize| assertion(&service, &acme, &format!("a-wrong-secret-that-is-long-enough-{n:04}"));
    let mut last = 401;
    for n in 0..110 {
        last = post(&acme, "token", &guess(n), &SCOPE).await.status;
        if last == 429 {
            assert!(n >= 99, "{n} were too many");
            break;
        }
    }
    assert_eq!(last, 429, "a hundred are enough");
    let right = post(&acme, "token", &assertion(&service, &acme, &secret), &SCOPE).await;
    assert_eq!(right.status, 429, "right or wrong, the answer is the same: {}", right.describe());
}

async fn only_apps_that_make_macs_leave_a_secret_to_read_back(app: TestApp) {
    const SEALED: &str = "SELECT count(*) FROM app_secrets WHERE sealed IS NOT NULL";
    let (acme, rows) = (app.acme(), Rows::of(&app).await);
    let service = NewApp::service().make(&acme).await;
    let old = service.client_secret.clone().expect("a secret");
    assert_eq!(rows.number(SEALED).await, 0);
    let path = format!("/api/v1/apps/{}", service.id);
    let become_one_of = async |method: &str| {
        let mut shown = acme.api("GET", &path).await.expect(200).json();
        shown["credentials"]["oauthClient"]["token_endpoint_auth_method"] = json!(method);
        acme.api("PUT", &path).json(&shown).await.expect(200);
    };
    // What was made before can't be read back: the app needs a new one, and may give the old one up.
    become_one_of(METHOD).await;
    let reply = post(&acme, "token", &assertion(&service, &acme, &old), &SCOPE).await;
    reply.expect_oauth_error(401, "invalid_client");
    let secrets = format!("{path}/credentials/secrets");
    let first =
        acme.api("GET", &secrets).await.expect(200).json()[0]["id"].as_str().expect("an id").to_owned();
    let made = acme.api("POST", &secrets).await.expect(201).json();
    let secret = made["client_secret"].as_str().expect("a secret").to_owned();
    app.canaries().add(&secret);
    assert_eq!(rows.number(SEALED).await, 1);
    post(&acme, "token", &assertion(&service, &acme, &secret), &SCOPE).await.expect(200);
    let last = format!("{secrets}/{}", made["id"].as_str().expect("an id"));
    acme.api("DELETE", &last).await.expect(400);
    acme.api("DELETE", &format!("{secrets}/{first}")).await.expect(204);
    let dump = rows.dump().await;
    let held = |needle: &str| dump.windows(needle.len()).any(|bytes| bytes == needle.as_bytes());
    assert!(!held(&secret), "it lies there sealed");

    become_one_of("client_secret_basic").await;
    assert_eq!(rows.number(SEALED).await, 0, "nothing is left to read back");
    let mut basic = service.app();
    basic.client_secret = Some(secret.clone());
    acme.token_as(&basic, &SCOPE).await.expect(200);
    become_one_of(METHOD).await;
    let reply = post(&acme, "token", &assertion(&service, &acme, &secret), &SCOPE).await;
    reply.expect_oauth_error(401, "invalid_client");
}

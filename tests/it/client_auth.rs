//! Who speaks for an app: the right secret, sent in one way, and nothing else.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signet_testkit::{App, Call, Reply, Shared, Tenant, TestApp, json, on_each_engine};

use crate::support::apps::{NewApp, Person, unique};
use crate::support::log::{assert_alive, assert_no_store, assert_refusal, assert_refusals};
use crate::support::rows::Rows;

on_each_engine! {
    ca_01_a_wrong_secret,
    ca_01_the_log_tells_which_app_a_refusal_is_about,
    ca_02_an_unknown_app,
    ca_04_sloppy_headers,
    ca_05_a_secret_too_many_or_too_few,
    ca_07_two_ids_in_one_request,
    ca_15_huge_and_similar_secrets,
    ca_19_secrets_are_shown_once,
}

const CLIENT_CREDENTIALS: [(&str, &str); 2] =
    [("grant_type", "client_credentials"), ("scope", "orders:read")];

fn token_call(tenant: &Tenant) -> Call {
    tenant.http().call("POST", &tenant.endpoint("token"))
}

/// The request by header, and by body.
fn both(tenant: &Tenant, id: &str, secret: &str) -> [(Call, bool); 2] {
    let [grant, scope] = CLIENT_CREDENTIALS;
    let body = [grant, scope, ("client_id", id), ("client_secret", secret)];
    let by_header = token_call(tenant).basic(id, secret).form(CLIENT_CREDENTIALS);
    [(by_header, true), (token_call(tenant).form(body), false)]
}

/// 401, with a challenge exactly when the header was used.
#[track_caller]
fn assert_refused(reply: Reply, by_header: bool, what: &str) -> Reply {
    assert_eq!(reply.status, 401, "{what}: {}", reply.describe());
    let challenge = reply.header("www-authenticate").unwrap_or_default().to_owned();
    assert_eq!(challenge.starts_with("Basic "), by_header, "{what}: challenge “{challenge}”");
    assert_eq!(challenge.is_empty(), !by_header, "{what}: challenge “{challenge}”");
    reply.expect_oauth_error(401, "invalid_client")
}

async fn ca_01_a_wrong_secret(app: Shared) {
    let acme = app.acme();
    let (service, other) = (acme.service(), NewApp::service().make(&acme).await);
    let right = service.client_secret.clone().expect("a secret");
    let mut refused = Vec::new();
    for secret in [
        "wrong",
        &right[..right.len() - 1],
        &right[1..],
        &format!("{right}A"),
        &format!("{right} "),
        &format!(" {right}"),
        &right.to_uppercase(),
        &right.to_lowercase(),
        other.client_secret.as_deref().expect("a secret"),
        acme.web().client_secret.as_deref().expect("a secret"),
        app.globex().service().client_secret.as_deref().expect("a secret"),
        &acme.credentials.api_token,
    ] {
        for (call, by_header) in both(&acme, &service.client_id, secret) {
            let reply = assert_refused(call.await, by_header, secret);
            refused.push((reply, "invalid_client_secret"));
        }
    }
    for event in assert_refusals(&acme, &refused).await {
        assert_ne!(
            event["actor"]["displayName"], "Demo service",
            "who proved nothing isn't the app: {event:#}"
        );
    }
    for (call, _) in both(&acme, &service.client_id, &right) {
        call.await.expect(200);
    }
    // At the other endpoints, too.
    for endpoint in ["introspect", "revoke"] {
        let call = acme.http().call("POST", &acme.endpoint(endpoint));
        let reply = call.basic(&service.client_id, "wrong secret").form([("token", "x")]).await;
        let reply = assert_refused(reply, true, endpoint);
        assert_refusal(&acme, &reply, "invalid_client_secret").await;
    }
}

/// What an answer shows, without what differs between any two.
fn shown(reply: &Reply) -> String {
    let headers = reply
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-request-id", "x-okta-request-id"].contains(&name.as_str()));
    let headers: Vec<String> = headers.map(|(name, value)| format!("{name}: {value:?}")).collect();
    format!("{}\n{}\n{}", reply.status, headers.join("\n"), reply.text())
}

async fn ca_01_the_log_tells_which_app_a_refusal_is_about(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let service = NewApp::service().make(&acme).await;
    let about = format!("outcome.result eq \"FAILURE\" and client.id eq \"{}\"", service.client_id);
    for (call, _) in both(&acme, &service.client_id, "wrong") {
        call.await.expect(401);
    }
    for endpoint in ["introspect", "revoke"] {
        let call = acme.http().call("POST", &acme.endpoint(endpoint)).basic(&service.client_id, "wrong");
        call.form([("token", "x")]).await.expect(401);
    }
    let events = acme.wait_for_logs(&about, 4).await;
    for event in &events {
        assert_eq!(event["outcome"]["reason"], "invalid_client_secret", "{event}");
    }
    // To another tenant the same id is nobody's.
    for (call, _) in both(&globex, &service.client_id, "wrong") {
        call.await.expect(401);
    }
    let named = format!("actor.id eq \"{}\"", service.client_id);
    for event in globex.wait_for_logs(&named, 2).await {
        assert!(event["client"]["id"].is_null(), "{event}");
    }
    // An administrator who looks at the app sees them.
    let desk = crate::support::desk::Desk::of(&acme).await;
    let page = desk.page(&format!("/console/apps/{}", service.id)).await;
    assert!(page.text().contains("sent a wrong client secret"), "{}", page.page().text());
}

async fn ca_02_an_unknown_app(app: Shared) {
    let acme = app.acme();
    let (service, browser) = (acme.service(), acme.browser_app());
    let switched_off = NewApp::service().make(&acme).await;
    switched_off.lifecycle(&acme, "deactivate").await;
    let nobody = format!("{}x", &service.client_id[..service.client_id.len() - 1]);
    let foreign = app.globex().service();
    let chosen = unique("never-registered");
    let off = switched_off.client_secret.as_deref().expect("a secret");
    let mut shown_by = [BTreeSet::new(), BTreeSet::new()];
    let mut refused = Vec::new();
    for (id, secret, reason) in [
        (service.client_id.as_str(), "a wrong secret", "invalid_client_secret"),
        (&browser.client_id, "a wrong secret", "invalid_token_endpoint_auth_method"),
        (&switched_off.client_id, off, "invalid_client"),
        (&switched_off.client_id, "a wrong secret", "invalid_client_secret"),
        (&nobody, "a wrong secret", "unknown_client"),
        (&chosen, "a wrong secret", "unknown_client"),
        (&foreign.client_id, foreign.client_secret.as_deref().expect("a secret"), "unknown_client"),
        ("' OR 1=1 --", "a wrong secret", "unknown_client"),
        ("\u{1f980}", "a wrong secret", "unknown_client"),
    ] {
        for (call, by_header) in both(&acme, id, secret) {
            let reply = assert_refused(call.await, by_header, id);
            shown_by[usize::from(by_header)].insert(shown(&reply));
            refused.push((reply, reason));
        }
    }
    for shown in shown_by {
        assert_eq!(
            shown.len(),
            1,
            "the answers differ:\n{}",
            shown.into_iter().collect::<Vec<_>>().join("\n\n")
        );
    }
    let events = assert_refusals(&acme, &refused).await;
    // What was typed in place of an id may be a password: the log has only what has an id's shape.
    assert!(!json!(events).to_string().contains("OR 1=1"), "a made-up id is in the log");
}

async fn ca_04_sloppy_headers(app: Shared) {
    let acme = app.acme();
    let service = acme.service();
    let (id, secret) = (service.client_id.as_str(), service.client_secret.as_deref().expect("a secret"));
    let pair = format!("{id}:{secret}");
    let good = STANDARD.encode(&pair);
    let send = |header: String| token_call(&acme).header("authorization", &header).form(CLIENT_CREDENTIALS);
    for header in [
        format!("Basic {good}"),
        format!("bAsIc {good}"),
        // Form-encoded, as RFC 6749 §2.3.1 says: unreserved characters may be escaped.
        format!("Basic {}", STANDARD.encode(format!("%{:02X}{}:{secret}", id.as_bytes()[0], &id[1..]))),
    ] {
        send(header).await.expect(200);
    }
    // A padding that may not be left out, a pair that needs some.
    let padded = if good.ends_with('=') { good.clone() } else { STANDARD.encode(format!("{id}:{secret}%")) };
    let mut refused = Vec::new();
    for header in [
        format!("Basic  {good}"),
        format!("Basic\t{good}"),
        format!("Basic{good}"),
        format!("Basic {}", padded.trim_end_matches('=')),
        format!("Basic {good}AAAA"),
        format!("Basic {good}===="),
        format!("Basic {good},Basic {good}"),
        format!("Basic {}", STANDARD.encode(format!("{id}{secret}"))),
        format!("Basic {}", STANDARD.encode(format!(":{secret}"))),
        format!("Basic {}", STANDARD.encode(format!("{id}:"))),
        format!("Basic {}", STANDARD.encode(format!("{id}:%zz"))),
        format!("Basic {}", STANDARD.encode(format!("{id}:{secret}\n"))),
        format!("Basic {}", STANDARD.encode(format!("{id}:%00{secret}"))),
        format!("Basic {}", STANDARD.encode([pair.as_bytes(), b"\xff"].concat())),
        "Basic".to_owned(),
        "Basic =".to_owned(),
        format!("Bearer {good}"),
        format!("Digest {good}"),
    ] {
        let reply = assert_refused(send(header.clone()).await, true, &header);
        refused.push((reply, "invalid_basic_auth_creds"));
    }
    // Decoded, not taken as it is.
    for (pair, reason) in [
        (format!("{id}:{secret}+"), "invalid_client_secret"),
        (format!("{id}:+{secret}"), "invalid_client_secret"),
        (format!("{id}:{secret}%3A"), "invalid_client_secret"),
        (format!("{id}::{secret}"), "invalid_client_secret"),
        (format!("{id}%3A{secret}:x"), "unknown_client"),
    ] {
        let reply = send(format!("Basic {}", STANDARD.encode(&pair))).await;
        refused.push((assert_refused(reply, true, "another pair"), reason));
    }
    assert_refusals(&acme, &refused).await;
    // Two headers are two ways to authenticate.
    let header = format!("Basic {good}");
    let twice = send(header.clone()).header("authorization", &header).await;
    let reply = twice.expect_oauth_error(400, "invalid_request");
    assert_refusal(&acme, &reply, "multiple_client_credentials").await;
}

async fn ca_05_a_secret_too_many_or_too_few(app: Shared) {
    let acme = app.acme();
    let (web, browser) = (NewApp::web().make(&acme).await, NewApp::browser().make(&acme).await);
    let person = Person::new(&acme).await;
    let visitor = acme.visitor();
    let mut refused = Vec::new();

    // A public app has no secret to send, whatever it sends.
    let flow = person.code_in(&visitor, &acme, &browser, "openid").await;
    for secret in ["anything at all", web.client_secret.as_deref().expect("a secret")] {
        let pretending = App { client_secret: Some(secret.to_owned()), ..(*browser).clone() };
        let reply = assert_refused(acme.redeem(&pretending, &flow).await, true, "a public app's header");
        refused.push((reply, "invalid_token_endpoint_auth_method"));
        let params = [
            ("grant_type", "authorization_code"),
            ("code", &flow.code),
            ("redirect_uri", &flow.redirect_uri),
            ("code_verifier", &flow.verifier),
            ("client_id", &browser.client_id),
            ("client_secret", secret),
        ];
        let reply = assert_refused(acme.token(&params).await, false, "a public app's body");
        refused.push((reply, "invalid_token_endpoint_auth_method"));
    }
    flow.redeem(&acme, &browser).await;

    // A confidential one must send its own.
    let flow = person.code_in(&visitor, &acme, &web, "openid").await;
    let silent = App { client_secret: None, ..(*web).clone() };
    let reply = assert_refused(acme.redeem(&silent, &flow).await, false, "a confidential app without");
    refused.push((reply, "invalid_token_endpoint_auth_method"));
    let params = [("grant_type", "authorization_code"), ("code", &*flow.code)];
    let reply = assert_refused(acme.token(&params).await, false, "nobody");
    refused.push((reply, "missing_client_credentials"));
    for endpoint in ["introspect", "revoke"] {
        let reply = acme.post_as(&silent, endpoint, &[("token", &flow.code)]).await;
        assert_refused(reply, false, endpoint);
    }
    assert_refusals(&acme, &refused).await;
    flow.redeem(&acme, &web).await;
}

async fn ca_07_two_ids_in_one_request(app: Shared) {
    let acme = app.acme();
    let (service, other) = (acme.service(), NewApp::service().make(&acme).await);
    let secret = service.client_secret.as_deref().expect("a secret");
    let with = |extra: &[(&'static str, &str)]| {
        let pairs = CLIENT_CREDENTIALS.iter().chain(extra);
        let pairs: Vec<_> = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        token_call(&acme).basic(&service.client_id, secret).form(pairs)
    };
    let mut refused = Vec::new();
    for (extra, reason) in [
        (vec![("client_id", other.client_id.as_str())], "conflicting_client_ids"),
        (vec![("client_id", "nobody at all")], "conflicting_client_ids"),
        (vec![("client_secret", secret)], "multiple_client_credentials"),
        (vec![("client_id", &*service.client_id), ("client_secret", secret)], "multiple_client_credentials"),
        (
            vec![("client_id", &*service.client_id), ("client_id", &*service.client_id)],
            "illegal_duplicated_parameters",
        ),
        (vec![("client_assertion", "e30.e30.e30")], "multiple_client_credentials"),
    ] {
        let reply = with(&extra).await.expect_oauth_error(400, "invalid_request");
        refused.push((reply, reason));
    }
    for (name, value) in
        [("client_id", service.client_id.as_str()), ("client_secret", secret), ("client_assertion", "x")]
    {
        let reply = with(&[]).query([(name, value)]).await.expect_oauth_error(400, "invalid_request");
        refused.push((reply, "client_credentials_in_query"));
    }
    assert_refusals(&acme, &refused).await;
    with(&[("client_id", &*service.client_id)]).await.expect(200);
}

async fn ca_15_huge_and_similar_secrets(app: Shared) {
    let acme = app.acme();
    let service = NewApp::service().make(&acme).await;
    let right = service.client_secret.clone().expect("a secret");
    let mut refused = Vec::new();
    for length in [1_025, 4_000] {
        let secret = "s".repeat(length);
        for (call, by_header) in both(&acme, &service.client_id, &secret) {
            refused.push((assert_refused(call.await, by_header, "a huge secret"), "invalid_client_secret"));
        }
    }
    // Not searched for in all that the server writes: that takes minutes.
    let huge = |length: usize| {
        let secret = "s".repeat(length);
        let [grant, scope] = CLIENT_CREDENTIALS;
        let form = [grant, scope, ("client_id", &*service.client_id), ("client_secret", &*secret)];
        token_call(&acme).not_secret().form(form)
    };
    refused.push((assert_refused(huge(1_000_000).await, false, "a megabyte"), "invalid_client_secret"));
    let too_large = huge(2 << 20).await;
    assert_eq!(too_large.status, 413, "{}", too_large.describe());

    // Hashes that read the first 72 bytes only would take these for each other.
    let long = format!("{right}{}", "x".repeat(72));
    for secret in [format!("{long}a"), format!("{long}b"), format!("{right}\u{7f}"), right.repeat(2)] {
        let call = token_call(&acme).basic(&service.client_id, &secret).form(CLIENT_CREDENTIALS);
        let reason =
            if secret.contains('\u{7f}') { "invalid_basic_auth_creds" } else { "invalid_client_secret" };
        refused.push((assert_refused(call.await, true, "a longer secret"), reason));
    }
    assert_refusals(&acme, &refused).await;
    acme.client_credentials(&service, "orders:read").await.expect(200);
    assert_alive(&acme).await;
}

async fn ca_19_secrets_are_shown_once(app: TestApp) {
    let acme = app.acme();
    let service = NewApp::service().make(&acme).await;
    let first = service.client_secret.clone().expect("a secret");
    assert!(first.len() >= 32, "a generated secret has {} characters", first.len());
    let secrets = format!("/api/v1/apps/{}/credentials/secrets", service.id);
    let made = acme.api("POST", &secrets).await.expect(201);
    assert_no_store(&made);
    let second = made.json()["client_secret"].as_str().expect("the new secret").to_owned();
    assert_ne!(first, second);

    for path in ["/api/v1/apps", &format!("/api/v1/apps/{}", service.id), &secrets, "/api/v1/logs?limit=1000"]
    {
        let shown = acme.api("GET", path).await.expect(200).text();
        for secret in [&first, &second] {
            assert!(!shown.contains(secret.as_str()), "GET {path} shows a secret");
        }
    }
    let stored = Rows::of(&app).await.dump().await;
    app.canaries().assert_none_in("the store", &stored);

    // Both live, until one is switched off and gone: a secret is rolled without a gap.
    let with = |secret: &String| App { client_secret: Some(secret.clone()), ..(*service).clone() };
    for secret in [&first, &second] {
        acme.client_credentials(&with(secret), "orders:read").await.expect(200);
    }
    let listed = acme.api("GET", &secrets).await.expect(200).json();
    let new_id = made.json()["id"].as_str().expect("an id").to_owned();
    let old = listed.as_array().expect("a list").iter().find(|secret| secret["id"] != *new_id);
    let old = format!("{secrets}/{}", old.expect("the first secret")["id"].as_str().expect("an id"));
    acme.api("POST", &format!("{old}/lifecycle/deactivate")).await.expect(200);
    let reply = acme.client_credentials(&with(&first), "orders:read").await;
    assert_refusal(&acme, &assert_refused(reply, true, "switched off"), "invalid_client_secret").await;
    acme.api("DELETE", &old).await.expect(204);
    let reply = acme.client_credentials(&with(&first), "orders:read").await;
    assert_refusal(&acme, &assert_refused(reply, true, "deleted"), "invalid_client_secret").await;
    acme.client_credentials(&with(&second), "orders:read").await.expect(200);
}

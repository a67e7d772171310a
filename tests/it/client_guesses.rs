//! Guesses at one app's secret.

use std::time::Duration;

use futures_util::future::join_all;
use signet_testkit::{App, Call, Engine, Reply, Tenant, TestApp, json, on_each_engine};

use crate::support::apps::NewApp;
use crate::support::gateway::Gate;

on_each_engine! {
    ca_17_guesses_are_limited_by_source_and_the_app_works_elsewhere,
    ca_17_guesses_from_many_sources_are_limited_sooner,
}

const GUESSER: &str = "198.51.100.7";
const ELSEWHERE: &str = "203.0.113.9";

/// A server behind a proxy, so that requests come from where the tests want.
async fn start(engine: Engine) -> TestApp {
    TestApp::start_with(engine, false, &["--trusted-proxies", "127.0.0.0/8"]).await
}

/// A request that proves the app, at each endpoint that takes a secret.
fn doors(tenant: &Tenant, gate: &Gate, id: &str, secret: &str) -> Vec<Call> {
    let at = |endpoint: &str, more: &[(&'static str, &'static str)]| {
        tenant.http().call("POST", &tenant.endpoint(endpoint)).basic(id, secret).form(more.to_vec())
    };
    let own = [("grant_type", "client_credentials"), ("scope", "orders:read")];
    let code = [("response_type", "code"), ("redirect_uri", "https://rp.example/cb"), ("scope", "openid")];
    vec![
        at("token", &own),
        at("introspect", &[("token", "x")]),
        at("revoke", &[("token", "x")]),
        at("par", &code),
        gate.call("POST", "oauth2/token").basic(id, secret).form(own),
    ]
}

/// A token request from somewhere.
async fn token(tenant: &Tenant, app: &App, secret: &str, from: &str) -> Reply {
    let own = [("grant_type", "client_credentials"), ("scope", "orders:read")];
    let call = tenant.http().call("POST", &tenant.endpoint("token"));
    call.basic(&app.client_id, secret).form(own).header("x-forwarded-for", from).await
}

async fn ca_17_guesses_are_limited_by_source_and_the_app_works_elsewhere(engine: Engine) {
    let app = start(engine).await;
    let acme = app.acme();
    let start = app.clock().freeze().await;
    let (service, gate) = (acme.service(), Gate::new(&acme, json!({})).await);
    let right = service.client_secret.clone().expect("a secret");
    // A hundred are wrong as ever, at whichever door; together they are too many.
    for n in 0..20 {
        for call in doors(&acme, &gate, &service.client_id, &format!("wrong-secret-{n}")) {
            let reply = call.header("x-forwarded-for", GUESSER).await;
            assert_eq!(reply.status, 401, "guess {n}: {}", reply.describe());
        }
    }
    let mut bodies = Vec::new();
    for secret in ["wrong-secret-100", right.as_str()] {
        for call in doors(&acme, &gate, &service.client_id, secret) {
            let reply = call.header("x-forwarded-for", GUESSER).await.expect(429);
            assert_eq!(reply.header("retry-after"), Some("900"), "{}", reply.describe());
            assert_eq!(reply.header("www-authenticate"), None, "nobody has looked: {}", reply.describe());
            bodies.push((reply.text(), reply.header("x-okta-request-id").unwrap_or_default().to_owned()));
        }
    }
    let (wrong, same) = bodies.split_at(5);
    let texts = |of: &[(String, String)]| of.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(wrong), texts(same), "right or wrong, the answer is the same");
    // Elsewhere the app works, and another app works at the guesser's.
    assert_eq!(token(&acme, &service, &right, ELSEWHERE).await.status, 200);
    let other = NewApp::service().make(&acme).await;
    let secret = other.client_secret.clone().expect("a secret");
    let reply = token(&acme, &other, &secret, GUESSER).await;
    assert_ne!(reply.status, 429, "{}", reply.describe());
    assert_eq!(token(&acme, &service, "wrong", ELSEWHERE).await.status, 401, "one guess is one guess");
    // One story tells of all ten, and of why.
    let filter = r#"outcome.reason eq "client_limited""#;
    let events = acme.wait_for_logs(filter, 1).await;
    assert_eq!(events.len(), 1, "{events:#?}");
    assert_eq!(events[0]["client"]["ipAddress"], GUESSER, "{:#}", events[0]);
    for (_, request) in &bodies {
        let path = format!("/api/v1/limits/explain/{request}");
        let why = acme.api("GET", &path).await.expect(200).json();
        assert_eq!([&why["rule"], &why["limit"]], [&json!("wrong_secrets"), &json!(100)], "{why:#}");
        assert_eq!(why["story"]["count"], 10, "{why:#}");
    }
    // What is counted outlives the process, and ends with its window.
    app.restart().await;
    app.clock().freeze().await;
    app.clock().set(start + 899_000_000).await;
    assert_eq!(token(&acme, &service, &right, GUESSER).await.status, 429);
    app.clock().set(start + 905_000_000).await;
    assert_eq!(token(&acme, &service, &right, GUESSER).await.status, 200);
    let events = acme.wait_for_logs(filter, 2).await;
    let ends = events.iter().find_map(|e| e["debugContext"]["debugData"]["count"].as_str());
    assert_eq!(ends, Some("10"), "{events:#?}");
}

async fn ca_17_guesses_from_many_sources_are_limited_sooner(engine: Engine) {
    let app = start(engine).await;
    let acme = app.acme();
    app.clock().freeze().await;
    // Nobody's id is limited like an app's: the answer tells nobody which exist.
    for id in [acme.service().client_id, "0oaThisAppDoesNotExist".to_owned()] {
        let mut service = acme.service();
        service.client_id = id;
        // A busy database may keep a guess waiting too long; it is sent again.
        let guess = async |source: &str| loop {
            let status = token(&acme, &service, "wrong-secret", source).await.status;
            if status != 503 {
                return status;
            }
        };
        let from = async |source: String, count: usize| {
            let statuses = join_all((0..count).map(|_| guess(&source))).await;
            let refused = statuses.into_iter().filter(|status| *status == 429).count();
            refused + usize::from(guess(&source).await == 429)
        };
        for n in 0..10 {
            assert_eq!(from(format!("198.51.100.{n}"), 99).await, 0, "a hundred each");
        }
        assert_eq!(from("192.0.2.77".to_owned(), 29).await, 20, "then ten");
    }
    let service = acme.service();
    let right = service.client_secret.clone().expect("a secret");
    assert_eq!(
        token(&acme, &service, &right, ELSEWHERE).await.status,
        200,
        "who guesses nothing isn't limited"
    );
    app.clock().advance(Duration::from_secs(901)).await;
    assert_eq!(token(&acme, &service, &right, "192.0.2.77").await.status, 200);
}

//! The example of an API behind nginx, with real nginx: the walk, and that a client's own headers don't pass.

use signet_testkit::reqwest::{Method, StatusCode};
use signet_testkit::{TestApp, Value, json, on_each_engine};
use stepon::Signet;
use stepon::walk::StepOn;

on_each_engine! { the_step_counter_is_walked_through, a_clients_own_headers_do_not_pass }

async fn start(app: &TestApp) -> StepOn {
    let acme = app.acme();
    let host = acme.origin().trim_start_matches("http://").to_owned();
    let signet = Signet::new(&format!("127.0.0.1:{}", app.port()), &host).expect("a client");
    let stepon = StepOn::start(signet, &acme.credentials.api_token).await.expect("it starts");
    app.canaries().add(&stepon.made.provision_key);
    app.canaries().add(&stepon.made.client_secret);
    stepon
}

async fn the_step_counter_is_walked_through(app: TestApp) {
    // So that a second of the throttle doesn't pass on a slow machine.
    app.clock().freeze().await;
    let stepon = start(&app).await;
    stepon.walk(|_| ()).await.expect("every step ends as it should");
}

async fn a_clients_own_headers_do_not_pass(app: TestApp) {
    let stepon = start(&app).await;
    let acme = app.acme();
    let forged = [
        ("X-Consumer-ID", "0oaforged"),
        ("X-Consumer-Username", "forged"),
        ("x-consumer-custom-id", "forged"),
        ("X-Credential-Identifier", "forged"),
        ("X-Authenticated-Scope", "forged"),
        ("X-Authenticated-Userid", "forged"),
        ("X_Authenticated_Userid", "forged"),
        ("X-Anonymous-Consumer", "forged"),
    ];
    let refused = stepon.call(Method::GET, "/headers", &forged).await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    // The anonymous app has few headers, so a client's own would show.
    let path = format!("/api/v1/authorizationServers/{}/gateway", stepon.made.server);
    let mut profile = acme.api("GET", &path).await.expect(200).json();
    profile["anonymous"] = json!(stepon.made.client_id);
    profile["hide_credentials"] = json!(true);
    acme.api("PUT", &path).json(&profile).await.expect(200);
    // nginx demands a scope of every call here, and nobody has none.
    let refused = stepon.call(Method::GET, "/headers", &forged).await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    // An app's own token has no user.
    let fields = [
        ("grant_type", "password"),
        ("client_id", stepon.made.client_id.as_str()),
        ("client_secret", stepon.made.client_secret.as_str()),
        ("provision_key", stepon.made.provision_key.as_str()),
        ("authenticated_userid", "walker-9"),
        ("scope", "steps:read"),
    ];
    let token = acme
        .call("POST", &format!("/gateway/{}/oauth2/token", stepon.made.server))
        .form(fields)
        .await
        .expect(200);
    let bearer = format!("Bearer {}", token.json()["access_token"].as_str().expect("a token"));
    let mut headers = forged.to_vec();
    headers.push(("Authorization", bearer.as_str()));
    let answer = stepon.call(Method::GET, "/headers", &headers).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let seen: Value = answer.json().await.expect("what reached the API");
    assert!(!seen.to_string().contains("forged"), "{seen:#}");
    assert_eq!(seen["x-authenticated-userid"], "walker-9");
    assert_eq!(seen["x-consumer-custom-id"], "shoes-1");
    assert_eq!((seen.get("authorization"), seen.get("x-anonymous-consumer")), (None, None));
}

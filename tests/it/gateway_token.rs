//! Tokens at a gateway's own endpoint, in the plugin's forms and with its faults.

use signet_testkit::{Reply, Shared, TestApp, Value, json, on_each_engine};

use crate::support::apps::{CALLBACK, NewApp};
use crate::support::gateway::{
    CHALLENGE, Gate, VERIFIER, assert_refused, pair, store_app, store_app_with, target,
};

on_each_engine! {
    parameters_come_as_form_json_or_multipart,
    clients_prove_themselves,
    a_code_works_once_and_at_its_own_place,
    the_other_grants,
    the_throttle_holds_for_the_front_end_too,
    a_code_lives_a_minute,
}

async fn parameters_come_as_form_json_or_multipart(app: Shared) {
    let acme = app.acme();
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    let secret = store.client_secret.clone().unwrap_or_default();
    let fields = [
        ("provision_key", gate.provision_key.as_str()),
        ("authenticated_userid", "userid123"),
        ("client_id", store.client_id.as_str()),
        ("response_type", "code"),
        ("scope", "steps:read"),
    ];
    let json_of = |fields: &[(&str, &str)]| {
        Value::Object(fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect())
    };
    let multipart = |fields: &[(&str, &str)]| {
        let part = |(name, value): &(&str, &str)| {
            format!("--xYzZy\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        fields.iter().map(part).collect::<String>() + "--xYzZy--\r\n"
    };
    let kind = "multipart/form-data; boundary=xYzZy";
    for n in 0..4 {
        let send = |rest: &str, fields: &[(&'static str, &str)]| {
            let call = gate.call("POST", rest);
            match n {
                0 => call.form(fields.to_vec()),
                1 => call.json(&json_of(fields)),
                2 => call.body(kind, multipart(fields).as_bytes()),
                // Some in the query: what is no secret.
                _ => call
                    .query(fields.iter().filter(|(name, _)| !SECRETS.contains(name)).copied())
                    .form(fields.iter().filter(|(name, _)| SECRETS.contains(name)).copied()),
            }
        };
        let fields: Vec<(&'static str, &str)> = fields.to_vec();
        let uri = target(&send("oauth2/authorize", &fields).await, 200);
        let code = uri.split("code=").nth(1).unwrap_or_default().to_owned();
        let token = [
            ("grant_type", "authorization_code"),
            ("client_id", store.client_id.as_str()),
            ("code", code.as_str()),
            ("client_secret", secret.as_str()),
        ];
        send("oauth2/token", &token).await.expect(200);
    }
    // Secrets don't belong in a query, whatever the plugin took.
    let query =
        [("grant_type", "client_credentials"), ("client_id", &store.client_id), ("client_secret", &secret)];
    let reply = gate.call("POST", "oauth2/token").query(query).await.expect(400);
    assert_eq!(reply.json()["error"], "invalid_request");
    for body in ["grant_type=client_credentials&grant_type=password", "client_id=%00", "a=%zz"] {
        let form = "application/x-www-form-urlencoded";
        gate.call("POST", "oauth2/token").body(form, body.as_bytes()).await.expect(400);
    }
    // A body that can't be read isn't there.
    let reply =
        gate.call("POST", "oauth2/token").body("text/plain", b"grant_type=password").await.expect(400);
    assert_eq!(reply.json()["error"], "invalid_client");
    for body in [&b"{"[..], b"[]", br#"{"client_id":"a","client_id":"b"}"#, br#"{"client_id":"a\u0000"}"#] {
        let reply = gate.call("POST", "oauth2/token").not_secret().body("application/json", body).await;
        assert_eq!(reply.json()["error"], "invalid_request", "{}", reply.describe());
    }
}

const SECRETS: &[&str] = &["provision_key", "client_secret", "code"];

async fn clients_prove_themselves(app: Shared) {
    let acme = app.acme();
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    let secret = store.client_secret.clone().unwrap_or_default();
    let grant = [("grant_type", "client_credentials"), ("scope", "steps:read")];
    let endpoint = || gate.call("POST", "oauth2/token");
    endpoint().basic(&store.client_id, &secret).form(grant).await.expect(200);
    // Wrong in the header: 401 with a challenge; wrong in the body: 400.
    for (id, secret) in [(store.client_id.as_str(), "wrong-secret"), ("nobody", secret.as_str())] {
        let reply = endpoint().basic(id, secret).form(grant).await;
        assert_refused(&reply, 401, "invalid_client", "Invalid client authentication");
        assert_eq!(reply.header("www-authenticate"), Some("Basic realm=\"OAuth2.0\""));
        let in_body = [("client_id", id), ("client_secret", secret), grant[0], grant[1]];
        let reply = endpoint().form(in_body).await;
        assert_refused(&reply, 400, "invalid_client", "Invalid client authentication");
        assert_eq!(reply.header("www-authenticate"), None);
    }
    for fields in [vec![], vec![("client_id", store.client_id.as_str())]] {
        let reply = endpoint().form([&fields[..], &grant].concat()).await;
        assert_refused(&reply, 400, "invalid_client", "Invalid client authentication");
    }
    for header in ["Bearer abc", "Basic", "Basic !!!", "Basic YWI=", "Basic YQBiOmM="] {
        let call = endpoint().not_secret().header("authorization", header);
        let reply = call.form([("client_id", store.client_id.as_str()), grant[0]]).await.expect(400);
        assert_eq!(reply.json()["error"], "invalid_client", "{header}");
    }
    // A public app has no secret to send.
    let public = NewApp::browser().make(&acme).await;
    let code = gate.code(&public, &[("code_challenge", CHALLENGE)]).await;
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("client_id", public.client_id.as_str()),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
        ("client_secret", "something"),
    ];
    let reply = endpoint().not_secret().form(fields.clone()).await;
    assert_refused(&reply, 400, "invalid_request", "client_secret is disallowed for public clients");
    fields.pop();
    endpoint().form(fields).await.expect(200);
    // A disabled grant, an unknown one, and one that the app may not use.
    let reply = gate.token(&store, &[("grant_type", "implicit")]).await;
    assert_refused(&reply, 400, "unsupported_grant_type", "Invalid grant_type");
    gate.set(json!({ "enable_client_credentials": false })).await;
    let reply = gate.token(&store, &grant).await;
    assert_refused(&reply, 400, "unsupported_grant_type", "Invalid grant_type");
    // Of both faults the client's counts.
    let reply = gate.token(&store, &[("grant_type", "x"), ("client_secret", "wrong-secret")]).await;
    assert_refused(&reply, 400, "invalid_client", "Invalid client authentication");
    let closed = store_app_with(&acme, json!({ "grant_types": ["authorization_code"] }), false).await;
    let params = [
        ("grant_type", "password"),
        ("authenticated_userid", "u"),
        ("provision_key", gate.provision_key.as_str()),
    ];
    assert_eq!(gate.token(&closed, &params).await.expect(400).json()["error"], "unauthorized_client");
    let filter = format!(r#"outcome.reason eq "invalid_client_secret" and target.id eq "{}""#, gate.server);
    acme.wait_for_logs(&filter, 2).await;
}

async fn a_code_works_once_and_at_its_own_place(app: Shared) {
    let acme = app.acme();
    let (gate, other) =
        (Gate::new(&acme, json!({})).await, Gate::new(&acme, json!({ "global_credentials": true })).await);
    let (store, thief) = (store_app(&acme).await, store_app(&acme).await);
    let invalid = |reply: &Reply| assert_refused(reply, 400, "invalid_request", "Invalid code");
    let code = gate.code(&store, &[("scope", "steps:read")]).await;
    let (access, refresh) = pair(&gate.redeem(&store, &code).await.expect(200));
    assert!(gate.passes(&access).await);
    // A code that comes back ends what it got.
    invalid(&gate.redeem(&store, &code).await);
    assert!(!gate.passes(&access).await && !gate.tenant.is_active(&store, &access).await);
    let again = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_refused(&gate.token(&store, &again).await, 400, "invalid_request", "Invalid refresh_token");
    // At another server, in another app's hands, at the ordinary endpoint.
    let code = gate.code(&store, &[]).await;
    invalid(&other.redeem(&store, &code).await);
    let ordinary =
        [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
    gate.tenant.token_as(&store, &ordinary).await.expect_oauth_error(400, "invalid_grant");
    invalid(&gate.redeem(&thief, &code).await);
    invalid(&gate.redeem(&store, &code).await);
    // A redirect URI that was sent must be sent again.
    for (sent, error) in [("(absent)", true), ("https://app.example/other?keep=1", true), (CALLBACK, false)] {
        let code = gate.code(&store, &[("redirect_uri", CALLBACK)]).await;
        let params = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", sent)];
        let reply = gate.token(&store, &params).await;
        assert_eq!(reply.status, if error { 400 } else { 200 }, "{}", reply.describe());
    }
    let params =
        [("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", "https://evil.example/")];
    let words = "Invalid redirect_uri that does not match with any redirect_uri created with the application";
    assert_refused(&gate.token(&store, &params).await, 400, "invalid_request", words);
    for bad in ["", "x", "sgc", &"x".repeat(5_000)] {
        invalid(&gate.redeem(&store, bad).await);
    }
    // An ordinary app's code is nothing here: kinds never mix.
    let web = acme.web();
    let flow = acme.code_flow(&web, "openid").await;
    let reply = gate.redeem(&web, &flow.code).await;
    invalid(&reply);
}

async fn the_other_grants(app: Shared) {
    let acme = app.acme();
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    let key = gate.provision_key.as_str();
    // The password grant: no password is looked at.
    let fields = [
        ("grant_type", "password"),
        ("authenticated_userid", "ada-7"),
        ("provision_key", key),
        ("scope", "steps:read"),
        ("username", "whoever"),
        ("password", "whatever-they-typed"),
    ];
    let (access, refresh) = pair(&gate.token(&store, &fields).await.expect(200));
    assert!(!refresh.is_empty());
    let passed = gate.verify().bearer(&access).await.expect(200);
    assert_eq!(passed.header("x-authenticated-userid"), Some("ada-7"));
    let filter = r#"eventType eq "oauth2.as.gateway.provision_key.used" and target.id eq "ada-7""#;
    let _ = acme.logs(&[("filter", filter)]).await;
    for (field, value, error) in [
        ("provision_key", "wrong", "invalid_provision_key"),
        ("provision_key", "(absent)", "invalid_provision_key"),
        ("authenticated_userid", "(absent)", "invalid_authenticated_userid"),
        ("authenticated_userid", " ", "invalid_authenticated_userid"),
        ("scope", "x", "invalid_scope"),
    ] {
        let mut fields = fields.to_vec();
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        assert_eq!(gate.token(&store, &fields).await.expect(400).json()["error"], error);
    }
    // An app for itself, and for someone when the front end says so.
    let own = [("grant_type", "client_credentials"), ("scope", "steps:read")];
    let (access, refresh) = pair(&gate.token(&store, &own).await.expect(200));
    assert_eq!(
        (refresh.as_str(), gate.verify().bearer(&access).await.expect(200).header("x-authenticated-userid")),
        ("", None)
    );
    let someone = [&own[..], &[("authenticated_userid", "bob")]].concat();
    let reply = gate.token(&store, &someone).await;
    assert_refused(&reply, 400, "invalid_provision_key", "Invalid provision_key");
    let reply = gate.token(&store, &[&someone[..], &[("provision_key", key)]].concat()).await.expect(200);
    let passed = gate.verify().bearer(&pair(&reply).0).await.expect(200);
    assert_eq!(passed.header("x-authenticated-userid"), Some("bob"));
}

async fn the_throttle_holds_for_the_front_end_too(app: TestApp) {
    let acme = app.acme();
    app.clock().freeze().await;
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    let ask = async |userid: &str| {
        let fields = [
            ("grant_type", "password"),
            ("authenticated_userid", userid),
            ("provision_key", gate.provision_key.as_str()),
        ];
        gate.token(&store, &fields).await
    };
    for _ in 0..4 {
        ask("ada").await.expect(200);
    }
    let reply = ask("ada").await.expect(429);
    assert_eq!(reply.json()["error"], "invalid_grant");
    assert_eq!((reply.header("retry-after"), reply.header("x-rate-limit-limit")), (Some("1"), Some("4")));
    ask("bob").await.expect(200);
    app.clock().advance(std::time::Duration::from_secs(1)).await;
    ask("ada").await.expect(200);
}

async fn a_code_lives_a_minute(app: TestApp) {
    let acme = app.acme();
    app.clock().freeze().await;
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    let (one, two) = (gate.code(&store, &[]).await, gate.code(&store, &[]).await);
    app.clock().advance(std::time::Duration::from_secs(59)).await;
    gate.redeem(&store, &one).await.expect(200);
    app.clock().advance(std::time::Duration::from_secs(1)).await;
    assert_refused(&gate.redeem(&store, &two).await, 400, "invalid_request", "Invalid code");
}

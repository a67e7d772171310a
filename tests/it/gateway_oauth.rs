//! Codes and tokens for a trusted front end, in the plugin's forms and with its faults.

use signet_testkit::{App, Jwt, Reply, Shared, TestApp, Value, json, on_each_engine};

use crate::support::apps::{CALLBACK, NewApp};
use crate::support::gateway::{Gate, assert_refused, pair, store_app, store_app_with};

on_each_engine! {
    a_front_end_gets_a_code_and_the_app_its_tokens,
    the_first_three_faults_stop,
    faults_go_to_the_redirect_uri_and_the_last_one_counts,
    scopes_are_those_of_the_profile,
    proof_keys_are_demanded_as_the_profile_and_the_app_say,
    parameters_come_as_form_json_or_multipart,
    clients_prove_themselves,
    a_code_works_once_and_at_its_own_place,
    the_other_grants,
    whom_a_front_end_names_is_nobody_else,
    wrong_provision_keys_are_counted,
    the_throttle_holds_for_the_front_end_too,
    a_code_lives_a_minute,
}

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Where the front end is told to send its browser.
fn target(reply: &Reply, status: u16) -> String {
    assert_eq!(reply.status, status, "{}", reply.describe());
    reply.json()["redirect_uri"].as_str().unwrap_or_else(|| panic!("{}", reply.describe())).to_owned()
}

async fn a_front_end_gets_a_code_and_the_app_its_tokens(app: Shared) {
    let acme = app.acme();
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    let reply = gate.authorize(&store, &[("scope", "steps:read"), ("state", "a b")]).await;
    let uri = target(&reply, 200);
    assert!(uri.starts_with(&format!("{CALLBACK}?code=sgc")) && uri.ends_with("&state=a%20b"), "{uri}");
    assert_eq!((reply.header("cache-control"), reply.header("pragma")), (Some("no-store"), Some("no-cache")));
    // A registered query is kept.
    let reply = gate.authorize(&store, &[("redirect_uri", "https://app.example/other?keep=1")]).await;
    let uri = target(&reply, 200);
    assert!(uri.starts_with("https://app.example/other?code=sgc") && uri.ends_with("&keep=1"), "{uri}");

    let code = gate.code(&store, &[("scope", "steps:read")]).await;
    let params = [("grant_type", "authorization_code"), ("code", code.as_str()), ("state", "xyz")];
    let reply = gate.token(&store, &params).await.expect(200);
    assert_eq!((reply.header("cache-control"), reply.header("pragma")), (Some("no-store"), Some("no-cache")));
    let body = reply.json();
    let (access, refresh) = pair(&reply);
    assert_eq!(
        (&body["token_type"], &body["expires_in"], &body["state"]),
        (&json!("bearer"), &json!(7200), &json!("xyz"))
    );
    assert!(refresh.starts_with("sgr"));
    let passed = gate.verify().bearer(&access).await.expect(200);
    assert_eq!(passed.header("x-authenticated-userid"), Some("userid123"));
    assert_eq!(passed.header("x-authenticated-scope"), Some("steps:read"));
    assert_eq!(passed.header("x-consumer-id"), Some(store.client_id.as_str()));
}

async fn the_first_three_faults_stop(app: Shared) {
    let acme = app.acme();
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    let all_wrong = [("response_type", "x"), ("scope", "x"), ("client_id", "x"), ("state", "s")];
    let with = |more: &[(&'static str, &'static str)]| [&all_wrong[..], more].concat();
    for key in ["(absent)", "", "wrong"] {
        let reply = gate.authorize(&store, &with(&[("provision_key", key)])).await;
        assert_refused(&reply, 400, "invalid_provision_key", "Invalid provision_key");
        assert_eq!(reply.json()["state"], "s");
    }
    for userid in ["(absent)", "", " "] {
        let reply = gate.authorize(&store, &with(&[("authenticated_userid", userid)])).await;
        assert_refused(&reply, 400, "invalid_authenticated_userid", "Missing authenticated_userid parameter");
    }
    // Without a client there is nobody to tell.
    for client in ["(absent)", "nobody", "0oa0000000000000000000001"] {
        let reply = gate.authorize(&store, &[("client_id", client), ("response_type", "x")]).await;
        assert_refused(&reply, 400, "invalid_client", "Invalid client authentication");
    }
    let reply = gate.call("GET", "oauth2/authorize").await.expect(405);
    let words = "The HTTP method GET is invalid for the authorization endpoint";
    assert_refused(&reply, 405, "invalid_method", words);
    let challenge = format!("Bearer error=\"invalid_method\", error_description=\"{words}\"");
    assert_eq!(reply.header("www-authenticate"), Some(challenge.as_str()));
    let reply = gate.call("PUT", "oauth2/token").await;
    assert_refused(&reply, 405, "invalid_method", "The HTTP method PUT is invalid for the token endpoint");
}

async fn faults_go_to_the_redirect_uri_and_the_last_one_counts(app: Shared) {
    let acme = app.acme();
    let (gate, store) = (Gate::new(&acme, json!({ "mandatory_scope": true })).await, store_app(&acme).await);
    let good = ("scope", "steps:read");
    let unregistered = "Invalid%20redirect_uri%20that%20does%20not%20match%20with%20any%20redirect_uri%20created%20with%20the%20application";
    for (fields, error, words) in [
        (vec![good, ("response_type", "token")], "unsupported_response_type", "Invalid%20response_type"),
        (vec![good, ("response_type", "(absent)")], "unsupported_response_type", "Invalid%20response_type"),
        (vec![], "invalid_scope", "You%20must%20specify%20a%20scope"),
        (vec![("scope", "steps:fly")], "invalid_scope", "%22steps%3Afly%22%20is%20an%20invalid%20scope"),
        (
            vec![("response_type", "x"), ("scope", "y")],
            "invalid_scope",
            "%22y%22%20is%20an%20invalid%20scope",
        ),
        (vec![("scope", "y"), ("redirect_uri", "https://evil.example/cb")], "invalid_request", unregistered),
        (vec![good, ("redirect_uri", "https://app.example/cb/")], "invalid_request", unregistered),
        (
            vec![("redirect_uri", "https://evil.example/"), ("code_challenge_method", "S256")],
            "invalid_request",
            "code_challenge%20is%20required%20when%20code_method%20is%20present",
        ),
        (
            vec![good, ("code_challenge", CHALLENGE), ("code_challenge_method", "plain")],
            "invalid_request",
            "code_challenge_method%20is%20not%20supported%2C%20must%20be%20S256",
        ),
    ] {
        let fields = [&fields[..], &[("state", "s t")]].concat();
        let uri = target(&gate.authorize(&store, &fields).await, 400);
        assert_eq!(
            uri,
            format!("{CALLBACK}?error={error}&error_description={words}&state=s%20t"),
            "{fields:?}"
        );
    }
    // What the app's own settings forbid, no profile allows.
    let closed = store_app_with(
        &acme,
        json!({ "grant_types": ["authorization_code"], "allowed_scopes": ["steps:write"] }),
        false,
    )
    .await;
    let uri = target(&gate.authorize(&closed, &[good]).await, 400);
    assert!(uri.contains("error=invalid_scope"), "{uri}");
    gate.set(json!({ "enable_authorization_code": false })).await;
    let uri = target(&gate.authorize(&store, &[good]).await, 400);
    assert!(uri.contains("error=unsupported_response_type"), "{uri}");
}

async fn scopes_are_those_of_the_profile(app: Shared) {
    let acme = app.acme();
    let (gate, store) = (Gate::new(&acme, json!({ "scopes": ["steps:read"] })).await, store_app(&acme).await);
    let cc = |scope: &str| {
        let scope = scope.to_owned();
        let (gate, store) = (&gate, &store);
        async move { gate.token(store, &[("grant_type", "client_credentials"), ("scope", &scope)]).await }
    };
    let (access, refresh) = pair(&cc("steps:read").await.expect(200));
    assert_eq!(refresh, "", "an app that acts for itself gets no refresh token");
    assert_eq!(Jwt::decode(&access).claims["scp"], json!(["steps:read"]));
    // The server has it, the profile doesn't: not with the provision key either.
    for scope in ["steps:write", "openid", "steps:read steps:write"] {
        let name = scope.split(' ').next_back().unwrap_or_default();
        let words = format!("\"{name}\" is an invalid scope");
        assert_refused(&cc(scope).await, 400, "invalid_scope", &words);
        let fields = [
            ("grant_type", "password"),
            ("scope", scope),
            ("authenticated_userid", "u"),
            ("provision_key", gate.provision_key.as_str()),
        ];
        assert_refused(&gate.token(&store, &fields).await, 400, "invalid_scope", &words);
    }
    let body = json!({ "grant_type": "client_credentials", "client_id": store.client_id,
                       "client_secret": store.client_secret, "scope": ["steps:read"] });
    let reply = gate.call("POST", "oauth2/token").json(&body).await;
    assert_refused(&reply, 400, "invalid_scope", "scope must be a string");
    // A profile without scopes passes them over.
    gate.set(json!({ "scopes": [] })).await;
    let (access, _) = pair(&cc("anything").await.expect(200));
    assert_eq!(Jwt::decode(&access).claims["scp"], json!([]));
}

async fn proof_keys_are_demanded_as_the_profile_and_the_app_say(app: Shared) {
    let acme = app.acme();
    let gate = Gate::new(&acme, json!({ "pkce": "none" })).await;
    let (free, bound) = (store_app(&acme).await, store_app_with(&acme, json!({}), true).await);
    let public = NewApp::browser().make(&acme).await;
    let public: &App = &public;
    let refused = |reply: &Reply, kind: &str| {
        let uri = target(reply, 400);
        assert!(uri.contains(&format!("code_challenge%20is%20required%20for%20{kind}%20clients")), "{uri}");
    };
    for mode in ["none", "lax", "strict"] {
        gate.set(json!({ "pkce": mode })).await;
        refused(&gate.authorize(public, &[]).await, "public");
        refused(&gate.authorize(&bound, &[]).await, "confidential");
        match mode {
            "strict" => refused(&gate.authorize(&free, &[]).await, "confidential"),
            _ => drop(gate.code(&free, &[]).await),
        }
    }
    // Padding and the method's case don't matter; without a method it is S256.
    gate.set(json!({ "pkce": "lax" })).await;
    let padded = format!("{CHALLENGE}=");
    for fields in [
        vec![("code_challenge", CHALLENGE)],
        vec![("code_challenge", CHALLENGE), ("code_challenge_method", "s256")],
        vec![("code_challenge", padded.as_str()), ("code_challenge_method", "S256")],
    ] {
        let code = gate.code(public, &fields).await;
        let params =
            [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", VERIFIER)];
        gate.token(public, &params).await.expect(200);
    }
    let wrong = "a".repeat(43);
    for (verifier, error, words) in [
        ("(absent)", "invalid_request", "code_verifier is required for PKCE authorization requests"),
        ("short", "invalid_request", "code_verifier must be between 43 and 128 characters"),
        (wrong.as_str(), "invalid_grant", "Invalid code"),
    ] {
        let code = gate.code(&free, &[("code_challenge", CHALLENGE)]).await;
        let params =
            [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", verifier)];
        assert_refused(&gate.token(&free, &params).await, 400, error, words);
        // A failed attempt spends the code.
        let params =
            [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", VERIFIER)];
        assert_refused(&gate.token(&free, &params).await, 400, "invalid_request", "Invalid code");
    }
    let code = gate.code(&free, &[("code_challenge", CHALLENGE)]).await;
    let body = json!({ "grant_type": "authorization_code", "client_id": free.client_id, "code": code,
                       "client_secret": free.client_secret, "code_verifier": 7 });
    let reply = gate.call("POST", "oauth2/token").json(&body).await;
    assert_refused(&reply, 400, "invalid_request", "code_verifier is not a string");
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

async fn whom_a_front_end_names_is_nobody_else(app: Shared) {
    let acme = app.acme();
    let (gate, store) = (
        Gate::new(&acme, json!({ "scopes": ["openid", "profile", "steps:read"] })).await,
        store_app(&acme).await,
    );
    let user = crate::support::make::user(&acme, "victim").await;
    // Not by id …
    let reply = gate.authorize(&store, &[("authenticated_userid", &user.id)]).await.expect(400);
    assert_eq!(reply.json()["error"], "invalid_authenticated_userid");
    // … and by login only as a name of the front end's own.
    let code = gate.code(&store, &[("authenticated_userid", &user.login), ("scope", "openid profile")]).await;
    let reply = gate.redeem(&store, &code).await.expect(200);
    assert!(reply.json().get("id_token").is_none());
    let (access, refresh) = pair(&reply);
    let claims = Jwt::decode(&access).claims;
    assert_eq!(claims["authenticated_userid"], json!(user.login));
    assert_eq!(
        (&claims["sub"], claims.get("uid"), claims.get("username")),
        (&json!(store.client_id), None, None)
    );
    let info = gate.tenant.userinfo(&access).await;
    assert_eq!(info.status, 403, "{}", info.describe());
    let told = gate.tenant.introspect(&store, &access).await;
    assert_eq!((&told["active"], &told["authenticated_userid"]), (&json!(true), &json!(user.login)));
    assert_eq!((told.get("uid"), told.get("username"), &told["sub"]), (None, None, &json!(store.client_id)));
    let told = gate.tenant.introspect(&store, &refresh).await;
    assert_eq!((&told["active"], told.get("username")), (&json!(true), None));
    // Not at the management API, and its refresh token not at the ordinary endpoint.
    for path in ["/api/v1/users/me", "/api/v1/apps"] {
        let reply = acme.call("GET", path).bearer(&access).await;
        assert_eq!(reply.status, 403, "{}", reply.describe());
    }
    gate.tenant.refresh(&store, &refresh).await.expect_oauth_error(400, "invalid_grant");
    // Ordinary revocation ends it, refresh token and all.
    gate.tenant.revoke(&store, &refresh).await.expect(200);
    assert!(!gate.passes(&access).await);
    for bad in ["a\u{1}b", &"x".repeat(256)] {
        gate.authorize(&store, &[("authenticated_userid", bad)]).await.expect(400);
    }
}

async fn wrong_provision_keys_are_counted(app: TestApp) {
    let acme = app.acme();
    app.clock().freeze().await;
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    for n in 0..14 {
        let reply = gate.authorize(&store, &[("provision_key", &format!("wrong-number-{n}"))]).await;
        if n < 10 {
            assert_refused(&reply, 400, "invalid_provision_key", "Invalid provision_key");
        } else {
            assert_eq!(reply.status, 429, "{}", reply.describe());
            assert_eq!(reply.header("retry-after"), Some("900"));
        }
    }
    // The right one passes all the same: strangers can't lock the front end out.
    gate.code(&store, &[]).await;
    let filter = format!(
        r#"eventType eq "oauth2.as.gateway.provision_key.used" and outcome.result eq "FAILURE" and target.id eq "{}""#,
        gate.server
    );
    // Ten, and one that says that there were more.
    assert_eq!(acme.wait_for_logs(&filter, 11).await.len(), 11);
    app.clock().advance(std::time::Duration::from_secs(901)).await;
    let reply = gate.authorize(&store, &[("provision_key", "wrong-once-more")]).await;
    assert_refused(&reply, 400, "invalid_provision_key", "Invalid provision_key");
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

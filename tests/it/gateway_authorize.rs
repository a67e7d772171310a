//! What a trusted front end asks for: codes, in the plugin's forms and with its faults.

use signet_testkit::{App, Jwt, Reply, Shared, TestApp, json, on_each_engine};

use crate::support::apps::{CALLBACK, NewApp};
use crate::support::gateway::{
    CHALLENGE, Gate, VERIFIER, assert_refused, pair, store_app, store_app_with, target,
};

on_each_engine! {
    a_front_end_gets_a_code_and_the_app_its_tokens,
    the_first_three_faults_stop,
    faults_go_to_the_redirect_uri_and_the_last_one_counts,
    scopes_are_those_of_the_profile,
    proof_keys_are_demanded_as_the_profile_and_the_app_say,
    whom_a_front_end_names_is_nobody_else,
    wrong_provision_keys_are_counted,
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

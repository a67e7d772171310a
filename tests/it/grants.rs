//! Which grant is for whom, and what it gives.

use std::collections::BTreeSet;

use signet_testkit::{App, Jwt, Reply, Shared, Tenant, json, on_each_engine};

use crate::support::apps::{NewApp, Person, Server};
use crate::support::log::{assert_alive, assert_no_store, assert_refusal, assert_refusals, fact};
use crate::support::replies::{ask, assert_dead, assert_sent_back};

on_each_engine! {
    gr_02_a_public_app_and_passwords,
    gr_05_scopes_of_client_credentials,
    gr_08_grant_types_that_are_nearly_one,
    gr_09_other_response_types,
    gr_10_a_grant_reads_its_own_parameters,
    gr_11_resources,
    gr_15_introspection_asks_who_asks,
    gr_16_revoking_somebody_elses_token,
    gr_17_userinfo_needs_a_user_and_openid,
}

async fn gr_02_a_public_app_and_passwords(app: Shared) {
    let acme = app.acme();
    // An app can't even be made so.
    for new in [NewApp::browser(), NewApp::native()] {
        let new = new.oauth("grant_types", json!(["authorization_code", "password"]));
        acme.api("POST", "/api/v1/apps").json(new.body()).await.expect(400);
    }
    let person = Person::new(&acme).await;
    let mut refused = Vec::new();
    let mut bodies = BTreeSet::new();
    for app in
        [&*NewApp::browser().make(&acme).await, &*NewApp::native().make(&acme).await, &acme.browser_app()]
    {
        for password in [person.password.as_str(), "not the password"] {
            let reply = acme.password(app, &person.login, password, "openid").await;
            let reply = reply.expect_oauth_error(400, "unauthorized_client");
            bodies.insert(reply.text());
            refused.push((reply, "unauthorized_client"));
        }
    }
    assert_eq!(bodies.len(), 1, "the answer says nothing of the password: {bodies:?}");
    assert_refusals(&acme, &refused).await;
    // Nor may a confidential one to which it isn't allowed, and refused attempts fill no throttle.
    let web = NewApp::web().oauth("grant_types", json!(["authorization_code"])).make(&acme).await;
    for _ in 0..6 {
        let reply = acme.password(&web, &person.login, &person.password, "openid").await;
        reply.expect_oauth_error(400, "unauthorized_client");
    }
    let allowed = NewApp::web().make(&acme).await;
    acme.password(&allowed, &person.login, &person.password, "openid").await.expect(200);
}

async fn gr_05_scopes_of_client_credentials(app: Shared) {
    let acme = app.acme();
    let service = acme.service();
    acme.client_credentials(&service, "orders:read").await.expect(200);
    let mut refused = Vec::new();
    for (scope, reason) in [
        ("openid", "openid_not_allowed_client_creds"),
        ("profile", "openid_not_allowed_client_creds"),
        ("email", "openid_not_allowed_client_creds"),
        ("offline_access", "openid_not_allowed_client_creds"),
        ("orders:read openid", "openid_not_allowed_client_creds"),
        ("orders:read offline_access", "openid_not_allowed_client_creds"),
        ("no:such", "no_matching_scope"),
        ("orders:read no:such", "no_matching_scope"),
        ("Orders:Read", "no_matching_scope"),
        ("orders:read  orders:read", "invalid_scope"),
        (" orders:read", "invalid_scope"),
        ("orders:read\"", "invalid_scope"),
    ] {
        let reply = acme.client_credentials(&service, scope).await;
        assert_eq!(reply.status, 400, "scope “{scope}”: {}", reply.describe());
        refused.push((reply.expect_oauth_error(400, "invalid_scope"), reason));
    }
    let none = acme.client_credentials(&service, "").await.expect_oauth_error(400, "invalid_scope");
    refused.push((none, "no_default_scopes"));
    assert_refusals(&acme, &refused).await;

    // A scope that the server has and this app has not.
    let default = crate::support::apps::server_id(&acme, "default").await;
    let scope = crate::support::apps::unique("stock:write");
    crate::support::apps::add_scope(&acme, &default, &scope, "IMPLICIT").await;
    let reply = acme.client_credentials(&service, &scope).await.expect_oauth_error(400, "invalid_scope");
    let event = assert_refusal(&acme, &reply, "illegal_scope").await;
    assert_eq!(event["actor"]["id"], *service.client_id);
    let free = NewApp::service().make(&acme).await;
    acme.client_credentials(&free, &scope).await.expect(200);
}

async fn gr_08_grant_types_that_are_nearly_one(app: Shared) {
    let acme = app.acme();
    let (service, web) = (acme.service(), NewApp::web().make(&acme).await);
    let person = Person::new(&acme).await;
    let mut refused = Vec::new();
    for grant in [
        " password",
        "password ",
        "Password",
        "PASSWORD",
        "[password]",
        "[\"password\"]",
        "p%61ssword",
        "password,refresh_token",
        "password refresh_token",
        "implicit",
        "authorization-code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:device_code",
        "null",
    ] {
        let params = [("grant_type", grant), ("username", &*person.login), ("password", &*person.password)];
        let reply = acme.token_as(&web, &params).await;
        assert_eq!(reply.status, 400, "grant type “{grant}”: {}", reply.describe());
        let reply = reply.expect_oauth_error(400, "unsupported_grant_type");
        refused.push((reply, "unsupported_grant_type"));
    }
    for name in ["grant_type[]", "grant_type[0]", "Grant_Type", "grant-type", " grant_type"] {
        let reply = acme.token_as(&service, &[(name, "client_credentials"), ("scope", "orders:read")]).await;
        let reply = reply.expect_oauth_error(400, "invalid_request");
        refused.push((reply, "token_request_missing_grant_type"));
    }
    let twice = [("grant_type", "client_credentials"), ("grant_type", "client_credentials")];
    let reply = acme.token_as(&service, &twice).await.expect_oauth_error(400, "invalid_request");
    refused.push((reply, "illegal_duplicated_parameters"));
    assert_refusals(&acme, &refused).await;
    // What is only written differently on the wire is the same.
    let form = "application/x-www-form-urlencoded";
    let call = acme.http().call("POST", &acme.endpoint("token"));
    let call = call.basic(&service.client_id, service.client_secret.as_deref().expect("a secret"));
    call.body(form, b"gr%61nt_type=client%5Fcredentials&scope=orders%3aread").await.expect(200);
}

async fn gr_09_other_response_types(app: Shared) {
    let acme = app.acme();
    let (web, browser) = (NewApp::web().make(&acme).await, NewApp::browser().make(&acme).await);
    let mut refused = Vec::new();
    for app in [&web, &browser] {
        for kind in [
            "token",
            "id_token",
            "code token",
            "code id_token",
            "id_token token",
            "code id_token token",
            "token code",
            "none",
            "Code",
            "code code",
            " code",
            "code ",
        ] {
            let request = acme.authorize(app, "openid").set("response_type", kind);
            let reply = ask(&acme, &request).await;
            assert_sent_back(&acme, &request, &reply, "unsupported_response_type");
            assert_eq!(reply.location().fragment(), None, "nothing in the fragment: {}", reply.location());
            refused.push((reply, "unsupported_response_type"));
        }
        let without = acme.authorize(app, "openid").without("response_type");
        let reply = ask(&acme, &without).await;
        assert_sent_back(&acme, &without, &reply, "invalid_request");
        refused.push((reply, "missing_token_request_parameter"));
    }
    assert_refusals(&acme, &refused).await;
}

async fn gr_10_a_grant_reads_its_own_parameters(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let (person, other) = (Person::new(&acme).await, Person::new(&acme).await);
    let service = acme.service();
    let flow = person.code(&acme, &web, "openid offline_access").await;
    let theirs = other.code(&acme, &web, "openid offline_access").await.redeem(&acme, &web).await;
    let noise = [
        ("username", other.login.as_str()),
        ("password", &other.password),
        ("expires_in", "999999"),
        ("sub", &other.id),
        ("uid", &other.id),
        ("amr", "mfa"),
        ("auth_time", "1"),
    ];
    let with = |params: &[(&'static str, &str)]| -> Vec<(String, String)> {
        let all = params.iter().chain(noise.iter().filter(|(n, _)| params.iter().all(|(name, _)| name != n)));
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let send = |app: App, params: Vec<(String, String)>| {
        let call = acme.http().call("POST", &acme.endpoint("token"));
        call.basic(&app.client_id, app.client_secret.as_deref().expect("a secret")).form(params)
    };
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", &*flow.code),
        ("redirect_uri", &*flow.redirect_uri),
        ("code_verifier", &*flow.verifier),
        ("refresh_token", theirs.refresh()),
        ("scope", "orders:read"),
    ];
    let tokens = send((*web).clone(), with(&redeem)).await.tokens();
    let claims = tokens.access().claims;
    assert_eq!(
        (claims["sub"].as_str(), claims["scp"].clone()),
        (Some(&*person.id), json!(["offline_access", "openid"]))
    );
    assert_eq!(claims["scope"], "offline_access openid", "RFC 9068 §2.2.3");
    assert_eq!(claims["exp"].as_i64(), claims["iat"].as_i64().map(|iat| iat + 3600));
    assert_eq!(tokens.id().claims["amr"], json!(["pwd"]));

    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh()), ("code", "x")];
    let next = send((*web).clone(), with(&refresh)).await.tokens();
    assert_eq!(next.access().claims["sub"], *person.id);

    let password = [
        ("grant_type", "password"),
        ("username", &*person.login),
        ("password", &*person.password),
        ("scope", "openid"),
        ("refresh_token", theirs.refresh()),
        ("code", "x"),
    ];
    let own = send((*web).clone(), with(&password)).await.tokens();
    assert_eq!(own.access().claims["sub"], *person.id);

    let client = [("grant_type", "client_credentials"), ("scope", "orders:read"), ("code", "x")];
    let machine = send(service.clone(), with(&client)).await.tokens();
    assert_eq!(machine.access().claims["sub"], *service.client_id);
    assert!(machine.refresh_token.is_none() && machine.id_token.is_none());
    // The other one's token was in every request, and was never used.
    acme.refresh(&web, theirs.refresh()).await.expect(200);
}

async fn gr_11_resources(app: Shared) {
    let acme = app.acme();
    let server = Server::new(&acme, json!({ "audiences": ["https://api.example/orders"] })).await;
    let at = &server.tenant;
    server.scope("orders:read", "IMPLICIT").await;
    let own = "https://api.example/orders";
    let (web, service) = (NewApp::web().make(&acme).await, NewApp::service().make(&acme).await);
    let mut refused = Vec::new();
    for others in [
        vec!["https://api.example/other"],
        vec!["https://api.example/orders/"],
        vec!["HTTPS://api.example/orders"],
        vec![own, "https://api.example/other"],
        vec!["https://api.example/other", own],
        vec!["orders"],
        vec!["https://api.example/orders#x"],
        vec!["api://default"],
    ] {
        let mut request = at.authorize(&web, "openid");
        let mut params = vec![("grant_type", "client_credentials"), ("scope", "orders:read")];
        for resource in &others {
            request = request.add("resource", resource);
            params.push(("resource", resource));
        }
        let reply = ask(at, &request).await;
        assert_sent_back(at, &request, &reply, "invalid_target");
        refused.push((reply, "invalid_target"));
        let reply = at.token_as(&service, &params).await;
        assert_eq!(reply.status, 400, "{others:?} at the token endpoint: {}", reply.describe());
        refused.push((reply.expect_oauth_error(400, "invalid_target"), "invalid_target"));
    }
    assert_refusals(at, &refused).await;
    // The one that there is, once or twice.
    let twice = [
        ("grant_type", "client_credentials"),
        ("scope", "orders:read"),
        ("resource", own),
        ("resource", own),
    ];
    let tokens = at.token_as(&service, &twice).await.tokens();
    assert_eq!(tokens.access().claims["aud"], own);
    let request = at.authorize(&web, "openid").add("resource", own).add("resource", own);
    assert_eq!(ask(at, &request).await.location().path(), "/login");
}

async fn gr_15_introspection_asks_who_asks(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let (service, browser) = (acme.service(), NewApp::browser().make(&acme).await);
    let token = acme.client_credentials(&service, "orders:read").await.tokens().access_token;
    let asked = |tenant: &Tenant| tenant.http().call("POST", &tenant.endpoint("introspect"));
    let secret = service.client_secret.as_deref().expect("a secret");
    let form = [("token", token.as_str())];
    let foreign = globex.service();
    for (call, what, reason) in [
        (asked(&acme).form(form), "nobody", "missing_client_credentials"),
        (asked(&acme).form(form).bearer(&token), "the token itself", "invalid_basic_auth_creds"),
        (
            asked(&acme).basic(&service.client_id, "wrong secret").form(form),
            "a wrong secret",
            "invalid_client_secret",
        ),
        (asked(&acme).basic("0oanobody", secret).form(form), "nobody's id", "unknown_client"),
        (acme.post_as(&browser, "introspect", &form), "a public app", "invalid_client"),
        (acme.post_as(&foreign, "introspect", &form), "another tenant's app", "unknown_client"),
    ] {
        let reply = call.await;
        assert_eq!(reply.status, 401, "{what}: {}", reply.describe());
        let reply = reply.expect_oauth_error(401, "invalid_client");
        assert!(reply.json().get("active").is_none(), "{what}");
        assert_refusal(&acme, &reply, reason).await;
    }
    // A confidential app of another server or tenant learns nothing but that the token is none of theirs.
    let second = Server::new(&acme, json!({})).await.tenant;
    for (tenant, asker) in [(&second, &service), (&acme.at_org(), &service), (&globex, &foreign)] {
        let reply = tenant.post_as(asker, "introspect", &form).await.expect(200);
        assert_eq!(reply.json(), json!({ "active": false }), "{}", tenant.issuer());
        assert_no_store(&reply);
    }
    let reply = acme.post_as(&acme.web(), "introspect", &form).await.expect(200);
    assert_eq!(reply.json()["active"], true);
    assert_no_store(&reply);
    let missing = acme.post_as(&service, "introspect", &[]).await.expect_oauth_error(400, "invalid_request");
    let event = assert_refusal(&acme, &missing, "request_missing_token").await;
    assert_eq!(
        (&event["eventType"], &event["client"]["id"]),
        (&json!("app.oauth2.token.introspect"), &json!(*service.client_id))
    );
    // What can't be read is in the log, too.
    for (endpoint, kind) in
        [("introspect", "app.oauth2.token.introspect"), ("revoke", "app.oauth2.as.token.revoke")]
    {
        let call = acme.post_as(&service, endpoint, &[("token", "x"), ("token", "y")]);
        let twice = call.await.expect_oauth_error(400, "invalid_request");
        let event = assert_refusal(&acme, &twice, "illegal_duplicated_parameters").await;
        assert_eq!(event["eventType"], kind);
    }
    let missing = acme.post_as(&service, "revoke", &[]).await.expect_oauth_error(400, "invalid_request");
    assert_refusal(&acme, &missing, "request_missing_token").await;
}

async fn gr_16_revoking_somebody_elses_token(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let (owner, other) = (NewApp::web().make(&acme).await, NewApp::web().make(&acme).await);
    let public = NewApp::browser().make(&acme).await;
    let person = Person::new(&acme).await;
    let tokens = person.code(&acme, &owner, "openid offline_access").await.redeem(&acme, &owner).await;
    let mut refused: Vec<(Reply, &str)> = Vec::new();
    for thief in [&*other, &*public] {
        for token in [tokens.access_token.as_str(), tokens.refresh()] {
            let reply = acme.revoke(thief, token).await.expect(200);
            assert!(reply.body.is_empty(), "{}", reply.describe());
            refused.push((reply, "mismatched_client"));
        }
    }
    for event in assert_refusals(&acme, &refused).await {
        assert_eq!(event["eventType"], "app.oauth2.as.token.revoke");
        assert_ne!(event["client"]["id"], *owner.client_id, "the log names who tried");
    }
    let second = Server::new(&acme, json!({})).await.tenant;
    for (tenant, app) in [(&second, &*owner), (&acme.at_org(), &*owner), (&globex, &globex.web())] {
        for token in [tokens.access_token.as_str(), tokens.refresh()] {
            let reply = tenant.revoke(app, token).await.expect(200);
            assert_refusal(tenant, &reply, "unknown_token").await;
        }
    }
    assert!(acme.is_active(&owner, &tokens.access_token).await);
    assert!(acme.is_active(&owner, tokens.refresh()).await);

    let reply = acme.revoke(&owner, &tokens.access_token).await.expect(200);
    let events = crate::support::log::events(&acme, &reply).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["outcome"]["result"], "SUCCESS");
    assert_eq!(fact(&events[0], "authorizationServer"), "default");
    assert_dead(&acme, &owner, &tokens.access_token, "revoked by its owner").await;
    assert!(acme.is_active(&owner, tokens.refresh()).await);
}

async fn gr_17_userinfo_needs_a_user_and_openid(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let machine = acme.client_credentials(&acme.service(), "orders:read").await.tokens();
    let plain = acme.password(&web, &person.login, &person.password, "profile email").await.tokens();
    for (token, what) in [(&machine.access_token, "an app's own token"), (&plain.access_token, "no openid")] {
        let reply = acme.userinfo(token).await;
        assert_eq!(reply.status, 403, "{what}: {}", reply.describe());
        let challenge = reply.header("www-authenticate").unwrap_or_default();
        assert!(challenge.contains(r#"error="insufficient_scope""#), "{what}: {challenge}");
        let event = assert_refusal(&acme, &reply, "insufficient_scope").await;
        assert_eq!(event["eventType"], "app.oauth2.userinfo");
        assert_eq!(event["client"]["id"], Jwt::decode(token).claims["cid"], "{what}");
    }
    let tokens = acme.password(&web, &person.login, &person.password, "openid").await.tokens();
    let reply = acme.userinfo(&tokens.access_token).await.expect(200);
    assert_eq!(reply.json(), json!({ "sub": person.id }), "openid alone gives the id alone");
    assert_no_store(&reply);
    for (call, status) in [
        (acme.http().get(&acme.endpoint("userinfo")), 401),
        (acme.http().get(&acme.endpoint("userinfo")).basic("a", "b"), 401),
        (acme.http().get(&acme.endpoint("userinfo")).query([("access_token", &tokens.access_token)]), 400),
        (
            acme.http()
                .call("POST", &acme.endpoint("userinfo"))
                .bearer(&tokens.access_token)
                .form([("access_token", &tokens.access_token)]),
            400,
        ),
    ] {
        let reply = call.await.expect(status);
        assert_no_store(&reply);
        if status == 400 {
            let named = reply.text().contains("query");
            let reason = if named { "access_token_in_query" } else { "access_token_duplicate" };
            assert_refusal(&acme, &reply, reason).await;
        }
        // RFC 6750 §3: the challenge is there for a malformed request, too.
        let challenge = reply.header("www-authenticate").expect("a challenge");
        let error = challenge.contains(r#"error="invalid_request""#);
        assert!(challenge.starts_with("Bearer ") && error == (status == 400), "{challenge}");
    }
    assert_alive(&acme).await;
}

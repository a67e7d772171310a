//! Two tenants share nothing: what is one's is nothing at the other, and no request crosses over.

use std::collections::BTreeSet;

use signet_testkit::{Reply, Tenant, Value, json, on_each_engine, tokio};

use crate::support::frozen::Frozen;
use crate::support::make;
use crate::support::ropg::{comparable, statuses};

on_each_engine! {
    tx_02_ids_inside_bodies_are_absent_ones,
    tx_03_nothing_in_a_request_chooses_the_tenant,
    tx_04_a_cookie_is_nothing_at_another_tenant,
    tx_06_an_app_is_unknown_at_another_tenant,
    tx_07_codes_and_tokens_are_unknown_at_another_tenant,
    tx_08_another_id_in_the_body_is_refused,
    tx_09_members_that_are_not_the_callers_are_refused,
    tx_14_no_management_without_its_scope,
    tx_17_a_thousand_mixed_hosts_each_get_their_issuer,
    tx_21_the_same_login_has_two_of_everything,
    tx_22_an_administrator_grants_nothing_beyond_the_tenant,
}

async fn tx_02_ids_inside_bodies_are_absent_ones(app: Frozen) {
    let (acme, globex) = (app.acme(), app.globex());
    let theirs = make::user(&globex, "tx02").await;
    let nobody = "00u0000000000000000000000";
    let mine = make::user(&acme, "tx02").await;
    let mut seen = Vec::new();
    for id in [theirs.id.as_str(), nobody] {
        let token = json!({ "name": "tx02", "userId": id });
        let reply = acme.api("POST", "/api/v1/api-tokens").json(&token).unchecked().await;
        assert!(matches!(reply.status, 400 | 404), "{}", reply.describe());
        let manager = json!({ "profile": { "managerId": id } });
        let update = acme.api("POST", &format!("/api/v1/users/{}", mine.id)).json(&manager).await.expect(200);
        let id_of = |reply: &Reply| (reply.status, comparable(reply).2.replace(id, "ID"));
        seen.push((id_of(&reply), update.status));
    }
    assert_eq!(seen[0], seen[1], "another tenant's user and nobody");
}

async fn tx_03_nothing_in_a_request_chooses_the_tenant(app: Frozen) {
    let (acme, globex) = (app.acme(), app.globex());
    let host = globex.origin().trim_start_matches("http://").to_owned();
    let headers = [
        ("x-tenant-id", "globex"),
        ("x-tenant", "globex"),
        ("x-org", "globex"),
        ("x-organization-id", "globex"),
        ("x-forwarded-host", host.as_str()),
        ("x-original-host", host.as_str()),
        ("x-host", host.as_str()),
        ("forwarded", &format!("host={host}")),
        ("x-original-url", "/oauth2/v1/keys"),
        ("x-rewrite-url", "/api/v1/users"),
        ("x-http-method-override", "DELETE"),
    ];
    for path in ["/oauth2/default/.well-known/openid-configuration", "/oauth2/default/v1/keys"] {
        let plain = comparable(&acme.get(path).await.expect(200));
        for (name, value) in headers {
            assert_eq!(comparable(&acme.get(path).header(name, value).await), plain, "{name} at {path}");
        }
        for query in ["tenant", "tenant_id", "org", "host", "realm"] {
            assert_eq!(
                comparable(&acme.get(path).query([(query, "globex")]).await),
                plain,
                "?{query} at {path}"
            );
        }
    }
    let logins = |reply: &Reply| -> BTreeSet<String> {
        let users = reply.json();
        let logins = users.as_array().expect("users").iter();
        logins.map(|user| user["profile"]["login"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let theirs = globex.user().0.to_owned();
    for (name, value) in headers {
        let reply = acme.api("GET", "/api/v1/users").header(name, value).await.expect(200);
        assert!(!logins(&reply).contains(&theirs), "{name} opens the other tenant");
    }
    for query in ["tenant", "tenant_id", "org"] {
        let reply = acme.api("GET", "/api/v1/users").query([(query, "globex")]).await;
        assert!(reply.status == 400 || !logins(&reply).contains(&theirs), "?{query} opens the other tenant");
    }
}

async fn tx_04_a_cookie_is_nothing_at_another_tenant(app: Frozen) {
    let (acme, globex) = (app.acme(), app.globex());
    let (here, there) = (make::user(&acme, "tx04").await, make::user(&globex, "tx04").await);
    let ours = acme.code_flow_as(&acme.web(), "openid", &here.login, &here.password).await.visitor;
    let theirs = globex.code_flow_as(&globex.web(), "openid", &there.login, &there.password).await.visitor;
    let line = |visitor: &signet_testkit::Visitor, tenant: &Tenant| {
        let host =
            tenant.origin().trim_start_matches("http://").split(':').next().unwrap_or_default().to_owned();
        visitor.jar().header(&host, "/").expect("cookies")
    };
    let (ours, theirs) = (line(&ours, &acme), line(&theirs, &globex));
    let signed_in = |tenant: Tenant, cookie: String| async move {
        let request = tenant.authorize(&tenant.web(), "openid").set("prompt", "none");
        let reply = tenant.http().get(&request.url()).header("cookie", &cookie).await;
        assert!(reply.is_redirect(), "{}", reply.describe());
        !reply.location().query_pairs().any(|(name, value)| name == "error" && value == "login_required")
    };
    assert!(signed_in(acme.clone(), ours.clone()).await, "the cookie is good at its own tenant");
    assert!(signed_in(globex.clone(), theirs.clone()).await);
    assert!(!signed_in(globex.clone(), ours.clone()).await, "acme's cookie at globex");
    assert!(!signed_in(acme.clone(), theirs.clone()).await, "globex's cookie at acme");
    // Nor under the names that cookies have there.
    let renamed = ours.replace("signet-acme", "signet-globex");
    assert_ne!(renamed, ours, "cookies on loopback are named by their tenant");
    assert!(!signed_in(globex, renamed).await, "acme's values under globex's names");
}

async fn tx_06_an_app_is_unknown_at_another_tenant(app: Frozen) {
    let (acme, globex) = (app.acme(), app.globex());
    let ours = acme.service();
    let ghost = signet_testkit::App { client_id: "0oa0000000000000000000000".into(), ..ours.clone() };
    let reply =
        globex.client_credentials(&ours, "orders:read").await.expect_oauth_error(401, "invalid_client");
    let none =
        globex.client_credentials(&ghost, "orders:read").await.expect_oauth_error(401, "invalid_client");
    assert_eq!(comparable(&reply), comparable(&none), "another tenant's app and none");
    let page = globex.visitor().get(&globex.authorize_url(&acme.web(), "openid")).await.expect_page_error();
    assert!(!page.text().contains("Demo web app"), "{}", page.describe());
    // The same client id at both: each has its own secret.
    let client_id = make::unique("same-id");
    let mut made = Vec::new();
    for tenant in [&acme, &globex] {
        let body = json!({
            "name": "oidc_client", "label": "Same", "signOnMode": "OPENID_CONNECT",
            "credentials": { "oauthClient": {
                "client_id": client_id, "token_endpoint_auth_method": "client_secret_basic",
            } },
            "settings": { "oauthClient": {
                "application_type": "service", "grant_types": ["client_credentials"], "response_types": ["token"],
            } },
        });
        made.push(make::app_from(tenant, &body).await);
    }
    assert_eq!(made[0].client_id, made[1].client_id);
    acme.client_credentials(&made[0], "orders:read").await.expect(200);
    globex.client_credentials(&made[1], "orders:read").await.expect(200);
    for (tenant, other) in [(&acme, &made[1]), (&globex, &made[0])] {
        tenant.client_credentials(other, "orders:read").await.expect_oauth_error(401, "invalid_client");
    }
}

async fn tx_07_codes_and_tokens_are_unknown_at_another_tenant(app: Frozen) {
    let (acme, globex) = (app.acme(), app.globex());
    let (web, user) = (acme.web(), make::user(&acme, "tx07").await);
    let flow = acme.code_flow_as(&web, "openid offline_access", &user.login, &user.password).await;
    let redeem = |code: String| {
        let (globex, flow) = (globex.clone(), flow.clone());
        async move {
            let params = [
                ("grant_type", "authorization_code"),
                ("code", code.as_str()),
                ("redirect_uri", &flow.redirect_uri),
                ("code_verifier", &flow.verifier),
            ];
            globex.token_as(&globex.web(), &params).await.expect_oauth_error(400, "invalid_grant")
        }
    };
    let (theirs, none) = (redeem(flow.code.clone()).await, redeem("sgc0000000000000000000000".into()).await);
    assert_eq!(comparable(&theirs), comparable(&none), "a foreign code and none");
    let tokens = flow.redeem(&acme, &web).await;
    let foreign =
        globex.refresh(&globex.web(), tokens.refresh()).await.expect_oauth_error(400, "invalid_grant");
    let none = globex.refresh(&globex.web(), "sgr0000000000000000000000").await;
    assert_eq!(comparable(&foreign), comparable(&none.expect_oauth_error(400, "invalid_grant")));
    let foreign = globex.userinfo(&tokens.access_token).await.expect(401);
    let none = globex.userinfo("a.b.c").await.expect(401);
    assert_eq!(comparable(&foreign), comparable(&none), "a foreign access token and none");
    assert!(acme.is_active(&web, &tokens.access_token).await, "nothing happened to the token at home");
    acme.refresh(&web, tokens.refresh()).await.expect(200);
}

async fn tx_08_another_id_in_the_body_is_refused(app: Frozen) {
    let acme = app.acme();
    let (alice, bob) = (make::user(&acme, "tx08-alice").await, make::user(&acme, "tx08-bob").await);
    let path = format!("/api/v1/users/{}", alice.id);
    for method in ["PUT", "POST"] {
        let before = acme.api("GET", &path).await.expect(200).json();
        let mut body = before.clone();
        body["profile"]["firstName"] = "Changed".into();
        body["id"] = bob.id.as_str().into();
        acme.api(method, &path).json(&body).await.expect(400);
        assert_eq!(acme.api("GET", &path).await.expect(200).json(), before, "{method} changed something");
        body["id"] = alice.id.as_str().into();
        body["profile"]["firstName"] = method.into();
        let reply = acme.api(method, &path).json(&body).await.expect(200);
        assert_eq!(reply.json()["profile"]["firstName"], method, "one's own id may be sent back");
        acme.api(method, &path).json(&json!({ "profile": before["profile"] })).await.expect(200);
        let after = acme.api("GET", &path).await.expect(200).json();
        assert_eq!(after["profile"], before["profile"]);
        return_to(&after, &before);
    }
    let reply = acme.api("PUT", &path).query([("id", bob.id.as_str())]).json(&json!({ "profile": {} })).await;
    assert_eq!(reply.status, 400, "{}", reply.describe());
}

/// Only the time of the last change may differ.
#[track_caller]
fn return_to(after: &Value, before: &Value) {
    let without = |value: &Value| {
        let mut value = value.clone();
        value.as_object_mut().expect("a user").remove("lastUpdated");
        value
    };
    assert_eq!(without(after), without(before));
}

async fn tx_09_members_that_are_not_the_callers_are_refused(app: Frozen) {
    let acme = app.acme();
    let user = make::user(&acme, "tx09").await;
    let path = format!("/api/v1/users/{}", user.id);
    let before = acme.api("GET", &path).await.expect(200).json();
    let members = [
        ("tenant_id", json!("globex")),
        ("tenantId", json!("globex")),
        ("role", json!("SUPER_ADMIN")),
        ("roles", json!(["SUPER_ADMIN"])),
        ("adminRole", json!("SUPER_ADMIN")),
        ("admin_role", json!("SUPER_ADMIN")),
        ("password_hash", json!("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAA")),
        ("passwordHash", json!("x")),
        ("version", json!(1)),
        ("number", json!(1)),
        ("demo", json!(false)),
        ("created_at", json!(0)),
        ("login_key", json!("admin@acme.test")),
    ];
    let profile = before["profile"].clone();
    for (name, value) in &members {
        let mut body = json!({ "profile": profile.clone() });
        body[name] = value.clone();
        for method in ["POST", "PUT"] {
            let reply = acme.api(method, &path).json(&body).await;
            assert_eq!(reply.status, 400, "{method} with {name}: {}", reply.describe());
        }
        body["profile"]["login"] = format!("{}@acme.test", make::unique("tx09")).into();
        let reply = acme.api("POST", "/api/v1/users").json(&body).await;
        assert_eq!(reply.status, 400, "a new user with {name}: {}", reply.describe());
    }
    for name in
        ["tenant_id", "email_verified", "emailVerified", "password_hash", "admin_role", "login_key", "status"]
    {
        let mut body = json!({ "profile": profile.clone() });
        body["profile"][name] = "x".into();
        let reply = acme.api("POST", &path).json(&body).await;
        assert_eq!(reply.status, 400, "a profile with {name}: {}", reply.describe());
    }
    return_to(&acme.api("GET", &path).await.expect(200).json(), &before);
}

async fn tx_14_no_management_without_its_scope(app: Frozen) {
    let acme = app.acme();
    let service = acme.client_credentials(&acme.service(), "orders:read").await.tokens();
    let admin = &acme.credentials.admin;
    let own = acme.password(&acme.web(), &admin.login, &admin.password, "openid").await;
    let mut tokens = vec![service.access_token];
    if own.status == 200 {
        tokens.push(own.tokens().access_token);
    }
    for token in &tokens {
        for (method, path) in [
            ("GET", "/api/v1/users"),
            ("GET", "/api/v1/logs"),
            ("GET", "/api/v1/apps"),
            ("GET", "/api/v1/api-tokens"),
            ("DELETE", "/api/v1/users/me"),
        ] {
            let reply = acme.call(method, path).bearer(token).await;
            assert_eq!(reply.status, 403, "{method} {path}: {}", reply.describe());
            assert_eq!(reply.json()["errorCode"], "E0000006", "{}", reply.describe());
        }
    }
}

async fn tx_17_a_thousand_mixed_hosts_each_get_their_issuer(app: Frozen) {
    let (acme, globex) = (app.acme(), app.globex());
    let servers: Vec<Tenant> = vec![acme.clone(), acme.at_org(), globex.clone(), globex.at_org()];
    let mut keys = Vec::new();
    for server in &servers {
        keys.push(server.keys().await);
    }
    assert_eq!(
        keys.iter().map(Value::to_string).collect::<BTreeSet<_>>().len(),
        4,
        "four servers, four sets of keys"
    );
    for _ in 0..50 {
        let asked: Vec<_> = (0..20)
            .map(|n| {
                let at = n * 7 % servers.len();
                let (server, keys) = (servers[at].clone(), keys[at].clone());
                tokio::spawn(async move {
                    let document = server.discovery().await;
                    assert_eq!(document["issuer"], server.issuer());
                    for endpoint in ["token_endpoint", "jwks_uri", "authorization_endpoint"] {
                        let url = document[endpoint].as_str().expect("an endpoint");
                        assert!(
                            url.starts_with(server.origin()),
                            "{endpoint} of {} is {url}",
                            server.issuer()
                        );
                    }
                    if n % 5 == 0 {
                        assert_eq!(server.keys().await, keys, "keys of {}", server.issuer());
                    }
                })
            })
            .collect();
        for each in asked {
            each.await.expect("each host gets its own");
        }
    }
}

async fn tx_21_the_same_login_has_two_of_everything(app: Frozen) {
    let (acme, globex) = (app.acme(), app.globex());
    let login = format!("{}@both.test", make::unique("tx21"));
    let (here, there) = (make::user_named(&acme, &login).await, make::user_named(&globex, &login).await);
    // Two throttles.
    assert_eq!(statuses(&acme, &acme.web(), &here, 5).await, [200, 200, 200, 200, 429]);
    assert_eq!(statuses(&globex, &globex.web(), &there, 1).await, [200]);
    // Two locks: ten wrong passwords here leave the door there open.
    for _ in 0..10 {
        let visitor = acme.visitor();
        let page = visitor.open(&acme.authorize_url(&acme.web(), "openid")).await;
        visitor.sign_in(&page, &login, "not the password").await;
    }
    let locked = acme.api("GET", &format!("/api/v1/users/{}", here.id)).await.expect(200).json();
    assert_eq!(locked["status"], "LOCKED_OUT", "{locked:#}");
    let free = globex.api("GET", &format!("/api/v1/users/{}", there.id)).await.expect(200).json();
    assert_eq!(free["status"], "ACTIVE", "{free:#}");
    assert_eq!(statuses(&globex, &globex.web(), &there, 1).await, [200]);
    // Two quotas.
    let left = |reply: Reply| reply.header("x-rate-limit-remaining").and_then(|n| n.parse::<i64>().ok());
    let before = left(globex.api("GET", "/api/v1/apps").await).expect("a quota");
    for _ in 0..3 {
        acme.api("GET", "/api/v1/apps").await.expect(200);
    }
    let after = left(globex.api("GET", "/api/v1/apps").await).expect("a quota");
    assert!(after < before && before - after < 200, "{before} → {after}: other tests share this count");
}

async fn tx_22_an_administrator_grants_nothing_beyond_the_tenant(app: Frozen) {
    let (acme, globex) = (app.acme(), app.globex());
    let (mine, theirs) = (make::user(&acme, "tx22").await, make::user(&globex, "tx22").await);
    let roles = |id: &str| format!("/api/v1/users/{id}/roles");
    for role in ["OPERATOR", "SYSTEM_ADMIN", "PLATFORM_ADMIN", "super_admin", "ORG_ADMIN", "*", ""] {
        let reply = acme.api("POST", &roles(&mine.id)).json(&json!({ "type": role })).await;
        assert_eq!(reply.status, 400, "{role}: {}", reply.describe());
        let reply = acme.api("DELETE", &format!("{}/{role}x", roles(&mine.id))).await;
        assert_eq!(reply.status, 404, "{role}: {}", reply.describe());
    }
    // A role for somebody of another tenant, by id and by login, and one that names another tenant.
    for id in [&theirs.id, &theirs.login] {
        acme.api("POST", &roles(id)).json(&json!({ "type": "SUPER_ADMIN" })).await.expect(404);
        acme.api("GET", &roles(id)).await.expect(404);
    }
    let elsewhere = json!({ "type": "SUPER_ADMIN", "tenant": "globex", "tenantId": "*" });
    acme.api("POST", &roles(&mine.id)).json(&elsewhere).await.expect(400);
    assert_eq!(acme.api("GET", &roles(&mine.id)).await.expect(200).json(), json!([]));
    // The highest that a tenant knows is nobody at the operator's.
    acme.api("POST", &roles(&mine.id)).json(&json!({ "type": "SUPER_ADMIN" })).await.expect(201);
    let tenants = format!("{}/api/v1/tenants", app.operator_url());
    app.http().get(&tenants).basic(&mine.login, &mine.password).await.expect(401);
    let ssws = format!("SSWS {}", acme.credentials.api_token);
    app.http().get(&tenants).header("authorization", &ssws).await.expect(401);
    let at_home = acme.api("GET", "/api/v1/tenants").await;
    assert_eq!(at_home.status, 404, "{}", at_home.describe());
}

//! Access policies: who gets tokens of a server, for how long, and which rule said so.

use signet_testkit::{Reply, Shared, Tenant, Value, json, on_each_engine};

use crate::support::apps::{Made, NewApp, Person, Server, unique};
use crate::support::desk::{Desk, shown};
use crate::support::groups::{group, join, leave};
use crate::support::replies::assert_sent_back;

on_each_engine! {
    a_server_with_policies_refuses_what_no_rule_allows,
    the_first_rule_that_lets_a_request_through_decides,
    a_rule_for_a_group_follows_its_members,
    a_refused_user_goes_back_to_the_app_without_being_asked,
    a_rule_sets_lifetimes,
    a_policy_that_comes_later_ends_codes_and_refreshing,
    the_policies_say_which_rule_would_decide,
    who_may_not_read_users_asks_about_none,
    a_policy_names_only_what_is_there,
    gr_20_a_new_scope_asks_again,
}

/// A rule for everybody and everything.
fn rule(name: &str) -> Value {
    json!({
        "name": name,
        "conditions": {
            "people": { "groups": { "include": ["EVERYONE"] } },
            "grantTypes": { "include": ["authorization_code", "client_credentials", "password"] },
            "scopes": { "include": ["*"] },
        },
    })
}

impl Server {
    fn policies(&self) -> String {
        format!("/api/v1/authorizationServers/{}/policies", self.id)
    }

    async fn policy(&self, clients: &[&str]) -> String {
        let body = json!({ "name": unique("policy"), "conditions": { "clients": { "include": clients } } });
        let made = self.tenant.api("POST", &self.policies()).json(&body).await.expect(201).json();
        made["id"].as_str().expect("an id").to_owned()
    }

    async fn rule(&self, policy: &str, body: &Value) -> String {
        let path = format!("{}/{policy}/rules", self.policies());
        let made = self.tenant.api("POST", &path).json(body).await.expect(201).json();
        made["id"].as_str().expect("an id").to_owned()
    }
}

async fn at_server(tenant: &Tenant) -> Server {
    let server = Server::new(tenant, json!({})).await;
    server.scope("read", "IMPLICIT").await;
    server.scope("write", "IMPLICIT").await;
    server
}

#[track_caller]
fn refused(reply: &Reply, error: &str) {
    assert_eq!(reply.status, 400, "{}", reply.describe());
    assert_eq!(reply.json()["error"], error, "{}", reply.describe());
}

async fn password(server: &Server, app: &Made, person: &Person, scope: &str) -> Reply {
    server.tenant.password(app, &person.login, &person.password, scope).await
}

async fn a_server_with_policies_refuses_what_no_rule_allows(app: Shared) {
    let acme = app.acme();
    let server = at_server(&acme).await;
    let (service, other) = (NewApp::service().make(&acme).await, NewApp::service().make(&acme).await);
    server.tenant.client_credentials(&service, "read").await.expect(200);
    let policy = server.policy(&[&service.client_id]).await;
    refused(&server.tenant.client_credentials(&service, "read").await, "access_denied");
    server.rule(&policy, &rule("all")).await;
    server.tenant.client_credentials(&service, "read").await.expect(200);
    refused(&server.tenant.client_credentials(&other, "read").await, "access_denied");
    let told = acme
        .wait_for_logs(
            &format!(r#"outcome.reason eq "no_matching_policy" and actor.id eq "{}""#, other.client_id),
            1,
        )
        .await;
    assert_eq!(told.len(), 1, "{told:#?}");
    // Another server has policies of its own.
    at_server(&acme).await.tenant.client_credentials(&other, "read").await.expect(200);
    // Without policies that are in force the server is open again.
    let path = format!("{}/{policy}", server.policies());
    let mut body = acme.api("GET", &path).await.expect(200).json();
    body["status"] = "INACTIVE".into();
    acme.api("PUT", &path).json(&body).await.expect(200);
    server.tenant.client_credentials(&other, "read").await.expect(200);
}

async fn the_first_rule_that_lets_a_request_through_decides(app: Shared) {
    let acme = app.acme();
    let server = at_server(&acme).await;
    let service = NewApp::service().make(&acme).await;
    let policy = server.policy(&["ALL_CLIENTS"]).await;
    let mut readers = rule("readers");
    readers["conditions"]["scopes"] = json!({ "include": ["read"] });
    readers["actions"] = json!({ "token": { "accessTokenLifetimeMinutes": 7 } });
    let readers = server.rule(&policy, &readers).await;
    let token = server.tenant.client_credentials(&service, "read").await.expect(200).json();
    assert_eq!(token["expires_in"], 7 * 60);
    let reply = server.tenant.client_credentials(&service, "read write").await;
    refused(&reply, "access_denied");
    let why = format!(r#"outcome.reason eq "scope_denied" and actor.id eq "{}""#, service.client_id);
    assert_eq!(acme.wait_for_logs(&why, 1).await.len(), 1);
    let mut writers = rule("writers");
    writers["actions"] = json!({ "token": { "accessTokenLifetimeMinutes": 9 } });
    writers["priority"] = 2.into();
    server.rule(&policy, &writers).await;
    for (scope, minutes) in [("read", 7), ("read write", 9), ("write", 9)] {
        let token = server.tenant.client_credentials(&service, scope).await.expect(200).json();
        assert_eq!(token["expires_in"], minutes * 60, "{scope}");
    }
    let by_rule = format!(r#"debugContext.debugData.accessRuleId eq "{readers}""#);
    let told = acme.wait_for_logs(&by_rule, 2).await;
    assert_eq!(told[0]["debugContext"]["debugData"]["accessRule"], "readers", "{told:#?}");
}

async fn a_rule_for_a_group_follows_its_members(app: Shared) {
    let acme = app.acme();
    let server = at_server(&acme).await;
    let web = NewApp::web().make(&acme).await;
    let (ann, bob) = (Person::new(&acme).await, Person::new(&acme).await);
    let staff = group(&acme, &unique("staff")).await;
    join(&acme, &staff, &ann.id).await;
    let policy = server.policy(&["ALL_CLIENTS"]).await;
    let mut for_staff = rule("staff");
    for_staff["conditions"]["people"] = json!({ "groups": { "include": [staff] } });
    server.rule(&policy, &for_staff).await;
    let tokens = password(&server, &web, &ann, "openid offline_access").await.tokens();
    refused(&password(&server, &web, &bob, "openid").await, "access_denied");
    leave(&acme, &staff, &ann.id).await;
    refused(&server.tenant.refresh(&web, tokens.refresh()).await, "access_denied");
    join(&acme, &staff, &ann.id).await;
    server.tenant.refresh(&web, tokens.refresh()).await.expect(200);
    acme.api("DELETE", &format!("/api/v1/groups/{staff}")).await.expect(204);
    let reply = server.tenant.refresh(&web, tokens.refresh()).await;
    refused(&reply, "access_denied");
}

async fn a_refused_user_goes_back_to_the_app_without_being_asked(app: Shared) {
    let acme = app.acme();
    let server = at_server(&acme).await;
    let web = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    let person = Person::new(&acme).await;
    let policy = server.policy(&["ALL_CLIENTS"]).await;
    let mut nobody = rule("machines");
    nobody["conditions"]["grantTypes"] = json!({ "include": ["client_credentials"] });
    server.rule(&policy, &nobody).await;
    let visitor = acme.visitor();
    let request = server.tenant.authorize(&web, "openid read");
    let page = visitor.open(&request.url()).await;
    let reply = visitor.sign_in(&page, &person.login, &person.password).await;
    assert_sent_back(&server.tenant, &request, &reply, "access_denied");
    // Signed in already, and silently.
    for prompt in ["", "none"] {
        let request = server.tenant.authorize(&web, "openid read");
        let request = if prompt.is_empty() { request } else { request.set("prompt", prompt) };
        let reply = visitor.get(&request.url()).await;
        assert_sent_back(&server.tenant, &request, &reply, "access_denied");
    }
}

async fn a_rule_sets_lifetimes(app: Shared) {
    let acme = app.acme();
    let server = at_server(&acme).await;
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let policy = server.policy(&[&web.client_id]).await;
    let mut short = rule("short");
    short["actions"] = json!({ "token": {
        "accessTokenLifetimeMinutes": 5, "refreshTokenLifetimeMinutes": 20, "refreshTokenWindowMinutes": 10,
    } });
    server.rule(&policy, &short).await;
    let flow = person.code(&server.tenant, &web, "openid offline_access").await;
    let tokens = server.tenant.redeem(&web, &flow).await.tokens();
    let (from, until) = (&tokens.access().claims["iat"], &tokens.access().claims["exp"]);
    assert_eq!(until.as_i64().zip(from.as_i64()).map(|(until, from)| until - from), Some(300));
    let facts = server.tenant.introspect(&web, tokens.refresh()).await;
    let life = facts["exp"].as_i64().zip(from.as_i64()).map(|(until, from)| until - from);
    assert!(life.is_some_and(|life| (600..=601).contains(&life)), "{facts:#}");
}

async fn a_policy_that_comes_later_ends_codes_and_refreshing(app: Shared) {
    let acme = app.acme();
    let server = at_server(&acme).await;
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let flow = person.code(&server.tenant, &web, "openid offline_access").await;
    let tokens = server.tenant.redeem(&web, &flow).await.tokens();
    let flow = person.code(&server.tenant, &web, "openid offline_access").await;
    let policy = server.policy(&["ALL_CLIENTS"]).await;
    refused(&server.tenant.refresh(&web, tokens.refresh()).await, "access_denied");
    refused(&server.tenant.redeem(&web, &flow).await, "access_denied");
    acme.api("DELETE", &format!("{}/{policy}", server.policies())).await.expect(204);
    // The refused refresh spent nothing; the refused code is spent like any that fails.
    server.tenant.refresh(&web, tokens.refresh()).await.expect(200);
    refused(&server.tenant.redeem(&web, &flow).await, "invalid_grant");
}

async fn the_policies_say_which_rule_would_decide(app: Shared) {
    let acme = app.acme();
    let server = at_server(&acme).await;
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let path = format!("{}/evaluate", server.policies());
    let ask = json!({
        "client_id": web.client_id, "user": person.login, "grant_type": "password", "scope": "openid read",
    });
    let open = acme.api("POST", &path).json(&ask).await.expect(200).json();
    assert_eq!(open, json!({ "allowed": true, "reason": null, "steps": [] }));
    let foreign = server.policy(&[&NewApp::service().make(&acme).await.client_id]).await;
    let policy = server.policy(&["ALL_CLIENTS"]).await;
    let mut machines = rule("machines");
    machines["conditions"]["grantTypes"] = json!({ "include": ["client_credentials"] });
    server.rule(&policy, &machines).await;
    let mut one = rule("one");
    one["conditions"]["people"] = json!({ "users": { "include": [Person::new(&acme).await.id] } });
    server.rule(&policy, &one).await;
    let mut narrow = rule("narrow");
    narrow["conditions"]["scopes"] = json!({ "include": ["openid"] });
    server.rule(&policy, &narrow).await;
    let told = acme.api("POST", &path).json(&ask).await.expect(200).json();
    assert_eq!((&told["allowed"], &told["reason"]), (&json!(false), &json!("scope_denied")), "{told:#}");
    let steps: Vec<_> = told["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|s| (s["policy"]["id"].as_str(), s["rule"]["name"].as_str(), s["outcome"].as_str()))
        .collect();
    assert_eq!(
        steps,
        [
            (Some(&*foreign), None, Some("otherApp")),
            (Some(&*policy), Some("machines"), Some("grantType")),
            (Some(&*policy), Some("one"), Some("user")),
            (Some(&*policy), Some("narrow"), Some("scope")),
            (Some(&*policy), None, Some("noRule")),
        ]
    );
    server.rule(&policy, &rule("rest")).await;
    let told = acme.api("POST", &path).json(&ask).await.expect(200).json();
    let last = told["steps"].as_array().and_then(|steps| steps.last()).expect("a step");
    assert_eq!((&last["rule"]["name"], &last["outcome"]), (&json!("rest"), &json!("allowed")), "{told:#}");
}

async fn who_may_not_read_users_asks_about_none(app: Shared) {
    let acme = app.acme();
    let server = at_server(&acme).await;
    let web = NewApp::web().make(&acme).await;
    let (desk, admin) = Desk::with_role(&acme, "SUPER_ADMIN").await;
    let made = desk.fill("/console/credentials/tokens/new", &[("name", &unique("evaluate"))]).await;
    let token = shown(&made, "API token");
    app.canaries().add(&token);
    let roles = format!("/api/v1/users/{}/roles", admin.id);
    acme.api("DELETE", &format!("{roles}/SUPER_ADMIN")).await.expect(204);
    acme.api("POST", &roles).json(&json!({ "type": "APP_ADMIN" })).await.expect(201);
    let path = format!("{}/evaluate", server.policies());
    let mut ask = json!({ "client_id": web.client_id, "grant_type": "client_credentials", "scope": "read" });
    acme.api_with(&token, "POST", &path).json(&ask).await.expect(200);
    for user in [Person::new(&acme).await.login, "nobody@acme.test".to_owned()] {
        ask["user"] = user.into();
        acme.api_with(&token, "POST", &path).json(&ask).await.expect(403);
    }
}

async fn a_policy_names_only_what_is_there(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let server = at_server(&acme).await;
    let foreign_app = NewApp::service().make(&globex).await;
    let (foreign_user, foreign_group) = (Person::new(&globex).await, group(&globex, &unique("theirs")).await);
    let body = json!({ "name": "p", "conditions": { "clients": { "include": [foreign_app.client_id] } } });
    let reply = acme.api("POST", &server.policies()).json(&body).await.expect(400);
    assert!(reply.text().contains("there is no app"), "{}", reply.describe());
    let policy = server.policy(&["ALL_CLIENTS"]).await;
    let path = format!("{}/{policy}/rules", server.policies());
    for (pointer, value, says) in [
        ("/conditions/people", json!({ "users": { "include": [foreign_user.id] } }), "there is no user"),
        ("/conditions/people", json!({ "groups": { "include": [foreign_group] } }), "there is no group"),
        ("/conditions/people", json!({}), "must name a user or a group"),
        ("/conditions/grantTypes", json!({ "include": ["implicit"] }), "must be of authorization_code"),
        ("/conditions/grantTypes", json!({ "include": [] }), "must have 1 to 100 entries"),
        ("/conditions/scopes", json!({ "include": ["unheard"] }), "has no scope 'unheard'"),
        ("/conditions/scopes", json!({ "include": ["read", "read"] }), "must not have an entry twice"),
    ] {
        let mut body = rule("r");
        *body.pointer_mut(pointer).expect("a member") = value;
        let reply = acme.api("POST", &path).json(&body).await.expect(400);
        assert!(reply.text().contains(says), "{pointer}: {}", reply.describe());
    }
    for (lifetime, minutes) in [
        ("accessTokenLifetimeMinutes", 1441),
        ("accessTokenLifetimeMinutes", i64::MAX),
        ("refreshTokenWindowMinutes", i64::MAX),
        ("refreshTokenLifetimeMinutes", i64::MIN),
    ] {
        let mut body = rule("r");
        body["actions"] = json!({ "token": { lifetime: minutes } });
        acme.api("POST", &path).json(&body).await.expect(400);
    }
    acme.api("POST", &path).json(&rule("same")).await.expect(201);
    let reply = acme.api("POST", &path).json(&rule("same")).await.expect(400);
    assert!(reply.text().contains("already exists"), "{}", reply.describe());
    // A version that isn't the present one changes nothing.
    let path = format!("{}/{policy}", server.policies());
    let body = acme.api("GET", &path).await.expect(200).json();
    acme.api("PUT", &path).header("if-match", "\"7\"").json(&body).await.expect(412);
}

async fn gr_20_a_new_scope_asks_again(app: Shared) {
    let acme = app.acme();
    let server = Server::new(&acme, json!({})).await;
    server.scope("mail", "REQUIRED").await;
    server.scope("files", "REQUIRED").await;
    let web = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    let person = Person::new(&acme).await;
    let visitor = acme.visitor();
    person.code_in(&visitor, &server.tenant, &web, "openid mail").await;
    let asks = async |scope: &str| {
        let request = server.tenant.authorize(&web, scope);
        visitor.open(&request.url()).await.status == 200
    };
    assert!(!asks("openid mail").await, "what was allowed isn't asked again");
    assert!(asks("openid mail files").await, "a scope that the user hasn't seen is");
    assert!(!asks("openid mail").await, "and looking at the page allows nothing");
}

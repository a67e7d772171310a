//! Groups of users, and claims that are made of them and of profiles.

use signet_testkit::{Shared, Tenant, Value, json, on_each_engine};

use crate::support::apps::{NewApp, Person, Server, unique};
use crate::support::groups::{group, join, leave};

on_each_engine! {
    groups_are_made_changed_found_and_deleted,
    members_come_and_go_and_the_log_says_so,
    the_scope_groups_gives_the_names,
    configured_claims_are_in_the_tokens_that_they_are_for,
    a_claim_of_groups_lists_those_that_its_filter_lets_through,
    too_many_groups_are_an_error_and_no_cut_list,
    a_claim_is_checked_when_it_is_made,
}

async fn groups_are_made_changed_found_and_deleted(app: Shared) {
    let acme = app.acme();
    let name = unique("Night Shift");
    let id = group(&acme, &name).await;
    let path = format!("/api/v1/groups/{id}");
    let read = acme.api("GET", &path).await.expect(200);
    let found = read.json();
    assert_eq!((&found["type"], &found["profile"]["name"]), (&json!("OKTA_GROUP"), &json!(name)));
    let upper = json!({ "profile": { "name": name.to_uppercase() } });
    let taken = acme.api("POST", "/api/v1/groups").json(&upper).await.expect(400);
    assert!(taken.text().contains("already exists"), "{}", taken.describe());
    let search = acme.api("GET", "/api/v1/groups").query([("q", "night sh")]).await.expect(200).json();
    assert!(search.as_array().unwrap().iter().any(|g| g["id"] == *id), "{search:#}");
    let etag = read.header("etag").expect("a version").to_owned();
    let renamed = json!({ "profile": { "name": format!("{name} B"), "description": "x" } });
    acme.api("PUT", &path).header("if-match", &etag).json(&renamed).await.expect(200);
    acme.api("PUT", &path).header("if-match", &etag).json(&renamed).await.expect(412);
    for bad in [json!({ "profile": { "name": "" } }), json!({ "profile": { "name": " x" } }), json!({})] {
        acme.api("POST", "/api/v1/groups").json(&bad).await.expect(400);
    }
    acme.api("DELETE", &path).await.expect(204);
    acme.api("GET", &path).await.expect(404);
    let told = acme.wait_for_logs(&format!(r#"target.id eq "{id}""#), 3).await;
    let types: Vec<_> = told.iter().filter_map(|e| e["eventType"].as_str()).collect();
    assert_eq!(types, ["group.lifecycle.create", "group.profile.update", "group.lifecycle.delete"]);
}

async fn members_come_and_go_and_the_log_says_so(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let id = group(&acme, &unique("crew")).await;
    let (ann, bob, stranger) =
        (Person::new(&acme).await, Person::new(&acme).await, Person::new(&globex).await);
    for who in [&ann, &bob, &ann] {
        join(&acme, &id, &who.id).await;
    }
    let users = format!("/api/v1/groups/{id}/users");
    acme.api("PUT", &format!("{users}/{}", stranger.id)).await.expect(404);
    let page = acme.api("GET", &users).query([("limit", "1")]).await.expect(200);
    assert_eq!(page.json()[0]["id"], *ann.id);
    let links = page.headers_named("link");
    let next = links.iter().find(|link| link.contains("rel=\"next\"")).expect("a next page");
    let url = next.trim_start_matches('<').split('>').next().expect("a URL");
    let second = acme.api("GET", url.trim_start_matches(acme.origin())).await.expect(200).json();
    assert_eq!((second.as_array().map(Vec::len), &second[0]["id"]), (Some(1), &json!(bob.id)));
    let of = |who: &Person| format!("/api/v1/users/{}/groups", who.id);
    assert_eq!(acme.api("GET", &of(&ann)).await.expect(200).json()[0]["id"], *id);
    leave(&acme, &id, &ann.id).await;
    leave(&acme, &id, &ann.id).await;
    assert_eq!(acme.api("GET", &of(&ann)).await.expect(200).json(), json!([]));
    let filter = format!(r#"eventType sw "group.user_membership" and target.id eq "{}""#, ann.id);
    let told = acme.wait_for_logs(&filter, 2).await;
    assert_eq!(told.len(), 2, "coming twice is coming once: {told:#?}");
}

async fn tokens(
    tenant: &Tenant,
    app: &signet_testkit::App,
    person: &Person,
    scope: &str,
) -> signet_testkit::TokenSet {
    let flow = person.code(tenant, app, scope).await;
    tenant.redeem(app, &flow).await.tokens()
}

async fn the_scope_groups_gives_the_names(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let names = [unique("a-team"), unique("b-team")];
    for name in names.iter().rev() {
        join(&acme, &group(&acme, name).await, &person.id).await;
    }
    let got = tokens(&acme, &web, &person, "openid groups").await;
    assert_eq!(got.id().claims["groups"], json!(names));
    assert_eq!(acme.userinfo(&got.access_token).await.expect(200).json()["groups"], json!(names));
    let without = tokens(&acme, &web, &person, "openid").await;
    assert_eq!(without.id().claims["groups"], Value::Null);
}

async fn claim(server: &Server, body: &Value) -> Value {
    let path = format!("/api/v1/authorizationServers/{}/claims", server.id);
    server.tenant.api("POST", &path).json(body).await.expect(201).json()
}

async fn configured_claims_are_in_the_tokens_that_they_are_for(app: Shared) {
    let acme = app.acme();
    let server = Server::new(&acme, json!({})).await;
    server.scope("hr", "IMPLICIT").await;
    let (web, service) = (NewApp::web().make(&acme).await, NewApp::service().make(&acme).await);
    let person = Person::new(&acme).await;
    let profile = json!({ "profile": { "department": "R&D", "costCenter": "4711" } });
    acme.api("POST", &format!("/api/v1/users/{}", person.id)).json(&profile).await.expect(200);
    for body in [
        json!({ "name": "department", "claimType": "RESOURCE", "value": "user.department" }),
        json!({ "name": "tier", "claimType": "RESOURCE", "value": "\"gold\"" }),
        json!({ "name": "cost", "claimType": "RESOURCE", "value": "user.costCenter", "conditions": { "scopes": ["hr"] } }),
        json!({ "name": "app", "claimType": "RESOURCE", "value": "app.clientId" }),
        json!({ "name": "off", "claimType": "RESOURCE", "value": "1", "status": "INACTIVE" }),
        json!({ "name": "dept", "claimType": "IDENTITY", "value": "user.department", "alwaysIncludeInToken": true }),
        json!({ "name": "cc", "claimType": "IDENTITY", "value": "user.costCenter" }),
    ] {
        claim(&server, &body).await;
    }
    let got = tokens(&server.tenant, &web, &person, "openid").await;
    let (access, id) = (got.access().claims, got.id().claims);
    assert_eq!((&access["department"], &access["tier"]), (&json!("R&D"), &json!("gold")));
    assert_eq!(access["app"], *web.client_id);
    for absent in ["cost", "off", "dept", "cc"] {
        assert_eq!(access[absent], Value::Null, "{absent}");
    }
    assert_eq!((&id["dept"], &id["cc"], &id["tier"]), (&json!("R&D"), &Value::Null, &Value::Null));
    let told = server.tenant.userinfo(&got.access_token).await.expect(200).json();
    assert_eq!((&told["dept"], &told["cc"]), (&json!("R&D"), &json!("4711")));
    let with_scope = tokens(&server.tenant, &web, &person, "openid hr").await;
    assert_eq!(with_scope.access().claims["cost"], "4711");
    // An app for itself has no profile; what isn't made of one is there.
    let own = server.tenant.client_credentials(&service, "hr").await.tokens().access().claims;
    assert_eq!(
        (&own["department"], &own["tier"], &own["cost"]),
        (&Value::Null, &json!("gold"), &Value::Null)
    );
    let supported = server.tenant.discovery().await["claims_supported"].clone();
    for (name, listed) in [("dept", true), ("cc", true), ("groups", true), ("tier", false)] {
        assert_eq!(supported.as_array().unwrap().contains(&json!(name)), listed, "{name} in {supported}");
    }
    assert!(server.tenant.is_active(&web, &got.access_token).await, "such a token is a token");
}

async fn a_claim_of_groups_lists_those_that_its_filter_lets_through(app: Shared) {
    let acme = app.acme();
    let server = Server::new(&acme, json!({})).await;
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let tag = unique("tag");
    let names = [format!("eng {tag}"), format!("eng-ops {tag}"), format!("sales {tag}")];
    for name in &names {
        join(&acme, &group(&acme, name).await, &person.id).await;
    }
    for (name, filter, value) in [
        ("starts", "STARTS_WITH", "eng"),
        ("equals", "EQUALS", names[2].as_str()),
        ("contains", "CONTAINS", "ops"),
        ("regex", "REGEX", "(eng|sales) .*"),
        ("none", "EQUALS", "nothing"),
    ] {
        let body = json!({
            "name": name, "claimType": "RESOURCE", "valueType": "GROUPS", "value": value, "group_filter_type": filter,
        });
        claim(&server, &body).await;
    }
    let claims = tokens(&server.tenant, &web, &person, "openid").await.access().claims;
    assert_eq!(claims["starts"], json!([names[0], names[1]]));
    assert_eq!(claims["equals"], json!([names[2]]));
    assert_eq!(claims["contains"], json!([names[1]]));
    assert_eq!(claims["regex"], json!([names[0], names[2]]));
    assert_eq!(claims["none"], json!([]));
}

async fn too_many_groups_are_an_error_and_no_cut_list(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let tag = unique("many");
    for n in 0..100 {
        join(&acme, &group(&acme, &format!("{tag} {n:03}")).await, &person.id).await;
    }
    let got = tokens(&acme, &web, &person, "openid groups").await;
    assert_eq!(got.id().claims["groups"].as_array().map(Vec::len), Some(100));
    join(&acme, &group(&acme, &format!("{tag} 100")).await, &person.id).await;
    let flow = person.code(&acme, &web, "openid groups").await;
    let reply = acme.redeem(&web, &flow).await;
    assert_eq!(reply.json()["error"], "server_error", "{}", reply.describe());
    let told = acme.wait_for_logs(r#"outcome.reason eq "too_many_groups_in_groups_claim""#, 1).await;
    assert!(!told.is_empty());
}

async fn a_claim_is_checked_when_it_is_made(app: Shared) {
    let acme = app.acme();
    let server = Server::new(&acme, json!({})).await;
    let path = format!("/api/v1/authorizationServers/{}/claims", server.id);
    let good = json!({ "name": "level", "claimType": "RESOURCE", "value": "user.level" });
    for (member, value, says) in [
        ("name", json!("sub"), "has a meaning of its own"),
        ("name", json!("email_verified"), "has a meaning of its own"),
        ("name", json!("gen"), "has a meaning of its own"),
        ("value", json!("user.a.b"), "must be user.NAME"),
        ("claimType", json!("BOTH"), "claimType"),
        ("group_filter_type", json!("REGEX"), "only goes with"),
        ("conditions", json!({ "scopes": ["unheard"] }), "has no scope"),
    ] {
        let mut body = good.clone();
        body[member] = value;
        let reply = acme.api("POST", &path).json(&body).await.expect(400);
        assert!(reply.text().contains(says), "{member}: {}", reply.describe());
    }
    let pattern = json!({
        "name": "g", "claimType": "RESOURCE", "valueType": "GROUPS", "value": "(", "group_filter_type": "REGEX",
    });
    let reply = acme.api("POST", &path).json(&pattern).await.expect(400);
    assert!(reply.text().contains("is no pattern"), "{}", reply.describe());
    let made = claim(&server, &good).await;
    acme.api("POST", &path).json(&good).await.expect(400);
    let one = format!("{path}/{}", made["id"].as_str().expect("an id"));
    let mut changed = made.clone();
    changed["value"] = "\"seven\"".into();
    acme.api("PUT", &one).json(&changed).await.expect(200);
    assert_eq!(acme.api("GET", &one).await.expect(200).json()["value"], "\"seven\"");
    acme.api("DELETE", &one).await.expect(204);
    acme.api("GET", &one).await.expect(404);
}

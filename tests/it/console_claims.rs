//! Claims at the console, and what tokens would say before anybody gets one.

use signet_testkit::{Page, Shared, Value, json, on_each_engine, serde_json};

use crate::support::apps::{NewApp, Person, Server};
use crate::support::desk::Desk;
use crate::support::groups::{group, join};
use crate::support::make::unique;

on_each_engine! {
    a_claim_is_made_changed_and_deleted,
    what_is_wrong_with_a_claim_stands_beside_its_field,
    ad_03_two_administrators_at_one_claim,
    a_preview_says_what_the_tokens_say_and_issues_none,
    a_preview_says_why_there_would_be_no_tokens,
    who_may_not_read_users_previews_no_profile,
}

fn page_of(server: &Server) -> String {
    format!("/console/servers/{}", server.id)
}

async fn a_claim_is_made_changed_and_deleted(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    let url = page_of(&server);
    let fields = [("name", "department"), ("source", "profile"), ("value", "user.department")];
    let made = desk.fill(&format!("{url}/claims/new"), &fields).await.expect(200);
    assert!(made.text().contains("The claim is saved."), "{}", made.page().text());
    for (name, source, value, stored) in [
        ("tier", "constant", "gold", "\"gold\""),
        ("level", "constant", "7", "7"),
        ("caller", "app_id", "", "app.clientId"),
        ("teams", "STARTS_WITH", "team-", "team-"),
    ] {
        let fields = [("name", name), ("source", source), ("value", value), ("claimType", "id")];
        desk.fill(&format!("{url}/claims/new"), &fields).await.expect(200);
        let claims = acme
            .api("GET", &format!("/api/v1/authorizationServers/{}/claims", server.id))
            .await
            .expect(200)
            .json();
        let found = claims.as_array().into_iter().flatten().find(|c| c["name"] == name).cloned();
        let found = found.unwrap_or_else(|| panic!("no {name}: {claims:#}"));
        assert_eq!(found["value"], stored, "{name}");
        assert_eq!((&found["claimType"], &found["alwaysIncludeInToken"]), (&json!("IDENTITY"), &json!(true)));
    }
    let page = desk.page(&url).await.page();
    let links = page.attributes("td.first a", "href");
    let own: Vec<&String> = links.iter().filter(|href| href.contains("/claims/")).collect();
    assert_eq!(own.len(), 5, "{links:?}");
    let text = page.text();
    assert!(text.contains("groups that begin with team-") && text.contains("user.department"), "{text}");
    let first = own[1];
    let form = desk.page(first).await;
    assert_eq!(crate::support::desk::the_form(&form).get("value"), Some("department"), "as it was typed");
    let changed = desk.fill(first, &[("value", "division")]).await.expect(200);
    assert!(changed.text().contains("user.division"), "{}", changed.page().text());
    let id = first.rsplit('/').next().unwrap();
    let told = acme.wait_for_logs(&format!(r#"target.id eq "{id}""#), 2).await;
    assert_eq!(told[1]["debugContext"]["debugData"]["changed"], "value", "{told:#?}");
    let target =
        told[1]["target"].as_array().into_iter().flatten().find(|target| target["id"] == id).unwrap();
    assert!(target["detailEntry"]["from"].as_str().unwrap().contains("user.department"), "{target:#}");
    let gone = desk.fill(&format!("{first}/delete"), &[]).await.expect(200);
    assert!(gone.text().contains("The claim is deleted."), "{}", gone.text());
    let claims = gone.page().all("section[aria-labelledby=claims]").concat();
    assert!(!claims.contains("user.division"), "what it was is in the history alone: {claims}");
    for path in [first.clone(), format!("{first}/delete"), format!("{url}/claims/none")] {
        assert_eq!(desk.get(&path).await.status, 404, "{path}");
    }
}

async fn what_is_wrong_with_a_claim_stands_beside_its_field(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    let new = format!("{}/claims/new", page_of(&server));
    let right = [("name", "department"), ("source", "profile"), ("value", "department")];
    for (field, value, at, says) in [
        ("name", "", "name", "Must have 1 to 200 characters."),
        ("name", "sub", "name", "This claim has a meaning of its own"),
        ("name", "email", "name", "This claim has a meaning of its own"),
        ("value", "a.b", "value", "Must be the name of one member"),
        ("source", "planet", "value", ""),
        ("conditions", "unheard", "conditions", "has no scope 'unheard'"),
    ] {
        let page = desk.page(&new).await;
        let mut fields = right.to_vec();
        fields.push((field, value));
        let reply = desk.send(&page, &fields).await;
        if field == "source" {
            // What the form doesn't offer is read as a member of the profile.
            assert_eq!(reply.status, 303, "{}", reply.describe());
            continue;
        }
        let said = reply.expect(422).page().all(&format!("#{at}-error"));
        assert!(said.iter().any(|s| s.contains(says)), "{field}={value}: {said:?}");
    }
    let page = desk.page(&new).await;
    let reply = desk.send(&page, &right).await.expect(422);
    assert!(reply.page().all("#name-error")[0].contains("has such a claim"), "{}", reply.page().text());
    let pattern = [("name", "p"), ("source", "REGEX"), ("value", "(")];
    let reply = desk.send(&page, &pattern).await.expect(422);
    assert!(reply.page().all("#value-error")[0].starts_with("Is no pattern"), "{}", reply.page().text());
}

async fn ad_03_two_administrators_at_one_claim(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    let path = format!("/api/v1/authorizationServers/{}/claims", server.id);
    let body = json!({ "name": "tier", "claimType": "RESOURCE", "value": "\"gold\"" });
    let made = acme.api("POST", &path).json(&body).await.expect(201);
    assert_eq!(made.header("etag"), Some("\"1\""));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let url = format!("{}/claims/{id}", page_of(&server));
    let (theirs, mine) = (desk.page(&url).await, desk.page(&url).await);
    assert_eq!(desk.send(&theirs, &[("value", "silver")]).await.status, 303);
    let clash = desk.send(&mine, &[("value", "bronze")]).await.expect(412);
    let cells = clash.page().all("table.plain td");
    assert_eq!(cells, ["\"silver\"", "bronze"], "both versions");
    let saved = desk.send(&clash, &[]).await;
    assert!(desk.visitor.follow(saved).await.text().contains("bronze"), "saved on insisting");
    // The same through the API.
    let own = format!("{path}/{id}");
    acme.api("PUT", &own).header("if-match", "\"2\"").json(&body).await.expect(412);
    let put = acme.api("PUT", &own).header("if-match", "\"3\"").json(&body).await.expect(200);
    assert_eq!(put.header("etag"), Some("\"4\""));
}

/// A payload of the answer.
fn json_of(page: &Page, at: usize) -> Value {
    let blocks = page.all("#answer pre");
    serde_json::from_str(&blocks[at]).unwrap_or_else(|error| panic!("{error}: {blocks:?}"))
}

async fn a_preview_says_what_the_tokens_say_and_issues_none(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({ "accessTokenLifetimeMinutes": 15 })).await;
    let (web, person) = (NewApp::web().make(&acme).await, Person::new(&acme).await);
    let team = unique("team");
    join(&acme, &group(&acme, &team).await, &person.id).await;
    let url = page_of(&server);
    for fields in [
        [("name", "login_again"), ("source", "profile"), ("value", "login"), ("claimType", "access")],
        [("name", "teams"), ("source", "EQUALS"), ("value", team.as_str()), ("claimType", "id")],
    ] {
        desk.fill(&format!("{url}/claims/new"), &fields).await.expect(200);
    }
    let grants = r#"eventType sw "app.oauth2.as.token.grant""#;
    let mine = format!(r#"{grants} and actor.id eq "{}""#, web.client_id);
    let preview = desk.page(&format!("{url}/preview")).await;
    assert!(preview.page().attributes("#client_id-list option", "value").len() > 1, "apps are suggested");
    let ask = [
        ("client_id", web.client_id.as_str()),
        ("user", person.login.as_str()),
        ("grant_type", "password"),
        ("scope", "openid email"),
    ];
    let shown = desk.send(&preview, &ask).await.expect(200).page();
    assert!(acme.logs(&[("filter", &mine)]).await.is_empty(), "nothing was issued");
    let (mut access, mut id) = (json_of(&shown, 0), json_of(&shown, 1));
    let real = server.tenant.password(&web, &person.login, &person.password, "openid email").await.tokens();
    for (claims, real, own) in [
        (&mut access, &real.access().claims, &["jti", "gid", "iat", "exp", "auth_time"][..]),
        (&mut id, &real.id().claims, &["jti", "at_hash", "sid", "nonce", "iat", "exp", "auth_time"][..]),
    ] {
        let mut real = real.clone();
        if let (Some(from), Some(until)) = (claims["iat"].as_i64(), claims["exp"].as_i64()) {
            assert_eq!(until - from, real["exp"].as_i64().unwrap() - real["iat"].as_i64().unwrap());
        }
        for name in own {
            claims.as_object_mut().unwrap().remove(*name);
            real.as_object_mut().unwrap().remove(*name);
        }
        assert_eq!(*claims, real);
    }
    assert_eq!(access["login_again"], *person.login);
    assert_eq!(id["teams"], json!([team]));
    let told = server.tenant.userinfo(&real.access_token).await.expect(200).json();
    assert_eq!(json_of(&shown, 2), told);
    let service = NewApp::service().make(&acme).await;
    let ask = [("client_id", service.client_id.as_str()), ("user", ""), ("grant_type", "client_credentials")];
    server.scope("read", "IMPLICIT").await;
    let mut fields = ask.to_vec();
    fields.push(("scope", "read"));
    let shown = desk.send(&preview, &fields).await.expect(200).page();
    assert_eq!(json_of(&shown, 0)["sub"], *service.client_id);
    assert_eq!(shown.all("#answer pre").len(), 1, "nobody to tell the app about");
}

async fn a_preview_says_why_there_would_be_no_tokens(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    let (web, service) = (NewApp::web().make(&acme).await, NewApp::service().make(&acme).await);
    let person = Person::new(&acme).await;
    let preview = desk.page(&format!("{}/preview", page_of(&server))).await;
    let right = [
        ("client_id", web.client_id.as_str()),
        ("user", person.login.as_str()),
        ("grant_type", "authorization_code"),
        ("scope", "openid"),
    ];
    for (change, says) in [
        (vec![("scope", "openid unheard")], "has no scope"),
        (vec![("grant_type", "client_credentials")], "name no user"),
        (vec![("user", "")], "This grant is a user"),
        (vec![("client_id", service.client_id.as_str())], "The app may not use this grant"),
    ] {
        let mut fields = right.to_vec();
        fields.extend(change);
        let shown = desk.send(&preview, &fields).await.expect(200).page();
        let answer = shown.all("#answer").join(" ");
        assert!(answer.contains("Refused") && answer.contains(says), "{says}: {answer}");
        assert!(shown.all("#answer pre").is_empty());
    }
    for (field, value, says) in [
        ("client_id", "nobody", "No app here has this client id."),
        ("user", "nobody-at-all", "Nobody here has this login."),
        ("grant_type", "implicit", "Choose one of these."),
        ("scope", "a\"b", "These aren't names of scopes"),
    ] {
        let mut fields = right.to_vec();
        fields.push((field, value));
        let reply = desk.send(&preview, &fields).await.expect(422);
        let said = reply.page().all(&format!("#{field}-error"));
        assert!(said.iter().any(|s| s.starts_with(says)), "{field}: {said:?}");
    }
    person.lifecycle(&acme, "suspend").await;
    let shown = desk.send(&preview, &right).await.expect(200).page();
    assert!(shown.all("#answer").join(" ").contains("The user isn't active"));
}

async fn who_may_not_read_users_previews_no_profile(app: Shared) {
    let acme = app.acme();
    let server = Server::new(&acme, json!({})).await;
    server.scope("read", "IMPLICIT").await;
    let (service, person) = (NewApp::service().make(&acme).await, Person::new(&acme).await);
    let (desk, _) = Desk::with_role(&acme, "APP_ADMIN").await;
    let page = desk.page(&format!("{}/preview", page_of(&server))).await;
    assert!(page.page().attributes("#user", "name").is_empty(), "no field for a user");
    let own =
        [("client_id", service.client_id.as_str()), ("grant_type", "client_credentials"), ("scope", "read")];
    desk.send(&page, &own).await.expect(200);
    let mut form = crate::support::desk::the_form(&page);
    form.set("client_id", &service.client_id).set("user", &person.login);
    desk.visitor.submit(&page, &form).await.expect(403);
}

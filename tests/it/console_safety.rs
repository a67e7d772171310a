//! What keeps an administrator from harm: passwords asked again, names typed, and two people at one thing.

use std::time::Duration;

use signet_testkit::{Reply, Shared, TestApp, Value, json, on_each_engine};

use crate::support::apps::{NewApp, Person, Server};
use crate::support::console_routes::Ids;
use crate::support::desk::{Desk, the_form};
use crate::support::make::{self, unique};
use crate::support::routes;

on_each_engine! {
    what_shuts_somebody_out_asks_for_the_password_late,
    settings_that_let_people_in_ask_for_the_password_late,
    what_is_not_there_is_said_before_the_password_is_asked,
    keys_and_tokens_go_by_a_typed_name,
    ad_03_two_administrators_at_one_scope,
    ad_03_two_administrators_at_one_role,
    ad_03_two_administrators_at_settings,
    a_locked_user_is_unlocked_and_a_lost_one_signed_out,
}

const LATE: Duration = Duration::from_secs(11 * 60);
const OWN: &str = "your_password";

/// The page asks, a wrong password and none do nothing, and the right one does it. Then it gets late again.
async fn asks(app: &TestApp, desk: &Desk, asked: &Reply, fields: &[(&str, &str)]) -> Reply {
    assert!(the_form(asked).get(OWN).is_some(), "no question: {}", asked.page().text());
    for wrong in ["", "not-my-password"] {
        let refused = desk.send(asked, &[fields, &[(OWN, wrong)]].concat()).await;
        assert!(the_form(&refused).get(OWN).is_some(), "“{wrong}”: {}", refused.describe());
    }
    let done = desk.send(asked, &[fields, &[(OWN, desk.password.as_str())]].concat()).await.expect(303);
    let done = desk.visitor.follow(done).await.expect(200);
    app.clock().advance(LATE).await;
    done
}

async fn what_shuts_somebody_out_asks_for_the_password_late(app: TestApp) {
    let acme = app.acme();
    let clock = app.clock();
    clock.freeze().await;
    let desk = Desk::of(&acme).await;
    let person = Person::new(&acme).await;
    let client = NewApp::web().make(&acme).await;
    let path = format!("/console/users/{}", person.id);
    let status = async || {
        let user = acme.api("GET", &format!("/api/v1/users/{}", person.id)).await.expect(200).json();
        user["status"].as_str().expect("a status").to_owned()
    };
    // A fresh sign-in is asked nothing.
    let tokens = person.code(&acme, &client, "openid").await.redeem(&acme, &client).await;
    desk.press(&path, "/suspend").await.expect(200);
    assert_eq!(status().await, "SUSPENDED");
    desk.press(&path, "/unsuspend").await.expect(200);
    assert!(!acme.is_active(&client, &tokens.access_token).await);

    clock.advance(LATE).await;
    let tokens = person.code(&acme, &client, "openid").await.redeem(&acme, &client).await;
    let asked = desk.press(&path, &format!("{}/sign-out", person.id)).await.expect(200);
    assert!(acme.is_active(&client, &tokens.access_token).await, "nothing yet");
    let done = asks(&app, &desk, &asked, &[]).await;
    assert!(done.text().contains("is signed out everywhere"), "{}", done.page().text());
    assert!(!acme.is_active(&client, &tokens.access_token).await);
    let asked = desk.press(&path, "/suspend").await.expect(200);
    assert_eq!(status().await, "ACTIVE");
    asks(&app, &desk, &asked, &[]).await;
    assert_eq!(status().await, "SUSPENDED");
    // What lets somebody back in is no danger.
    desk.press(&path, "/unsuspend").await.expect(200);
    assert_eq!(status().await, "ACTIVE");
    // An answer counts like a sign-in: for ten minutes nothing else is asked about.
    let asked = desk.press(&path, "/suspend").await.expect(200);
    desk.send(&asked, &[(OWN, desk.password.as_str())]).await.expect(303);
    desk.press(&path, "/unsuspend").await.expect(200);
    assert_eq!(status().await, "ACTIVE");
    desk.press(&path, "/suspend").await.expect(200);
    assert_eq!(status().await, "SUSPENDED");
    desk.press(&path, "/unsuspend").await.expect(200);
    clock.advance(LATE).await;
    let asked = desk.page(&format!("{path}/deactivate")).await;
    asks(&app, &desk, &asked, &[]).await;
    assert_eq!(status().await, "DEPROVISIONED");

    let off = desk.page(&format!("/console/apps/{}/off", client.id)).await;
    asks(&app, &desk, &off, &[]).await;
    let app = acme.api("GET", &format!("/api/v1/apps/{}", client.id)).await.expect(200).json();
    assert_eq!(app["status"], "INACTIVE");
    desk.press(&format!("/console/apps/{}", client.id), "/on").await.expect(200);
}

async fn settings_that_let_people_in_ask_for_the_password_late(app: TestApp) {
    let acme = app.acme();
    let clock = app.clock();
    clock.freeze().await;
    let desk = Desk::of(&acme).await;
    let person = Person::new(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    let rates = make::idle_rate_policy(&acme).await;
    clock.advance(LATE).await;

    // A name is changed as ever; whoever has the login and the address has the account.
    let profile = format!("/console/users/{}/edit", person.id);
    desk.fill(&profile, &[("title", "Dr")]).await.expect(200);
    for (name, value) in [("email", "other@people.test"), ("login", "somebody-else@people.test")] {
        let page = desk.page(&profile).await;
        assert!(the_form(&page).get(OWN).is_none());
        let asked = desk.send(&page, &[(name, value)]).await.expect(422);
        asks(&app, &desk, &asked, &[]).await;
    }
    let user = acme.api("GET", &format!("/api/v1/users/{}", person.id)).await.expect(200).json();
    assert_eq!(user["profile"]["login"], "somebody-else@people.test");
    assert_eq!(user["profile"]["email"], "other@people.test");

    let path = format!("/console/servers/{}", server.id);
    asks(&app, &desk, &desk.page(&format!("{path}/edit")).await, &[("description", "changed")]).await;
    let policies = format!("{path}/policies");
    let name = unique("policy");
    let page = desk.page(&format!("{policies}/new")).await;
    let fields = [("name", name.as_str()), ("status", "ACTIVE"), ("conditions.clients", "ALL_CLIENTS")];
    let made = asks(&app, &desk, &page, &fields).await;
    let policy = made.url.path().to_owned();
    asks(&app, &desk, &desk.page(&format!("{policy}/edit")).await, &[("description", "changed")]).await;
    let fields =
        [("name", "rule"), ("conditions.grantTypes", "client_credentials"), ("conditions.scopes", "*")];
    asks(&app, &desk, &desk.page(&format!("{policy}/rules/new")).await, &fields).await;
    let asked = desk.press(&policy, "/off").await;
    asks(&app, &desk, &asked, &[]).await;

    // What tokens say, who may register, where alerts go.
    let claim = [("name", "desk"), ("value", "user.email"), ("scopes", "")];
    asks(&app, &desk, &desk.page(&format!("/console/servers/{}/claims/new", server.id)).await, &claim).await;
    let registration = format!("/console/servers/{}/registration/edit", server.id);
    asks(&app, &desk, &desk.page(&registration).await, &[("mode", "OPEN")]).await;
    let hook = json!({ "name": "pager", "url": "https://hooks.test/a" });
    let hook = acme.api("POST", "/api/v1/webhooks").not_secret().json(&hook).await.expect(201).json();
    let hook = format!("/console/webhooks/{}/edit", hook["id"].as_str().expect("an id"));
    asks(&app, &desk, &desk.page(&hook).await, &[("url", "https://elsewhere.test/a")]).await;

    // What is in force asks before it refuses nothing any more; putting it in force doesn't.
    let path = format!("/console/rate-policies/{}", rates["id"].as_str().expect("an id"));
    desk.press(&path, "/enforce").await.expect(200);
    // Its form has the same switch, and limits that can be raised.
    for (field, value) in [("limit", "1000000"), ("state", "off")] {
        let form = desk.page(&format!("{path}/edit")).await;
        let asked = desk.send(&form, &[(field, value)]).await.expect(422);
        asks(&app, &desk, &asked, &[]).await;
    }
    desk.press(&path, "/enforce").await.expect(200);
    let asked = desk.press(&path, "/off").await;
    let off = asks(&app, &desk, &asked, &[]).await;
    assert!(off.text().contains("The rate policy is off."), "{}", off.page().text());
}

/// From the table of routes, so that nobody has to remember a new one.
async fn what_is_not_there_is_said_before_the_password_is_asked(app: TestApp) {
    let (acme, globex) = (app.acme(), app.globex());
    let clock = app.clock();
    clock.freeze().await;
    let desk = Desk::of(&acme).await;
    let (own, foreign) = (Ids::make(&acme).await, Ids::make(&globex).await);
    clock.advance(LATE).await;
    let token = the_form(&desk.page("/console/users/new").await).get("csrf").expect("a token").to_owned();
    let send = async |path: &str| {
        let url = format!("{}{path}", acme.origin());
        let reply = desk.visitor.send(desk.visitor.call("POST", &url).form([("csrf", token.as_str())])).await;
        assert_eq!(reply.page().all(&format!("[name={OWN}]")).len(), 0, "{path}: {}", reply.page().text());
        reply
    };
    let mut deeds = 0;
    for (route, ..) in routes::of_console().iter().filter(|(route, _, posts)| *posts && route.contains('{')) {
        if route.ends_with("/{action}") {
            let path = own.fill(&route.replace("{action}", "no-such-deed"));
            assert_eq!(send(&path).await.status, 404, "{path}");
            deeds += 1;
        }
        for deed in ["off", "suspend"].iter().filter(|deed| **deed == "off" || route.ends_with("/{action}")) {
            let path = foreign.fill(&route.replace("{action}", deed));
            let reply = send(&path).await;
            assert!((400..500).contains(&reply.status), "{path}: {}", reply.describe());
        }
    }
    assert!(deeds > 4, "{deeds} routes with deeds");
}

async fn keys_and_tokens_go_by_a_typed_name(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let name = unique("Safe server");
    let server = Server::new(&acme, json!({ "name": name })).await;
    let signs = async || server.tenant.keys().await;
    let before = signs().await;
    for (page, done) in [("revoke-tokens", "is refused"), ("replace-keys", "The keys are replaced")] {
        let path = format!("/console/servers/{}/{page}", server.id);
        for typed in ["", "another"] {
            let refused = desk.send(&desk.page(&path).await, &[("typed", typed)]).await.expect(422);
            assert_eq!(refused.page().all("#typed-error").len(), 1, "{}", refused.page().text());
        }
        assert_eq!(signs().await, before);
        let reply = desk.fill(&path, &[("typed", &name)]).await.expect(200);
        assert!(reply.text().contains(done), "{}", reply.page().text());
    }
    assert_ne!(signs().await, before);
}

async fn ad_03_two_administrators_at_one_scope(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    server.scope("orders:read", "IMPLICIT").await;
    let api = format!("/api/v1/authorizationServers/{}/scopes", server.id);
    let listed = acme.api("GET", &api).await.expect(200).json();
    let scopes = listed.as_array().expect("scopes");
    let scope = scopes.iter().find(|scope| scope["name"] == "orders:read").expect("ours").clone();
    let id = scope["id"].as_str().expect("an id").to_owned();
    let own = format!("{api}/{id}");
    let read = acme.api("GET", &own).await.expect(200);
    let tag = read.header("etag").expect("a version").to_owned();

    let mine = desk.page(&format!("/console/servers/{}/scopes/{id}", server.id)).await;
    let mut theirs: Value = read.json();
    theirs["description"] = json!("theirs");
    acme.api("PUT", &own).header("if-match", &tag).json(&theirs).await.expect(200);
    acme.api("PUT", &own).header("if-match", &tag).json(&theirs).await.expect(412);
    let clash = desk.send(&mine, &[("description", "mine")]).await.expect(412);
    assert_eq!(clash.page().all("table.plain td"), ["theirs", "mine"], "both versions");
    let saved = desk.send(&clash, &[]).await;
    desk.visitor.follow(saved).await.expect(200);
    assert_eq!(acme.api("GET", &own).await.expect(200).json()["description"], "mine");
    // A form without a version changes nothing.
    let mut bare = the_form(&mine);
    bare.remove("version");
    desk.visitor.submit(&mine, &bare).await.expect(412);
}

async fn ad_03_two_administrators_at_one_role(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let person = Person::new(&acme).await;
    let path = format!("/console/users/{}/role", person.id);
    let mine = desk.page(&path).await;
    desk.fill(&path, &[("role", "READ_ONLY_ADMIN")]).await.expect(200);
    let clash = desk.send(&mine, &[("role", "APP_ADMIN")]).await.expect(412);
    assert!(clash.text().contains("Someone else changed this"), "{}", clash.page().text());
    let saved = desk.send(&clash, &[]).await.expect(303);
    desk.visitor.follow(saved).await.expect(200);
    let roles = acme.api("GET", &format!("/api/v1/users/{}/roles", person.id)).await.expect(200).json();
    assert_eq!(roles[0]["type"], "APP_ADMIN", "{roles}");
}

async fn ad_03_two_administrators_at_settings(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    let hook = json!({ "name": unique("hook"), "url": "https://hooks.example/x" });
    let hook = acme.api("POST", "/api/v1/webhooks").json(&hook).await.expect(201).json();
    let policy =
        json!({ "name": unique("policy"), "conditions": { "clients": { "include": ["ALL_CLIENTS"] } } });
    let policies = format!("/api/v1/authorizationServers/{}/policies", server.id);
    let policy = acme.api("POST", &policies).json(&policy).await.expect(201).json();
    let text = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    for (path, field, theirs, mine) in [
        (format!("/console/servers/{}/edit", server.id), "description", "theirs", "mine"),
        (format!("/console/servers/{}/registration/edit", server.id), "maxApps", "7", "8"),
        (format!("/console/webhooks/{}/edit", text(&hook)), "name", "theirs", "mine"),
        (
            format!("/console/servers/{}/policies/{}/edit", server.id, text(&policy)),
            "description",
            "theirs",
            "mine",
        ),
    ] {
        let old = desk.page(&path).await;
        desk.fill(&path, &[(field, theirs)]).await.expect(200);
        let clash = desk.send(&old, &[(field, mine)]).await.expect(412);
        let cells = clash.page().all("table.plain td");
        assert!(
            cells.iter().any(|cell| cell == theirs) && cells.iter().any(|cell| cell == mine),
            "{cells:?}"
        );
        let saved = desk.send(&clash, &[]).await.expect(303);
        desk.visitor.follow(saved).await.expect(200);
        assert_eq!(the_form(&desk.page(&path).await).get(field), Some(mine), "{path}");
    }
}

async fn a_locked_user_is_unlocked_and_a_lost_one_signed_out(app: TestApp) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let person = Person::new(&acme).await;
    let web = NewApp::web().make(&acme).await;
    let path = format!("/console/users/{}", person.id);
    for _ in 0..20 {
        let visitor = acme.visitor();
        let page = visitor.open(&format!("{}/login", acme.origin())).await;
        visitor.sign_in(&page, &person.login, "not the password").await;
    }
    let page = desk.page(&path).await;
    assert!(page.text().contains("Unlock"), "{}", page.page().text());
    let unlocked = desk.press(&path, "/unlock").await.expect(200);
    assert!(unlocked.text().contains("is unlocked"), "{}", unlocked.page().text());
    let flow = person.code(&acme, &web, "openid offline_access").await;
    let tokens = flow.redeem(&acme, &web).await;
    let done = desk.press(&path, &format!("{}/sign-out", person.id)).await.expect(200);
    assert!(done.text().contains("is signed out everywhere"), "{}", done.page().text());
    assert!(!acme.is_active(&web, &tokens.access_token).await);
    acme.refresh(&web, tokens.refresh()).await.expect_oauth_error(400, "invalid_grant");
    let account = flow.visitor.open(&format!("{}/account", acme.origin())).await;
    assert!(account.page().sign_in_form().is_some(), "{}", account.page().text());
    for (kind, count) in [("user.account.unlock_by_admin", 1), ("user.session.clear", 1)] {
        let filter = format!(r#"eventType eq "{kind}" and target.id eq "{}""#, person.id);
        acme.wait_for_logs(&filter, count).await;
    }
}

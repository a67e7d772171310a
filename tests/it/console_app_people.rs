//! Who allowed an app something, at the app's page: who it is, and taking it back. And how long its tokens live.

use signet_testkit::{Shared, TestApp, json, on_each_engine};

use crate::support::apps::{NewApp, Person, server_id};
use crate::support::desk::{Desk, the_form};
use crate::support::make::unique;

on_each_engine! {
    who_allowed_an_app_is_listed_and_taken_back,
    everybodys_word_is_taken_back_by_the_apps_name,
    more_people_than_a_page_holds_are_on_the_next,
    who_only_reads_takes_nothing_back,
    an_app_tells_how_long_its_tokens_live,
}

const SCOPES: &str = "openid email offline_access";

async fn who_allowed_an_app_is_listed_and_taken_back(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let client = NewApp::web().make(&acme).await;
    let path = format!("/console/apps/{}", client.id);
    let nobody = desk.page(&path).await;
    assert!(nobody.text().contains("Nobody allows it anything at the moment."), "{}", nobody.text());
    let (first, second) = (Person::new(&acme).await, Person::new(&acme).await);
    let gone = first.code(&acme, &client, SCOPES).await.redeem(&acme, &client).await;
    let stays = second.code(&acme, &client, SCOPES).await.redeem(&acme, &client).await;
    let page = desk.page(&path).await.page();
    let listed = page.all("[aria-labelledby=people] li").join("\n");
    assert!(listed.contains(&first.login) && listed.contains(&second.login), "{listed}");
    assert!(listed.contains("email offline_access openid"), "{listed}");
    assert_eq!(
        page.attributes("[aria-labelledby=people] > p:not(.asks) a", "href"),
        [format!("{path}/people")]
    );
    let done = desk.press(&path, &format!("/people/{}/revoke", first.id)).await.expect(200);
    assert!(done.text().contains("The app’s access to that account has ended."), "{}", done.text());
    assert!(!done.text().contains(&first.login) && done.text().contains(&second.login));
    assert!(!acme.is_active(&client, &gone.access_token).await);
    assert!(acme.is_active(&client, &stays.access_token).await);
    let refresh = gone.refresh_token.as_deref().expect("a refresh token");
    acme.refresh(&client, refresh).await.expect_oauth_error(400, "invalid_grant");
    let filter = format!(
        r#"eventType eq "app.oauth2.as.consent.revoke" and client.id eq "{}" and target.id eq "{}""#,
        client.client_id, first.id
    );
    assert_eq!(acme.wait_for_logs(&filter, 1).await.len(), 1);
    let csrf = the_form(&done).get("csrf").expect("a token").to_owned();
    let url = format!("{}{path}/people/nobody/revoke", acme.origin());
    desk.visitor.send(desk.visitor.call("POST", &url).form([("csrf", csrf.as_str())])).await.expect(404);
    let url = format!("{}{path}/people/{}/revoke", acme.origin(), second.id);
    desk.visitor.send(desk.visitor.call("POST", &url).form([("csrf", "another")])).await.expect(403);
    assert!(acme.is_active(&client, &stays.access_token).await);
}

async fn everybodys_word_is_taken_back_by_the_apps_name(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let label = unique("Taken back");
    let client = NewApp::web().label(&label).make(&acme).await;
    let path = format!("/console/apps/{}/people", client.id);
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let person = Person::new(&acme).await;
        tokens.push(person.code(&acme, &client, SCOPES).await.redeem(&acme, &client).await);
    }
    let ask = desk.page(&format!("{path}/revoke")).await;
    let wrong = desk.send(&ask, &[("typed", "something else")]).await.expect(422);
    assert_eq!(wrong.page().all("#typed-error"), ["That is not its name."]);
    assert!(acme.is_active(&client, &tokens[0].access_token).await);
    let done = desk.fill(&format!("{path}/revoke"), &[("typed", &label)]).await.expect(200);
    assert!(done.text().contains("everybody’s account has ended"), "{}", done.text());
    assert!(done.text().contains("Nobody yet"), "{}", done.text());
    for token in &tokens {
        assert!(!acme.is_active(&client, &token.access_token).await);
        let refresh = token.refresh_token.as_deref().expect("a refresh token");
        acme.refresh(&client, refresh).await.expect_oauth_error(400, "invalid_grant");
    }
    let filter =
        format!(r#"eventType eq "app.oauth2.as.consent.revoke" and client.id eq "{}""#, client.client_id);
    assert_eq!(acme.wait_for_logs(&filter, 1).await.len(), 1, "one event for all");
}

async fn more_people_than_a_page_holds_are_on_the_next(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let client = NewApp::web().make(&acme).await;
    let mut logins = Vec::new();
    for _ in 0..6 {
        let person = Person::new(&acme).await;
        acme.password(&client, &person.login, &person.password, "openid").await.expect(200);
        logins.push(person.login);
    }
    let path = format!("/console/apps/{}", client.id);
    let few = desk.page(&path).await.page();
    assert_eq!(
        few.all("[aria-labelledby=people] li .strong a"),
        logins[..5],
        "the first are at the app's page"
    );
    let all = desk.page(&format!("{path}/people")).await.page();
    assert_eq!(all.all(".things .strong a"), logins);
    let edited = desk.page(&format!("{path}/people?after=no-cursor")).await.page();
    assert_eq!(edited.all(".things .strong a"), logins, "from the beginning");
}

async fn who_only_reads_takes_nothing_back(app: Shared) {
    let acme = app.acme();
    let client = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    acme.password(&client, &person.login, &person.password, "openid").await.expect(200);
    let path = format!("/console/apps/{}/people", client.id);
    let (reader, _) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    let seen = reader.page(&path).await;
    assert!(
        seen.text().contains(&person.login) && !seen.text().contains("Revoke everybody’s"),
        "{}",
        seen.text()
    );
    assert_eq!(seen.page().forms().iter().filter(|form| form.action.ends_with("/revoke")).count(), 0);
    reader.get(&format!("{path}/revoke")).await.expect(403);
    let (editor, _) = Desk::with_role(&acme, "APP_ADMIN").await;
    let done = editor.press(&path, &format!("/{}/revoke", person.id)).await.expect(200);
    assert!(done.text().contains("has ended"), "{}", done.text());
}

/// A server of its own: access policies of the server called default are everybody's.
async fn an_app_tells_how_long_its_tokens_live(app: TestApp) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let client = NewApp::web().make(&acme).await;
    let lives = async || desk.page(&format!("/console/apps/{}", client.id)).await.page();
    let own = lives().await;
    let facts = own.all("[aria-labelledby=lifetimes] dl").join(" ");
    for known in ["Access token 1 hour", "Code 1 minute", "Refresh token, unused", "Refresh token, in all"] {
        assert!(facts.contains(known), "{known}: {facts}");
    }
    let server = server_id(&acme, "default").await;
    let link = own.attributes("[aria-labelledby=lifetimes] a", "href");
    assert_eq!(link, [format!("/console/servers/{server}")]);
    let policies = format!("/api/v1/authorizationServers/{server}/policies");
    let clients = json!({ "clients": { "include": [client.client_id] } });
    let body = json!({ "name": unique("short"), "conditions": clients });
    let policy = acme.api("POST", &policies).json(&body).await.expect(201).json();
    let none = lives().await.all("[aria-labelledby=lifetimes] dl").join(" ");
    assert!(none.contains("no access policy lets this app have any"), "{none}");
    let path = format!("{policies}/{}/rules", policy["id"].as_str().expect("an id"));
    for (name, grant, minutes) in [("one", "authorization_code", 10), ("two", "password", 20)] {
        let conditions = json!({
            "people": { "groups": { "include": ["EVERYONE"] } },
            "grantTypes": { "include": [grant] }, "scopes": { "include": ["*"] },
        });
        let actions = json!({ "token": { "accessTokenLifetimeMinutes": minutes } });
        let body = json!({ "name": name, "conditions": conditions, "actions": actions });
        acme.api("POST", &path).json(&body).await.expect(201);
    }
    let page = lives().await;
    let facts = page.all("[aria-labelledby=lifetimes] dl").join(" ");
    assert!(facts.contains("10 minutes to 20 minutes, as the access rule says"), "{facts}");
    let link = page.attributes("[aria-labelledby=lifetimes] a", "href");
    assert_eq!(link, [format!("/console/servers/{server}/policies")]);
}

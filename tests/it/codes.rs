//! Authorization codes: one use, one app, one server, sixty seconds.

use std::time::Duration;

use signet_testkit::{App, Shared, Tenant, TestApp, TokenSet, Value, json, on_each_engine};

use crate::support::apps::{Made, NewApp, Person, Server};
use crate::support::log::{assert_refusal, assert_refusals, fact};
use crate::support::replies::assert_dead;
use crate::support::rows::Rows;

on_each_engine! {
    cr_01_a_second_use_ends_the_first,
    cr_01_the_end_outlasts_every_token,
    cr_03_to_the_last_millisecond,
    cr_04_another_app_redeems,
    cr_05_at_another_server_and_tenant,
    cr_06_what_a_code_hangs_on,
    cr_10_codes_that_are_nearly_right,
    cr_12_a_stolen_store,
}

const SCOPE: &str = "openid offline_access";

/// All that a first use was given is good for nothing.
async fn assert_all_dead(tenant: &Tenant, app: &App, tokens: &TokenSet, what: &str) {
    assert_dead(tenant, app, &tokens.access_token, what).await;
    assert_dead(tenant, app, tokens.refresh(), what).await;
    tenant.refresh(app, tokens.refresh()).await.expect_oauth_error(400, "invalid_grant");
}

async fn cr_01_a_second_use_ends_the_first(app: Shared) {
    let acme = app.acme();
    let (web, browser) = (NewApp::web().make(&acme).await, NewApp::browser().make(&acme).await);
    let asker = NewApp::service().make(&acme).await;
    for app in [&web, &browser] {
        let flow = Person::new(&acme).await.code(&acme, app, SCOPE).await;
        let tokens = flow.redeem(&acme, app).await;
        let next = acme.refresh(app, tokens.refresh()).await.tokens();
        assert!(acme.is_active(&asker, &next.access_token).await);

        let reply = acme.redeem(app, &flow).await.expect_oauth_error(400, "invalid_grant");
        for (token, what) in [
            (tokens.access_token.as_str(), "the first access token"),
            (&next.access_token, "the access token of a refresh"),
            (tokens.refresh(), "the refresh token"),
            (next.refresh(), "its successor"),
        ] {
            assert_dead(&acme, &asker, token, what).await;
        }
        acme.refresh(app, next.refresh()).await.expect_oauth_error(400, "invalid_grant");
        let event = assert_refusal(&acme, &reply, "code_replay").await;
        assert_eq!(event["client"]["id"], *app.client_id);
        let third = acme.redeem(app, &flow).await.expect_oauth_error(400, "invalid_grant");
        assert_refusal(&acme, &third, "code_replay").await;
    }
}

/// Tokens may be older than the server's lifetimes of now: the end is kept for the longest that one can be set to.
async fn cr_01_the_end_outlasts_every_token(app: TestApp) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let flow = Person::new(&acme).await.code(&acme, &web, SCOPE).await;
    flow.redeem(&acme, &web).await;
    acme.redeem(&web, &flow).await.expect_oauth_error(400, "invalid_grant");
    let kept = "SELECT MIN(expires_at - not_before) FROM revocations WHERE kind = 'GRANT'";
    let kept = Rows::of(&app).await.number(kept).await;
    assert!(kept > 24 * 3600 * 1_000_000, "for {kept} µs only");
}

async fn cr_03_to_the_last_millisecond(app: TestApp) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let visitor = person.code(&acme, &web, SCOPE).await.visitor;
    let clock = app.clock();
    clock.freeze().await;
    let flow = person.code_in(&visitor, &acme, &web, SCOPE).await;
    clock.advance(Duration::from_millis(59_999)).await;
    let tokens = flow.redeem(&acme, &web).await;
    // Half a minute later it comes back, and ends what it gave.
    clock.advance(Duration::from_secs(30)).await;
    let reply = acme.redeem(&web, &flow).await.expect_oauth_error(400, "invalid_grant");
    assert_refusal(&acme, &reply, "code_replay").await;
    assert_all_dead(&acme, &web, &tokens, "after half a minute").await;

    let late = person.code_in(&visitor, &acme, &web, SCOPE).await;
    clock.advance(Duration::from_secs(60)).await;
    let reply = acme.redeem(&web, &late).await.expect_oauth_error(400, "invalid_grant");
    assert_refusal(&acme, &reply, "invalid_authorization_code").await;
}

async fn cr_04_another_app_redeems(app: Shared) {
    let acme = app.acme();
    let (owner, other) = (NewApp::web().make(&acme).await, NewApp::web().make(&acme).await);
    let public = NewApp::browser().make(&acme).await;
    let person = Person::new(&acme).await;
    let visitor = acme.visitor();
    for (owner, thief) in [(&owner, &other), (&owner, &public), (&public, &owner)] {
        let flow = person.code_in(&visitor, &acme, owner, SCOPE).await;
        let reply = acme.redeem(thief, &flow).await.expect_oauth_error(400, "invalid_grant");
        let event = assert_refusal(&acme, &reply, "mismatched_client").await;
        assert_eq!(event["client"]["id"], *thief.client_id, "who tried");
        assert_eq!(fact(&event, "issuedToApp"), owner.id, "whose it was");
        let burnt = acme.redeem(owner, &flow).await.expect_oauth_error(400, "invalid_grant");
        assert_refusal(&acme, &burnt, "code_replay").await;
    }
}

async fn cr_05_at_another_server_and_tenant(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let name = crate::support::apps::unique("code-app");
    let web = NewApp::web().client_id(&name).make(&acme).await;
    let twin = NewApp::web().client_id(&name).make(&globex).await;
    let second = Server::new(&acme, json!({})).await.tenant;
    let person = Person::new(&acme).await;
    let flow = person.code(&acme, &web, SCOPE).await;
    for (tenant, app) in
        [(second.clone(), &web), (acme.at_org(), &web), (globex.clone(), &twin), (globex.at_org(), &twin)]
    {
        let reply = tenant.redeem(app, &flow).await.expect_oauth_error(400, "invalid_grant");
        assert_refusal(&tenant, &reply, "invalid_authorization_code").await;
    }
    flow.redeem(&acme, &web).await;
    // And the other way round.
    let flow = person.code(&second, &web, SCOPE).await;
    let reply = acme.redeem(&web, &flow).await.expect_oauth_error(400, "invalid_grant");
    assert_refusal(&acme, &reply, "invalid_authorization_code").await;
    flow.redeem(&second, &web).await;
}

async fn cr_06_what_a_code_hangs_on(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    for (what, reason) in [
        ("suspend", "invalid_authorization_code"),
        ("deactivate", "invalid_authorization_code"),
        ("withdraw", "invalid_authorization_code"),
        ("sign out", "session_ended"),
        ("clear sessions", "session_ended"),
    ] {
        let person = Person::new(&acme).await;
        let flow = person.code(&acme, &web, "openid offline_access orders:read").await;
        match what {
            "withdraw" => person.withdraw(&acme, &web).await,
            "sign out" => {
                let asking = flow.visitor.get(&acme.endpoint("logout")).await;
                let form = asking.page().forms().into_iter().find(|form| form.method == "POST").unwrap();
                flow.visitor.submit(&asking, &form).await.expect(200);
            }
            "clear sessions" => {
                let path = format!("/api/v1/users/{}/sessions", person.id);
                acme.api("DELETE", &path).await.expect(204);
            }
            lifecycle => person.lifecycle(&acme, lifecycle).await,
        }
        let reply = acme.redeem(&web, &flow).await;
        assert_eq!(reply.status, 400, "after “{what}”: {}", reply.describe());
        let reply = reply.expect_oauth_error(400, "invalid_grant");
        // A sign-out revokes the grant with the session, and that is found first.
        let events = crate::support::log::events(&acme, &reply).await;
        let said = &events[0]["outcome"]["reason"];
        let also = what == "sign out" && *said == "invalid_authorization_code";
        assert!(*said == reason || also, "after “{what}”: {said}");
    }
    // An app that is switched off is not heard at all.
    let person = Person::new(&acme).await;
    let flow = person.code(&acme, &web, SCOPE).await;
    web.lifecycle(&acme, "deactivate").await;
    let reply = acme.redeem(&web, &flow).await.expect_oauth_error(401, "invalid_client");
    assert_refusal(&acme, &reply, "invalid_client").await;
}

async fn cr_10_codes_that_are_nearly_right(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let flow = Person::new(&acme).await.code(&acme, &web, SCOPE).await;
    let code = flow.code.as_str();
    let swapped: String = code
        .chars()
        .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    let mut nearly = vec![
        code[..code.len() - 1].to_owned(),
        code[1..].to_owned(),
        code[..3].to_owned(),
        format!("{code}A"),
        format!("{code}="),
        format!("{code} "),
        format!("A{code}"),
        format!("{code}{code}"),
        code.to_uppercase(),
        code.to_lowercase(),
        swapped,
        code.chars().rev().collect(),
        "x".repeat(513),
        "0".to_owned(),
        "' OR 1=1 --".to_owned(),
    ];
    for at in [0, code.len() / 2, code.len() - 1] {
        let mut bytes = code.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
        nearly.push(String::from_utf8(bytes).unwrap());
    }
    let mut refused = Vec::new();
    let mut bodies: Vec<Value> = Vec::new();
    for text in nearly {
        let mut wrong = flow.clone();
        wrong.code = text;
        let reply = acme.redeem(&web, &wrong).await.expect_oauth_error(400, "invalid_grant");
        bodies.push(reply.json());
        refused.push((reply, "invalid_authorization_code"));
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "unknown codes are all the same: {bodies:#?}");
    assert_refusals(&acme, &refused).await;
    flow.redeem(&acme, &web).await;
}

async fn cr_12_a_stolen_store(app: TestApp) {
    let acme = app.acme();
    let (web, browser) = (NewApp::web().make(&acme).await, NewApp::browser().make(&acme).await);
    let person = Person::new(&acme).await;
    let unused = person.code(&acme, &web, SCOPE).await;
    for app in [&web, &browser] as [&Made; 2] {
        let flow = person.code(&acme, app, SCOPE).await;
        let tokens = flow.redeem(&acme, app).await;
        // Within the leeway the successor is kept, under a key that only the old token gives.
        let next = acme.refresh(app, tokens.refresh()).await.tokens();
        acme.revoke(app, &next.access_token).await.expect(200);
    }
    acme.api_access_token().await;
    let stolen = Rows::of(&app).await.dump().await;
    assert!(stolen.len() > 10_000, "the whole store: {} bytes", stolen.len());
    for (secret, what) in [
        (unused.code.as_str(), "a code"),
        (web.client_secret.as_deref().expect("a secret"), "a client secret"),
        (&person.password, "a password"),
    ] {
        assert!(!contains(&stolen, secret), "the store holds {what}");
    }
    // Every secret that came or went in this test.
    app.canaries().assert_none_in("the store", &stolen);
    // What a thief finds instead redeems nothing.
    let hash = Rows::of(&app)
        .await
        .text("SELECT lower(hex(hash)) FROM one_time", "SELECT encode(hash, 'hex') FROM one_time")
        .await;
    let mut wrong = unused.clone();
    wrong.code = hash;
    acme.redeem(&web, &wrong).await.expect_oauth_error(400, "invalid_grant");
    assert_all_dead_after_replay(&acme, &web, &unused).await;
}

/// The code was good all along.
async fn assert_all_dead_after_replay(tenant: &Tenant, app: &App, flow: &signet_testkit::CodeFlow) {
    let tokens = flow.redeem(tenant, app).await;
    tenant.redeem(app, flow).await.expect_oauth_error(400, "invalid_grant");
    assert_all_dead(tenant, app, &tokens, "after the replay").await;
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

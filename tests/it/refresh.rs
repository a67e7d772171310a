//! Refresh tokens: rotation, the leeway for lost answers, and what a leaked one costs.

use std::time::Duration;

use signet_testkit::{App, Jwt, Reply, Shared, Tenant, TestApp, TokenSet, json, on_each_engine};

use crate::support::apps::{Made, NewApp, Person, Server};
use crate::support::log::{assert_refusal, assert_refusals, fact};
use crate::support::replies::assert_dead;

on_each_engine! {
    rt_01_an_old_token_after_the_leeway,
    rt_01_an_old_token_of_any_age,
    rt_02_a_lost_answer,
    rt_02_a_replay_asks_for_the_same,
    rt_03_the_predecessor_of_a_used_token,
    rt_04_two_generations_back,
    rt_07_revocation_and_sign_out_beat_the_leeway,
    rt_08_another_apps_token,
    rt_09_at_another_server_and_tenant,
    rt_23_tokens_that_are_none,
}

const SCOPE: &str = "openid offline_access";

/// Tokens of a new person, from a password.
async fn tokens(tenant: &Tenant, app: &App) -> TokenSet {
    let person = Person::new(tenant).await;
    tenant.password(app, &person.login, &person.password, SCOPE).await.tokens()
}

async fn next(tenant: &Tenant, app: &App, before: &TokenSet) -> TokenSet {
    tenant.refresh(app, before.refresh()).await.tokens()
}

async fn refused(tenant: &Tenant, app: &App, token: &str) -> Reply {
    tenant.refresh(app, token).await.expect_oauth_error(400, "invalid_grant")
}

/// Nothing that the family ever issued is good for anything.
async fn assert_family_dead(tenant: &Tenant, app: &App, family: &[&TokenSet]) {
    for (generation, tokens) in family.iter().enumerate() {
        let what = format!("generation {generation} of {}", family.len());
        assert_dead(tenant, app, &tokens.access_token, &what).await;
        assert_dead(tenant, app, tokens.refresh(), &what).await;
        refused(tenant, app, tokens.refresh()).await;
    }
}

async fn rt_01_an_old_token_after_the_leeway(app: TestApp) {
    let acme = app.acme();
    let service = acme.service();
    let public = NewApp::browser().make(&acme).await;
    let web = NewApp::web().make(&acme).await;
    let short = NewApp::web().rotation("ROTATE", 5).make(&acme).await;
    let none = NewApp::web().rotation("ROTATE", 0).make(&acme).await;
    app.clock().freeze().await;
    for (app_of, leeway) in [(&public, 30), (&web, 30), (&short, 5), (&none, 0)] {
        let person = Person::new(&acme).await;
        let first = person.code(&acme, app_of, SCOPE).await.redeem(&acme, app_of).await;
        let second = next(&acme, app_of, &first).await;
        if leeway > 0 {
            app.clock().advance(Duration::from_millis(leeway * 1_000 - 1)).await;
            let same = next(&acme, app_of, &first).await;
            assert_eq!(same.refresh(), second.refresh(), "in the last millisecond of {leeway} s");
            app.clock().advance(Duration::from_millis(1)).await;
        }
        let reply = refused(&acme, app_of, first.refresh()).await;
        let event = assert_refusal(&acme, &reply, "refresh_reuse").await;
        assert_eq!(event["eventType"], "app.oauth2.as.token.detect_reuse");
        assert_eq!((fact(&event, "usedBeforeFrom"), fact(&event, "usedNowFrom")), ("127.0.0.1", "127.0.0.1"));
        assert_eq!(event["client"]["id"], *app_of.client_id);
        for tokens in [&first, &second] {
            assert_dead(&acme, &service, &tokens.access_token, "after the reuse").await;
            assert_dead(&acme, &service, tokens.refresh(), "after the reuse").await;
        }
        refused(&acme, app_of, second.refresh()).await;
    }
}

/// However old the leaked string is, and whatever else is asked with it, it proves the leak.
async fn rt_01_an_old_token_of_any_age(app: TestApp) {
    let acme = app.acme();
    let server = Server::new(&acme, json!({ "refreshTokenWindowMinutes": 10 })).await;
    let at = &server.tenant;
    let web = NewApp::web().make(&acme).await;
    for scope in ["", "openid no:such"] {
        let first = tokens(at, &web).await;
        app.clock().advance(Duration::from_secs(9 * 60)).await;
        let second = next(at, &web, &first).await;
        app.clock().advance(Duration::from_secs(5 * 60)).await;
        let params = [("grant_type", "refresh_token"), ("refresh_token", first.refresh()), ("scope", scope)];
        let reply = at.token_as(&web, &params).await.expect_oauth_error(400, "invalid_grant");
        assert_refusal(at, &reply, "refresh_reuse").await;
        assert_family_dead(at, &web, &[&first, &second]).await;
    }
}

async fn rt_02_a_lost_answer(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let first = tokens(&acme, &web).await;
    let second = next(&acme, &web, &first).await;
    assert_ne!(first.refresh(), second.refresh(), "it rotates");
    for _ in 0..3 {
        let again = next(&acme, &web, &first).await;
        assert_eq!(again.refresh(), second.refresh(), "the same successor");
        assert_ne!(again.access_token, second.access_token);
        assert!(acme.is_active(&web, &again.access_token).await);
    }
    let third = next(&acme, &web, &second).await;
    assert_ne!(third.refresh(), second.refresh());
    // An app that doesn't rotate keeps what it has.
    let fixed = NewApp::web().rotation("STATIC", 0).make(&acme).await;
    let first = tokens(&acme, &fixed).await;
    for _ in 0..3 {
        assert_eq!(next(&acme, &fixed, &first).await.refresh(), first.refresh());
    }
}

/// Scope, resource and app are what they were when the answer was lost.
async fn rt_02_a_replay_asks_for_the_same(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let wide = "openid profile offline_access";
    let first = acme.password(&web, &person.login, &person.password, wide).await.tokens();
    let ask = async |token: &str, more: &[(&str, &str)]| {
        let params = [&[("grant_type", "refresh_token"), ("refresh_token", token)], more].concat();
        acme.token_as(&web, &params).await
    };
    let narrow = [("scope", "openid offline_access")];
    let second = ask(first.refresh(), &narrow).await.tokens();
    for other in [&[][..], &[("scope", wide)], &[("scope", "openid")]] {
        let reply = ask(first.refresh(), other).await.expect_oauth_error(400, "invalid_scope");
        assert_refusal(&acme, &reply, "refresh_scopes_changed").await;
    }
    let elsewhere = [narrow[0], ("resource", "https://elsewhere.example")];
    ask(first.refresh(), &elsewhere).await.expect_oauth_error(400, "invalid_target");
    // In another order it is the same question, and nobody lost anything.
    let again = ask(first.refresh(), &[("scope", "offline_access openid")]).await.tokens();
    assert_eq!(again.refresh(), second.refresh());
    assert_eq!(again.scope, second.scope);
    // The successor has the grant's scopes again.
    let third = ask(second.refresh(), &[]).await.tokens();
    assert!(third.scope.as_deref().is_some_and(|scope| scope.contains("profile")), "{:?}", third.scope);
    // The one audience that the server has may be named.
    let audience = Jwt::decode(&third.access_token).claims["aud"].clone();
    let named = [("resource", audience.as_str().expect("one audience"))];
    ask(third.refresh(), &named).await.expect(200);
}

async fn rt_03_the_predecessor_of_a_used_token(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let first = tokens(&acme, &web).await;
    let second = next(&acme, &web, &first).await;
    let third = next(&acme, &web, &second).await;
    let reply = refused(&acme, &web, first.refresh()).await;
    assert_refusal(&acme, &reply, "refresh_reuse").await;
    assert_family_dead(&acme, &web, &[&first, &second, &third]).await;
}

async fn rt_04_two_generations_back(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().rotation("ROTATE", 60).make(&acme).await;
    let mut family = vec![tokens(&acme, &web).await];
    for _ in 0..3 {
        let after = next(&acme, &web, family.last().expect("a token")).await;
        family.push(after);
    }
    // The last one but one is in its leeway; the one before it isn't.
    let same = next(&acme, &web, &family[2]).await;
    assert_eq!(same.refresh(), family[3].refresh());
    let reply = refused(&acme, &web, family[1].refresh()).await;
    let event = assert_refusal(&acme, &reply, "refresh_reuse").await;
    assert_eq!(fact(&event, "generation"), "1");
    assert_family_dead(&acme, &web, &family.iter().collect::<Vec<_>>()).await;
    assert_dead(&acme, &web, &same.access_token, "from the leeway").await;
}

async fn rt_07_revocation_and_sign_out_beat_the_leeway(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    for what in ["revoke the successor", "revoke the predecessor", "sign out", "clear"] {
        let person = Person::new(&acme).await;
        let flow = person.code(&acme, &web, SCOPE).await;
        let first = flow.redeem(&acme, &web).await;
        let second = next(&acme, &web, &first).await;
        match what {
            "revoke the successor" => drop(acme.revoke(&web, second.refresh()).await.expect(200)),
            "revoke the predecessor" => drop(acme.revoke(&web, first.refresh()).await.expect(200)),
            "sign out" => {
                let url = acme.endpoint("logout");
                let hint = [("id_token_hint", first.id_token.clone().expect("an ID token"))];
                let call = flow.visitor.call("GET", &url).query(hint);
                flow.visitor.send(call).await.expect(200);
            }
            _ => {
                let path = format!("/api/v1/users/{}/sessions?oauthTokens=true", person.id);
                acme.api("DELETE", &path).await.expect(204);
            }
        }
        let reply = acme.refresh(&web, first.refresh()).await;
        assert_eq!(reply.status, 400, "after “{what}”: {}", reply.describe());
        assert_refusal(&acme, &reply, "invalid_refresh_token").await;
        assert_family_dead(&acme, &web, &[&first, &second]).await;
    }
}

async fn rt_08_another_apps_token(app: Shared) {
    let acme = app.acme();
    let (one, two) = (NewApp::browser().make(&acme).await, NewApp::browser().make(&acme).await);
    let web = NewApp::web().make(&acme).await;
    let pairs: [(&Made, &Made); 3] = [(&one, &two), (&one, &web), (&web, &two)];
    for (owner, thief) in pairs {
        let person = Person::new(&acme).await;
        let first = person.code(&acme, owner, SCOPE).await.redeem(&acme, owner).await;
        let second = next(&acme, owner, &first).await;
        let reply = refused(&acme, thief, second.refresh()).await;
        let event = assert_refusal(&acme, &reply, "mismatched_client").await;
        assert_eq!(event["client"]["id"], *thief.client_id, "who tried");
        assert_eq!(fact(&event, "issuedToApp"), owner.id, "whose it was");
        assert_family_dead(&acme, &web, &[&second]).await;
        refused(&acme, owner, second.refresh()).await;
        refused(&acme, owner, first.refresh()).await;
    }
    // Without the string nobody ends a family.
    let kept = tokens(&acme, &web).await;
    refused(&acme, &two, "no such token at all").await;
    next(&acme, &web, &kept).await;
}

async fn rt_09_at_another_server_and_tenant(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let name = crate::support::apps::unique("refresh-app");
    let web = NewApp::web().client_id(&name).make(&acme).await;
    let twin = NewApp::web().client_id(&name).make(&globex).await;
    let second = Server::new(&acme, json!({})).await.tenant;
    let family = tokens(&acme, &web).await;
    for (tenant, app) in
        [(&second, &web), (&acme.at_org(), &web), (&globex, &twin), (&globex.at_org(), &twin)]
    {
        let reply = refused(tenant, app, family.refresh()).await;
        assert_refusal(tenant, &reply, "invalid_refresh_token").await;
        assert_dead(tenant, app, family.refresh(), &tenant.issuer()).await;
    }
    assert!(acme.is_active(&web, &family.access_token).await);
    next(&acme, &web, &family).await;
}

async fn rt_23_tokens_that_are_none(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let family = tokens(&acme, &web).await;
    let good = family.refresh();
    let foreign = signet_testkit::Jwt::forge(&json!({ "alg": "RS256" }), &json!({}), b"signature");
    let mut told = Vec::new();
    for (token, error, reason) in [
        (String::new(), "invalid_request", "missing_token_request_parameter"),
        ("x".repeat(4_096), "invalid_grant", "invalid_refresh_token"),
        (foreign, "invalid_grant", "invalid_refresh_token"),
        ("e30.e30.".to_owned(), "invalid_grant", "invalid_refresh_token"),
        (family.access_token.clone(), "invalid_grant", "invalid_refresh_token"),
        (family.id_token.clone().expect("an ID token"), "invalid_grant", "invalid_refresh_token"),
        (good[..good.len() - 1].to_owned(), "invalid_grant", "invalid_refresh_token"),
        (format!("{good}A"), "invalid_grant", "invalid_refresh_token"),
        (format!(" {good}"), "invalid_grant", "invalid_refresh_token"),
        (good.to_uppercase(), "invalid_grant", "invalid_refresh_token"),
        ("\u{1f980}".to_owned(), "invalid_grant", "invalid_refresh_token"),
        ("a\0b".to_owned(), "invalid_request", "invalid_request"),
        ("a\r\nb".to_owned(), "invalid_request", "invalid_request"),
    ] {
        let reply = acme.refresh(&web, &token).await.expect_oauth_error(400, error);
        told.push((reply, reason));
    }
    let secret = web.client_secret.as_deref().expect("a secret");
    let call = acme.http().call("POST", &acme.endpoint("token")).basic(&web.client_id, secret).not_secret();
    let huge = [("grant_type", "refresh_token"), ("refresh_token", &*"x".repeat(64 * 1024))];
    let reply = call.form(huge).await.expect_oauth_error(400, "invalid_grant");
    told.push((reply, "invalid_refresh_token"));
    for bytes in [&b"\xff\xfe"[..], b"%ff", b"%C0%AF", b"%ED%A0%80", b"%zz", b"%"] {
        let body = [b"grant_type=refresh_token&refresh_token=", bytes].concat();
        let call = acme.http().call("POST", &acme.endpoint("token")).basic(&web.client_id, secret);
        let reply = call.body("application/x-www-form-urlencoded", &body).await;
        told.push((reply.expect_oauth_error(400, "invalid_request"), "invalid_request"));
    }
    assert_refusals(&acme, &told).await;
    next(&acme, &web, &family).await;
}

//! Authorization codes across crashes and nodes, and among secrets of other kinds.

use std::time::Duration;

use signet_testkit::tokio::io::AsyncWriteExt as _;
use signet_testkit::{App, CodeFlow, Engine, Reply, Shared, Tenant, TestApp, on_each_engine};

use crate::support::apps::{Made, NewApp, Person};
use crate::support::log::{assert_refusal, assert_refusals};
use crate::support::replies::assert_dead;
use crate::support::rows::Rows;

on_each_engine! {
    cr_07_killed_after_the_commit_before_the_answer,
    cr_08_spent_stays_spent,
    cr_09_secrets_of_other_kinds,
}

const SCOPE: &str = "openid offline_access";

/// The redemption as bytes, so that its answer need not be read.
fn redemption(tenant: &Tenant, app: &App, flow: &CodeFlow) -> Vec<u8> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs([
        ("grant_type", "authorization_code"),
        ("code", &flow.code),
        ("redirect_uri", &flow.redirect_uri),
        ("code_verifier", &flow.verifier),
        ("client_id", &app.client_id),
        ("client_secret", app.client_secret.as_deref().expect("a secret")),
    ]);
    let body = form.finish();
    let url: signet_testkit::reqwest::Url = tenant.endpoint("token").parse().expect("a URL");
    let host = format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"));
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\n\r\n",
        url.path(),
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

async fn cr_07_killed_after_the_commit_before_the_answer(app: TestApp) {
    const SPENT: &str = "SELECT COUNT(*) FROM one_time WHERE spent_at IS NOT NULL";
    const FAMILIES: &str = "SELECT COUNT(*) FROM refresh_tokens";
    const LIVE: &str = "SELECT COUNT(*) FROM refresh_tokens r JOIN grants g
        ON g.tenant_id = r.tenant_id AND g.id = r.grant_id WHERE g.revoked_at IS NULL";
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let rows = Rows::of(&app).await;
    for round in 1..=5 {
        let flow = person.code(&acme, &web, SCOPE).await;
        let mut connection = app.connect().await;
        connection.write_all(&redemption(&acme, &web, &flow)).await.expect("the request is sent");
        for _ in 0..10_000 {
            if rows.number(SPENT).await == round {
                break;
            }
            signet_testkit::tokio::time::sleep(Duration::from_millis(1)).await;
        }
        app.kill9();
        drop(connection);
        assert_eq!(rows.number(SPENT).await, round, "the first use was committed");
        assert_eq!(rows.number(FAMILIES).await, round, "with what it bought");
        app.start_again().await;

        let reply = acme.redeem(&web, &flow).await.expect_oauth_error(400, "invalid_grant");
        assert_refusal(&acme, &reply, "code_replay").await;
        assert_eq!(rows.number(FAMILIES).await, round, "never two sets of tokens");
        assert_eq!(rows.number(LIVE).await, 0, "and the set that nobody has is dead");
    }
}

async fn cr_08_spent_stays_spent(engine: Engine) {
    let app = TestApp::start(engine).await;
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let visitor = acme.visitor();
    let (spent, burnt, unused) = (
        person.code_in(&visitor, &acme, &web, SCOPE).await,
        person.code_in(&visitor, &acme, &web, SCOPE).await,
        person.code_in(&visitor, &acme, &web, SCOPE).await,
    );
    let tokens = spent.redeem(&acme, &web).await;
    let mut wrong = burnt.clone();
    wrong.verifier = "a".repeat(43);
    acme.redeem(&web, &wrong).await.expect_oauth_error(400, "invalid_grant");

    app.restart().await;
    assert!(acme.is_active(&web, &tokens.access_token).await, "a restart revokes nothing");
    let mut refused = Vec::new();
    for flow in [&spent, &burnt] {
        let reply = acme.redeem(&web, flow).await.expect_oauth_error(400, "invalid_grant");
        refused.push((reply, "code_replay"));
    }
    assert_refusals(&acme, &refused).await;
    assert_dead(&acme, &web, &tokens.access_token, "after the replay").await;
    assert_dead(&acme, &web, tokens.refresh(), "after the replay").await;

    if engine == Engine::Postgres {
        let second = app.node().await;
        let there = second.acme();
        let tokens = there.redeem(&web, &unused).await.tokens();
        let reply = acme.redeem(&web, &unused).await.expect_oauth_error(400, "invalid_grant");
        assert_refusal(&acme, &reply, "code_replay").await;
        assert_dead(&there, &web, &tokens.access_token, "a replay at the other node").await;
    } else {
        unused.redeem(&acme, &web).await;
    }
}

/// Presents a text as a code, a refresh token, an access token, a session and a management token.
async fn assert_no_other_kind(tenant: &Tenant, web: &Made, text: &str, kind: &str) -> Vec<Reply> {
    let mut refused = Vec::new();
    if kind != "code" {
        let params = [
            ("grant_type", "authorization_code"),
            ("code", text),
            ("redirect_uri", &web.redirect_uri),
            ("code_verifier", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ];
        let reply = tenant.token_as(web, &params).await;
        assert_eq!(reply.status, 400, "{kind} as code: {}", reply.describe());
        refused.push(reply.expect_oauth_error(400, "invalid_grant"));
    }
    if kind != "refresh token" {
        let reply = tenant.refresh(web, text).await;
        assert_eq!(reply.status, 400, "{kind} as refresh token: {}", reply.describe());
        refused.push(reply.expect_oauth_error(400, "invalid_grant"));
        assert_dead(tenant, web, text, kind).await;
    }
    if kind != "API token" {
        let reply = tenant.api_with(text, "GET", "/api/v1/users").await;
        assert_eq!(reply.status, 401, "{kind} as API token: {}", reply.describe());
    }
    refused
}

async fn cr_09_secrets_of_other_kinds(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let flow = person.code(&acme, &web, SCOPE).await;
    let tokens = person.code(&acme, &web, SCOPE).await.redeem(&acme, &web).await;
    let asking = acme.visitor();
    let page = asking.open(&acme.authorize_url(&web, "openid")).await;
    let form = page.page().sign_in_form().expect("a sign-in form");
    let host = page.url.host_str().expect("a host").to_owned();
    let cookies: Vec<_> = flow.visitor.jar().cookies(&host).cloned().collect();
    assert!(cookies.len() >= 2, "a session and a browser cookie: {cookies:?}");
    let (console, _) =
        acme.sign_in("/console", &acme.credentials.admin.login, &acme.credentials.admin.password).await;
    let console: Vec<_> = console.jar().cookies(&host).cloned().collect();

    let mut kinds = vec![
        ("code", flow.code.clone()),
        ("refresh token", tokens.refresh().to_owned()),
        ("ID token", tokens.id_token.clone().expect("an ID token")),
        ("client secret", web.client_secret.clone().expect("a secret")),
        ("API token", acme.credentials.api_token.clone()),
        ("API credential's token", acme.api_access_token().await),
        ("flow handle", form.get("flow").expect("a flow").to_owned()),
        ("form token", form.get("csrf").expect("a form token").to_owned()),
        ("PKCE verifier", flow.verifier.clone()),
    ];
    kinds.extend(cookies.iter().chain(&console).map(|cookie| ("cookie", cookie.value.clone())));
    let mut refused = Vec::new();
    for (kind, text) in &kinds {
        refused.extend(assert_no_other_kind(&acme, &web, text, kind).await);
        // As a session or any other cookie: nobody is signed in.
        if *kind != "cookie" {
            let silent = acme.authorize(&web, "openid").set("prompt", "none").url();
            for cookie in &cookies {
                let line = format!("{}={text}", cookie.name);
                let reply = acme.http().get(&silent).header("cookie", &line).await.expect(303);
                assert!(
                    reply.location().as_str().contains("error=login_required"),
                    "{kind}: {}",
                    reply.location()
                );
            }
        }
    }
    let reasons: Vec<_> = crate::support::log::reasons(&acme, &refused).await;
    for reason in &reasons {
        let known = ["invalid_authorization_code", "invalid_refresh_token"].contains(&reason.as_str());
        assert!(known, "a secret of another kind is unknown, not {reason}");
    }
    // A console session is nothing at the apps' door, under either name.
    for (theirs, ours) in console.iter().flat_map(|theirs| cookies.iter().map(move |ours| (theirs, ours))) {
        let line = format!("{}={}", ours.name, theirs.value);
        let silent = acme.authorize(&web, "openid").set("prompt", "none").url();
        let reply = acme.http().get(&silent).header("cookie", &line).await.expect(303);
        assert!(reply.location().as_str().contains("error=login_required"), "{line}");
    }
    // None of these attempts spent what they presented.
    flow.redeem(&acme, &web).await;
    assert!(acme.is_active(&web, tokens.refresh()).await);
}

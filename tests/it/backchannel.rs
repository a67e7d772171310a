//! OpenID Connect Back-Channel Logout: apps are told from server to server that a session has ended.

use std::collections::BTreeSet;
use std::time::Duration;

use signet_oauth::jwk::Jwks;
use signet_oauth::jwt::{self, Alg, Verified};
use signet_testkit::{
    Engine, Jwt, Tenant, TestApp, Value, Visitor, json, on_each_engine, on_postgres, serde_json,
};

use crate::support::apps::{Made, NewApp, Person};
use crate::support::outside::{Answer, Outside};

on_each_engine! {
    an_app_is_told_when_its_user_signs_out,
    every_way_a_session_ends_is_told,
    an_app_that_is_away_is_told_later,
    an_app_that_stays_away_is_given_up,
    a_sign_out_outlives_the_server,
    a_logout_token_is_good_for_nothing_else,
}

on_postgres! { of_several_nodes_one_tells }

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const TOLD: &str = r#"eventType eq "app.oauth2.backchannel_logout""#;

/// An app that wants to be told, and where it is.
struct Told {
    app: Made,
    outside: Outside,
}

impl Told {
    async fn new(tenant: &Tenant) -> Self {
        let outside = Outside::at("127.0.0.1").await;
        let app = NewApp::web()
            .oauth("backchannel_logout_uri", json!(outside.url("/logout?from=signet")))
            .oauth("backchannel_logout_session_required", json!(true))
            .make(tenant)
            .await;
        Self { app, outside }
    }

    /// The logout tokens that it got.
    async fn tokens(&self, count: usize) -> Vec<String> {
        let asked = self.outside.wait_for(count).await;
        asked.iter().map(|asked| asked.field("logout_token").expect("a logout token")).collect()
    }

    /// Signs somebody in; gives the ID token and the browser.
    async fn sign_in(&self, tenant: &Tenant, person: &Person, visitor: &Visitor) -> String {
        let flow = person.code_in(visitor, tenant, &self.app, "openid").await;
        flow.redeem(tenant, &self.app).await.id_token.expect("an ID token")
    }
}

/// What the app has to check (Back-Channel Logout §2.6), and the claims.
async fn verified(tenant: &Tenant, token: &str, app: &Made, id_token: &str) -> Value {
    let keys: Jwks = serde_json::from_value(tenant.keys().await).expect("a key set");
    let Verified { header, claims } = jwt::verify(token, &keys.keys, Alg::ALL).expect("a good signature");
    let claims = Value::Object(claims);
    let signed_in = Jwt::decode(id_token).claims;
    assert_eq!(header.typ.as_deref(), Some("logout+jwt"));
    assert_eq!(claims["iss"], tenant.issuer());
    assert_eq!(claims["aud"], app.client_id);
    assert_eq!((&claims["sub"], &claims["sid"]), (&signed_in["sub"], &signed_in["sid"]));
    assert_eq!(claims["events"], json!({ EVENT: {} }));
    assert_eq!(claims.get("nonce"), None);
    let seconds = |name: &str| claims[name].as_i64().expect("an instant");
    assert!((1..=120).contains(&(seconds("exp") - seconds("iat"))), "{claims}");
    assert!(claims["jti"].as_str().is_some_and(|jti| jti.len() > 20), "{claims}");
    claims
}

async fn an_app_is_told_when_its_user_signs_out(app: TestApp) {
    let acme = app.acme();
    let discovery = acme.discovery().await;
    assert_eq!(discovery["backchannel_logout_supported"], true);
    assert_eq!(discovery["backchannel_logout_session_supported"], true);
    let (first, second) = (Told::new(&acme).await, Told::new(&acme).await);
    let silent = NewApp::web().make(&acme).await;
    let (person, visitor) = (Person::new(&acme).await, acme.visitor());
    let hint = first.sign_in(&acme, &person, &visitor).await;
    let other = second.sign_in(&acme, &person, &visitor).await;
    // Another grant of the same app in the same session is told once.
    first.sign_in(&acme, &person, &visitor).await;
    person.code_in(&visitor, &acme, &silent, "openid").await.redeem(&acme, &silent).await;
    // And somebody else's session isn't told at all.
    let stranger = Person::new(&acme).await;
    first.sign_in(&acme, &stranger, &acme.visitor()).await;

    let call = visitor.call("GET", &acme.endpoint("logout")).query([("id_token_hint", hint.as_str())]);
    visitor.send(call.not_secret()).await.expect(200);
    let mut ids = BTreeSet::new();
    for (told, id_token) in [(&first, &hint), (&second, &other)] {
        let tokens = told.tokens(1).await;
        let claims = verified(&acme, &tokens[0], &told.app, id_token).await;
        ids.insert(claims["jti"].to_string());
        let head = &told.outside.asked()[0].head;
        assert!(head.starts_with("post /logout?from=signet http/1.1"), "{head}");
        assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
    }
    assert_eq!(ids.len(), 2, "each token has its own jti");
    let events = acme.wait_for_logs(TOLD, 2).await;
    for event in &events {
        assert_eq!(event["outcome"]["result"], "SUCCESS", "{event:#}");
    }
    assert_eq!((events.len(), first.outside.asked().len(), second.outside.asked().len()), (2, 1, 1));
}

async fn every_way_a_session_ends_is_told(app: TestApp) {
    let acme = app.acme();
    let told = Told::new(&acme).await;
    let mut count = 0;
    for way in ["sessions", "suspend", "deactivate", "delete", "account", "password", "somebody else"] {
        let (person, visitor) = (Person::new(&acme).await, acme.visitor());
        let id_token = told.sign_in(&acme, &person, &visitor).await;
        match way {
            "sessions" => {
                let path = format!("/api/v1/users/{}/sessions?oauthTokens=true", person.id);
                acme.api("DELETE", &path).await.expect(204);
            }
            "suspend" | "deactivate" => person.lifecycle(&acme, way).await,
            "delete" => {
                for _ in 0..2 {
                    acme.api("DELETE", &format!("/api/v1/users/{}", person.id)).await.expect(204);
                }
            }
            "account" => {
                let page = visitor.open(&format!("{}/account", acme.origin())).await;
                let form = page.page().forms().into_iter().find(|form| form.action.contains("/end"));
                visitor.submit(&page, &form.expect("a way to end the session")).await;
            }
            "password" => {
                let body = json!({ "credentials": { "password": { "value": "another word of 4711" } } });
                acme.api("POST", &format!("/api/v1/users/{}", person.id)).json(&body).await.expect(200);
            }
            _ => {
                // Another person signs in in the same browser.
                let request = acme.authorize(&told.app, "openid").set("prompt", "login");
                let other = Person::new(&acme).await;
                visitor.authorize(&request, &other.login, &other.password).await;
            }
        }
        count += 1;
        let tokens = told.tokens(count).await;
        verified(&acme, &tokens[count - 1], &told.app, &id_token).await;
    }
}

async fn end_sessions(tenant: &Tenant, person: &Person) {
    tenant.api("DELETE", &format!("/api/v1/users/{}/sessions", person.id)).await.expect(204);
}

async fn an_app_that_is_away_is_told_later(app: TestApp) {
    let (acme, clock) = (app.acme(), app.clock());
    let told = Told::new(&acme).await;
    let person = Person::new(&acme).await;
    told.outside.says([Answer::status(503), Answer::raw(""), Answer::status(302), Answer::status(204)]);
    let id_token = told.sign_in(&acme, &person, &acme.visitor()).await;
    clock.freeze().await;
    end_sessions(&acme, &person).await;
    told.outside.wait_for(1).await;
    for (attempt, wait) in [(2, 5), (3, 30), (4, 120)] {
        acme.wait_for_logs(TOLD, attempt - 1).await;
        clock.advance(Duration::from_secs(wait)).await;
        told.outside.wait_for(attempt).await;
    }
    let events = acme.wait_for_logs(TOLD, 4).await;
    let told_of = |event: &Value| {
        let (outcome, debug) = (&event["outcome"], &event["debugContext"]["debugData"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&outcome["result"]), text(&outcome["reason"]), text(&debug["attempt"]), text(&debug["status"]))
    };
    let found: BTreeSet<_> = events.iter().map(told_of).collect();
    let expected = [
        ("FAILURE", "backchannel_logout_refused", "1", "503"),
        ("FAILURE", "backchannel_logout_no_answer", "2", ""),
        ("FAILURE", "backchannel_logout_refused", "3", "302"),
        ("SUCCESS", "", "4", ""),
    ];
    let expected = expected.map(|(a, b, c, d)| (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned()));
    assert_eq!(found, BTreeSet::from(expected));
    let mut ids = BTreeSet::new();
    for token in told.tokens(4).await {
        let claims = verified(&acme, &token, &told.app, &id_token).await;
        ids.insert(claims["jti"].to_string());
    }
    assert_eq!(ids.len(), 1, "the app can tell that it is the same sign-out");
}

async fn an_app_that_stays_away_is_given_up(app: TestApp) {
    let (acme, clock) = (app.acme(), app.clock());
    let told = Told::new(&acme).await;
    let person = Person::new(&acme).await;
    told.outside.says([Answer::status(400)]);
    told.sign_in(&acme, &person, &acme.visitor()).await;
    clock.freeze().await;
    end_sessions(&acme, &person).await;
    told.outside.wait_for(1).await;
    for (attempt, wait) in [(2, 5), (3, 30), (4, 120), (5, 600), (6, 1_800), (7, 3_600)] {
        acme.wait_for_logs(TOLD, attempt - 1).await;
        clock.advance(Duration::from_secs(wait)).await;
        told.outside.wait_for(attempt).await;
    }
    let events = acme.wait_for_logs(TOLD, 7).await;
    let last = |event: &&Value| event["debugContext"]["debugData"]["givenUp"] == "true";
    assert_eq!(events.iter().filter(last).count(), 1);
    // Nothing waits any more. Another sign-out is told, so the queue was looked at since.
    clock.advance(Duration::from_secs(86_400)).await;
    let next = Told::new(&acme).await;
    let person = Person::new(&acme).await;
    next.sign_in(&acme, &person, &acme.visitor()).await;
    end_sessions(&acme, &person).await;
    next.outside.wait_for(1).await;
    assert_eq!(told.outside.asked().len(), 7);
}

async fn a_sign_out_outlives_the_server(app: TestApp) {
    let acme = app.acme();
    let told = Told::new(&acme).await;
    let person = Person::new(&acme).await;
    // It is being told when the server dies.
    told.outside.says([Answer::Hangs, Answer::status(200)]);
    let id_token = told.sign_in(&acme, &person, &acme.visitor()).await;
    end_sessions(&acme, &person).await;
    told.outside.wait_for(1).await;
    app.restart().await;
    // Whoever had taken it up had it for half a minute.
    app.clock().advance(Duration::from_secs(31)).await;
    let tokens = told.tokens(2).await;
    verified(&acme, &tokens[1], &told.app, &id_token).await;
    let events = acme.wait_for_logs(TOLD, 1).await;
    assert_eq!(events[0]["outcome"]["result"], "SUCCESS", "{events:#?}");
}

async fn a_logout_token_is_good_for_nothing_else(app: TestApp) {
    let acme = app.acme();
    let told = Told::new(&acme).await;
    let (person, visitor) = (Person::new(&acme).await, acme.visitor());
    told.sign_in(&acme, &person, &visitor).await;
    end_sessions(&acme, &person).await;
    let token = told.tokens(1).await.remove(0);
    acme.userinfo(&token).await.expect(401);
    assert!(!acme.is_active(&told.app, &token).await);
    // As a hint it names nobody: there is no way back from the sign-out.
    let uri = "https://app.example/bye";
    let mut web = told.app.clone();
    web.change(&acme, "post_logout_redirect_uris", json!([uri])).await;
    let params = [("id_token_hint", token.as_str()), ("post_logout_redirect_uri", uri)];
    let call = visitor.call("GET", &acme.endpoint("logout")).query(params).not_secret();
    let reply = visitor.send(call).await.expect(200);
    assert!(reply.header("location").is_none(), "{}", reply.describe());
}

async fn of_several_nodes_one_tells(engine: Engine) {
    let app = TestApp::start(engine).await;
    let nodes = app.nodes(2).await;
    let acme = app.acme();
    let told = Told::new(&acme).await;
    const PEOPLE: usize = 12;
    for n in 0..PEOPLE {
        let person = Person::new(&acme).await;
        told.sign_in(&acme, &person, &acme.visitor()).await;
        let over = [&acme, &nodes[0].acme(), &nodes[1].acme()][n % 3].clone();
        end_sessions(&over, &person).await;
    }
    let tokens = told.tokens(PEOPLE).await;
    let events = acme.wait_for_logs(TOLD, PEOPLE).await;
    assert_eq!((tokens.len(), events.len()), (PEOPLE, PEOPLE));
    let ids: BTreeSet<String> =
        told.tokens(PEOPLE).await.iter().map(|token| Jwt::decode(token).claims["jti"].to_string()).collect();
    assert_eq!((ids.len(), told.outside.asked().len()), (PEOPLE, PEOPLE), "each once");
}

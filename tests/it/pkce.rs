//! Proof keys: a challenge is demanded, of one form only, and only its own verifier redeems.

use signet_testkit::{CodeFlow, Shared, Tenant, TestApp, json, on_each_engine};

use crate::support::apps::{Made, NewApp, Person};
use crate::support::log::{assert_refusal, assert_refusals};
use crate::support::replies::{ask, assert_page, assert_sent_back};
use crate::support::rows::Rows;

on_each_engine! {
    pk_01_no_challenge,
    pk_02_plain_or_no_method,
    pk_03_challenges_of_another_shape,
    pk_05_verifiers_of_another_shape,
    pk_06_no_verifier,
    pk_07_a_verifier_without_a_challenge,
    pk_08_two_of_either,
    pk_09_words_that_are_no_verifiers,
}

async fn pk_01_no_challenge(app: Shared) {
    let acme = app.acme();
    let (web, browser) = (NewApp::web().make(&acme).await, NewApp::browser().make(&acme).await);
    let mut refused = Vec::new();
    for app in [&*web, &*browser, &acme.web(), &acme.browser_app()] {
        let bare = acme.authorize(app, "openid").without("code_challenge").without("code_challenge_method");
        for request in [bare.clone(), bare.set("code_challenge", "")] {
            let reply = ask(&acme, &request).await;
            assert_sent_back(&acme, &request, &reply, "invalid_request");
            refused.push((reply, "pkce_missing_challenge"));
        }
    }
    assert_refusals(&acme, &refused).await;
    // Nor can an administrator switch the demand off for an app that keeps no secret (RFC 9700 section 2.1.1).
    let mut body = NewApp::browser().body().clone();
    body["credentials"]["oauthClient"]["pkce_required"] = json!(false);
    acme.api("POST", "/api/v1/apps").json(&body).await.expect(400);
}

async fn pk_02_plain_or_no_method(app: Shared) {
    let acme = app.acme();
    let (web, browser) = (NewApp::web().make(&acme).await, NewApp::browser().make(&acme).await);
    let mut refused = Vec::new();
    for app in [&web, &browser] {
        let good = acme.authorize(app, "openid");
        let mut requests = vec![good.clone().without("code_challenge_method")];
        for method in ["plain", "", "s256", "S512", "S256 ", "none", "S256,plain"] {
            requests.push(good.clone().set("code_challenge_method", method));
        }
        // What plain would look like in full.
        let verifier = good.verifier.clone();
        requests.push(good.set("code_challenge", &verifier).set("code_challenge_method", "plain"));
        for request in requests {
            let reply = ask(&acme, &request).await;
            assert_sent_back(&acme, &request, &reply, "invalid_request");
            refused.push((reply, "pkce_unsupported_code_challenge_method"));
        }
    }
    assert_refusals(&acme, &refused).await;
}

async fn pk_03_challenges_of_another_shape(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let good = acme.authorize(&web, "openid");
    let right = good.get("code_challenge").to_owned();
    let (head, end) = (&right[..42], &right[42..]);
    let mut refused = Vec::new();
    for challenge in [
        head.to_owned(),
        format!("{right}A"),
        format!("{right}="),
        format!("{head}="),
        format!("{head}+"),
        format!("{head}/"),
        format!("{head}."),
        format!("{head}\u{e9}"),
        format!(" {head}"),
        format!("{}\u{ff21}", &right[..40]),
        "a".repeat(129),
        "a".repeat(4_000),
        "null".to_owned(),
    ] {
        let request = good.clone().set("code_challenge", &challenge);
        let reply = ask(&acme, &request).await;
        assert_sent_back(&acme, &request, &reply, "invalid_request");
        refused.push((reply, "pkce_invalid_challenge"));
    }
    assert_refusals(&acme, &refused).await;
    assert_eq!(ask(&acme, &good).await.location().path(), "/login", "{head}{end} is good");
}

/// Somebody signed in, whose browser gives one code after another.
struct Codes {
    tenant: Tenant,
    web: Made,
    person: Person,
    first: CodeFlow,
}

impl Codes {
    async fn of(tenant: Tenant) -> Self {
        let web = NewApp::web().make(&tenant).await;
        let person = Person::new(&tenant).await;
        let first = person.code(&tenant, &web, "openid").await;
        Self { tenant, web, person, first }
    }

    async fn next(&self) -> CodeFlow {
        self.person.code_in(&self.first.visitor, &self.tenant, &self.web, "openid").await
    }

    /// A code with each of these verifiers: refused, and burnt by it.
    async fn assert_wrong(&self, wrong: impl Fn(&CodeFlow) -> Vec<String>, reason: &str) {
        let mut refused = Vec::new();
        for which in 0..wrong(&self.first).len() {
            let flow = self.next().await;
            let mut attempt = flow.clone();
            attempt.verifier = wrong(&flow).swap_remove(which);
            let reply = self.tenant.redeem(&self.web, &attempt).await;
            assert_eq!(reply.status, 400, "verifier “{}”: {}", attempt.verifier, reply.describe());
            refused.push((reply.expect_oauth_error(400, "invalid_grant"), reason));
            let burnt = self.tenant.redeem(&self.web, &flow).await;
            refused.push((burnt.expect_oauth_error(400, "invalid_grant"), "code_replay"));
        }
        assert_refusals(&self.tenant, &refused).await;
        self.next().await.redeem(&self.tenant, &self.web).await;
    }
}

async fn pk_05_verifiers_of_another_shape(app: Shared) {
    let codes = Codes::of(app.acme()).await;
    let wrong = |flow: &CodeFlow| {
        let right = &flow.verifier;
        let challenge = oauth2_challenge(right);
        vec![
            challenge,
            right[..42].to_owned(),
            format!("{right}{}", "a".repeat(129 - right.len())),
            format!("{}+", &right[..42]),
            format!("{}/", &right[..42]),
            format!("{right}="),
            format!("{right} "),
            format!("{}\u{e9}", &right[..42]),
            right.to_uppercase(),
            format!("{right}a"),
        ]
    };
    codes.assert_wrong(wrong, "pkce_verification_failed").await;
}

fn oauth2_challenge(verifier: &str) -> String {
    let verifier = signet_testkit::oauth2::PkceCodeVerifier::new(verifier.to_owned());
    let challenge = signet_testkit::oauth2::PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    challenge.as_str().to_owned()
}

async fn pk_06_no_verifier(app: Shared) {
    let codes = Codes::of(app.acme()).await;
    codes.assert_wrong(|_| vec![String::new()], "pkce_missing_verifier").await;
    // Not even the parameter.
    let flow = codes.next().await;
    let params =
        [("grant_type", "authorization_code"), ("code", &flow.code), ("redirect_uri", &flow.redirect_uri)];
    let reply = codes.tenant.token_as(&codes.web, &params).await.expect_oauth_error(400, "invalid_grant");
    assert_refusal(&codes.tenant, &reply, "pkce_missing_verifier").await;
}

async fn pk_07_a_verifier_without_a_challenge(app: TestApp) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    // Apps that need no challenge can't be made any more; a store from elsewhere may hold one.
    let rows = Rows::of(&app).await;
    app.stop().await;
    assert!(rows.run("UPDATE apps SET pkce_required = NOT pkce_required WHERE kind = 'web'").await > 0);
    drop(rows);
    app.start_again().await;

    let visitor = acme.visitor();
    let bare = || {
        let request = acme.authorize(&web, "openid");
        request.without("code_challenge").without("code_challenge_method")
    };
    let mut codes = Vec::new();
    for _ in 0..2 {
        let callback = visitor.authorize(&bare(), &person.login, &person.password).await;
        codes.push(callback.code().to_owned());
    }
    let verifier = "a".repeat(43);
    let redeem = |code: &str, verifier: Option<&str>| {
        let mut params =
            vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &web.redirect_uri)];
        params.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        acme.token_as(&web, &params)
    };
    let reply = redeem(&codes[0], Some(&verifier)).await.expect_oauth_error(400, "invalid_grant");
    assert_refusal(&acme, &reply, "pkce_missing_challenge_verifier_present").await;
    let burnt = redeem(&codes[0], None).await.expect_oauth_error(400, "invalid_grant");
    assert_refusal(&acme, &burnt, "code_replay").await;
    redeem(&codes[1], None).await.expect(200);
}

async fn pk_08_two_of_either(app: Shared) {
    let codes = Codes::of(app.acme()).await;
    let acme = &codes.tenant;
    let other = acme.authorize(&codes.web, "openid");
    let mut refused = Vec::new();
    for name in ["code_challenge", "code_challenge_method"] {
        let request = acme.authorize(&codes.web, "openid");
        for second in [request.get(name).to_owned(), other.get(name).to_owned(), String::new()] {
            let reply = ask(acme, &request.clone().add(name, &second)).await;
            refused.push((assert_page(reply, name), "illegal_duplicated_parameters"));
        }
    }
    let flow = codes.next().await;
    for second in [flow.verifier.as_str(), other.verifier.as_str(), ""] {
        let params = [
            ("grant_type", "authorization_code"),
            ("code", &flow.code),
            ("redirect_uri", &flow.redirect_uri),
            ("code_verifier", &flow.verifier),
            ("code_verifier", second),
        ];
        let reply = acme.token_as(&codes.web, &params).await.expect_oauth_error(400, "invalid_request");
        refused.push((reply, "illegal_duplicated_parameters"));
    }
    assert_refusals(acme, &refused).await;
    // A request that can't be read burns nothing.
    flow.redeem(acme, &codes.web).await;
}

async fn pk_09_words_that_are_no_verifiers(app: Shared) {
    let codes = Codes::of(app.acme()).await;
    let words = ["null", "undefined", "[]", "{}", "0", "false", "NaN", "None", "nil"];
    codes.assert_wrong(|_| words.map(str::to_owned).to_vec(), "pkce_verification_failed").await;
}

//! What an app may ask of the sign-in: no page at all, a new password, one that isn't too old.

use std::time::Duration;

use signet_testkit::{
    AuthRequest, CodeFlow, Reply, Shared, Tenant, TestApp, Value, Visitor, json, on_each_engine,
};

use crate::support::apps::{Made, NewApp, Person};
use crate::support::log::assert_refusals;
use crate::support::replies::assert_sent_back;

on_each_engine! {
    gr_18_no_page_ever,
    gr_18_a_new_password_when_asked,
    gr_18_the_age_of_a_sign_in,
    gr_18_consent_alone_answers_no_new_password,
}

async fn gr_18_no_page_ever(app: Shared) {
    let acme = app.acme();
    let asking = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    let person = Person::new(&acme).await;
    let silent = |scope: &str| acme.authorize(&asking, scope).set("prompt", "none");
    let mut refused = Vec::new();
    let mut assert_refused = |request: AuthRequest, reply: Reply, error: &str, reason: &'static str| {
        assert_sent_back(&acme, &request, &reply, error);
        refused.push((reply, reason));
    };

    let stranger = acme.visitor();
    let request = silent("openid");
    assert_refused(
        request.clone(),
        stranger.get(&request.url()).await,
        "login_required",
        "no_existing_session",
    );
    let signed_in = person.code(&acme, &asking, "openid").await.visitor;
    let request = silent("openid orders:read");
    assert_refused(
        request.clone(),
        signed_in.get(&request.url()).await,
        "consent_required",
        "consent_required",
    );
    let request = silent("openid").set("max_age", "0");
    assert_refused(request.clone(), signed_in.get(&request.url()).await, "login_required", "login_required");
    for prompt in ["none login", "none consent", "login none", "none none login", "None", "all", "none  "] {
        let request = acme.authorize(&asking, "openid").set("prompt", prompt);
        assert_refused(
            request.clone(),
            signed_in.get(&request.url()).await,
            "invalid_request",
            "invalid_prompt",
        );
    }
    let code = signed_in.get(&silent("openid").url()).await.expect(303);
    assert!(code.location().query_pairs().any(|(name, _)| name == "code"), "{}", code.location());
    person.lifecycle(&acme, "suspend").await;
    let request = silent("openid");
    assert_refused(
        request.clone(),
        signed_in.get(&request.url()).await,
        "login_required",
        "no_existing_session",
    );
    assert_refusals(&acme, &refused).await;
}

/// Opens a request that must ask for the password, gives it, and answers with the ID token's claims.
async fn signs_in_again(
    tenant: &Tenant,
    web: &Made,
    person: &Person,
    visitor: &Visitor,
    request: &AuthRequest,
) -> Value {
    let page = visitor.open(&request.url()).await;
    assert!(page.page().sign_in_form().is_some(), "no password is asked: {}", page.describe());
    let reply = visitor.sign_in(&page, &person.login, &person.password).await;
    let callback = signet_testkit::Callback::read(&reply, &web.redirect_uri);
    let flow = CodeFlow {
        code: callback.code().to_owned(),
        verifier: request.verifier.clone(),
        state: callback.get("state").to_owned(),
        iss: callback.get("iss").to_owned(),
        redirect_uri: web.redirect_uri.clone(),
        visitor: visitor.clone(),
    };
    flow.redeem(tenant, web).await.id().claims
}

async fn gr_18_a_new_password_when_asked(app: TestApp) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let flow = person.code(&acme, &web, "openid").await;
    let visitor = flow.visitor.clone();
    let first = flow.redeem(&acme, &web).await.id().claims;
    app.clock().advance(Duration::from_secs(100)).await;

    // Without the demand the old sign-in serves, and the token says how old it is.
    let again = person.code_in(&visitor, &acme, &web, "openid").await.redeem(&acme, &web).await.id().claims;
    assert_eq!(again["auth_time"], first["auth_time"]);
    assert_eq!(again["sid"], first["sid"]);
    for (name, value) in [("prompt", "login"), ("prompt", "login select_account"), ("max_age", "0")] {
        app.clock().advance(Duration::from_secs(100)).await;
        let request = acme.authorize(&web, "openid").set(name, value);
        let claims = signs_in_again(&acme, &web, &person, &visitor, &request).await;
        let (then, now) = (first["auth_time"].as_i64().unwrap(), claims["auth_time"].as_i64().unwrap());
        assert!(now >= then + 200, "{name}={value}: auth_time {now} after {then}");
        assert_ne!(claims["sid"], first["sid"], "{name}={value}: a new session");
        assert_eq!(claims["sub"], person.id);
    }
}

async fn gr_18_the_age_of_a_sign_in(app: TestApp) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    app.clock().freeze().await;
    let visitor = person.code(&acme, &web, "openid").await.visitor;
    let asked = |age: &str| acme.authorize(&web, "openid").set("max_age", age);
    app.clock().advance(Duration::from_secs(60)).await;
    let reply = visitor.get(&asked("60").url()).await.expect(303);
    assert!(reply.location().as_str().contains("code="), "60 s old is not over 60: {}", reply.location());
    app.clock().advance(Duration::from_secs(1)).await;
    let silent = asked("60").set("prompt", "none");
    assert_sent_back(&acme, &silent, &visitor.get(&silent.url()).await, "login_required");
    let claims = signs_in_again(&acme, &web, &person, &visitor, &asked("60")).await;
    assert!(claims["auth_time"].as_i64() >= claims["iat"].as_i64().map(|iat| iat - 1), "{claims:#}");
    for odd in ["-1", "1.5", "soon", "1e3", "99999999999", "+1", " 1"] {
        let request = asked(odd);
        assert_sent_back(&acme, &request, &visitor.get(&request.url()).await, "invalid_request");
    }
}

/// An old session must not answer, at the consent page, a request that asks for a new sign-in.
async fn gr_18_consent_alone_answers_no_new_password(app: TestApp) {
    let acme = app.acme();
    let asking = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    let person = Person::new(&acme).await;
    let visitor = person.code(&acme, &asking, "openid").await.visitor;
    for (name, value) in [("prompt", "login"), ("max_age", "0"), ("max_age", "10")] {
        app.clock().advance(Duration::from_secs(60)).await;
        let request = acme.authorize(&asking, "openid orders:read");
        // A form of this browser, from another flow.
        let consent = visitor.open(&request.url()).await;
        let mut form = consent.page().consent_form().expect("a consent form");
        let strict = acme.authorize(&asking, "openid orders:read").set(name, value);
        let sign_in = visitor.open(&strict.url()).await;
        let strict_form = sign_in.page().sign_in_form().expect("a sign-in form");
        form.agree().set("flow", strict_form.get("flow").expect("a flow"));
        let reply = visitor.submit(&consent, &form).await.expect(303);
        assert_eq!(reply.location().path(), "/login", "{name}={value}: {}", reply.location());
    }
}

//! When an app says who has to sign in, nobody else's sign-in answers it.

use signet_testkit::{Callback, Reply, Shared, Tenant, json, on_each_engine};

use crate::support::apps::{Made, NewApp, Person};

on_each_engine! {
    gr_18_a_hint_says_who_must_sign_in,
    gr_18_a_hint_holds_on_the_consent_page_too,
    jw_20_a_hint_of_another_app_says_nothing,
}

const WANTS_ANOTHER: &str = "wants another account";

async fn hint_of(person: &Person, tenant: &Tenant, app: &Made) -> String {
    let tokens = person.code(tenant, app, "openid").await.redeem(tenant, app).await;
    tokens.id_token.clone().expect("an ID token")
}

/// The sign-in page again, with a notice that names nobody.
#[track_caller]
fn assert_asked_again(page: &Reply, wanted: &Person) {
    assert_eq!(page.url.path(), "/login", "{}", page.describe());
    assert!(page.page().sign_in_form().is_some(), "{}", page.describe());
    assert!(page.text().contains(WANTS_ANOTHER), "no word of why: {}", page.text());
    assert!(!page.text().contains(&wanted.login), "the page says who is meant");
}

async fn gr_18_a_hint_says_who_must_sign_in(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let (alice, bob) = (Person::new(&acme).await, Person::new(&acme).await);
    let hint = hint_of(&alice, &acme, &web).await;
    let request = acme.authorize(&web, "openid").set("id_token_hint", &hint);

    let visitor = acme.visitor();
    let page = visitor.open(&request.url()).await;
    assert!(!page.text().contains(WANTS_ANOTHER), "nobody is signed in yet");
    let page = visitor.sign_in(&page, &bob.login, &bob.password).await;
    assert_asked_again(&page, &alice);
    let reply = visitor.sign_in(&page, &alice.login, &alice.password).await;
    let code = Callback::read(&reply, &web.redirect_uri).code().to_owned();
    let params = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", &web.redirect_uri),
        ("code_verifier", &request.verifier),
    ];
    let tokens = acme.token_as(&web, &params).await.tokens();
    assert_eq!(tokens.id().claims["sub"], alice.id.as_str());

    // Whoever is signed in already counts as little.
    let bobs = bob.code(&acme, &web, "openid").await.visitor;
    let request = acme.authorize(&web, "openid").set("id_token_hint", &hint);
    assert_asked_again(&bobs.open(&request.url()).await, &alice);
}

async fn gr_18_a_hint_holds_on_the_consent_page_too(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    let (alice, bob) = (Person::new(&acme).await, Person::new(&acme).await);
    let hint = hint_of(&alice, &acme, &web).await;
    let bobs = bob.code(&acme, &web, "openid").await.visitor;

    // A consent form of bob's own flow, sent for the flow that alice has to answer.
    let own = bobs.open(&acme.authorize(&web, "openid orders:read").url()).await;
    let mut form = own.page().consent_form().expect("a consent form");
    let request = acme.authorize(&web, "openid orders:read").set("id_token_hint", &hint);
    let sign_in = bobs.open(&request.url()).await.page().sign_in_form().expect("a sign-in form");
    form.agree().set("flow", sign_in.get("flow").expect("a flow"));
    let reply = bobs.submit(&own, &form).await.expect(303);
    assert_eq!(reply.location().path(), "/login", "{}", reply.location());
}

async fn jw_20_a_hint_of_another_app_says_nothing(app: Shared) {
    let acme = app.acme();
    let (web, other) = (NewApp::web().make(&acme).await, NewApp::web().make(&acme).await);
    let (alice, bob) = (Person::new(&acme).await, Person::new(&acme).await);
    let hint = hint_of(&alice, &acme, &other).await;
    let bobs = bob.code(&acme, &web, "openid").await.visitor;
    let request = acme.authorize(&web, "openid").set("prompt", "none").set("id_token_hint", &hint);
    let callback = Callback::read(&bobs.get(&request.url()).await, &web.redirect_uri);
    assert!(!callback.code().is_empty());
    assert!(!callback.url.as_str().contains(&alice.id), "{}", callback.url);
    // Signing out with it ends nobody else's session, and leads nowhere.
    let reply = bobs.get(&format!("{}?id_token_hint={hint}", acme.endpoint("logout"))).await.expect(200);
    assert!(reply.text().contains(&bob.login), "bob is asked: {}", reply.text());
    assert!(!reply.text().contains(&alice.login), "the page speaks of alice");
}

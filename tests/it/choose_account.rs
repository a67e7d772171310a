//! The account chooser (`prompt=select_account`): who is signed in is asked, and only their own click answers.

use std::time::Duration;

use signet_testkit::{AuthRequest, Callback, CodeFlow, Form, Reply, TestApp, Visitor, json, on_each_engine};

use crate::support::apps::{Made, NewApp, Person};

on_each_engine! {
    the_account_at_hand_is_offered_and_serves,
    consent_comes_after_the_choice,
    another_account_is_one_click_away,
    a_choice_is_one_persons_in_one_flow,
    an_account_that_may_not_answer_is_not_offered,
    who_must_sign_in_again_need_not_type_their_login,
}

/// The form that continues as who is signed in.
fn offer(page: &Reply) -> Form {
    let form = page.page().forms().into_iter().find(|form| form.action == "/login/account");
    form.unwrap_or_else(|| panic!("no account is offered: {}", page.describe()))
}

/// The login that a sign-in page suggests.
fn suggested(page: &Reply) -> String {
    let form = page.page().sign_in_form().unwrap_or_else(|| panic!("no sign-in form: {}", page.describe()));
    assert_eq!(page.url.path(), "/login");
    form.get("login").unwrap_or_default().to_owned()
}

fn flow(request: &AuthRequest, callback: &Callback, web: &Made, visitor: &Visitor) -> CodeFlow {
    CodeFlow {
        code: callback.code().to_owned(),
        verifier: request.verifier.clone(),
        state: callback.get("state").to_owned(),
        iss: callback.get("iss").to_owned(),
        redirect_uri: web.redirect_uri.clone(),
        visitor: visitor.clone(),
    }
}

async fn the_account_at_hand_is_offered_and_serves(app: TestApp) {
    let acme = app.acme();
    let web = NewApp::web().label("Photo <b>book</b>").make(&acme).await;
    let person = Person::new(&acme).await;
    let choosing = acme.authorize(&web, "openid").set("prompt", "select_account");
    // Nobody is signed in, so there is nobody to choose.
    assert_eq!(suggested(&acme.visitor().open(&choosing.url()).await), "");

    let first = person.code(&acme, &web, "openid").await;
    let visitor = first.visitor.clone();
    let before = first.redeem(&acme, &web).await.id().claims;
    app.clock().advance(Duration::from_secs(100)).await;
    let page = visitor.open(&choosing.url()).await;
    let (text, form) = (page.page().text(), offer(&page));
    assert!(text.contains(&person.login) && text.contains("Photo <b>book</b>"), "{text}");
    let answer = visitor.submit(&page, &form).await;
    let callback = Callback::read(&answer, &web.redirect_uri);
    let after = flow(&choosing, &callback, &web, &visitor).redeem(&acme, &web).await.id().claims;
    for claim in ["sub", "sid", "auth_time"] {
        assert_eq!(before[claim], after[claim], "{claim}: the sign-in at hand serves");
    }
    // It was answered; the page of before leads nowhere.
    visitor.submit(&page, &form).await.expect_page_error();
    let again = visitor.get(page.url.as_str()).await;
    again.expect_page_error();

    let german = choosing.clone().set("ui_locales", "de");
    let page = visitor.open(&german.url()).await;
    assert!(page.page().text().contains("Weiter als"), "{}", page.page().text());
}

async fn consent_comes_after_the_choice(app: TestApp) {
    let acme = app.acme();
    let asking = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    let person = Person::new(&acme).await;
    let visitor = person.code(&acme, &asking, "openid").await.visitor;
    app.clock().advance(Duration::from_secs(1)).await;
    for (prompt, scope) in [("select_account", "openid orders:read"), ("consent select_account", "openid")] {
        let request = acme.authorize(&asking, scope).set("prompt", prompt);
        let page = visitor.open(&request.url()).await;
        let chosen = visitor.submit(&page, &offer(&page)).await;
        let consent = visitor.follow(chosen).await;
        assert_eq!(consent.url.path(), "/consent", "{prompt}: {}", consent.describe());
        let handle = consent.page().consent_form().expect("a consent form").get("flow").map(str::to_owned);
        // Chosen once is chosen: the chooser's own address leads on, too.
        let chooser = format!("{}/login/account?flow={}", acme.origin(), handle.expect("a flow"));
        assert_eq!(visitor.open(&chooser).await.url.path(), "/consent");
        Callback::read(&visitor.approve(&consent).await, &asking.redirect_uri).code();
    }
}

async fn another_account_is_one_click_away(app: TestApp) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let (ada, bob) = (Person::new(&acme).await, Person::new(&acme).await);
    let visitor = ada.code(&acme, &web, "openid").await.visitor;
    app.clock().advance(Duration::from_secs(1)).await;
    let request = acme.authorize(&web, "openid").set("prompt", "select_account");
    let page = visitor.open(&request.url()).await;
    let links = page.page().attributes("main a", "href");
    let [another] = links.as_slice() else { panic!("one link: {links:?}") };
    let sign_in = visitor.open(page.url.join(another).expect("a link").as_str()).await;
    assert_eq!(suggested(&sign_in), "", "another account is wanted");
    let answer = visitor.sign_in(&sign_in, &bob.login, &bob.password).await;
    let callback = Callback::read(&answer, &web.redirect_uri);
    let claims = flow(&request, &callback, &web, &visitor).redeem(&acme, &web).await.id().claims;
    assert_eq!(claims["sub"], bob.id.as_str());

    // Who is named by a hint is suggested there.
    app.clock().advance(Duration::from_secs(1)).await;
    let request = request.set("login_hint", &ada.login);
    let page = visitor.open(&request.url()).await;
    assert!(page.page().text().contains(&bob.login), "{}", page.page().text());
    let links = page.page().attributes("main a", "href");
    let sign_in = visitor.open(page.url.join(&links[0]).expect("a link").as_str()).await;
    assert_eq!(suggested(&sign_in), ada.login);
}

async fn a_choice_is_one_persons_in_one_flow(app: TestApp) {
    let acme = app.acme();
    let asking = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    let (ada, bob) = (Person::new(&acme).await, Person::new(&acme).await);
    let visitor = ada.code(&acme, &asking, "openid").await.visitor;
    app.clock().advance(Duration::from_secs(1)).await;
    let choosing = acme.authorize(&asking, "openid").set("prompt", "select_account");
    let page = visitor.open(&choosing.url()).await;
    let consent = visitor.open(&acme.authorize(&asking, "openid orders:read").url()).await;

    // A form that no page of this browser sent.
    visitor.submit(&page, offer(&page).remove("csrf")).await.expect(403);
    acme.visitor().submit(&page, &offer(&page)).await.expect(403);
    let mut stranger = offer(&page);
    stranger.remove("flow");
    visitor.submit(&page, &stranger).await.expect_page_error();

    // In another tab somebody else signs in. Ada's pages don't answer for Bob.
    let tab = visitor.open(&format!("{}/login", acme.origin())).await;
    visitor.sign_in(&tab, &bob.login, &bob.password).await;
    app.clock().advance(Duration::from_secs(1)).await;
    let later = acme.authorize(&asking, "openid").set("prompt", "select_account");
    let fresh = visitor.open(&later.url()).await;
    let mut forged = offer(&fresh);
    forged.set("account", &ada.id);
    let shown = visitor.submit(&fresh, &forged).await;
    let shown = visitor.follow(shown).await;
    assert!(shown.page().text().contains(&bob.login), "{}", shown.describe());
    offer(&shown);
    let agreed = visitor.approve(&consent).await;
    assert_eq!(agreed.url.path(), "/consent", "{}", agreed.describe());
    assert!(agreed.page().text().contains(&bob.login), "{}", agreed.page().text());

    // A choice goes no further than its flow.
    let answer = visitor.submit(&fresh, &offer(&fresh)).await;
    let callback = Callback::read(&answer, &asking.redirect_uri);
    let claims = flow(&later, &callback, &asking, &visitor).redeem(&acme, &asking).await.id().claims;
    assert_eq!(claims["sub"], bob.id.as_str());
    offer(&visitor.open(&later.url()).await);
}

async fn an_account_that_may_not_answer_is_not_offered(app: TestApp) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let (ada, bob) = (Person::new(&acme).await, Person::new(&acme).await);
    let hint = bob.code(&acme, &web, "openid").await.redeem(&acme, &web).await.id_token.expect("an ID token");
    let visitor = ada.code(&acme, &web, "openid").await.visitor;
    app.clock().advance(Duration::from_secs(100)).await;
    let choosing = acme.authorize(&web, "openid").set("prompt", "select_account");
    for (name, value) in [("max_age", "99"), ("prompt", "login select_account"), ("id_token_hint", &hint)] {
        let page = visitor.open(&choosing.clone().set(name, value).url()).await;
        assert_eq!(suggested(&page), "", "{name}");
    }
    let page = visitor.open(&choosing.clone().set("max_age", "100").url()).await;
    let form = offer(&page);
    // Suspended while the page was open.
    ada.lifecycle(&acme, "suspend").await;
    let reply = visitor.submit(&page, &form).await.expect(303);
    assert_eq!(reply.location().path(), "/login");
    assert_eq!(suggested(&visitor.open(page.url.as_str()).await), "");
}

async fn who_must_sign_in_again_need_not_type_their_login(app: TestApp) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let (ada, bob) = (Person::new(&acme).await, Person::new(&acme).await);
    let hint = bob.code(&acme, &web, "openid").await.redeem(&acme, &web).await.id_token.expect("an ID token");
    let visitor = ada.code(&acme, &web, "openid").await.visitor;
    app.clock().advance(Duration::from_secs(100)).await;
    for (name, value) in [("prompt", "login"), ("max_age", "10")] {
        let request = acme.authorize(&web, "openid").set(name, value);
        assert_eq!(suggested(&visitor.open(&request.url()).await), ada.login, "{name}");
        let hinted = request.clone().set("login_hint", &bob.login);
        assert_eq!(suggested(&visitor.open(&hinted.url()).await), bob.login, "{name}");
        let other = request.set("id_token_hint", &hint);
        assert_eq!(suggested(&visitor.open(&other.url()).await), "", "{name}: of somebody else");
    }
}

//! A password that has expired, or that somebody else has set, is replaced on the way in.

use std::time::Duration;

use signet_testkit::{Form, Reply, Shared, Tenant, TestApp, Visitor, json, on_each_engine};

use crate::support::apps::{NewApp, Person};
use crate::support::desk::{Desk, shown, the_form};
use crate::support::make::{unique, user};

on_each_engine! {
    an_expired_password_is_replaced_on_the_way_to_an_app,
    a_ticket_is_for_one_door_of_one_browser_and_one_password,
    a_ticket_lasts_ten_minutes,
    of_two_answers_at_once_one_counts,
    the_console_s_door_asks_administrators_alone,
    who_sets_a_password_may_ask_for_another,
    a_right_password_that_expired_locks_nobody,
    an_expired_password_is_changed_by_the_api,
}

const NEW: &str = "another-long-phrase";

/// Somebody whose password was set by an administrator, for one sign-in.
async fn person(tenant: &Tenant) -> Person {
    let login = format!("{}@people.test", unique("new"));
    let password = format!("canary of {} 4711", unique("word"));
    let body = json!({
        "profile": { "login": login, "email": login, "firstName": "Pat", "lastName": "Example" },
        "credentials": { "password": { "value": password } },
    });
    let reply = tenant.api("POST", "/api/v1/users?nextLogin=changePassword").json(&body).await.expect(200);
    assert_eq!(reply.json()["status"], "PASSWORD_EXPIRED");
    Person { id: reply.json()["id"].as_str().unwrap().to_owned(), login, password }
}

fn asks(page: &Reply) -> bool {
    page.page().all("h1") == ["Choose a new password"]
}

/// Up to the page that asks for a new password.
async fn asked(tenant: &Tenant, path: &str, person: &Person) -> (Visitor, Reply) {
    let (visitor, page) = tenant.sign_in(path, &person.login, &person.password).await;
    assert!(asks(&page), "{}", page.describe());
    (visitor, page)
}

fn answered(page: &Reply, new: &str) -> Form {
    let mut form = the_form(page);
    form.set("new", new);
    form
}

async fn choose(visitor: &Visitor, page: &Reply, new: &str) -> Reply {
    visitor.submit(page, &answered(page, new)).await
}

async fn is_over(visitor: &Visitor, page: &Reply, form: &Form) {
    let reply = visitor.submit(page, form).await.expect(200);
    assert!(reply.text().contains("Sign in once more"), "{}", reply.text());
    assert!(!asks(&reply));
}

async fn status(tenant: &Tenant, person: &Person) -> String {
    let path = format!("/api/v1/users/{}", person.id);
    tenant.api("GET", &path).await.expect(200).json()["status"].as_str().unwrap().to_owned()
}

async fn an_expired_password_is_replaced_on_the_way_to_an_app(app: Shared) {
    let acme = app.acme();
    let (person, client) = (person(&acme).await, NewApp::web().make(&acme).await);
    let refused = acme.password(&client, &person.login, &person.password, "openid").await.expect(400);
    assert_eq!(refused.json()["error"], "invalid_grant");
    let visitor = acme.visitor();
    let page = visitor.open(&acme.authorize_url(&client, "openid")).await;
    let page = visitor.sign_in(&page, &person.login, &person.password).await;
    assert!(asks(&page), "{}", page.describe());
    let out = visitor.get(&format!("{}/account", acme.origin())).await;
    assert_eq!(out.location().path(), "/login", "nobody is signed in yet");
    let wrong = [
        ("", "Type a new password."),
        ("short", "A password must have at least 8 characters."),
        ("password123", "A password that is guessed first protects nothing. Choose another."),
        (person.password.as_str(), "That is the password you have now. Choose another."),
    ];
    for (new, sentence) in wrong {
        let reply = choose(&visitor, &page, new).await.expect(422);
        assert_eq!(reply.page().all("#new-error"), [sentence]);
        assert_eq!(the_form(&reply).get("new"), Some(""), "a password never comes back");
    }
    assert_eq!(status(&acme, &person).await, "PASSWORD_EXPIRED");
    let page = choose(&visitor, &page, "p").await.expect(422);
    let reply = choose(&visitor, &page, NEW).await.expect(303);
    let next = reply.location();
    assert!(next.path() == "/consent" || next.query().is_some_and(|q| q.contains("code=")), "{next}");
    visitor.get(&format!("{}/account", acme.origin())).await.expect(200);
    assert_eq!(status(&acme, &person).await, "ACTIVE");
    let (_, old) = acme.sign_in("/login", &person.login, &person.password).await;
    assert!(old.url.path() == "/login" && !asks(&old), "the old one is dead");
    let about = format!("target.id eq \"{}\"", person.id);
    let told: Vec<_> = acme.logs(&[("filter", &about)]).await;
    let told: Vec<_> = told
        .iter()
        .map(|e| (e["eventType"].as_str().unwrap(), e["outcome"]["reason"].as_str().unwrap_or_default()))
        .collect();
    let way_in = [
        ("user.session.start", "expired_password_credentials"),
        ("user.account.update_password", ""),
        ("user.session.start", ""),
    ];
    assert!(told.windows(3).any(|three| three == way_in), "{told:?}");
}

async fn a_ticket_is_for_one_door_of_one_browser_and_one_password(app: Shared) {
    let acme = app.acme();
    let one = person(&acme).await;
    let (visitor, page) = asked(&acme, "/login", &one).await;
    // Another browser's page with this one's ticket.
    let other = person(&acme).await;
    let (elsewhere, their_page) = asked(&acme, "/login", &other).await;
    let ticket = the_form(&page).get("ticket").unwrap().to_owned();
    let mut stolen = answered(&their_page, NEW);
    stolen.set("ticket", &ticket);
    is_over(&elsewhere, &their_page, &stolen).await;
    for nonsense in ["", "AAAA", "%00", &ticket[1..]] {
        let mut form = answered(&page, NEW);
        form.set("ticket", nonsense);
        is_over(&visitor, &page, &form).await;
    }
    let mut foreign = answered(&page, NEW);
    foreign.set("csrf", "no-such-token");
    visitor.submit(&page, &foreign).await.expect(403);
    // The console's door takes no ticket of the apps'.
    let console = visitor.open(&format!("{}/console", acme.origin())).await;
    let mut form = answered(&page, NEW);
    form.action = "/console/sign-in/password".to_owned();
    form.set("csrf", the_form(&console).get("csrf").unwrap());
    is_over(&visitor, &console, &form).await;
    // Suspended meanwhile; and once let back in, with another password.
    let path = format!("/api/v1/users/{}", one.id);
    let body = json!({ "credentials": { "password": { "value": "set-by-somebody-else" } } });
    acme.api("POST", &path).json(&body).await.expect(200);
    assert_eq!(status(&acme, &one).await, "ACTIVE");
    is_over(&visitor, &page, &answered(&page, NEW)).await;
    one.lifecycle(&acme, "expire_password").await;
    is_over(&visitor, &page, &answered(&page, NEW)).await;
    other.lifecycle(&acme, "deactivate").await;
    is_over(&elsewhere, &their_page, &answered(&their_page, NEW)).await;
}

async fn a_ticket_lasts_ten_minutes(app: TestApp) {
    let acme = app.acme();
    let one = person(&acme).await;
    let (visitor, page) = asked(&acme, "/login", &one).await;
    app.clock().advance(Duration::from_secs(599)).await;
    choose(&visitor, &page, "short").await.expect(422);
    app.clock().advance(Duration::from_secs(2)).await;
    is_over(&visitor, &page, &answered(&page, NEW)).await;
    let page = visitor
        .sign_in(&visitor.open(&format!("{}/login", acme.origin())).await, &one.login, &one.password)
        .await;
    let reply = choose(&visitor, &page, NEW).await.expect(303);
    assert_eq!(reply.location().path(), "/account");
}

async fn of_two_answers_at_once_one_counts(app: Shared) {
    let acme = app.acme();
    let one = person(&acme).await;
    let (visitor, page) = asked(&acme, "/login", &one).await;
    let (first, second) = tokio::join!(
        choose(&visitor, &page, "the first long phrase"),
        choose(&visitor, &page, "the second long phrase"),
    );
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 303], "{} {}", first.text(), second.text());
    let good = if first.status == 303 { "the first long phrase" } else { "the second long phrase" };
    let (_, reply) = acme.sign_in("/login", &one.login, good).await;
    assert_eq!(reply.url.path(), "/account");
}

async fn the_console_s_door_asks_administrators_alone(app: Shared) {
    let acme = app.acme();
    let one = person(&acme).await;
    let (_, reply) = acme.sign_in("/console", &one.login, &one.password).await;
    assert!(!asks(&reply) && reply.text().contains("open the console"), "{}", reply.text());
    let path = format!("/api/v1/users/{}/roles", one.id);
    acme.api("POST", &path).json(&json!({ "type": "READ_ONLY_ADMIN" })).await.expect(201);
    let (visitor, page) = asked(&acme, "/console/apps", &one).await;
    let page = choose(&visitor, &page, "short").await.expect(422);
    let reply = choose(&visitor, &page, NEW).await.expect(303);
    assert_eq!(reply.location().path(), "/console/apps");
    visitor.follow(reply).await.expect(200);
    let account = visitor.get(&format!("{}/account", acme.origin())).await;
    assert_eq!(account.location().path(), "/login", "the console's session is nothing to apps");
}

async fn who_sets_a_password_may_ask_for_another(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let somebody = user(&acme, "reset").await;
    let path = format!("/console/users/{}/password", somebody.id);
    let page = desk.page(&path).await;
    assert_eq!(the_form(&page).get("renew"), Some("true"), "offered first");
    let made = desk.fill(&path, &[]).await.expect(200);
    assert!(made.text().contains("The next sign-in asks for a new one."));
    let password = shown(&made, "Password");
    app.canaries().add(&password);
    let person = Person { id: somebody.id.clone(), login: somebody.login.clone(), password };
    assert_eq!(status(&acme, &person).await, "PASSWORD_EXPIRED");
    let (visitor, page) = asked(&acme, "/login", &person).await;
    choose(&visitor, &page, NEW).await.expect(303);
    // Without a new password: the old one is good for one sign-in.
    let user_page = format!("/console/users/{}", somebody.id);
    let done = desk.press(&user_page, "/expire-password").await.expect(200);
    assert!(done.text().contains("chooses a new password at the next sign-in."));
    let gone = visitor.get(&format!("{}/account", acme.origin())).await;
    assert_eq!(gone.location().path(), "/login");
    let person = Person { password: NEW.to_owned(), ..person };
    let (visitor, page) = asked(&acme, "/login", &person).await;
    choose(&visitor, &page, "yet another long phrase").await.expect(303);
    // And for good, if that is wanted.
    let kept = [
        ("confirm", desk.password.as_str()),
        ("renew", ""),
        ("how", "type"),
        ("password", "kept for a while"),
    ];
    desk.fill(&path, &kept).await.expect(200);
    assert_eq!(status(&acme, &person).await, "ACTIVE");
}

async fn a_right_password_that_expired_locks_nobody(app: Shared) {
    let acme = app.acme();
    let one = person(&acme).await;
    for _ in 0..12 {
        asked(&acme, "/login", &one).await;
    }
}

async fn an_expired_password_is_changed_by_the_api(app: Shared) {
    let acme = app.acme();
    let one = person(&acme).await;
    let path = format!("/api/v1/users/{}/credentials/change_password", one.id);
    let body = |old: &str| json!({ "oldPassword": { "value": old }, "newPassword": { "value": NEW } });
    acme.api("POST", &path).json(&body("not the password")).await.expect(403);
    acme.api("POST", &path).json(&body(&one.password)).await.expect(200);
    assert_eq!(status(&acme, &one).await, "ACTIVE");
    let (_, reply) = acme.sign_in("/login", &one.login, NEW).await;
    assert_eq!(reply.url.path(), "/account");
}

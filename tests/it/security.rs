//! A tenant's own rules for passwords and sessions: through the API and at the console, at every door.

use std::time::{Duration, Instant};

use signet_testkit::{Engine, Reply, Tenant, TestApp, Value, Visitor, json, on_each_engine};

use crate::nodes::heeded;
use crate::support::apps::Person;
use crate::support::desk::{Desk, shown, the_form};
use crate::support::make::{ask_for_user, unique};

on_each_engine! {
    passwords_are_what_the_tenant_asks_for,
    sessions_last_as_long_as_the_tenant_says,
    all_sessions_end_at_once_but_ones_own,
}

const PATH: &str = "/api/v1/security";

async fn put(tenant: &Tenant, body: &Value) -> Reply {
    tenant.api("PUT", PATH).not_secret().json(body).await
}

/// Asks for a user with a password; whether there is one, or why not.
async fn new_user(tenant: &Tenant, password: &str) -> Reply {
    ask_for_user(tenant, &format!("{}@people.test", unique("ruled")), password).await
}

async fn what_is_no_rule_is_refused(acme: &Tenant) {
    let first = acme.api("GET", PATH).await.expect(200);
    let rules = first.json();
    assert_eq!((first.header("etag"), &rules["lastUpdated"]), (Some("\"0\""), &Value::Null));
    assert_eq!(rules["password"], json!({ "minLength": 8, "forbiddenWords": [] }));
    assert_eq!(rules["sessions"]["users"], json!({ "idleMinutes": 120, "lifetimeMinutes": 720 }));
    assert_eq!(rules["sessions"]["console"], json!({ "idleMinutes": 15, "lifetimeMinutes": 720 }));
    for (body, told) in [
        (json!({ "password": { "minLength": 7 } }), "password.minLength: must be from 8 to 64"),
        (json!({ "password": { "minLength": 65 } }), "password.minLength: must be from 8 to 64"),
        (json!({ "password": { "forbiddenWords": ["abc"] } }), "4 to 64 characters"),
        (json!({ "password": { "forbiddenWords": ["acme\u{7}"] } }), "control characters"),
        (json!({ "password": { "forbiddenWords": vec!["word"; 101] } }), "at most 100"),
        (json!({ "password": { "digits": true } }), "unknown field"),
        (json!({ "sessions": { "users": { "idleMinutes": 4 } } }), "from 5 to 43200"),
        (json!({ "sessions": { "users": { "lifetimeMinutes": 129_601 } } }), "from 5 to 129600"),
        (json!({ "sessions": { "users": { "idleMinutes": 721 } } }), "less than idleMinutes"),
        (json!({ "sessions": { "console": { "idleMinutes": 61 } } }), "from 5 to 60"),
        (json!({ "sessions": { "console": { "lifetimeMinutes": 1_441 } } }), "from 5 to 1440"),
        (json!({ "sessions": { "console": { "idleMinutes": i64::MIN } } }), "from 5 to 60"),
    ] {
        let reply = put(acme, &body).await.expect(400);
        assert!(reply.text().contains(told), "{body}: {}", reply.describe());
    }
    put(acme, &rules).await.expect(200);
    assert_eq!(acme.api("GET", PATH).await.header("etag"), Some("\"0\""), "what was read changes nothing");
}

async fn passwords_are_what_the_tenant_asks_for(app: TestApp) {
    let (acme, globex) = (app.acme(), app.globex());
    what_is_no_rule_is_refused(&acme).await;
    let person = Person::new(&acme).await;
    let other = if app.engine() == Engine::Postgres { Some(app.node().await) } else { None };
    if let Some(other) = &other {
        new_user(&other.acme(), "8 or more").await.expect(200);
    }
    let rules = json!({ "password": { "minLength": 25, "forbiddenWords": ["Acme", "ACME", "Straße 7"] } });
    let saved = acme.api("PUT", PATH).header("if-match", "\"0\"").not_secret().json(&rules).await.expect(200);
    assert_eq!(saved.json()["password"]["forbiddenWords"], json!(["acme", "straße 7"]));
    assert_eq!(saved.json()["meetsNist80063b"], true);
    if let Some(other) = &other {
        let there = async || new_user(&other.acme(), "not so long").await;
        heeded(Instant::now(), there, |reply| reply.status == 400).await;
    }
    acme.api("PUT", PATH).header("if-match", "\"0\"").not_secret().json(&rules).await.expect(412);
    for (password, told) in [
        ("twenty-four characters..", Some("must have at least 25 characters")),
        ("a long phrase about aCmE and more", Some("must not contain a word that the organization forbids")),
        ("in der Straße 7 wohnt ein kleiner Hund", Some("must not contain a word")),
        ("a long phrase without such words", None),
    ] {
        let reply = new_user(&acme, password).await.expect(if told.is_some() { 400 } else { 200 });
        assert!(told.is_none_or(|told| reply.text().contains(told)), "{}", reply.describe());
    }
    new_user(&globex, "of acme").await.expect(400);
    new_user(&globex, "8 of acme").await.expect(200);

    // A password that was set before stays good; the next one has to be what is asked for now.
    let (visitor, account) = acme.sign_in("/login", &person.login, &person.password).await;
    assert_eq!(account.url.path(), "/account");
    let page = visitor.get(&format!("{}/account/password", acme.origin())).await.expect(200);
    assert!(page.text().contains("At least 25 characters"), "{}", page.page().text());
    for (new, told) in [
        ("twenty-four characters..", "at least 25"),
        ("long enough but for ACME alone", "organization forbids"),
    ] {
        let mut form = the_form(&page);
        form.set("old", &person.password).set("new", new);
        let reply = visitor.submit(&page, &form).await.expect(422);
        assert!(reply.page().all("#new-error")[0].contains(told), "{}", reply.page().text());
    }

    // What the console makes passes, however much is asked for.
    put(&acme, &json!({ "password": { "minLength": 64 } })).await.expect(200);
    let desk = Desk::of(&acme).await;
    let login = format!("{}@acme.test", unique("made"));
    let fields =
        [("login", login.as_str()), ("email", &login), ("firstName", "A"), ("lastName", "B"), ("renew", "")];
    let made = desk.fill("/console/users/new", &fields).await.expect(200);
    let password = shown(&made, "Password");
    app.canaries().add(&password);
    assert!(password.len() >= 64, "{} characters", password.len());
    let (_, account) = acme.sign_in("/login", &login, &password).await;
    assert_eq!(account.url.path(), "/account");

    let update = &acme.wait_for_logs(r#"eventType eq "system.security.update""#, 2).await[0];
    assert_eq!(update["debugContext"]["debugData"]["changed"], "minLength,+forbiddenWords", "{update:#}");
    let detail = &update["target"][0]["detailEntry"];
    assert_eq!(detail["from"], r#"{"forbiddenWords":[],"minLength":8}"#);
    assert_eq!(detail["to"], r#"{"forbiddenWords":["acme","straße 7"],"minLength":25}"#);
    acme.api("DELETE", PATH).header("if-match", "\"1\"").await.expect(412);
    acme.api("DELETE", PATH).await.expect(204);
    let after = acme.api("GET", PATH).await.expect(200);
    assert_eq!((after.header("etag"), &after.json()["password"]["minLength"]), (Some("\"3\""), &json!(8)));
    assert_eq!(acme.wait_for_logs(r#"eventType eq "system.security.reset""#, 1).await.len(), 1);
}

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

/// Where somebody is led who looks at a page.
async fn led(visitor: &Visitor, tenant: &Tenant, path: &str) -> String {
    visitor.open(&format!("{}{path}", tenant.origin())).await.url.path().to_owned()
}

async fn sessions_last_as_long_as_the_tenant_says(app: TestApp) {
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let signed_in = async || acme.sign_in("/login", &person.login, &person.password).await.0;
    let limits = |idle: i64, lifetime: i64| json!({ "idleMinutes": idle, "lifetimeMinutes": lifetime });
    let users = |idle, lifetime| json!({ "sessions": { "users": limits(idle, lifetime) } });

    // Longer than it comes, and used: it ends when it was to end.
    put(&acme, &users(1_440, 2_880)).await.expect(200);
    let long = signed_in().await;
    for _ in 0..2 {
        app.clock().advance(minutes(1_400)).await;
        assert_eq!(led(&long, &acme, "/account").await, "/account");
    }
    app.clock().advance(minutes(81)).await;
    assert_eq!(led(&long, &acme, "/account").await, "/login");

    // Shorter limits end what is older at once, and longer ones bring nothing back.
    let idle = signed_in().await;
    app.clock().advance(minutes(31)).await;
    let fresh = signed_in().await;
    assert_eq!(led(&fresh, &acme, "/account").await, "/account");
    put(&acme, &users(30, 60)).await.expect(200);
    put(&acme, &users(1_440, 2_880)).await.expect(200);
    assert_eq!(led(&idle, &acme, "/account").await, "/login");
    assert_eq!(led(&fresh, &acme, "/account").await, "/account");
    put(&acme, &users(30, 60)).await.expect(200);
    for _ in 0..2 {
        app.clock().advance(minutes(29)).await;
        assert_eq!(led(&fresh, &acme, "/account").await, "/account");
    }
    let account = fresh.get(&format!("{}/account", acme.origin())).await.expect(200);
    assert_eq!(account.page().all(".things form").len(), 1, "those that ended aren't shown");
    app.clock().advance(minutes(2)).await;
    assert_eq!(led(&fresh, &acme, "/account").await, "/login", "an hour is over");
    the_console_changes_it(&app, &acme).await;
}

/// The same at the console: what changes is seen before, and asked for where something becomes weaker.
async fn the_console_changes_it(app: &TestApp, acme: &Tenant) {
    acme.api("DELETE", PATH).await.expect(204);
    let person = Person::new(acme).await;
    let (visitor, _) = acme.sign_in("/login", &person.login, &person.password).await;
    app.clock().advance(minutes(6)).await;
    let desk = Desk::of(acme).await;
    let page = desk.page("/console/security").await;
    assert!(page.text().contains("Not met"), "{}", page.page().text());
    let preset = desk.page("/console/security/edit?preset=nist").await;
    let filled = preset.page().all("#changes tr[data-field='password.minLength'] td");
    assert_eq!(filled, ["8", "15"], "what the preset changes is seen");
    assert_eq!(the_form(&preset).get("password.minLength"), Some("15"));
    let users = "sessions.users.idleMinutes";
    for (typed, told) in
        [("a while", "Write a time like 30 min, 12 h or 90 days."), ("4", "Must be from 5 min to 30 days.")]
    {
        let refused = desk.send(&preset, &[(users, typed)]).await.expect(422);
        assert_eq!(refused.page().all("[id='sessions.users.idleMinutes-error']"), [told]);
    }
    let seen = desk.send(&preset, &[(users, "5")]).await.expect(200);
    assert_eq!(the_form(&seen).get(users), Some("5 min"));
    let facts = seen.page().all("dl.facts dd");
    assert!(facts.iter().any(|fact| fact == "8 → 15"), "{facts:?}");
    let ends = seen.page().all("dl.facts dt").iter().position(|label| label == "Ends at once");
    assert_eq!(ends.map(|at| facts[at].as_str()), Some("1 session"), "{}", seen.page().text());
    assert_eq!(led(&visitor, acme, "/account").await, "/account", "nothing is saved yet");
    app.clock().advance(minutes(6)).await;
    let other = desk.send(&seen, &[("password.forbiddenWords", "acme\r\nGlobex Inc")]).await.expect(200);
    assert!(other.text().contains("acme, globex inc"), "what was typed since has to be seen, too");
    let stale = desk.page("/console/security/edit").await;
    desk.send(&other, &[]).await.expect(303);
    assert_eq!(led(&visitor, acme, "/account").await, "/login");
    let clash = desk.send(&stale, &[("password.minLength", "20")]).await.expect(412);
    assert!(clash.page().all("td").contains(&"15".to_owned()), "{}", clash.page().text());
    let page = desk.page("/console/security").await;
    assert!(page.text().contains("Met") && !page.text().contains("Not met"), "{}", page.page().text());

    // Weaker again: the password is asked for, once the sign-in is no longer fresh.
    let edit = desk.page("/console/security/edit").await;
    app.clock().advance(minutes(10)).await;
    let asked = desk.send(&edit, &[("password.minLength", "14")]).await.expect(200);
    desk.send(&asked, &[]).await.expect(422);
    assert_eq!(acme.api("GET", PATH).await.json()["password"]["minLength"], 15);
    desk.send(&asked, &[("your_password", &desk.password)]).await.expect(303);
    let console = json!({ "sessions": { "console": { "idleMinutes": 5, "lifetimeMinutes": 5 } } });
    put(acme, &console).await.expect(200);
    assert_eq!(
        led(&desk.visitor, acme, "/console").await,
        "/console/sign-in",
        "it has lasted longer than that"
    );
    let desk = Desk::of(acme).await;
    let reset = desk.page("/console/security/reset").await;
    desk.send(&reset, &[]).await.expect(303);
    assert_eq!(acme.api("GET", PATH).await.json()["sessions"]["console"]["idleMinutes"], 15);
    let (reader, _) = Desk::with_role(acme, "READ_ONLY_ADMIN").await;
    let page = reader.page("/console/security").await;
    assert!(!page.text().contains("/console/security/edit"), "{}", page.page().text());
    reader.get("/console/security/edit").await.expect(403);
    let (helper, _) = Desk::with_role(acme, "HELP_DESK_ADMIN").await;
    helper.get("/console/security").await.expect(403);
}

/// For the day on which something has leaked: everybody signs in again, but who said so.
async fn all_sessions_end_at_once_but_ones_own(app: TestApp) {
    let (acme, globex) = (app.acme(), app.globex());
    let (person, elsewhere) = (Person::new(&acme).await, Person::new(&globex).await);
    let (visitor, _) = acme.sign_in("/login", &person.login, &person.password).await;
    let (stranger, _) = globex.sign_in("/login", &elsewhere.login, &elsewhere.password).await;
    let tokens = person.code(&acme, &acme.web(), "openid offline_access").await;
    let tokens = tokens.redeem(&acme, &acme.web()).await;
    let (reader, _) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    let desk = Desk::of(&acme).await;
    let other = if app.engine() == Engine::Postgres { Some(app.node().await) } else { None };
    if let Some(other) = &other {
        // This node knows the rules of now.
        assert_eq!(led(&visitor, &other.acme(), "/account").await, "/account");
    }

    let page = reader.page("/console/security").await;
    assert!(!page.text().contains("/console/security/end-sessions"), "{}", page.page().text());
    reader.get("/console/security/end-sessions").await.expect(403);
    assert!(desk.page("/console/security").await.text().contains("End all sessions…"));
    app.clock().advance(minutes(11)).await;
    let asked = desk.page("/console/security/end-sessions").await;
    let facts = asked.page().all("dl.facts dd");
    assert!(facts.iter().any(|fact| fact.ends_with("sessions")), "{facts:?}");
    let asks = asked.page().all("label[for='typed']");
    let name =
        asks[0].strip_prefix("Type ").and_then(|name| name.strip_suffix(" to confirm")).expect("a name");
    let sure = [("typed", name), ("your_password", &desk.password)];
    desk.send(&asked, &[("typed", "something"), sure[1]]).await.expect(422);
    desk.send(&asked, &[sure[0]]).await.expect(422);
    assert_eq!(led(&visitor, &acme, "/account").await, "/account", "nothing has ended yet");
    app.clock().freeze().await;
    desk.send(&asked, &sure).await.expect(303);
    if let Some(other) = &other {
        let there = other.acme();
        assert_eq!(led(&visitor, &there, "/account").await, "/login", "no node goes by what it knew");
        assert_eq!(led(&reader.visitor, &there, "/console").await, "/console/sign-in");
    }
    assert_eq!(led(&visitor, &acme, "/account").await, "/login");
    assert_eq!(led(&reader.visitor, &acme, "/console").await, "/console/sign-in");
    assert_eq!(led(&stranger, &globex, "/account").await, "/account", "the other tenant's stay");
    let done = desk.page("/console/security?done=end-sessions").await;
    assert!(done.text().contains("All sessions but yours have ended."), "{}", done.page().text());
    acme.refresh(&acme.web(), tokens.refresh_token.as_deref().expect("one")).await.expect(200);

    // At the same instant once more, by a program: the session that was kept has no second life.
    acme.api("POST", &format!("{PATH}/lifecycle/endSessions")).await.expect(204);
    assert_eq!(led(&desk.visitor, &acme, "/console").await, "/console/sign-in");
    app.clock().advance(minutes(1)).await;
    let desk = Desk::of(&acme).await;

    // Longer limits bring none back, and new ones begin.
    put(&acme, &json!({ "sessions": { "users": { "idleMinutes": 1_440, "lifetimeMinutes": 2_880 } } }))
        .await
        .expect(200);
    assert_eq!(led(&visitor, &acme, "/account").await, "/login");
    let (visitor, account) = acme.sign_in("/login", &person.login, &person.password).await;
    assert_eq!(account.url.path(), "/account");
    app.clock().advance(minutes(1)).await;
    let event = acme.wait_for_logs(r#"eventType eq "system.sessions.end""#, 1).await.remove(0);
    assert_eq!(event["displayMessage"], "End all sessions", "{event:#}");
    acme.api("POST", &format!("{PATH}/lifecycle/endSessions")).await.expect(204);
    assert_eq!(led(&visitor, &acme, "/account").await, "/login");
    assert_eq!(
        led(&desk.visitor, &acme, "/console").await,
        "/console/sign-in",
        "a program has no session to keep"
    );
    assert_eq!(acme.wait_for_logs(r#"eventType eq "system.sessions.end""#, 3).await.len(), 3);
}

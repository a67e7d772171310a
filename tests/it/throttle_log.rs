//! What the throttle tells: the app that is refused, and the log.

use std::process::Command;
use std::time::Duration;

use signet_domain::login::canonical;
use signet_domain::{Clock, Time};
use signet_store::throttle::Attempt;
use signet_store::{Options, Store};
use signet_testkit::{Engine, TestApp, TestDatabase, Value, on_each_engine, serde_json, tokio};
use tokio::io::AsyncWriteExt;

use crate::support::frozen::Frozen;
use crate::support::make;
use crate::support::ropg::{admissions, expect_throttled, fill, password_request, statuses, try_password};

on_each_engine! {
    rl_33_every_refusal_is_in_the_log,
    rl_33_refusals_of_one_window_are_one_story,
    rl_33_a_flood_is_counted_exactly_and_costs_two_rows_a_window,
    rl_34_the_refusal_has_the_contracts_shape,
    rl_35_nothing_configures_it,
    rl_36_invented_logins_leave_nothing_behind,
    rl_37_a_caller_that_hangs_up_is_counted_once,
}

async fn rl_33_every_refusal_is_in_the_log(app: Frozen) {
    let acme = app.acme();
    let (web, user) = (acme.web(), make::user(&acme, "rl33").await);
    assert_eq!(statuses(&acme, &web, &user, 10).await[4..], [429; 6]);
    for filter in [
        format!(r#"eventType eq "user_rate_limited" and target.id eq "{}""#, user.id),
        format!(r#"outcome.reason eq "user_rate_limited" and target.id eq "{}""#, user.id),
    ] {
        let events = acme.wait_for_logs(&filter, 1).await;
        assert_eq!(events.len(), 1, "the first at once, the others are its story: {events:#?}");
        for event in &events {
            check_refusal(event, &web.client_id, &user.login);
        }
    }
    let found = acme.logs(&[("q", "user_rate_limited")]).await;
    assert!(!found.is_empty(), "a word search finds it, too");
    // The log proves the refusal: the four attempts that it names are there, within the second before.
    let filter = format!(r#"eventType eq "user_rate_limited" and target.id eq "{}""#, user.id);
    let refusal = &acme.logs(&[("filter", &filter)]).await[0];
    let facts = &refusal["debugContext"]["debugData"];
    let by: Vec<&str> = facts["filledByEvents"].as_str().expect("ids of events").split(',').collect();
    assert_eq!(by.len(), 4, "{facts:#?}");
    let mut admitted = Vec::new();
    for id in by {
        let found = acme.logs(&[("filter", &format!(r#"uuid eq "{id}""#))]).await;
        assert_eq!(found.len(), 1, "the refusal names event {id}");
        admitted.extend(admissions(&found));
    }
    let told: Vec<i64> = facts["filledBy"].as_str().unwrap().split(',').map(|t| t.parse().unwrap()).collect();
    assert_eq!(admitted, told, "the events' own instants are those that the refusal names");
    let at: i64 = facts["refusedAt"].as_str().unwrap().parse().unwrap();
    assert!(admitted.iter().all(|t| (0..1_000_000).contains(&(at - t))), "{admitted:?} before {at}");
}

/// The events of refusals of the demo user, once there are `count`.
async fn refusals(app: &TestApp, count: usize) -> Vec<Value> {
    app.acme().wait_for_logs(r#"eventType eq "user_rate_limited""#, count).await
}

fn fact<'e>(event: &'e Value, name: &str) -> &'e str {
    event["debugContext"]["debugData"][name].as_str().unwrap_or_default()
}

async fn rl_33_refusals_of_one_window_are_one_story(app: TestApp) {
    let (acme, clock) = (app.acme(), app.clock());
    let web = acme.web();
    let (login, password) = acme.user();
    let user = make::User { id: String::new(), login: login.to_owned(), password: password.to_owned() };
    let start = clock.freeze().await;
    fill(&acme, &web, &user).await;
    let mut requests = Vec::new();
    for n in 0..7 {
        clock.set(start + n).await;
        let reply = try_password(&acme, &web, &user.login, &user.password).await;
        requests
            .push(expect_throttled(reply, "refused").header("x-okta-request-id").expect("an id").to_owned());
    }
    // Another window is another story; one refusal alone needs no second event.
    clock.set(start + 1_000_000).await;
    fill(&acme, &web, &user).await;
    assert_eq!(statuses(&acme, &web, &user, 1).await, [429]);
    assert_eq!(refusals(&app, 2).await.len(), 2, "the first of each window is there at once");
    // What was counted outlives the process.
    app.restart().await;
    clock.set(start + 60_000_000).await;
    let events = refusals(&app, 3).await;
    assert_eq!(events.len(), 3, "{events:#?}");
    let closing: Vec<&Value> = events.iter().filter(|event| !fact(event, "story").is_empty()).collect();
    let [closing] = closing[..] else { panic!("one story had more than one refusal: {events:#?}") };
    let first = events.iter().find(|e| e["uuid"] == fact(closing, "story")).expect("the first of the story");
    check_refusal(closing, &web.client_id, &user.login);
    assert_eq!(first["transaction"]["id"], requests[0].as_str());
    assert_eq!(fact(closing, "count"), "6");
    assert_eq!(fact(closing, "firstAt"), start.to_string());
    assert_eq!(fact(closing, "refusedAt"), (start + 6).to_string());
    assert_eq!(fact(closing, "requests").split(',').collect::<Vec<_>>(), requests[1..]);
    for same in ["filledBy", "filledByEvents", "retryAt", "throttleKey"] {
        assert_eq!(fact(closing, same), fact(first, same), "{same}");
    }
    crate::support::ropg::expect_proof(&acme).await;
}

async fn rl_33_a_flood_is_counted_exactly_and_costs_two_rows_a_window(app: TestApp) {
    let (acme, clock) = (app.acme(), app.clock());
    let web = acme.web();
    let (login, password) = acme.user();
    let user = make::User { id: String::new(), login: login.to_owned(), password: password.to_owned() };
    let start = clock.freeze().await;
    fill(&acme, &web, &user).await;
    let flood: Vec<_> = (0..16)
        .map(|_| {
            let (acme, web, user) = (acme.clone(), web.clone(), user.clone());
            tokio::spawn(async move { statuses(&acme, &web, &user, 50).await })
        })
        .collect();
    for one in flood {
        assert_eq!(one.await.expect("a flood"), [429; 50]);
    }
    assert_eq!(refusals(&app, 1).await.len(), 1, "800 refusals and one row of the log");
    clock.set(start + 60_000_000).await;
    let events = refusals(&app, 2).await;
    assert_eq!(events.len(), 2, "{events:#?}");
    let counts: Vec<&str> = events.iter().map(|e| fact(e, "count")).filter(|n| !n.is_empty()).collect();
    assert_eq!(counts, ["799"], "none is lost and none is counted twice");
    crate::support::ropg::expect_proof(&acme).await;
}

#[track_caller]
fn check_refusal(event: &Value, client_id: &str, login: &str) {
    assert_eq!(event["eventType"], "user_rate_limited", "{event:#?}");
    assert_eq!(event["outcome"]["result"], "FAILURE", "{event:#?}");
    assert_eq!(event["outcome"]["reason"], "user_rate_limited", "{event:#?}");
    assert_eq!(event["client"]["ipAddress"], "127.0.0.1", "{event:#?}");
    assert_eq!(event["actor"]["id"], client_id, "the app is named: {event:#?}");
    let targets = event["target"].as_array().expect("targets");
    let named = |kind: &str| targets.iter().find(|target| target["type"] == kind);
    assert_eq!(named("User").expect("the user")["alternateId"], login, "{event:#?}");
    assert!(named("AuthorizationServer").is_some(), "the server is named: {event:#?}");
    assert_eq!(event["debugContext"]["debugData"]["grantType"], "password", "{event:#?}");
}

async fn rl_34_the_refusal_has_the_contracts_shape(app: Frozen) {
    let acme = app.acme();
    let (web, user) = (acme.web(), make::user(&acme, "rl34").await);
    fill(&acme, &web, &user).await;
    let reply = expect_throttled(try_password(&acme, &web, &user.login, &user.password).await, "the fifth");
    let expected = signet_testkit::json!({
        "error": "invalid_grant",
        "error_description": "API call exceeded rate limit due to too many requests.",
    });
    assert_eq!(reply.json(), expected);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let number = |name: &str| -> i64 {
        let value = reply.header(name).unwrap_or_else(|| panic!("no {name}: {}", reply.describe()));
        value.parse().unwrap_or_else(|_| panic!("{name}: {value}"))
    };
    assert_eq!(number("retry-after"), 1);
    assert_eq!((number("x-rate-limit-limit"), number("x-rate-limit-remaining")), (4, 0));
    let filter = format!(r#"eventType eq "user_rate_limited" and target.id eq "{}""#, user.id);
    let event = &acme.wait_for_logs(&filter, 1).await[0];
    let retry_at: i64 = event["debugContext"]["debugData"]["retryAt"].as_str().unwrap().parse().unwrap();
    let reset = number("x-rate-limit-reset");
    assert!((retry_at..retry_at + 1_000_000).contains(&(reset * 1_000_000)), "{reset} s for {retry_at} µs");
    assert!(reply.header("date").is_some(), "clients count from the Date header");
}

async fn rl_35_nothing_configures_it(engine: Engine) {
    let run = |args: &[&str], variable: Option<(&str, &str)>| {
        let dir = tempfile::tempdir().expect("a directory");
        let mut command = Command::new(env!("CARGO_BIN_EXE_signet-under-test"));
        command.env_clear().arg("config").args(args).args(["--data-dir", &dir.path().display().to_string()]);
        if engine == Engine::Postgres {
            command.args(["--database-url", "postgres://nobody@127.0.0.1:1/nothing"]);
        }
        command.envs(variable);
        let output = command.output().expect("the server's own command");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).to_lowercase())
    };
    let (fine, shown) = run(&[], None);
    assert!(fine, "`config` works without any of these");
    for word in ["throttle", "per-second", "per_second", "rate-limit", "rate_limit", "attempts"] {
        assert!(!shown.contains(word), "a setting speaks of {word}:\n{shown}");
    }
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("signet.toml");
    for name in ["throttle", "throttle-per-second", "password-attempts", "rate-limit", "user-rate-limit"] {
        assert!(!run(&[&format!("--{name}"), "50"], None).0, "--{name} is taken");
        let variable = format!("SIGNET_{}", name.to_uppercase().replace('-', "_"));
        assert!(!run(&[], Some((&variable, "50"))).0, "{variable} is taken");
        std::fs::write(&file, format!("{name} = 50\n")).expect("a file of settings");
        assert!(!run(&["--config", &file.display().to_string()], None).0, "{name} is taken from a file");
    }
    // Nor has the management API a path, a parameter or a member for it.
    let path = crate::support::source::workspace().join("openapi/signet.json");
    let text = std::fs::read_to_string(path).expect("the API's description");
    let mut names = Vec::new();
    collect_names(&serde_json::from_str(&text).expect("JSON"), &mut names);
    assert!(names.len() > 1_000, "only {} names", names.len());
    for word in ["throttle", "attemptspersecond", "attempts_per_second", "user-rate-limit"] {
        let found = names.iter().find(|name| name.to_lowercase().contains(word));
        assert_eq!(found, None, "the API has a name with {word}");
    }
}

/// Every name in a description: of members, of paths, and of parameters.
fn collect_names(node: &Value, names: &mut Vec<String>) {
    match node {
        Value::Object(members) => {
            names.extend(members.get("name").and_then(Value::as_str).map(str::to_owned));
            for (name, inner) in members {
                names.push(name.clone());
                collect_names(inner, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_names(item, names)),
        _ => {}
    }
}

/// On SQLite rings are in memory: the crates' own tests show it bounded. On PostgreSQL they are rows.
async fn rl_36_invented_logins_leave_nothing_behind(engine: Engine) {
    if engine == Engine::Sqlite {
        return;
    }
    let database = TestDatabase::create().await;
    let options = Options::Postgres { url: database.url.clone(), connections: 4 };
    let clock = Clock::shifted();
    clock.freeze();
    let store = Store::open(&options, clock.clone()).await.expect("an empty database");
    let tenant = store.tenant(signet_domain::id::TenantId(uuid::Uuid::from_u128(9)));
    for n in 0..5_000 {
        let login = canonical(&format!("invented-{n}@acme.test"), "acme.test").expect("a login");
        let attempt = tenant.throttle(login.as_str()).await.expect("a decision");
        assert!(matches!(attempt, Attempt::Admitted { .. }), "login {n}: {attempt:?}");
    }
    let soon = clock.now().plus_secs(1);
    let swept = store.unscoped_delete_expired(soon, 10_000).await.expect("a sweep");
    assert_eq!(swept.rows, 0, "a ring that still counts stays");
    let later = Time(soon.0).plus_secs(60);
    let mut gone = 0;
    loop {
        let swept = store.unscoped_delete_expired(later, 1_000).await.expect("a sweep");
        assert!(swept.rows <= 1_000, "a sweep is bounded");
        gone += swept.rows;
        if !swept.more {
            break;
        }
    }
    assert_eq!(gone, 5_000, "every ring is swept");
    store.close().await;
}

async fn rl_37_a_caller_that_hangs_up_is_counted_once(app: Frozen) {
    let acme = app.acme();
    let (web, user) = (make::post_app(&acme).await, make::user(&acme, "rl37").await);
    let request = password_request(&acme, &web, &user);
    for patience in [15, 30, 45] {
        let mut stream = app.connect().await;
        stream.write_all(&request).await.unwrap();
        // Mostly long enough to be admitted, and too short for the password's hash.
        tokio::time::sleep(Duration::from_millis(patience)).await;
        drop(stream);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let filter = format!(r#"debugContext.debugData.admittedAt pr and target.id eq "{}""#, user.id);
    let hung_up = acme.wait_for_logs(&filter, 1).await.len();
    assert!(hung_up <= 3, "three callers hung up, and {hung_up} attempts are on record");
    let statuses = statuses(&acme, &web, &user, 5).await;
    let admitted = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(
        hung_up + admitted,
        4,
        "what was admitted is on record, once: {hung_up} hung up, then {statuses:?}"
    );
    assert_eq!(acme.wait_for_logs(&filter, 4).await.len(), 4);
}

//! What is told of a policy's refusals: one story for each window, in the log, to whoever asks why, and in the
//! console.

use signet_testkit::{Tenant, TestApp, Value, json, on_each_engine, tokio};

use crate::support::gateway::{Gate, store_app};
use crate::support::make;
use crate::support::rates::{SECOND, at_window_start, policy, refusals_of, token, tokens};
use crate::support::ropg::{fill, statuses};

on_each_engine! {
    lg_09_a_flood_of_refusals_is_counted_exactly_in_two_rows,
    refusals_of_one_window_are_one_story,
    a_long_window_is_told_in_parts,
    what_would_have_been_refused_is_one_story_too,
    counted_refusals_are_explained,
    a_simulation_replays_what_was_only_counted,
    the_limits_name_what_each_policy_refuses,
    the_console_draws_the_window_that_refused,
}

fn fact<'e>(event: &'e Value, name: &str) -> &'e str {
    event["debugContext"]["debugData"][name].as_str().unwrap_or_default()
}

/// The event that ends the one story among these, and the first of it.
#[track_caller]
fn story(events: &[Value]) -> (&Value, &Value) {
    let ends: Vec<&Value> = events.iter().filter(|event| !fact(event, "story").is_empty()).collect();
    let [end] = ends[..] else { panic!("not one end of a story: {events:#?}") };
    let first = events.iter().find(|e| e["uuid"] == fact(end, "story")).expect("the first of the story");
    (first, end)
}

/// The throttle and a policy are flooded at once, on all sides.
async fn lg_09_a_flood_of_refusals_is_counted_exactly_in_two_rows(app: TestApp) {
    let (acme, clock) = (app.acme(), app.clock());
    let start = at_window_start(&app).await;
    let web = acme.web();
    let (login, password) = acme.user();
    let user = make::User { id: String::new(), login: login.to_owned(), password: password.to_owned() };
    let made = policy(&acme, json!({ "limit": [3], "grant_types": ["client_credentials"] })).await;
    fill(&acme, &web, &user).await;
    assert_eq!(tokens(&acme, &acme.service(), 3).await, [200; 3]);
    let mut flood = Vec::new();
    for _ in 0..8 {
        let (acme, web, user) = (acme.clone(), web.clone(), user.clone());
        flood.push(tokio::spawn(async move { statuses(&acme, &web, &user, 20).await }));
    }
    for _ in 0..8 {
        let acme = acme.clone();
        flood.push(tokio::spawn(async move { tokens(&acme, &acme.service(), 20).await }));
    }
    // Sign-in goes on meanwhile.
    let other = make::user(&acme, "lg09").await;
    let flow = acme.code_flow_as(&web, "openid", &other.login, &other.password).await;
    acme.redeem(&web, &flow).await.expect(200);
    for one in flood {
        assert_eq!(one.await.expect("a flood"), [429; 20]);
    }
    let throttled = r#"eventType eq "user_rate_limited""#;
    for filter in [throttled, &refusals_of(&made)] {
        assert_eq!(acme.wait_for_logs(filter, 1).await.len(), 1, "160 refusals and one row: {filter}");
    }
    clock.set(start + 120 * SECOND).await;
    for filter in [throttled, &refusals_of(&made)] {
        let events = acme.wait_for_logs(filter, 2).await;
        assert_eq!(events.len(), 2, "{events:#?}");
        assert_eq!(fact(story(&events).1, "count"), "159", "none is lost and none is counted twice");
    }
}

async fn refusals_of_one_window_are_one_story(app: TestApp) {
    let acme = app.acme();
    let start = at_window_start(&app).await;
    let made = policy(&acme, json!({ "limit": [1] })).await;
    token(&acme).await.expect(200);
    let mut requests = Vec::new();
    for n in 1..=5 {
        app.clock().set(start + n * SECOND).await;
        let refused = token(&acme).await.expect(429);
        requests.push(refused.header("x-okta-request-id").expect("an id").to_owned());
    }
    // Who else is refused in the window has another story, and needs no second event.
    let gate = Gate::new(&acme, json!({})).await;
    let store = store_app(&acme).await;
    let own = [("grant_type", "client_credentials"), ("scope", "steps:read")];
    gate.token(&store, &own).await.expect(200);
    gate.token(&store, &own).await.expect(429);
    assert_eq!(acme.wait_for_logs(&refusals_of(&made), 2).await.len(), 2);
    // What was counted outlives the process.
    app.restart().await;
    app.clock().freeze().await;
    app.clock().set(start + 60 * SECOND).await;
    let events = acme.wait_for_logs(&refusals_of(&made), 3).await;
    assert_eq!(events.len(), 3, "{events:#?}");
    let (first, end) = story(&events);
    assert_eq!(first["transaction"]["id"], requests[0].as_str());
    assert_eq!([fact(first, "hits"), fact(end, "hits")], ["2", "6"], "the penalty counts on");
    assert_eq!(fact(end, "count"), "4");
    assert_eq!(fact(end, "firstAt"), (start + SECOND).to_string());
    assert_eq!(fact(end, "refusedAt"), (start + 5 * SECOND).to_string());
    assert_eq!(fact(end, "requests").split(',').collect::<Vec<_>>(), requests[1..]);
    assert_eq!(fact(end, "retryAt"), (start + 60 * SECOND).to_string());
    for same in ["policy", "counted", "windowStart", "limit", "window"] {
        assert_eq!(fact(end, same), fact(first, same), "{same}");
    }
    assert_eq!([&end["outcome"], &end["actor"]], [&first["outcome"], &first["actor"]]);
}

async fn a_long_window_is_told_in_parts(app: TestApp) {
    let acme = app.acme();
    let now = app.clock().freeze().await;
    let start = now - now.rem_euclid(3_600 * SECOND) + 3_600 * SECOND;
    app.clock().set(start).await;
    let made = policy(&acme, json!({ "limit": [1], "window_size": [3_600] })).await;
    assert_eq!(tokens(&acme, &acme.service(), 4).await, [200, 429, 429, 429]);
    // The hour is not over, and the log has the number.
    app.clock().set(start + 310 * SECOND).await;
    let events = acme.wait_for_logs(&refusals_of(&made), 2).await;
    assert_eq!(fact(story(&events).1, "count"), "2", "{events:#?}");
    token(&acme).await.expect(429);
    assert_eq!(
        acme.wait_for_logs(&refusals_of(&made), 3).await.len(),
        3,
        "the next part has a first of its own"
    );
}

async fn what_would_have_been_refused_is_one_story_too(app: TestApp) {
    let acme = app.acme();
    let start = at_window_start(&app).await;
    policy(&acme, json!({ "limit": [1], "dry_run": true })).await;
    assert_eq!(tokens(&acme, &acme.service(), 6).await, [200; 6]);
    let filter = r#"eventType eq "policy.rate_limit.dry_run""#;
    assert_eq!(acme.wait_for_logs(filter, 1).await.len(), 1);
    app.clock().set(start + 60 * SECOND).await;
    let events = acme.wait_for_logs(filter, 2).await;
    let (first, end) = story(&events);
    assert_eq!(fact(end, "count"), "4", "{events:#?}");
    assert_eq!([&end["outcome"], &end["severity"]], [&first["outcome"], &first["severity"]]);
}

async fn explain(acme: &Tenant, request: &str) -> Value {
    acme.api("GET", &format!("/api/v1/limits/explain/{request}")).await.expect(200).json()
}

async fn counted_refusals_are_explained(app: TestApp) {
    let acme = app.acme();
    let start = at_window_start(&app).await;
    policy(&acme, json!({ "limit": [1] })).await;
    token(&acme).await.expect(200);
    let mut requests = Vec::new();
    for _ in 0..3 {
        let refused = token(&acme).await.expect(429);
        requests.push(refused.header("x-okta-request-id").expect("an id").to_owned());
    }
    let first = explain(&acme, &requests[0]).await;
    for closed in [false, true] {
        for request in &requests {
            let why = explain(&acme, request).await;
            assert_eq!([&why["rule"], &why["limit"]], [&json!("rate_policy"), &json!(1)], "{why:#}");
            if *request != requests[0] || !closed {
                assert_eq!(
                    [&why["story"]["count"], &why["story"]["closed"]],
                    [&json!(3), &json!(closed)],
                    "{why:#}"
                );
            }
            assert_eq!(why["event"], first["event"], "{why:#}");
        }
        if !closed {
            app.clock().set(start + 60 * SECOND).await;
            acme.wait_for_logs(r#"eventType eq "policy.rate_limit.refused""#, 2).await;
        }
    }
}

async fn a_simulation_replays_what_was_only_counted(app: TestApp) {
    let acme = app.acme();
    let start = at_window_start(&app).await;
    policy(&acme, json!({ "limit": [2], "window_type": "fixed" })).await;
    assert_eq!(tokens(&acme, &acme.service(), 9).await[2..], [429; 7]);
    let draft = json!({
        "name": "draft", "identifier": "app", "limit": [5], "window_size": [30], "window_type": "fixed",
    });
    for wait in [1, 60] {
        app.clock().set(start + 200_000 + wait * SECOND).await;
        if wait > 1 {
            acme.wait_for_logs(r#"eventType eq "policy.rate_limit.refused""#, 2).await;
            // What ends a story is in the log before the moment that is asked about.
            app.clock().set(start + 62 * SECOND).await;
        }
        let body = json!({ "policy": draft, "hours": 1 });
        let found = acme.api("POST", "/api/v1/rate-policies/simulate").json(&body).await.expect(200).json();
        assert_eq!([&found["requests"], &found["refused"]], [&json!(9), &json!(4)], "{found:#}");
    }
}

async fn the_limits_name_what_each_policy_refuses(app: TestApp) {
    let acme = app.acme();
    at_window_start(&app).await;
    let quiet = policy(&acme, json!({ "limit": [1_000] })).await;
    let busy = policy(&acme, json!({ "limit": [1], "identifier": "header", "header_name": "X-Plan" })).await;
    let tried = policy(&acme, json!({ "limit": [1], "identifier": "tenant", "dry_run": true })).await;
    let plan = "a-plan-that-nobody-should-read";
    for status in [200, 429, 429, 429] {
        let form = [("grant_type", "client_credentials"), ("scope", "orders:read")];
        acme.token_as(&acme.service(), &form).header("x-plan", plan).await.expect(status);
    }
    acme.wait_for_logs(&refusals_of(&busy), 1).await;
    let all = acme.api("GET", "/api/v1/limits").await.expect(200);
    assert!(!all.text().contains(plan), "a header's value is nobody's business");
    let policies = all.json()["policies"].as_array().expect("policies").clone();
    let of = |policy: &Value| policies.iter().find(|one| one["id"] == policy["id"]).expect("every policy");
    assert_eq!([&of(&quiet)["refused"], &of(&quiet)["hottest"]], [&json!(0), &json!([])]);
    let busy_use = of(&busy);
    assert_eq!([&busy_use["refused"], &busy_use["wouldRefuse"]], [&json!(3), &json!(0)], "{busy_use:#}");
    let hottest = &busy_use["hottest"][0];
    assert_eq!([&hottest["counted"], &hottest["refusals"]], [&json!("header x-plan"), &json!(3)]);
    assert_eq!(policies[0]["id"], busy["id"], "the busiest first");
    let tried = of(&tried);
    assert_eq!([&tried["refused"], &tried["dryRun"]], [&json!(0), &json!(true)], "{tried:#}");
    let admin = acme.credentials.admin.clone();
    let (visitor, _) = acme.sign_in("/console", &admin.login, &admin.password).await;
    let page = visitor.open(&format!("{}/console/limits", acme.origin())).await.expect(200);
    let text = page.page().text();
    let name = busy["name"].as_str().unwrap();
    assert!(text.contains(name) && text.contains("header x-plan") && !text.contains(plan), "{text}");
}

async fn the_console_draws_the_window_that_refused(app: TestApp) {
    let acme = app.acme();
    let start = at_window_start(&app).await;
    app.clock().set(start + 7 * SECOND + SECOND / 2).await;
    let made = policy(&acme, json!({})).await;
    assert_eq!(tokens(&acme, &acme.service(), 4).await, [200, 200, 200, 429]);
    let event = acme.wait_for_logs(&refusals_of(&made), 1).await.remove(0);
    let admin = acme.credentials.admin.clone();
    let (visitor, _) = acme.sign_in("/console", &admin.login, &admin.password).await;
    let url = format!("{}/console/log/{}", acme.origin(), event["uuid"].as_str().unwrap());
    let page = visitor.open(&url).await.expect(200);
    let text = page.page().text();
    let service = acme.service().client_id;
    for part in [&format!("app {service}"), "3 in 30 s, sliding", "In this window", "38 s later"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

//! Every refusal by a limit is explained to administrators, who see who spends what and can stop a caller.

use std::time::Duration;

use signet_testkit::{Reply, Tenant, TestApp, Value, json, on_each_engine};

use crate::support::callers::credential;
use crate::support::desk::Desk;
use crate::support::make::{self, User};
use crate::support::ropg::{expect_throttled, fill, try_password};

on_each_engine! {
    a_throttled_attempt_is_explained,
    a_locked_login_is_explained,
    too_many_status_calls_are_explained,
    a_rate_policys_refusal_is_explained,
    only_those_who_may_read_the_log_are_told,
    qt_19_the_limits_name_who_spends_the_most,
    rl_41_whoever_starves_a_user_is_named_and_can_be_stopped,
    a_paused_caller_is_refused_until_it_is_resumed,
    the_console_shows_who_spends_what_and_pauses_callers,
    the_console_looks_back_over_days,
}

fn request_id(reply: &Reply) -> String {
    reply.header("x-okta-request-id").expect("a request id").to_owned()
}

async fn explain(tenant: &Tenant, id: &str) -> Value {
    tenant.api("GET", &format!("/api/v1/limits/explain/{id}")).await.expect(200).json()
}

fn demo_user(app: &TestApp) -> User {
    let acme = app.acme();
    let (login, password) = acme.user();
    User { id: String::new(), login: login.to_owned(), password: password.to_owned() }
}

async fn a_throttled_attempt_is_explained(app: TestApp) {
    let (acme, globex, user, clock) = (app.acme(), app.globex(), demo_user(&app), app.clock());
    let web = acme.web();
    let start = clock.freeze().await;
    fill(&acme, &web, &user).await;
    clock.set(start + 250_000).await;
    let mut ids = Vec::new();
    for _ in 0..25 {
        let reply = try_password(&acme, &web, &user.login, &user.password).await;
        ids.push(request_id(&expect_throttled(reply, "refused")));
    }
    let first = explain(&acme, &ids[0]).await;
    assert_eq!(first["rule"], "password_grants", "{first:#}");
    assert_eq!(first["key"], user.login, "{first:#}");
    let window = [&first["limit"], &first["windowSeconds"], &first["windowType"]];
    assert_eq!(window, [&json!(4), &json!(1), &json!("sliding")]);
    assert_eq!(first["story"]["count"], 25, "{first:#}");
    assert_eq!(first["story"]["closed"], false, "{first:#}");
    let filled = first["filledBy"].as_array().expect("four events");
    assert_eq!(filled.len(), 4, "{first:#}");
    for by in filled {
        let id = by["event"].as_str().expect("an id");
        let found = acme.logs(&[("filter", &format!(r#"uuid eq "{id}""#))]).await;
        assert_eq!(found.len(), 1, "the event that it names is there");
        assert_eq!(by["logged"], true);
    }
    let seconds = |value: &Value| {
        let time: signet_domain::Time =
            signet_domain::Time::parse_rfc3339(value.as_str().expect("a time")).expect("a time");
        time.0 / 1000
    };
    assert_eq!(seconds(&first["refusedAt"]), (start + 250_000) / 1000);
    assert_eq!(seconds(&first["retryAt"]), (start + 1_000_000) / 1000);
    // While it is counted, and after its story was closed.
    for closed in [false, true] {
        if closed {
            clock.set(start + 60_000_000).await;
            acme.wait_for_logs(r#"eventType eq "user_rate_limited" and debugContext.debugData.story pr"#, 1)
                .await;
        }
        for id in [&ids[1], &ids[20]] {
            let counted = explain(&acme, id).await;
            for same in ["rule", "key", "filledBy", "event", "retryAt"] {
                assert_eq!(counted[same], first[same], "{same}: {counted:#}");
            }
            assert_eq!(counted["story"]["count"], 25, "{counted:#}");
            assert_eq!(counted["story"]["closed"], closed, "{counted:#}");
            let early = seconds(&counted["refusedAt"]) < (start + 250_000) / 1000;
            assert!(!early, "{counted:#}");
        }
    }
    // Twenty requests of a story are known, besides the first; and nobody else's are.
    for unknown in [&ids[24], "req0000000000000000000001", "nonsense", &"x".repeat(5_000)] {
        let reply = acme.api("GET", &format!("/api/v1/limits/explain/{unknown}")).await;
        assert_eq!(reply.status, 404, "{unknown}: {}", reply.describe());
    }
    let foreign = globex.api("GET", &format!("/api/v1/limits/explain/{}", ids[0])).await;
    assert_eq!(foreign.status, 404, "{}", foreign.describe());
    // A request that no limit refused has nothing to be explained.
    let fine = try_password(&acme, &web, &user.login, &user.password).await.expect(200);
    let reply = acme.api("GET", &format!("/api/v1/limits/explain/{}", request_id(&fine))).await;
    assert_eq!(reply.status, 404, "{}", reply.describe());
}

async fn a_locked_login_is_explained(app: TestApp) {
    let (acme, user, clock) = (app.acme(), demo_user(&app), app.clock());
    let web = acme.web();
    let start = clock.freeze().await;
    for n in 0..10 {
        clock.set(start + n * 1_000_000).await;
        assert_eq!(try_password(&acme, &web, &user.login, "not the password").await.status, 400);
    }
    clock.set(start + 20_000_000).await;
    let refused = try_password(&acme, &web, &user.login, &user.password).await;
    assert_eq!(refused.status, 400, "{}", refused.describe());
    let why = explain(&acme, &request_id(&refused)).await;
    assert_eq!(why["rule"], "wrong_passwords", "{why:#}");
    assert_eq!([&why["limit"], &why["windowSeconds"]], [&json!(10), &json!(900)]);
    assert_eq!(why["filledBy"].as_array().map(Vec::len), Some(10), "{why:#}");
    assert!(why["retryAt"].is_string(), "{why:#}");
}

async fn too_many_status_calls_are_explained(app: TestApp) {
    let acme = app.acme();
    app.clock().freeze().await;
    let token = acme.api_access_token().await;
    let ask = || acme.get("/auth/rate_limit").header("authorization", &format!("bearer:{token}"));
    for _ in 0..60 {
        ask().await.expect(200);
    }
    for _ in 0..2 {
        let refused = ask().await.expect(429);
        let why = explain(&acme, &request_id(&refused)).await;
        assert_eq!(why["rule"], "status_calls", "{why:#}");
        assert_eq!([&why["limit"], &why["windowSeconds"]], [&json!(60), &json!(60)]);
        assert!(why["retryAt"].is_string(), "{why:#}");
    }
}

async fn a_rate_policys_refusal_is_explained(app: TestApp) {
    let acme = app.acme();
    app.clock().freeze().await;
    let policy = json!({ "name": "few", "identifier": "app", "limit": [3], "window_size": [30] });
    let policy = acme.api("POST", "/api/v1/rate-policies").json(&policy).await;
    assert!(matches!(policy.status, 200 | 201), "{}", policy.describe());
    let id = policy.json()["id"].as_str().expect("an id").to_owned();
    let service = acme.service();
    for _ in 0..3 {
        acme.client_credentials(&service, "orders:read").await.expect(200);
    }
    let refused = acme.client_credentials(&service, "orders:read").await;
    assert_eq!(refused.status, 429, "{}", refused.describe());
    let why = explain(&acme, &request_id(&refused)).await;
    assert_eq!(why["rule"], "rate_policy", "{why:#}");
    assert_eq!([&why["limit"], &why["windowSeconds"]], [&json!(3), &json!(30)], "{why:#}");
    assert!(why["advice"].as_str().is_some_and(|advice| advice.contains(&id)), "{why:#}");
    assert!(why["retryAt"].is_string() && why["event"].is_string(), "{why:#}");
}

async fn only_those_who_may_read_the_log_are_told(app: TestApp) {
    let acme = app.acme();
    for (scope, status) in
        [("READ_USERS", 403), ("MANAGE_USERS", 403), ("READ_ALL", 404), ("MANAGE_ALL", 404)]
    {
        let (_, token) = credential(&acme, scope).await;
        let reply = acme.get("/api/v1/limits/explain/req0000000000000000000001").bearer(&token).await;
        assert_eq!(reply.status, status, "{scope}: {}", reply.describe());
        let reply = acme.get("/api/v1/limits").bearer(&token).await;
        assert_eq!(reply.status, if status == 403 { 403 } else { 200 }, "{scope}: {}", reply.describe());
    }
    assert_eq!(acme.get("/api/v1/limits").await.status, 401);
}

async fn qt_19_the_limits_name_who_spends_the_most(app: TestApp) {
    let (acme, clock) = (app.acme(), app.clock());
    let start = clock.freeze().await;
    let (id, token) = credential(&acme, "READ_ALL").await;
    for n in 0..30 {
        clock.set(start + n * 10_000_000).await;
        acme.get("/api/v1/apps").bearer(&token).await.expect(200);
    }
    acme.get("/api/v1/users/me").bearer(&token).await;
    let limits = acme.api("GET", "/api/v1/limits").await.expect(200).json();
    let quota = &limits["quota"];
    assert_eq!(
        [&quota["limit"], &quota["used"], &quota["remaining"]],
        [&json!(5_000), &json!(33), &json!(4_967)]
    );
    assert!(quota["perMinute"].as_i64().is_some_and(|n| (4..=7).contains(&n)), "{quota:#}");
    assert_eq!(quota["runsOutAt"], Value::Null, "it lasts at this pace");
    let busiest = &limits["callers"][0];
    assert_eq!([&busiest["id"], &busiest["type"]], [&json!(id), &json!("api_credential")], "{limits:#}");
    assert_eq!([&busiest["calls"], &busiest["refused"]], [&json!(31), &json!(0)]);
    assert_eq!(busiest["routes"][0], json!({ "route": "GET /api/v1/apps", "calls": 30 }));
    assert_eq!(busiest["routes"][1]["route"], "GET /api/v1/users/{id}");
    let minutes = busiest["minutes"].as_array().expect("minutes");
    assert!((5..=6).contains(&minutes.len()), "{busiest:#}");
    let sum: i64 = minutes.iter().filter_map(|m| m["calls"].as_i64()).sum();
    assert_eq!(sum, 31);
    assert_eq!(limits["callers"].as_array().map(Vec::len), Some(2), "{limits:#}");
    // The next hour begins without them.
    clock.advance(Duration::from_secs(3_600)).await;
    let limits = acme.api("GET", "/api/v1/limits").await.expect(200).json();
    assert_eq!(limits["quota"]["used"], 1, "{limits:#}");
    assert_eq!(limits["callers"].as_array().map(Vec::len), Some(1), "{limits:#}");
}

async fn rl_41_whoever_starves_a_user_is_named_and_can_be_stopped(app: TestApp) {
    let (acme, user, clock) = (app.acme(), demo_user(&app), app.clock());
    let culprit = make::web_app(&acme, &["password"]).await;
    let start = clock.freeze().await;
    for n in 0..4 {
        try_password(&acme, &culprit, &user.login, "a guess").await;
        clock.set(start + n).await;
    }
    for _ in 0..5 {
        expect_throttled(try_password(&acme, &culprit, &user.login, "a guess").await, "starved");
    }
    let refused = try_password(&acme, &acme.web(), &user.login, &user.password).await;
    let why = explain(&acme, &request_id(&expect_throttled(refused, "starved"))).await;
    for by in why["filledBy"].as_array().expect("four events") {
        let id = by["event"].as_str().expect("an id");
        let event = &acme.logs(&[("filter", &format!(r#"uuid eq "{id}""#))]).await[0];
        assert_eq!(event["actor"]["id"], culprit.client_id, "the event names the app: {event:#}");
    }
    let limits = acme.api("GET", "/api/v1/limits").await.expect(200).json();
    assert_eq!(limits["users"][0]["name"], user.login, "{limits:#}");
    assert_eq!(limits["apps"][0]["id"], culprit.client_id, "{limits:#}");
    let off = format!("/api/v1/apps/{}/lifecycle/deactivate", culprit.client_id);
    acme.api("POST", &off).await.expect(200);
    clock.set(start + 2_000_000).await;
    for _ in 0..5 {
        assert_eq!(try_password(&acme, &culprit, &user.login, "a guess").await.status, 401);
    }
    assert_eq!(try_password(&acme, &acme.web(), &user.login, &user.password).await.status, 200);
}

async fn a_paused_caller_is_refused_until_it_is_resumed(app: TestApp) {
    let (acme, globex) = (app.acme(), app.globex());
    let (id, token) = credential(&acme, "READ_ALL").await;
    let list = || acme.get("/api/v1/apps").bearer(&token);
    let status = || acme.get("/auth/rate_limit").header("authorization", &format!("bearer:{token}"));
    let act = |what: &str| acme.api("POST", &format!("/api/v1/api-credentials/{id}/lifecycle/{what}"));
    list().await.expect(200);
    let foreign = format!("/api/v1/api-credentials/{id}/lifecycle/pause");
    assert_eq!(globex.api("POST", &foreign).await.status, 404);
    let weak = acme.call("POST", &foreign).bearer(&token).await;
    assert_eq!(weak.status, 403, "who may only read pauses nobody: {}", weak.describe());
    act("pause").await.expect(204);
    act("pause").await.expect(204);
    let used = |limits: Value| limits["quota"]["used"].as_i64().expect("a number");
    let before = used(acme.api("GET", "/api/v1/limits").await.expect(200).json());
    let refused = list().await.expect(403);
    assert_eq!(refused.json()["errorCode"], "E0000006", "{}", refused.describe());
    assert!(refused.text().contains("paused"), "{}", refused.describe());
    assert_eq!(refused.header("x-rate-limit-remaining"), None, "it counts in nobody's quota");
    assert_eq!(status().await.expect(401).json()["status"]["message"], "Authentication Failure");
    let limits = acme.api("GET", "/api/v1/limits").await.expect(200).json();
    assert_eq!(used(limits.clone()), before + 1, "only the look itself was counted");
    let shown = limits["callers"].as_array().expect("callers").iter().find(|c| c["id"] == id.as_str());
    assert_eq!(shown.expect("it is listed")["paused"], true);
    app.restart().await;
    list().await.expect(403);
    act("resume").await.expect(204);
    list().await.expect(200);
    status().await.expect(200);
    for kind in ["pause", "resume"] {
        let filter = format!(r#"eventType eq "system.api_credential.{kind}" and target.id eq "{id}""#);
        assert_eq!(acme.wait_for_logs(&filter, 1).await.len(), 1, "one event each");
    }
    // An API token is paused in the same way, and asks for it itself if it likes.
    let made = acme.api("POST", "/api/v1/api-tokens").json(&json!({ "name": make::unique("spender") })).await;
    let made = made.expect(201).json();
    let (id, token) = (made["id"].as_str().expect("an id"), made["token"].as_str().expect("a token"));
    acme.http().canaries().add(token);
    acme.api_with(token, "GET", "/api/v1/apps").await.expect(200);
    acme.api("POST", &format!("/api/v1/api-tokens/{id}/lifecycle/pause")).await.expect(204);
    acme.api_with(token, "GET", "/api/v1/apps").await.expect(403);
    acme.api("POST", &format!("/api/v1/api-tokens/{id}/lifecycle/resume")).await.expect(204);
    acme.api_with(token, "GET", "/api/v1/apps").await.expect(200);
}

async fn the_console_shows_who_spends_what_and_pauses_callers(app: TestApp) {
    let (acme, clock, user) = (app.acme(), app.clock(), demo_user(&app));
    let web = acme.web();
    clock.freeze().await;
    let (id, token) = credential(&acme, "READ_ALL").await;
    for _ in 0..3 {
        acme.get("/api/v1/apps").bearer(&token).await.expect(200);
    }
    fill(&acme, &web, &user).await;
    expect_throttled(try_password(&acme, &web, &user.login, &user.password).await, "throttled");
    let admin = acme.credentials.admin.clone();
    let (visitor, _) = acme.sign_in("/console", &admin.login, &admin.password).await;
    let url = format!("{}/console/limits", acme.origin());
    for what in ["pause", "resume"] {
        let page = visitor.open(&url).await.expect(200);
        let text = page.page().text();
        assert!(text.contains("GET /api/v1/apps") && text.contains(&user.login), "{text}");
        assert_eq!(text.contains("paused"), what == "resume", "{text}");
        let action = format!("/console/limits/callers/{id}/{what}");
        let form = page.page().forms().into_iter().find(|form| form.action == action);
        let form = form.unwrap_or_else(|| panic!("no form for {action}: {}", page.text()));
        // Without the session's token it is nobody's form.
        let mut forged = form.clone();
        forged.remove("csrf");
        let refused = visitor.submit(&page, &forged).await;
        assert!(refused.status >= 400, "{}", refused.describe());
        let done = visitor.submit(&page, &form).await;
        assert!(done.is_redirect(), "{}", done.describe());
        let expected = if what == "pause" { 403 } else { 200 };
        acme.get("/api/v1/apps").bearer(&token).await.expect(expected);
        if what == "pause" {
            acme.get("/api/v1/apps").bearer(&token).await.expect(403);
        }
    }
}

async fn the_console_looks_back_over_days(app: TestApp) {
    let (acme, clock, user) = (app.acme(), app.clock(), demo_user(&app));
    let web = acme.web();
    clock.freeze().await;
    let (_, token) = credential(&acme, "READ_ALL").await;
    for _ in 0..3 {
        acme.get("/api/v1/apps").bearer(&token).await.expect(200);
    }
    fill(&acme, &web, &user).await;
    expect_throttled(try_password(&acme, &web, &user.login, &user.password).await, "throttled");
    clock.advance(Duration::from_secs(2 * 86_400)).await;
    let desk = Desk::of(&acme).await;
    let look = async |range: &str| {
        let page = desk.page(&format!("/console/limits/past?range={range}")).await.expect(200).page();
        (page.all("section.sheet"), page.attributes("figure.histogram a", "href"))
    };
    let (sections, bars) = look("7d").await;
    let [calls, throttled, policies] = &sections[..] else { panic!("three charts: {sections:?}") };
    // Making the credential was a call, too.
    assert!(calls.contains("spender") && calls.contains(" 3"), "{calls}");
    assert!(throttled.starts_with("Throttled sign-ins 1"), "{throttled}");
    assert!(policies.contains("None in 7 days."), "{policies}");
    assert_eq!(bars.len(), 56, "one for three hours");
    let mut found = 0;
    for bar in bars {
        found += desk.page(&bar).await.expect(200).page().all("table.events tbody tr a").len();
    }
    assert!(found > 0, "a bar leads to the refusal");
    let (sections, bars) = look("24h").await;
    assert!(sections[1].contains("None in 24 hours.") && bars.is_empty(), "{sections:?}");
    assert_eq!(look("9y").await.0.len(), 3, "what nobody offers is the week");
    // Who may not read the log sees the calls only.
    let (helper, _) = Desk::with_role(&acme, "HELP_DESK_ADMIN").await;
    let page = helper.page("/console/limits/past").await.expect(200).page();
    assert_eq!(page.all("section.sheet").len(), 1, "{}", page.text());
    assert!(page.text().contains("Your role doesn’t reach it."), "{}", page.text());
    // Further back than the pages look.
    clock.advance(Duration::from_secs(31 * 86_400)).await;
    let admin = acme.credentials.admin.clone();
    let (visitor, _) = acme.sign_in("/console", &admin.login, &admin.password).await;
    let url = format!("{}/console/limits/past?range=30d", acme.origin());
    let page = visitor.open(&url).await.expect(200).page();
    assert!(page.all("section.sheet")[0].contains("None in 30 days."), "{}", page.text());
}

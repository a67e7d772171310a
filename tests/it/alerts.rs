//! Alerts on searches of the log: what sets them off, once, whatever happens to the nodes.

use std::time::Duration;

use signet_testkit::{Engine, Tenant, TestApp, Value, json, on_each_engine, on_postgres};

use crate::support::alerts::{alert_on_groups, caught_up, fired, firings, groups};
use crate::support::desk::Desk;
use crate::support::make::{self, unique};
use crate::support::ropg::statuses;
use crate::support::rows::Rows;
use crate::support::until::until;

on_each_engine! {
    an_alert_fires_once_in_a_window,
    every_tenant_has_the_shipped_alerts_and_they_fire,
    no_alert_sets_itself_off,
    a_muted_alert_goes_on_listening_and_one_that_is_off_does_not,
    a_restart_loses_nothing_and_doubles_nothing,
    refusals_of_one_story_count_one_by_one,
    older_tenants_hear_of_all_refusals_unless_they_made_the_alert_their_own,
}
on_postgres! { of_several_nodes_one_fires }

const MINUTE: u64 = 60;

async fn fire_events(tenant: &Tenant, path: &str) -> Vec<Value> {
    let id = path.rsplit('/').next().expect("an id");
    let filter = format!(r#"eventType eq "system.alert.fire" and target.id eq "{id}""#);
    tenant.logs(&[("filter", &filter)]).await
}

async fn an_alert_fires_once_in_a_window(app: TestApp) {
    let (acme, clock) = (app.acme(), app.clock());
    clock.freeze().await;
    let word = unique("night");
    // What was there before counts for nothing.
    groups(&acme, &word, [0]).await;
    caught_up(&acme).await;
    let path = alert_on_groups(&acme, &word, (3, 10)).await;
    groups(&acme, &word, [1]).await;
    clock.advance(Duration::from_secs(9 * MINUTE)).await;
    groups(&acme, &word, [2]).await;
    clock.advance(Duration::from_secs(MINUTE)).await;
    // The first is ten minutes old.
    groups(&acme, &word, [3]).await;
    caught_up(&acme).await;
    assert_eq!(firings(&acme, &path).await, Vec::<Value>::new());
    groups(&acme, &word, [4]).await;
    let first = fired(&acme, &path, 3).await.remove(0);
    // Further ones in the window are added up, and nothing fires again.
    groups(&acme, &word, [5, 6]).await;
    assert_eq!(fired(&acme, &path, 5).await.len(), 1);
    let [event] = &*fire_events(&acme, &path).await else { panic!("one event") };
    assert_eq!(event["uuid"], first["eventId"]);
    assert_eq!((&event["severity"], &event["actor"]["type"]), (&json!("WARN"), &json!("SystemPrincipal")));
    let view = acme.api("GET", &path).await.expect(200).json();
    assert_eq!((&view["openFirings"], &view["lastFired"]), (&json!(1), &first["fired"]));
    // Its link leads to these events and no others, wherever one comes from and whenever.
    let desk = Desk::of(&acme).await;
    let link = first["_links"]["events"]["href"].as_str().expect("a link");
    let link = link.strip_prefix(acme.origin()).expect("the tenant's").to_owned();
    assert!(link.contains("since=") && link.contains("until="), "{link}");
    let shown = async || desk.page(&link).await.page().all(".event").len();
    assert_eq!(shown().await, 5);
    clock.advance(Duration::from_secs(10 * MINUTE)).await;
    groups(&acme, &word, [7, 8, 9]).await;
    let all = fired(&acme, &path, 3).await;
    assert_eq!((all.len(), shown().await), (2, 5));
    acme.api("POST", &format!("{path}/firings/{}/acknowledge", first["id"].as_str().unwrap()))
        .await
        .expect(204);
    let noted = firings(&acme, &path).await;
    let login = &acme.credentials.admin.login;
    assert_eq!(
        (noted[1]["acknowledgedBy"].as_str(), &noted[0]["acknowledged"]),
        (Some(&**login), &Value::Null)
    );
    acme.api("POST", &format!("{path}/lifecycle/acknowledge")).await.expect(204);
    assert_eq!(acme.api("GET", &path).await.expect(200).json()["openFirings"], 0);
}

async fn shipped(tenant: &Tenant, watches: &str) -> String {
    let all: Value = tenant.api("GET", "/api/v1/alerts").await.expect(200).json();
    let one = all.as_array().expect("a list").iter().find(|alert| alert["shipped"] == watches);
    let one = one.unwrap_or_else(|| panic!("no {watches}: {all:#}"));
    assert_eq!(one["enabled"], true);
    format!("/api/v1/alerts/{}", one["id"].as_str().expect("an id"))
}

async fn every_tenant_has_the_shipped_alerts_and_they_fire(app: TestApp) {
    for tenant in [app.acme(), app.globex()] {
        let all: Value = tenant.api("GET", "/api/v1/alerts").await.expect(200).json();
        assert_eq!(all.as_array().expect("a list").len(), 5);
    }
    let acme = app.acme();
    let (quota, token) = (shipped(&acme, "quota").await, shipped(&acme, "api_token").await);
    let (administrator, key) = (shipped(&acme, "administrator").await, shipped(&acme, "signing_key").await);
    let body = json!({ "name": unique("deploy") });
    acme.api("POST", "/api/v1/api-tokens").json(&body).await.expect(201);
    let user = make::user(&acme, "boss").await;
    let roles = format!("/api/v1/users/{}/roles", user.id);
    acme.api("POST", &roles).json(&json!({ "type": "READ_ONLY_ADMIN" })).await.expect(201);
    app.clock().advance(Duration::from_secs(2 * 86_400)).await;
    let rotate = "/api/v1/authorizationServers/default/credentials/lifecycle/keyRotate";
    acme.api("GET", "/api/v1/authorizationServers/default/credentials/keys").await.expect(200);
    app.clock().advance(Duration::from_secs(2 * 86_400)).await;
    acme.api("POST", rotate).json(&json!({ "use": "sig" })).await.expect(200);
    for path in [&token, &administrator, &key] {
        fired(&acme, path, 1).await;
    }
    let rows = Rows::of(&app).await;
    acme.api("GET", "/api/v1/groups").await.expect(200);
    rows.run("UPDATE windows SET used = 4499 WHERE name = 'quota'").await;
    for _ in 0..3 {
        acme.api("GET", "/api/v1/groups").await.expect(200);
    }
    fired(&acme, &quota, 1).await;
    // They can be switched off, and stay.
    acme.api("DELETE", &quota).await.expect(400);
}

async fn refusals_of_one_story_count_one_by_one(app: TestApp) {
    let (acme, clock) = (app.acme(), app.clock());
    let path = shipped(&acme, "refusals").await;
    let (web, user) = (make::web_app(&acme, &["password"]).await, make::user(&acme, "crowd").await);
    clock.freeze().await;
    let refused = statuses(&acme, &web, &user, 24).await.into_iter().filter(|status| *status == 429).count();
    assert_eq!(refused, 20);
    caught_up(&acme).await;
    // The first is in the log, the others come with the end of their story.
    assert_eq!(firings(&acme, &path).await, Vec::<Value>::new());
    clock.advance(Duration::from_secs(10)).await;
    fired(&acme, &path, 20).await;
}

async fn older_tenants_hear_of_all_refusals_unless_they_made_the_alert_their_own(app: TestApp) {
    let (acme, rows) = (app.acme(), Rows::of(&app).await);
    let old = "UPDATE alerts SET shipped = 'throttle', name = 'Throttled passwords', version = 1,
        search = '{\"filter\":\"eventType eq \\\"user_rate_limited\\\"\"}' WHERE shipped = 'refusals'";
    rows.run(old).await;
    rows.run("UPDATE alerts SET version = 2 WHERE shipped = 'throttle' AND tenant_id <> (SELECT id FROM tenants WHERE name = 'acme')").await;
    let migration = match app.database_url() {
        None => include_str!("../../migrations/sqlite/0036_alert_on_refusals.sql"),
        Some(_) => include_str!("../../migrations/postgres/0036_alert_on_refusals.sql"),
    };
    for statement in migration.split_inclusive(";\n") {
        rows.run(statement).await;
    }
    for (tenant, name) in [(acme, "Refusals, five times the usual"), (app.globex(), "Throttled passwords")] {
        let alert = tenant.api("GET", &shipped(&tenant, "refusals").await).await.expect(200).json();
        assert_eq!(alert["name"], name);
        let hears = alert["search"]["filter"].as_str().expect("a filter").contains("user.session.start");
        assert_eq!(hears, name.starts_with("Refusals"), "{alert:#}");
    }
}

async fn no_alert_sets_itself_off(app: TestApp) {
    let acme = app.acme();
    let body = json!({ "name": "all alerts", "search": { "filter": r#"eventType eq "system.alert.fire""# } });
    let of_alerts = acme.api("POST", "/api/v1/alerts").json(&body).await.expect(201).json();
    let body = json!({ "name": "everything", "search": { "outcome": "allowed" }, "atLeast": 1000 });
    acme.api("POST", "/api/v1/alerts").json(&body).await.expect(201);
    let word = unique("loop");
    let path = alert_on_groups(&acme, &word, (1, 1)).await;
    groups(&acme, &word, [1]).await;
    fired(&acme, &path, 1).await;
    acme.wait_for_logs(r#"eventType eq "system.alert.fire""#, 1).await;
    caught_up(&acme).await;
    let id = of_alerts["id"].as_str().expect("an id");
    let seen = acme.api("GET", &format!("/api/v1/alerts/{id}")).await.expect(200).json();
    assert_eq!(seen["lastFired"], Value::Null);
}

async fn a_muted_alert_goes_on_listening_and_one_that_is_off_does_not(app: TestApp) {
    let (acme, clock) = (app.acme(), app.clock());
    clock.freeze().await;
    let (muted, off) = (unique("muted"), unique("off"));
    let (mute, switch) =
        (alert_on_groups(&acme, &muted, (2, 60)).await, alert_on_groups(&acme, &off, (2, 60)).await);
    let body = json!({ "minutes": 30 });
    let told = acme.api("POST", &format!("{mute}/lifecycle/mute")).json(&body).await.expect(200).json();
    assert_ne!(told["mutedUntil"], Value::Null);
    let mut settings = acme.api("GET", &switch).await.expect(200).json();
    settings["enabled"] = json!(false);
    acme.api("PUT", &switch).json(&settings).await.expect(200);
    for word in [&muted, &off] {
        groups(&acme, word, [1]).await;
    }
    caught_up(&acme).await;
    clock.advance(Duration::from_secs(31 * MINUTE)).await;
    settings["enabled"] = json!(true);
    acme.api("PUT", &switch).json(&settings).await.expect(200);
    for word in [&muted, &off] {
        groups(&acme, word, [2]).await;
    }
    fired(&acme, &mute, 2).await;
    assert_eq!(firings(&acme, &switch).await, Vec::<Value>::new());
    acme.api("POST", &format!("{mute}/lifecycle/mute")).json(&body).await.expect(200);
    let told = acme.api("POST", &format!("{mute}/lifecycle/unmute")).await.expect(200).json();
    assert_eq!(told["mutedUntil"], Value::Null);
    // While it is muted nothing is told, and the window that would have been is spent.
    let third = unique("silent");
    let silent = alert_on_groups(&acme, &third, (1, 60)).await;
    acme.api("POST", &format!("{silent}/lifecycle/mute")).json(&body).await.expect(200);
    groups(&acme, &third, [1]).await;
    caught_up(&acme).await;
    assert_eq!(firings(&acme, &silent).await, Vec::<Value>::new());
}

async fn a_restart_loses_nothing_and_doubles_nothing(app: TestApp) {
    let acme = app.acme();
    let word = unique("kill");
    let path = alert_on_groups(&acme, &word, (5, 1_440)).await;
    let mut made = 0;
    for n in [2, 2, 3, 1, 4] {
        groups(&acme, &word, made..made + n).await;
        made += n;
        app.restart().await;
    }
    let all = fired(&acme, &path, 12).await;
    caught_up(&acme).await;
    assert_eq!((all.len(), firings(&acme, &path).await), (1, all.clone()));
    until("its event", async || fire_events(&acme, &path).await.len() == 1).await;
}

async fn of_several_nodes_one_fires(engine: Engine) {
    const ALERTS: usize = 6;
    const EACH: i64 = 5;
    let app = TestApp::start(engine).await;
    let nodes = app.nodes(2).await;
    let acme = app.acme();
    let mut paths = Vec::new();
    for n in 0..ALERTS {
        let word = unique(&format!("nodes{n}"));
        let path = alert_on_groups(&acme, &word, (1, 1_440)).await;
        for g in 0..usize::try_from(EACH).unwrap() {
            let over = [&acme, &nodes[0].acme(), &nodes[1].acme()][g % 3].clone();
            groups(&over, &word, [g]).await;
        }
        paths.push(path);
    }
    for path in &paths {
        let all = fired(&acme, path, EACH).await;
        assert_eq!(all.len(), 1, "{all:#?}");
    }
    caught_up(&acme).await;
    for path in &paths {
        assert_eq!(fire_events(&acme, path).await.len(), 1);
        assert_eq!(firings(&acme, path).await[0]["events"], EACH);
    }
}

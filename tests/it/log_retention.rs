//! How long a tenant keeps its system log: through the API and at the console, where what would go is shown first.

use std::time::Duration;

use signet_testkit::{TestApp, Value, json, on_each_engine};

use crate::support::desk::Desk;

on_each_engine! { the_log_is_kept_as_long_as_its_tenant_says }

const PATH: &str = "/api/v1/logs/retention";
const DAYS_20: Duration = Duration::from_secs(20 * 86_400);

/// One walk, since it needs a clock of its own: refusals, a hold, forty days, and what would go then.
async fn the_log_is_kept_as_long_as_its_tenant_says(app: TestApp) {
    let acme = app.acme();
    let reply = acme.api("GET", PATH).await.expect(200);
    let etag = reply.header("etag").expect("an ETag").to_owned();
    let read = reply.json();
    assert_eq!((&read["days"], &read["hold"]), (&json!(90), &json!(null)));
    let put = async |body: Value| acme.api("PUT", PATH).json(&body).await;
    for (body, told) in [
        (json!({ "days": 29 }), "days: must be from 30 to 3650"),
        (json!({ "days": 3_651 }), "days: must be from 30 to 3650"),
        (json!({ "hold": { "reason": "x" } }), "days"),
        (json!({ "days": 90, "hold": { "reason": "" } }), "hold.reason"),
        (json!({ "days": 90, "hold": { "reason": "a\u{7}" } }), "hold.reason"),
        (json!({ "days": 90, "hold": { "why": "x" } }), "unknown field"),
    ] {
        let reply = put(body.clone()).await.expect(400);
        assert!(reply.text().contains(told), "{body}: {}", reply.text());
    }
    for days in ["29", "3651", "", "x", "1e9"] {
        acme.api("GET", &format!("{PATH}/preview?days={days}")).await.expect(400);
    }
    let mut held = read.clone();
    held["hold"] = json!({ "reason": "case 7" });
    let reply = acme.api("PUT", PATH).header("if-match", &etag).json(&held).await.expect(200).json();
    assert_eq!(reply["hold"]["reason"], "case 7");
    acme.api("PUT", PATH).header("if-match", &etag).json(&read).await.expect(412);
    let kept = reply["hold"]["since"].clone();
    let again = put(reply).await.expect(200).json();
    assert_eq!(again["hold"]["since"], kept, "a hold that stands keeps its beginning");

    for _ in 0..2 {
        app.clock().advance(DAYS_20).await;
        acme.api("GET", PATH).await.expect(200); // so that the token, which ends unused, goes on
    }
    let preview = acme.api("GET", &format!("{PATH}/preview?days=30")).await.expect(200).json();
    assert!(preview["events"].as_i64() > Some(0) && preview["more"] == false, "{preview:#}");
    let all = acme.api("GET", &format!("{PATH}/preview?days=90")).await.expect(200).json();
    assert_eq!((&all["events"], &all["oldest"]), (&json!(0), &preview["oldest"]));
    let desk = Desk::of(&acme).await;
    let page = desk.page("/console/settings").await;
    assert!(page.text().contains("case 7"), "{}", page.page().text());
    // Shorter than it was: what would go is shown first, and nothing is saved yet.
    let shown = desk.send(&desk.page("/console/settings/log").await, &[("days", "30")]).await.expect(200);
    assert!(shown.page().all("dl.facts dt").contains(&"Goes".to_owned()), "{}", shown.page().text());
    assert_eq!(acme.api("GET", PATH).await.json()["days"], 90);
    let other = desk.send(&shown, &[("days", "31")]).await.expect(200);
    assert_eq!(other.page().attributes("[name=sure]", "value"), ["31"], "what changed has to be seen, too");
    let saved = desk.send(&shown, &[]).await.expect(303);
    desk.visitor.follow(saved).await.expect(200);
    let held = acme.api("GET", PATH).await.expect(200).json();
    assert_eq!((&held["days"], &held["hold"]["reason"]), (&json!(30), &json!("case 7")));
    // Two at once: the second is told.
    let page = desk.page("/console/settings/log/release").await;
    put(json!({ "days": 31, "hold": { "reason": "case 7" } })).await.expect(200);
    desk.send(&page, &[("version", "1")]).await.expect(412);
    desk.fill("/console/settings/log/release", &[]).await.expect(200);
    let events = acme.wait_for_logs(r#"eventType eq "system.log.hold.end""#, 1).await;
    assert_eq!(events[0]["debugContext"]["debugData"]["changed"], "hold,holdBy,holdSince");
    assert_eq!(acme.api("GET", PATH).await.json()["hold"], Value::Null);
    let (reader, _) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    let seen = reader.page("/console/settings").await;
    assert!(!seen.text().contains("/console/settings/log"), "{}", seen.page().text());
    reader.get("/console/settings/log").await.expect(403);
}

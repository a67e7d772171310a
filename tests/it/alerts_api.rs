//! `/api/v1/alerts`: making, changing and deleting alerts, and what is refused; and the console's pages of them.

use signet_testkit::{Shared, Value, json, on_each_engine};

use crate::support::alerts::{alert_on_groups, fired, groups, groups_of};
use crate::support::desk::Desk;
use crate::support::make::unique;

on_each_engine! {
    an_alert_is_made_changed_and_deleted,
    what_is_no_alert_is_refused,
    an_alert_is_made_of_a_search_and_followed_at_the_console,
    two_who_change_an_alert_see_both_versions,
    whoever_only_reads_changes_no_alert,
}

async fn an_alert_is_made_changed_and_deleted(app: Shared) {
    let acme = app.acme();
    let name = unique("locks");
    let search = json!({ "filter": r#"eventType eq "user.account.lock""#, "q": "a b", "outcome": "refused", "ip": "192.0.2.1" });
    let body = json!({ "name": name, "search": search });
    let reply = acme.api("POST", "/api/v1/alerts").json(&body).await.expect(201);
    let etag = reply.header("etag").expect("an ETag").to_owned();
    let made = reply.json();
    let path = format!("/api/v1/alerts/{}", made["id"].as_str().expect("an id"));
    let defaults = (&made["enabled"], &made["atLeast"], &made["windowMinutes"], &made["timesUsual"]);
    assert_eq!(defaults, (&json!(true), &json!(1), &json!(60), &json!(0)));
    assert_eq!((&made["search"], &made["shipped"]), (&search, &Value::Null));
    // It can be sent back as it was read.
    let mut changed = made.clone();
    changed["atLeast"] = json!(7);
    changed["timesUsual"] = json!(3);
    let after = acme.api("PUT", &path).header("if-match", &etag).json(&changed).await.expect(200).json();
    assert_eq!((&after["atLeast"], &after["timesUsual"]), (&json!(7), &json!(3)));
    acme.api("PUT", &path).header("if-match", &etag).json(&changed).await.expect(412);
    let id = made["id"].as_str().expect("an id");
    let filter = format!(r#"eventType eq "system.alert.update" and target.id eq "{id}""#);
    let events = acme.wait_for_logs(&filter, 1).await;
    assert_eq!(events[0]["debugContext"]["debugData"]["changed"], "atLeast,timesUsual");
    let again = acme.api("POST", "/api/v1/alerts").json(&body).await.expect(400);
    assert!(again.text().contains("already exists"), "{}", again.text());
    acme.api("DELETE", &path).await.expect(204);
    acme.api("GET", &path).await.expect(404);
    acme.api("GET", &format!("{path}/firings")).await.expect(404);
}

async fn what_is_no_alert_is_refused(app: Shared) {
    let acme = app.acme();
    let good = json!({ "name": unique("good"), "search": { "q": "x" } });
    for (member, value, told) in [
        ("name", json!(""), "name:"),
        ("name", json!(" x"), "name:"),
        ("name", json!("a\u{7}b"), "name:"),
        ("search", json!({}), "search: must look for something"),
        ("search", json!({ "q": " " }), "search: must look for something"),
        ("search", json!({ "filter": "eventType eq " }), "search.filter:"),
        ("search", json!({ "filter": "tenant_id eq \"x\"" }), "search.filter:"),
        ("search", json!({ "outcome": "good" }), "search.outcome:"),
        ("search", json!({ "q": "a ".repeat(11) }), "search.q:"),
        ("search", json!({ "q": "a".repeat(3_000) }), "search:"),
        ("search", json!({ "since": "2026-01-01" }), "unknown field"),
        ("search", json!([]), "expected a map"),
        ("atLeast", json!(0), "atLeast:"),
        ("atLeast", json!(1_001), "atLeast:"),
        ("windowMinutes", json!(0), "windowMinutes:"),
        ("windowMinutes", json!(1_441), "windowMinutes:"),
        ("timesUsual", json!(1), "timesUsual:"),
        ("timesUsual", json!(101), "timesUsual:"),
        ("mutedUntil", json!("2030-01-01T00:00:00Z"), "unknown field"),
    ] {
        let mut body = good.clone();
        body[member] = value;
        let reply = acme.api("POST", "/api/v1/alerts").json(&body).await.expect(400);
        assert!(reply.text().contains(told), "{body}: {}", reply.text());
    }
    let mut hourly = good.clone();
    (hourly["timesUsual"], hourly["windowMinutes"]) = (json!(5), json!(30));
    let reply = acme.api("POST", "/api/v1/alerts").json(&hourly).await.expect(400);
    assert!(reply.text().contains("must be 60 with timesUsual"), "{}", reply.text());
    let path = alert_on_groups(&acme, &unique("refused"), (1, 1)).await;
    for minutes in [0, -1, 43_201] {
        let body = json!({ "minutes": minutes });
        acme.api("POST", &format!("{path}/lifecycle/mute")).json(&body).await.expect(400);
    }
    let nobody = format!("{path}/firings/alf0000000000000000000001/acknowledge");
    acme.api("POST", &nobody).await.expect(404);
    acme.api("GET", &format!("{path}/firings?after=x")).await.expect(400);
}

async fn an_alert_is_made_of_a_search_and_followed_at_the_console(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let word = unique("console");
    let filter = groups_of(&word);
    let search: String = form_urlencoded::byte_serialize(filter.as_bytes()).collect();
    let plain = desk.page("/console/log").await.page();
    assert!(!plain.attributes("a", "href").iter().any(|href| href.contains("/alerts/new")));
    let links = desk.page(&format!("/console/log?filter={search}&range=7d")).await.page();
    let link = links.attributes("a", "href").into_iter().find(|href| href.contains("/alerts/new"));
    let link = link.expect("a way to an alert");
    // The same way leads from a search that was kept.
    desk.fill(&format!("/console/log/searches/new?filter={search}"), &[("name", &word)]).await.expect(200);
    let kept = desk.page("/console/log/searches").await.page();
    assert!(kept.attributes("a", "href").contains(&link), "{link}");
    let form = desk.page(&link).await;
    desk.send(&form, &[("name", "")]).await.expect(422);
    let wrong = desk.send(&form, &[("name", &word), ("at_least", "many")]).await.expect(422);
    assert!(
        wrong.text().contains("Must be from 1 to 1000") && wrong.text().contains("many"),
        "{}",
        wrong.text()
    );
    let wrong = desk.send(&form, &[("name", &word), ("filter", "eventType eq")]).await.expect(422);
    assert!(wrong.text().contains("id=\"filter-error\""), "{}", wrong.text());
    let made = desk.fill(&link, &[("name", &word), ("at_least", "2"), ("window", "5")]).await.expect(200);
    assert!(made.text().contains("It fires at 2 events in 5 minutes."), "{}", made.text());
    let path = made.url.path().to_owned();
    let api = path.replace("/console/", "/api/v1/");
    groups(&acme, &word, [1, 2]).await;
    let firing = fired(&acme, &api, 2).await.remove(0);
    let overview = desk.page("/console").await;
    assert!(overview.page().all(".badge").len() == 1, "the alerts' place shows that something waits");
    let page = desk.page(&path).await;
    let events = page.page().attributes(".things a", "href").remove(0);
    let href = firing["_links"]["events"]["href"].as_str().expect("a link");
    assert_eq!(format!("{}{events}", acme.origin()), href);
    assert_eq!(desk.page(&events).await.page().all(".event").len(), 2);
    let noted = desk.press(&path, "/acknowledge").await.expect(200);
    let by = format!("Acknowledged by {}", acme.credentials.admin.login);
    assert!(noted.text().contains(&by), "{}", noted.text());
    for (action, told) in [
        ("mute-hour", "The alert is muted."),
        ("unmute", "The alert tells again."),
        ("mute-week", "The alert is muted."),
        ("off", "The alert is off"),
        ("on", "The alert is on."),
    ] {
        let done = desk.press(&path, &format!("/{action}")).await.expect(200);
        assert!(done.text().contains(told), "{action}: {}", done.text());
    }
    let saved = desk.fill(&format!("{path}/edit"), &[("at_least", "3")]).await.expect(200);
    assert!(saved.text().contains("3 events in 5 minutes"), "{}", saved.text());
    let gone = desk.fill(&format!("{path}/delete"), &[]).await.expect(200);
    assert!(gone.text().contains("The alert is deleted."), "{}", gone.text());
    assert_eq!(desk.get(&path).await.status, 404);
}

async fn two_who_change_an_alert_see_both_versions(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (first, second, third) = (unique("first"), unique("second"), unique("third"));
    let path = alert_on_groups(&acme, &first, (1, 1)).await.replace("/api/v1/", "/console/") + "/edit";
    let old = desk.page(&path).await;
    desk.fill(&path, &[("name", &second)]).await.expect(200);
    let clash = desk.send(&old, &[("name", &third)]).await.expect(412);
    for name in [&second, &third] {
        assert!(clash.text().contains(name.as_str()), "{name} in {}", clash.text());
    }
}

async fn whoever_only_reads_changes_no_alert(app: Shared) {
    let acme = app.acme();
    let word = unique("reader");
    let api = alert_on_groups(&acme, &word, (1, 1_440)).await;
    groups(&acme, &word, [1]).await;
    fired(&acme, &api, 1).await;
    let (reader, _) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    let path = api.replace("/api/v1/", "/console/");
    for path in [&*path, "/console/alerts"] {
        let page = reader.page(path).await.page();
        assert!(page.text().contains("1 event"), "{}", page.text());
        let forms = page.forms().into_iter().filter(|form| form.method == "POST");
        assert_eq!(forms.count(), 1, "only the sign-out");
    }
    acme.api("DELETE", &api).await.expect(204);
}

//! Kinds of events beside the words of the log: each finds its own, and stays with the search wherever it goes.

use signet_testkit::{Shared, json, on_each_engine};

use crate::support::apps::{NewApp, Person, Server};
use crate::support::desk::Desk;
use crate::support::make::unique;

on_each_engine! {
    each_kind_shows_its_own_events_and_no_other_s,
    a_kind_stays_with_its_search,
}

/// A page of the log.
fn log(kind: &str, more: &str) -> String {
    format!("/console/log?range=1h&machines=show&kind={kind}&{more}")
}

async fn each_kind_shows_its_own_events_and_no_other_s(app: Shared) {
    let acme = app.acme();
    // Makes a user whom it gives a role.
    let (desk, _) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    let person = Person::new(&acme).await;
    acme.sign_in("/login", &person.login, &person.password).await;
    acme.client_credentials(&acme.service(), "orders:read").await.expect(200);
    let made = NewApp::web().make(&acme).await;
    acme.api("POST", &format!("/api/v1/apps/{}/credentials/secrets", made.id)).await.expect(201);
    Server::new(&acme, json!({})).await;
    desk.fill("/console/log/searches/new?q=x", &[("name", &unique("kept"))]).await.expect(200);
    desk.press("/console/log/searches", "/forget").await;
    let known = [
        ("sign-ins", "user.session.start"),
        ("tokens", "app.oauth2.as.token.grant.access_token"),
        ("users", "user.lifecycle.create"),
        ("administrators", "user.account.privilege.grant"),
        ("apps", "application.lifecycle.create"),
        ("servers", "oauth2.as.created"),
        ("keys", "app.oauth2.credentials.lifecycle.create"),
        ("settings", "system.log.search.create"),
    ];
    let offered = desk.page("/console/log").await.page().attributes("#kind option", "value");
    assert_eq!(offered.len(), known.len() + 1, "{offered:?}");
    for (n, (kind, event_type)) in known.iter().enumerate() {
        assert!(offered.iter().any(|value| value == kind), "{kind}");
        acme.wait_for_logs(&format!("eventType eq \"{event_type}\""), 1).await;
        let found = async |kind: &str| {
            let page = desk.page(&log(kind, &format!("filter=eventType+eq+%22{event_type}%22"))).await.page();
            page.all("tr.event").len()
        };
        assert!(found(kind).await > 0, "{kind} finds {event_type}");
        let (other, _) = known[(n + 1) % known.len()];
        assert_eq!(found(other).await, 0, "{other} doesn’t find {event_type}");
        assert!(found("no-such-kind").await > 0, "what is no kind narrows nothing");
    }
}

async fn a_kind_stays_with_its_search(app: Shared) {
    let acme = app.acme();
    let (desk, _) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    let label = unique("kinds");
    let mut made = NewApp::web().label(&label).make(&acme).await;
    acme.api("POST", &format!("/api/v1/apps/{}/credentials/secrets", made.id)).await.expect(201);
    made.change(&acme, "redirect_uris", json!(["https://kinds.example/cb"])).await;
    let words = format!("q={label}");
    let all = desk.page(&log("", &words)).await.page().all("tr.event").len();
    let page = desk.page(&log("keys", &words)).await.page();
    let keys = page.all("tr.event").len();
    assert!(0 < keys && keys < all, "{keys} of {all}");
    // With an outcome beside it, as old addresses have one.
    assert_eq!(
        desk.page(&log("keys", &format!("{words}&outcome=changed"))).await.page().all("tr.event").len(),
        keys
    );
    assert!(
        desk.page(&log("keys", &format!("{words}&outcome=refused"))).await.page().all("tr.event").is_empty()
    );
    assert!(page.all(".chips .chip").iter().any(|chip| chip.starts_with("Kind: keys and secrets")));
    assert_eq!(page.attributes("#kind option[selected]", "value"), ["keys"]);
    // It goes where the search goes, and a chip takes it off.
    let links = page.attributes("a", "href");
    for way in ["/export.csv?", "/export.jsonl?", "/searches/new?"] {
        let link = links.iter().find(|link| link.contains(way)).unwrap_or_else(|| panic!("no {way}"));
        assert!(link.contains("&kind=keys&"), "{link}");
    }
    assert!(page.attributes("[data-live]", "data-live")[0].contains("kind=keys"));
    let without = page.attributes(".chips a", "href").into_iter().find(|link| !link.contains("kind="));
    let without = desk.page(&without.expect("a way without it")).await.page();
    assert_eq!(without.all("tr.event").len(), all);
    let lines = desk.page(&format!("/console/log/export.jsonl?range=1h&kind=keys&{words}")).await.text();
    assert_eq!(lines.lines().count(), keys, "{lines}");
    let groups = desk.page(&log("keys", &format!("{words}&group=actor"))).await.page();
    assert_eq!(groups.all(".groups td.num")[0], format!("{keys} events"), "{}", groups.text());
    // An alert looks for it, too, and for nothing that is no kind.
    let body = |kind: &str| json!({ "name": unique("of a kind"), "search": { "kind": kind, "q": label } });
    let alert = acme.api("POST", "/api/v1/alerts").json(&body("keys")).await.expect(201).json();
    assert_eq!(alert["search"]["kind"], "keys", "{alert}");
    let path = format!("/api/v1/alerts/{}", alert["id"].as_str().expect("an id"));
    acme.api("DELETE", &path).await.expect(204);
    let refused = acme.api("POST", "/api/v1/alerts").json(&body("everything")).await.expect(400);
    assert!(refused.text().contains("search.kind:"), "{}", refused.text());
}

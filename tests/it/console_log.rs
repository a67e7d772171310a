//! The log as a file, and what hostile texts in it can do: nothing.

use signet_testkit::{Shared, Tenant, Value, on_each_engine, serde_json};

use crate::support::apps::{Made, NewApp, Person};
use crate::support::desk::Desk;
use crate::support::make::unique;

on_each_engine! {
    lg_01_a_line_break_in_a_login_makes_no_second_record,
    lg_02_marks_are_shown_as_marks,
    lg_03_markup_is_inert_in_list_detail_and_export,
    lg_04_formulas_are_neutralised_in_exports,
    lg_05_long_values_are_cut_visibly,
    lg_15_reading_and_exporting_are_logged_and_nothing_deletes,
    an_export_has_every_event_of_the_search_once,
    the_form_finds_a_users_an_apps_and_an_addresss_events,
    an_event_can_be_sent_to_somebody,
    what_a_role_does_not_reach_is_not_called_nothing,
}

/// The same through an app with this name.
async fn refused_at(tenant: &Tenant, label: &str, agent: &str) {
    let made = NewApp::web().label(label).make(tenant).await;
    let wrong = [("grant_type", "password"), ("username", "nobody"), ("password", "x")];
    let reply = tenant.token_as(&made, &wrong).header("user-agent", agent).not_secret().await;
    assert!(reply.status >= 400);
}

/// Tries to sign in under a name that nobody has, from an agent.
async fn refused(tenant: &Tenant, login: &str, agent: &str) {
    let call =
        tenant.token_as(&tenant.web(), &[("grant_type", "password"), ("username", login), ("password", "x")]);
    let reply = call.header("user-agent", agent).not_secret().await;
    assert!(reply.status >= 400);
}

/// Lines of an export of the last hour that hold a word.
async fn exported(desk: &Desk, format: &str, word: &str) -> Vec<String> {
    let reply = desk.page(&format!("/console/log/export.{format}?range=1h&q={word}")).await;
    assert!(reply.header("content-disposition").unwrap().starts_with("attachment;"));
    reply.text().lines().filter(|line| line.contains(word)).map(str::to_owned).collect()
}

async fn lg_01_a_line_break_in_a_login_makes_no_second_record(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let word = unique("broken");
    refused(&acme, "nobody", &format!("{word}\tagent")).await;
    let form = format!("{word}%0D%0A2026-01-01+forged+record");
    let body = format!("grant_type=password&username={form}&password=x");
    let web = acme.web();
    let secret = web.client_secret.clone().unwrap();
    let call = acme.call("POST", "/oauth2/default/v1/token").basic(&web.client_id, &secret);
    let reply = call.body("application/x-www-form-urlencoded", body.as_bytes()).await;
    assert_eq!(reply.status, 400);
    for format in ["csv", "jsonl"] {
        for line in exported(&desk, format, &word).await {
            assert!(!line.starts_with("2026-01-01 forged"), "{line}");
        }
    }
    let lines = exported(&desk, "csv", &word).await;
    assert_eq!(lines.len(), 1, "one record: {lines:#?}");
}

async fn lg_02_marks_are_shown_as_marks(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let word = unique("marks");
    refused_at(&acme, &format!("{word}\u{202e}gpj\u{200b}"), &word).await;
    let page = desk.page(&format!("/console/log?range=1h&q={word}")).await;
    let csv = exported(&desk, "csv", &word).await.join("\n");
    assert!(!csv.is_empty());
    for text in [page.page().text(), csv] {
        assert!(text.contains(&word), "{text}");
        assert!(!text.contains(['\u{202e}', '\u{200b}', '\u{1b}', '\u{7}']), "{text:?}");
    }
}

async fn lg_03_markup_is_inert_in_list_detail_and_export(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let word = unique("inert");
    let hostile = format!("{word}<img src=x onerror=alert(1)>\"javascript:alert(1)");
    refused_at(&acme, &hostile, &format!("<script>{word}</script>")).await;
    let list = desk.page(&format!("/console/log?range=1h&q={word}")).await;
    let link = list.page().attributes("a.stretch", "href").remove(0);
    let chosen = desk.page(&link).await;
    let events = exported(&desk, "jsonl", &word).await;
    let events: Vec<_> = events.into_iter().filter(|line| line.contains("FAILURE")).collect();
    let event: Value = signet_testkit::serde_json::from_str(&events[0]).expect("JSON");
    let own = desk.page(&format!("/console/log/{}", event["uuid"].as_str().unwrap())).await;
    for page in [&list, &chosen, &own] {
        assert!(page.page().text().contains("<img src=x"), "shown as text: {}", page.page().text());
        assert!(page.page().attributes("img", "src").is_empty());
        assert!(page.page().attributes("[onerror]", "onerror").is_empty());
        assert_eq!(page.page().attributes("script", "src").len(), page.page().all("script").len());
        let links = page.page().attributes("a", "href");
        assert!(links.iter().all(|href| href.starts_with('/') || href.starts_with('#')), "{links:?}");
    }
}

async fn lg_04_formulas_are_neutralised_in_exports(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let word = unique("formula");
    for formula in ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)"] {
        refused(&acme, "nobody", &format!("{formula}{word}")).await;
    }
    let lines = exported(&desk, "csv", &word).await;
    assert_eq!(lines.len(), 4);
    for line in lines {
        let risky = line
            .split("\",\"")
            .filter(|cell| cell.trim_start_matches('"').starts_with(['=', '+', '-', '@', '\t', '\r']));
        assert_eq!(risky.count(), 0, "{line}");
        assert!(line.contains("\"'"), "{line}");
    }
}

async fn lg_05_long_values_are_cut_visibly(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let word = unique("long");
    refused(&acme, "nobody", &format!("{word}{}", "a".repeat(6000))).await;
    refused(&acme, &"b".repeat(60_000), &word).await;
    let lines = exported(&desk, "jsonl", &word).await;
    assert_eq!(lines.len(), 2);
    for line in &lines {
        assert!(line.len() < 8000 && line.contains(['…', '•']), "{} bytes", line.len());
    }
    assert!(desk.page(&format!("/console/log?range=1h&q={word}")).await.text().len() < 100_000);
}

async fn lg_15_reading_and_exporting_are_logged_and_nothing_deletes(app: Shared) {
    let acme = app.acme();
    let (desk, admin) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    desk.page("/console/log").await;
    desk.page("/console/log/export.csv?range=1h&q=nothing").await;
    let filter = format!("eventType eq \"system.log.read\" and actor.id eq \"{}\"", admin.id);
    let events = acme.wait_for_logs(&filter, 2).await;
    let exports = events.iter().filter(|e| e["debugContext"]["debugData"]["export"] == "csv");
    assert_eq!((events.len(), exports.count()), (2, 1), "{events:#?}");
    let description: Value =
        signet_testkit::serde_json::from_str(include_str!("../../openapi/signet.json")).unwrap();
    for (path, operations) in description["paths"].as_object().unwrap() {
        let methods: Vec<_> = operations.as_object().unwrap().keys().map(String::as_str).collect();
        if path.contains("/logs") {
            // How long the log is kept is said, never shorter than a month; no event is deleted by name.
            let most: &[&str] = if path == "/api/v1/logs/retention" { &["get", "put"] } else { &["get"] };
            assert_eq!(methods, most, "{path}");
        }
    }
    for method in ["DELETE", "PUT", "PATCH", "POST"] {
        let url = format!("{}/console/log", acme.origin());
        let reply = desk.visitor.send(desk.visitor.call(method, &url)).await;
        assert_eq!(reply.status, 405, "{method}");
    }
}

async fn an_export_has_every_event_of_the_search_once(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    // More than one part of an export.
    let agent = unique("many");
    let web = acme.web();
    for _ in 0..26 {
        let calls = (0..20).map(|_| {
            let wrong = [("grant_type", "refresh_token"), ("refresh_token", "no-such-token-at-all")];
            let call = acme.token_as(&web, &wrong).header("user-agent", &agent).not_secret();
            async move { call.await }
        });
        futures_util::future::join_all(calls).await;
    }
    let lines = exported(&desk, "jsonl", &agent).await;
    let ids: std::collections::BTreeSet<String> = lines
        .iter()
        .map(|line| {
            signet_testkit::serde_json::from_str::<Value>(line).unwrap()["uuid"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!((lines.len(), ids.len()), (520, 520));
    assert_eq!(exported(&desk, "csv", &agent).await.len(), 520);
    let part = desk.page("/console/log/export.jsonl?range=1h&outcome=changed").await;
    assert!(!part.text().contains(&agent), "the search narrows it");
    assert_eq!(desk.get("/console/log/export.csv?filter=nonsense").await.status, 409);
}

async fn the_form_finds_a_users_an_apps_and_an_addresss_events(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (web, other) = (NewApp::web().make(&acme).await, NewApp::web().make(&acme).await);
    let (person, somebody) = (Person::new(&acme).await, Person::new(&acme).await);
    for (client, who) in [(&web, &person), (&other, &somebody)] {
        person_code(&acme, client, who).await;
    }
    let ask = async |fields: &[(&str, &str)]| {
        let page = desk.page("/console/log?range=1h&machines=show").await;
        let forms = page.page().forms();
        let mut form = forms.into_iter().find(|form| form.get("filter").is_some()).expect("the log's form");
        for (name, value) in fields {
            form.set(name, value);
        }
        desk.visitor.submit(&page, &form).await.expect(200)
    };
    // A login in another spelling is the same user; the form shows it again, and the address has the id.
    let found = ask(&[("user", &person.login.to_uppercase())]).await;
    let text = found.page().text();
    assert!(text.contains(&person.login) && !text.contains(&somebody.login), "{text}");
    let form = found.page().forms().into_iter().find(|form| form.get("filter").is_some()).expect("a form");
    assert_eq!(form.get("user"), Some(person.login.as_str()));
    let links = found.page().attributes("a[href]", "href");
    assert!(links.iter().any(|link| link.contains(&format!("user={}", person.id))), "{links:?}");
    let found = ask(&[("app", &other.client_id)]).await.page().text();
    assert!(found.contains(&somebody.login) && !found.contains(&person.login), "{found}");
    let found = ask(&[("ip", "127.0.0.1"), ("user", &somebody.login)]).await.page().text();
    assert!(found.contains(&somebody.login), "{found}");
    for nothing in [("ip", "203.0.113.77"), ("user", "nobody at all"), ("app", "0oa")] {
        let found = ask(&[nothing]).await.page().text();
        assert!(found.contains("Nothing matches"), "{nothing:?}: {found}");
    }
}

async fn person_code(acme: &Tenant, client: &Made, who: &Person) {
    who.code(acme, client, "openid").await.redeem(acme, client).await;
}

async fn an_event_can_be_sent_to_somebody(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let agent = unique("sent");
    refused(&acme, "nobody", &agent).await;
    let list = desk.page(&format!("/console/log?range=1h&q={agent}")).await;
    let links = list.page().attributes("a[href]", "href");
    let event = links.iter().find(|link| link.contains("event=")).expect("an event").clone();
    let shown = desk.page(&event).await;
    let copied = shown.page().attributes(".event-head [data-copy]", "data-copy");
    let [link, raw] = copied.as_slice() else { panic!("{copied:?}") };
    assert!(link.starts_with(&format!("{}/console/log/", acme.origin())), "{link}");
    let raw: Value = serde_json::from_str(raw).expect("JSON");
    assert!(link.ends_with(raw["uuid"].as_str().expect("an id")), "{link}");
    let own = desk.visitor.open(link).await.expect(200);
    assert!(own.text().contains(&agent), "{}", own.page().text());
}

async fn what_a_role_does_not_reach_is_not_called_nothing(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let own = format!("/console/apps/{}", web.id);
    let (desk, _) = Desk::with_role(&acme, "APP_ADMIN").await;
    for path in [own.as_str(), "/console", "/console/limits"] {
        let text = desk.page(path).await.page().text();
        assert!(text.contains("Your role doesn’t reach it."), "{path}: {text}");
        for wrong in
            ["Nothing yet. The first sign-in", "None yet. What administrators", "None. A user’s fifth"]
        {
            assert!(!text.contains(wrong), "{path}: {text}");
        }
    }
}

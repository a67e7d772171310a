//! What a change of the console changes, seen before it is saved.

use signet_testkit::{Form, Page, Reply, Shared, on_each_engine};

use crate::support::apps::NewApp;
use crate::support::console_routes::Ids;
use crate::support::desk::{Desk, sign_in, the_form};
use crate::support::groups::group;
use crate::support::make::unique;
use crate::support::routes;
use crate::support::until::until;

on_each_engine! {
    every_form_that_changes_something_shows_what_first,
    lists_come_and_go_line_by_line,
    a_review_changes_nothing_until_it_is_saved,
    a_review_across_another_change_shows_both,
    what_a_refused_form_changes_is_still_seen,
    less_of_the_log_is_reviewed_with_what_goes,
    changes_follow_what_is_typed,
}

/// Forms that carry a version and yet change no field of what is there.
const DEEDS: [&str; 4] = [
    "/console/apps/{id}/redirect-uris/new",
    "/console/settings/log/hold",
    "/console/settings/log/release",
    "/console/security/reset",
];

/// The rows of the list: what, before, after.
fn rows(page: &Page) -> Vec<[String; 3]> {
    let names = page.attributes("#changes tbody tr", "data-field");
    let row = |name: &String| {
        let cell = |part: &str| page.all(&format!("#changes tr[data-field='{name}'] {part}")).join("|");
        [cell("th"), cell("td:nth-child(2)"), cell("td:nth-child(3)")]
    };
    names.iter().map(row).collect()
}

/// Changes one field of a form, the first that can be: its name, what it was and what it is, as people read them.
fn change_one(page: &Page, form: &mut Form) -> (String, String, String) {
    let first = |css: &str| page.attributes(css, "name").into_iter().next();
    if let Some(name) = first(".edit-group .field > input[type=number]") {
        let was = form.get(&name).expect("a value").to_owned();
        let is = (was.parse::<i64>().expect("a number") + 1).to_string();
        form.set(&name, &is);
        return (name, was, is);
    }
    if let Some(name) = first(".edit-group .field > input[type=text]") {
        let was = form.get(&name).unwrap_or_default().to_owned();
        let is = unique("reviewed");
        form.set(&name, &is);
        return (name, if was.is_empty() { "empty".to_owned() } else { was }, is);
    }
    let name = first(".edit-group .field input[type=radio]").expect("a field to change");
    let labels = |which: &str| page.all(&format!(".pick:has(input[name={name}]{which}) > span"));
    let (was, values) = (labels("[checked]").remove(0), format!("input[name={name}]:not([checked])"));
    form.set(&name, &page.attributes(&values, "value")[0]);
    let is = labels(":not([checked])").remove(0);
    (name, was, is)
}

/// What a form would send, without what differs each time.
fn holds(page: &Reply) -> Vec<(String, String)> {
    let mut form = the_form(page);
    form.remove("once").remove("csrf");
    form.fields
}

/// From the table of routes, so that a new form joins by itself.
async fn every_form_that_changes_something_shows_what_first(app: Shared) {
    let acme = app.acme();
    let ((desk, _), ids) = (Desk::with_role(&acme, "SUPER_ADMIN").await, Ids::make(&acme).await);
    let mut seen = 0;
    for (route, gets, posts) in routes::of_console() {
        if !(gets && posts) || route.contains("{name}") || DEEDS.contains(&route.as_str()) {
            continue;
        }
        let path = ids.fill(&route);
        let page = desk.get(&path).await;
        if page.status != 200 || page.page().attributes("form.edit", "action").is_empty() {
            continue;
        }
        let parsed = page.page();
        let versioned = !parsed.attributes("form.edit input[name=version]", "value").is_empty();
        if parsed.attributes("#changes", "id").is_empty() {
            assert!(!versioned, "{route} changes something and doesn’t show what");
            continue;
        }
        seen += 1;
        assert_eq!(rows(&parsed), Vec::<[String; 3]>::new(), "{route}");
        assert_eq!(parsed.all("#changes [role=status]"), ["Nothing changes yet."], "{route}");
        let buttons = parsed.attributes("button[name=review]", "formaction");
        let by_itself = route == "/console/security/edit";
        assert_eq!(buttons.is_empty(), by_itself, "{route}");
        let mut form = the_form(&page);
        form.set("review", "1");
        if !by_itself {
            let same = desk.visitor.submit(&page, &form).await.expect(200).page();
            assert_eq!(same.all("#changes [role=status]"), ["Nothing changes yet."], "{route}");
            assert_eq!(same.all("#changes[hidden]").len(), 0, "{route}");
        }
        let (name, was, is) = change_one(&parsed, &mut form);
        let reply = desk.visitor.submit(&page, &form).await.expect(200);
        let shown = reply.page();
        if by_itself {
            let facts = shown.all("dl.facts dd");
            assert!(facts.contains(&format!("{was} → {is}")), "{route}: {facts:?}");
        } else {
            let rows = rows(&shown);
            let [[_, before, after]] = &*rows else { panic!("{route}, {name}: {rows:?}") };
            assert!(was.starts_with(before.as_str()), "{route}: {before} is not {was}");
            assert!(is.starts_with(after.as_str()), "{route}: {after} is not {is}");
            assert_eq!(shown.all("#changes[hidden]").len(), 0, "{route}");
        }
        // Nothing is saved.
        assert_eq!(holds(&desk.page(&path).await), holds(&page), "{route}");
    }
    assert!(seen >= 16, "{seen} forms");
}

async fn lists_come_and_go_line_by_line(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let label = unique("Reviewed <b>app</b>");
    let uris = ["https://one.example/cb", "https://two.example/cb"];
    let client = NewApp::web().redirect_uris(&uris).label(&label).make(&acme).await;
    let page = desk.page(&format!("/console/apps/{}/edit", client.id)).await;
    let long = "x".repeat(300);
    let typed = format!("{}\r\n{}", uris[1], "https://three.example/cb");
    let fields = [
        ("label", "Called <i>otherwise</i>"),
        ("redirect_uris", typed.as_str()),
        ("allowed_scopes", &long),
        ("review", "1"),
    ];
    let reply = desk.send(&page, &fields).await.expect(200);
    let rows = rows(&reply.page());
    let row =
        |what: &str| rows.iter().find(|row| row[0] == what).unwrap_or_else(|| panic!("{what}: {rows:?}"));
    assert_eq!(row("Name")[1..], [label, "Called <i>otherwise</i>".to_owned()]);
    assert_eq!(
        row("Redirect URIs")[1..],
        ["− https://one.example/cb".to_owned(), "+ https://three.example/cb".to_owned()]
    );
    let scopes = row("Scopes it may ask for");
    assert_eq!((scopes[1].as_str(), scopes[2].chars().count()), ("empty", 161), "{scopes:?}");
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(!reply.text().contains("<i>otherwise"));
}

async fn a_review_changes_nothing_until_it_is_saved(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (name, other) = (unique("Early"), unique("Late"));
    let id = group(&acme, &name).await;
    let path = format!("/console/groups/{id}/edit");
    let page = desk.page(&path).await;
    let seen = desk.send(&page, &[("name", &other), ("review", "1")]).await.expect(200);
    assert!(seen.text().contains("One field changes."), "{}", seen.text());
    assert_eq!(desk.page(&path).await.page().attributes("#name", "value"), [name]);
    // The same form goes on from there.
    assert_eq!(seen.page().attributes("#name", "value"), std::slice::from_ref(&other));
    desk.send(&seen, &[]).await.expect(303);
    assert_eq!(desk.page(&path).await.page().attributes("#name", "value"), [other]);
}

async fn a_review_across_another_change_shows_both(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let id = group(&acme, &unique("Crossed")).await;
    let path = format!("/console/groups/{id}/edit");
    let page = desk.page(&path).await;
    let (first, second) = (unique("First"), unique("Second"));
    desk.send(&page, &[("name", &first)]).await.expect(303);
    let late = desk.send(&page, &[("name", &second), ("review", "1")]).await.expect(412);
    assert!(late.text().contains("Someone else changed this while you did."), "{}", late.text());
    assert!(late.text().contains(&first) && late.text().contains(&second), "{}", late.text());
    assert_eq!(desk.page(&path).await.page().attributes("#name", "value"), [first]);
}

async fn what_a_refused_form_changes_is_still_seen(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let name = unique("Refused");
    let id = group(&acme, &name).await;
    let page = desk.page(&format!("/console/groups/{id}/edit")).await;
    let reply = desk.send(&page, &[("name", "")]).await.expect(422);
    assert_eq!(rows(&reply.page()), [["Name".to_owned(), name, "empty".to_owned()]]);
}

async fn less_of_the_log_is_reviewed_with_what_goes(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let page = desk.page("/console/settings/log").await;
    let days = page.page().attributes("#days", "value").remove(0);
    let reply = desk.send(&page, &[("days", "30"), ("review", "1")]).await.expect(200);
    assert_eq!(rows(&reply.page()), [["Days".to_owned(), days.clone(), "30".to_owned()]]);
    assert!(reply.text().contains("This goes within minutes, for ever."), "{}", reply.text());
    // Seen once, it is reviewed again all the same: the button never saves.
    desk.send(&reply, &[("review", "1")]).await.expect(200);
    assert_eq!(desk.page("/console/settings/log").await.page().attributes("#days", "value"), [days]);
}

async fn changes_follow_what_is_typed(app: Shared) {
    let acme = app.acme();
    let browser = signet_testkit::Browser::start().await;
    browser.viewport(1440, 900).await;
    sign_in(&browser, &acme).await;
    let uris = ["https://one.example/cb"];
    let client = NewApp::web().redirect_uris(&uris).label("Live").make(&acme).await;
    let url = format!("{}/console/apps/{}/edit", acme.origin(), client.id);
    browser.goto(&url).await;
    browser.wait_for("#changes:not([hidden])").await;
    assert_eq!(browser.text("#changes [role=status]").await, "Nothing changes yet.");
    browser.fill("#label", "Live app").await;
    browser.fill("#redirect_uris", "https://one.example/cb\nhttps://two.example/cb").await;
    browser.script("document.querySelector('[name=consent_method]:not(:checked)').click()", &[]).await;
    let told = async |sentence: &str| browser.text("#changes [role=status]").await == sentence;
    until("the list follows", async || told("3 fields change.").await).await;
    let shown = async || {
        let script = "return [...document.querySelectorAll('#changes tbody tr')].map((row) =>
            [...row.cells].map((cell) => [...cell.childNodes].map((n) => n.textContent).join('|')).join(' / '))";
        browser.script(script, &[]).await
    };
    let live = shown().await;
    assert_eq!(live[0], "Name / Live / Live app", "{live}");
    assert_eq!(live[1], "Redirect URIs /  / + https://two.example/cb", "{live}");
    browser.screenshot("console-changes").await;
    // The server says the same, and the script goes on from what it says.
    browser.script("document.documentElement.dataset.sent = ''", &[]).await;
    browser.click("button[name=review]").await;
    browser.wait_for("html:not([data-sent]) #changes tr[data-field=label]").await;
    assert_eq!(shown().await, live);
    browser.fill("#label", "Live apps").await;
    until("the list goes on", async || shown().await[0] == "Name / Live / Live apps").await;
    assert!(told("3 fields change.").await);
    browser.assert_quiet().await;
}

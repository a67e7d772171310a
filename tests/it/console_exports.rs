//! Exports of the log: how far they have come, what is told of them where, and how one goes on that broke off.

use std::collections::BTreeSet;

use signet_testkit::{
    Browser, Engine, Form, Page, Reply, TestApp, Value, on_each_engine, on_postgres, tokio,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::console_log_views::fill;
use crate::support::desk::{Desk, sign_in};
use crate::support::make::unique;
use crate::support::rows::Rows;
use crate::support::until::until;

on_each_engine! {
    an_export_is_told_of_until_all_is_sent,
    a_reader_that_goes_breaks_it_off_and_goes_on_below_its_last_line,
    a_file_goes_on_below_an_event_of_the_tenant_only,
    an_export_does_not_need_to_be_told_of,
    the_newest_exports_are_remembered,
    the_page_follows_an_export_by_itself,
}

on_postgres! { another_node_tells_how_far_an_export_has_come }

const PAGE: &str = "/console/log/exports";
/// The events of [`fill`].
const FILLER: &str = "/console/log/export.jsonl?range=90d&q=filler";
/// More than what lies between a server and a reader that takes nothing.
const MANY: usize = 30_000;

async fn exports(desk: &Desk) -> Page {
    desk.page(PAGE).await.page()
}

/// Waits until the newest export is told of with all these words.
async fn until_told(desk: &Desk, words: &[&str]) {
    until(&format!("{words:?}"), async || {
        let rows = exports(desk).await.all(".export-news li");
        rows.first().is_some_and(|row| words.iter().all(|word| row.contains(word)))
    })
    .await;
}

/// The ids of the events in JSON lines.
fn ids(text: &str) -> Vec<String> {
    let id = |line: &str| {
        let event: Value = signet_testkit::serde_json::from_str(line).expect("a whole line");
        event["uuid"].as_str().expect("an id").to_owned()
    };
    text.lines().map(id).collect()
}

/// A reader that takes some of a file and then nothing more.
struct Reader {
    stream: TcpStream,
    came: Vec<u8>,
}

impl Reader {
    /// Asks a port for a path as somebody at the console, and takes at least so many bytes.
    async fn begin(desk: &Desk, port: u16, path: &str, least: usize) -> Self {
        let origin = desk.tenant.origin();
        let host = origin.trim_start_matches("http://");
        let cookies = desk.visitor.jar().header(host.split(':').next().unwrap(), path).expect("a session");
        let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\r\n");
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
        stream.write_all(head.as_bytes()).await.expect("a request");
        let mut came = Vec::new();
        while came.len() < least {
            assert!(stream.read_buf(&mut came).await.expect("an answer") > 0, "it ended early");
        }
        Self { stream, came }
    }

    /// Goes away; the whole lines of the file as far as it came.
    fn leave(self) -> String {
        drop(self.stream);
        let text = String::from_utf8_lossy(&self.came).into_owned();
        let (head, mut body) = text.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("chunked"), "{head}");
        let mut file = String::new();
        while let Some((size, rest)) = body.split_once("\r\n") {
            let size = usize::from_str_radix(size, 16).expect("a chunk");
            file.push_str(rest.get(..size).unwrap_or(rest));
            body = rest.get(size + 2..).unwrap_or_default();
        }
        let whole = file.rfind('\n').expect("a whole line") + 1;
        file.truncate(whole);
        file
    }
}

/// The form that goes on with the newest export.
fn go_on(page: &Page) -> Form {
    let form = page.forms().into_iter().find(|form| form.get("last").is_some());
    form.unwrap_or_else(|| panic!("nothing to go on with: {}", page.text()))
}

async fn an_export_is_told_of_until_all_is_sent(app: TestApp) {
    let (acme, globex) = (app.acme(), app.globex());
    fill(&app, 5_000).await;
    let (reader, user) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    assert!(exports(&reader).await.text().contains("how far the file has come appears here"));
    let link = reader.page("/console/log").await.page().attributes("a.button", "href");
    assert!(link.contains(&PAGE.to_owned()), "{link:?}");
    assert_eq!(ids(&reader.page(FILLER).await.text()).len(), 5_000);
    until_told(&reader, &["Done", "JSON lines", &user.login, "5,000 events", "MB", "“filler”"]).await;
    let word = unique("nothing");
    reader.page(&format!("/console/log/export.csv?range=1h&q={word}")).await;
    until_told(&reader, &["Done", "CSV", "No event", &word]).await;
    let done = exports(&reader).await;
    assert!(done.all("progress").is_empty() && done.attributes("[data-ask]", "data-ask").is_empty());
    assert!(done.forms().iter().all(|form| form.get("last").is_none()), "there is nothing to go on with");
    // Who may not see the log, and who is of another tenant, sees nothing of it.
    let others = Desk::of(&globex).await.page(PAGE).await;
    assert!(others.page().all(".export-news li").is_empty(), "{}", others.page().text());
    for role in ["HELP_DESK_ADMIN", "APP_ADMIN"] {
        let (desk, _) = Desk::with_role(&acme, role).await;
        for path in [PAGE, "/console/log/exports/newer", "/console/log/export.csv"] {
            assert_eq!(desk.get(path).await.status, 403, "{role} {path}");
        }
    }
}

async fn a_reader_that_goes_breaks_it_off_and_goes_on_below_its_last_line(app: TestApp) {
    let desk = Desk::of(&app.acme()).await;
    fill(&app, u32::try_from(MANY).unwrap()).await;
    let reader = Reader::begin(&desk, app.port(), FILLER, 400_000).await;
    until_told(&desk, &["Running", "events", "of the time range"]).await;
    // Without scripts a link looks again; with them a part is asked for that says the same.
    let page = desk.page(PAGE).await;
    let shown = page.page();
    assert_eq!(shown.attributes(".export-again a", "href"), [PAGE]);
    assert!(shown.attributes("script", "src").iter().any(|src| src.ends_with("/exports.js")));
    let share: i64 = shown.attributes("progress", "value")[0].parse().unwrap();
    assert!((0..100).contains(&share), "{share}");
    let asked = shown.attributes("[data-ask]", "data-ask").remove(0);
    assert!(desk.page(&asked).await.page().all("li")[0].starts_with("Running"));
    let rows = Rows::of(&app).await;
    assert_eq!(rows.number("SELECT COUNT(*) FROM log_exports").await, 1, "one row, however many parts");
    let first = ids(&reader.leave());
    until_told(&desk, &["Broken off", "Your file may end a little earlier."]).await;
    assert_eq!(rows.number("SELECT COUNT(*) FROM log_exports WHERE state = 'running'").await, 0);
    // The missing rest, and nothing twice.
    let page = desk.page(PAGE).await;
    let mut form = go_on(&page.page());
    assert_eq!((form.method.as_str(), form.action.as_str()), ("GET", "/console/log/export.jsonl"));
    form.set("last", first.last().unwrap());
    let rest = ids(&desk.visitor.submit(&page, &form).await.expect(200).text());
    assert!(!first.is_empty() && !rest.is_empty());
    let both = [first, rest].concat();
    assert_eq!((both.len(), both.iter().collect::<BTreeSet<_>>().len()), (MANY, MANY));
    until_told(&desk, &["Done"]).await;
    // Left empty, the same search begins again.
    let again = go_on(&page.page());
    assert_eq!(ids(&desk.visitor.submit(&page, &again).await.expect(200).text()), both);
}

async fn a_file_goes_on_below_an_event_of_the_tenant_only(app: TestApp) {
    let (acme, globex) = (app.acme(), app.globex());
    let desk = Desk::of(&acme).await;
    fill(&app, 700).await;
    let all = ids(&desk.page(FILLER).await.text());
    assert_eq!(all.len(), 700);
    let csv = async |last: &str| -> Reply {
        desk.get(&format!("/console/log/export.csv?range=90d&q=filler&last={last}")).await
    };
    let rest = csv(&all[697]).await.expect(200).text();
    let lines: Vec<&str> = rest.lines().collect();
    assert_eq!(lines.len(), 2, "without the head, which the file has: {rest}");
    assert!(lines[0].contains(&all[698]) && lines[1].contains(&all[699]), "{rest}");
    assert_eq!(csv(&all[699]).await.expect(200).text(), "");
    let theirs = Desk::of(&globex).await.page("/console/log/export.jsonl?range=90d").await.text();
    for wrong in ["nonsense", &ids(&theirs)[0]] {
        let refused = csv(wrong).await.expect(409).page().text();
        assert!(refused.contains("There is no such event in this log."), "{refused}");
    }
    let whole = csv("").await.expect(200).text();
    assert!(whole.starts_with("time,") && whole.lines().count() == 701);
}

async fn an_export_does_not_need_to_be_told_of(app: TestApp) {
    let desk = Desk::of(&app.acme()).await;
    fill(&app, 2_000).await;
    let rows = Rows::of(&app).await;
    rows.run("ALTER TABLE log_exports RENAME TO log_exports_gone").await;
    assert_eq!(ids(&desk.page(FILLER).await.text()).len(), 2_000);
    rows.run("ALTER TABLE log_exports_gone RENAME TO log_exports").await;
    // What couldn't be told at once is told when it can be.
    until_told(&desk, &["Done", "2,000 events"]).await;
}

async fn the_newest_exports_are_remembered(app: TestApp) {
    let desk = Desk::of(&app.acme()).await;
    for n in 0..24 {
        desk.page(&format!("/console/log/export.csv?range=1h&q=nothing{n}")).await;
        until_told(&desk, &["Done", &format!("“nothing{n}”")]).await;
    }
    let rows = exports(&desk).await.all(".export-news li");
    assert_eq!(rows.len(), 20, "{rows:#?}");
    assert!(rows[0].contains("nothing23") && rows[19].contains("nothing4"), "newest first: {rows:#?}");
}

async fn the_page_follows_an_export_by_itself(app: TestApp) {
    let desk = Desk::of(&app.acme()).await;
    fill(&app, u32::try_from(MANY).unwrap()).await;
    let reader = Reader::begin(&desk, app.port(), FILLER, 400_000).await;
    let browser = Browser::start().await;
    sign_in(&browser, &desk.tenant).await;
    browser.goto(&format!("{}{PAGE}", desk.tenant.origin())).await;
    browser.wait_for(".export progress").await;
    browser.picture("console-exports-running").await;
    reader.leave();
    browser.wait_for(".export .go-on").await;
    assert_eq!(browser.count(".export-again, [data-ask]").await, 0, "there is nothing to look for any more");
    browser.picture("console-exports-broken-off").await;
    browser.assert_quiet().await;
}

async fn another_node_tells_how_far_an_export_has_come(engine: Engine) {
    let app = TestApp::start(engine).await;
    let node = app.node().await;
    let desk = Desk::of(&app.acme()).await;
    fill(&app, u32::try_from(MANY).unwrap()).await;
    let reader = Reader::begin(&desk, node.port(), FILLER, 400_000).await;
    until_told(&desk, &["Running", "of the time range"]).await;
    let rows = Rows::of(&app).await;
    until("it has come to some events", async || {
        rows.number("SELECT MAX(events) FROM log_exports").await > 0
    })
    .await;
    assert!(!exports(&desk).await.all(".export-news li")[0].contains("No event"));
    // Nobody is left to say that it broke off: a minute of silence says it.
    node.kill9();
    drop(reader);
    until_told(&desk, &["Running"]).await;
    rows.run("UPDATE log_exports SET told_at = told_at - 61000000").await;
    until_told(&desk, &["Broken off"]).await;
    assert!(go_on(&exports(&desk).await).get("last").is_some());
}

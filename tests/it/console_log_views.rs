//! The log's page: added up, folded, kept, shared, in the administrator's own time, and bounded.

use signet_testkit::{App, Engine, Shared, Tenant, TestApp, Value, json, on_each_engine};
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::support::apps::{NewApp, Person};
use crate::support::desk::Desk;
use crate::support::make::unique;
use crate::support::rows::Rows;
use crate::support::until::until;

on_each_engine! {
    one_address_that_tries_many_users_stands_out,
    machine_tokens_are_folded_between_other_events_and_open,
    searches_are_kept_for_oneself_and_for_all,
    a_copied_link_shows_the_same_events_later,
    times_are_in_the_administrator_s_own_zone,
    what_a_sentence_says_is_found_and_its_page_says_the_rest,
    lg_12_a_clock_that_steps_back_does_not_disturb_the_order,
    lg_14_a_search_that_finds_nothing_is_bounded,
    a_long_range_of_a_large_log_is_drawn_whole,
}

/// Asks for a token by password, from an agent.
async fn attempt(tenant: &Tenant, login: &str, password: &str, agent: &str) {
    let fields =
        [("grant_type", "password"), ("username", login), ("password", password), ("scope", "openid")];
    tenant.token_as(&tenant.web(), &fields).header("user-agent", agent).await;
}

async fn machine_token(tenant: &Tenant, agent: &str) {
    let fields = [("grant_type", "client_credentials"), ("scope", "orders:read")];
    tenant.token_as(&tenant.service(), &fields).header("user-agent", agent).await.expect(200);
}

async fn one_address_that_tries_many_users_stands_out(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let agent = unique("sprayer");
    let mut people = Vec::new();
    for _ in 0..5 {
        people.push(Person::new(&acme).await);
    }
    for person in &people {
        attempt(&acme, &person.login, "not the password", &agent).await;
    }
    let page = |group: &str| format!("/console/log?range=1h&q={agent}&group={group}");
    let before = desk.page(&page("ip")).await.page();
    assert_eq!(before.all(".groups td.marks .outcome"), ["Many users"]);
    assert_eq!(before.all(".groups td.num")[1], "5 refused");
    attempt(&acme, &people[0].login, &people[0].password, &agent).await;
    let after = desk.page(&page("ip")).await.page();
    assert_eq!(after.all(".groups td.marks .outcome"), ["Many users", "Let in after refusals"]);
    // From the address to its events: the third click of an administrator who began at the log.
    let link = after.attributes(".groups tbody a", "href").remove(0);
    let events = desk.page(&link).await.page();
    assert!(events.all("tr.event").len() >= 6, "{link}: {}", events.text());
    let who = desk.page(&page("actor")).await.page();
    let names = who.all(".groups td.first");
    assert!(people.iter().all(|p| names.contains(&p.login)), "{names:?}");
    let link = who.attributes(".groups tbody a", "href").remove(0);
    assert!(!desk.page(&link).await.page().all("tr.event").is_empty(), "{link}");
    let apps = desk.page(&page("app")).await.page();
    assert_eq!(apps.all(".groups tbody tr").len(), 1, "{}", apps.text());
    let none = desk.page(&format!("/console/log?range=1h&q={agent}nothing&group=ip")).await;
    assert!(none.page().text().contains("Nothing matches"));
}

async fn what_a_sentence_says_is_found_and_its_page_says_the_rest(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (person, agent) = (Person::new(&acme).await, unique("speaker"));
    let label = unique("Spoken");
    let made = NewApp::web().label(&label).make(&acme).await;
    attempt(&acme, &person.login, "not the password", &agent).await;
    attempt(&acme, "nobody@of-this.name", "x", &agent).await;
    let impostor = App { client_secret: Some("not-the-secret".to_owned()), ..made.app() };
    let grant = [("grant_type", "client_credentials")];
    acme.token_as(&impostor, &grant).header("user-agent", &agent).not_secret().await.expect(401);
    let found = async |words: &str| {
        let path = format!("/console/log?range=1h&q={agent}+{words}");
        desk.page(&path).await.page().attributes("tr.event .stretch", "href")
    };
    for (words, events) in [
        ("", 3),
        ("WRONG+password", 1),
        ("account", 1),
        ("refused", 3),
        ("throttled", 0),
        ("created", 0),
        ("signed+in", 0),
    ] {
        assert_eq!(found(words).await.len(), events, "{words}");
    }
    let nobody = desk.page(&found("account").await[0]).await.page();
    let links = nobody.attributes("aside.panel dd a", "href");
    assert!(links.iter().any(|link| link.starts_with("/console/users?q=nobody")), "{links:?}");
    let secret = desk.page(&found("secret").await[0]).await.page();
    assert!(secret.all("tr.event")[0].contains(&label), "{}", secret.text());
    // Of a list, what came and what went, however much of it stays.
    let path = format!("/console/apps/{}/edit", made.id);
    let kept = format!("https://app.example/{}", "kept".repeat(40));
    desk.fill(&path, &[("redirect_uris", &format!("{kept}\r\nhttps://old.example/cb"))]).await.expect(200);
    desk.fill(&path, &[("redirect_uris", &format!("{kept}\r\nhttps://new.example/cb"))]).await.expect(200);
    let log = format!("/console/log?range=1h&outcome=changed&q={label}");
    let change = desk.page(&log).await.page().attributes("tr.event .stretch", "href").remove(0);
    let text = desk.page(&change).await.page().all("aside.panel dd").join("\n");
    for said in
        ["added https://new.example/cb", "removed https://old.example/cb", "application.lifecycle.update"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
}

async fn machine_tokens_are_folded_between_other_events_and_open(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let agent = unique("robot");
    for (tokens, then) in [(3, true), (2, true), (1, false)] {
        for _ in 0..tokens {
            machine_token(&acme, &agent).await;
        }
        if then {
            attempt(&acme, "nobody", "x", &agent).await;
        }
    }
    let page = desk.page(&format!("/console/log?range=1h&q={agent}")).await.page();
    assert_eq!(page.all("tr.event").len(), 2, "{}", page.text());
    assert_eq!(page.all("tr.run"), ["1 machine token", "2 machine tokens", "3 machine tokens"]);
    let links = page.attributes("tr.run a", "href");
    for (link, tokens) in links.iter().zip([1, 2, 3]) {
        let opened = desk.page(link).await.page();
        let shown = opened.all("td.what").iter().filter(|what| what.contains("got an access token")).count();
        assert_eq!(shown, tokens, "{link}: {}", opened.text());
    }
}

async fn searches_are_kept_for_oneself_and_for_all(app: Shared) {
    let acme = app.acme();
    let boss = Desk::of(&acme).await;
    let (reader, _) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    let (mine, ours) = (unique("mine"), unique("ours"));
    let plain = boss.page("/console/log").await.page();
    assert!(!plain.attributes("a", "href").iter().any(|href| href.contains("/searches/new")));
    let address = "/console/log?q=a+b&outcome=refused&ip=192.0.2.1&range=7d";
    let link = boss.page(address).await.page().attributes("a", "href");
    let link = link.into_iter().find(|href| href.contains("/searches/new")).expect("a way to keep it");
    let kept = boss.fill(&link, &[("name", &mine)]).await.expect(200);
    let shown = "/console/log?q=a%20b&outcome=refused&ip=192.0.2.1&range=7d&done=save";
    assert!(kept.url.as_str().ends_with(shown), "{}", kept.url);
    assert!(kept.page().all(".saved a").contains(&mine));
    boss.fill(&link, &[("name", &ours), ("for", "all")]).await.expect(200);
    let seen = reader.page("/console/log").await.page().all(".saved a");
    assert!(seen.contains(&ours) && !seen.contains(&mine), "{seen:?}");
    // Whoever only reads keeps searches of their own, and none for others.
    let own = unique("reader");
    reader.fill(&link, &[("name", &own)]).await.expect(200);
    let page = reader.page(&link).await;
    reader.send(&page, &[("name", &own), ("for", "all")]).await.expect(403);
    reader.send(&reader.page(&link).await, &[("name", "")]).await.expect(422);
    let forget = |page: &signet_testkit::Page| {
        page.forms()
            .into_iter()
            .filter(|f| f.action.ends_with("/forget"))
            .map(|f| f.action)
            .collect::<Vec<_>>()
    };
    let list = reader.page("/console/log/searches").await;
    assert_eq!(forget(&list.page()).len(), 1, "only one's own can be forgotten");
    let others = forget(&boss.page("/console/log/searches").await.page());
    let csrf = list.page().forms()[0].get("csrf").expect("a token").to_owned();
    for action in &others {
        let call = reader.visitor.call("POST", &format!("{}{action}", acme.origin()));
        let reply = reader.visitor.send(call.form([("csrf", csrf.as_str())])).await;
        assert!(matches!(reply.status, 403 | 404), "{}", reply.describe());
    }
    let gone = reader.press("/console/log/searches", "/forget").await.expect(200);
    assert!(gone.page().text().contains("The search is forgotten.") && !gone.page().text().contains(&own));
    let filter = format!("eventType eq \"system.log.search.create\" and target.displayName eq \"{ours}\"");
    assert_eq!(acme.wait_for_logs(&filter, 1).await.len(), 1);
}

async fn a_copied_link_shows_the_same_events_later(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let agent = unique("copied");
    attempt(&acme, "nobody", "x", &agent).await;
    let page = desk.page(&format!("/console/log?range=1h&q={agent}")).await.page();
    let link = page.attributes("[data-copy]", "data-copy").remove(0);
    assert!(link.starts_with(acme.origin()) && link.contains("since=") && link.contains("until="), "{link}");
    let ids = |page: &signet_testkit::Page| {
        let links = page.attributes("tr.event a", "href");
        links.iter().map(|l| l.split("event=").nth(1).unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let before = ids(&page);
    attempt(&acme, "nobody", "x", &agent).await;
    let later = desk.page(link.strip_prefix(acme.origin()).expect("ours")).await.page();
    assert_eq!(ids(&later), before);
    assert_eq!(before.len(), 1);
}

async fn times_are_in_the_administrator_s_own_zone(app: Shared) {
    let acme = app.acme();
    let (desk, admin) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    let head = |page: &signet_testkit::Reply| page.page().all("th.when .zone");
    assert_eq!(head(&desk.page("/console/log").await), ["(UTC)"]);
    // Without summer time, so that the test holds all year.
    let profile = json!({ "profile": { "timezone": "Asia/Kolkata" } });
    acme.api("POST", &format!("/api/v1/users/{}", admin.id)).json(&profile).await.expect(200);
    let page = desk.page("/console/log").await;
    assert_eq!(head(&page), ["(UTC+5:30)"]);
    let page = page.page();
    let (full, shown) = (page.attributes("td.when time", "datetime"), page.all("td.when time"));
    let minutes = |clock: &str| {
        let (hours, rest) = clock.split_once(':').expect("hours");
        hours.parse::<i32>().expect("a number") * 60 + rest[..2].parse::<i32>().expect("a number")
    };
    let utc = minutes(full[0].split('T').nth(1).expect("a time"));
    assert_eq!(minutes(&shown[0]), (utc + 330) % (24 * 60), "{} {}", full[0], shown[0]);
    let narrowed = desk.page("/console/log?since=2026-01-01T05:30&until=2026-01-01T05:31").await.page();
    let link = narrowed.attributes("[data-copy]", "data-copy").remove(0);
    assert!(link.contains("since=2026-01-01T00%3A00%3A00Z"), "{link}");
}

async fn lg_12_a_clock_that_steps_back_does_not_disturb_the_order(app: TestApp) {
    let acme = app.acme();
    let now = app.clock().freeze().await;
    let agent = unique("stepping");
    let filter = format!("client.userAgent.rawUserAgent eq \"{agent}\"");
    for back in [0, 3_600, 1_800] {
        app.clock().set(now - back * 1_000_000).await;
        attempt(&acme, "nobody", "x", &agent).await;
    }
    app.clock().set(now + 1_000_000).await;
    // Polled as a log reader does: in the order in which they were committed, each once.
    let events = acme.wait_for_logs(&filter, 3).await;
    let mut times: Vec<&str> = events.iter().map(|e| e["published"].as_str().expect("a time")).collect();
    times.dedup();
    assert_eq!(times.len(), 3, "{times:?}");
    // On PostgreSQL a poller comes no further than the oldest transaction of the cluster that is still open.
    let poll = async || -> Vec<String> {
        let reply = acme.api("GET", "/api/v1/logs").query([("filter", filter.as_str())]).await.expect(200);
        let events = reply.json();
        let time = |event: &Value| event["published"].as_str().expect("a time").to_owned();
        events.as_array().expect("events").iter().map(time).collect()
    };
    until("a poller has them", async || poll().await.len() == 3).await;
    let polled = poll().await;
    assert!(polled[1] < polled[2] && polled[2] < polled[0], "as committed: {polled:?}");
}

/// Fills the tenant's past with events of no interest.
pub(crate) async fn fill(app: &TestApp, count: u32) {
    let columns = "epoch, txid, seq, event_type, severity, outcome, actor_id, ip, words, data";
    let from = |number: &str, series: &str, id: &str, ago: &str| {
        format!(
            "INSERT INTO events (tenant_id, id, request_id, published, {columns})
             SELECT old.tenant_id, {id}, {id}, old.published - {ago}, 0, {number}, 0, 'user.session.start', 'INFO',
                    'SUCCESS', old.actor_id, old.ip, 'filler', old.data
             FROM (SELECT e.* FROM events e JOIN tenants t ON t.id = e.tenant_id WHERE t.name = 'acme'
                   ORDER BY e.published LIMIT 1) old, {series}"
        )
    };
    match app.engine() {
        Engine::Sqlite => {
            let path = app.data_dir().join("signet.db");
            let url = format!("sqlite://{}", path.display());
            let mut db = sqlx::SqliteConnection::connect(&url).await.expect("the store");
            let series = format!(
                "(WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count}) SELECT n FROM n) s"
            );
            db.execute(AssertSqlSafe(from("s.n", &series, "randomblob(16)", "s.n * 60000")))
                .await
                .expect("rows");
        }
        Engine::Postgres => {
            let url = app.database_url().expect("a database");
            let mut db = sqlx::PgConnection::connect(url).await.expect("the store");
            let series = format!("generate_series(1, {count}) s(n)");
            db.execute(AssertSqlSafe(from(
                "s.n",
                &series,
                "gen_random_uuid()",
                "CAST(s.n AS BIGINT) * 60000",
            )))
            .await
            .expect("rows");
        }
    }
}

async fn lg_14_a_search_that_finds_nothing_is_bounded(app: TestApp) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    fill(&app, 100_000).await;
    let mut next = format!("/console/log?range=90d&q={}", unique("nowhere"));
    let mut pages = 0;
    loop {
        let page = desk.page(&next).await.page();
        pages += 1;
        assert!(page.all("tr.event").is_empty(), "{}", page.text());
        match page.attributes("a[rel=next]", "href").pop() {
            Some(older) => {
                assert!(page.text().contains("Searched back to"), "{}", page.text());
                next = older;
            }
            None => break,
        }
        assert!(pages < 9, "it goes on for ever");
    }
    assert_eq!(pages, 6, "a hundred thousand events, twenty thousand a page");
    // What is there is found though it lies beyond the first page's reach, and nothing is given twice.
    let mut next = Some("/console/log?range=90d&q=filler&outcome=refused".to_owned());
    while let Some(path) = next {
        let page = desk.page(&path).await.page();
        assert!(page.all("tr.event").is_empty());
        next = page.attributes("a[rel=next]", "href").pop();
    }
}

/// Events over all bars of the drawing, and how many bars there are.
async fn drawn(desk: &Desk, query: &str) -> (usize, usize) {
    let page = desk.page(&format!("/console/log?{query}")).await.page();
    let labels = page.attributes(".histogram a", "aria-label");
    let events = |label: &String| -> usize {
        let (before, _) = label.split_once(" event").expect("a count");
        before.rsplit(' ').next().expect("a number").replace(',', "").parse().expect("a number")
    };
    (labels.iter().map(events).sum(), labels.len())
}

async fn a_long_range_of_a_large_log_is_drawn_whole(app: TestApp) {
    const MANY: usize = 12_000;
    let desk = Desk::of(&app.acme()).await;
    fill(&app, 12_000).await;
    // What was filled in lies before what is counted already, so all is counted again.
    let rows = Rows::of(&app).await;
    rows.run("DELETE FROM hourly_events").await;
    rows.run("UPDATE count_progress SET epoch = 0, txid = 0, seq = -1 WHERE id = 1").await;
    until("the hours have them", async || drawn(&desk, "range=90d&machines=show").await.0 >= MANY).await;
    assert_eq!(drawn(&desk, "range=90d&machines=show").await.1, 91, "a bar for each day, and for this one");
    // Sums can't tell of words: the newest of what is found is drawn.
    let (newest, _) = drawn(&desk, "range=90d&machines=show&q=filler").await;
    assert!((9_000..MANY).contains(&newest), "{newest}");
}

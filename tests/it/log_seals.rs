//! A log that somebody changes who can write to the database: what was done is found, and called by its name.

use signet_testkit::{Engine, TestApp, on_each_engine, on_postgres};

use crate::support::apps::{NewApp, Person};
use crate::support::desk::Desk;
use crate::support::rows::Rows;
use crate::support::until::until;

on_each_engine! {
    lg_11_each_kind_of_change_is_found,
    lg_11_an_end_that_is_cut_off_with_its_links_is_found,
    lg_11_events_beside_the_chain_are_found,
    a_restore_takes_the_chain_back,
    what_signet_itself_removes_is_in_order,
}

on_postgres! {
    nodes_make_one_chain,
}

/// What `signet log verify` says, and whether it found something.
async fn verify(app: &TestApp, more: &[&str]) -> Result<String, String> {
    let said = app.command(&[&["log", "verify"], more].concat()).await;
    if said.code == Some(0) { Ok(said.stdout) } else { Err(said.stdout) }
}

/// The kinds of what was found.
async fn found(app: &TestApp) -> Vec<String> {
    let Err(said) = verify(app, &[]).await else { return Vec::new() };
    let kind = |line: &str| line.split_once(": ").map(|(kind, _)| kind.to_owned());
    said.lines().filter(|line| !line.starts_with("Keep this")).filter_map(kind).collect()
}

/// The head that it ends with.
fn head(said: &str) -> String {
    said.trim().rsplit(' ').next().expect("a head").to_owned()
}

/// The last link goes, with what it covers.
const CUT: [&str; 3] = [
    "DELETE FROM events WHERE txid > (SELECT MAX(l.to_txid) FROM log_links l WHERE l.number <
           (SELECT MAX(number) FROM log_links))",
    "DELETE FROM log_seals WHERE number = (SELECT MAX(number) FROM log_links)",
    "DELETE FROM log_links WHERE number = (SELECT MAX(number) FROM log_links)",
];

/// Some events that differ.
async fn live(app: &TestApp) {
    let acme = app.acme();
    let (web, person) = (NewApp::web().make(&acme).await, Person::new(&acme).await);
    for _ in 0..4 {
        acme.password(&web, &person.login, &person.password, "openid").await.tokens();
    }
    let desk = Desk::of(&app.globex()).await;
    desk.page("/console").await.expect(200);
}

async fn lg_11_each_kind_of_change_is_found(app: TestApp) {
    let rows = Rows::of(&app).await;
    live(&app).await;
    let said = verify(&app, &[]).await.expect("a log as it was written");
    assert!(said.contains("are as they were sealed"), "{said}");
    assert!(!said.contains("are as they were sealed;"), "everything is sealed: {said}");

    // One word in one row.
    let altered = rows.run(
        "UPDATE events SET ip = '203.0.113.200' WHERE id = (SELECT e.id FROM events e JOIN tenants t
         ON t.id = e.tenant_id WHERE t.name = 'acme' ORDER BY e.epoch, e.txid, e.seq LIMIT 1 OFFSET 3)",
    );
    assert_eq!(altered.await, 1);
    assert_eq!(found(&app).await, ["altered"]);
    // From the middle, and from the end.
    let middle = rows.run(
        "DELETE FROM events WHERE id = (SELECT e.id FROM events e JOIN tenants t
         ON t.id = e.tenant_id WHERE t.name = 'acme' ORDER BY e.epoch, e.txid, e.seq LIMIT 1 OFFSET 6)",
    );
    assert_eq!(middle.await, 1);
    assert_eq!(found(&app).await, ["altered", "removed"]);
    let last = rows.run(
        "DELETE FROM events WHERE id = (SELECT e.id FROM events e JOIN tenants t
         ON t.id = e.tenant_id WHERE t.name = 'acme' ORDER BY e.epoch DESC, e.txid DESC, e.seq DESC LIMIT 1)",
    );
    assert_eq!(last.await, 1);
    assert_eq!(found(&app).await, ["altered", "removed", "cut-off"]);
    // A whole tenant.
    let all = rows.run("DELETE FROM events WHERE tenant_id = (SELECT id FROM tenants WHERE name = 'globex')");
    assert!(all.await > 0);
    assert_eq!(sorted(found(&app).await), ["altered", "cut-off", "emptied", "removed"]);
    let said = verify(&app, &[]).await.expect_err("findings");
    assert!(
        said.contains("sealed events of tenant globex are gone, and nothing says that it was deleted"),
        "{said}"
    );
    // Something that never was.
    let inserted = rows.run(
        "INSERT INTO events SELECT e.tenant_id, e.epoch, e.txid, e.seq + 1000, e.tenant_id, e.published, e.event_type,
           e.severity, e.outcome, e.reason, e.actor_id, e.user_id, e.client_id, e.server_id, e.ip, e.request_id,
           e.session_id, e.flow_id, e.grant_id, e.jti, e.words, e.data
         FROM events e JOIN tenants t ON t.id = e.tenant_id WHERE t.name = 'acme'
         ORDER BY e.epoch, e.txid, e.seq LIMIT 1",
    );
    assert_eq!(inserted.await, 1);
    assert_eq!(sorted(found(&app).await), ["altered", "cut-off", "emptied", "inserted", "removed"]);
    // All of it written anew, with seals that somebody else made: each link is refused by itself.
    rows.run(
        "UPDATE log_seals SET entries = (SELECT l.code FROM log_links l WHERE l.number = log_seals.number)
         WHERE tenant_id = (SELECT id FROM tenants WHERE name = 'acme')",
    )
    .await;
    let said = verify(&app, &[]).await.expect_err("findings");
    assert!(
        said.contains("forged: the seal of tenant acme in link 1 was not made by this deployment"),
        "{said}"
    );
    rows.run("UPDATE log_links SET code = tenants, sealed_at = sealed_at + 1").await;
    let forged = found(&app).await;
    assert!(
        forged.iter().any(|kind| kind == "forged") && !forged.contains(&"altered".to_owned()),
        "{forged:?}"
    );
    let said = verify(&app, &[]).await.expect_err("findings");
    assert!(said.contains("Nothing more is sealed"), "{said}");
}

/// A copy of the tenant's first event at another place, from another address. The tenant's id is one that no event has.
macro_rules! copy_to {
    ($place:literal, $id:literal) => {
        concat!(
            "INSERT INTO events SELECT e.tenant_id, ",
            $place,
            ", ",
            $id,
            ", e.published, e.event_type, e.severity, e.outcome, e.reason, e.actor_id, e.user_id, e.client_id,
               e.server_id, '203.0.113.9', e.request_id, e.session_id, e.flow_id, e.grant_id, e.jti, e.words, e.data
             FROM events e JOIN tenants t ON t.id = e.tenant_id WHERE t.name = 'acme'
             ORDER BY e.epoch, e.txid, e.seq LIMIT 1"
        )
    };
}

/// Where no link looks: before the first one, where no commit can lie yet, and under an id that is taken.
async fn lg_11_events_beside_the_chain_are_found(app: TestApp) {
    let rows = Rows::of(&app).await;
    live(&app).await;
    verify(&app, &[]).await.expect("a log as it was written");
    let gone = "DELETE FROM events WHERE ip = '203.0.113.9'";
    let mut places = vec![
        copy_to!("-1, e.txid, e.seq", "e.tenant_id"),
        copy_to!("0, 0, -5", "e.tenant_id"),
        copy_to!("1000, e.txid, e.seq", "e.tenant_id"),
    ];
    if app.engine() == Engine::Postgres {
        places.push(copy_to!("e.epoch, 4611686018427387904, e.seq", "e.tenant_id"));
    }
    for place in places {
        assert_eq!(rows.run(place).await, 1, "{place}");
        assert_eq!(found(&app).await, ["inserted"], "{place}");
        assert_eq!(rows.run(gone).await, 1);
        assert_eq!(found(&app).await, Vec::<String>::new(), "{place}");
    }
    rows.run("DROP INDEX events_by_id").await;
    assert_eq!(rows.run(copy_to!("e.epoch, e.txid, e.seq + 1000", "e.id")).await, 1);
    let kinds = found(&app).await;
    assert!(kinds.contains(&"inserted".to_owned()), "{kinds:?}");
}

fn sorted(mut kinds: Vec<String>) -> Vec<String> {
    kinds.sort_unstable();
    kinds
}

async fn lg_11_an_end_that_is_cut_off_with_its_links_is_found(app: TestApp) {
    let rows = Rows::of(&app).await;
    live(&app).await;
    let early = head(&verify(&app, &[]).await.expect("a log as it was written"));
    live(&app).await;
    let said = verify(&app, &["--head", &early]).await.expect("the chain goes on from what was noted");
    let late = head(&said);
    assert_ne!(early, late);
    app.command(&["log", "verify", "--head", "1:2:3"])
        .await
        .refused("pass what an earlier `signet log verify` ended with");
    // The events, their seals and their links: nothing in the database tells of them.
    for sql in CUT {
        assert!(rows.run(sql).await > 0, "{sql}");
    }
    let said = verify(&app, &["--head", &late]).await.expect_err("it was noted");
    assert!(
        said.contains("cut-off: link") && said.contains("was noted as the last one, and is gone"),
        "{said}"
    );
    // The running server saw that link, and doesn't go on as if there had been none.
    assert!(said.contains("Nothing more is sealed"), "{said}");
    // Neither does it when it starts again, for its data directory holds the head.
    std::fs::write(app.data_dir().join("log-head"), format!("{late}\n")).expect("the head");
    app.stop().await;
    app.start_again().await;
    let said = verify(&app, &[]).await.expect_err("it is in the file");
    assert!(said.contains("Nothing more is sealed") && said.contains("cut-off: "), "{said}");
    // An epoch that nobody began by a restore excuses nothing, neither there nor where it was noted.
    app.stop().await;
    assert_eq!(rows.run("UPDATE deployment SET epoch = epoch + 1").await, 1);
    app.start_again().await;
    let said = verify(&app, &["--head", &late]).await.expect_err("no restore");
    assert!(said.contains("Nothing more is sealed") && said.contains("cut-off: "), "{said}");
    app.stop().await;
    rows.run("UPDATE deployment SET epoch = epoch - 1").await;
    app.start_again().await;
    // Other links in their place don't fit either.
    app.stop().await;
    std::fs::remove_file(app.data_dir().join("log-head")).expect("the head");
    app.start_again().await;
    live(&app).await;
    let said = verify(&app, &["--head", &late]).await.expect_err("other links");
    assert!(said.contains("is another one by now"), "{said}");
}

async fn a_restore_takes_the_chain_back(app: TestApp) {
    live(&app).await;
    let rows = Rows::of(&app).await;
    let late = head(&verify(&app, &[]).await.expect("a log as it was written"));
    std::fs::write(app.data_dir().join("log-head"), format!("{late}\n")).expect("the head");
    app.stop().await;
    // As in a backup, the last link and what it covers aren't there yet.
    for sql in CUT {
        assert!(rows.run(sql).await > 0, "{sql}");
    }
    app.command(&["restored"]).await.ok();
    app.start_again().await;
    live(&app).await;
    let said = verify(&app, &["--head", &late]).await.expect("it was said that this is a restore");
    assert!(said.contains("was noted before the store was restored"), "{said}");
    // Somebody else can't say it.
    assert_eq!(
        rows.run("UPDATE log_restores SET code = (SELECT code FROM log_links ORDER BY number LIMIT 1)").await,
        1
    );
    let said = verify(&app, &["--head", &late]).await.expect_err("somebody else said so");
    assert!(said.contains("cut-off: "), "{said}");
}

async fn what_signet_itself_removes_is_in_order(app: TestApp) {
    let rows = Rows::of(&app).await;
    live(&app).await;
    let before = head(&verify(&app, &[]).await.expect("a log as it was written"));
    // Retention, which waits for those that count and hear.
    const BEHIND: &str = "SELECT (SELECT MAX(txid) FROM events) - (SELECT MIN(txid) FROM count_progress)";
    until("everything is counted and heard", async || rows.number(BEHIND).await == 0).await;
    app.stop().await;
    const KEPT: &str =
        "SELECT COUNT(*) FROM events e JOIN tenants t ON t.id = e.tenant_id WHERE t.name = 'acme'";
    let kept = rows.number(KEPT).await;
    rows.run("UPDATE log_retention SET days = 0, due_at = 0").await;
    app.start_again().await;
    until("retention takes some", async || rows.number(KEPT).await < kept / 2).await;
    rows.run("UPDATE log_retention SET days = 90").await;
    verify(&app, &["--head", &before]).await.expect("a floor that Signet signed");
    // A floor that somebody else wrote excuses nothing.
    rows.run("UPDATE log_floors SET before = before + 1000000").await;
    let kinds = found(&app).await;
    assert!(kinds.contains(&"forged".to_owned()), "{kinds:?}");
    rows.run("UPDATE log_floors SET before = before - 1000000").await;
    // A tenant that is deleted.
    app.command(&["demo", "remove"]).await.ok();
    let said = verify(&app, &[]).await.expect("deletions that Signet wrote down");
    assert!(said.contains("tenant 00o") && said.contains("was deleted, with"), "{said}");
    // The chain's beginning goes with what it covered, but for what the operator's log has.
    let last = rows.number("SELECT MAX(number) FROM log_links").await;
    for name in ["one", "two"] {
        let url = format!("http://{name}.localhost:{}", app.port());
        app.command(&["tenant", "create", name, "--url", &url]).await.ok();
        verify(&app, &[]).await.expect("a log as it was written");
    }
    assert!(rows.number("SELECT MIN(number) FROM log_links").await > last);
    let said = verify(&app, &["--head", &before]).await.expect("a log as it was written");
    assert!(said.contains("is older than what is kept of the chain"), "{said}");
    assert_eq!(rows.run("DELETE FROM events WHERE event_type = 'system.tenant.erase'").await, 2);
    let said = verify(&app, &[]).await.expect_err("what is left of tenants");
    assert!(said.contains("all 2 sealed events of the operator are gone"), "{said}");
    // Who takes the beginning away can't say that Signet did.
    assert_eq!(rows.run("DELETE FROM log_chain").await, 1);
    let kinds = found(&app).await;
    assert!(kinds.contains(&"chain-broken".to_owned()), "{kinds:?}");
}

async fn nodes_make_one_chain(app: TestApp) {
    let nodes = app.nodes(2).await;
    live(&app).await;
    let said = verify(&app, &[]).await.expect("a log as it was written");
    for node in &nodes {
        let file = node.data_dir().join("log-head");
        until("each node has the head", async || file.exists()).await;
    }
    live(&app).await;
    verify(&app, &["--head", &head(&said)]).await.expect("one chain");
}

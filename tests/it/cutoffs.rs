//! Since when each node refuses a user who was suspended, deactivated or signed out everywhere.

use signet_domain::Time;
use signet_store::cutoffs::Cutoff;
use signet_testkit::{Engine, Page, Shared, Signal, TestApp, on_each_engine, on_postgres};
use uuid::Uuid;

use crate::support::apps::{NewApp, Person};
use crate::support::desk::Desk;
use crate::support::house::House;
use crate::support::make::user;
use crate::support::rows::Rows;
use crate::support::until::until;

on_each_engine! {
    one_node_says_since_when_it_refuses,
    a_sign_out_everywhere_is_told_of_once,
    what_was_written_a_month_ago_goes,
    a_sign_in_from_before_begins_nothing,
}

on_postgres! {
    every_node_says_since_when_it_refuses,
    a_node_writes_once_of_each_cutoff,
}

const SECTION: &str = "[aria-labelledby=refused]";

/// The section's text; none where the page has no such section.
fn section(page: &Page) -> Option<String> {
    page.all(SECTION).pop()
}

/// The instants that it names.
fn instants(page: &Page) -> Vec<String> {
    page.attributes(&format!("{SECTION} time"), "datetime")
}

async fn one_node_says_since_when_it_refuses(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let user = user(&acme, "refused").await;
    let path = format!("/console/users/{}", user.id);
    assert_eq!(section(&desk.page(&path).await.page()), None);
    let typed = desk.page(&format!("{path}?done=sign-out")).await.page();
    assert_eq!(section(&typed), None, "an address that somebody wrote");

    let suspended = desk.press(&path, "/suspend").await.page();
    let said = section(&suspended).expect("it says so at once");
    assert!(said.starts_with("Refused Since ") && said.contains("after the change"), "{said}");
    let first = instants(&suspended);
    assert_eq!(first.len(), 1, "{said}");
    assert_eq!(instants(&desk.page(&path).await.page()), first, "it doesn't move");
    let globex = Desk::of(&app.globex()).await;
    assert_eq!(globex.get(&path).await.status, 404, "another tenant's user");

    assert_eq!(section(&desk.press(&path, "/unsuspend").await.page()), None);
    let again = instants(&desk.press(&path, "/suspend").await.page());
    assert!(again.len() == 1 && again > first, "the second replaces the first: {first:?} {again:?}");
    // Whoever is shut out is refused since then, whatever else is ended.
    let sessions = format!("/api/v1/users/{}/sessions?oauthTokens=true", user.id);
    acme.api("DELETE", &sessions).await.expect(204);
    assert_eq!(instants(&desk.page(&path).await.page()), again);
    acme.api("POST", &format!("/api/v1/users/{}/lifecycle/deactivate", user.id)).await.expect(200);
    let gone = instants(&desk.page(&path).await.page());
    assert!(gone.len() == 1 && gone > again, "{again:?} {gone:?}");
}

async fn a_sign_out_everywhere_is_told_of_once(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let person = Person::new(&acme).await;
    let client = NewApp::web().make(&acme).await;
    let tokens = person.code(&acme, &client, "openid").await.redeem(&acme, &client).await;
    let path = format!("/console/users/{}", person.id);
    let after = desk.press(&path, &format!("{}/sign-out", person.id)).await.page();
    let said = section(&after).expect("it says so at once");
    assert!(said.contains("the sessions and tokens that the user had"), "{said}");
    assert!(!acme.is_active(&client, &tokens.access_token).await);
    assert_eq!(section(&desk.page(&path).await.page()), None, "the user may sign in again");
}

async fn what_was_written_a_month_ago_goes(engine: Engine) {
    let House { store, a, .. } = &House::new(engine).await;
    let after = |seconds: i64| a.now.plus_secs(30 * 86_400 + seconds);
    let look = async || {
        let mut tx = store.tenant(a.tenant.id).read().await.expect("a reader");
        tx.cutoff(a.user.id).await.expect("a read")
    };
    while store.unscoped_delete_expired(after(-60), 10).await.expect("a sweep").more {}
    let kept = look().await.expect("it is kept for a month");
    assert_eq!((kept.at, kept.refusals.len()), (a.now, 1));
    while store.unscoped_delete_expired(after(60), 10).await.expect("a sweep").more {}
    assert_eq!(look().await, None);
}

async fn a_sign_in_from_before_begins_nothing(engine: Engine) {
    let House { store, a, .. } = &House::new(engine).await;
    let (user, out) = (a.user.clone(), a.now.plus_secs(5));
    let tenant = store.tenant(a.tenant.id);
    let write = tenant.write(move |tx| {
        Box::pin(async move {
            tx.note_signed_out(user.id, out).await?;
            tx.note_signed_out(user.id, out.plus_secs(-9)).await?;
            let before = tx.note_login(&user, out.plus_secs(-1)).await?;
            Ok((before, tx.note_login(&user, out).await?))
        })
    });
    assert_eq!(write.await.expect("a write"), (false, true));
}

/// Rows of nodes about the newest cut-off.
const SAID: &str = "SELECT COUNT(*) FROM node_refusals r JOIN user_cutoffs c
    ON c.tenant_id = r.tenant_id AND c.user_id = r.user_id AND c.cut_at = r.cut_at";
/// How many of them are of no instant within a second of the change. A node's clock may be a little ahead of the
/// database's.
const LATE: &str = "SELECT COUNT(*) FROM node_refusals r JOIN user_cutoffs c
    ON c.tenant_id = r.tenant_id AND c.user_id = r.user_id AND c.cut_at = r.cut_at
    WHERE r.refuses_since < c.cut_at - 100000 OR r.refuses_since > c.cut_at + 1000000";

async fn every_node_says_since_when_it_refuses(app: TestApp) {
    let others = app.nodes(2).await;
    let rows = Rows::of(&app).await;
    let (here, there) = (Desk::of(&app.acme()).await, Desk::of(&others[0].acme()).await);
    let user = user(&app.acme(), "refused").await;
    let path = format!("/console/users/{}", user.id);

    here.press(&path, "/suspend").await.expect(200);
    until("three nodes say that they refuse", async || rows.number(SAID).await == 3).await;
    assert_eq!(rows.number(LATE).await, 0, "each within a second");
    for desk in [&here, &there] {
        let page = desk.page(&path).await.page();
        let nodes = page.all(&format!("{SECTION} li"));
        assert_eq!(nodes.len(), 3, "{nodes:?}");
        assert_eq!(nodes.iter().filter(|node| node.starts_with("This node")).count(), 1, "{nodes:?}");
        assert_eq!(page.all("#refused"), ["Refused on every node"]);
        assert_eq!(instants(&page).len(), 3);
    }

    // At another node, by the API: what was said of the first counts no more.
    let lifecycle = format!("/api/v1/users/{}/lifecycle", user.id);
    others[1].acme().api("POST", &format!("{lifecycle}/unsuspend")).await.expect(200);
    others[1].signal(Signal::STOP);
    others[0].acme().api("POST", &format!("{lifecycle}/suspend")).await.expect(200);
    until("two nodes say so again", async || rows.number(SAID).await == 2).await;
    assert_eq!(rows.number("SELECT COUNT(*) FROM node_refusals").await, 3, "a row for each node");
    // Whatever it takes to get here, the stopped one counts as there.
    rows.run("UPDATE nodes SET seen_at = seen_at + 3600000000").await;
    let page = here.page(&path).await.page();
    assert_eq!(page.all("#refused"), ["Refused, node by node"]);
    let nodes = page.all(&format!("{SECTION} li"));
    assert!(nodes.len() == 3 && nodes[2].ends_with("not yet"), "{nodes:?}");
    assert!(section(&page).is_some_and(|said| said.contains("reload this page")), "what to do");
    others[1].signal(Signal::CONT);
    until("the one that was stopped says so, too", async || rows.number(SAID).await == 3).await;
    assert_eq!(here.page(&path).await.page().all("#refused"), ["Refused on every node"]);

    // What a node said stays when it has left.
    others[1].stop().await;
    let said = section(&here.page(&path).await.page()).unwrap_or_default();
    assert_eq!(said.matches("it has left since").count(), 1, "{said}");
}

async fn a_node_writes_once_of_each_cutoff(engine: Engine) {
    let House { store, a, b, .. } = &House::new(engine).await;
    let node = Uuid::from_u128(7);
    let write = async |since: Time| store.unscoped_note_refusals(node, since).await.expect("a write");
    assert_eq!(write(a.now.max(b.now).plus_secs(1)).await, 0, "nobody was cut off since");
    assert_eq!(write(a.now.min(b.now)).await, 2, "one user of each tenant");
    assert_eq!(write(a.now.min(b.now)).await, 0, "it said so");
    let (user, later) = (a.user.id, a.now.plus_secs(5));
    let tenant = store.tenant(a.tenant.id);
    let cut = tenant.write(move |tx| Box::pin(async move { tx.note_cutoff(user, later).await }));
    cut.await.expect("a write");
    let look = async || tenant.read().await.expect("a reader").cutoff(user).await.expect("a read");
    assert_eq!(look().await, Some(Cutoff { at: later, refusals: Vec::new() }), "nobody said so yet");
    assert_eq!(write(a.now.min(b.now)).await, 1);
    let known = look().await.expect("the newest");
    assert_eq!((known.at, known.refusals.len(), known.refusals[0].0), (later, 1, node));
}

//! Limits that hold over several nodes: as many as one node would admit, whatever becomes of the nodes.

use std::time::{Duration, Instant};

use signet_testkit::{
    Engine, Node, PrivatePostgres, Signal, Switch, Tenant, TestApp, on_each_engine, on_postgres, tokio,
};
use sqlx::Executor;

use crate::support::flood::{CHEAP_HASH, Flood, Seen};
use crate::support::make::{self, User};
use crate::support::ropg::{admissions, expect_never_five_in_a_second, expect_proof, try_password};
use crate::support::rows::Rows;

on_postgres! {
    three_nodes_admit_what_one_would,
    rl_33_nodes_count_one_story_and_one_closes_it,
    nodes_whose_clocks_are_hours_apart_admit_what_one_would,
    rl_32_a_node_that_wakes_acts_on_no_old_decision,
    rl_32_nodes_stopped_in_the_middle_of_a_flood,
    a_database_that_dies_inside_a_flood,
    a_standby_that_takes_over_without_the_last_commits,
}
on_each_engine! { rl_31_killing_it_again_and_again_during_a_flood }

const HOUR: i64 = 3_600_000_000;

/// Every node's caller at acme.
fn over(app: &TestApp, nodes: &[Node]) -> Vec<Tenant> {
    std::iter::once(app.acme()).chain(nodes.iter().map(Node::acme)).collect()
}

/// How many of `calls` attempts at once, spread over the nodes, are let through.
async fn burst(tenants: &[Tenant], user: &User, calls: usize) -> usize {
    let attempts: Vec<_> = (0..calls)
        .map(|n| {
            let (tenant, user) = (tenants[n % tenants.len()].clone(), user.clone());
            tokio::spawn(async move {
                let reply = try_password(&tenant, &tenant.web(), &user.login, &user.password).await;
                assert!([200, 429].contains(&reply.status), "{}", reply.describe());
                reply.status == 200
            })
        })
        .collect();
    let mut admitted = 0;
    for attempt in attempts {
        admitted += usize::from(attempt.await.expect("an attempt"));
    }
    admitted
}

async fn three_nodes_admit_what_one_would(engine: Engine) {
    let app = TestApp::start(engine).await;
    let nodes = app.nodes(2).await;
    let tenants = over(&app, &nodes);
    let user = make::user(&tenants[0], "nodes").await;
    let start = app.clock().freeze().await;
    let at = async |micros: i64| {
        for clock in [app.clock(), nodes[0].clock(), nodes[1].clock()] {
            clock.freeze().await;
            clock.set(start + micros).await;
        }
    };
    for (micros, admitted) in [(0, 4), (1, 0), (999_999, 0), (1_000_000, 4), (1_500_000, 0), (2_000_000, 4)] {
        at(micros).await;
        assert_eq!(burst(&tenants, &user, 30).await, admitted, "{micros} µs after the first");
    }
}

async fn rl_33_nodes_count_one_story_and_one_closes_it(engine: Engine) {
    let app = TestApp::start(engine).await;
    let nodes = app.nodes(2).await;
    let tenants = over(&app, &nodes);
    let user = make::user(&tenants[0], "story").await;
    let start = app.clock().freeze().await;
    let at = async |micros: i64| {
        for clock in [app.clock(), nodes[0].clock(), nodes[1].clock()] {
            clock.freeze().await;
            clock.set(start + micros).await;
        }
    };
    at(0).await;
    assert_eq!(burst(&tenants, &user, 30).await, 4);
    at(999_999).await;
    assert_eq!(burst(&tenants, &user, 30).await, 0);
    let refusals = r#"eventType eq "user_rate_limited""#;
    assert_eq!(tenants[0].wait_for_logs(refusals, 1).await.len(), 1, "56 refusals by three nodes, one event");
    // Every node finds the story ended. An hour on: however slow the machine, no node is ahead of the one that is asked.
    at(HOUR).await;
    let rows = Rows::of(&app).await;
    while rows.number("SELECT COUNT(*) FROM refusal_stories").await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let events = tenants[0].wait_for_logs(refusals, 2).await;
    let counts: Vec<_> =
        events.iter().filter_map(|event| event["debugContext"]["debugData"]["count"].as_str()).collect();
    assert_eq!((events.len(), &counts[..]), (2, &["55"][..]), "{events:#?}");
    expect_proof(&tenants[0]).await;
}

async fn nodes_whose_clocks_are_hours_apart_admit_what_one_would(engine: Engine) {
    let app = TestApp::start_with(engine, false, CHEAP_HASH).await;
    let nodes = app.nodes(2).await;
    let tenants = over(&app, &nodes);
    let user = make::user(&tenants[0], "skewed").await;
    let flood = Flood::start(&tenants, &tenants[0].web(), &user, 4);
    for skew in [HOUR, -HOUR, 1_000, 0] {
        nodes[0].clock().skew(skew).await;
        nodes[1].clock().skew(-2 * skew).await;
        // Refusals end: nobody waits longer than a second.
        flood.more(|seen| &seen.admitted, 4).await;
        flood.more(|seen| &seen.refused, 20).await;
    }
    flood.end(&tenants[0]).await;
}

/// Stops a node between the database's decision and what it would do with it.
///
/// Whoever stays in a transaction holds up every reader of the log in the same PostgreSQL: this one is its own.
async fn rl_32_a_node_that_wakes_acts_on_no_old_decision(_: Engine) {
    const WAITING: &str = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()
        AND wait_event_type = 'Lock' AND query LIKE '%throttle_rings%'";
    let postgres = PrivatePostgres::start().await;
    let app = TestApp::start_on(&postgres, &[]).await;
    let node = app.node().await;
    let (here, there) = (app.acme(), node.acme());
    let user = make::user(&here, "woken").await;
    let Rows::Postgres(pool) = Rows::of(&app).await else { panic!("nodes need PostgreSQL") };
    let rows = Rows::Postgres(pool.clone());
    for turn in 1.. {
        try_password(&here, &here.web(), &user.login, &user.password).await.expect(200);
        let mut lock = pool.begin().await.expect("a transaction");
        lock.execute("SELECT * FROM throttle_rings FOR UPDATE").await.expect("the ring's lock");
        let attempt = tokio::spawn({
            let (there, user) = (there.clone(), user.clone());
            async move { try_password(&there, &there.web(), &user.login, &user.password).await }
        });
        while rows.number(WAITING).await == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        node.signal(Signal::STOP);
        // The decision is made now; the node hears of it when its second is over.
        lock.rollback().await.expect("the end of the lock");
        while rows.number(WAITING).await > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        for _ in 0..4 {
            try_password(&here, &here.web(), &user.login, &user.password).await.expect(200);
        }
        node.signal(Signal::CONT);
        let reply = attempt.await.expect("an answer");
        // Either way no second has five.
        let issued = [("filter", r#"eventType eq "app.oauth2.as.token.grant.access_token""#)];
        expect_never_five_in_a_second(&admissions(&here.logs(&issued).await));
        if reply.status == 503 {
            assert_eq!(reply.header("retry-after"), Some("1"));
            break;
        }
        // The stop came too late, when the node had acted already: once more.
        assert!(turn < 5, "a fifth beside the four, again and again: {}", reply.describe());
        reply.expect(200);
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }
    // It was let through once, and is in the log as such.
    let refused = here.wait_for_logs("outcome.reason eq \"overloaded\"", 1).await;
    assert!(refused[0]["debugContext"]["debugData"]["admittedAt"].is_string(), "{refused:#?}");
}

async fn rl_32_nodes_stopped_in_the_middle_of_a_flood(_: Engine) {
    let postgres = PrivatePostgres::start().await;
    let app = TestApp::start_on(&postgres, CHEAP_HASH).await;
    let nodes = app.nodes(2).await;
    let tenants = over(&app, &nodes);
    let user = make::user(&tenants[0], "stopped").await;
    let flood = Flood::start(&tenants, &tenants[0].web(), &user, 4);
    for turn in 0..4 {
        flood.more(|seen| &seen.admitted, 3).await;
        nodes[turn % 2].signal(Signal::STOP);
        flood.more(|seen| &seen.admitted, 6).await;
        nodes[turn % 2].signal(Signal::CONT);
    }
    flood.more(|seen| &seen.refused, 20).await;
    flood.end(&tenants[0]).await;
}

async fn rl_31_killing_it_again_and_again_during_a_flood(engine: Engine) {
    let app = TestApp::start_with(engine, false, CHEAP_HASH).await;
    let acme = app.acme();
    let user = make::user(&acme, "killed").await;
    let flood = Flood::start(std::slice::from_ref(&acme), &acme.web(), &user, 6);
    for _ in 0..4 {
        flood.more(|seen| &seen.admitted, 4).await;
        flood.more(|seen| &seen.refused, 1).await;
        app.restart().await;
    }
    flood.more(|seen| &seen.admitted, 4).await;
    flood.end(&acme).await;
}

async fn a_database_that_dies_inside_a_flood(_: Engine) {
    let postgres = PrivatePostgres::start().await;
    let app = TestApp::start_on(&postgres, CHEAP_HASH).await;
    let nodes = app.nodes(2).await;
    let tenants = over(&app, &nodes);
    let user = make::user(&tenants[0], "outage").await;
    let flood = Flood::start(&tenants, &tenants[0].web(), &user, 4);
    for _ in 0..2 {
        flood.more(|seen| &seen.admitted, 4).await;
        postgres.kill();
        let before = Seen::count(&flood.seen().admitted);
        flood.more(|seen| &seen.unavailable, 10).await;
        // Those that were under way when it died may still have been answered.
        let after = Seen::count(&flood.seen().admitted);
        assert!(after - before <= 4, "{before} and then {after} tokens without a database");
        postgres.start_again().await;
    }
    flood.more(|seen| &seen.admitted, 4).await;
    flood.more(|seen| &seen.refused, 20).await;
    flood.end(&tenants[0]).await;
}

/// One attempt: when it was sent and answered, and how.
async fn timed(tenant: &Tenant, user: &User) -> (Instant, Instant, u16) {
    let sent = Instant::now();
    let reply = try_password(tenant, &tenant.web(), &user.login, &user.password).await;
    (sent, Instant::now(), reply.status)
}

/// What the standby lacks is in no log, so callers hold the watch: four are let through and their commits are lost.
/// Whoever is let through afterwards was answered more than a second after the first of them was sent.
async fn a_standby_that_takes_over_without_the_last_commits(_: Engine) {
    let first = PrivatePostgres::start().await;
    let switch = Switch::to(first.port()).await;
    let app = TestApp::start_at(&first.url_at(switch.port()), CHEAP_HASH).await;
    let (nodes, acme) = (app.nodes(1).await, app.acme());
    let user = make::user(&acme, "promoted").await;
    let standby = first.standby().await;
    // From here on nothing reaches it.
    standby.run(&["ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"]).await;
    while standby.number("SELECT COUNT(*) FROM pg_stat_wal_receiver").await > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut lost = Vec::new();
    for _ in 0..4 {
        lost.push(timed(&acme, &user).await);
    }
    assert!(lost.iter().all(|(.., status)| *status == 200), "{lost:?}");
    first.kill();
    switch.turn(standby.port());
    standby.run(&["SELECT pg_promote()"]).await;
    let tenants = over(&app, &nodes);
    let mut admitted = 0;
    for n in 0.. {
        let (_, answered, status) = timed(&tenants[n % 2], &user).await;
        assert!([200, 429, 503].contains(&status), "{status}");
        if status == 200 {
            let after = answered - lost[0].0;
            assert!(after >= Duration::from_secs(1), "a fifth after {after:?}");
            admitted += 1;
        }
        if admitted == 4 {
            break;
        }
    }
}

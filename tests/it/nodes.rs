//! Several nodes on one database: what one changes, the others heed within a second, whatever happens to the
//! connection that tells them.

use std::time::{Duration, Instant};

use signet_testkit::{
    Callback, Engine, Node, PrivatePostgres, Reply, Signal, Tenant, TestApp, Value, json, on_postgres, tokio,
};
use sqlx::Executor;

use crate::support::apps::{Made, NewApp, Person};
use crate::support::rows::Rows;
use crate::support::until::until;

on_postgres! {
    changes_reach_every_node_within_a_second,
    a_sign_out_everywhere_reaches_every_node_within_a_second,
    changes_are_found_without_the_listener,
    a_node_that_cannot_look_for_changes_asks_the_database,
    a_stopped_node_does_not_believe_its_cache,
    nodes_come_and_go,
    nodes_whose_clocks_are_hours_apart_agree_when_a_code_ends,
    rt_19_a_node_whose_clock_runs_behind,
}

/// What every node must heed a second after the change was acknowledged.
pub(crate) const BOUND: Duration = Duration::from_secs(1);

struct Nodes {
    app: TestApp,
    others: Vec<Node>,
}

impl Nodes {
    async fn start(engine: Engine) -> Self {
        let app = TestApp::start(engine).await;
        let others = app.nodes(2).await;
        Self { app, others }
    }

    fn tenants(&self) -> Vec<Tenant> {
        std::iter::once(self.app.acme()).chain(self.others.iter().map(Node::acme)).collect()
    }
}

/// Asks until the answer is the new one. A question that was put later than the bound must get it at once.
pub(crate) async fn heeded(since: Instant, ask: impl AsyncFn() -> Reply, is_new: impl Fn(&Reply) -> bool) {
    loop {
        let asked = since.elapsed();
        let reply = ask().await;
        if is_new(&reply) {
            return;
        }
        assert!(asked < BOUND, "{asked:?} after the change: {}", reply.describe());
    }
}

async fn machine(tenant: &Tenant, app: &Made) -> Reply {
    tenant.client_credentials(app, "orders:read").await
}

async fn switch(tenant: &Tenant, app: &Made, how: &str) -> Instant {
    let path = format!("/api/v1/apps/{}/lifecycle/{how}", app.id);
    tenant.api("POST", &path).await.expect(200);
    Instant::now()
}

/// Switches an app off and on at one node after the other, and watches the others.
async fn expect_changes_to_spread(nodes: &Nodes) {
    let tenants = nodes.tenants();
    let service = NewApp::service().make(&tenants[0]).await;
    for turn in 0..6 {
        for tenant in &tenants {
            machine(tenant, &service).await.expect(200);
        }
        let here = &tenants[turn % tenants.len()];
        for (how, status) in [("deactivate", 401), ("activate", 200)] {
            let since = switch(here, &service, how).await;
            assert_eq!(machine(here, &service).await.status, status, "the node that was told knows at once");
            for there in &tenants {
                heeded(since, async || machine(there, &service).await, |reply| reply.status == status).await;
            }
        }
    }
}

async fn changes_reach_every_node_within_a_second(engine: Engine) {
    let nodes = Nodes::start(engine).await;
    expect_changes_to_spread(&nodes).await;
    // What was revoked is decided from no cache.
    let (here, there) = (nodes.app.acme(), nodes.others[0].acme());
    let web = NewApp::web().make(&here).await;
    let person = Person::new(&here).await;
    let tokens = person.code(&here, &web, "openid offline_access").await.redeem(&here, &web).await;
    assert!(there.is_active(&web, &tokens.access_token).await);
    here.revoke(&web, &tokens.access_token).await.expect(200);
    assert!(!there.is_active(&web, &tokens.access_token).await);
}

/// Sessions, tokens of both kinds, and a code that nobody has redeemed yet.
async fn a_sign_out_everywhere_reaches_every_node_within_a_second(engine: Engine) {
    let nodes = Nodes::start(engine).await;
    let tenants = nodes.tenants();
    let acme = &tenants[0];
    let web = NewApp::web().make(acme).await;
    let person = Person::new(acme).await;
    let flow = person.code(acme, &web, "openid offline_access").await;
    let tokens = flow.redeem(acme, &web).await;
    let mut codes = Vec::new();
    let mut browsers = Vec::new();
    for tenant in &tenants {
        codes.push(person.code_in(&flow.visitor, acme, &web, "openid").await);
        let browser = tenant.visitor();
        let cookies = flow.visitor.jar().clone();
        *browser.jar() = cookies;
        // Whatever a node remembers of the token and the session, it remembers now.
        tenant.userinfo(&tokens.access_token).await.expect(200);
        let silent = tenant.authorize(&web, "openid").set("prompt", "none");
        assert!(!Callback::read(&browser.get(&silent.url()).await, &web.redirect_uri).code().is_empty());
        browsers.push(browser);
    }
    let path = format!("/api/v1/users/{}/sessions?oauthTokens=true", person.id);
    acme.api("DELETE", &path).await.expect(204);
    let since = Instant::now();
    for ((tenant, browser), code) in tenants.iter().zip(&browsers).zip(&codes) {
        heeded(since, async || tenant.userinfo(&tokens.access_token).await, |reply| reply.status == 401)
            .await;
        let silent = || tenant.authorize(&web, "openid").set("prompt", "none").url();
        heeded(
            since,
            async || browser.get(&silent()).await,
            |reply| Callback::read(reply, &web.redirect_uri).get("error") == "login_required",
        )
        .await;
        heeded(since, async || tenant.redeem(&web, code).await, |reply| reply.status == 400).await;
        heeded(since, async || tenant.refresh(&web, tokens.refresh()).await, |reply| reply.status == 400)
            .await;
        assert!(!tenant.is_active(&web, &tokens.access_token).await);
    }
}

async fn changes_are_found_without_the_listener(engine: Engine) {
    let nodes = Nodes::start(engine).await;
    let rows = Rows::of(&nodes.app).await;
    const LISTENERS: &str = "SELECT COUNT(*) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    until("three nodes listen", async || rows.number(LISTENERS).await == 3).await;
    let killer = tokio::spawn(async move {
        loop {
            // A function call in a list that is counted, so that each connection's is made.
            rows.number(
                "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
                 WHERE datname = current_database() AND query LIKE 'LISTEN%'",
            )
            .await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    expect_changes_to_spread(&nodes).await;
    killer.abort();
    let rows = Rows::of(&nodes.app).await;
    until("they listen again", async || rows.number(LISTENERS).await == 3).await;
    for node in &nodes.others {
        until("nothing is degraded", async || ready(node).await["degraded"] == json!([])).await;
    }
}

async fn ready(node: &Node) -> Value {
    let url = format!("http://127.0.0.1:{}/health/ready", node.port());
    node.http().get(&url).host("unknown.example").await.json()
}

async fn a_node_that_cannot_look_for_changes_asks_the_database(_: Engine) {
    // A lock that is kept holds up every reader of the log in the same PostgreSQL.
    let postgres = PrivatePostgres::start().await;
    let app = TestApp::start_on(&postgres, &[]).await;
    let node = app.node().await;
    let (here, there) = (app.acme(), node.acme());
    let service = NewApp::service().make(&here).await;
    machine(&there, &service).await.expect(200);
    let Rows::Postgres(pool) = Rows::of(&app).await else { panic!("nodes need PostgreSQL") };
    // Whoever reads or writes the changes waits for this.
    let mut lock = pool.begin().await.expect("a transaction");
    lock.execute("LOCK TABLE changes IN ACCESS EXCLUSIVE MODE").await.expect("the lock");
    until("it says so", async || {
        let ready = ready(&node).await;
        assert_eq!(ready["status"], "ready", "grants are served all the same");
        ready["cache"]["fresh"] == false && ready["degraded"].to_string().contains("cache_stale")
    })
    .await;
    // A change of which nobody is told is heeded by the next request, because it is looked up.
    let off = "UPDATE apps SET status = 'INACTIVE'";
    sqlx::query(off).execute(&pool).await.expect(off);
    assert_eq!(machine(&there, &service).await.status, 401);
    let on = "UPDATE apps SET status = 'ACTIVE'";
    sqlx::query(on).execute(&pool).await.expect(on);
    machine(&there, &service).await.expect(200);
    lock.rollback().await.expect("the end of the lock");
    until("it believes its cache again", async || ready(&node).await["cache"]["fresh"] == true).await;
    expect_believed(&there, &service, &pool).await;
}

/// A row that is changed without a word stays unseen, because the cache is asked.
async fn expect_believed(tenant: &Tenant, app: &Made, pool: &sqlx::PgPool) {
    machine(tenant, app).await.expect(200);
    let off = "UPDATE apps SET status = 'INACTIVE'";
    sqlx::query(off).execute(pool).await.expect(off);
    assert_eq!(machine(tenant, app).await.status, 200, "a fresh cache saves the database the question");
}

async fn a_stopped_node_does_not_believe_its_cache(engine: Engine) {
    let app = TestApp::start(engine).await;
    let node = app.node().await;
    let (here, there) = (app.acme(), node.acme());
    let service = NewApp::service().make(&here).await;
    for _ in 0..3 {
        machine(&there, &service).await.expect(200);
        node.signal(Signal::STOP);
        let since = switch(&here, &service, "deactivate").await;
        // Questions that wait for it when it wakes, before it has looked for changes.
        let waiting: Vec<_> = (0..8)
            .map(|_| {
                let (there, service) = (there.over(&there.http().fresh()), service.clone());
                tokio::spawn(async move { machine(&there, &service).await })
            })
            .collect();
        tokio::time::sleep((since + BOUND + Duration::from_millis(100)) - Instant::now()).await;
        node.signal(Signal::CONT);
        for asked in waiting {
            assert_eq!(asked.await.expect("an answer").status, 401, "it was switched off a second ago");
        }
        switch(&here, &service, "activate").await;
        let since = Instant::now();
        heeded(since, async || machine(&there, &service).await, |reply| reply.status == 200).await;
    }
}

async fn nodes_come_and_go(engine: Engine) {
    let nodes = Nodes::start(engine).await;
    let Nodes { app, others } = nodes;
    let [first, second] = others.try_into().ok().expect("two");
    until("three nodes", async || ready(&first).await["nodes"] == 3).await;
    assert_eq!(ready(&first).await["engine"], "postgres");
    second.stop().await;
    until("who leaves is gone", async || ready(&first).await["nodes"] == 2).await;
    app.kill9();
    until("who was killed is gone after seconds", async || ready(&first).await["nodes"] == 1).await;
    app.start_again().await;
    until("and counts when it is back", async || ready(&first).await["nodes"] == 2).await;
}

const HOUR: i64 = 3_600_000_000;

async fn nodes_whose_clocks_are_hours_apart_agree_when_a_code_ends(engine: Engine) {
    let nodes = Nodes::start(engine).await;
    nodes.others[0].clock().skew(-2 * HOUR).await;
    nodes.others[1].clock().skew(2 * HOUR).await;
    let tenants = nodes.tenants();
    let web = NewApp::web().make(&tenants[0]).await;
    let person = Person::new(&tenants[0]).await;
    for from in &tenants {
        for to in &tenants {
            let tokens = person.code(from, &web, "openid offline_access").await.redeem(to, &web).await;
            let claims = tokens.access().claims;
            let lasts = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
            assert_eq!(lasts, i64::try_from(tokens.expires_in).unwrap());
            for asked in &tenants {
                assert!(asked.is_active(&web, &tokens.access_token).await);
                asked.userinfo(&tokens.access_token).await.expect(200);
            }
            to.refresh(&web, tokens.refresh()).await.expect(200);
        }
    }
    // Time itself goes on for all: now the code is old, whichever node is asked.
    for to in &tenants {
        let flow = person.code(&tenants[0], &web, "openid").await;
        for clock in [nodes.app.clock(), nodes.others[0].clock(), nodes.others[1].clock()] {
            clock.advance(Duration::from_secs(301)).await;
        }
        to.redeem(&web, &flow).await.expect_oauth_error(400, "invalid_grant");
    }
}

async fn rt_19_a_node_whose_clock_runs_behind(engine: Engine) {
    let nodes = Nodes::start(engine).await;
    let (here, behind) = (nodes.app.acme(), nodes.others[0].acme());
    nodes.others[0].clock().skew(-HOUR).await;
    let web = NewApp::web().make(&here).await;
    let person = Person::new(&here).await;
    let first = person.code(&here, &web, "openid offline_access").await.redeem(&here, &web).await;
    let second = here.refresh(&web, first.refresh()).await.expect(200).tokens();
    for clock in [nodes.app.clock(), nodes.others[0].clock()] {
        clock.advance(Duration::from_secs(61)).await;
    }
    behind.refresh(&web, first.refresh()).await.expect_oauth_error(400, "invalid_grant");
    here.refresh(&web, second.refresh()).await.expect_oauth_error(400, "invalid_grant");
}

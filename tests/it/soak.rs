//! Chaos over three nodes: they are killed, stopped and started, Redis is flushed, killed and started, all during a
//! flood. Seconds in the test suite, ten minutes by `scripts/soak`.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use signet_testkit::{Engine, Node, PrivateRedis, Signal, Tenant, TestApp, on_postgres, tokio};

use crate::support::flood::{CHEAP_HASH, Flood};
use crate::support::make;
use crate::support::ropg::expect_proof_of_killed;
use crate::support::rows::Rows;

on_postgres! {
    rl_38_a_chaotic_run_passes_the_trace_checker,
    qt_08_six_thousand_calls_at_once_over_three_nodes,
}

/// How long the run lasts, in seconds; set by `scripts/soak`.
fn seconds() -> Option<u64> {
    std::env::var("SIGNET_TEST_SOAK_SECONDS").ok()?.parse().ok()
}

/// What next, of `n`: from a seed that is told when the run fails, by a linear congruence.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// What is the matter with the nodes that may have something.
#[derive(Default)]
struct Trouble {
    killed: BTreeSet<usize>,
    stopped: BTreeSet<usize>,
    redis_killed: bool,
}

impl Trouble {
    async fn act(&mut self, what: u64, which: usize, nodes: &[Node], redis: &PrivateRedis) {
        let node = &nodes[which];
        match what {
            0 if self.killed.remove(&which) => node.start_again().await,
            0 => {
                self.stopped.remove(&which);
                self.killed.insert(which);
                node.kill9();
            }
            1 if self.killed.contains(&which) => {}
            1 if self.stopped.remove(&which) => node.signal(Signal::CONT),
            1 => {
                self.stopped.insert(which);
                node.signal(Signal::STOP);
            }
            2 if self.redis_killed => {
                self.redis_killed = false;
                redis.start_again();
            }
            2 => {
                self.redis_killed = true;
                redis.kill9();
            }
            _ if self.redis_killed => {}
            _ => redis.flush(),
        }
    }

    /// Everything runs again.
    async fn end(&mut self, nodes: &[Node], redis: &PrivateRedis) {
        for which in std::mem::take(&mut self.stopped) {
            nodes[which].signal(Signal::CONT);
        }
        for which in std::mem::take(&mut self.killed) {
            nodes[which].start_again().await;
        }
        if std::mem::take(&mut self.redis_killed) {
            redis.start_again();
        }
    }
}

async fn rl_38_a_chaotic_run_passes_the_trace_checker(engine: Engine) {
    let redis = PrivateRedis::start();
    let app = TestApp::start_with(engine, false, &[CHEAP_HASH, &["--redis-url", redis.url()]].concat()).await;
    app.canaries().add(redis.password());
    let nodes = app.nodes(2).await;
    let tenants: Vec<Tenant> = std::iter::once(app.acme()).chain(nodes.iter().map(Node::acme)).collect();
    let users = [make::user(&tenants[0], "soak").await, make::user(&tenants[0], "soak").await];
    let floods = users.each_ref().map(|user| Flood::start(&tenants, &tenants[0].web(), user, 3));
    let until = Instant::now() + Duration::from_secs(seconds().unwrap_or(12));
    let (mut dice, mut trouble) = (Dice(u64::from(std::process::id())), Trouble::default());
    while Instant::now() < until {
        let (what, which) = (dice.throw(4), usize::try_from(dice.throw(2)).expect("a node"));
        trouble.act(what, which, &nodes, &redis).await;
        // The first node is never in trouble, so the flood goes on.
        floods[0].more(|seen| &seen.admitted, 2).await;
    }
    trouble.end(&nodes, &redis).await;
    for flood in floods {
        flood.more(|seen| &seen.admitted, 4).await;
        flood.end_quietly().await;
    }
    expect_proof_of_killed(&tenants[0]).await;
}

/// As many as 6,000, if there is time; else the hour is used up to where fewer do.
async fn qt_08_six_thousand_calls_at_once_over_three_nodes(engine: Engine) {
    let app = TestApp::start(engine).await;
    let nodes = app.nodes(2).await;
    let tenants: Vec<Tenant> = std::iter::once(app.acme()).chain(nodes.iter().map(Node::acme)).collect();
    let call = async |tenant: &Tenant| {
        let reply = tenant.api("GET", "/api/v1/users").query([("limit", "1")]).await;
        // A busy database may keep a call waiting too long; whether it was counted is not known.
        assert!([200, 429, 503].contains(&reply.status), "{}", reply.describe());
        reply.status
    };
    assert_eq!(call(&tenants[0]).await, 200, "the hour begins");
    let rows = Rows::of(&app).await;
    let (per_caller, left) = if seconds().is_some() { (200, 4_999) } else { (20, 350) };
    if left < 4_999 {
        assert_eq!(rows.run("UPDATE windows SET used = 4650 WHERE name = 'quota'").await, 1);
    }
    let callers: Vec<_> = (0..30)
        .map(|n| {
            let tenant = tenants[n % 3].over(&tenants[n % 3].http().fresh());
            tokio::spawn(async move {
                let (mut admitted, mut unknown) = (0, 0);
                for _ in 0..per_caller {
                    let status = call(&tenant).await;
                    admitted += usize::from(status == 200);
                    unknown += usize::from(status == 503);
                }
                (admitted, unknown)
            })
        })
        .collect();
    let (mut admitted, mut unknown) = (0, 0);
    for caller in callers {
        let (more, lost) = caller.await.expect("the calls");
        admitted += more;
        unknown += lost;
    }
    let right = admitted <= left && admitted + unknown >= left;
    assert!(right, "{admitted} and perhaps {unknown} more of the {left} that were left");
    assert_eq!(rows.number("SELECT used FROM windows WHERE name = 'quota'").await, 5_000);
}

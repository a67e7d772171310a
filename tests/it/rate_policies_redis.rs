//! Rate policies that count in Redis: exact over nodes while it is there, never unlimited whatever becomes of it.

use std::time::Duration;

use signet_testkit::{
    Engine, PrivateRedis, Signal, Tenant, TestApp, TestRedis, Value, json, on_each_engine, on_postgres, tokio,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::rates::{policy, token, tokens};

on_each_engine! {
    ou_06_redis_lost_found_and_lost_again,
    ou_06_without_redis_at_the_start,
    ou_07_a_slow_or_lying_redis_is_done_without,
    ou_07_a_redis_that_takes_no_writes,
    ou_08_a_flushed_redis_gives_nobody_more,
}
on_postgres! { nodes_share_what_redis_counts, nodes_that_exchange_late_agree_in_the_end }

/// A window that no test outlasts.
const YEAR: u32 = 31_536_000;

async fn start(engine: Engine, url: &str) -> TestApp {
    // A machine that runs all tests at once may be slow; 50 ms are for those who wait.
    TestApp::start_with(engine, false, &["--redis-url", url, "--redis-wait-ms", "1000"]).await
}

async fn in_redis(tenant: &Tenant, limit: u32) -> Value {
    policy(tenant, json!({ "strategy": "redis", "limit": [limit], "window_size": [YEAR] })).await
}

async fn admitted(tenant: &Tenant, requests: usize) -> usize {
    let statuses = tokens(tenant, &tenant.service(), requests).await;
    assert!(statuses.iter().all(|s| [200, 429].contains(s)), "{statuses:?}");
    statuses.iter().filter(|s| **s == 200).count()
}

async fn redis_is_lost(app: &TestApp) -> bool {
    let reply = app.http().get(&format!("{}/health/ready", app.acme().origin())).unchecked().await;
    assert_eq!(reply.status, 200, "degraded is still ready: {}", reply.describe());
    reply.json()["degraded"].as_array().expect("a list").contains(&json!("redis_lost"))
}

/// Asks until the log has so many events of a type; each look makes a request that notices.
async fn noticed(app: &TestApp, event_type: &str, count: usize) {
    let filter = format!(r#"eventType eq "{event_type}""#);
    for _ in 0..100 {
        token(&app.acme()).await;
        if app.acme().logs(&[("filter", &filter)]).await.len() >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{event_type} was not logged {count} times");
}

async fn ou_06_redis_lost_found_and_lost_again(engine: Engine) {
    let redis = PrivateRedis::start();
    let app = start(engine, redis.url()).await;
    app.canaries().add(redis.password());
    let acme = app.acme();
    in_redis(&acme, 6).await;
    assert_eq!(admitted(&acme, 3).await, 3);
    assert!(!redis.command(&["KEYS", "signet:*:rate:*"]).is_empty(), "it is Redis that counts");
    assert!(!redis_is_lost(&app).await);
    redis.kill9();
    // The node goes on from what it has counted itself.
    assert_eq!(admitted(&acme, 10).await, 3);
    assert!(redis_is_lost(&app).await);
    let logged = |what: &str| format!(r#"eventType eq "system.limits.{what}""#);
    assert_eq!(acme.wait_for_logs(&logged("degraded"), 1).await.len(), 1, "once, not for each request");
    redis.start_again();
    noticed(&app, "system.limits.restored", 1).await;
    assert!(!redis_is_lost(&app).await);
    // It came back empty, but this node knows better.
    assert_eq!(admitted(&acme, 10).await, 0);
    redis.kill9();
    noticed(&app, "system.limits.degraded", 2).await;
    assert_eq!(admitted(&acme, 10).await, 0);
}

async fn ou_06_without_redis_at_the_start(engine: Engine) {
    let redis = PrivateRedis::start();
    redis.kill9();
    let app = start(engine, redis.url()).await;
    let acme = app.acme();
    in_redis(&acme, 2).await;
    assert_eq!(admitted(&acme, 6).await, 2);
    assert!(redis_is_lost(&app).await);
    redis.start_again();
    noticed(&app, "system.limits.restored", 1).await;
    assert_eq!(admitted(&acme, 6).await, 0, "nobody gets a second allowance");
}

async fn ou_07_a_slow_or_lying_redis_is_done_without(engine: Engine) {
    // Stopped: connections stay open and nothing answers.
    let redis = PrivateRedis::start();
    let app = start(engine, redis.url()).await;
    in_redis(&app.acme(), 2).await;
    assert_eq!(admitted(&app.acme(), 1).await, 1);
    redis.signal(Signal::STOP);
    assert_eq!(admitted(&app.acme(), 20).await, 1);
    redis.signal(Signal::CONT);
    drop(app);
    // Talks, but not like Redis; or accepts and says nothing.
    for answer in
        [&b"HTTP/1.1 200 OK\r\n\r\n"[..], b"", b"$-7\r\n", b"+OK\r\n+OK\r\n+OK\r\n+OK\r\n:7\r\n:7\r\n"]
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("redis://{}", listener.local_addr().expect("an address"));
        let liar = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut bytes = [0; 4096];
                    while stream.read(&mut bytes).await.is_ok_and(|n| n > 0) {
                        let _ = stream.write_all(answer).await;
                    }
                });
            }
        });
        let app = start(engine, &url).await;
        in_redis(&app.acme(), 2).await;
        assert_eq!(
            admitted(&app.acme(), 5).await,
            2,
            "with answers like {:?}",
            String::from_utf8_lossy(answer)
        );
        liar.abort();
    }
}

async fn ou_07_a_redis_that_takes_no_writes(engine: Engine) {
    let redis = PrivateRedis::start();
    let app = start(engine, redis.url()).await;
    let acme = app.acme();
    in_redis(&acme, 4).await;
    assert_eq!(admitted(&acme, 1).await, 1);
    // A primary that was demoted is read-only.
    redis.command(&["REPLICAOF", "127.0.0.1", "1"]);
    assert_eq!(admitted(&acme, 2).await, 2);
    assert!(redis_is_lost(&app).await);
    redis.command(&["REPLICAOF", "NO", "ONE"]);
    noticed(&app, "system.limits.restored", 1).await;
    redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
    noticed(&app, "system.limits.degraded", 2).await;
    assert_eq!(admitted(&acme, 10).await, 0);
}

async fn ou_08_a_flushed_redis_gives_nobody_more(engine: Engine) {
    let redis = PrivateRedis::start();
    let app = start(engine, redis.url()).await;
    let acme = app.acme();
    in_redis(&acme, 5).await;
    let mut all = 0;
    for _ in 0..4 {
        all += admitted(&acme, 3).await;
        redis.flush();
        redis.command(&["SCRIPT", "FLUSH"]);
    }
    assert_eq!(all, 5);
    assert!(!redis_is_lost(&app).await, "a flush is no outage");
}

async fn nodes_share_what_redis_counts(engine: Engine) {
    let redis = TestRedis::create();
    let app = start(engine, redis.url()).await;
    let nodes = app.nodes(2).await;
    in_redis(&app.acme(), 20).await;
    let tenants: Vec<Tenant> =
        std::iter::once(app.acme()).chain(nodes.iter().map(signet_testkit::Node::acme)).collect();
    for tenant in &tenants {
        in_force(tenant).await;
    }
    let used = tenants.len();
    let requests: Vec<_> = (0..60)
        .map(|n| {
            let tenant = tenants[n % tenants.len()].clone();
            tokio::spawn(async move { admitted(&tenant, 1).await })
        })
        .collect();
    let mut all = used;
    for request in requests {
        all += request.await.expect("a request");
    }
    assert_eq!(all, 20, "three nodes admit what one would");
}

/// Waits until a node has heard of the policy: the one token that this takes is counted.
async fn in_force(tenant: &Tenant) {
    for _ in 0..100 {
        let reply = token(tenant).await.expect(200);
        if reply.header("ratelimit-limit").is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the policy is not in force");
}

async fn nodes_that_exchange_late_agree_in_the_end(engine: Engine) {
    let redis = TestRedis::create();
    let app = start(engine, redis.url()).await;
    let node = app.node().await;
    for strategy in ["redis", "cluster"] {
        let members = json!({ "strategy": strategy, "limit": [6], "window_size": [YEAR], "sync_rate": 0.05 });
        let made = policy(&app.acme(), members).await;
        in_force(&app.acme()).await;
        in_force(&node.acme()).await;
        assert_eq!(admitted(&app.acme(), 3).await, 3);
        // Soon the other node knows of these four, and its own one.
        let mut left = 6;
        for _ in 0..100 {
            let reply = token(&node.acme()).await;
            left = reply.header("ratelimit-remaining").and_then(|n| n.parse().ok()).expect("what is left");
            if left == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(left, 0, "{strategy}");
        let path = format!("/api/v1/rate-policies/{}", made["id"].as_str().unwrap());
        app.acme().api("DELETE", &path).await.expect(204);
    }
}

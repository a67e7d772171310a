//! Redis may be lost, slow, empty or talking rubbish: no limit is lifted and nothing is good twice.

use std::time::Duration;

use signet_testkit::{Engine, Node, PrivateRedis, Signal, Tenant, TestApp, Value, on_each_engine, tokio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::apps::{NewApp, Person};
use crate::support::flood::{CHEAP_HASH, Flood};
use crate::support::make::{self, User};
use crate::support::ropg::{expect_throttled, fill, statuses, try_password};

on_each_engine! {
    rl_28_redis_flushed_and_killed_in_the_middle_of_a_flood,
    rl_29_a_redis_that_does_not_answer,
    ou_06_without_redis_from_the_start,
    ou_07_a_redis_that_talks_rubbish,
    ou_08_a_flush_replays_nothing,
}

/// A server, and on PostgreSQL two more nodes, that use a Redis.
struct House {
    app: TestApp,
    nodes: Vec<Node>,
}

impl House {
    async fn start(engine: Engine, redis_url: &str) -> Self {
        let app =
            TestApp::start_with(engine, false, &[CHEAP_HASH, &["--redis-url", redis_url]].concat()).await;
        let nodes = if engine == Engine::Postgres { app.nodes(2).await } else { Vec::new() };
        Self { app, nodes }
    }

    fn tenants(&self) -> Vec<Tenant> {
        std::iter::once(self.app.acme()).chain(self.nodes.iter().map(Node::acme)).collect()
    }

    /// Whether the first node says that it does without Redis.
    async fn does_without(&self) -> bool {
        let url = format!("http://127.0.0.1:{}/health/ready", self.app.port());
        let said = self.app.http().get(&url).await.expect(200).json();
        said["degraded"].as_array().expect("a list").contains(&Value::from("redis_lost"))
    }

    async fn until_it_does_without(&self, without: bool) {
        for _ in 0..600 {
            if self.does_without().await == without {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("not in 30 s: Redis {}", if without { "lost" } else { "found again" });
    }

    /// The throttle and the quota do what they do with a Redis that is well.
    async fn expect_limits(&self, name: &str) {
        let tenants = self.tenants();
        let user = make::user(&tenants[0], name).await;
        let now = self.app.clock().freeze().await;
        for node in &self.nodes {
            node.clock().freeze().await;
            node.clock().set(now).await;
        }
        fill(&tenants[0], &tenants[0].web(), &user).await;
        for tenant in &tenants {
            assert_eq!(statuses(tenant, &tenant.web(), &user, 3).await, [429; 3]);
        }
        let mut left = Vec::new();
        for tenant in tenants.iter().cycle().take(4) {
            let reply = tenant.api("GET", "/api/v1/users").query([("limit", "1")]).await.expect(200);
            left.push(reply.header("x-rate-limit-remaining").expect("what is left").parse::<i64>().unwrap());
        }
        assert!(left.windows(2).all(|two| two[1] == two[0] - 1), "each call counts: {left:?}");
    }
}

fn demo_user(tenant: &Tenant) -> User {
    let (login, password) = tenant.user();
    User { id: String::new(), login: login.to_owned(), password: password.to_owned() }
}

async fn rl_28_redis_flushed_and_killed_in_the_middle_of_a_flood(engine: Engine) {
    let redis = PrivateRedis::start();
    let house = House::start(engine, redis.url()).await;
    house.app.canaries().add(redis.password());
    let tenants = house.tenants();
    let flood = Flood::start(&tenants, &tenants[0].web(), &demo_user(&tenants[0]), 4);
    let acts: [&dyn Fn(); 6] = [
        &|| redis.flush(),
        &|| redis.kill9(),
        &|| redis.start_again(),
        &|| redis.signal(Signal::STOP),
        &|| redis.signal(Signal::CONT),
        &|| redis.flush(),
    ];
    for act in acts {
        flood.more(|seen| &seen.admitted, 4).await;
        flood.more(|seen| &seen.refused, 10).await;
        act();
    }
    flood.more(|seen| &seen.admitted, 4).await;
    flood.end(&tenants[0]).await;
}

async fn rl_29_a_redis_that_does_not_answer(engine: Engine) {
    let redis = PrivateRedis::start();
    let house = House::start(engine, redis.url()).await;
    redis.signal(Signal::STOP);
    // Far less than the two minutes after which a connection would be given up.
    let limits = tokio::time::timeout(Duration::from_secs(60), house.expect_limits("slow"));
    limits.await.expect("nobody waits for Redis");
    redis.signal(Signal::CONT);
    house.until_it_does_without(false).await;
}

async fn ou_06_without_redis_from_the_start(engine: Engine) {
    let redis = PrivateRedis::start();
    redis.kill9();
    let house = House::start(engine, redis.url()).await;
    house.until_it_does_without(true).await;
    house.expect_limits("absent").await;
    redis.start_again();
    house.until_it_does_without(false).await;
    // Lost on the way; nobody need have noticed.
    redis.kill9();
    let tenants = house.tenants();
    let refused = statuses(&tenants[0], &tenants[0].web(), &demo_user(&tenants[0]), 6).await;
    assert_eq!(refused, [200, 200, 200, 200, 429, 429], "the clock stands still since the limits were tried");
}

async fn ou_07_a_redis_that_talks_rubbish(engine: Engine) {
    // The first says something that is none of Redis's, the second never says anything.
    let rubbish = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("redis://:a-secret-of-redis@{}/0", rubbish.local_addr().expect("an address"));
    let talks = tokio::spawn(async move {
        for turn in 0.. {
            let Ok((mut stream, _)) = rubbish.accept().await else { return };
            tokio::spawn(async move {
                let mut asked = [0; 4096];
                while let Ok(1..) = stream.read(&mut asked).await {
                    let said: &[u8] = match turn % 3 {
                        0 => b"HTTP/1.1 400 Bad Request\r\n\r\n",
                        1 => b"+OK\r\n:-9223372036854775808\r\n*-1\r\n$5\r\nab\r\n",
                        _ => b"",
                    };
                    if stream.write_all(said).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    let house = House::start(engine, &url).await;
    house.app.canaries().add("a-secret-of-redis");
    house.expect_limits("rubbish").await;
    talks.abort();
}

async fn ou_08_a_flush_replays_nothing(engine: Engine) {
    let redis = PrivateRedis::start();
    let house = House::start(engine, redis.url()).await;
    let acme = house.app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let spent = person.code(&acme, &web, "openid offline_access").await;
    let first = spent.redeem(&acme, &web).await;
    let revoked = person.code(&acme, &web, "openid offline_access").await.redeem(&acme, &web).await;
    acme.revoke(&web, &revoked.access_token).await.expect(200);
    house.expect_limits("flushed").await;
    let (user, app) = (demo_user(&acme), acme.web());
    fill(&acme, &app, &user).await;
    expect_throttled(try_password(&acme, &app, &user.login, &user.password).await, "before the flush");
    redis.flush();
    for tenant in house.tenants() {
        expect_throttled(try_password(&tenant, &app, &user.login, &user.password).await, "after the flush");
        tenant.redeem(&web, &spent).await.expect_oauth_error(400, "invalid_grant");
        assert!(!tenant.is_active(&web, &revoked.access_token).await);
        assert!(!tenant.is_active(&web, &first.access_token).await, "the replay ended what the code got");
        tenant.refresh(&web, first.refresh()).await.expect_oauth_error(400, "invalid_grant");
    }
}

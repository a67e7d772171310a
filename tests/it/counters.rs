//! Every store of counters decides what the one decision function decides: random batches, one trace, all stores.

use std::collections::HashMap;
use std::time::Duration;

use signet_domain::{Clock, Time};
use signet_limits::counters::memory::CounterMemory;
use signet_limits::counters::{self, Batch, CounterStore, Decision, Slot};
use signet_limits::memory::ThrottleMemory;
use signet_limits::redis::Redis;
use signet_limits::redis::counters::RedisCounters;
use signet_limits::sliding_log;
use signet_limits::sliding_window::{Counter, Rule};
use signet_store::throttle::Attempt;
use signet_store::{Options, Store, TenantStore};
use signet_testkit::{Engine, TestDatabase, TestRedis, on_each_engine, tokio};

use crate::support::furniture::Furniture;

on_each_engine! {
    every_store_decides_like_the_reference,
    every_store_hands_over_what_was_counted_elsewhere,
    parallel_requests_get_the_limit,
    the_throttles_stores_decide_alike,
}

const SECOND: i64 = 1_000_000;
/// A multiple of all windows used here.
const T0: i64 = 1_790_000_400 * SECOND;

/// What chance there is: the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }

    fn batch(&mut self) -> Batch {
        let mut batch = Batch::of(9);
        for _ in 0..=self.roll(3) {
            let sliding = self.one_in(2);
            let windows = [1, 2, 5, 60, 31_536_000];
            let mut rules: Vec<Rule> = (0..=self.roll(2))
                .map(|_| Rule {
                    limit: u32::try_from(1 + self.roll(6)).unwrap(),
                    window_us: windows[usize::try_from(self.roll(5)).unwrap()] * SECOND,
                    sliding,
                })
                .collect();
            rules.sort_by_key(|rule| rule.window_us);
            rules.dedup_by_key(|rule| rule.window_us);
            batch.ask(u128::from(self.roll(4)), rules, !self.one_in(3), self.one_in(6));
        }
        if self.one_in(10) { batch.worth(u32::try_from(1 + self.roll(400_000_000)).unwrap()) } else { batch }
    }
}

/// The decision function over a map.
#[derive(Default)]
struct Reference(HashMap<Slot, Counter>);

impl Reference {
    fn decide(&mut self, batch: &Batch, now: i64) -> Decision {
        let stored: Vec<Counter> =
            batch.slots().iter().map(|slot| self.0.get(slot).copied().unwrap_or_default()).collect();
        let decision = batch.decide(&stored, now);
        self.0.extend(batch.slots().iter().copied().zip(decision.counters.iter().copied()));
        decision
    }
}

struct Stores {
    memory: CounterMemory,
    sql: TenantStore,
    redis: RedisCounters,
    _store: Store,
    _redis: TestRedis,
    _dir: tempfile::TempDir,
    _database: Option<TestDatabase>,
}

async fn stores(engine: Engine) -> Stores {
    let dir = tempfile::tempdir().expect("a directory");
    let database = match engine {
        Engine::Postgres => Some(TestDatabase::create().await),
        Engine::Sqlite => None,
    };
    let options = match &database {
        Some(database) => Options::Postgres { url: database.url.clone(), connections: 4 },
        None => Options::Sqlite { path: dir.path().join("store.db"), create: true },
    };
    let store = Store::open(&options, Clock::SYSTEM).await.expect("an empty store");
    let furniture = Furniture::new("counters", 1);
    furniture.store(&store).await;
    let redis = TestRedis::create();
    let connection = Redis::start(redis.url(), Duration::from_secs(5)).await.expect("a URL");
    Stores {
        memory: CounterMemory::new(10_000),
        sql: store.tenant(furniture.tenant.id),
        redis: RedisCounters::new(connection),
        _store: store,
        _redis: redis,
        _dir: dir,
        _database: database,
    }
}

async fn every_store_decides_like_the_reference(engine: Engine) {
    let stores = stores(engine).await;
    let mut reference = Reference::default();
    let mut dice = Dice(0x5eed_0001);
    let mut now = T0;
    for step in 0..400 {
        now += i64::try_from(dice.roll(2_500_000)).unwrap();
        // From here on the clock is set back now and then. Memory has forgotten by then what had expired.
        let steady = step < 300;
        if !steady && dice.one_in(10) {
            now -= i64::try_from(dice.roll(90_000_000)).unwrap();
        }
        let batch = dice.batch();
        let expected = reference.decide(&batch, now);
        let clock = counters::Clock::Fixed(now);
        let context = format!("step {step} at {}: {batch:?}", now - T0);
        if steady {
            let memory = stores.memory.decide(&batch, clock).await;
            assert_eq!(memory.as_ref(), Ok(&expected), "memory, {context}");
        }
        let sql = stores.sql.decide(&batch, clock).await.expect("the database");
        assert_eq!(sql, expected, "SQL, {context}");
        let redis = stores.redis.decide(&batch, clock).await.expect("Redis");
        assert_eq!(redis, expected, "Redis, {context}");
    }
}

async fn every_store_hands_over_what_was_counted_elsewhere(engine: Engine) {
    let stores = stores(engine).await;
    let mut batch = Batch::of(9);
    batch.ask(1, vec![Rule { limit: 0, window_us: 30 * SECOND, sliding: true }], true, true);
    let batch = batch.worth(7);
    let clock = counters::Clock::Fixed(T0);
    let sql = stores.sql.decide(&batch, clock).await.expect("the database");
    let redis = stores.redis.decide(&batch, clock).await.expect("Redis");
    for counted in [sql, redis] {
        assert_eq!(counted.counters, [Counter { started_at: T0, current: 7, previous: 0 }]);
    }
}

/// By the stores' own clocks, many at once, with two counters in either order.
async fn parallel_requests_get_the_limit(engine: Engine) {
    let stores = stores(engine).await;
    let stores = std::sync::Arc::new(stores);
    let batch = |n: u128| {
        let mut batch = Batch::of(9);
        let rule = |limit| vec![Rule { limit, window_us: 31_536_000 * SECOND, sliding: false }];
        let keys = if n.is_multiple_of(2) { [1, 2] } else { [2, 1] };
        keys.into_iter().for_each(|key| batch.ask(key, rule(10), false, false));
        batch
    };
    let requests: Vec<_> = (0..40)
        .map(|n| {
            let stores = stores.clone();
            tokio::spawn(async move {
                let clock = counters::Clock::Store(T0);
                let batch = batch(n);
                let (memory, sql, redis) = tokio::join!(
                    stores.memory.decide(&batch, clock),
                    stores.sql.decide(&batch, clock),
                    stores.redis.decide(&batch, clock)
                );
                [
                    memory.expect("room").admitted(),
                    sql.expect("the database").admitted(),
                    redis.expect("Redis").admitted(),
                ]
            })
        })
        .collect();
    let mut admitted = [0; 3];
    for request in requests {
        let each = request.await.expect("a request");
        admitted.iter_mut().zip(each).for_each(|(sum, one)| *sum += usize::from(one));
    }
    assert_eq!(admitted, [10; 3], "memory, SQL and Redis");
}

/// The sliding log of passwords: in memory, and in SQL where there is more than one process.
async fn the_throttles_stores_decide_alike(engine: Engine) {
    let memory = ThrottleMemory::new(1_000);
    let database = TestDatabase::create().await;
    let clock = Clock::shifted();
    clock.freeze();
    let options = Options::Postgres { url: database.url.clone(), connections: 2 };
    let store = Store::open(&options, clock.clone()).await.expect("an empty database");
    let furniture = Furniture::new("throttle", 1);
    furniture.store(&store).await;
    let sql = store.tenant(furniture.tenant.id);
    let mut rings: HashMap<u64, sliding_log::Ring> = HashMap::new();
    let mut dice = Dice(0x5eed_0002);
    let mut now = T0;
    for step in 0..300 {
        now += i64::try_from(dice.roll(400_000)).unwrap();
        let user = dice.roll(3);
        let ring = rings.entry(user).or_default();
        let expected = sliding_log::decide(ring, now);
        *ring = expected.ring();
        let context = format!("step {step} at {}", now - T0);
        // Memory forgets what is a second old, so only what it says counts, not the ring that it keeps.
        let decided = memory.decide(&user, now).expect("room");
        assert_eq!(decided.admitted(), expected.admitted(), "memory, {context}: {decided:?}");
        if engine == Engine::Postgres {
            clock.set(Time(now));
            let attempt = sql.throttle(&format!("user-{user}")).await.expect("the database");
            let admitted = matches!(attempt, Attempt::Admitted { at, .. } if at.0 == now);
            assert_eq!(admitted, expected.admitted(), "SQL, {context}: {attempt:?}");
        }
    }
    store.close().await;
}

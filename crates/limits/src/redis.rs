//! A connection to Redis that never holds a request up: each question waits a bounded time, and after a failure
//! nobody asks until a probe has found it well again.
//!
//! Redis holds what may be lost: counters of rate policies and hints. Whoever asks must know what to do with
//! [`Unavailable`], and that must not be "let through".
//!
//! * **Well**: questions go over one multiplexed connection.
//! * **Ill**: from the first failure on (a slow answer, a lost connection, an error reply such as `READONLY`,
//!   `OOM` or `LOADING`, bytes that aren't Redis's), every question fails at once. A task of its own reconnects
//!   every half second and probes with a *write*, since a demoted primary still answers `PING`.

pub mod counters;

use ::redis::aio::{ConnectionLike, MultiplexedConnection};
use ::redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError, RedisResult, ScriptInvocation,
};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

/// How long a question waits by default.
pub const WAIT: Duration = Duration::from_millis(50);

/// Time between attempts to reach a Redis that failed.
const COOL_DOWN: Duration = Duration::from_millis(500);

/// How long one attempt to connect may take; nobody waits for it but the task that tries.
const CONNECT: Duration = Duration::from_secs(1);

/// Redis gave no answer that can be used: do what is right without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable(pub String);

impl std::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redis can't be used: {}", self.0)
    }
}

impl std::error::Error for Unavailable {}

/// The URL isn't one that Redis is reached by. Does not repeat it, as it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadUrl;

impl std::fmt::Display for BadUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "the Redis URL can't be read: write it like redis://:password@host:6379/0, or rediss:// for TLS",
        )
    }
}

impl std::error::Error for BadUrl {}

/// How it is with Redis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Questions are answered.
    Well,
    /// They fail at once, for this reason.
    Ill(String),
}

impl Health {
    /// Whether questions are answered.
    #[must_use]
    pub fn is_well(&self) -> bool {
        *self == Self::Well
    }
}

/// The connection. Cheap to clone; the task that keeps it ends with the last clone.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    client: Client,
    wait: Duration,
    /// The connection while it is well, with its number: a failure must not end a connection that was made later.
    line: Mutex<(u64, Option<MultiplexedConnection>)>,
    health: watch::Sender<Health>,
    lost: Notify,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("health", &*self.0.health.borrow()).finish_non_exhaustive()
    }
}

impl Redis {
    /// Reads a `redis://` or `rediss://` URL and starts the task that connects; returns when the first attempt
    /// has ended, well or not. Each question will wait at most `wait`.
    ///
    /// # Errors
    /// [`BadUrl`]. A Redis that can't be reached is no error: it is [`Health::Ill`].
    pub async fn start(url: &str, wait: Duration) -> Result<Self, BadUrl> {
        let client = Client::open(url).map_err(|_| BadUrl)?;
        let (health, _) = watch::channel(Health::Ill("not connected yet".to_owned()));
        let redis =
            Self(Arc::new(Inner { client, wait, line: Mutex::default(), health, lost: Notify::new() }));
        redis.0.reconnect().await;
        tokio::spawn(keep(Arc::downgrade(&redis.0)));
        Ok(redis)
    }

    /// Asks one command.
    ///
    /// # Errors
    /// [`Unavailable`], after at most the wait, and at once while Redis is ill.
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Unavailable> {
        self.over(|mut line| async move { command.query_async(&mut line).await }).await
    }

    /// Runs a script: one round trip, or three the first time that a server sees it.
    ///
    /// # Errors
    /// As [`Redis::ask`].
    pub async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Unavailable> {
        self.over(|mut line| async move { script.invoke_async(&mut line).await }).await
    }

    /// How it is, now and whenever that changes.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Health> {
        self.0.health.subscribe()
    }

    /// Has it probed anew after an answer that was well formed but can't be true, [`Health::Ill`] until then.
    pub fn distrust(&self, why: &str) -> Unavailable {
        let number = lock(&self.0.line).0;
        self.0.fail(number, why.to_owned())
    }

    async fn over<T, F>(&self, ask: impl FnOnce(MultiplexedConnection) -> F) -> Result<T, Unavailable>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let (number, line) = lock(&self.0.line).clone();
        let Some(line) = line else {
            return Err(Unavailable("it failed a moment ago".to_owned()));
        };
        let asked = Instant::now();
        let answered = timeout(self.0.wait, ask(line)).await;
        signet_metrics::REDIS.record(asked.elapsed());
        match answered {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.0.fail(number, told(&error))),
            Err(_) => Err(self.0.fail(number, slow(self.0.wait))),
        }
    }
}

impl Inner {
    fn fail(&self, number: u64, why: String) -> Unavailable {
        let mut line = lock(&self.line);
        if line.0 == number && line.1.take().is_some() {
            self.health.send_replace(Health::Ill(why.clone()));
            self.lost.notify_one();
        }
        Unavailable(why)
    }

    async fn reconnect(&self) {
        match self.connect().await {
            Ok(connection) => {
                let mut line = lock(&self.line);
                *line = (line.0 + 1, Some(connection));
                self.health.send_replace(Health::Well);
            }
            Err(why) => {
                self.health.send_replace(Health::Ill(why));
            }
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, String> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(CONNECT));
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        let mut connection = match timeout(CONNECT, connecting).await {
            Ok(connected) => connected.map_err(|error| told(&error))?,
            Err(_) => return Err(slow(CONNECT)),
        };
        let mut probe = ::redis::cmd("SET");
        probe.arg("signet:probe").arg(1).arg("PX").arg(1000);
        match timeout(self.wait, connection.req_packed_command(&probe)).await {
            Ok(Ok(::redis::Value::Okay)) => Ok(connection),
            Ok(Ok(_)) => Err("it does not answer like Redis".to_owned()),
            Ok(Err(error)) => Err(told(&error)),
            Err(_) => Err(slow(self.wait)),
        }
    }
}

/// Reconnects after each failure until it is well.
async fn keep(inner: Weak<Inner>) {
    loop {
        let Some(held) = inner.upgrade() else { return };
        if held.health.borrow().is_well() {
            // Looks up now and then, so that the task ends when nobody holds the connection any more.
            let lost = held.lost.notified();
            let _ = timeout(COOL_DOWN, lost).await;
            continue;
        }
        drop(held);
        tokio::time::sleep(COOL_DOWN).await;
        if let Some(held) = inner.upgrade() {
            held.reconnect().await;
        }
    }
}

fn slow(wait: Duration) -> String {
    format!("it did not answer within {} ms", wait.as_millis())
}

/// What failed, without what the server wrote: that may be anything.
fn told(error: &RedisError) -> String {
    match error.code() {
        Some(code) if code.len() <= 16 && code.bytes().all(|b| b.is_ascii_uppercase()) => {
            format!("it answered {code}")
        }
        _ => format!("{:?}", error.kind()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The two engines, and how one async function runs on either.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

/// What the store of a test lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// The embedded file.
    Sqlite,
    /// A database of its own on the server that `scripts/test` started.
    Postgres,
}

/// What a test function may ask for.
pub trait FromEngine: Sized {
    /// Makes it on this engine.
    fn from_engine(engine: Engine) -> impl Future<Output = Self>;
}

impl FromEngine for Engine {
    async fn from_engine(engine: Engine) -> Self {
        engine
    }
}

static BINARY: OnceLock<PathBuf> = OnceLock::new();

/// Says where the server under test lies; [`on_each_engine!`](crate::on_each_engine) calls it.
pub fn set_binary(path: &str) {
    BINARY.get_or_init(|| PathBuf::from(path));
}

pub(crate) fn binary() -> &'static Path {
    BINARY.get_or_init(|| {
        // target/debug/deps/it-0123 → target/debug/signet-under-test
        let test = std::env::current_exe().expect("the test's own path");
        let dir = test.parent().and_then(Path::parent).expect("a target directory");
        dir.join("signet-under-test")
    })
}

/// A test that takes longer hangs. One that `scripts/soak` wants to last may take as much longer.
fn longest() -> Duration {
    let soak = std::env::var("SIGNET_TEST_SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(300 + soak.unwrap_or(0))
}

/// Runs one test body on one engine, on a runtime of its own.
pub fn run<A: FromEngine, F: Future<Output = ()>>(engine: Engine, body: impl FnOnce(A) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime for the test");
    runtime.block_on(async {
        let test = async { body(A::from_engine(engine).await).await };
        let longest = longest();
        if tokio::time::timeout(longest, test).await.is_err() {
            panic!("the test was still running after {longest:?}");
        }
    });
}

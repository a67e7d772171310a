//! Other ways to ask for an app.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::app::Running;
use crate::{Engine, FromEngine, TestApp};

/// One process per engine for all the tests that don't disturb each other; ended with the test process.
///
/// A test on it makes users and apps of its own, or reads only; it moves no clock and restarts nothing.
pub struct Shared(TestApp);

impl Deref for Shared {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.0
    }
}

impl FromEngine for Shared {
    async fn from_engine(engine: Engine) -> Self {
        TestApp::shared(engine).await
    }
}

static SQLITE: OnceCell<Arc<Running>> = OnceCell::const_new();
static POSTGRES: OnceCell<Arc<Running>> = OnceCell::const_new();

impl TestApp {
    /// The app that many tests share.
    pub async fn shared(engine: Engine) -> Shared {
        let cell = match engine {
            Engine::Sqlite => &SQLITE,
            Engine::Postgres => &POSTGRES,
        };
        let running = cell.get_or_init(|| async { Arc::new(Running::start(engine, false, &[]).await) }).await;
        Shared(Self::of(running.clone(), true))
    }
}

/// A [`TestApp`] that speaks TLS.
pub struct TlsApp(TestApp);

impl Deref for TlsApp {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.0
    }
}

impl FromEngine for TlsApp {
    async fn from_engine(engine: Engine) -> Self {
        Self(TestApp::start_tls(engine).await)
    }
}

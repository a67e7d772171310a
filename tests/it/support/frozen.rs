//! One server per engine whose clock stands still for ever, so that a second never passes.

use std::ops::Deref;

use signet_testkit::tokio::sync::OnceCell;
use signet_testkit::{Engine, FromEngine, Http, Tenant, TestApp};

/// The server; tests on it make logins of their own and never move the clock.
pub(crate) struct Frozen {
    app: &'static TestApp,
    http: Http,
}

static SQLITE: OnceCell<TestApp> = OnceCell::const_new();
static POSTGRES: OnceCell<TestApp> = OnceCell::const_new();

impl FromEngine for Frozen {
    async fn from_engine(engine: Engine) -> Self {
        let cell = match engine {
            Engine::Sqlite => &SQLITE,
            Engine::Postgres => &POSTGRES,
        };
        let app = cell
            .get_or_init(|| async {
                let app = TestApp::start(engine).await;
                app.clock().freeze().await;
                app
            })
            .await;
        // Each test has a runtime of its own, which a connection doesn't outlive.
        Self { app, http: app.http().fresh() }
    }
}

impl Frozen {
    /// A caller at acme.
    pub(crate) fn acme(&self) -> Tenant {
        self.app.acme().over(&self.http)
    }

    /// A caller at globex.
    pub(crate) fn globex(&self) -> Tenant {
        self.app.globex().over(&self.http)
    }
}

impl Deref for Frozen {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        self.app
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        if std::thread::panicking() {
            report(&self.app.output());
        } else {
            self.app.assert_no_leak();
        }
    }
}

#[expect(clippy::print_stderr, reason = "shown by the test harness beside the failure")]
fn report(output: &str) {
    let lines: Vec<&str> = output.lines().collect();
    eprintln!("{}", lines[lines.len().saturating_sub(40)..].join("\n"));
}

//! A flood of password grants at several nodes at once, by the real clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use signet_testkit::{App, Tenant, tokio};
use tokio::task::JoinHandle;

use super::make::User;
use super::ropg::{admissions, expect_never_five_in_a_second};

/// A password is guarded by counting attempts as wrong until they are known to be right. A flood on a busy machine
/// must not have ten under way.
pub(crate) const CHEAP_HASH: &[&str] = &["--password-memory-kib", "64", "--password-passes", "1"];

/// Callers that try one user's password for as long as this lives.
pub(crate) struct Flood {
    stop: Arc<AtomicBool>,
    seen: Arc<Seen>,
    callers: Vec<JoinHandle<()>>,
}

/// What the callers were answered.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Tokens.
    pub(crate) admitted: AtomicUsize,
    /// 429.
    pub(crate) refused: AtomicUsize,
    /// 503, always with `Retry-After`.
    pub(crate) unavailable: AtomicUsize,
    /// No answer: nobody listens, or the connection was lost.
    pub(crate) lost: AtomicUsize,
}

impl Seen {
    pub(crate) fn count(counter: &AtomicUsize) -> usize {
        counter.load(Ordering::SeqCst)
    }
}

impl Flood {
    /// Starts this many callers at each of the tenants (which are one, over several nodes).
    pub(crate) fn start(tenants: &[Tenant], app: &App, user: &User, callers: usize) -> Self {
        let (stop, seen) = (Arc::<AtomicBool>::default(), Arc::<Seen>::default());
        let callers = tenants
            .iter()
            .flat_map(|tenant| std::iter::repeat_n(tenant, callers))
            .map(|tenant| {
                let tenant = tenant.over(&tenant.http().fresh());
                tokio::spawn(call(tenant, app.clone(), user.clone(), stop.clone(), seen.clone()))
            })
            .collect();
        Self { stop, seen, callers }
    }

    /// What was answered so far.
    pub(crate) fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Waits until a counter has grown by this many.
    pub(crate) async fn more(&self, counter: impl Fn(&Seen) -> &AtomicUsize, by: usize) {
        let before = Seen::count(counter(&self.seen));
        for _ in 0..4_800 {
            if Seen::count(counter(&self.seen)) >= before + by {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the flood came to a stop: {:?}", self.seen);
    }

    /// Ends it.
    pub(crate) async fn end_quietly(self) {
        self.stop.store(true, Ordering::SeqCst);
        for caller in self.callers {
            caller.await.expect("a caller");
        }
    }

    /// Ends it, and demands of the log that no half-open second has five admissions and that no token was given
    /// without one. Answers the admissions.
    pub(crate) async fn end(self, tenant: &Tenant) -> Vec<i64> {
        let seen = self.seen.clone();
        self.end_quietly().await;
        let mut admitted = Vec::new();
        // More than a page of them would take minutes.
        for filter in
            ["eventType eq \"app.oauth2.as.token.grant.access_token\"", "outcome.reason eq \"overloaded\""]
        {
            admitted.extend(admissions(&tenant.logs(&[("filter", filter)]).await));
        }
        admitted.sort_unstable();
        expect_never_five_in_a_second(&admitted);
        let answered = Seen::count(&seen.admitted);
        assert!(admitted.len() >= answered, "{answered} were let through, the log has {}", admitted.len());
        admitted
    }
}

async fn call(tenant: Tenant, app: App, user: User, stop: Arc<AtomicBool>, seen: Arc<Seen>) {
    while !stop.load(Ordering::SeqCst) {
        let params = [
            ("grant_type", "password"),
            ("username", user.login.as_str()),
            ("password", user.password.as_str()),
            ("scope", "openid"),
        ];
        let counter = match tenant.token_as(&app, &params).try_send().await {
            Err(_) => &seen.lost,
            Ok(reply) => match reply.status {
                200 => &seen.admitted,
                429 => &seen.refused,
                503 if reply.header("retry-after").is_some() => &seen.unavailable,
                _ => panic!("{}", reply.describe()),
            },
        };
        counter.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

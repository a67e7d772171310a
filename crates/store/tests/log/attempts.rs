//! Attempts at a password: how many may be under way, and what becomes of them.

use super::fixture::{NOW, each};
use signet_domain::Time;
use signet_store::TenantStore;
use signet_store::lockout::{Begun, Rule};

const RULE: Rule = Rule { limit: 3, window_seconds: 900, lock_seconds: 900 };

async fn begin(tenant: &TenantStore, now: Time) -> Begun {
    tenant
        .write(move |tx| {
            Box::pin(async move { tx.begin_attempt("ada", "192.0.2.1", RULE, now, now.plus_secs(60)).await })
        })
        .await
        .expect("a decision")
}

async fn fail(tenant: &TenantStore, now: Time) -> (i64, bool) {
    let failures = tenant
        .write(move |tx| Box::pin(async move { tx.note_failure("ada", "192.0.2.1", RULE, now).await }))
        .await
        .expect("a failure");
    (failures.failures, failures.locked_until > now)
}

#[tokio::test]
async fn as_many_are_under_way_as_may_still_fail() {
    for f in each().await {
        let acme = f.store.tenant(f.acme);
        for expected in [Begun::Open, Begun::Open, Begun::Open, Begun::Busy, Begun::Busy] {
            assert_eq!(begin(&acme, NOW).await, expected);
        }
        // One fails, one is given up: there is room for one again.
        assert_eq!(fail(&acme, NOW).await, (1, false));
        assert_eq!(begin(&acme, NOW).await, Begun::Busy, "one failed and two are under way");
        acme.write(|tx| Box::pin(async move { tx.give_up_attempt("ada", "192.0.2.1").await }))
            .await
            .expect("an end");
        assert_eq!(begin(&acme, NOW).await, Begun::Open);
        // A right one: its source starts from nothing, the one under way is known.
        acme.write(|tx| Box::pin(async move { tx.forgive("ada", "192.0.2.1").await })).await.expect("an end");
        assert_eq!(begin(&acme, NOW).await, Begun::Open);
        assert_eq!(begin(&acme, NOW).await, Begun::Open);
        assert_eq!(begin(&acme, NOW).await, Begun::Busy);
        for expected in [(1, false), (2, false), (3, true)] {
            assert_eq!(fail(&acme, NOW).await, expected);
        }
        assert_eq!(begin(&acme, NOW.plus_secs(899)).await, Begun::Locked);
        assert_eq!(begin(&acme, NOW.plus_secs(900)).await, Begun::Open, "the lock ends");
        assert_eq!(fail(&acme, NOW.plus_secs(900)).await, (1, false));
    }
}

#[tokio::test]
async fn what_a_stopped_server_began_is_forgotten_after_a_minute() {
    for f in each().await {
        let acme = f.store.tenant(f.acme);
        for _ in 0..3 {
            assert_eq!(begin(&acme, NOW).await, Begun::Open);
        }
        assert_eq!(begin(&acme, NOW.plus_secs(59)).await, Begun::Busy);
        for expected in [Begun::Open, Begun::Open, Begun::Open, Begun::Busy] {
            assert_eq!(begin(&acme, NOW.plus_secs(60)).await, expected);
        }
    }
}

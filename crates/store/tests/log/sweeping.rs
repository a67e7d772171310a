use super::fixture::{NOW, each};
use signet_domain::event::types;
use signet_domain::token::RevocationKind;
use signet_store::housekeeping::{LOG_DAYS, Swept};
use signet_store::lockout::Rule;
use signet_store::log_query::LogQuery;

const DAY: i64 = 86_400;

#[tokio::test]
async fn what_has_expired_goes_in_batches() {
    for f in each().await {
        let acme = f.store.tenant(f.acme);
        acme.write(|tx| {
            Box::pin(async move {
                for n in 0..5 {
                    let until = NOW.plus_secs(if n == 4 { 10 } else { -1 });
                    tx.put_revocation(RevocationKind::Token, &format!("jti{n}"), NOW, until).await?;
                }
                let rule = Rule { limit: 2, window_seconds: 900, lock_seconds: 2 * 3600 };
                let long_ago = NOW.plus_secs(-3700);
                tx.note_failure("ada", "", rule, long_ago).await?;
                tx.note_failure("bob", "", rule, long_ago).await?;
                tx.note_failure("bob", "", rule, long_ago).await.map(|_| ())
            })
        })
        .await
        .expect("rows");
        let first = f.store.unscoped_delete_expired(NOW, 3).await.expect("a sweep");
        assert_eq!(first, Swept { rows: 4, more: true }, "three revocations, and the failure of ada");
        let second = f.store.unscoped_delete_expired(NOW, 3).await.expect("a sweep");
        assert_eq!(second, Swept { rows: 1, more: false });
        let mut tx = acme.read().await.expect("a reader");
        assert!(tx.locked_until("bob", NOW).await.expect("a row").is_some(), "a lock stays");
    }
}

#[tokio::test]
async fn the_log_is_kept_for_90_days_and_until_it_is_counted_and_heard() {
    for f in each().await {
        for _ in 0..3 {
            f.write(f.acme, vec![f.event(types::SSO, "ada"), f.event(types::SSO, "ada")]).await;
        }
        let later = NOW.plus_secs((LOG_DAYS + 1) * DAY);
        assert_eq!(f.store.unscoped_delete_expired(later, 10).await.expect("a sweep").rows, 0);
        f.count_events(100, 6).await;
        assert_eq!(
            f.store.unscoped_delete_expired(later, 10).await.expect("a sweep").rows,
            0,
            "not heard yet"
        );
        f.hear_events(6).await;
        assert_eq!(f.store.unscoped_delete_expired(NOW.plus_secs(DAY), 10).await.expect("a sweep").rows, 0);
        let swept = f.store.unscoped_delete_expired(later, 3).await.expect("a sweep");
        assert_eq!(swept, Swept { rows: 3, more: true });
        assert_eq!(f.store.unscoped_delete_expired(later, 3).await.expect("a sweep").rows, 1);
        let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
        assert_eq!(tx.log(&LogQuery::default()).await.expect("rows").len(), 2, "the last commit stays");
    }
}

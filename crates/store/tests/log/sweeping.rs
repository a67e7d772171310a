use super::fixture::{NOW, each};
use signet_domain::event::types;
use signet_domain::log_retention::DEFAULT_DAYS;
use signet_domain::token::RevocationKind;
use signet_store::housekeeping::Swept;
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
        let hours_later = |hours: i64| NOW.plus_secs((DEFAULT_DAYS + 1) * DAY + hours * 3_600);
        let sweep = async |at, batch| f.store.unscoped_delete_expired(at, batch).await.expect("a sweep");
        assert_eq!(sweep(hours_later(0), 10).await.rows, 0);
        f.count_events(100, 6).await;
        assert_eq!(sweep(hours_later(1), 10).await.rows, 0, "not heard yet");
        f.hear_events(6).await;
        assert_eq!(sweep(NOW.plus_secs(DAY), 10).await.rows, 0);
        assert_eq!(sweep(hours_later(2), 3).await, Swept { rows: 3, more: true });
        assert_eq!(sweep(hours_later(2), 3).await.rows, 1);
        let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
        assert_eq!(tx.log(&LogQuery::default()).await.expect("rows").len(), 2, "the last commit stays");
    }
}

/// Acme keeps its log for 30 days, globex for 90, then acme's is held, and let go.
#[tokio::test]
async fn each_tenant_keeps_its_own_log_as_long_as_it_says_and_while_it_is_held() {
    for f in each().await {
        for tenant in [f.acme, f.globex, f.acme, f.globex] {
            f.write(tenant, vec![f.event(types::SSO, "ada")]).await;
        }
        // Nothing of the last commit goes, whosever it is.
        f.write(f.globex, vec![f.event(types::SSO, "ada")]).await;
        f.count_events(100, 5).await;
        f.hear_events(5).await;
        let say = async |days: i64, held: bool, at| {
            let acme = f.store.tenant(f.acme);
            let write = acme.write(move |tx| {
                Box::pin(async move {
                    let mut row = tx.log_retention().await?;
                    row.days = days;
                    row.hold_reason = held.then(|| "a case".to_owned());
                    row.hold_at = held.then_some(at);
                    tx.update_log_retention(&row, at).await
                })
            });
            write.await.expect("a write");
        };
        let left = async |tenant| {
            let mut tx = f.store.tenant(tenant).read().await.expect("a reader");
            tx.log(&LogQuery::default()).await.expect("rows").len()
        };
        let sweep = async |at| while f.store.unscoped_delete_expired(at, 1).await.expect("a sweep").more {};
        let day = |n: i64| NOW.plus_secs(n * DAY);
        say(30, true, day(1)).await;
        sweep(day(31)).await;
        assert_eq!((left(f.acme).await, left(f.globex).await), (2, 3), "it is held");
        say(30, false, day(31)).await;
        let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
        let told = tx.log_before(day(1), 1).await.expect("a preview");
        assert_eq!((told.events, told.more), (1, true), "counted no further than asked");
        drop(tx);
        sweep(day(31)).await;
        assert_eq!((left(f.acme).await, left(f.globex).await), (0, 3));
        // It has nothing now; what comes next is due when it is old enough, and asked for then.
        f.write(f.acme, vec![f.event(types::SSO, "ada")]).await;
        f.write(f.globex, vec![f.event(types::SSO, "ada")]).await;
        f.count_events(100, 2).await;
        f.hear_events(2).await;
        sweep(day(60)).await;
        sweep(day(62)).await;
        assert_eq!((left(f.acme).await, left(f.globex).await), (0, 4));
        sweep(day(91)).await;
        assert_eq!(left(f.globex).await, 1, "the last commit stays");
    }
}

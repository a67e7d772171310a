//! Deleted tenants: restored as they were, or erased from every table that there is, and nobody else with them.

use signet_domain::Time;
use signet_domain::event::{Entity, Event, types};
use signet_domain::tenant::{TenantDeletion, TenantStatus};
use signet_store::StoreError;
use signet_testkit::{Engine, on_each_engine};

use crate::support::house::House;
use crate::support::until::until;

on_each_engine! { a_deleted_tenant_is_restored_or_erased_from_every_table }

fn deletion(house: &House, grace_days: i64) -> TenantDeletion {
    let (tenant, now) = (&house.a.tenant, house.a.now);
    TenantDeletion {
        id: tenant.id,
        number: tenant.number,
        name: tenant.name.clone(),
        host: tenant.host.clone(),
        was: tenant.status,
        deleted_by: "operator".to_owned(),
        deleted_at: now,
        erase_at: now.plus_secs(grace_days * 86_400),
        began_at: None,
        erased_at: None,
    }
}

fn event(house: &House, at: Time) -> Event {
    let entropy = signet_domain::Entropy::default();
    Event::new(entropy.id(at), at, types::TENANT_DELETE, Entity::system(), &house.a.event.request)
}

async fn a_deleted_tenant_is_restored_or_erased_from_every_table(engine: Engine) {
    let mut house = House::new(engine).await;
    let store = house.store.clone();
    let others = house.rows_of_b().await;
    let before = house.rows_of_a().await;
    let tables: Vec<&String> = before.iter().filter(|(_, rows)| !rows.is_empty()).map(|(t, _)| t).collect();
    assert!(tables.len() > 40, "the tenant is to have a row of everything: {tables:?}");

    // Deleted, and taken back.
    let began = house.a.now;
    let day = |n: i64| began.plus_secs(n * 86_400);
    let doomed = deletion(&house, 30);
    let (told, again) = (event(&house, day(0)), event(&house, day(1)));
    store.unscoped_begin_deletion(doomed.clone(), told.clone()).await.expect("a deletion");
    let twice = store.unscoped_begin_deletion(doomed.clone(), again.clone()).await;
    assert!(matches!(twice, Err(StoreError::Stale)), "{twice:?}");
    let found =
        store.unscoped_tenant_by_host(&doomed.host).await.expect("a read").expect("it is still there");
    assert_eq!(found.status, TenantStatus::Deleted);
    assert!(store.unscoped_due_erasure(day(29)).await.expect("a read").is_none());
    assert!(store.unscoped_restore_tenant(doomed.clone(), again).await.expect("a write"));
    assert!(store.unscoped_due_erasure(day(31)).await.expect("a read").is_none());
    assert_eq!(store.unscoped_deletion(doomed.id).await.expect("a read"), None);
    let after = house.rows_of_a().await;
    for table in before.keys().filter(|t| !["tenants", "events", "changes"].contains(&t.as_str())) {
        assert_eq!(before[table], after[table], "{table} after restoring");
    }
    let found = store.unscoped_tenant_by_host(&doomed.host).await.expect("a read").expect("it is there");
    assert_eq!(found.status, TenantStatus::Active);

    // Deleted, and its time is over. From then on it is too late.
    let told = event(&house, day(2));
    store.unscoped_begin_deletion(doomed.clone(), told.clone()).await.expect("a deletion");
    let due = store.unscoped_due_erasure(day(31)).await.expect("a write").expect("it is due");
    assert!(!store.unscoped_restore_tenant(due.clone(), told.clone()).await.expect("a write"), "too late");
    // One row of a table at a time: each step may be the last one before a crash.
    let mut steps = 0;
    while store.unscoped_erase_rows(due.id, 1).await.expect("a step").more {
        steps += 1;
    }
    assert!(steps >= 20, "{steps}");
    let early =
        store.unscoped_finish_erasure(due.id, day(31), event(&house, day(31))).await.expect("a write");
    assert!(!early, "its events are neither counted nor heard");
    // On PostgreSQL events wait for the oldest transaction of the whole server, and other tests have theirs.
    until("it is erased", async || {
        until_heard(&house).await;
        while store.unscoped_erase_rows(due.id, 1).await.expect("a step").more {}
        let erased = event(&house, day(31));
        store.unscoped_finish_erasure(due.id, day(31), erased).await.expect("a write")
    })
    .await;
    let left = house.rows_of_a().await;
    let left: Vec<_> = left.iter().filter(|(_, rows)| !rows.is_empty()).collect();
    assert!(left.is_empty(), "{left:#?}");
    let untouched = house.rows_of_b().await;
    for (table, rows) in &others {
        if !table.starts_with("hourly_") {
            assert_eq!(rows, &untouched[table], "{table} of the other tenant");
        }
    }
    // What is left of it: a line, whose number and id nobody gets again.
    assert!(store.unscoped_due_erasure(day(32)).await.expect("a read").is_none());
    let line = store.unscoped_erased_at_host(&doomed.host).await.expect("a read").expect("a line");
    assert_eq!((line.id, line.erased_at), (doomed.id, Some(day(31))));
    assert_eq!(store.unscoped_deletions(10).await.expect("a read"), [line]);
    assert!(store.unscoped_last_tenant_number().await.expect("a number") >= doomed.number);
    let operators = store.tenant(signet_store::tenant_deletions::OPERATOR);
    let mut tx = operators.read().await.expect("a reader");
    let log = tx.log(&signet_store::log_query::LogQuery::default()).await.expect("events");
    assert_eq!(log.len(), 4, "deleted, restored, deleted, erased: {log:#?}");
    drop(tx);
    store.close().await;
}

/// Counts and hears what there is.
async fn until_heard(house: &House) {
    while house.store.unscoped_count_events(100).await.expect("a step") > 0 {}
    while let Some(step) = house.store.unscoped_alert_step(100).await.expect("a step") {
        house.store.unscoped_end_alert_step(step, Vec::new()).await.expect("its end");
    }
}

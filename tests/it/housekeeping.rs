//! What the sweep does to rows that nobody can use any more.

use signet_domain::token::RefreshToken;
use signet_store::refresh::Rotated;
use signet_store::{Store, TenantStore};
use signet_testkit::{Engine, on_each_engine};

use crate::support::furniture::Furniture;
use crate::support::house::House;

on_each_engine! { rt_02_a_successor_is_erased_when_its_leeway_ends }

async fn row(tenant: &TenantStore, a: &Furniture) -> RefreshToken {
    let mut tx = tenant.read().await.expect("a reader");
    let row = tx.refresh_token(a.server.id, &a.refresh.hash).await.expect("a read");
    row.expect("the row stays, to know a replay by")
}

async fn sweep(store: &Store, now: signet_domain::Time) {
    while store.unscoped_delete_expired(now, 10).await.expect("a sweep").more {}
}

async fn rt_02_a_successor_is_erased_when_its_leeway_ends(engine: Engine) {
    let House { store, a, .. } = &House::new(engine).await;
    let (tenant, token) = (store.tenant(a.tenant.id), a.refresh.clone());
    let at = token.created_at;
    let leeway_until = at.plus_secs(30);
    let rotated = tenant.write(move |tx| {
        Box::pin(async move {
            let rotated = Rotated { at, leeway_until, successor_sealed: b"sealed", ip: "192.0.2.1" };
            tx.rotate_refresh_token(token.id, &rotated).await
        })
    });
    assert!(rotated.await.expect("a write"), "it is the first use");
    sweep(store, leeway_until).await;
    assert_eq!(
        row(&tenant, a).await.successor_sealed.as_deref(),
        Some(&b"sealed"[..]),
        "in the last instant"
    );
    sweep(store, leeway_until.plus_secs(1)).await;
    let after = row(&tenant, a).await;
    assert_eq!((after.successor_sealed, after.leeway_until), (None, None), "nobody can have it again");
    assert_eq!(after.rotated_at, Some(at), "it still counts as rotated");
}

//! Tenants are found by the beginning of a name or a host, page by page.

use signet_domain::Entropy;
use signet_domain::tenant::Tenant;
use signet_testkit::{Engine, on_each_engine};

use crate::support::house::House;

on_each_engine! { tenants_are_found_by_how_a_name_or_a_host_begins }

async fn tenants_are_found_by_how_a_name_or_a_host_begins(engine: Engine) {
    let House { store, a, .. } = &House::new(engine).await;
    let tenants = [
        ("orders-us", "shop.test"),
        ("shop", "orders.test"),
        ("orders-eu", "login.one.test"),
        ("zebra", "orders-old.test:8443"),
        ("orders", "orders-new.test"),
    ];
    for (number, (name, host)) in (100..).zip(tenants) {
        let tenant = Tenant {
            id: Entropy::default().id(a.now),
            number,
            name: name.to_owned(),
            host: host.to_owned(),
            url: format!("https://{host}"),
            ..a.tenant.clone()
        };
        let made = store.unscoped_insert_tenant(tenant, |_| Box::pin(async { Ok(()) })).await;
        made.expect("a tenant");
    }
    let all = ["orders", "orders-eu", "orders-us", "shop", "zebra"];
    for (after, prefix, limit, expected) in [
        ("", "orders", 10, &all[..]),
        ("", "orders", 2, &all[..2]),
        ("orders-eu", "orders", 2, &all[2..4]),
        ("shop", "orders", 2, &all[4..]),
        ("zebra", "orders", 2, &[]),
        ("", "orders-", 10, &["orders", "orders-eu", "orders-us", "zebra"]),
        ("", "shop", 10, &["orders-us", "shop"]),
        ("", "orders-old.test:8443", 10, &["zebra"]),
        ("", "test", 10, &[]),
        // Nothing that LIKE would take for any letter.
        ("", "%", 10, &[]),
        ("", "orders_", 10, &[]),
    ] {
        let found = store.unscoped_tenants_with_prefix(after, prefix, limit).await.expect("a read");
        let names: Vec<&str> = found.iter().map(|summary| summary.tenant.name.as_str()).collect();
        assert_eq!(names, expected, "{limit} after {after:?} that begin with {prefix:?}");
    }
    let found = store.unscoped_tenants_with_prefix("", &a.tenant.name, 10).await.expect("a read");
    let users = found.iter().find(|summary| summary.tenant.id == a.tenant.id).map(|summary| summary.users);
    assert_eq!(users, Some(1));
}

//! Alerts, made through the management API, and what sets them off.

use signet_testkit::{Tenant, Value, json};

use super::groups::group;
use super::until::until;

/// Makes an alert on groups whose name begins with a word; answers its path.
pub(crate) async fn alert_on_groups(
    tenant: &Tenant,
    word: &str,
    (at_least, window_minutes): (i64, i64),
) -> String {
    let body = json!({
        "name": format!("groups of {word}"), "search": { "filter": groups_of(word) },
        "atLeast": at_least, "windowMinutes": window_minutes,
    });
    let made = tenant.api("POST", "/api/v1/alerts").json(&body).await.expect(201).json();
    format!("/api/v1/alerts/{}", made["id"].as_str().expect("an id"))
}

/// The filter of such an alert.
pub(crate) fn groups_of(word: &str) -> String {
    format!(r#"eventType eq "group.lifecycle.create" and target.displayName sw "{word}""#)
}

/// Makes groups whose names begin with a word.
pub(crate) async fn groups(tenant: &Tenant, word: &str, names: impl IntoIterator<Item = usize>) {
    for n in names {
        group(tenant, &format!("{word} {n}")).await;
    }
}

/// The firings of an alert, newest first.
pub(crate) async fn firings(tenant: &Tenant, path: &str) -> Vec<Value> {
    let all: Value = tenant.api("GET", &format!("{path}/firings")).await.expect(200).json();
    all.as_array().expect("a list").clone()
}

/// Waits until the newest firing counts so many events; answers all.
pub(crate) async fn fired(tenant: &Tenant, path: &str, events: i64) -> Vec<Value> {
    let newest = async || firings(tenant, path).await.first().map(|firing| firing["events"].clone());
    until(&format!("{path} fires at {events} events"), async || newest().await == Some(json!(events))).await;
    firings(tenant, path).await
}

/// Waits until alerts have heard everything that happened before.
pub(crate) async fn caught_up(tenant: &Tenant) {
    let word = super::make::unique("sentinel");
    let path = alert_on_groups(tenant, &word, (1, 1)).await;
    groups(tenant, &word, [1]).await;
    fired(tenant, &path, 1).await;
    tenant.api("DELETE", &path).await.expect(204);
}

/// Makes a webhook that nothing tells; answers its id.
pub(crate) async fn webhook(tenant: &Tenant, name: &str) -> String {
    let body = json!({ "name": name, "url": "https://hooks.example/in" });
    let made = tenant.api("POST", "/api/v1/webhooks").json(&body).await.expect(201).json();
    made["id"].as_str().expect("an id").to_owned()
}

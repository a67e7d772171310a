//! The log's side: a refusal is one event, with the reason that the answer keeps to itself.

use std::collections::BTreeMap;
use std::time::Duration;

use signet_testkit::{Reply, Tenant, Value};

/// A filter may hold a hundred comparisons.
const IDS_PER_QUESTION: usize = 50;

/// The request's id, as the answer names it.
#[track_caller]
pub(crate) fn request_id(reply: &Reply) -> String {
    let id = reply.header("x-request-id");
    id.unwrap_or_else(|| panic!("no request id: {}", reply.describe())).to_owned()
}

/// The events of these requests, by request id.
pub(crate) async fn events_of(tenant: &Tenant, ids: &[String]) -> BTreeMap<String, Vec<Value>> {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for ids in ids.chunks(IDS_PER_QUESTION) {
        let filter: Vec<String> = ids.iter().map(|id| format!(r#"transaction.id eq "{id}""#)).collect();
        // From the newest: a page looks at so many events and no more, and other tests write some, too.
        let newest = [("filter", filter.join(" or ")), ("sortOrder", "DESCENDING".to_owned())];
        let newest = newest.each_ref().map(|(name, value)| (*name, value.as_str()));
        for event in tenant.logs(&newest).await.into_iter().rev() {
            let id = event["transaction"]["id"].as_str().expect("a transaction id").to_owned();
            found.entry(id).or_default().push(event);
        }
    }
    found
}

/// The events of one request, at least one.
pub(crate) async fn events(tenant: &Tenant, reply: &Reply) -> Vec<Value> {
    let id = request_id(reply);
    all_of(tenant, std::slice::from_ref(&id)).await.remove(&id).unwrap_or_default()
}

/// Waits until each request has an event: on PostgreSQL a reader waits for older writers, other tests' too.
async fn all_of(tenant: &Tenant, ids: &[String]) -> BTreeMap<String, Vec<Value>> {
    for _ in 0..300 {
        let found = events_of(tenant, ids).await;
        if ids.iter().all(|id| found.contains_key(id)) {
            return found;
        }
        signet_testkit::tokio::time::sleep(Duration::from_millis(100)).await;
    }
    events_of(tenant, ids).await
}

/// Each refusal is exactly one event: a failure, for the reason named beside it. Nothing may store the answer,
/// and the server still lives.
pub(crate) async fn assert_refusals(tenant: &Tenant, refused: &[(Reply, &str)]) -> Vec<Value> {
    let ids: Vec<String> = refused.iter().map(|(reply, _)| request_id(reply)).collect();
    let mut found = all_of(tenant, &ids).await;
    let mut events = Vec::new();
    for ((reply, reason), id) in refused.iter().zip(&ids) {
        let of_this = found.remove(id).unwrap_or_default();
        let [event] = of_this.as_slice() else {
            panic!("wanted one event of {}\nthere are {}: {of_this:#?}", reply.describe(), of_this.len());
        };
        let outcome = &event["outcome"];
        assert_eq!(outcome["result"], "FAILURE", "{event:#}\nof {}", reply.describe());
        assert_eq!(outcome["reason"], *reason, "{event:#}\nof {}", reply.describe());
        assert_no_store(reply);
        events.push(event.clone());
    }
    assert_alive(tenant).await;
    events
}

/// The same for one refusal; answers with its event.
pub(crate) async fn assert_refusal(tenant: &Tenant, reply: &Reply, reason: &str) -> Value {
    assert_refusals(tenant, &[(reply.clone(), reason)]).await.remove(0)
}

/// Nothing may keep the answer.
#[track_caller]
pub(crate) fn assert_no_store(reply: &Reply) {
    let cache = reply.header("cache-control").unwrap_or_default();
    assert!(cache.contains("no-store"), "cache control “{cache}” of {}", reply.describe());
}

/// The process answers.
pub(crate) async fn assert_alive(tenant: &Tenant) {
    tenant.get("/health/live").await.expect(200);
}

/// A further fact of an event.
pub(crate) fn fact<'a>(event: &'a Value, name: &str) -> &'a str {
    event["debugContext"]["debugData"][name].as_str().unwrap_or_default()
}

/// The reason of each refusal, one event each.
pub(crate) async fn reasons(tenant: &Tenant, refused: &[Reply]) -> Vec<String> {
    let ids: Vec<String> = refused.iter().map(request_id).collect();
    let mut found = all_of(tenant, &ids).await;
    let mut reasons = Vec::new();
    for (reply, id) in refused.iter().zip(&ids) {
        let events = found.remove(id).unwrap_or_default();
        assert_eq!(events.len(), 1, "one event of {}: {events:#?}", reply.describe());
        reasons.push(events[0]["outcome"]["reason"].as_str().unwrap_or_default().to_owned());
    }
    reasons
}

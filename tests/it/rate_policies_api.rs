//! `/api/v1/rate-policies`: making, changing and deleting them, and what is refused.

use signet_testkit::{TestApp, Value, json, on_each_engine};

use crate::support::make::{rate_policy, unique};

on_each_engine! {
    a_policy_is_made_read_changed_and_deleted,
    every_broken_rule_is_named,
    every_change_is_in_the_log,
    a_tenant_has_at_most_a_hundred,
    a_draft_is_tried_against_the_log,
}

async fn a_policy_is_made_read_changed_and_deleted(app: TestApp) {
    let acme = app.acme();
    let made = rate_policy(
        &acme,
        json!({ "name": "first", "identifier": "app", "limit": [3], "window_size": [30] }),
    )
    .await;
    let id = made["id"].as_str().expect("an id").to_owned();
    let mut expected = json!({
        "id": id, "name": "first", "enabled": true, "dry_run": false, "identifier": "app", "header_name": null,
        "path": null, "grant_types": ["authorization_code", "client_credentials", "password"], "limit": [3],
        "window_size": [30], "window_type": "sliding", "namespace": id, "strategy": "local", "sync_rate": -1,
        "disable_penalty": false, "hide_client_headers": false, "retry_after_jitter_max": 0, "error_code": 429,
        "error_message": "API rate limit exceeded",
    });
    let shown = |policy: &Value| {
        let mut policy = policy.clone();
        for name in ["created", "lastUpdated", "_links"] {
            assert!(policy.as_object_mut().unwrap().remove(name).is_some(), "{name}");
        }
        policy
    };
    assert_eq!(shown(&made), expected);
    let path = format!("/api/v1/rate-policies/{id}");
    let read = acme.api("GET", &path).await.expect(200);
    assert_eq!(read.json(), made);
    assert_eq!(acme.api("GET", "/api/v1/rate-policies").await.expect(200).json(), json!([made]));
    let etag = read.header("etag").expect("a version").to_owned();
    // What was read may be sent back, changed.
    let mut change = read.json();
    for (name, value) in [
        ("limit", json!([5, 100])),
        ("window_size", json!([1, 3600])),
        ("strategy", json!("cluster")),
        ("sync_rate", json!(0.5)),
        ("name", json!("second")),
    ] {
        change[name] = value.clone();
        expected[name] = value;
    }
    let changed = acme.api("PUT", &path).header("if-match", &etag).json(&change).await.expect(200);
    assert_eq!(shown(&changed.json()), expected);
    acme.api("PUT", &path).header("if-match", &etag).json(&change).await.expect(412);
    acme.api("DELETE", &path).await.expect(204);
    acme.api("GET", &path).await.expect(404);
    acme.api("DELETE", &path).await.expect(404);
}

async fn every_broken_rule_is_named(app: TestApp) {
    let acme = app.acme();
    let cases = [
        ("name", json!({ "name": "" })),
        ("name", json!({ "name": "x".repeat(101) })),
        ("identifier", json!({ "identifier": "planet" })),
        ("header_name", json!({ "identifier": "header" })),
        ("header_name", json!({ "identifier": "header", "header_name": "a b" })),
        ("header_name", json!({ "identifier": "header", "header_name": "Authorization" })),
        ("header_name", json!({ "header_name": "X-Plan" })),
        ("path", json!({ "identifier": "path" })),
        ("path", json!({ "identifier": "path", "path": "token" })),
        ("path", json!({ "path": "/x" })),
        ("limit", json!({ "limit": [], "window_size": [] })),
        ("limit", json!({ "limit": [0] })),
        ("limit", json!({ "limit": [100_000_001] })),
        (
            "limit",
            json!({ "limit": [1, 2, 3, 4, 5, 6, 7, 8, 9], "window_size": [1, 2, 3, 4, 5, 6, 7, 8, 9] }),
        ),
        ("window_size", json!({ "window_size": [0] })),
        ("window_size", json!({ "window_size": [31_536_001] })),
        ("window_size", json!({ "limit": [1, 2] })),
        ("window_size", json!({ "limit": [1, 2], "window_size": [30, 30] })),
        ("window_type", json!({ "window_type": "tumbling" })),
        ("namespace", json!({ "namespace": "a b" })),
        ("strategy", json!({ "strategy": "gossip" })),
        ("strategy", json!({ "strategy": "redis" })),
        ("sync_rate", json!({ "sync_rate": 1 })),
        ("sync_rate", json!({ "strategy": "cluster", "sync_rate": 0.01 })),
        ("sync_rate", json!({ "strategy": "cluster", "sync_rate": -2 })),
        ("grant_types", json!({ "grant_types": [] })),
        ("grant_types", json!({ "grant_types": ["implicit"] })),
        ("retry_after_jitter_max", json!({ "retry_after_jitter_max": -1 })),
        ("error_code", json!({ "error_code": 200 })),
        ("error_code", json!({ "error_code": 600 })),
        ("error_message", json!({ "error_message": "" })),
        ("error_message", json!({ "error_message": "a\nb" })),
    ];
    for (member, members) in cases {
        let mut body =
            json!({ "name": unique("bad"), "identifier": "app", "limit": [3], "window_size": [30] });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let reply = acme.api("POST", "/api/v1/rate-policies").json(&body).await;
        assert_eq!(reply.status, 400, "{members}: {}", reply.describe());
        let causes = reply.json()["errorCauses"].to_string();
        assert!(causes.contains(&format!("\"{member}: ")), "{members}: {causes}");
    }
    let unequal = json!({ "name": "unequal", "identifier": "app", "limit": [3], "window_size": [30, 60] });
    let reply = acme.api("POST", "/api/v1/rate-policies").json(&unequal).await.expect(400);
    assert!(reply.text().contains("You must provide the same number of windows and limits"));
    let base = json!({ "name": "base", "identifier": "app", "limit": [3], "window_size": [30] });
    for (name, value) in
        [("limits", json!([3])), ("limit", json!(3)), ("limit", json!([1.5])), ("sync_rate", json!("0"))]
    {
        let mut body = base.clone();
        body[name] = value;
        let reply = acme.api("POST", "/api/v1/rate-policies").json(&body).await;
        assert_eq!(reply.status, 400, "{body}: {}", reply.describe());
    }
    rate_policy(&acme, base.clone()).await;
    let again = acme.api("POST", "/api/v1/rate-policies").json(&base).await.expect(400);
    assert!(again.text().contains("name: An object with this field already exists"));
}

async fn every_change_is_in_the_log(app: TestApp) {
    let acme = app.acme();
    let made = rate_policy(
        &acme,
        json!({ "name": "logged", "identifier": "app", "limit": [3], "window_size": [30] }),
    )
    .await;
    let path = format!("/api/v1/rate-policies/{}", made["id"].as_str().unwrap());
    let mut change = made.clone();
    change["limit"] = json!([4]);
    acme.api("PUT", &path).json(&change).await.expect(200);
    acme.api("PUT", &path).json(&change).await.expect(200);
    acme.api("DELETE", &path).await.expect(204);
    let filter = |what: &str| format!(r#"eventType eq "policy.rate_limit.{what}""#);
    assert_eq!(acme.wait_for_logs(&filter("create"), 1).await.len(), 1);
    let updates = acme.wait_for_logs(&filter("update"), 1).await;
    assert_eq!(updates.len(), 1, "what changes nothing is no change");
    assert_eq!(updates[0]["debugContext"]["debugData"]["changed"], "+limit,-limit", "{:#}", updates[0]);
    assert_eq!(updates[0]["target"][0]["id"], made["id"]);
    assert_eq!(acme.wait_for_logs(&filter("delete"), 1).await.len(), 1);
}

async fn a_tenant_has_at_most_a_hundred(app: TestApp) {
    let acme = app.acme();
    let body = |n: u32| {
        json!({ "name": format!("p{n}"), "identifier": "app", "limit": [3], "window_size": [30],
        "enabled": false })
    };
    for n in 0..100 {
        rate_policy(&acme, body(n)).await;
    }
    let reply = acme.api("POST", "/api/v1/rate-policies").json(&body(100)).await.expect(400);
    assert!(reply.text().contains("at most 100"), "{}", reply.describe());
}

async fn a_draft_is_tried_against_the_log(app: TestApp) {
    let acme = app.acme();
    let now = app.clock().freeze().await;
    app.clock().set(now - now.rem_euclid(60_000_000) + 60_000_000).await;
    for _ in 0..5 {
        acme.client_credentials(&acme.service(), "orders:read").await.expect(200);
        app.clock().advance(std::time::Duration::from_secs(1)).await;
    }
    let draft = json!({ "name": "draft", "identifier": "app", "limit": [3], "window_size": [60] });
    let try_out = async |body: Value| acme.api("POST", "/api/v1/rate-policies/simulate").json(&body).await;
    acme.wait_for_logs(r#"eventType eq "app.oauth2.as.token.grant.access_token""#, 5).await;
    let found = try_out(json!({ "policy": draft, "hours": 1 })).await.expect(200).json();
    assert_eq!((&found["requests"], &found["refused"]), (&json!(5), &json!(2)), "{found:#}");
    assert_eq!(found["truncated"], false);
    let one = &found["refusals"][0];
    assert_eq!(one["counted"], acme.service().client_id, "{found:#}");
    assert_eq!((&one["admitted"], &one["refused"]), (&json!(3), &json!(2)), "{found:#}");
    assert!(one["first"].as_str() < one["last"].as_str(), "{found:#}");
    assert_eq!(
        acme.api("GET", "/api/v1/rate-policies").await.expect(200).json(),
        json!([]),
        "nothing was made"
    );
    try_out(json!({ "policy": draft, "hours": 25 })).await.expect(400);
    let mut header = draft.clone();
    header["identifier"] = json!("header");
    header["header_name"] = json!("X-Plan");
    try_out(json!({ "policy": header })).await.expect(400);
    try_out(json!({ "policy": [] })).await.expect(400);
}

//! Malformed calls of the management API are refused in its shape, and the server goes on.

use signet_testkit::{Value, on_each_engine};

use crate::malformed::alive;
use crate::support::frozen::Frozen;
use crate::support::make;

on_each_engine! {
    in_09_strange_json_is_refused,
    in_21_odd_limits_and_dates,
    in_26_deep_nesting_is_an_error,
}

async fn in_09_strange_json_is_refused(app: Frozen) {
    let acme = app.acme();
    let login = format!("{}@acme.test", make::unique("in09"));
    let profile =
        format!(r#""profile":{{"firstName":"A","lastName":"B","email":"a@b.test","login":"{login}"}}"#);
    let deep = format!(r#"{{{profile},"x":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let bodies = [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "\"text\"".to_owned(),
        "{".to_owned(),
        deep,
        format!("{{{profile},{profile}}}"),
        format!(r#"{{"profile":{{"login":"{login}","login":"{login}"}}}}"#),
        format!("{{{profile}}}{{}}"),
        format!("{{{profile}}} x"),
        format!(r#"{{{profile},"credentials":1e400}}"#),
        format!(r#"{{{profile},"credentials":[]}}"#),
        format!(r#"{{{profile},"credentials":{{"password":"text"}}}}"#),
        r#"{"profile":{"login":7}}"#.to_owned(),
        r#"{"profile":{"login":"a\u0000b"}}"#.to_owned(),
        r#"{"profile":{"login":"\ud800"}}"#.to_owned(),
        "\u{feff}{}".to_owned(),
    ];
    for body in &bodies {
        let call = acme.api("POST", "/api/v1/users").body("application/json", body.as_bytes());
        let reply = call.await;
        assert_eq!(reply.status, 400, "{body:.80}: {}", reply.describe());
        let error = reply.json();
        assert!(error["errorCode"].is_string() && error["errorId"].is_string(), "{}", reply.describe());
    }
    let latin1 = b"{\"profile\":{\"login\":\"\xe9\"}}";
    acme.api("POST", "/api/v1/users").body("application/json", latin1).await.expect(400);
    let found = acme.api("GET", &format!("/api/v1/users/{login}")).await;
    assert_eq!(found.status, 404, "none of these made a user");
    alive(&acme).await;
}

async fn in_21_odd_limits_and_dates(app: Frozen) {
    let acme = app.acme();
    for list in ["/api/v1/users", "/api/v1/apps", "/api/v1/logs"] {
        for limit in ["-1", "0", "1000000000", "99999999999999999999", "NaN", "1.5", "1e3", "", " 1", "0x10"]
        {
            let reply = acme.api("GET", list).query([("limit", limit)]).await;
            assert!(matches!(reply.status, 200 | 400), "{list}?limit={limit}: {}", reply.describe());
            let items: Value = reply.json();
            assert!(items.as_array().is_none_or(|items| items.len() <= 1_000), "{list}?limit={limit}");
        }
        for limit in ["NaN", "1.5", "-1"] {
            acme.api("GET", list).query([("limit", limit)]).await.expect(400);
        }
    }
    for date in [
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-01T25:00:00Z",
        "yesterday",
        "0",
    ] {
        let reply = acme.api("GET", "/api/v1/logs").query([("since", date)]).await;
        assert_eq!(reply.status, 400, "since={date}: {}", reply.describe());
    }
    // Good dates from before what the log may hold are refused as such, and the far future has no events yet.
    for date in ["2024-02-29T00:00:00.000Z", "1970-01-01T00:00:00Z"] {
        let reply = acme.api("GET", "/api/v1/logs").query([("since", date)]).await.expect(400);
        assert_eq!(reply.json()["errorCode"], "E0000053", "since={date}: {}", reply.describe());
    }
    for date in ["2400-02-29T00:00:00.000Z", "9999-12-30T00:00:00Z"] {
        let reply = acme.api("GET", "/api/v1/logs").query([("since", date)]).await.expect(200);
        assert_eq!(reply.text(), "[]", "since={date}");
    }
}

async fn in_26_deep_nesting_is_an_error(app: Frozen) {
    let acme = app.acme();
    let filters = [
        format!("{}eventType pr{}", "(".repeat(5_000), ")".repeat(5_000)),
        format!("{}(eventType pr){}", "not (".repeat(1_000), ")".repeat(1_000)),
        vec!["eventType pr"; 1_500].join(" and "),
        vec!["eventType pr"; 1_500].join(" or "),
    ];
    for filter in &filters {
        let url = format!("{}/api/v1/logs", acme.origin());
        let call = acme
            .http()
            .call("GET", &url)
            .header("authorization", &format!("SSWS {}", acme.credentials.api_token));
        let reply = call.query([("filter", filter.as_str())]).unchecked().await;
        assert!(matches!(reply.status, 400 | 414 | 431), "{:.40}…: {}", filter, reply.describe());
    }
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let body = format!("{}1{}", open.repeat(40_000), close.repeat(40_000));
        for (method, path) in
            [("POST", "/api/v1/users"), ("POST", "/api/v1/apps"), ("POST", "/auth/oauth2/v2/token")]
        {
            let reply = acme.api(method, path).body("application/json", body.as_bytes()).await;
            assert!(matches!(reply.status, 400 | 401 | 413), "{method} {path}: {}", reply.describe());
        }
    }
    alive(&acme).await;
}

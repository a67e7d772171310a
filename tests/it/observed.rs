//! What is seen of a server from outside: traces at a collector, metrics at an address of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use signet_testkit::{Engine, TestApp, Value, free_port, on_each_engine, serde_json, tokio};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

on_each_engine! {
    a_token_request_is_one_trace,
    a_collector_that_is_gone_changes_nothing,
    metrics_count_and_strangers_make_no_series,
    ob_02_probes_tell_strangers_nothing,
}

/// A collector: keeps every body that was posted to it.
struct Collector {
    url: String,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let bodies = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let kept = bodies.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, kept.clone()));
            }
        });
        Self { url, bodies }
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        self.bodies.lock().unwrap().clone()
    }

    /// Every span so far.
    fn spans(&self) -> Vec<Value> {
        let mut spans = Vec::new();
        for body in self.bodies() {
            let body: Value = serde_json::from_slice(&body).expect("OTLP as JSON");
            for resource in body["resourceSpans"].as_array().expect("resources") {
                for scope in resource["scopeSpans"].as_array().expect("scopes") {
                    spans.extend(scope["spans"].as_array().expect("spans").clone());
                }
            }
        }
        spans
    }

    /// The spans of a trace, once its first is there: that ends, and so comes, last.
    async fn trace(&self, is_root: impl Fn(&Value) -> bool) -> Vec<Value> {
        for _ in 0..600 {
            let spans = self.spans();
            if let Some(root) = spans.iter().find(|span| is_root(span)) {
                let id = root["traceId"].clone();
                return spans.into_iter().filter(|span| span["traceId"] == id).collect();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no such trace in 30 s: {:#?}", self.spans());
    }
}

async fn take(stream: TcpStream, bodies: Arc<Mutex<Vec<Vec<u8>>>>) {
    let mut stream = BufReader::new(stream);
    let (mut length, mut line) = (0, String::new());
    while stream.read_line(&mut line).await.is_ok_and(|n| n > 0) && line != "\r\n" {
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if length == 0 && lower.starts_with("post") {
            assert!(line.starts_with("POST /v1/traces HTTP/1.1"), "{line}");
        }
        line.clear();
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.expect("the whole body");
    bodies.lock().unwrap().push(body);
    let said = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    stream.get_mut().write_all(said).await.expect("the answer is read");
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

fn name(span: &Value) -> &str {
    span["name"].as_str().expect("a name")
}

async fn a_token_request_is_one_trace(engine: Engine) {
    let collector = Collector::start().await;
    let app = TestApp::start_with(engine, false, &["--otlp-endpoint", &collector.url]).await;
    let acme = app.acme();
    let (login, password) = acme.user();
    let web = acme.web();
    let params =
        [("grant_type", "password"), ("username", login), ("password", password), ("scope", "openid")];
    let parent = format!("00-{TRACE}-{CALLER}-01");
    acme.token_as(&web, &params).header("traceparent", &parent).await.expect(200);
    let spans = collector.trace(|span| span["parentSpanId"] == CALLER).await;
    assert_eq!(spans[0]["traceId"], TRACE);
    let names: BTreeSet<&str> = spans.iter().map(name).collect();
    for wanted in
        ["http.request", "token", "limits.throttle", "password.check", "store.write", "journal.append"]
    {
        assert!(names.contains(wanted), "{wanted} is not in {names:?}");
    }
    // Each hangs on another of them, up to the caller's.
    let by_id: BTreeMap<&str, &Value> = spans.iter().map(|s| (s["spanId"].as_str().unwrap(), s)).collect();
    for span in &spans {
        let up = span["parentSpanId"].as_str().expect("a parent");
        assert!(up == CALLER || by_id.contains_key(up), "{span:#}");
    }
    let journal = spans.iter().find(|span| name(span) == "journal.append").unwrap();
    let above = by_id[journal["parentSpanId"].as_str().unwrap()];
    assert_eq!(name(above), "store.write");

    // A malformed parent is no parent, and breaks nothing.
    for wrong in [format!("ff-{TRACE}-{CALLER}-01"), format!("00-{}-{CALLER}-01", TRACE.to_uppercase())] {
        let reply = acme.token_as(&web, &params).header("traceparent", &wrong).await.expect(200);
        let id = reply.header("x-request-id").expect("a request id").to_owned();
        let own = collector.trace(|span| span["attributes"].to_string().contains(&id)).await;
        assert!(own.iter().all(|span| span["traceId"] != TRACE), "{wrong} was believed");
        let root = own.iter().find(|span| name(span) == "http.request").unwrap();
        assert_eq!(root["parentSpanId"].as_str().unwrap_or_default(), "");
        assert!(root["attributes"].to_string().contains("/oauth2/{server}/v1/token"), "{root:#}");
    }
    app.stop().await;
    for body in collector.bodies() {
        app.canaries().assert_none_in("a trace", &body);
        assert!(!String::from_utf8_lossy(&body).contains(login), "a login is in a trace");
    }
    // Nothing but requests begins a trace: nobody polls or sweeps in one.
    let ids: BTreeSet<String> = collector.spans().iter().map(|s| s["spanId"].to_string()).collect();
    for span in collector.spans() {
        let is_root = !ids.contains(&span["parentSpanId"].to_string());
        assert!(!is_root || name(&span) == "http.request", "{span:#}");
    }
}

async fn a_collector_that_is_gone_changes_nothing(engine: Engine) {
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let app = TestApp::start_with(engine, false, &["--otlp-endpoint", &nobody]).await;
    let acme = app.acme();
    for _ in 0..20 {
        acme.client_credentials(&acme.service(), "orders:read").await.expect(200);
    }
}

/// The series and their values.
pub(crate) async fn series(app: &TestApp, port: u16) -> BTreeMap<String, f64> {
    let reply = app.http().get(&format!("http://127.0.0.1:{port}/metrics")).await.expect(200);
    app.canaries().assert_none_in("metrics", &reply.body);
    let text = reply.text();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            (name.to_owned(), value.parse().expect("a number"))
        })
        .collect()
}

async fn metrics_count_and_strangers_make_no_series(engine: Engine) {
    let port = free_port();
    let app = TestApp::start_with(engine, false, &["--metrics-listen", &format!("127.0.0.1:{port}")]).await;
    let acme = app.acme();
    let (login, password) = acme.user();
    app.clock().freeze().await;
    let invent = async |n: usize| {
        let url = format!("{}/invented/{n}?x={n}", acme.origin());
        acme.http().call(&format!("M{n}"), &url).unchecked().await;
        acme.http().get(&format!("{}/oauth2/server-{n}/v1/keys", acme.origin())).await;
        acme.get("/").host(&format!("host-{n}.example")).await;
    };
    invent(0).await;
    let before = series(&app, port).await;
    for _ in 0..6 {
        acme.password(&acme.web(), login, password, "openid").await;
    }
    for n in 0..1_000 {
        invent(n).await;
    }
    let after = series(&app, port).await;
    let grew = |name: &str| after[name] - before.get(name).copied().unwrap_or_default();
    assert_eq!(grew("signet_tokens_total{grant=\"password\"}"), 4.0);
    assert_eq!(grew("signet_refusals_total{rule=\"throttle\"}"), 2.0);
    assert_eq!(grew("signet_http_requests_total{route=\"/oauth2/{server}/v1/token\",status=\"4xx\"}"), 2.0);
    assert!(grew("signet_http_requests_total{route=\"other\",status=\"4xx\"}") >= 2_000.0, "{after:#?}");
    assert!(grew("signet_store_seconds_count") > 0.0);
    assert_eq!(after["signet_live_nodes"], 1.0);
    assert_eq!(after["signet_degraded{mode=\"redis_lost\"}"], 0.0);
    let token = "signet_http_requests_total{route=\"/oauth2/{server}/v1/token\"";
    let new: Vec<_> = after.keys().filter(|n| !before.contains_key(*n) && !n.starts_with(token)).collect();
    assert!(new.is_empty(), "strangers made {new:?}");
    // They are nowhere that users reach.
    assert_eq!(acme.get("/metrics").await.status, 404);
    assert_eq!(app.http().get(&format!("{}/metrics", app.operator_url())).await.status, 404);
}

async fn ob_02_probes_tell_strangers_nothing(app: TestApp) {
    let secrets = ["acme", "globex", "0.1.0", "signet/", app.data_dir().to_str().expect("a path")];
    for origin in [app.acme().origin().to_owned(), app.operator_url().to_owned()] {
        for path in
            ["/health/live", "/health/ready", "/metrics", "/health", "/health/ready?verbose=1", "/version"]
        {
            let reply = app.http().get(&format!("{origin}{path}")).await;
            let probe = matches!(path, "/health/live" | "/health/ready" | "/health/ready?verbose=1");
            assert_eq!(reply.status, if probe { 200 } else { 404 }, "{path}: {}", reply.describe());
            if probe {
                for secret in secrets {
                    assert!(!reply.text().contains(secret), "{path} tells {secret}: {}", reply.text());
                }
            }
            for header in ["server", "x-powered-by", "via"] {
                assert_eq!(reply.header(header), None, "{path}");
            }
        }
    }
}

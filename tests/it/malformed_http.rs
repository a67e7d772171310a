//! Requests that are wrong as HTTP/1.1: each is refused, the connection closed, and nothing smuggled through.

use std::time::Duration;

use signet_testkit::{Engine, TestApp, on_each_engine, tokio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::frozen::Frozen;

on_each_engine! {
    in_02_large_and_endless_bodies_are_cut_early,
    in_10_slow_callers_are_cut_off,
    in_11_of_idle_connections_the_oldest_give_way,
    in_12_ambiguous_framing_is_refused,
    in_14_large_and_many_headers_are_refused,
    in_15_unusual_methods_are_refused,
    in_16_a_wrong_host_is_refused,
    in_17_other_spellings_of_a_path_are_no_route,
    in_18_compressed_bodies_are_refused,
}

/// acme's host, as requests name it.
fn host(app: &TestApp) -> String {
    format!("localhost:{}", app.port())
}

/// The statuses of all answers in what came back.
fn statuses(answer: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(answer).into_owned();
    let after = text.split("HTTP/1.1 ").skip(1);
    after.filter_map(|rest| rest.get(..3)).filter_map(|status| status.parse().ok()).collect()
}

async fn alive(app: &TestApp) {
    let request = format!("GET /health/live HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", host(app));
    assert_eq!(statuses(&app.raw(request.as_bytes()).await), [200], "the server goes on");
}

async fn in_02_large_and_endless_bodies_are_cut_early(app: Frozen) {
    let head = |length: &str| {
        format!(
            "POST /oauth2/default/v1/token HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n{length}\r\n\r\n",
            host(&app)
        )
    };
    // By its length, before a byte of it was sent.
    for length in ["1048577", "10000000000", "18446744073709551615"] {
        let answer = app.raw(head(&format!("Content-Length: {length}")).as_bytes()).await;
        // The parser itself says 431 of the one number that it keeps for itself.
        let refused =
            matches!(statuses(&answer)[..], [413]) || (length.len() == 20 && statuses(&answer) == [431]);
        assert!(refused, "{length} bytes: {}", String::from_utf8_lossy(&answer));
    }
    // Without one, when it is too much.
    let mut stream = app.connect().await;
    stream.write_all(head("Transfer-Encoding: chunked").as_bytes()).await.unwrap();
    let chunk = [b"10000\r\n".as_slice(), &[b'a'; 0x1_0000], b"\r\n"].concat();
    let mut sent = 0;
    while sent < 64 << 20 {
        if stream.write_all(&chunk).await.is_err() {
            break;
        }
        sent += chunk.len();
    }
    assert!(sent < 16 << 20, "{sent} bytes were taken");
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the connection stays open");
    assert!(
        statuses(&answer).is_empty() || statuses(&answer) == [413],
        "{}",
        String::from_utf8_lossy(&answer)
    );
    alive(&app).await;
}

/// Fifty heads that never end; meanwhile others are served, and after the deadline the fifty are gone.
async fn in_10_slow_callers_are_cut_off(app: Frozen) {
    let began = std::time::Instant::now();
    let mut slow = Vec::new();
    for n in 0..50 {
        let mut stream = app.connect().await;
        let start = format!("POST /oauth2/default/v1/token HTTP/1.1\r\nHost: {}\r\n", host(&app));
        stream.write_all(&start.as_bytes()[..20 + n % 20]).await.unwrap();
        slow.push(stream);
    }
    let mut bodies = Vec::new();
    for _ in 0..20 {
        let mut stream = app.connect().await;
        let start = format!(
            "POST /oauth2/default/v1/token HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: 1000\r\n\r\ngrant",
            host(&app)
        );
        stream.write_all(start.as_bytes()).await.unwrap();
        bodies.push(stream);
    }
    let acme = app.acme();
    while began.elapsed() < Duration::from_secs(8) {
        for stream in &mut slow {
            // A byte now and then earns no more time.
            let _cut_already = stream.write_all(b"x").await;
        }
        let asked = std::time::Instant::now();
        acme.client_credentials(&acme.service(), "orders:read").await.expect(200);
        assert!(asked.elapsed() < Duration::from_secs(3), "others wait {:?}", asked.elapsed());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    for stream in &mut slow {
        let mut rest = Vec::new();
        let left = Duration::from_secs(14).saturating_sub(began.elapsed());
        let end = tokio::time::timeout(left, stream.read_to_end(&mut rest)).await;
        assert!(end.is_ok(), "still open {:?} after it began", began.elapsed());
        assert!(matches!(statuses(&rest)[..], [] | [400 | 408]), "{}", String::from_utf8_lossy(&rest));
    }
    drop(bodies);
    alive(&app).await;
}

async fn in_11_of_idle_connections_the_oldest_give_way(engine: Engine) {
    let app = TestApp::start_with(engine, false, &["--connections", "50"]).await;
    let acme = app.acme();
    // One is busy with a body that takes its time.
    let body = "grant_type=client_credentials&client_id=x&client_secret=y";
    let mut busy = app.connect().await;
    let (host, length) = (host(&app), body.len());
    let head = format!(
        "POST /oauth2/default/v1/token HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Connection: close\r\nContent-Length: {length}\r\n\r\n{}",
        &body[..9]
    );
    busy.write_all(head.as_bytes()).await.unwrap();
    let mut idle = Vec::new();
    for n in 0..500 {
        let mut stream = app.connect().await;
        // Some have been answered, some have begun to ask, some never said a word.
        match n % 3 {
            0 => {
                let request = format!("GET /health/live HTTP/1.1\r\nHost: {host}\r\n\r\n");
                stream.write_all(request.as_bytes()).await.unwrap();
                let mut start = [0; 12];
                stream.read_exact(&mut start).await.expect("an answer");
            }
            1 => stream.write_all(b"GET /hea").await.unwrap(),
            _ => {}
        }
        idle.push(stream);
        if n % 100 == 99 {
            acme.client_credentials(&acme.service(), "orders:read").await.expect(200);
        }
    }
    // All but the newest are gone, and whoever is being answered stayed.
    for stream in idle.drain(..400) {
        assert!(is_closed(stream).await);
    }
    let newest = idle.pop().expect("the newest");
    assert!(!is_closed(newest).await);
    busy.write_all(&body.as_bytes()[9..]).await.unwrap();
    let mut answer = Vec::new();
    busy.read_to_end(&mut answer).await.unwrap();
    assert_eq!(statuses(&answer), [401], "{}", String::from_utf8_lossy(&answer));
    alive(&app).await;
}

/// Whether the other side ended a connection, whatever it said before.
async fn is_closed(mut stream: tokio::net::TcpStream) -> bool {
    let mut rest = Vec::new();
    let read = stream.read_to_end(&mut rest);
    tokio::time::timeout(Duration::from_secs(1), read).await.is_ok()
}

async fn in_12_ambiguous_framing_is_refused(app: Frozen) {
    let host = host(&app);
    let smuggled = format!("GET /health/live HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let post = |headers: &str, body: &str| {
        format!("POST /oauth2/default/v1/token HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n\r\n{body}{smuggled}")
    };
    let requests = [
        ("both lengths", post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        ("both lengths, turned round", post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n")),
        ("two lengths", post("Content-Length: 5\r\nContent-Length: 6", "a=b&c=")),
        ("two equal lengths", post("Content-Length: 3\r\nContent-Length: 3", "a=b")),
        ("a list of lengths", post("Content-Length: 3, 3", "a=b")),
        ("a signed length", post("Content-Length: +3", "a=b")),
        ("a hexadecimal length", post("Content-Length: 0x3", "a=b")),
        ("two encodings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        ("an unknown encoding", post("Transfer-Encoding: xchunked", "0\r\n\r\n")),
        ("chunked and something else", post("Transfer-Encoding: chunked, identity", "0\r\n\r\n")),
        ("gzip, then chunked", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n")),
        ("a folded line", post("X-A: b\r\n c: d\r\nContent-Length: 3", "a=b")),
        ("a folded encoding", post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n")),
        ("a space before the colon", post("Content-Length : 3", "a=b")),
        ("a space before the name", post(" Content-Length: 3", "a=b")),
        ("a bare line feed", post("X-A: b\nContent-Length: 3", "a=b")),
        ("a bare carriage return", post("X-A: b\rContent-Length: 3", "a=b")),
        ("a NUL", post("X-A: b\0\r\nContent-Length: 3", "a=b")),
        ("no colon", post("Content-Length", "a=b")),
        ("an empty name", post(": x\r\nContent-Length: 3", "a=b")),
        ("a strange version", format!("GET / HTTP/1.9\r\nHost: {host}\r\n\r\n{smuggled}")),
        ("no version", format!("GET /\r\nHost: {host}\r\n\r\n{smuggled}")),
    ];
    for (what, request) in requests {
        let answer = app.raw(request.as_bytes()).await;
        let text = String::from_utf8_lossy(&answer).into_owned();
        assert!(statuses(&answer).len() <= 1, "{what}: a second request was read:\n{text}");
        assert!(!text.contains("ok\n"), "{what}: the smuggled request was answered:\n{text}");
        if let [status] = statuses(&answer)[..] {
            assert!((400..=505).contains(&status), "{what}:\n{text}");
        }
        assert!(closes(&app, &request).await, "{what}: the connection stays open");
    }
    alive(&app).await;
}

/// Whether the server ends the connection.
async fn closes(app: &TestApp, request: &str) -> bool {
    let mut stream = app.connect().await;
    let _refused_early = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    // A reset is an end, too.
    tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await.is_ok()
}

async fn in_14_large_and_many_headers_are_refused(app: Frozen) {
    let host = host(&app);
    let large = format!("X-Large: {}\r\n", "x".repeat(64 * 1024));
    let many: String = (0..500).map(|n| format!("X-{n}: {n}\r\n")).collect();
    let long_path = format!("/{}", "x".repeat(64 * 1024));
    for (what, request) in [
        ("a header of 64 KB", format!("GET / HTTP/1.1\r\nHost: {host}\r\n{large}\r\n")),
        ("500 headers", format!("GET / HTTP/1.1\r\nHost: {host}\r\n{many}\r\n")),
        (
            "a cookie of 64 KB",
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nCookie: a={}\r\n\r\n", "y".repeat(64 * 1024)),
        ),
        ("a path of 64 KB", format!("GET {long_path} HTTP/1.1\r\nHost: {host}\r\n\r\n")),
    ] {
        let answer = app.raw(request.as_bytes()).await;
        let found = statuses(&answer);
        assert!(matches!(found[..], [431 | 414]), "{what}: {}", String::from_utf8_lossy(&answer));
    }
    alive(&app).await;
}

async fn in_15_unusual_methods_are_refused(app: Frozen) {
    let host = host(&app);
    for method in
        ["TRACE", "CONNECT", "PATCH", "DELETE", "PUT", "PROPFIND", "post", "Get", "POSTX", "M-SEARCH"]
    {
        for path in ["/oauth2/default/v1/token", "/oauth2/default/v1/keys", "/"] {
            let target = if method == "CONNECT" { host.as_str() } else { path };
            let request = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n");
            let answer = app.raw(request.as_bytes()).await;
            let found = statuses(&answer);
            assert!(
                matches!(found[..], [400 | 404 | 405 | 501]),
                "{method} {path}: {}",
                String::from_utf8_lossy(&answer)
            );
        }
    }
    let request = format!("GET\t/ HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let answer = app.raw(request.as_bytes()).await;
    assert!(matches!(statuses(&answer)[..], [] | [400]), "a tab after the method");
    alive(&app).await;
}

async fn in_16_a_wrong_host_is_refused(app: Frozen) {
    let host = host(&app);
    let other = format!("globex.{host}");
    let get =
        |target: &str, headers: &str| format!("GET {target} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
    for (what, request) in [
        ("no host", get("/", "")),
        ("an empty host", get("/", "Host: \r\n")),
        ("two hosts", get("/", &format!("Host: {host}\r\nHost: {other}\r\n"))),
        ("twice the same host", get("/", &format!("Host: {host}\r\nHost: {host}\r\n"))),
        ("a list of hosts", get("/", &format!("Host: {host}, {other}\r\n"))),
        ("userinfo", get("/", &format!("Host: x@{host}\r\n"))),
        ("a path in the host", get("/", &format!("Host: {host}/x\r\n"))),
        ("two ports", get("/", &format!("Host: {host}:80\r\n"))),
        ("an absolute form that disagrees", get(&format!("http://{other}/"), &format!("Host: {host}\r\n"))),
        ("an absolute form with userinfo", get(&format!("http://x@{host}/"), &format!("Host: {host}\r\n"))),
        ("an absolute form without a host", get(&format!("http://{host}/"), "")),
        ("a control character", get("/", &format!("Host: {host}\u{1}\r\n"))),
    ] {
        let answer = app.raw(request.as_bytes()).await;
        assert!(matches!(statuses(&answer)[..], [400 | 421]), "{what}: {}", String::from_utf8_lossy(&answer));
    }
    let good = get("/oauth2/default/v1/keys", &format!("Host: {}\r\n", host.to_uppercase()));
    assert_eq!(statuses(&app.raw(good.as_bytes()).await), [200], "a host's case says nothing");
}

async fn in_17_other_spellings_of_a_path_are_no_route(app: Frozen) {
    let host = host(&app);
    for path in [
        "//oauth2/default/v1/token",
        "/oauth2//default/v1/token",
        "/oauth2/default/v1/token/",
        "/oauth2/default/v1//token",
        "/oauth2/default/v1/%74oken",
        "/oauth2/default/v1/token%2f",
        "/oauth2/default/v1/token;x=1",
        "/oauth2/default/v1/./token",
        "/oauth2/default/x/../v1/token",
        "/oauth2/default/v1/..;/v1/token",
        "/x/..;/oauth2/default/v1/token",
        "/oauth2/default/v1/Token",
        "/OAuth2/default/v1/token",
        "/oauth2/default/v1\\token",
        "/oauth2/default/v1/token%00",
        "/oauth2/default/v1/token%20",
        "/oauth2/default/v1/token.json",
        "/oauth2/default/v1/%2e%2e/v1/token",
        "/oauth2/%64efault/v1/token",
        "/x/..;/api/v1/users",
        "/api/v1/users/",
        "//api/v1/users",
        "/api//v1/users",
        "/API/v1/users",
        "/api/v1/%75sers",
    ] {
        for method in ["GET", "POST"] {
            let request = format!(
                "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let answer = app.raw(request.as_bytes()).await;
            assert!(
                matches!(statuses(&answer)[..], [404 | 400]),
                "{method} {path}: {}",
                String::from_utf8_lossy(&answer)
            );
        }
    }
}

async fn in_18_compressed_bodies_are_refused(app: Frozen) {
    let acme = app.acme();
    let service = acme.service();
    let secret = service.client_secret.clone().unwrap_or_default();
    for encoding in ["gzip", "deflate", "br", "zstd", "x-gzip", "gzip, gzip"] {
        let call = acme.http().call("POST", &acme.endpoint("token")).basic(&service.client_id, &secret);
        let call = call.header("content-encoding", encoding);
        let reply = call.body("application/x-www-form-urlencoded", b"\x1f\x8b\x08\x00").await;
        assert_eq!(reply.status, 415, "{encoding}: {}", reply.describe());
    }
    let call = acme.http().call("POST", &acme.endpoint("token")).basic(&service.client_id, &secret);
    let form = b"grant_type=client_credentials&scope=orders:read";
    call.header("content-encoding", "identity")
        .body("application/x-www-form-urlencoded", form)
        .await
        .expect(200);
}

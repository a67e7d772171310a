//! Where Signet may be made to call, seen through apps that publish their keys at an address of their choice.

use std::time::Duration;

use signet_oauth::jwt::Alg;
use signet_testkit::{Engine, Reply, Tenant, TestApp, Value, json, on_each_engine};

use crate::support::apps::{Made, NewApp, Person};
use crate::support::client_key::{ClientKey, claims, post};
use crate::support::log::assert_refusals;
use crate::support::outside::{Answer, Outside};

on_each_engine! {
    ss_01_nothing_private_is_connected_to,
    ss_02_a_name_is_looked_up_once_and_pinned,
    ss_03_redirects_are_not_followed,
    ss_04_a_name_with_a_private_address,
    ss_05_other_schemes_and_ports,
    ss_14_no_header_says_where_to_call,
    ss_15_nothing_tells_an_open_port,
    ss_16_registered_addresses_are_looked_at_at_every_use,
}

/// Only 127.0.0.2 may be called; the rest of this machine stands for what is private.
const STRICT: &[&str] = &["--outbound-networks=127.0.0.2"];

/// A request that only needs an app.
const SCOPE: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "orders:read")];

/// The log's word for it.
pub(crate) const UNAVAILABLE: &str = "client_jwks_unavailable";

/// The reply to the registration of an app that publishes its keys at this address.
pub(crate) async fn register(tenant: &Tenant, uri: &str) -> Reply {
    tenant.api("POST", "/api/v1/apps").json(at(uri).body()).await
}

fn at(uri: &str) -> NewApp {
    let app = NewApp::service().credential("token_endpoint_auth_method", json!("private_key_jwt"));
    app.oauth("jwks_uri", json!(uri))
}

/// An app that publishes its keys, and one of them.
pub(crate) struct Published {
    pub(crate) app: Made,
    pub(crate) key: ClientKey,
}

impl Published {
    pub(crate) async fn at(tenant: &Tenant, uri: &str) -> Self {
        Self { app: at(uri).make(tenant).await, key: ClientKey::new(Alg::ES256) }
    }

    /// The key set that it publishes.
    pub(crate) fn set(&self) -> Answer {
        Answer::json(&json!({ "keys": [self.key.jwk] }))
    }

    /// Asks for a token, which needs the key; at an instant in seconds.
    pub(crate) async fn ask(&self, tenant: &Tenant, now: i64) -> Reply {
        self.ask_with(tenant, &self.key, now).await
    }

    /// Asks with another key.
    pub(crate) async fn ask_with(&self, tenant: &Tenant, key: &ClientKey, now: i64) -> Reply {
        post(tenant, "token", &key.assertion(&claims(&self.app, tenant, now)), &SCOPE).await
    }
}

/// The server's time, in seconds.
pub(crate) async fn now(app: &TestApp) -> i64 {
    app.clock().advance(Duration::ZERO).await / 1_000_000
}

async fn ss_01_nothing_private_is_connected_to(engine: Engine) {
    let app = TestApp::start_with(engine, false, STRICT).await;
    let acme = app.acme();
    let inside = Outside::at("127.0.0.1").await;
    let port = inside.address.port();
    for host in [
        "127.0.0.1",
        "[::1]",
        "0.0.0.0",
        "[::]",
        "169.254.169.254",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "[fd00::1]",
        "[fe80::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::1]",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "017700000001",
        "0177.0.0.1",
    ] {
        let reply = register(&acme, &format!("https://{host}:{port}/jwks")).await;
        assert_eq!(reply.status, 400, "{host}: {}", reply.describe());
        assert!(reply.text().contains("jwks_uri"), "{}", reply.text());
    }
    // Names don't tell; they are looked at when they are called.
    let names = [
        ("localhost", None),
        ("localhost.", None),
        ("a.inside.test", Some("127.0.0.1")),
        ("b.inside.test", Some("::1")),
        ("c.inside.test", Some("::ffff:127.0.0.1")),
        ("d.inside.test", Some("64:ff9b::7f00:1")),
        ("e.inside.test", Some("169.254.169.254")),
        ("f.inside.test", Some("0.0.0.0")),
    ];
    let mut refused = Vec::new();
    for (name, address) in names {
        if let Some(address) = address {
            app.names(&format!("{name} {address}")).await;
        }
        let published = Published::at(&acme, &inside.named("https", name)).await;
        let reply = published.ask(&acme, now(&app).await).await;
        refused.push((reply.expect_oauth_error(401, "invalid_client"), UNAVAILABLE));
    }
    assert_refusals(&acme, &refused).await;
    assert_eq!(inside.connections(), 0);
}

async fn ss_02_a_name_is_looked_up_once_and_pinned(engine: Engine) {
    let app = TestApp::start_with(engine, false, STRICT).await;
    let (acme, clock) = (app.acme(), app.clock());
    let (open, inside) = Outside::twins("127.0.0.2", "127.0.0.1").await;
    app.names("turns.localhost 127.0.0.2;127.0.0.1").await;
    let published = Published::at(&acme, &open.named("http", "turns.localhost")).await;
    open.says([published.set()]);
    inside.says([published.set()]);
    published.ask(&acme, now(&app).await).await.expect(200);
    assert_eq!(app.names("turns.localhost").await, 1, "looked up once for one call");
    assert_eq!(open.asked().len(), 1);
    // The name leads inside now: nobody goes there, neither while the keys are good nor after.
    clock.advance(Duration::from_secs(11 * 60)).await;
    published.ask(&acme, now(&app).await).await.expect(200);
    assert_eq!(app.names("turns.localhost").await, 2);
    clock.advance(Duration::from_secs(3_600)).await;
    let late = published.ask(&acme, now(&app).await).await.expect_oauth_error(401, "invalid_client");
    assert_refusals(&acme, &[(late, UNAVAILABLE)]).await;
    assert_eq!((open.connections(), inside.connections()), (1, 0));
}

async fn ss_03_redirects_are_not_followed(engine: Engine) {
    let app = TestApp::start_with(engine, false, STRICT).await;
    let acme = app.acme();
    let (open, inside) = Outside::twins("127.0.0.2", "127.0.0.1").await;
    let other = Outside::at("127.0.0.2").await;
    let mut refused = Vec::new();
    for status in [301, 302, 303, 307, 308] {
        for target in [inside.url("/"), other.url("/")] {
            let published = Published::at(&acme, &open.url(&format!("/{status}"))).await;
            let keys = json!({ "keys": [published.key.jwk] }).to_string();
            inside.says([published.set()]);
            other.says([published.set()]);
            open.says([Answer::raw(&format!(
                "HTTP/1.1 {status} Away\r\nlocation: {target}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{keys}",
                keys.len()
            ))]);
            let reply = published.ask(&acme, now(&app).await).await;
            refused.push((reply.expect_oauth_error(401, "invalid_client"), UNAVAILABLE));
        }
    }
    assert_refusals(&acme, &refused).await;
    assert_eq!((open.asked().len(), inside.connections(), other.connections()), (10, 0, 0));
}

async fn ss_04_a_name_with_a_private_address(engine: Engine) {
    let app = TestApp::start_with(engine, false, STRICT).await;
    let acme = app.acme();
    let (open, inside) = Outside::twins("127.0.0.2", "127.0.0.1").await;
    let mut refused = Vec::new();
    // One that may not be called spoils the others, wherever it stands.
    for (name, addresses) in [
        ("one.localhost", "127.0.0.1"),
        ("first.localhost", "127.0.0.1,127.0.0.2"),
        ("last.localhost", "127.0.0.2,10.0.0.1"),
        ("six.localhost", "127.0.0.2,fd00::1"),
    ] {
        app.names(&format!("{name} {addresses}")).await;
        let published = Published::at(&acme, &open.named("http", name)).await;
        open.says([published.set()]);
        let reply = published.ask(&acme, now(&app).await).await;
        refused.push((reply.expect_oauth_error(401, "invalid_client"), UNAVAILABLE));
    }
    assert_refusals(&acme, &refused).await;
    assert_eq!((open.connections(), inside.connections()), (0, 0));
    app.names("good.localhost 127.0.0.2").await;
    let published = Published::at(&acme, &open.named("http", "good.localhost")).await;
    open.says([published.set()]);
    published.ask(&acme, now(&app).await).await.expect(200);
}

async fn ss_05_other_schemes_and_ports(engine: Engine) {
    let app = TestApp::start_with(engine, false, &["--outbound-ports=443", "--outbound-networks="]).await;
    let acme = app.acme();
    for bad in [
        "http://app.example/jwks",
        "http://localhost/jwks",
        "http://127.0.0.1:443/jwks",
        "gopher://app.example/jwks",
        "ftp://app.example/jwks",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:application/json,{}",
        "https://app.example:80/jwks",
        "https://app.example:22/jwks",
        "https://app.example:8443/jwks",
        "https://app.example:0/jwks",
        "https://app.example:65536/jwks",
        "https://user@app.example/jwks",
        "https://user:word@app.example/jwks",
        "https://app.example/jwks#fragment",
        "https:app.example/jwks",
        "//app.example/jwks",
        "app.example/jwks",
        "https://app.example\\@127.0.0.1/",
        "https://app.example/\r\nHost: x",
        "https://\u{430}pp.example/jwks",
        "https://",
        "",
    ] {
        let reply = register(&acme, bad).await;
        assert_eq!(reply.status, 400, "{bad}: {}", reply.describe());
        let told = NewApp::web().oauth("backchannel_logout_uri", json!(bad));
        let reply = acme.api("POST", "/api/v1/apps").json(told.body()).await;
        assert_eq!(reply.status, 400, "{bad}: {}", reply.describe());
    }
    let good = register(&acme, "https://app.example/jwks").await.expect(200).json();
    let shown = &good["settings"]["oauthClient"];
    assert_eq!((&shown["jwks_uri"], &shown["jwks"]), (&json!("https://app.example/jwks"), &Value::Null));
}

async fn ss_14_no_header_says_where_to_call(engine: Engine) {
    let app = TestApp::start_with(engine, false, STRICT).await;
    let acme = app.acme();
    let (open, elsewhere) = (Outside::at("127.0.0.2").await, Outside::at("127.0.0.2").await);
    let published = Published::at(&acme, &open.url("/jwks")).await;
    open.says([published.set()]);
    elsewhere.says([published.set()]);
    let host = elsewhere.address.to_string();
    let header = json!({ "jku": elsewhere.url("/jwks"), "x5u": elsewhere.url("/x5u") });
    let header = crate::support::client_key::changed(published.key.header(), &header);
    let assertion = published.key.sign(&header, &claims(&published.app, &acme, now(&app).await));
    let call = post(&acme, "token", &assertion, &SCOPE);
    let call = call
        .header("x-forwarded-host", &host)
        .header("x-forwarded-for", &host)
        .header("x-forwarded-server", &host)
        .header("x-original-url", &elsewhere.url("/"))
        .header("forwarded", &format!("host=\"{host}\""))
        .header("referer", &elsewhere.url("/"));
    call.await.expect(200);
    assert_eq!((open.asked().len(), elsewhere.connections()), (1, 0));
    let head = &open.asked()[0].head;
    assert!(head.starts_with("get /jwks http/1.1"), "{head}");
    assert!(head.contains(&format!("host: {}", open.address)), "{head}");
    for foreign in ["authorization", "cookie", "x-forwarded", "forwarded", "referer", &host] {
        assert!(!head.contains(foreign), "{head}");
    }
}

async fn ss_15_nothing_tells_an_open_port(engine: Engine) {
    let app = TestApp::start_with(engine, false, STRICT).await;
    let acme = app.acme();
    let (open, inside) = Outside::twins("127.0.0.2", "127.0.0.1").await;
    let html = Outside::at("127.0.0.2").await;
    html.says([Answer::of(200, "text/html", "<html>")]);
    let closed = { Outside::at("127.0.0.2").await.address.port() ^ 1 };
    app.names("open.inside.test 127.0.0.1").await;
    app.names("closed.inside.test 10.255.255.1").await;
    let mut refused = Vec::new();
    for uri in [
        inside.named("https", "open.inside.test"),
        inside.named("https", "closed.inside.test"),
        inside.named("https", "localhost"),
        open.url("/").replace("http://", "https://"),
        html.url("/"),
        format!("http://127.0.0.2:{closed}/"),
    ] {
        let published = Published::at(&acme, &uri).await;
        let reply = published.ask(&acme, now(&app).await).await.expect_oauth_error(401, "invalid_client");
        refused.push((reply, UNAVAILABLE));
    }
    let words: Vec<String> = refused.iter().map(|(reply, _)| reply.text()).collect();
    assert!(words.iter().all(|said| *said == words[0]), "{words:#?}");
    // Neither does what the tenant's administrators read.
    let told = |event: &Value| {
        (event["outcome"].clone(), event["displayMessage"].clone(), event["severity"].clone())
    };
    let events = assert_refusals(&acme, &refused).await;
    assert!(events.iter().all(|event| told(event) == told(&events[0])), "{events:#?}");
    assert_eq!(inside.connections(), 0);
}

async fn ss_16_registered_addresses_are_looked_at_at_every_use(engine: Engine) {
    let app = TestApp::start_with(engine, false, STRICT).await;
    let acme = app.acme();
    let (open, inside) = Outside::twins("127.0.0.2", "127.0.0.1").await;
    app.names("rp.localhost 127.0.0.2").await;
    let web = NewApp::web()
        .oauth("backchannel_logout_uri", json!(open.named("http", "rp.localhost")))
        .make(&acme)
        .await;
    let person = Person::new(&acme).await;
    let sign_out = async || {
        person.code(&acme, &web, "openid").await.redeem(&acme, &web).await;
        acme.api("DELETE", &format!("/api/v1/users/{}/sessions", person.id)).await.expect(204);
    };
    sign_out().await;
    open.wait_for(1).await;
    // The name leads inside from now on.
    app.names("rp.localhost 127.0.0.1").await;
    sign_out().await;
    let filter = r#"eventType eq "app.oauth2.backchannel_logout" and outcome.result eq "FAILURE""#;
    let events = acme.wait_for_logs(filter, 1).await;
    assert_eq!(events[0]["outcome"]["reason"], "backchannel_logout_no_answer", "{events:#?}");
    assert_eq!((open.asked().len(), inside.connections()), (1, 0));
}

//! What a call out may cost, and whom it believes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use signet_oauth::jwt::Alg;
use signet_testkit::{Engine, TestApp, json, on_each_engine, tokio};
use tokio_rustls::TlsAcceptor;

use crate::outbound::{Published, UNAVAILABLE, now};
use crate::support::client_key::ClientKey;
use crate::support::log::assert_refusals;
use crate::support::outside::{Answer, Outside};

on_each_engine! {
    ss_06_size_and_time_are_bounded,
    ss_07_a_wrong_type_is_no_key_set,
    ss_08_certificates_are_checked_and_proxies_are_not_asked,
    ss_11_a_crowd_causes_one_fetch,
}

/// Everything that is said is refused.
async fn refused(app: &TestApp, answers: Vec<(&str, Answer)>) {
    let acme = app.acme();
    let now = now(app).await;
    let all = answers.into_iter().map(|(what, answer)| {
        let acme = acme.clone();
        async move {
            let outside = Outside::at("127.0.0.1").await;
            let published = Published::at(&acme, &outside.url("/jwks")).await;
            outside.says([answer]);
            let reply = tokio::time::timeout(Duration::from_secs(60), published.ask(&acme, now)).await;
            let reply = reply.unwrap_or_else(|_| panic!("{what}: it never ended"));
            assert_eq!(reply.status, 401, "{what}: {}", reply.describe());
            assert_eq!(outside.asked().len(), 1, "{what}");
            (reply, UNAVAILABLE)
        }
    });
    let all = join_all(all).await;
    assert_refusals(&acme, &all).await;
}

async fn ss_06_size_and_time_are_bounded(app: TestApp) {
    let key = ClientKey::new(Alg::ES256).jwk;
    let padded = |length: usize| json!({ "keys": [key], "x": "x".repeat(length) });
    let gigabyte = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1073741824\r\n\r\n{";
    let zipped = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}";
    let answers = vec![
        ("a byte now and then", Answer::Drips),
        ("nothing at all", Answer::Hangs),
        ("64 KiB and more", Answer::json(&padded(64 * 1024))),
        ("a megabyte", Answer::json(&padded(1 << 20))),
        ("a gigabyte, it says", Answer::raw(gigabyte)),
        ("compressed", Answer::raw(zipped)),
        ("deep", Answer::of(200, "application/json", &"[".repeat(60_000))),
        (
            "the end too early",
            Answer::raw("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"),
        ),
        ("no HTTP", Answer::raw("SSH-2.0-Server\r\n")),
    ];
    refused(&app, answers).await;
    // A full size is fine.
    let (acme, outside) = (app.acme(), Outside::at("127.0.0.1").await);
    let published = Published::at(&acme, &outside.url("/jwks")).await;
    outside.says([Answer::json(&json!({ "keys": [published.key.jwk], "x": "x".repeat(60 * 1024) }))]);
    published.ask(&acme, now(&app).await).await.expect(200);
}

async fn ss_07_a_wrong_type_is_no_key_set(app: TestApp) {
    let set = json!({ "keys": [ClientKey::new(Alg::ES256).jwk] }).to_string();
    let of = |status: u16, kind: &str| Answer::of(status, kind, &set);
    let answers = vec![
        ("HTML", of(200, "text/html")),
        ("text", of(200, "text/plain")),
        ("script", of(200, "application/javascript")),
        ("no type", of(200, "")),
        ("404", of(404, "application/json")),
        ("500", of(500, "application/json")),
        ("204", of(204, "application/json")),
        ("206", of(206, "application/json")),
        ("no JSON", Answer::of(200, "application/json", "<html>")),
        ("no keys", Answer::json(&json!({ "keys": [] }))),
    ];
    refused(&app, answers).await;
    let (acme, outside) = (app.acme(), Outside::at("127.0.0.1").await);
    let published = Published::at(&acme, &outside.url("/jwks")).await;
    let set = json!({ "keys": [published.key.jwk] }).to_string();
    outside.says([Answer::of(200, "application/jwk-set+json; charset=utf-8", &set)]);
    published.ask(&acme, now(&app).await).await.expect(200);
}

/// An authority of the test's own.
struct Authority(Issuer<'static, KeyPair>, String);

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self(Issuer::new(params, key), pem)
    }

    /// A TLS server for a name; `until` is the year in which its certificate ends.
    fn server(&self, name: &str, until: i32) -> TlsAcceptor {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let cert = params.signed_by(&key, &self.0).expect("a certificate");
        let chain = vec![CertificateDer::from(cert.der().to_vec())];
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a certificate with its key");
        TlsAcceptor::from(Arc::new(config))
    }
}

async fn ss_08_certificates_are_checked_and_proxies_are_not_asked(engine: Engine) {
    let (trusted, stranger) = (Authority::new(), Authority::new());
    let dir = tempfile::tempdir().expect("a directory");
    let file: PathBuf = dir.path().join("ca.pem");
    std::fs::write(&file, &trusted.1).expect("the authority's file");
    let flag = format!("--outbound-ca={}", file.display());
    // Every server under test has a proxy in its environment at which nobody is.
    let app = TestApp::start_with(engine, false, &[&flag]).await;
    let acme = app.acme();
    let mut refused = Vec::new();
    for (what, tls, good) in [
        ("good", trusted.server("localhost", 2090), true),
        ("another authority's", stranger.server("localhost", 2090), false),
        ("expired", trusted.server("localhost", 2021), false),
        ("another name's", trusted.server("app.example", 2090), false),
    ] {
        let outside = Outside::with_tls(tls).await;
        let published = Published::at(&acme, &outside.named("https", "localhost")).await;
        outside.says([published.set()]);
        let reply = published.ask(&acme, now(&app).await).await;
        if good {
            reply.expect(200);
        } else {
            assert_eq!(reply.status, 401, "{what}: {}", reply.describe());
            assert_eq!(outside.asked().len(), 0, "{what}");
            refused.push((reply, UNAVAILABLE));
        }
    }
    assert_refusals(&acme, &refused).await;
}

async fn ss_11_a_crowd_causes_one_fetch(app: TestApp) {
    let (acme, clock, outside) = (app.acme(), app.clock(), Outside::at("127.0.0.1").await);
    clock.freeze().await;
    // The server's own keys are made for its first token, which is not what is looked at here.
    acme.client_credentials(&acme.service(), "orders:read").await.expect(200);
    let published = Published::at(&acme, &outside.url("/jwks")).await;
    outside.says([published.set()]);
    let stranger = ClientKey::new(Alg::ES256);
    let at = now(&app).await;
    // A crowd with a key that isn't there, and with the one that is.
    let unknown = join_all((0..20).map(|_| published.ask_with(&acme, &stranger, at)));
    let known = join_all((0..20).map(|_| published.ask(&acme, at)));
    let (unknown, known) = tokio::join!(unknown, known);
    assert!(unknown.iter().all(|reply| reply.status == 401));
    assert!(
        known.iter().all(|reply| reply.status == 200),
        "{:?}",
        known.iter().map(|r| r.status).collect::<Vec<_>>()
    );
    assert_eq!(outside.asked().len(), 1);
    clock.advance(Duration::from_secs(59)).await;
    published.ask_with(&acme, &stranger, at + 59).await.expect(401);
    assert_eq!(outside.asked().len(), 1, "once a minute");
    clock.advance(Duration::from_secs(1)).await;
    published.ask_with(&acme, &stranger, at + 60).await.expect(401);
    published.ask_with(&acme, &stranger, at + 60).await.expect(401);
    assert_eq!(outside.asked().len(), 2);
}

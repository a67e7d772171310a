//! TLS from files: the certificate is replaced while the server runs, and strangers can't stall it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use signet_testkit::reqwest::{Certificate, Client, Version};
use signet_testkit::{TestApp, TestCa, TlsApp, on_each_engine, tokio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

on_each_engine! {
    a_new_certificate_needs_no_restart_and_a_bad_one_changes_nothing,
    both_http_versions_are_offered_and_old_tls_is_refused,
    handshakes_that_never_end_keep_nobody_out,
}

/// A client with connections of its own that trusts this authority and no other.
fn client(ca_pem: &str) -> Client {
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Client::builder()
        .no_proxy()
        .resolve("localhost", here)
        .tls_certs_only([Certificate::from_pem(ca_pem.as_bytes()).expect("an authority")])
        .build()
        .expect("a client")
}

async fn is_trusted(app: &TestApp, ca_pem: &str) -> bool {
    let url = format!("https://localhost:{}/health/live", app.port());
    client(ca_pem).get(url).send().await.is_ok()
}

/// Waits until the server's output holds these words.
async fn said(app: &TestApp, words: &str) {
    for _ in 0..1_000 {
        if app.output().contains(words) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the server did not say “{words}”:\n{}", app.output());
}

fn replace(file: &Path, text: &str) {
    let new = file.with_extension("new");
    std::fs::write(&new, text).expect("a new file");
    std::fs::rename(new, file).expect("the file's new content");
}

async fn a_new_certificate_needs_no_restart_and_a_bad_one_changes_nothing(app: TlsApp) {
    let old = app.ca_pem().expect("the first authority").to_owned();
    let open = client(&old);
    let url = format!("https://localhost:{}/health/live", app.port());
    open.get(&url).send().await.expect("a first answer");

    let dir = app.data_dir().parent().expect("a directory above");
    let aside = dir.join("aside");
    std::fs::create_dir(&aside).expect("a directory");
    let new = TestCa::write_into(&aside);
    let text = |file: &Path| std::fs::read_to_string(file).expect("a file");
    let (cert_file, key_file) = (dir.join("tls-cert.pem"), dir.join("tls-key.pem"));

    replace(&cert_file, &text(&new.cert_file));
    said(&app, "the old one stays in force").await;
    assert!(
        is_trusted(&app, &old).await && !is_trusted(&app, &new.ca_pem).await,
        "a key of another certificate"
    );

    replace(&key_file, &text(&new.key_file));
    said(&app, "new connections get the new TLS certificate").await;
    assert!(is_trusted(&app, &new.ca_pem).await && !is_trusted(&app, &old).await);
    open.get(&url).send().await.expect("what was open stays open");

    std::fs::remove_file(&cert_file).expect("the file goes");
    assert!(is_trusted(&app, &new.ca_pem).await, "a file that is gone changes nothing");
    assert_eq!(app.output().matches("the old one stays in force").count(), 1, "said once");
    app.assert_no_leak();
}

/// A ClientHello of TLS 1.1 (RFC 4346 §7.4.1.2) with two suites of its time.
fn hello_of_tls_1_1() -> Vec<u8> {
    let mut body = vec![3, 2];
    body.extend([7; 32]);
    body.extend([0, 0, 4, 0xc0, 0x09, 0xc0, 0x13, 1, 0]);
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).expect("a short hello");
    let mut handshake = vec![1, 0, 0, length(&body)];
    handshake.extend(body);
    let mut record = vec![0x16, 3, 1, 0, length(&handshake)];
    record.extend(handshake);
    record
}

async fn both_http_versions_are_offered_and_old_tls_is_refused(app: TlsApp) {
    let ca = app.ca_pem().expect("an authority");
    let url = format!("https://localhost:{}/health/live", app.port());
    let answer = client(ca).get(&url).send().await.expect("an answer");
    assert_eq!(answer.version(), Version::HTTP_2, "ALPN prefers it");
    let reply = app.http().get(&url).await.expect(200);
    assert!(reply.header("strict-transport-security").is_none(), "not for this machine's names");

    let refused = app.raw(&hello_of_tls_1_1()).await;
    // An alert record: fatal, protocol_version.
    assert!(refused.first() == Some(&0x15) && refused.ends_with(&[2, 70]), "{refused:?}");
    let refused = app.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(!refused.starts_with(b"HTTP"), "plain HTTP is no TLS");
    assert!(app.alive());
}

async fn handshakes_that_never_end_keep_nobody_out(app: TlsApp) {
    let mut stalled = Vec::new();
    for n in 0..200 {
        let mut stream = app.connect().await;
        // Some say nothing, some begin.
        let begun = &hello_of_tls_1_1()[..n % 10];
        stream.write_all(begun).await.expect("the beginning of a hello");
        stalled.push(stream);
    }
    let reply = app.http().fresh().get(&format!("{}/health/live", app.acme().origin()));
    let answered = tokio::time::timeout(Duration::from_secs(5), reply).await;
    answered.expect("an answer beside them, before any of them ends").expect(200);
    for mut stream in stalled {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut rest)).await;
        let _reset_or_end = end.expect("a handshake is given up");
    }
}

//! Against listeners on this machine, which stand for the internet: the policy lets some of its addresses through.

#![allow(clippy::unwrap_used)]

use super::*;
use std::collections::HashMap;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Names with the answers that they give one after the other; the last one stays.
#[derive(Default)]
struct Scripted(Mutex<HashMap<String, Vec<Vec<IpAddr>>>>);

impl Names for Scripted {
    fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let mut names = self.0.lock().unwrap();
        let answers = names.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
    }
}

fn names(entries: &[(&str, &[&[&str]])]) -> Arc<Scripted> {
    let parsed = entries.iter().map(|(name, answers)| {
        let answers = answers.iter().map(|list| list.iter().map(|a| a.parse().unwrap()).collect()).collect();
        ((*name).to_owned(), answers)
    });
    Arc::new(Scripted(Mutex::new(parsed.collect())))
}

/// May call 127.0.0.2 without TLS.
fn client(names: Arc<Scripted>) -> Client {
    let open: IpAddr = "127.0.0.2".parse().unwrap();
    let policy = Policy {
        ports: None,
        also: Box::new(move |address| address == open),
        plain_loopback: true,
        names,
        ..Policy::default()
    };
    Client::new(policy).unwrap()
}

/// Answers every connection with these bytes, and counts connections.
async fn server(address: &str, answer: Vec<u8>) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((address, 0)).await.unwrap();
    let (port, count) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await;
                let _ = stream.write_all(&answer).await;
            });
        }
    });
    (port, count)
}

fn json(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

const JSON: &[&str] = &["application/json", "application/jwk-set+json"];

#[tokio::test]
async fn a_document_is_had() {
    let (port, _) = server("127.0.0.2", json("{}")).await;
    let client = client(names(&[("localhost", &[&["127.0.0.2"]])]));
    let got = client.get(&format!("http://127.0.0.2:{port}/jwks?x=y"), JSON).await;
    assert_eq!(got.as_deref(), Ok(b"{}".as_slice()));
    assert_eq!(client.get(&format!("http://localhost:{port}/"), JSON).await.as_deref(), Ok(b"{}".as_slice()));
}

#[tokio::test]
async fn ss_01_nothing_is_connected_to_that_is_not_allowed() {
    let (port, count) = server("127.0.0.1", json("{}")).await;
    let client = client(names(&[
        ("inside.localhost", &[&["127.0.0.1"]]),
        ("two.localhost", &[&["127.0.0.2", "127.0.0.1"]]),
    ]));
    for host in ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"] {
        let url = format!("http://{host}:{port}/");
        assert!(client.check(&url).is_err(), "{url}");
        assert_eq!(client.get(&url, JSON).await, Err(Failed::NoAnswer), "{url}");
        assert_eq!(client.post_form(&url, String::new()).await, Err(Failed::NoAnswer), "{url}");
    }
    for host in ["inside.localhost", "two.localhost", "unknown.localhost"] {
        let url = format!("http://{host}:{port}/");
        assert_eq!(client.get(&url, JSON).await, Err(Failed::NoAnswer), "{url}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn ss_02_a_name_is_looked_up_once_for_a_call() {
    let (port, count) = server("127.0.0.2", json("{}")).await;
    let client = client(names(&[("a.localhost", &[&["127.0.0.2"], &["127.0.0.1"]])]));
    let url = format!("http://a.localhost:{port}/");
    assert!(client.get(&url, JSON).await.is_ok(), "the first answer is checked, and used");
    assert_eq!(client.get(&url, JSON).await, Err(Failed::NoAnswer), "the second is another");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn ss_03_redirects_are_answers_that_cannot_be_used() {
    let (inside, count) = server("127.0.0.2", json("{}")).await;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent", "300 Choose"]
    {
        let away = format!(
            "HTTP/1.1 {status}\r\nlocation: http://127.0.0.2:{inside}/\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        let (port, _) = server("127.0.0.2", away.into_bytes()).await;
        let client = client(names(&[]));
        assert_eq!(client.get(&format!("http://127.0.0.2:{port}/"), JSON).await, Err(Failed::Unusable));
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn ss_06_size_is_bounded() {
    let long = "x".repeat(MAX_ANSWER_BYTES + 1);
    let fits = "x".repeat(MAX_ANSWER_BYTES);
    let without_length =
        |body: &str| format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{body}").into_bytes();
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
        long.len()
    );
    let lies = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1073741824\r\n\r\nx";
    let gzip = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}";
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx: {long}\r\n\r\n{{}}");
    for (what, answer, expected) in [
        ("fits", json(&fits), Ok(MAX_ANSWER_BYTES)),
        ("fits, without a length", without_length(&fits), Ok(MAX_ANSWER_BYTES)),
        ("too long", json(&long), Err(Failed::Unusable)),
        ("too long, without a length", without_length(&long), Err(Failed::Unusable)),
        ("too long, in chunks", chunked.into_bytes(), Err(Failed::Unusable)),
        ("says a gigabyte", lies.as_bytes().to_vec(), Err(Failed::Unusable)),
        ("compressed", gzip.as_bytes().to_vec(), Err(Failed::Unusable)),
        ("a huge head", head.into_bytes(), Err(Failed::NoAnswer)),
        ("no HTTP", b"SSH-2.0-OpenSSH\r\n".to_vec(), Err(Failed::NoAnswer)),
        ("nothing", Vec::new(), Err(Failed::NoAnswer)),
        ("cut", json("{}")[..json("{}").len() - 1].to_vec(), Err(Failed::NoAnswer)),
    ] {
        let (port, _) = server("127.0.0.2", answer).await;
        let got = client(names(&[])).get(&format!("http://127.0.0.2:{port}/"), JSON).await;
        assert_eq!(got.map(|body| body.len()), expected, "{what}");
    }
}

#[tokio::test]
async fn ss_06_time_is_bounded() {
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n").await;
        // A byte now and then, for ever.
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let got = client(names(&[])).get(&format!("http://127.0.0.2:{port}/"), JSON).await;
    assert_eq!(got, Err(Failed::NoAnswer));
}

#[tokio::test]
async fn ss_07_the_type_of_an_answer() {
    for (kind, good) in [
        ("content-type: application/json\r\n", true),
        ("content-type: Application/JSON; charset=utf-8\r\n", true),
        ("content-type: application/jwk-set+json\r\n", true),
        ("content-type: text/html\r\n", false),
        ("content-type: text/plain\r\n", false),
        ("content-type: application/jsonp\r\n", false),
        ("content-type: \r\n", false),
        ("", false),
    ] {
        let (port, _) = server(
            "127.0.0.2",
            format!("HTTP/1.1 200 OK\r\n{kind}content-length: 2\r\n\r\n{{}}").into_bytes(),
        )
        .await;
        let got = client(names(&[])).get(&format!("http://127.0.0.2:{port}/"), JSON).await;
        assert_eq!(got.is_ok(), good, "{kind:?}");
    }
}

#[tokio::test]
async fn a_form_is_posted_and_only_the_status_matters() {
    for (answer, expected) in [("204 No Content", 204), ("200 OK", 200), ("400 Bad", 400), ("302 Found", 302)]
    {
        let answer =
            format!("HTTP/1.1 {answer}\r\ncontent-encoding: gzip\r\nlocation: http://127.0.0.1/\r\n\r\n");
        let (port, _) = server("127.0.0.2", answer.into_bytes()).await;
        let got = client(names(&[])).post_form(&format!("http://127.0.0.2:{port}/"), "a=b".into()).await;
        assert_eq!(got, Ok(expected));
    }
}

#[test]
fn ss_05_schemes_and_ports() {
    let strict = Client::new(Policy::default()).unwrap();
    assert!(strict.check("https://app.example/jwks").is_ok());
    assert!(strict.check("https://app.example:443/jwks").is_ok());
    for (bad, why) in [
        ("http://app.example/", BadTarget::Scheme),
        ("http://localhost/", BadTarget::Scheme),
        ("https://app.example:80/", BadTarget::Port),
        ("https://app.example:8443/", BadTarget::Port),
        ("https://app.example:22/", BadTarget::Port),
        ("https://app.example:0/", BadTarget::Port),
        ("https://10.0.0.1/", BadTarget::Address),
        ("https://[fd00::1]/", BadTarget::Address),
        ("https://3232235777/", BadTarget::Address),
    ] {
        assert_eq!(strict.check(bad).err(), Some(why), "{bad}");
    }
    let lenient = client(names(&[]));
    assert_eq!(lenient.check("http://app.example/").err(), Some(BadTarget::Scheme), "without TLS only here");
}

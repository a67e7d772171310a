//! The sample pages behind a server of their own, under the policy that pages are served with.

use std::sync::Arc;

use signet_web::samples::{self, Sample};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
                      connect-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Serves all samples until the test ends; answers the origin and the names.
pub(crate) async fn serve() -> (String, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let all = Arc::new(samples::all());
    let names = all.iter().map(|sample| sample.name.clone()).collect();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&all)));
        }
    });
    (origin, names)
}

async fn answer(stream: TcpStream, all: Arc<Vec<Sample>>) {
    let mut stream = BufReader::new(stream);
    let mut asked = String::new();
    if stream.read_line(&mut asked).await.is_err() {
        return;
    }
    let mut line = String::from("x");
    while !line.trim().is_empty() {
        line.clear();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            break;
        }
    }
    let path = asked.split(' ').nth(1).unwrap_or_default();
    let sample = all.iter().find(|sample| path == format!("/{}", sample.name));
    let (status, kind, body) = match (sample, signet_web::asset(path)) {
        (Some(sample), _) => {
            let html = sample.html.clone().expect("a page");
            ("200 OK", "text/html; charset=utf-8", html.into_bytes())
        }
        (None, Some(asset)) => ("200 OK", asset.content_type, asset.plain.bytes.to_vec()),
        (None, None) => ("404 Not Found", "text/plain", Vec::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\ncontent-security-policy: {POLICY}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    let stream = stream.get_mut();
    if stream.write_all(head.as_bytes()).await.is_ok() && stream.write_all(&body).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}

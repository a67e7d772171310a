//! A web server for a handful of files, on an origin of its own.

use std::sync::Arc;

use signet_testkit::tokio;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A path, a content type, and what is there.
pub(crate) type File = (&'static str, &'static str, Vec<u8>);

/// A site that isn't open yet: its address is known before its files need to be.
pub(crate) struct StaticSite {
    listener: TcpListener,
    /// `http://localhost:PORT`.
    pub(crate) origin: String,
}

impl StaticSite {
    /// Takes a port.
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        Self { listener, origin: format!("http://localhost:{port}") }
    }

    /// Serves the files for as long as the test runs; the first one answers every path that isn't a file, too.
    pub(crate) fn serve(self, files: Vec<File>) {
        let files = Arc::new(files);
        tokio::spawn(async move {
            while let Ok((stream, _)) = self.listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&files)));
            }
        });
    }
}

async fn answer(mut stream: TcpStream, files: Arc<Vec<File>>) {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if !matches!(stream.read_buf(&mut head).await, Ok(1..)) {
            return;
        }
    }
    let head = String::from_utf8_lossy(&head);
    let target = head.split(' ').nth(1).unwrap_or("/");
    let path = target.split('?').next().unwrap_or("/");
    let Some((_, kind, body)) = files.iter().find(|(known, ..)| *known == path).or(files.first()) else {
        return;
    };
    let lines = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // A browser may have gone away.
    let _gone = stream.write_all(lines.as_bytes()).await;
    let _gone = stream.write_all(body).await;
}

//! A load of identical HTTP/1.1 requests over keep-alive connections, as thin as it can be: client and server
//! share the machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a load gave.
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    /// Milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) failures: u64,
}

/// One POST of a form.
pub(crate) fn post(host: &str, path: &str, authorization: &str, form: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: {authorization}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    )
    .into_bytes()
}

/// Sends requests over a number of connections for a time. `request(n)` gives the n-th.
pub(crate) async fn run<F>(port: u16, connections: usize, time: Duration, request: F) -> Measured
where
    F: Fn(u64) -> Vec<u8> + Send + Sync + 'static,
{
    let (request, counter, failures) =
        (Arc::new(request), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let started = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (request, counter, failures) = (request.clone(), counter.clone(), failures.clone());
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                stream.set_nodelay(true).unwrap();
                let mut times = Vec::new();
                while started.elapsed() < time {
                    let bytes = request(counter.fetch_add(1, Ordering::Relaxed));
                    let begin = Instant::now();
                    stream.write_all(&bytes).await.unwrap();
                    if read_response(&mut stream).await != 200 {
                        failures.fetch_add(1, Ordering::Relaxed);
                    }
                    times.push(begin.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let elapsed = started.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| {
        let n = (times.len() as f64 * share) as usize;
        times[n.min(times.len() - 1)].as_secs_f64() * 1000.0
    };
    Measured {
        per_second: times.len() as f64 / elapsed,
        p50: at(0.5),
        p99: at(0.99),
        failures: failures.load(Ordering::Relaxed),
    }
}

/// Reads one response with a `Content-Length` and gives its status.
pub(crate) async fn read_response(stream: &mut TcpStream) -> u16 {
    let mut bytes = Vec::with_capacity(2048);
    loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length: usize = head
                .lines()
                .find_map(|l| l.strip_prefix("content-length:"))
                .map_or(0, |v| v.trim().parse().unwrap());
            while bytes.len() < end + 4 + length {
                assert!(stream.read_buf(&mut bytes).await.unwrap() > 0, "the server hung up");
            }
            return head[9..12].parse().unwrap();
        }
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0, "the server hung up");
    }
}

//! Floods over HTTP/2: the connection is closed, and others are served.

use std::time::{Duration, Instant};

use signet_testkit::{TestApp, on_each_engine, tokio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::frozen::Frozen;

on_each_engine! {
    in_13_rapid_resets_close_the_connection,
    in_13_an_endless_header_closes_the_connection,
    in_13_a_header_bomb_is_refused,
    in_13_a_closed_window_harms_nobody_else,
}

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a small frame").to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// GET / of acme, as HPACK without compression.
fn request(app: &TestApp) -> Vec<u8> {
    let host = format!("localhost:{}", app.port());
    // :method GET, :scheme http, :path / from the static table; :authority spelt out.
    let mut block = vec![0x82, 0x86, 0x84, 0x01, u8::try_from(host.len()).expect("a short host")];
    block.extend(host.bytes());
    block
}

async fn connect(app: &TestApp, settings: &[u8]) -> TcpStream {
    let mut stream = app.connect().await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, settings)).await.unwrap();
    stream
}

/// What the server sends until it closes; `None` when it does not within the time.
async fn until_closed(mut stream: TcpStream, patience: Duration) -> Option<Vec<u8>> {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(patience, stream.read_to_end(&mut answer)).await;
    read.ok().map(|_reset_or_end| answer)
}

/// The kinds of the frames in a stream of bytes.
fn kinds(mut bytes: &[u8]) -> Vec<u8> {
    let mut found = Vec::new();
    while let [a, b, c, kind, ..] = bytes {
        found.push(*kind);
        let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        bytes = bytes.get(9 + length..).unwrap_or_default();
    }
    found
}

async fn others_are_served(app: &Frozen) {
    let began = Instant::now();
    let acme = app.acme();
    acme.client_credentials(&acme.service(), "orders:read").await.expect(200);
    assert!(began.elapsed() < Duration::from_secs(5), "others wait {:?}", began.elapsed());
}

async fn in_13_rapid_resets_close_the_connection(app: Frozen) {
    let (reader, mut writer) = connect(&app, &[]).await.into_split();
    let block = request(&app);
    let closed = tokio::spawn(async move {
        let mut reader = reader;
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), reader.read_to_end(&mut answer)).await;
        read.ok().map(|_reset_or_end| answer)
    });
    let mut sent = 0_u32;
    for n in 0..5_000 {
        let stream = 2 * n + 1;
        let mut pair = frame(HEADERS, 0x5, stream, &block);
        pair.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
        if writer.write_all(&pair).await.is_err() {
            break;
        }
        sent += 1;
    }
    others_are_served(&app).await;
    let answer = closed.await.expect("the reader").unwrap_or_else(|| panic!("open after {sent} resets"));
    assert!(answer.is_empty() || kinds(&answer).contains(&GOAWAY) || sent < 5_000, "{:?}", kinds(&answer));
}

async fn in_13_an_endless_header_closes_the_connection(app: Frozen) {
    let mut stream = connect(&app, &[]).await;
    stream.write_all(&frame(HEADERS, 0x1, 1, &request(&app))).await.unwrap();
    let mut sent = 0;
    // A literal header again and again, never an end.
    let filler: Vec<u8> = [b"\x00\x01x\x7f\x00".as_slice(), &[b'y'; 127]].concat().repeat(120);
    while sent < 64 << 20 {
        if stream.write_all(&frame(CONTINUATION, 0, 1, &filler)).await.is_err() {
            break;
        }
        sent += filler.len();
    }
    assert!(sent < 32 << 20, "{sent} bytes of headers were taken");
    assert!(until_closed(stream, Duration::from_secs(5)).await.is_some(), "the connection stays open");
    others_are_served(&app).await;
}

async fn in_13_a_header_bomb_is_refused(app: Frozen) {
    let mut stream = connect(&app, &[]).await;
    let mut block = request(&app);
    // One long header into the table, then 12,000 references to it: 48 MB unpacked.
    block.extend(b"\x40\x01x\x7f\xa1\x1e"); // a value of 127 + 0x21 + 0x1e * 128 = 4,000 bytes
    block.extend([b'z'; 4_000]);
    block.extend([0xbe; 12_000]);
    let (first, rest) = block.split_at(8_000);
    stream.write_all(&frame(HEADERS, 0x1, 1, first)).await.unwrap();
    let _refused_early = stream.write_all(&frame(CONTINUATION, 0x4, 1, rest)).await;
    let _refused_early = stream.write_all(&frame(PING, 0, 0, &[7; 8])).await;
    let mut answer = vec![0; 64 * 1024];
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut answer)).await;
    assert!(read.is_ok(), "no answer to the bomb");
    let text = String::from_utf8_lossy(&answer).into_owned();
    assert!(!text.contains("<html"), "the bomb was answered with a page");
    others_are_served(&app).await;
}

async fn in_13_a_closed_window_harms_nobody_else(app: Frozen) {
    // SETTINGS_INITIAL_WINDOW_SIZE = 0: nothing of a body can ever be sent.
    let mut held = Vec::new();
    for _ in 0..10 {
        let mut stream = connect(&app, &[0, 4, 0, 0, 0, 0]).await;
        for n in 0..50_u32 {
            let sent = stream.write_all(&frame(HEADERS, 0x5, 2 * n + 1, &request(&app))).await;
            assert!(sent.is_ok(), "ordinary requests are taken");
        }
        held.push(stream);
    }
    for _ in 0..5 {
        others_are_served(&app).await;
    }
}

use super::*;

/// Gives the bytes whole and one at a time; both must be judged alike.
fn violation(text: &str) -> Option<usize> {
    let mut whole = text.as_bytes().to_vec();
    let found = Heads::default().check(&mut whole);
    let mut heads = Heads::default();
    let mut single = None;
    for (i, &byte) in text.as_bytes().iter().enumerate() {
        if heads.check(&mut [byte]).is_some() && single.is_none() {
            single = Some(i);
        }
    }
    assert_eq!(found, single, "{text:?}");
    found
}

const TWO: &str = "GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn in_12_what_has_two_readings_is_refused() {
    for head in [
        "Host: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Host: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n",
        "Host: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n",
        "Host: a\r\nContent-Length: 4, 4\r\n",
        "Host: a\r\nContent-Length: +4\r\n",
        "Host: a\r\nContent-Length: 99999999999999999999999\r\n",
        "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n",
        "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Host: a\r\nX: 1\r\n folded\r\n",
        "Host: a\r\nX: 1\r\n\tfolded\r\n",
        "Host: a\nX: 1\r\n",
        "Host: a\r\nX: 1\rY: 2\r\n",
        "Host : a\r\n",
        "Host: a\r\nHost: a\r\n",
        "Host: a\r\nhOST: b\r\n",
        "Host: a\r\n: x\r\n",
        "Host: a\r\nno colon\r\n",
        "Host: a\r\nX: \0\r\n",
    ] {
        assert!(violation(&format!("POST / HTTP/1.1\r\n{head}\r\nabcd")).is_some(), "{head:?}");
    }
    assert!(violation("GET / HTTP/1.1\nHost: a\n\n").is_some());
}

#[test]
fn ordinary_requests_pass() {
    for text in [
        TWO,
        "\r\nGET / HTTP/1.1\r\nHost: a\r\nX:\r\nY: a:b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n\n\n\n\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\n\n\0binary",
        "POST / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        assert_eq!(violation(text), None, "{text:?}");
    }
}

#[test]
fn the_second_head_is_checked_too() {
    let body = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost : a\r\n\r\n";
    assert!(violation(body).is_some());
    assert!(violation(&TWO.replace("/b HTTP/1.1\r\n", "/b HTTP/1.1\n")).is_some());
}

#[test]
fn what_only_begins_like_the_preface_is_a_head() {
    assert!(violation("PRI * HTTP/2.0\r\nHost : a\r\n").is_some());
    assert_eq!(violation("PUT / HTTP/1.1\r\nHost: a\r\n\r\n"), None);
}

#[test]
fn the_byte_is_spoilt_and_nothing_follows() {
    let mut bytes = b"GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n".to_vec();
    let mut heads = Heads::default();
    let at = heads.check(&mut bytes).unwrap();
    assert_eq!((at, bytes[at]), (23, 0));
    assert!(heads.are_over());
}

#![allow(clippy::unwrap_used)]
use super::*;
use RedirectUriError as E;
use proptest::prelude::*;

fn web(uri: &str) -> Result<RedirectUri, E> {
    RedirectUri::register(uri, AppKind::Web)
}

fn native(uri: &str) -> RedirectUri {
    RedirectUri::register(uri, AppKind::Native).unwrap()
}

#[test]
fn ordinary_uris_register_and_match_themselves() {
    for uri in [
        "https://app.example/cb",
        "https://app.example",
        "https://app.example:8443/cb?x=1&next=%2Fhome",
        "https://192.0.2.1/cb",
        "http://localhost:3000/cb",
        "http://127.0.0.1/cb",
        "http://[::1]:5000/cb",
        "https://app.example/a;b/c~d/%20e",
    ] {
        let registered = web(uri).unwrap();
        assert!(registered.matches(uri) && !registered.loopback_port(), "{uri}");
    }
}

#[test]
fn a_log_keeps_where_a_uri_leads_and_nothing_that_it_carries() {
    for (presented, kept) in [
        ("https://app.example/cb?token=s3cret", "https://app.example/cb"),
        ("https://app.example/cb#token=s3cret", "https://app.example/cb"),
        ("https://joe:s3cret@app.example/cb", "https://app.example/cb"),
        ("https://joe:s3cret@app.example?x@y/z", "https://app.example"),
        ("https://a@b:s3cret@app.example\\cb", "https://app.example\\cb"),
    ] {
        assert_eq!(for_the_log(presented), (kept.to_owned(), false), "{presented}");
    }
    for whole in ["https://app.example/cb@here", "com.example.app:/cb", "http://127.0.0.1:4000/", "", "cb"] {
        assert_eq!(for_the_log(whole), (whole.to_owned(), true));
    }
}

#[test]
fn a_place_is_a_host_or_an_apps_own_scheme() {
    for (uri, at) in [
        ("https://app.example:8443/cb", Some("app.example")),
        ("http://[::1]:5000/cb", Some("[::1]")),
        ("com.example.app:/cb", Some("com.example.app")),
        ("https://app.example\\@evil.example/", None),
        ("cb", None),
    ] {
        assert_eq!(place(uri), at, "{uri}");
    }
}

#[test]
fn ru_02_simple_string_compare() {
    let registered = web("https://app.example/cb").unwrap();
    for other in [
        "https://app.example/cb/",
        "https://app.example/CB",
        "https://app.example/cb;x",
        "https://app.example/cb%20",
        "HTTPS://APP.EXAMPLE/cb",
        "https://app.example:443/cb",
        "https://app.example/cb?",
        "https://app.example/cb#",
        "https://app.example/cb?x=1",
        "https://app.example/c%62",
        "https://app.example./cb",
        "http://app.example/cb",
        "",
        " https://app.example/cb",
        "https://app.example/cb\0",
    ] {
        assert!(!registered.matches(other), "{other}");
    }
}

#[test]
fn ru_05_dot_segments_and_hidden_slashes() {
    let registered = web("https://app.example/cb").unwrap();
    for path in
        ["/cb/../evil", "/cb/..;/x", "/cb%2f..%2fx", "/./cb", "/cb/%2e%2e/x", "/cb/.%2E/x", "/a%5Cb", "/.."]
    {
        let uri = format!("https://app.example{path}");
        assert!(!registered.matches(&uri), "{uri}");
        assert_eq!(web(&uri), Err(E::Path), "{uri}");
    }
    assert!(!registered.matches("https://app.example//cb"));
}

#[test]
fn ru_06_authority_tricks() {
    for (uri, error) in [
        ("https://app.example@evil.test/cb", E::UserInfo),
        ("https://evil.test\\@app.example/cb", E::Character),
        ("https://app.example%40evil.test/cb", E::Host),
        ("https://*.example/cb", E::Character),
        ("https:///cb", E::NotAbsolute),
        ("https:app.example/cb", E::NotAbsolute),
        ("//app.example/cb", E::NotAbsolute),
        ("/cb", E::NotAbsolute),
        ("https://app.example:/cb", E::Host),
        ("https://app.example:99999/cb", E::Host),
        ("https://a:1:2/cb", E::Host),
        ("https://127.1/cb", E::Host),
        ("https://APP.example/cb", E::Host),
        ("HTTPS://app.example/cb", E::NotAbsolute),
        ("https://app.example/cb#x", E::Fragment),
        ("https://app.example/%zz", E::Escape),
        ("", E::Length),
    ] {
        assert_eq!(web(uri), Err(error), "{uri}");
    }
    assert_eq!(web(&format!("https://a/{}", "x".repeat(2048))), Err(E::Length));
}

#[test]
fn ru_08_loopback_port_of_native_clients() {
    for registered in ["http://127.0.0.1/cb", "http://127.0.0.1:4711/cb"] {
        let registered = native(registered);
        assert!(registered.loopback_port());
        for good in ["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb"] {
            assert!(registered.matches(good), "{good}");
        }
        for bad in [
            "http://127.0.0.1:5000/other",
            "http://127.0.0.1:5000/cb?x",
            "http://127.0.0.1:5000/cb#x",
            "http://127.0.0.1:5000",
            "http://localhost:5000/cb",
            "http://127.0.0.1.evil.test/cb",
            "http://127.0.0.1:5000.evil.test/cb",
            "http://127.0.0.1:5000@evil.test/cb",
            "http://127.1:5000/cb",
            "http://2130706433/cb",
            "http://127.0.0.2:5000/cb",
            "https://127.0.0.1:5000/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:080/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:5000\\@evil.test/cb",
        ] {
            assert!(!registered.matches(bad), "{bad}");
        }
    }
    // Without the exception the port is part of the text.
    assert!(!web("http://127.0.0.1/cb").unwrap().matches("http://127.0.0.1:5000/cb"));
    let name = native("http://localhost/cb");
    assert!(!name.loopback_port() && !name.matches("http://localhost:5000/cb"));
    // A flag set by mistake on another URI changes nothing.
    assert!(!RedirectUri::stored("https://a/cb", true).matches("https://a:1/cb"));
    assert!(!RedirectUri::stored("http://a/cb", true).matches("http://a:1/cb"));
    assert!(!RedirectUri::stored("http://localhost/cb", true).matches("http://localhost:1/cb"));
}

#[test]
fn ru_09_ipv4_is_not_ipv6() {
    assert!(!native("http://127.0.0.1/cb").matches("http://[::1]:5000/cb"));
    assert!(native("http://[::1]/cb").matches("http://[::1]:5000/cb"));
    assert!(!native("http://[::1]/cb").matches("http://127.0.0.1:5000/cb"));
    assert!(!native("http://[::1]/cb").matches("http://[0:0:0:0:0:0:0:1]:5000/cb"));
}

#[test]
fn ru_11_dangerous_schemes() {
    for scheme in DANGEROUS {
        for uri in [format!("{scheme}:alert(1)"), format!("{scheme}://app.example/cb")] {
            assert_eq!(RedirectUri::register(&uri, AppKind::Native), Err(E::Scheme), "{uri}");
        }
    }
    assert_eq!(web("http://app.example/cb"), Err(E::Insecure));
    assert_eq!(web("http://127.0.0.1.evil.test/cb"), Err(E::Insecure));
    assert_eq!(web("com.example.app:/cb"), Err(E::Scheme));
    assert_eq!(RedirectUri::register("myapp://cb", AppKind::Native), Err(E::Scheme));
    assert_eq!(RedirectUri::register("com.example.app:", AppKind::Native), Err(E::NotAbsolute));
    assert_eq!(RedirectUri::register("com..app:/cb", AppKind::Native), Err(E::Scheme));
    for uri in ["com.example.app:/cb", "com.example.app://cb"] {
        let registered = native(uri);
        assert!(registered.matches(uri) && registered.origin().is_none() && !registered.loopback_port());
    }
}

#[test]
fn ru_12_registration_is_ascii() {
    for uri in ["https://\u{430}pp.example/cb", "https://app\u{ff0e}example/cb", "https://app.example/\u{e9}"]
    {
        assert_eq!(web(uri), Err(E::NotAscii), "{uri}");
    }
    assert!(web("https://xn--pp-7kc.example/cb").is_ok());
}

#[test]
fn ru_13_no_control_characters_in_any_form() {
    for uri in
        ["https://a/\n", "https://a/\tb", " https://a/b", "https://a/\0", "https://a/b ", "https://a/\u{7f}"]
    {
        assert_eq!(web(uri), Err(E::NotAscii), "{uri:?}");
    }
    for uri in ["https://a/%0d%0aSet-Cookie:x", "https://a/b?x=%00", "https://a/%09", "https://a/%7F"] {
        assert_eq!(web(uri), Err(E::Escape), "{uri}");
    }
}

#[test]
fn origins_for_cors() {
    for (uri, origin) in [
        ("https://app.example/cb?x", "https://app.example"),
        ("https://app.example:443/cb", "https://app.example"),
        ("https://app.example:8443", "https://app.example:8443"),
        ("http://[::1]:80/x", "http://[::1]"),
        ("http://localhost:3000/x", "http://localhost:3000"),
    ] {
        assert_eq!(web(uri).unwrap().origin().as_deref(), Some(origin));
    }
}

proptest! {
    #[test]
    fn never_panics(text in "\\PC{0,60}", tail in "[ -~]{0,40}") {
        for uri in [text, format!("https://{tail}"), format!("http://127.0.0.1{tail}"), format!("a.b:{tail}")] {
            for kind in [AppKind::Web, AppKind::Native] {
                if let Ok(registered) = RedirectUri::register(&uri, kind) {
                    prop_assert!(registered.matches(&uri));
                    let _ = registered.origin();
                }
            }
        }
    }

    #[test]
    fn only_the_port_is_free(port in 1_u16.., tail in "[ -~]{0,30}") {
        let registered = native("http://127.0.0.1/cb");
        let exact = format!("http://127.0.0.1:{port}/cb");
        prop_assert!(registered.matches(&exact));
        // Whatever else follows the address must be nothing but a port and the path.
        let presented = format!("http://127.0.0.1{tail}");
        let is_port_and_path = tail
            .strip_suffix("/cb")
            .is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(uri::is_port));
        prop_assert_eq!(registered.matches(&presented), is_port_and_path);
    }

    #[test]
    fn without_the_exception_equality_is_everything(a in "[ -~]{0,30}", b in "[ -~]{0,30}") {
        prop_assert_eq!(RedirectUri::stored(a.clone(), false).matches(&b), a == b);
    }
}

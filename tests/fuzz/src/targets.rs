//! The parsers, and what must hold of whatever they accept.

use std::str::from_utf8;
use std::sync::LazyLock;

use signet_domain::Time;
use signet_domain::id::TenantId;
use signet_idp::admin::caller::Presented;
use signet_idp::admin::credential_tokens::Pair;
use signet_idp::admin::user_filter::UserFilter;
use signet_idp::syslog::{LogRequest, filter};
use signet_oauth::authorize::{AuthorizeRequest, AuthorizeTarget};
use signet_oauth::claims_request::ClaimsRequest;
use signet_oauth::client_auth::{ClientAuth, MAX_SECRET_BYTES};
use signet_oauth::dpop;
use signet_oauth::jwk::PublicJwk;
use signet_oauth::jwt::{Alg, peek_unverified, unverified_subject, verify, verify_with_sole_key};
use signet_oauth::params::{MAX_NAME_BYTES, MAX_PARAMETERS, Params};
use signet_oauth::redirect::{AppKind, RedirectUri};
use signet_oauth::token_request::TokenRequest;
use signet_oauth::{Scope, ScopeSet};
use url::Url;

use crate::corpora;

/// A parser.
#[derive(Debug)]
pub struct Target {
    /// Its name, and its corpus's.
    pub name: &'static str,
    /// Words of its language.
    pub words: &'static [&'static str],
    /// Panics when the parser does, or when what it accepted breaks its promise.
    pub survive: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "form",
        words: &[
            "&",
            "=",
            "%00",
            "%c0%af",
            "+",
            "state=",
            "scope=openid",
            "resource=",
            "request=",
            "max_age=-1",
        ],
        survive: form,
    },
    Target {
        name: "json",
        words: &[
            "{",
            "}",
            "[",
            "]",
            "null",
            "\"essential\":true",
            "\"values\":[",
            "1e400",
            "\\u0000",
            "\\ud800",
        ],
        survive: json,
    },
    Target {
        name: "jwt",
        words: &[".", "..", "eyJ", "eyJhbGciOiJub25lIn0", "e30", "=", "-_", "AAAA"],
        survive: jwt,
    },
    Target {
        name: "jwk",
        words: &[
            "\"kty\":\"RSA\"",
            "\"crv\":\"P-384\"",
            "\"d\":\"AQ\"",
            "\"alg\":\"none\"",
            "\"use\":\"enc\"",
            "null",
        ],
        survive: jwk,
    },
    Target {
        name: "proof",
        words: &[
            ".",
            "eyJ",
            "eyJhbGciOiJub25lIn0",
            "InR5cCI6ImRwb3Arand0Ii",
            "ImQiOiJBUSIs",
            "Imp3ayI6e30",
            "=",
            "AAAA",
        ],
        survive: proof,
    },
    Target {
        name: "proof-uri",
        words: &[
            "https://", "HTTP://", ":443", ":80", "@", "/..", "/.", "%2e", "%2F", "%61", "?", "#", "[::1]",
        ],
        survive: proof_uri,
    },
    Target {
        name: "authorization",
        words: &[
            "Basic ",
            "Bearer ",
            "SSWS ",
            "bearer:",
            ":",
            "=",
            "client_id:",
            ", client_secret:",
            "Og==",
            "%3A",
        ],
        survive: authorization,
    },
    Target {
        name: "redirect-uri",
        words: &[
            "https://",
            "http://",
            "127.0.0.1",
            "[::1]",
            "localhost",
            ":80",
            "@",
            "/..",
            "%2f",
            "%2e",
            "#",
            "\\",
        ],
        survive: redirect_uri,
    },
    Target {
        name: "scope",
        words: &[" ", "  ", "\"", "\\", "openid", "offline_access", "orders:read"],
        survive: scope,
    },
    Target {
        name: "filter",
        words: &[
            "eq",
            "ne",
            "co",
            "sw",
            "pr",
            "gt",
            "and",
            "or",
            "not",
            "(",
            ")",
            "\"",
            "\\",
            "[",
            "published",
            "actor.id",
        ],
        survive: log_filter,
    },
    Target {
        name: "user-filter",
        words: &["status", "eq", "\"ACTIVE\"", "profile.login", "id", "\""],
        survive: user_filter,
    },
    Target {
        name: "log-query",
        words: &[
            "&after=",
            "&limit=",
            "&since=",
            "&until=",
            "&sortOrder=DESCENDING",
            "&q=",
            "&filter=",
            "2026-01-01T00:00:00Z",
        ],
        survive: log_query,
    },
    Target {
        name: "time",
        words: &["T", "Z", "+00:00", "-23:59", ".999999999", "9999", "-", ":60"],
        survive: time,
    },
];

fn form(input: &[u8]) {
    let Ok(params) = Params::parse(input) else { return };
    assert!(params.len() <= MAX_PARAMETERS);
    let target = AuthorizeTarget::parse(&params);
    let request = target.and_then(|target| AuthorizeRequest::parse(&params, &target));
    drop((request, TokenRequest::parse(&params), ClientAuth::extract(None, &params, false)));
    // What is written for a second reading says the same.
    if params.len() < MAX_PARAMETERS {
        let written = params.encode(&[], &[("fuzz", "1")]);
        let again = Params::parse(written.as_bytes()).expect("our own form");
        for name in ["client_id", "redirect_uri", "state", "scope", "nonce", "code", "resource"] {
            let told = |params: &Params| params.all(name).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(told(&params), told(&again), "{name}");
            assert!(name.len() <= MAX_NAME_BYTES);
        }
    }
}

fn json(input: &[u8]) {
    let Some(claims) = from_utf8(input).ok().and_then(|text| ClaimsRequest::parse(text).ok()) else { return };
    // Whatever the strict reader takes, the ordinary one takes as well.
    let value: serde_json::Value = serde_json::from_slice(input).expect("JSON");
    assert!(value.is_object());
    for name in claims.names() {
        assert!(claims.of(name).count() > 0, "{name:?} is named and not wished");
    }
}

/// The corpus's own key and tokens, which were signed with it.
static KEY: LazyLock<PublicJwk> = LazyLock::new(|| {
    let file = std::fs::read(corpora().join("jwk/p-256")).expect("the key");
    serde_json::from_slice(&file).expect("a key")
});
static GOOD: LazyLock<Vec<u8>> =
    LazyLock::new(|| std::fs::read(corpora().join("jwt/good")).expect("the token"));

fn jwt(input: &[u8]) {
    let Ok(token) = from_utf8(input) else { return };
    let keys = std::slice::from_ref(&*KEY);
    let verified = verify(token, keys, Alg::ALL).is_ok();
    assert_eq!(verified, input == GOOD.as_slice(), "only one token has this key's signature");
    assert_eq!(verify_with_sole_key(token, keys, Alg::ALL).is_ok(), verified);
    drop((peek_unverified(token), unverified_subject(token)));
}

fn jwk(input: &[u8]) {
    let Ok(key) = serde_json::from_slice::<PublicJwk>(input) else { return };
    assert!(!key.kid().is_empty() && key.thumbprint().len() == 43);
    let written = serde_json::to_vec(&key).expect("a JWK");
    assert_eq!(serde_json::from_slice::<PublicJwk>(&written).expect("our own JWK"), key);
    let value: serde_json::Value = serde_json::from_slice(&written).expect("JSON");
    for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
        assert!(value.get(private).is_none(), "a private member comes out again");
    }
}

/// The address of the request that the corpus's own proof is for.
const PROVED: &str = "https://acme.id.example/oauth2/default/v1/token";
static PROOF: LazyLock<Vec<u8>> =
    LazyLock::new(|| std::fs::read(corpora().join("proof/good")).expect("the proof"));

fn proof(input: &[u8]) {
    let request = dpop::Request { method: "POST", url: PROVED, access_token: None, now: 1_790_000_000 };
    let proved = dpop::Proof::check(dpop::Presented::One(input), &request).is_ok();
    assert_eq!(proved, input == PROOF.as_slice(), "only one text was signed");
}

fn proof_uri(input: &[u8]) {
    let Ok(text) = from_utf8(input) else { return };
    if !dpop::is_same_address(text, PROVED) {
        return;
    }
    assert!(dpop::is_same_address(PROVED, text), "{text} is the same in one direction");
    // Whoever would open it comes to the same place.
    let opened: Url = text.parse().expect("a URL");
    let proved: Url = PROVED.parse().expect("a URL");
    assert_eq!((opened.origin(), opened.username()), (proved.origin(), ""), "{text}");
}

fn authorization(input: &[u8]) {
    let none = Params::default();
    if let Ok(ClientAuth::Basic { client_id, secret }) = ClientAuth::extract(Some(input), &none, false) {
        assert!(!client_id.is_empty() && secret.expose().len() <= MAX_SECRET_BYTES);
        assert!(input[..5].eq_ignore_ascii_case(b"basic"));
    }
    if let Some(Presented::ApiToken(token) | Presented::Bearer(token)) = Presented::parse(input) {
        assert!(token.expose().bytes().all(|byte| byte.is_ascii_graphic()));
    }
    if let Some(pair) = Pair::parse(input) {
        assert!(!pair.client_id.is_empty() && !pair.secret.expose().is_empty());
    }
}

fn redirect_uri(input: &[u8]) {
    let Ok(text) = from_utf8(input) else { return };
    let registered = RedirectUri::stored("http://127.0.0.1/cb", true);
    if registered.matches(text) {
        assert!(text.starts_with("http://127.0.0.1") && text.ends_with("/cb"), "{text} isn't the loopback's");
    }
    for kind in [AppKind::Web, AppKind::Native] {
        let Ok(uri) = RedirectUri::register(text, kind) else { continue };
        assert_eq!(uri.as_str(), text);
        assert!(uri.matches(text), "{text} isn't itself");
        assert!(
            text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.contains(['#', '\\', '*']),
            "{text}"
        );
        assert!(!uri.matches(&format!("{text}/")) && !uri.matches(&format!(" {text}")));
        if let Some(origin) = uri.origin() {
            assert!(text.starts_with(&origin), "{origin} isn't of {text}");
        }
    }
}

fn scope(input: &[u8]) {
    let Some(set) = from_utf8(input).ok().and_then(|text| ScopeSet::parse(text).ok()) else { return };
    assert!(!set.is_empty());
    assert_eq!(ScopeSet::parse(&set.to_string()).expect("our own text"), set);
    assert!(set.iter().all(|scope| Scope::parse(scope.as_str()).is_ok()));
    assert!(set.is_subset(&set) && set.difference(&set).is_empty() && set.intersection(&set) == set);
}

fn log_filter(input: &[u8]) {
    let Ok(text) = from_utf8(input) else { return };
    if let Err(error) = filter::parse(text) {
        assert!(error.position <= text.chars().count(), "{} is behind the end", error.position);
    }
}

fn user_filter(input: &[u8]) {
    let Ok(text) = from_utf8(input) else { return };
    if let Ok(UserFilter::Status(value) | UserFilter::Login(value) | UserFilter::Id(value)) =
        UserFilter::parse(text)
    {
        assert!(!value.contains('\0'));
    }
}

/// Limits, times, words and cursors: no cursor is ours, so one that is accepted is forged.
fn log_query(input: &[u8]) {
    let params: Vec<(String, String)> = form_urlencoded::parse(input).into_owned().collect();
    let now = Time::from_secs(1_790_000_000);
    let Ok(request) = LogRequest::parse(&params, TenantId(uuid::Uuid::nil()), &[7; 32], now) else { return };
    let after = params.iter().any(|(name, value)| name == "after" && !value.is_empty());
    assert!(!after, "a cursor that nobody made is good");
    drop((request.is_polling(), request.query()));
}

fn time(input: &[u8]) {
    let Some(time) = from_utf8(input).ok().and_then(Time::parse_rfc3339) else { return };
    let _whole_seconds = time.secs();
}

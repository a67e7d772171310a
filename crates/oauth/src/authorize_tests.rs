#![allow(clippy::unwrap_used)]
use super::*;
use crate::error::ErrorCode;
use proptest::prelude::*;

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn parse(query: &str) -> Result<AuthorizeRequest, OAuthError> {
    let params = Params::parse(format!("client_id=web&redirect_uri=https://a/cb&{query}").as_bytes())?;
    AuthorizeRequest::parse(&params, &AuthorizeTarget::parse(&params)?)
}

fn reason(query: &str) -> Reason {
    parse(query).unwrap_err().reason
}

#[test]
fn a_full_request_comes_back_from_storage() {
    let request = parse(&format!(
        "response_type=code&response_mode=form_post&scope=openid+email&state=s%26%23&nonce=n&prompt=login+consent\
         &max_age=0&login_hint=a%40b&display=page&ui_locales=de+en&acr_values=x&code_challenge={CHALLENGE}\
         &code_challenge_method=S256&resource=https://api/&resource=urn:x&resource=urn:x&unknown=1"
    ))
    .unwrap();
    assert_eq!(request.state.as_deref(), Some("s&#"));
    assert_eq!((request.max_age, request.response_mode), (Some(0), ResponseMode::FormPost));
    assert_eq!(request.resource, ["https://api/", "urn:x"]);
    let json = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<AuthorizeRequest>(&json).unwrap(), request);
    let small = parse("response_type=code").unwrap();
    assert_eq!((small.response_mode, small.scope.is_none()), (ResponseMode::Query, true));
    assert_eq!(
        serde_json::from_str::<AuthorizeRequest>(&serde_json::to_string(&small).unwrap()).unwrap(),
        small
    );
}

#[test]
fn ru_15_the_target_is_read_without_the_rest() {
    let bad = b"client_id=web&redirect_uri=https://a/cb&response_type=x&scope=a++b&request=x&prompt=none";
    let params = Params::parse(bad).unwrap();
    let target = AuthorizeTarget::parse(&params).unwrap();
    assert_eq!((target.client_id.as_str(), target.redirect_uri.as_str()), ("web", "https://a/cb"));
    for missing in ["client_id=web", "redirect_uri=https://a/cb", "", "client_id=&redirect_uri=x"] {
        let params = Params::parse(missing.as_bytes()).unwrap();
        let error = AuthorizeTarget::parse(&params).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidRequest, "{missing}");
    }
}

#[test]
fn ru_14_two_redirect_uris_are_no_target() {
    for (a, b) in [("https://a/cb", "https://evil/"), ("https://evil/", "https://a/cb")] {
        assert_eq!(
            reason(&format!("redirect_uri={a}&redirect_uri={b}")),
            Reason::IllegalDuplicatedParameters
        );
    }
}

#[test]
fn gr_09_only_code() {
    for bad in ["token", "id_token", "code+token", "code+id_token", "Code", "code+code", "none", "+code"] {
        assert_eq!(reason(&format!("response_type={bad}")), Reason::UnsupportedResponseType, "{bad}");
    }
    assert_eq!(reason("scope=a"), Reason::MissingTokenRequestParameter);
}

#[test]
fn pk_01_pk_02_pk_03_challenges() {
    assert_eq!(parse("response_type=code").unwrap().challenge, None);
    let with = |rest: &str| reason(&format!("response_type=code&{rest}"));
    assert_eq!(with(&format!("code_challenge={CHALLENGE}")), Reason::PkceUnsupportedCodeChallengeMethod);
    let plain = format!("code_challenge={CHALLENGE}&code_challenge_method=plain");
    assert_eq!(with(&plain), Reason::PkceUnsupportedCodeChallengeMethod);
    assert_eq!(with("code_challenge_method=S256"), Reason::PkceMissingChallenge);
    assert_eq!(with("code_challenge=x&code_challenge_method=S256"), Reason::PkceInvalidChallenge);
}

#[test]
fn other_parameters() {
    let with = |rest: &str| reason(&format!("response_type=code&{rest}"));
    for (rest, expected) in [
        ("response_mode=okta_post_message", Reason::UnsupportedResponseMode),
        ("response_mode=Query", Reason::UnsupportedResponseMode),
        ("scope=a++b", Reason::InvalidScope),
        ("prompt=none+login", Reason::InvalidPrompt),
        ("max_age=-1", Reason::InvalidMaxAge),
        ("max_age=%2B1", Reason::InvalidMaxAge),
        ("max_age=2147483648", Reason::InvalidMaxAge),
        ("max_age=1.5", Reason::InvalidMaxAge),
        ("request=x.y.z", Reason::RequestNotSupported),
        ("request_uri=urn:x", Reason::RequestUriNotSupported),
        ("registration=%7B%7D", Reason::RegistrationNotSupported),
        ("resource=nothing", Reason::InvalidTarget),
        ("resource=https://a/%23x", Reason::InvalidTarget),
        ("resource=https:", Reason::InvalidTarget),
    ] {
        assert_eq!(with(rest), expected, "{rest}");
    }
    let many: String = (0..11).map(|i| format!("resource=urn:{i}&")).collect();
    assert_eq!(with(&many), Reason::InvalidTarget);
    assert_eq!(with(&format!("login_hint={}", "a".repeat(1025))), Reason::InvalidRequest);
    assert_eq!(with(&format!("nonce={}", "a".repeat(1025))), Reason::InvalidNonce);
    assert_eq!(parse("response_type=code&max_age=2147483647").unwrap().max_age, Some(2_147_483_647));
}

#[test]
fn in_20_state_is_echoed_byte_for_byte_or_refused() {
    let odd = "&#\"<>'+ %\u{e9}\u{1f600}";
    let state = odd.repeat(4096 / odd.len());
    let query: String = form_urlencoded::Serializer::new("response_type=code".to_owned())
        .append_pair("state", &state)
        .finish();
    assert_eq!(parse(&query).unwrap().state, Some(state));
    let long = format!("response_mode=fragment&state={}", "s".repeat(5000));
    assert_eq!(reason(&format!("response_type=code&{long}")), Reason::InvalidState);
    assert_eq!(AuthorizeRequest::echo_state(&Params::parse(long.as_bytes()).unwrap()), None);
    let params = Params::parse(b"response_type=token&state=x&response_mode=fragment").unwrap();
    assert_eq!(AuthorizeRequest::echo_state(&params), Some("x"));
    assert_eq!(AuthorizeRequest::echo_mode(&params), ResponseMode::Fragment);
    assert_eq!(AuthorizeRequest::echo_mode(&Params::parse(b"response_mode=x").unwrap()), ResponseMode::Query);
}

proptest! {
    #[test]
    fn never_panics(query in "[ -~]{0,200}") {
        let _ = parse(&format!("response_type=code&{query}"));
    }
}

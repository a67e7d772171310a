//! Malformed and oversized requests of the protocol are refused early, and the server goes on.

use signet_testkit::{App, Callback, Reply, Tenant, json, on_each_engine};

use crate::support::client_key::JWT_BEARER;
use crate::support::frozen::Frozen;
use crate::support::make;

on_each_engine! {
    in_01_a_body_that_is_no_form_is_refused,
    in_03_each_parameter_twice_is_an_error,
    in_04_many_and_long_parameters_are_refused,
    in_06_broken_encodings_are_refused_in_every_parameter,
    in_07_an_empty_value_is_an_absent_one,
    in_08_scopes_follow_the_grammar,
    in_20_a_state_comes_back_byte_by_byte,
    in_22_what_the_server_chooses_is_ignored,
}

const FORM: &str = "application/x-www-form-urlencoded";

/// A token request with any body.
async fn post(tenant: &Tenant, app: &App, kind: &str, body: &[u8]) -> Reply {
    let secret = app.client_secret.as_deref().unwrap_or_default();
    let call = tenant.http().call("POST", &tenant.endpoint("token"));
    call.basic(&app.client_id, secret).body(kind, body).await
}

/// The server is as well as before.
pub(crate) async fn alive(tenant: &Tenant) {
    tenant.client_credentials(&tenant.service(), "orders:read").await.expect(200);
}

async fn in_01_a_body_that_is_no_form_is_refused(app: Frozen) {
    let acme = app.acme();
    let service = acme.service();
    let form = b"grant_type=client_credentials&scope=orders:read".as_slice();
    let json = br#"{"grant_type":"client_credentials","scope":"orders:read"}"#.as_slice();
    let utf16: Vec<u8> = "grant_type=client_credentials".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let multipart =
        b"--b\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nclient_credentials\r\n--b--\r\n";
    for (kind, body) in [
        ("application/json", json),
        ("application/json", form),
        ("multipart/form-data; boundary=b", multipart.as_slice()),
        ("", form),
        ("text/plain", form),
        ("application/x-www-form-urlencoded; charset=utf-16", &utf16),
        ("application/x-www-form-urlencoded; charset=iso-8859-1", form),
        ("application/x-www-form-urlencodedx", form),
        ("text/html, application/x-www-form-urlencoded", form),
    ] {
        let reply = post(&acme, &service, kind, body).await;
        assert!(matches!(reply.status, 400 | 415), "{kind}: {}", reply.describe());
        assert_eq!(reply.json()["error"], "invalid_request", "{kind}");
    }
    for kind in
        [FORM, "Application/X-WWW-Form-Urlencoded", "application/x-www-form-urlencoded; charset=UTF-8"]
    {
        post(&acme, &service, kind, form).await.expect(200);
    }
    alive(&acme).await;
}

/// The parameters of a good request at an endpoint.
fn parameters(tenant: &Tenant, endpoint: &str) -> Vec<(String, String)> {
    let web = tenant.web();
    let pairs: Vec<(&str, &str)> = match endpoint {
        "authorize" => {
            return tenant.authorize(&web, "openid").set("prompt", "login").set("max_age", "60").params;
        }
        "code" => vec![
            ("grant_type", "authorization_code"),
            ("code", "sgc0000000000000000"),
            ("redirect_uri", &web.redirect_uri),
            ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        ],
        "password" => vec![
            ("grant_type", "password"),
            ("username", "nobody-at-all@acme.test"),
            ("password", "no password"),
            ("scope", "openid"),
        ],
        "refresh" => {
            vec![("grant_type", "refresh_token"), ("refresh_token", "sgr00000000000000"), ("scope", "openid")]
        }
        "introspect" | "revoke" => vec![("token", "x.y.z"), ("token_type_hint", "access_token")],
        "par" => return tenant.authorize(&web, "openid").params,
        "logout" => vec![
            ("id_token_hint", "x.y.z"),
            ("post_logout_redirect_uri", "https://app.example/bye"),
            ("state", "x"),
            ("ui_locales", "en"),
        ],
        "assertion" => vec![
            ("grant_type", "client_credentials"),
            ("scope", "orders:read"),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", "x.y.z"),
        ],
        other => panic!("no endpoint {other}"),
    };
    let mut all: Vec<_> =
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    all.push(("client_id".to_owned(), web.client_id.clone()));
    all
}

const ENDPOINTS: [&str; 9] =
    ["authorize", "code", "password", "refresh", "introspect", "revoke", "par", "logout", "assertion"];

async fn send(tenant: &Tenant, endpoint: &str, encoded: &str) -> Reply {
    let web = tenant.web();
    match endpoint {
        "authorize" | "logout" => {
            tenant.http().get(&format!("{}?{encoded}", tenant.endpoint(endpoint))).await
        }
        "assertion" => {
            tenant.http().call("POST", &tenant.endpoint("token")).body(FORM, encoded.as_bytes()).await
        }
        _ => {
            let path = if matches!(endpoint, "introspect" | "revoke" | "par") { endpoint } else { "token" };
            let call = tenant.http().call("POST", &tenant.endpoint(path));
            let call = call.basic(&web.client_id, web.client_secret.as_deref().unwrap_or_default());
            call.body(FORM, encoded.as_bytes()).await
        }
    }
}

fn encode(pairs: &[(String, String)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    form.finish()
}

/// 400 `invalid_request`, on a page or at the app for the authorization endpoint.
#[track_caller]
fn expect_invalid(tenant: &Tenant, endpoint: &str, reply: Reply, what: &str) {
    let known = |value: &str| value == "invalid_request";
    if endpoint == "authorize" && reply.is_redirect() {
        let callback = Callback::read(&reply, &tenant.web().redirect_uri);
        assert!(known(callback.get("error")), "{endpoint} with {what}: {}", callback.url);
        return;
    }
    assert_eq!(reply.status, 400, "{endpoint} with {what}: {}", reply.describe());
    if !matches!(endpoint, "authorize" | "logout") {
        assert!(known(reply.json()["error"].as_str().unwrap_or_default()), "{what}: {}", reply.describe());
    }
}

async fn in_03_each_parameter_twice_is_an_error(app: Frozen) {
    let acme = app.acme();
    for endpoint in ENDPOINTS {
        let good = parameters(&acme, endpoint);
        for (name, value) in &good {
            for second in [value.as_str(), "another", ""] {
                let mut pairs = good.clone();
                pairs.push((name.clone(), second.to_owned()));
                let reply = send(&acme, endpoint, &encode(&pairs)).await;
                expect_invalid(&acme, endpoint, reply, &format!("{name} twice"));
            }
        }
        // One that nobody knows may not come twice either (RFC 6749 §3.1).
        let mut pairs = good.clone();
        pairs.extend([("unknown".to_owned(), "1".to_owned()), ("unknown".to_owned(), "2".to_owned())]);
        expect_invalid(&acme, endpoint, send(&acme, endpoint, &encode(&pairs)).await, "an unknown one twice");
    }
    alive(&acme).await;
}

async fn in_04_many_and_long_parameters_are_refused(app: Frozen) {
    let acme = app.acme();
    let started = std::time::Instant::now();
    let many: String = (0..100_000).map(|n| format!("p{n}=1&")).collect::<String>();
    let bodies = [
        many[..1_000_000.min(many.len())].to_owned(),
        format!("{}=1", "n".repeat(100_000)),
        format!("grant_type={}", "v".repeat(500_000)),
        "&".repeat(500_000),
        "%41".repeat(300_000),
    ];
    for body in bodies {
        let reply = post(&acme, &acme.service(), FORM, body.as_bytes()).await;
        assert!(matches!(reply.status, 400 | 413), "{:.40}…: {}", body, reply.describe());
    }
    assert!(started.elapsed().as_secs() < 20, "linear in the body's size: {:?}", started.elapsed());
    let long = acme.authorize(&acme.web(), "openid").set("login_hint", &"x".repeat(20_000));
    let reply = acme.http().get(&long.url()).await;
    assert!(matches!(reply.status, 400 | 303 | 414 | 431), "{}", reply.describe());
    alive(&acme).await;
}

async fn in_06_broken_encodings_are_refused_in_every_parameter(app: Frozen) {
    let acme = app.acme();
    let broken = ["%00", "a%00b", "%ff", "%c3", "%c0%af", "%ed%a0%80", "%f4%90%80%80", "%zz", "%", "%4"];
    for endpoint in ENDPOINTS {
        let good = parameters(&acme, endpoint);
        for at in 0..good.len() {
            for bad in broken {
                let part = |(n, (name, value)): (usize, &(String, String))| {
                    let value = if n == at {
                        bad.to_owned()
                    } else {
                        encode(&[(String::new(), value.clone())])[1..].to_owned()
                    };
                    format!("{name}={value}")
                };
                let encoded: Vec<String> = good.iter().enumerate().map(part).collect();
                let reply = send(&acme, endpoint, &encoded.join("&")).await;
                assert!(
                    reply.status == 400 || (endpoint == "authorize" && reply.is_redirect()),
                    "{endpoint} with {}={bad}: {}",
                    good[at].0,
                    reply.describe()
                );
                assert!(
                    !reply.is_redirect() || !reply.location().query().unwrap_or_default().contains("code=")
                );
            }
        }
    }
    alive(&acme).await;
}

async fn in_07_an_empty_value_is_an_absent_one(app: Frozen) {
    let acme = app.acme();
    let service = acme.service();
    for extra in ["scope=orders:read&resource=&audience=", "scope=orders:read&code=&username=&refresh_token="]
    {
        let body = format!("grant_type=client_credentials&{extra}");
        post(&acme, &service, FORM, body.as_bytes()).await.expect(200);
    }
    for missing in ["grant_type=", "grant_type=&scope=orders:read", "grant_type"] {
        let reply = post(&acme, &service, FORM, missing.as_bytes()).await;
        reply.expect_oauth_error(400, "invalid_request");
    }
    let web = acme.web();
    for absent in ["response_type", "client_id", "redirect_uri", "code_challenge"] {
        let empty = acme.http().get(&acme.authorize(&web, "openid").set(absent, "").url()).await;
        let without = acme.http().get(&acme.authorize(&web, "openid").without(absent).url()).await;
        let error = |reply: &Reply| {
            let pairs = reply.is_redirect().then(|| reply.location()).map(|url| {
                url.query_pairs().find(|(name, _)| name == "error").map(|(_, value)| value.into_owned())
            });
            (reply.status, pairs.flatten())
        };
        assert_eq!(error(&empty), error(&without), "{absent} empty and absent");
    }
    let prompt =
        acme.http().get(&acme.authorize(&web, "openid").set("prompt", "").set("max_age", "").url()).await;
    assert!(!prompt.is_redirect() || !prompt.location().as_str().contains("error="), "{}", prompt.describe());
}

async fn in_08_scopes_follow_the_grammar(app: Frozen) {
    let acme = app.acme();
    let service = acme.service();
    let long = format!("orders:read {}", "x".repeat(10_000));
    for scope in [
        "orders:read  orders:read",
        " orders:read",
        "orders:read ",
        "orders:read\"",
        "orders:read\n",
        "orders\\read",
        "orders:read\tx",
        "unknown:scope",
        "orders:read unknown:scope",
        "Orders:Read",
        "órdenes",
        &long,
    ] {
        acme.client_credentials(&service, scope).await.expect_oauth_error(400, "invalid_scope");
    }
    let repeated = acme.client_credentials(&service, "orders:read orders:read").await.tokens();
    assert_eq!(repeated.scope.as_deref(), Some("orders:read"), "a scope is a set");
    let web = acme.web();
    for scope in ["openid  profile", "openid\"", "openid unknown:scope"] {
        let reply = acme.http().get(&acme.authorize(&web, scope).url()).await;
        let callback = Callback::read(&reply, &web.redirect_uri);
        assert_eq!(callback.get("error"), "invalid_scope", "{scope}: {}", callback.url);
    }
}

async fn in_20_a_state_comes_back_byte_by_byte(app: Frozen) {
    let acme = app.acme();
    let (web, user) = (acme.web(), make::user(&acme, "in20").await);
    let awkward = r##"&#"<>'%25+ =?/\;:@{}[]|~`^é漢🦀"##;
    let states = ["x".to_owned(), awkward.to_owned(), awkward.repeat(60), "s".repeat(4_096)];
    for state in states.iter().filter(|state| state.len() <= 4_096) {
        let request = acme.authorize(&web, "openid").set("state", state);
        let callback = acme.visitor().authorize(&request, &user.login, &user.password).await;
        assert_eq!(callback.get("state"), state, "a state of {} bytes", state.len());
        callback.code();
        let silent = acme.http().get(&request.set("prompt", "none").url()).await;
        assert_eq!(Callback::read(&silent, &web.redirect_uri).get("state"), state, "with an error, too");
    }
    let request = acme.authorize(&web, "openid").set("state", &"s".repeat(5_000));
    let reply = acme.http().get(&request.url()).await;
    expect_invalid(&acme, "authorize", reply, "5,000 bytes of state");
}

async fn in_22_what_the_server_chooses_is_ignored(app: Frozen) {
    let acme = app.acme();
    let body = "grant_type=client_credentials&scope=orders:read&expires_in=999999999&sub=admin&amr=mfa&iss=evil\
                &aud=evil&uid=00u1&cid=other&token_type=none&jti=mine&active=true";
    let tokens = post(&acme, &acme.service(), FORM, body.as_bytes()).await.tokens();
    assert!(tokens.expires_in <= 86_400, "{}", tokens.expires_in);
    let claims = tokens.access().claims;
    assert_eq!(claims["sub"], acme.service().client_id, "{claims:#}");
    assert_eq!(claims["iss"], acme.issuer(), "{claims:#}");
    assert!(claims["amr"].is_null() && claims["uid"].is_null(), "{claims:#}");
    assert_ne!(claims["jti"], "mine");
    assert_ne!(claims["aud"], json!("evil"));
}

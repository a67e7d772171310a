//! Tokens that are nearly right. Where it can be, the server's own key signed them, so that each is refused
//! for the one thing that is wrong with it.

use signet_testkit::{App, Jwt, Tenant, TestApp, TokenSet, Value, json, on_each_engine};

use crate::support::apps::{NewApp, Person, Server};
use crate::support::forge::{Signer, b64};
use crate::support::log::assert_alive;
use crate::support::replies::assert_dead;

on_each_engine! {
    jw_01_no_form_of_none,
    jw_05_keys_of_others,
    jw_08_critical_headers_and_unencoded_payloads,
    jw_09_ecdsa_signatures,
    jw_10_members_that_appear_twice,
    jw_11_claims_that_are_no_object,
    jw_12_strict_base64url_in_three_parts,
    jw_25_cut_and_lengthened_opaque_tokens,
}

/// A tenant with a good token and the key that signed it.
pub(crate) struct Forge {
    pub(crate) app: TestApp,
    pub(crate) acme: Tenant,
    pub(crate) asker: App,
    pub(crate) person: Person,
    pub(crate) good: TokenSet,
    pub(crate) signer: Signer,
}

impl Forge {
    pub(crate) async fn new(app: TestApp) -> Self {
        let acme = app.acme();
        let asker = (*NewApp::web().make(&acme).await).clone();
        let person = Person::new(&acme).await;
        let scope = "openid offline_access";
        let good = acme.password(&asker, &person.login, &person.password, scope).await.tokens();
        let signer = Signer::of(&app, &acme.issuer()).await;
        let forge = Self { app, acme, asker, person, good, signer };
        // The key is the right one, and a token that it signs is believed: so nothing below is refused for that.
        forge.assert_believed(&forge.signer.change(forge.token(), json!({}))).await;
        forge
    }

    pub(crate) fn token(&self) -> &str {
        &self.good.access_token
    }

    pub(crate) fn claims(&self) -> Value {
        Jwt::decode(self.token()).claims
    }

    pub(crate) async fn assert_believed(&self, token: &str) {
        assert!(self.acme.is_active(&self.asker, token).await, "refused: {token}");
        self.acme.userinfo(token).await.expect(200);
    }

    pub(crate) async fn assert_refused(&self, token: &str, what: &str) {
        assert_dead(&self.acme, &self.asker, token, what).await;
    }

    /// Nothing that was refused did any harm to the good token.
    pub(crate) async fn finish(self) {
        self.assert_believed(self.token()).await;
        assert_alive(&self.acme).await;
        self.app.assert_no_leak();
    }
}

async fn jw_01_no_form_of_none(app: TestApp) {
    let forge = Forge::new(app).await;
    let (claims, kid) = (forge.claims().to_string(), &forge.signer.kid);
    let signature = forge.token().rsplit('.').next().unwrap_or_default().to_owned();
    let mut headers: Vec<(Value, &str)> =
        ["none", "None", "NONE", "nOnE", "", " ", "null", "HS256", "RS384", "rs256"]
            .into_iter()
            .map(|alg| (json!({ "alg": alg, "typ": "at+jwt", "kid": kid }), alg))
            .collect();
    headers.push((json!({ "typ": "at+jwt", "kid": kid }), "no alg"));
    headers.push((json!({ "alg": null, "typ": "at+jwt", "kid": kid }), "alg null"));
    headers.push((json!({ "alg": ["RS256"], "typ": "at+jwt", "kid": kid }), "a list"));
    headers.push((json!({ "alg": "ES256", "typ": "at+jwt", "kid": kid }), "another key's algorithm"));
    for (header, what) in headers {
        let header = header.to_string();
        for signature in ["", &signature, "AA"] {
            let token = format!("{}.{}.{signature}", b64(&header), b64(&claims));
            forge.assert_refused(&token, what).await;
        }
        // Even with a signature that fits.
        forge.assert_refused(&forge.signer.sign(&header, &claims), what).await;
    }
    // The public key is no secret: it signs nothing.
    let key = forge.acme.keys().await["keys"][0].to_string();
    let header = json!({ "alg": "HS256", "typ": "at+jwt", "kid": kid }).to_string();
    let message = format!("{}.{}", b64(&header), b64(&claims));
    let mac = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key.as_bytes());
    let tag = aws_lc_rs::hmac::sign(&mac, message.as_bytes());
    forge.assert_refused(&format!("{message}.{}", b64(tag.as_ref())), "a MAC by the public key").await;
    forge.finish().await;
}

async fn jw_05_keys_of_others(app: TestApp) {
    let forge = Forge::new(app).await;
    let globex = forge.app.globex();
    let second = Server::new(&forge.acme, json!({})).await.tenant;
    let claims = forge.claims();
    for other in [&second, &forge.acme.at_org(), &globex, &globex.at_org()] {
        other.keys().await;
        let theirs = Signer::of(&forge.app, &other.issuer()).await;
        assert_ne!(theirs.kid, forge.signer.kid);
        let what = other.issuer();
        forge.assert_refused(&theirs.sign_claims(&claims), &format!("signed by {what}")).await;
        let borrowed = json!({ "alg": theirs.alg, "typ": "at+jwt", "kid": forge.signer.kid });
        let token = theirs.sign(borrowed.to_string(), claims.to_string());
        forge.assert_refused(&token, &format!("signed by {what} under our key's id")).await;
        // And ours is nothing there, even with their issuer and audience.
        let mut moved = claims.clone();
        moved["iss"] = other.issuer().into();
        let asker = if other.name == "globex" { globex.web() } else { forge.asker.clone() };
        assert_dead(other, &asker, &forge.signer.sign_claims(&moved), &format!("our key at {what}")).await;
    }
    let claims = claims.to_string();
    for kid in
        ["", "nobody's", "../../etc/passwd", "' OR 1=1 --", "https://evil.test/jwks", &"k".repeat(5_000)]
    {
        let header = json!({ "alg": forge.signer.alg, "typ": "at+jwt", "kid": kid }).to_string();
        forge.assert_refused(&forge.signer.sign(header, &claims), kid).await;
    }
    let header = json!({ "alg": forge.signer.alg, "typ": "at+jwt" }).to_string();
    forge.assert_refused(&forge.signer.sign(header, &claims), "no key id").await;
    // Keys that a token brings along are not looked at.
    let theirs = Signer::of(&forge.app, &second.issuer()).await;
    let jwk = second.keys().await["keys"][0].clone();
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!(format!("{}/v1/keys", second.issuer()))),
        ("x5u", json!("https://evil.test/cert")),
        ("x5c", json!(["MIIB"])),
    ] {
        let mut header = theirs.header();
        header[name] = value;
        forge.assert_refused(&theirs.sign(header.to_string(), &claims), name).await;
    }
    forge.finish().await;
}

async fn jw_08_critical_headers_and_unencoded_payloads(app: TestApp) {
    let forge = Forge::new(app).await;
    let claims = forge.claims().to_string();
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!(["unknown"])),
        ("crit", json!([])),
        ("crit", json!("exp")),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
    ] {
        let mut header = forge.signer.header();
        header[name] = value.clone();
        let token = forge.signer.sign(header.to_string(), &claims);
        forge.assert_refused(&token, &format!("{name}: {value}")).await;
    }
    // Unencoded, as RFC 7797 has it.
    let mut header = forge.signer.header();
    (header["b64"], header["crit"]) = (json!(false), json!(["b64"]));
    let message = format!("{}.{claims}", b64(header.to_string()));
    let signature = forge.signer.signature(message.as_bytes(), false);
    forge.assert_refused(&format!("{message}.{}", b64(signature)), "an unencoded payload").await;
    for (name, value) in [("typ", json!(7)), ("kid", json!(["k"])), ("alg", json!({}))] {
        let mut header = forge.signer.header();
        header[name] = value.clone();
        forge
            .assert_refused(&forge.signer.sign(header.to_string(), &claims), &format!("{name}: {value}"))
            .await;
    }
    forge.finish().await;
}

async fn jw_09_ecdsa_signatures(app: TestApp) {
    let acme = app.acme();
    let server = Server::new(&acme, json!({ "signingAlgorithm": "ES256" })).await;
    server.scope("orders:read", "IMPLICIT").await;
    let at = &server.tenant;
    let service = NewApp::service().make(&acme).await;
    let good = at.client_credentials(&service, "orders:read").await.tokens().access_token;
    assert_eq!(Jwt::decode(&good).header["alg"], "ES256");
    let signer = Signer::of(&app, &at.issuer()).await;
    let again = signer.change(&good, json!({}));
    assert!(at.is_active(&service, &again).await, "the key is the right one");

    let (message, signature) = good.rsplit_once('.').expect("three parts");
    let raw = signer.signature(message.as_bytes(), false);
    assert_eq!(raw.len(), 64);
    let (r, s) = raw.split_at(32);
    let order = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
        0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    for (bytes, what) in [
        (vec![0; 64], "zeros"),
        ([&[0; 32], s].concat(), "r = 0"),
        ([r, &[0; 32]].concat(), "s = 0"),
        ([&order, s].concat(), "r = n"),
        ([r, &order].concat(), "s = n"),
        (vec![0xff; 64], "ones"),
        (signer.signature(message.as_bytes(), true), "ASN.1"),
        (raw[..63].to_vec(), "short"),
        ([&raw, &[0][..]].concat(), "long"),
        ([&[0][..], &raw].concat(), "long in front"),
        ([s, r].concat(), "swapped"),
        (Vec::new(), "none"),
        (signer.signature(b"another message", false), "of another message"),
    ] {
        assert_dead(at, &service, &format!("{message}.{}", b64(bytes)), what).await;
    }
    assert!(at.is_active(&service, &format!("{message}.{}", b64(&raw))).await, "{signature} is one of many");
    assert_alive(&acme).await;
}

async fn jw_10_members_that_appear_twice(app: TestApp) {
    let forge = Forge::new(app).await;
    let (claims, header) = (forge.claims().to_string(), forge.signer.header().to_string());
    let twice = |json: &str, member: &str| format!("{{{member},{}", &json[1..]);
    for member in [
        r#""sub":"somebody""#,
        r#""exp":9999999999"#,
        r#""aud":"x""#,
        r#""s\u0075b":"x""#,
        r#""odd":1,"odd":1"#,
    ] {
        let token = forge.signer.sign(&header, twice(&claims, member));
        forge.assert_refused(&token, &format!("claims with {member}")).await;
    }
    let nested = format!("{},\"act\":{{\"sub\":1,\"sub\":2}}}}", &claims[..claims.len() - 1]);
    forge.assert_refused(&forge.signer.sign(&header, nested), "a nested member").await;
    for member in
        [r#""alg":"none""#, r#""alg":"RS256""#, r#""kid":"x""#, r#""a\u006cg":"none""#, r#""x":1,"x":1"#]
    {
        let token = forge.signer.sign(twice(&header, member), &claims);
        forge.assert_refused(&token, &format!("a header with {member}")).await;
    }
    forge.finish().await;
}

async fn jw_11_claims_that_are_no_object(app: TestApp) {
    let forge = Forge::new(app).await;
    let (claims, header) = (forge.claims().to_string(), forge.signer.header().to_string());
    let deep = |open: &str, close: &str, n: usize| format!("{}{}", open.repeat(n), close.repeat(n));
    for (text, what) in [
        (format!("[{claims}]"), "a list".to_owned()),
        (String::new(), "nothing".to_owned()),
        ("null".to_owned(), "null".to_owned()),
        ("\"text\"".to_owned(), "a text".to_owned()),
        ("1".to_owned(), "a number".to_owned()),
        (format!("{claims}{claims}"), "two objects".to_owned()),
        (format!("{claims} x"), "something behind it".to_owned()),
        (
            claims.replacen('{', "{\"deep\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 1),
            "unfinished".to_owned(),
        ),
        (deep("[", "]", 4_000), "4,000 lists".to_owned()),
        (deep("{\"a\":", "}", 1_000), "1,000 objects".to_owned()),
        (
            format!("{},\"deep\":{}}}", &claims[..claims.len() - 1], deep("[", "]", 4_000)),
            "4,000 lists within".to_owned(),
        ),
        (
            format!("{},\"pad\":\"{}\"}}", &claims[..claims.len() - 1], "x".repeat(600_000)),
            "600 kB".to_owned(),
        ),
        (format!("\u{feff}{claims}"), "a byte order mark".to_owned()),
        (claims.replace("\"sub\"", "'sub'"), "single quotes".to_owned()),
    ] {
        forge.assert_refused(&forge.signer.sign(&header, text), &what).await;
    }
    forge.assert_refused(&forge.signer.sign(&header, b"{\"sub\":\"\xff\"}"), "no UTF-8").await;
    forge.assert_refused(&forge.signer.sign("[]", &claims), "a list as header").await;
    forge.finish().await;
}

async fn jw_12_strict_base64url_in_three_parts(app: TestApp) {
    let forge = Forge::new(app).await;
    let good = forge.token().to_owned();
    let parts: Vec<&str> = good.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("three parts") };
    // 256 bytes end in a character with four unused bits, 86 characters of base64url in one with two.
    let last = signature.chars().last().expect("a signature");
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = alphabet.find(last).expect("base64url");
    let trailing = format!("{}{}", &signature[..signature.len() - 1], &alphabet[at + 1..at + 2]);
    let mut tokens: Vec<(String, &str)> = vec![
        (format!("{good}="), "padding"),
        (format!("{good}=="), "padding"),
        (format!("{header}=.{claims}.{signature}"), "padding in the header"),
        (format!("{header}.{claims}.{trailing}"), "trailing bits"),
        (format!("{good}."), "four parts"),
        (format!("{good}.AA"), "four parts"),
        (format!(".{good}"), "four parts"),
        (format!("{good}.{claims}.{header}"), "five parts, as encrypted"),
        (format!("{header}.{claims}"), "two parts"),
        (format!("{header}..{signature}"), "no claims"),
        (format!(".{claims}.{signature}"), "no header"),
        (format!("{header}.{claims}."), "no signature"),
        (format!("{header} .{claims}.{signature}"), "a space"),
        (format!("{good}\u{a0}"), "a wide space"),
        (format!("{header}.{claims}.{signature}A"), "a character more"),
        (good[..good.len() - 1].to_owned(), "a character less"),
        (good.replace('.', ","), "commas"),
        (good.to_lowercase(), "lower case"),
        ("..".to_owned(), "dots"),
        (".".to_owned(), "a dot"),
    ];
    if signature.contains(['-', '_']) {
        tokens.push((
            format!("{header}.{claims}.{}", signature.replace('-', "+").replace('_', "/")),
            "+ and /",
        ));
    }
    for (token, what) in tokens {
        forge.assert_refused(&token, what).await;
    }
    forge.finish().await;
}

async fn jw_25_cut_and_lengthened_opaque_tokens(app: TestApp) {
    let forge = Forge::new(app).await;
    let token = forge.good.refresh().to_owned();
    for (token, what) in [
        (token[..token.len() - 1].to_owned(), "cut"),
        (token[1..].to_owned(), "cut in front"),
        (token[..token.len() / 2].to_owned(), "half"),
        (format!("{token}A"), "lengthened"),
        (format!("{token}="), "padded"),
        (format!("{token} "), "with a space"),
        (format!(" {token}"), "with a space in front"),
        (format!("{token}{token}"), "twice"),
        (token.to_uppercase(), "upper case"),
        (token.to_lowercase(), "lower case"),
        (token.chars().rev().collect(), "backwards"),
        ("x".repeat(100_000), "long"),
    ] {
        forge.assert_refused(&token, what).await;
    }
    assert!(forge.acme.is_active(&forge.asker, &token).await);
    assert_eq!(forge.person.login, forge.acme.introspect(&forge.asker, &token).await["username"]);
    forge.finish().await;
}

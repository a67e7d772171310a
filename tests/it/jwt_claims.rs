//! Tokens with the right signature and the wrong contents.

use std::time::Duration;

use signet_testkit::{Jwt, TestApp, json, on_each_engine};

use crate::jwt::Forge;
use crate::support::forge::Signer;
use crate::support::log::assert_refusal;
use crate::support::replies::assert_dead;

on_each_engine! {
    jw_16_times,
    jw_17_audiences,
    jw_18_issuers,
    jw_19_a_token_of_another_kind,
    jw_19_a_token_that_hangs_on_another,
}

async fn jw_16_times(app: TestApp) {
    let forge = Forge::new(app).await;
    let clock = forge.app.clock();
    clock.freeze().await;
    let claims = forge.claims();
    let (iat, exp) = (claims["iat"].as_i64().expect("iat"), claims["exp"].as_i64().expect("exp"));
    for name in ["exp", "iat", "nbf"] {
        for value in [
            json!(exp.to_string()),
            json!("soon"),
            json!(""),
            json!(true),
            json!([exp]),
            json!({}),
            json!(exp as f64),
            json!(exp as f64 + 0.5),
            json!(-1),
            json!(-exp),
            json!(1e308),
            json!(u64::MAX),
            json!(i64::MAX),
        ] {
            let token = forge.signer.change(forge.token(), json!({ name: value }));
            forge.assert_refused(&token, &format!("{name}: {value}")).await;
        }
    }
    // Where `null` stands for a member that is there and null.
    for name in ["exp", "iat", "nbf"] {
        let mut claims = forge.claims();
        claims[name] = json!(null);
        forge.assert_refused(&forge.signer.sign_claims(&claims), &format!("{name}: null")).await;
    }
    for name in ["exp", "iat"] {
        let token = forge.signer.change(forge.token(), json!({ name: null }));
        forge.assert_refused(&token, &format!("no {name}")).await;
    }
    let now = clock.advance(Duration::ZERO).await / 1_000_000;
    for (changes, what) in [
        (json!({ "exp": now }), "it ends now"),
        (json!({ "exp": 1 }), "it ended long ago"),
        (json!({ "iat": now + 1 }), "issued in a second"),
        (json!({ "nbf": now + 1 }), "good in a second"),
        (json!({ "nbf": exp + 1 }), "good when it is over"),
    ] {
        forge.assert_refused(&forge.signer.change(forge.token(), changes), what).await;
    }
    for changes in [json!({ "exp": now + 1 }), json!({ "nbf": now }), json!({ "iat": iat, "nbf": 0 })] {
        forge.assert_believed(&forge.signer.change(forge.token(), changes)).await;
    }
    // The real one, to its last second.
    clock.advance(Duration::from_secs((exp - now - 1).unsigned_abs())).await;
    forge.assert_believed(forge.token()).await;
    clock.advance(Duration::from_secs(1)).await;
    forge.assert_refused(forge.token(), "at its end").await;
}

async fn jw_17_audiences(app: TestApp) {
    let forge = Forge::new(app).await;
    let aud = forge.claims()["aud"].as_str().expect("an audience").to_owned();
    for value in [
        json!(null),
        json!(""),
        json!(aud.to_uppercase()),
        json!(&aud[..aud.len() - 1]),
        json!(format!("{aud}/")),
        json!(format!("{aud} ")),
        json!(format!("{aud} x")),
        json!([]),
        json!([aud, "https://stranger.example"]),
        json!(["https://stranger.example", aud]),
        json!([aud, aud]),
        json!([[aud]]),
        json!({ "aud": aud }),
        json!(true),
        json!(0),
        json!(forge.asker.client_id),
        json!(forge.acme.issuer()),
    ] {
        let token = forge.signer.change(forge.token(), json!({ "aud": value }));
        forge.assert_refused(&token, &format!("aud: {value}")).await;
    }
    forge.finish().await;
}

async fn jw_18_issuers(app: TestApp) {
    let forge = Forge::new(app).await;
    let iss = forge.acme.issuer();
    for value in [
        json!(null),
        json!(""),
        json!(format!("{iss}/")),
        json!(format!("{iss}?")),
        json!(format!(" {iss}")),
        json!(&iss[..iss.len() - 1]),
        json!(iss.to_uppercase()),
        json!(iss.replace("http:", "https:")),
        json!(iss.replace("localhost", "LOCALHOST")),
        json!(iss.replace("localhost", "127.0.0.1")),
        json!(forge.acme.at_org().issuer()),
        json!(forge.app.globex().issuer()),
        json!(forge.app.globex().at_org().issuer()),
        json!([iss]),
        json!({ "iss": iss }),
        json!(1),
    ] {
        let token = forge.signer.change(forge.token(), json!({ "iss": value }));
        forge.assert_refused(&token, &format!("iss: {value}")).await;
    }
    forge.finish().await;
}

async fn jw_19_a_token_of_another_kind(app: TestApp) {
    let forge = Forge::new(app).await;
    let (acme, asker) = (&forge.acme, &forge.asker);
    let id_token = forge.good.id_token.clone().expect("an ID token");
    forge.assert_refused(&id_token, "an ID token as access token").await;
    // Nor with an access token's audience and claims, as long as its type isn't.
    let claims = forge.claims().to_string();
    for typ in [json!("JWT"), json!(null), json!("logout+jwt"), json!("id+jwt"), json!("at+jwt2"), json!("")]
    {
        let mut header = forge.signer.header();
        header["typ"] = typ.clone();
        if typ.is_null() {
            header.as_object_mut().expect("a header").remove("typ");
        }
        forge.assert_refused(&forge.signer.sign(header.to_string(), &claims), &format!("typ {typ}")).await;
    }
    let mut header = forge.signer.header();
    header["typ"] = json!("application/AT+JWT");
    forge.assert_believed(&forge.signer.sign(header.to_string(), &claims)).await;

    // An access token is no hint, and neither of the two is an assertion, a code or a management token.
    let bye = format!("{}/", acme.origin());
    let web = acme.web();
    let params = [("post_logout_redirect_uri", bye.as_str())];
    let login = acme.user();
    let tokens = acme.password(&web, login.0, login.1, "openid").await.tokens();
    let hinted = |hint: String| {
        let call = acme.http().get(&acme.endpoint("logout")).query([("id_token_hint", hint)]);
        call.query(params)
    };
    let reply = hinted(tokens.id_token.clone().expect("an ID token")).await.expect(303);
    assert_eq!(reply.location().as_str(), bye, "an ID token is a hint");
    for hint in [tokens.access_token.clone(), tokens.refresh_token.clone().unwrap_or_default()] {
        assert!(hinted(hint).await.expect(200).header("location").is_none());
    }
    // With an ID token's claims, but an access token's type.
    let signer = Signer::of(&forge.app, &acme.issuer()).await;
    let disguised = signer.sign_claims(&Jwt::decode(tokens.id_token.as_deref().expect("an ID token")).claims);
    assert!(hinted(disguised).await.expect(200).header("location").is_none());

    for token in [&id_token, &forge.good.access_token] {
        let params = [
            ("grant_type", "client_credentials"),
            ("client_id", asker.client_id.as_str()),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", token),
        ];
        let reply = acme.token(&params).await.expect_oauth_error(401, "invalid_client");
        assert_refusal(acme, &reply, "invalid_token_endpoint_auth_method").await;
        for path in ["/api/v1/users", "/api/v1/apps"] {
            let reply = acme.get(path).bearer(token).await;
            assert!([401, 403].contains(&reply.status), "{}", reply.describe());
        }
    }
    forge.finish().await;
}

async fn jw_19_a_token_that_hangs_on_another(app: TestApp) {
    let forge = Forge::new(app).await;
    let globex = forge.app.globex();
    let theirs = globex.user();
    let foreign = globex.password(&globex.web(), theirs.0, theirs.1, "openid").await.tokens().access().claims;
    for (changes, what) in [
        (json!({ "uid": foreign["uid"], "sub": foreign["uid"] }), "another tenant's user"),
        (json!({ "cid": foreign["cid"], "client_id": foreign["cid"] }), "another tenant's app"),
        (json!({ "cid": "nobody" }), "nobody's app"),
        (json!({ "cid": null }), "no app"),
        (json!({ "uid": "00unobody" }), "nobody"),
        (json!({ "uid": 7 }), "a number as user"),
        (json!({ "scp": "openid" }), "a text of scopes"),
        (json!({ "scp": null }), "no scopes"),
        (json!({ "jti": null }), "no id"),
        (json!({ "sub": null }), "no subject"),
    ] {
        forge.assert_refused(&forge.signer.change(forge.token(), changes), what).await;
    }
    // What was revoked by its id stays so under any signature.
    forge.acme.revoke(&forge.asker, forge.token()).await.expect(200);
    let again = forge
        .signer
        .change(forge.token(), json!({ "exp": forge.claims()["exp"].as_i64().map(|exp| exp + 60) }));
    forge.assert_refused(&again, "revoked").await;
    assert_dead(&forge.acme.at_org(), &forge.asker, forge.token(), "elsewhere").await;
}

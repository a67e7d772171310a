//! The `claims` parameter: single claims beside the scopes, and what they may not do.

use std::collections::BTreeSet;

use signet_testkit::{Callback, Shared, Tenant, TestApp, Value, json, on_each_engine};

use crate::support::apps::{Made, NewApp, Person};
use crate::support::replies::assert_sent_back;
use crate::support::rows::Rows;

on_each_engine! {
    gr_19_claims_come_where_they_were_asked_for,
    gr_19_claims_are_no_way_around_scopes,
    gr_19_claims_ask_for_consent_as_their_scopes_do,
    gr_19_an_essential_class_or_another_subject_is_an_error,
    every_standard_scope_gives_its_claims,
}

async fn somebody(tenant: &Tenant) -> Person {
    let person = Person::new(tenant).await;
    let profile = json!({ "profile": {
        "primaryPhone": "+49 30 123456", "streetAddress": "Am Tor 1", "city": "Berlin", "zipCode": "10115",
        "countryCode": "DE", "nickName": "Patty",
    } });
    tenant.api("POST", &format!("/api/v1/users/{}", person.id)).json(&profile).await.expect(200);
    person
}

fn names(value: &Value, but: &[&str]) -> BTreeSet<String> {
    let members = value.as_object().expect("an object");
    members.keys().filter(|name| !but.contains(&name.as_str())).cloned().collect()
}

/// What every ID token has.
const OWN: &[&str] =
    &["amr", "at_hash", "aud", "auth_time", "exp", "iat", "idp", "iss", "jti", "nonce", "sid", "ver"];

async fn tokens(
    tenant: &Tenant,
    app: &Made,
    person: &Person,
    scope: &str,
    claims: &Value,
) -> signet_testkit::TokenSet {
    let request = tenant.authorize(app, scope).set("claims", &claims.to_string());
    let visitor = tenant.visitor();
    let callback = visitor.authorize(&request, &person.login, &person.password).await;
    let params = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", &app.redirect_uri),
        ("code_verifier", &request.verifier),
    ];
    tenant.token_as(app, &params).await.tokens()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

async fn gr_19_claims_come_where_they_were_asked_for(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = somebody(&acme).await;
    let claims = json!({
        "userinfo": {
            "name": { "essential": true }, "phone_number": null, "unheard_of": null,
            "nickname": { "value": "Somebody else" }, "locale": { "essential": true },
        },
        "id_token": {
            "email": { "essential": true }, "auth_time": { "essential": true },
            "given_name": { "values": ["Pat", "Patricia"] }, "acr": { "values": ["gold"] },
        },
    });
    let first = tokens(&acme, &web, &person, "openid offline_access", &claims).await;
    let told = acme.userinfo(&first.access_token).await.expect(200).json();
    assert_eq!(names(&told, &[]), set(&["sub", "name", "phone_number"]));
    assert_eq!((&told["name"], &told["phone_number"]), (&json!("Pat Example"), &json!("+49 30 123456")));
    assert_eq!(names(&first.id().claims, OWN), set(&["sub", "email", "given_name"]));

    // What was asked for is part of the grant.
    let second = acme.refresh(&web, first.refresh()).await.tokens();
    let told = acme.userinfo(&second.access_token).await.expect(200).json();
    assert_eq!(names(&told, &[]), set(&["sub", "name", "phone_number"]));
    assert_eq!(names(&second.id().claims, OWN), set(&["sub", "email", "given_name"]));
    assert_eq!(acme.discovery().await["claims_parameter_supported"], true);
}

async fn gr_19_claims_are_no_way_around_scopes(app: Shared) {
    let acme = app.acme();
    let mut web = NewApp::web().oauth("allowed_scopes", json!(["openid", "profile"])).make(&acme).await;
    let person = somebody(&acme).await;
    let claims = json!({
        "userinfo": { "email": { "essential": true }, "name": null },
        "id_token": { "address": null, "nickname": null },
    });
    let got = tokens(&acme, &web, &person, "openid", &claims).await;
    let told = acme.userinfo(&got.access_token).await.expect(200).json();
    assert_eq!(names(&told, &[]), set(&["sub", "name"]));
    assert_eq!(names(&got.id().claims, OWN), set(&["sub", "nickname"]));
    web.change(&acme, "allowed_scopes", json!(["openid"])).await;
    let told = acme.userinfo(&got.access_token).await.expect(200).json();
    assert_eq!(names(&told, &[]), set(&["sub"]), "what the app lost, its grants lose");
    // Without openid there is neither an ID token nor userinfo to put a claim into.
    web.change(&acme, "allowed_scopes", json!([])).await;
    let got = tokens(&acme, &web, &person, "orders:read", &claims).await;
    assert!(got.id_token.is_none());
    acme.userinfo(&got.access_token).await.expect(403);
}

async fn gr_19_claims_ask_for_consent_as_their_scopes_do(app: TestApp) {
    let acme = app.acme();
    // The scopes that come with a server can't be changed by administrators; a later version may let them.
    let sql = "UPDATE scopes SET consent = 'REQUIRED' WHERE name = 'email'";
    assert!(Rows::of(&app).await.run(sql).await > 0);
    let web = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    let person = somebody(&acme).await;
    let at = &acme;
    let claims = json!({ "userinfo": { "email": null } }).to_string();
    let visitor = person.code(at, &web, "openid").await.visitor;
    let request = at.authorize(&web, "openid").set("claims", &claims);
    let silent = request.clone().set("prompt", "none");
    assert_sent_back(at, &silent, &visitor.get(&silent.url()).await, "consent_required");
    let page = visitor.open(&request.url()).await;
    assert!(page.page().consent_form().is_some(), "{}", page.describe());
    let reply = visitor.approve(&page).await;
    assert!(!Callback::read(&reply, &web.redirect_uri).code().is_empty());
    // Asked once; and what was allowed are the claims, not the scope.
    let silent = at.authorize(&web, "openid").set("claims", &claims).set("prompt", "none");
    let code = Callback::read(&visitor.get(&silent.url()).await, &web.redirect_uri).code().to_owned();
    let params = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", &web.redirect_uri),
        ("code_verifier", &silent.verifier),
    ];
    let got = at.token_as(&web, &params).await.tokens();
    assert_eq!(got.scope.as_deref(), Some("openid"));
    let told = at.userinfo(&got.access_token).await.expect(200).json();
    assert_eq!(told["email"], person.login.as_str());
}

async fn gr_19_an_essential_class_or_another_subject_is_an_error(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let (person, other) = (Person::new(&acme).await, Person::new(&acme).await);
    let visitor = person.code(&acme, &web, "openid").await.visitor;
    let asked = |claims: Value| {
        acme.authorize(&web, "openid").set("prompt", "none").set("claims", &claims.to_string())
    };
    for (claims, error) in [
        (
            json!({ "id_token": { "acr": { "essential": true, "values": ["gold", "silver"] } } }),
            "unmet_authentication_requirements",
        ),
        (
            json!({ "userinfo": { "acr": { "essential": true, "value": "gold" } } }),
            "unmet_authentication_requirements",
        ),
        (json!({ "id_token": { "sub": { "value": other.id } } }), "login_required"),
        (json!({ "id_token": { "sub": { "value": 7 } } }), "login_required"),
        (
            json!({ "id_token": { "sub": { "value": person.id } }, "userinfo": { "sub": { "value": other.id } } }),
            "login_required",
        ),
        (json!({ "userinfo": [] }), "invalid_request"),
        (json!("name"), "invalid_request"),
        (json!({ "userinfo": { "name": { "essential": 1 } } }), "invalid_request"),
    ] {
        let request = asked(claims);
        assert_sent_back(&acme, &request, &visitor.get(&request.url()).await, error);
    }
    for claims in [
        json!({ "id_token": { "sub": { "value": person.id } } }),
        json!({ "id_token": { "sub": { "essential": true, "values": [other.id, person.id] } } }),
        json!({ "id_token": { "acr": { "values": ["gold"] } } }),
        json!({ "id_token": { "acr": { "essential": true } } }),
        json!({ "id_token": { "unheard_of": { "essential": true } } }),
    ] {
        let callback = Callback::read(&visitor.get(&asked(claims).url()).await, &web.redirect_uri);
        assert!(!callback.code().is_empty());
    }
}

async fn every_standard_scope_gives_its_claims(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = somebody(&acme).await;
    for (scope, claims) in [
        ("openid", vec![]),
        (
            "openid profile",
            vec!["name", "given_name", "family_name", "preferred_username", "updated_at", "nickname"],
        ),
        ("openid email", vec!["email", "email_verified"]),
        ("openid phone", vec!["phone_number", "phone_number_verified"]),
        ("openid address", vec!["address"]),
    ] {
        let got = person.code(&acme, &web, scope).await.redeem(&acme, &web).await;
        let told = acme.userinfo(&got.access_token).await.expect(200).json();
        assert_eq!(names(&told, &["sub"]), set(&claims), "{scope}");
        let address = &told["address"];
        assert!(address.is_null() || address["locality"] == "Berlin", "{address}");
    }
    for display in ["page", "popup", "touch", "wap", "hologram"] {
        let request = acme.authorize(&web, "openid").set("display", display);
        let callback = acme.visitor().authorize(&request, &person.login, &person.password).await;
        assert!(!callback.code().is_empty(), "{display}");
    }
    // Parameters that are hints, and one that nobody knows.
    let mut request = acme.authorize(&web, "openid profile email phone address");
    for (name, value) in [
        ("display", "popup"),
        ("ui_locales", "fr-CA fr en"),
        ("claims_locales", "se en"),
        ("acr_values", "1 2"),
        ("login_hint", "somebody@example.com"),
        ("extra", "foobar"),
    ] {
        request = request.set(name, value);
    }
    let callback = acme.visitor().authorize(&request, &person.login, &person.password).await;
    assert!(!callback.code().is_empty());
}

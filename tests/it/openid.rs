//! OpenID Connect as a certified client meets it: what the modules of the certification plans look at and no
//! other test does.

use signet_oauth::jwk::Jwks;
use signet_oauth::jwt::{self, Alg};
use signet_testkit::{
    App, AuthRequest, Callback, Reply, Shared, Tenant, Visitor, on_each_engine, serde_json,
};

use crate::support::apps::{CALLBACK, NewApp, Person};
use crate::support::replies::{ask, assert_page, assert_sent_back};

on_each_engine! {
    an_id_token_is_signed_by_a_published_key,
    discovery_says_what_there_is,
    userinfo_takes_the_token_in_header_and_body,
    a_request_needs_its_response_type_and_no_nonce,
    a_request_may_be_posted,
    request_objects_are_refused_at_the_redirect_uri,
    a_hint_of_the_same_user_signs_in_silently,
    a_login_hint_fills_the_page,
    every_answer_can_come_as_a_form,
    the_secret_may_come_in_the_body,
    a_redirect_uri_may_have_a_query,
}

async fn redeem(tenant: &Tenant, app: &App, request: &AuthRequest, code: &str) -> Reply {
    let params = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &app.redirect_uri),
        ("code_verifier", &request.verifier),
    ];
    tenant.token_as(app, &params).await
}

async fn an_id_token_is_signed_by_a_published_key(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    for server in [acme.clone(), acme.at_org()] {
        let person = Person::new(&acme).await;
        let request = server.authorize(&web, "openid");
        let callback = server.visitor().authorize(&request, &person.login, &person.password).await;
        let tokens = redeem(&server, &web, &request, callback.code()).await.tokens();
        let keys: Jwks = serde_json::from_value(server.keys().await).expect("a key set");
        let token = tokens.id_token.as_deref().expect("an ID token");
        let verified = jwt::verify(token, &keys.keys, &[Alg::RS256]).expect("a good signature");
        assert!(verified.header.kid.is_some());
        assert_eq!(verified.claims["aud"], web.client_id.as_str());
        assert_eq!(verified.claims["iss"], server.issuer());
        assert_eq!(verified.claims["nonce"], request.get("nonce"));
        assert_eq!(tokens.scope.as_deref(), Some("openid"));
    }
}

async fn discovery_says_what_there_is(app: Shared) {
    for server in [app.acme(), app.acme().at_org()] {
        let document = server.discovery().await;
        assert_eq!(document["issuer"], server.issuer());
        for member in [
            "authorization_endpoint",
            "token_endpoint",
            "userinfo_endpoint",
            "jwks_uri",
            "end_session_endpoint",
            "introspection_endpoint",
            "revocation_endpoint",
            "pushed_authorization_request_endpoint",
        ] {
            let url = document[member].as_str().unwrap_or_else(|| panic!("no {member}"));
            // Whatever it makes of so bare a request: it is there.
            let reply = app.http().call("OPTIONS", url).unchecked().await;
            let reply = if reply.status == 405 { app.http().get(url).await } else { reply };
            assert_ne!(reply.status, 404, "{member}: {}", reply.describe());
        }
        for (member, value) in [
            ("response_types_supported", "code"),
            ("subject_types_supported", "public"),
            ("subject_types_supported", "pairwise"),
            ("userinfo_signing_alg_values_supported", "RS256"),
            ("id_token_signing_alg_values_supported", "RS256"),
            ("scopes_supported", "openid"),
            ("claims_supported", "sub"),
            ("code_challenge_methods_supported", "S256"),
            ("response_modes_supported", "form_post"),
            ("dpop_signing_alg_values_supported", "ES256"),
            ("ui_locales_supported", "en"),
            ("ui_locales_supported", "de"),
        ] {
            let list = document[member].as_array().unwrap_or_else(|| panic!("no {member}"));
            assert!(list.iter().any(|entry| entry == value), "{member}: {list:?}");
        }
        for (member, value) in [
            ("request_parameter_supported", true),
            ("request_uri_parameter_supported", true),
            ("require_request_uri_registration", true),
            ("claims_parameter_supported", true),
            ("authorization_response_iss_parameter_supported", true),
        ] {
            assert_eq!(document[member], value, "{member}");
        }
        assert!(document.get("registration_endpoint").is_none(), "nobody registers here");
        assert!(document.get("check_session_iframe").is_none());
    }
}

async fn userinfo_takes_the_token_in_header_and_body(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let tokens = person.code(&acme, &web, "openid profile").await.redeem(&acme, &web).await;
    let url = acme.endpoint("userinfo");
    let token = tokens.access_token.as_str();
    let got = acme.http().get(&url).bearer(token).await.expect(200).json();
    let header = acme.http().call("POST", &url).bearer(token).await.expect(200).json();
    let body = acme.http().call("POST", &url).form([("access_token", token)]).await.expect(200).json();
    assert_eq!(got["sub"], tokens.id().claims["sub"]);
    assert_eq!((&header, &body), (&got, &got));
}

async fn a_request_needs_its_response_type_and_no_nonce(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let request = acme.authorize(&web, "openid").without("response_type");
    assert_sent_back(&acme, &request, &ask(&acme, &request).await, "invalid_request");
    let request = acme.authorize(&web, "openid").without("nonce");
    let callback = acme.visitor().authorize(&request, &person.login, &person.password).await;
    let tokens = redeem(&acme, &web, &request, callback.code()).await.tokens();
    assert!(tokens.id().claims.get("nonce").is_none());
}

async fn a_request_may_be_posted(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let request = acme.authorize(&web, "openid");
    let visitor = acme.visitor();
    let call = visitor.call("POST", &request.endpoint);
    let reply = visitor.send(call.form(request.params.clone())).await.expect(303);
    let page = visitor.follow(reply).await;
    let reply = visitor.sign_in(&page, &person.login, &person.password).await;
    let callback = Callback::read(&reply, &web.redirect_uri);
    assert_eq!(callback.get("state"), request.get("state"));
    redeem(&acme, &web, &request, callback.code()).await.expect(200);
}

async fn request_objects_are_refused_at_the_redirect_uri(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let good = acme.authorize(&web, "openid");
    // {"alg":"none"}.{"redirect_uri":"https://evil.test/cb"}.
    let unsigned = "eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwczovL2V2aWwudGVzdC9jYiJ9.";
    for (name, value, error) in [
        ("request", unsigned, "request_not_supported"),
        ("request_uri", "https://app.example/request.jwt", "request_uri_not_supported"),
        ("registration", "{}", "registration_not_supported"),
    ] {
        let request = good.clone().set(name, value);
        assert_sent_back(&acme, &request, &ask(&acme, &request).await, error);
    }
}

async fn a_hint_of_the_same_user_signs_in_silently(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let flow = person.code(&acme, &web, "openid").await;
    let first = flow.redeem(&acme, &web).await;
    let hint = first.id_token.clone().expect("an ID token");
    let request = acme.authorize(&web, "openid").set("prompt", "none").set("id_token_hint", &hint);
    let callback = Callback::read(&flow.visitor.get(&request.url()).await, CALLBACK);
    let second = redeem(&acme, &web, &request, callback.code()).await.tokens();
    for claim in ["sub", "auth_time", "sid"] {
        assert_eq!(second.id().claims[claim], first.id().claims[claim], "{claim}");
    }
}

async fn a_login_hint_fills_the_page(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let request = acme.authorize(&web, "openid").set("login_hint", "ada\"><b>@example.com");
    let page = acme.visitor().open(&request.url()).await;
    let form = page.page().sign_in_form().expect("a form");
    assert_eq!(form.get("login"), Some("ada\"><b>@example.com"));
}

/// The fields of the form that an answer came as.
#[track_caller]
fn posted(reply: &Reply) -> Vec<(String, String)> {
    assert_eq!(reply.status, 200, "{}", reply.describe());
    let forms = reply.page().forms();
    let [form] = forms.as_slice() else { panic!("one form: {}", reply.describe()) };
    assert_eq!((form.action.as_str(), form.method.as_str()), (CALLBACK, "POST"));
    form.fields.clone()
}

async fn in_a_form(visitor: &Visitor, request: &AuthRequest) -> Vec<(String, String)> {
    posted(&visitor.get(&request.url()).await)
}

async fn every_answer_can_come_as_a_form(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let asked = |scope: &str| acme.authorize(&web, scope).set("response_mode", "form_post");
    let field = |fields: &[(String, String)], name: &str| {
        fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };

    // After a sign-in, and for the one who is signed in.
    let visitor = acme.visitor();
    let request = asked("openid");
    let page = visitor.open(&request.url()).await;
    let fields = posted(&visitor.sign_in(&page, &person.login, &person.password).await);
    assert_eq!(field(&fields, "state"), request.get("state"));
    assert_eq!(field(&fields, "iss"), acme.issuer());
    redeem(&acme, &web, &request, &field(&fields, "code")).await.expect(200);
    let request = asked("openid").set("prompt", "none");
    let fields = in_a_form(&visitor, &request).await;
    redeem(&acme, &web, &request, &field(&fields, "code")).await.expect(200);

    // And every error.
    for (name, value, error) in [
        ("prompt", "none", "login_required"),
        ("scope", "nonsense", "invalid_scope"),
        ("response_type", "token", "unsupported_response_type"),
        ("request", "e30.e30.", "request_not_supported"),
        ("claims", "[]", "invalid_request"),
    ] {
        let request = asked("openid").set(name, value);
        let fields = in_a_form(&acme.visitor(), &request).await;
        assert_eq!(field(&fields, "error"), error, "{name}={value}");
        assert_eq!(field(&fields, "state"), request.get("state"), "{name}={value}");
        assert_eq!(field(&fields, "iss"), acme.issuer(), "{name}={value}");
        assert_eq!(field(&fields, "code"), "", "{name}={value}");
    }
}

async fn the_secret_may_come_in_the_body(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let flow = person.code(&acme, &web, "openid").await;
    let params = [
        ("grant_type", "authorization_code"),
        ("code", flow.code.as_str()),
        ("redirect_uri", flow.redirect_uri.as_str()),
        ("code_verifier", flow.verifier.as_str()),
        ("client_id", web.client_id.as_str()),
        ("client_secret", web.client_secret.as_deref().expect("a secret")),
    ];
    acme.token(&params).await.expect(200);
}

async fn a_redirect_uri_may_have_a_query(app: Shared) {
    let acme = app.acme();
    let uri = "https://app.example/cb?foo=bar";
    let web = NewApp::web().redirect_uris(&[uri]).make(&acme).await;
    let person = Person::new(&acme).await;
    let request = acme.authorize(&web, "openid");
    let callback = acme.visitor().authorize(&request, &person.login, &person.password).await;
    assert_eq!((callback.get("foo"), callback.get("state")), ("bar", request.get("state")));
    redeem(&acme, &web, &request, callback.code()).await.expect(200);
    for other in [CALLBACK, "https://app.example/cb?foo=baz", "https://app.example/cb?foo=bar&x=1"] {
        assert_page(ask(&acme, &request.clone().set("redirect_uri", other)).await, other);
    }
}

//! Discovery is true: each entry of a server's document is used, and a member that nobody uses here fails the test.

use std::collections::BTreeSet;

use signet_oauth::jwk::Jwks;
use signet_oauth::jwt::{self, Alg};
use signet_testkit::{
    AuthRequest, Callback, Jwt, Shared, Tenant, TokenSet, Value, Visitor, json, on_each_engine, serde_json,
};

use crate::cases::test_functions;
use crate::support::apps::{CALLBACK, Made, NewApp, Person, Server};
use crate::support::client_key::{ClientKey, now};
use crate::support::groups::{group, join};
use crate::support::make::unique;
use crate::support::proof::{ProofKey, token_by};
use crate::support::registering::{Registered, ordinary, set_policy};

on_each_engine! {
    every_entry_of_an_ordinary_server_works,
    every_entry_of_the_org_server_works,
    every_entry_of_a_server_with_all_switched_on_works,
    what_a_server_does_not_name_it_does_not_do,
}

mod authentication;

/// Members whose use takes receivers, browsers or hosts outside: the tests that use them.
const ELSEWHERE: &[(&str, &str)] = &[
    ("backchannel_logout_supported", "an_app_is_told_when_its_user_signs_out"),
    ("backchannel_logout_session_supported", "an_app_is_told_when_its_user_signs_out"),
    ("frontchannel_logout_supported", "the_browser_tells_each_app_of_a_sign_out"),
    ("frontchannel_logout_session_supported", "the_browser_tells_each_app_of_a_sign_out"),
    ("check_session_iframe", "an_app_learns_in_its_frame_that_the_sign_in_ended"),
    ("request_uri_parameter_supported", "a_signed_request_at_a_registered_address"),
    ("require_request_uri_registration", "a_signed_request_at_a_registered_address"),
];

/// A server, what it says of itself, and somebody who uses it.
struct Walk {
    tenant: Tenant,
    document: Value,
    web: Made,
    person: Person,
    /// What its own apps may ask for in their own name; none at the org server.
    service_scope: Option<String>,
}

impl Walk {
    async fn of(tenant: Tenant, service_scope: Option<&str>) -> Self {
        let person = Person::new(&tenant).await;
        let profile = json!({ "profile": {
            "middleName": "M", "nickName": "Nick", "profileUrl": "https://people.test/p",
            "picture": "https://people.test/p.png", "website": "https://people.test",
            "gender": "x", "birthdate": "1980-02-29", "timezone": "Europe/Berlin", "locale": "de-DE",
            "primaryPhone": "+49 30 1234", "city": "Berlin", "department": "R&D",
        } });
        tenant.api("POST", &format!("/api/v1/users/{}", person.id)).json(&profile).await.expect(200);
        let members = group(&tenant, &unique("walkers")).await;
        join(&tenant, &members, &person.id).await;
        let web = NewApp::web().make(&tenant).await;
        let document = tenant.discovery().await;
        Self { tenant, document, web, person, service_scope: service_scope.map(str::to_owned) }
    }

    /// Texts of a list.
    fn list(&self, member: &str) -> Vec<String> {
        let list = self.document[member].as_array().unwrap_or_else(|| panic!("{member} is no list"));
        list.iter().map(|text| text.as_str().expect("a text").to_owned()).collect()
    }

    async fn all(&self) {
        let members = self.document.as_object().expect("an object");
        for (member, value) in members {
            Box::pin(self.entry(member, value)).await;
        }
    }

    async fn entry(&self, member: &str, value: &Value) {
        let at = &self.tenant;
        match member {
            "issuer" => assert_eq!(self.tokens("openid").await.id().claims["iss"], *value),
            "authorization_endpoint" => self.is_at(value, "authorize"),
            "token_endpoint" => self.is_at(value, "token"),
            "userinfo_endpoint" => self.is_at(value, "userinfo"),
            "jwks_uri" => {
                self.is_at(value, "keys");
                self.verified(&self.tokens("openid").await.id_token.expect("an ID token")).await;
            }
            "introspection_endpoint" => {
                self.is_at(value, "introspect");
                assert!(at.is_active(&self.web, &self.tokens("openid").await.access_token).await);
            }
            "revocation_endpoint" => {
                self.is_at(value, "revoke");
                let token = self.tokens("openid").await.access_token;
                at.revoke(&self.web, &token).await.expect(200);
                assert!(!at.is_active(&self.web, &token).await);
            }
            "end_session_endpoint" => self.sign_out(value).await,
            "registration_endpoint" => self.register(value).await,
            "pushed_authorization_request_endpoint" => self.push(value).await,
            // Each request of this walk that is not pushed says so.
            "require_pushed_authorization_requests" => assert_eq!(*value, false),
            // What each request of this walk asks for, and each answer has.
            "response_types_supported" => assert_eq!(*value, json!(["code"])),
            "authorization_response_iss_parameter_supported" => {
                assert_eq!(self.flow("openid").await.1.get("iss"), at.issuer());
            }
            "response_modes_supported" => self.response_modes().await,
            "grant_types_supported" => self.grants().await,
            "subject_types_supported" => self.subjects().await,
            "id_token_signing_alg_values_supported" => {
                let header = self.tokens("openid").await.id().header;
                assert_eq!(json!([header["alg"]]), *value);
            }
            "userinfo_signing_alg_values_supported" => self.signed_userinfo().await,
            "scopes_supported" => {
                let scopes = self.list(member);
                let granted = self.tokens(&scopes.join(" ")).await.scope.expect("scopes");
                let granted: BTreeSet<_> = granted.split(' ').map(str::to_owned).collect();
                assert_eq!(granted, scopes.into_iter().collect());
            }
            "token_endpoint_auth_methods_supported" => self.methods(member, "token").await,
            "introspection_endpoint_auth_methods_supported" => self.methods(member, "introspect").await,
            "revocation_endpoint_auth_methods_supported" => self.methods(member, "revoke").await,
            "token_endpoint_auth_signing_alg_values_supported" => self.algs(member, "token").await,
            "introspection_endpoint_auth_signing_alg_values_supported" => {
                self.algs(member, "introspect").await;
            }
            "revocation_endpoint_auth_signing_alg_values_supported" => self.algs(member, "revoke").await,
            "claims_supported" => self.claims().await,
            // What each request of this walk has a challenge by.
            "code_challenge_methods_supported" => assert_eq!(*value, json!(["S256"])),
            "ui_locales_supported" => self.languages().await,
            "request_parameter_supported" => assert_eq!(*value, true),
            "request_object_signing_alg_values_supported" => self.request_objects().await,
            "claims_parameter_supported" => {
                let asked = self.request("openid").set("claims", r#"{"id_token":{"nickname":null}}"#);
                let told = self.redeemed(&asked, &self.answer(&asked).await).await.id().claims;
                assert_eq!(told["nickname"], "Nick");
            }
            "dpop_signing_alg_values_supported" => self.proofs().await,
            _ => {
                let used = ELSEWHERE.iter().find(|(known, _)| *known == member);
                let (_, test) = used.unwrap_or_else(|| panic!("nobody uses {member}"));
                assert!(test_functions().contains(*test), "{member}: there is no test {test}");
                let is_on = value.as_bool().unwrap_or_else(|| value == &json!(at.endpoint("session")));
                assert!(is_on, "{member}: {value}");
            }
        }
    }

    #[track_caller]
    fn is_at(&self, value: &Value, name: &str) {
        assert_eq!(value, &json!(self.tenant.endpoint(name)));
    }

    fn request(&self, scope: &str) -> AuthRequest {
        self.tenant.authorize(&self.web, scope)
    }

    async fn answer(&self, request: &AuthRequest) -> Callback {
        self.tenant.visitor().authorize(request, &self.person.login, &self.person.password).await
    }

    async fn flow(&self, scope: &str) -> (AuthRequest, Callback) {
        let request = self.request(scope);
        let callback = self.answer(&request).await;
        (request, callback)
    }

    async fn redeemed(&self, request: &AuthRequest, callback: &Callback) -> TokenSet {
        let params = code_params(request, callback);
        let params: Vec<_> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.tenant.token_as(&self.web, &params).await.tokens()
    }

    async fn tokens(&self, scope: &str) -> TokenSet {
        let (request, callback) = self.flow(scope).await;
        self.redeemed(&request, &callback).await
    }

    /// The claims of a token that a published key signed with an advertised algorithm.
    async fn verified(&self, token: &str) -> Value {
        let keys: Jwks = serde_json::from_value(self.tenant.keys().await).expect("a key set");
        let algs: Vec<Alg> = Alg::ALL.to_vec();
        jwt::verify(token, &keys.keys, &algs).expect("a good signature").claims.into()
    }

    async fn sign_out(&self, value: &Value) {
        self.is_at(value, "logout");
        let flow = self.person.code(&self.tenant, &self.web, "openid").await;
        let hint = flow.redeem(&self.tenant, &self.web).await.id_token.expect("an ID token");
        let visitor: &Visitor = &flow.visitor;
        let call = visitor.call("GET", value.as_str().expect("a URL")).query([("id_token_hint", hint)]);
        visitor.send(call).await.expect(200);
        let silent = visitor.get(&self.request("openid").set("prompt", "none").url()).await;
        assert_eq!(Callback::read(&silent, CALLBACK).get("error"), "login_required");
    }

    async fn register(&self, value: &Value) {
        self.is_at(value, "clients");
        let name = self.tenant.issuer();
        let slug = name.rsplit('/').next().expect("a path");
        let servers = self.tenant.api("GET", "/api/v1/authorizationServers").await.expect(200).json();
        let own = servers.as_array().expect("servers").iter().find(|s| s["issuer"] == *name);
        let id = own.unwrap_or_else(|| panic!("no {slug}"))["id"].as_str().expect("an id").to_owned();
        let server = Server { id, tenant: self.tenant.clone() };
        let made = Registered::new(&server, None, &ordinary()).await.app;
        self.person.code(&self.tenant, &made, "openid").await.redeem(&self.tenant, &made).await;
    }

    async fn push(&self, value: &Value) {
        self.is_at(value, "par");
        let request = self.request("openid");
        let params: Vec<_> = request.params.iter().map(|(name, value)| (&**name, &**value)).collect();
        let pushed = self.tenant.post_as(&self.web, "par", &params).await.expect(201).json();
        let uri = pushed["request_uri"].as_str().expect("a reference").to_owned();
        let params = [("client_id", self.web.client_id.clone()), ("request_uri", uri)];
        let short = AuthRequest {
            params: params.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            ..request.clone()
        };
        self.redeemed(&request, &self.answer(&short).await).await;
    }

    async fn response_modes(&self) {
        for mode in self.list("response_modes_supported") {
            let request = self.request("openid").set("response_mode", &mode);
            let visitor = self.tenant.visitor();
            let page = visitor.open(&request.url()).await;
            let reply = visitor.sign_in(&page, &self.person.login, &self.person.password).await;
            let code = match mode.as_str() {
                "query" => Callback::read(&reply, CALLBACK).code().to_owned(),
                "fragment" => {
                    let fragment = reply.location().fragment().expect("a fragment").to_owned();
                    let code = fragment.split('&').find_map(|pair| pair.strip_prefix("code="));
                    code.expect("a code").to_owned()
                }
                "form_post" => {
                    let page = if reply.is_redirect() { visitor.follow(reply).await } else { reply };
                    page.page().forms()[0].get("code").expect("a code").to_owned()
                }
                other => panic!("nobody uses the response mode {other}"),
            };
            assert!(!code.is_empty(), "{mode}");
        }
    }

    async fn grants(&self) {
        let at = &self.tenant;
        for grant in self.list("grant_types_supported") {
            match grant.as_str() {
                "authorization_code" => drop(self.tokens("openid").await),
                "refresh_token" => {
                    let tokens = self.tokens("openid offline_access").await;
                    at.refresh(&self.web, tokens.refresh()).await.tokens();
                }
                "password" => {
                    let (login, password) = (&self.person.login, &self.person.password);
                    at.password(&self.web, login, password, "openid").await.tokens();
                }
                "client_credentials" => {
                    let scope = self.service_scope.as_deref().expect("a scope for apps themselves");
                    at.client_credentials(&*NewApp::service().make(at).await, scope).await.tokens();
                }
                other => panic!("nobody uses the grant {other}"),
            }
        }
    }

    async fn subjects(&self) {
        let at = &self.tenant;
        for subject in self.list("subject_types_supported") {
            let app = NewApp::web().oauth("subject_type", json!(subject)).make(at).await;
            let sub =
                self.person.code(at, &app, "openid").await.redeem(at, &app).await.id().claims["sub"].clone();
            assert_eq!(sub == self.person.id, subject == "public", "{subject}: {sub}");
        }
    }

    async fn signed_userinfo(&self) {
        let at = &self.tenant;
        for alg in self.list("userinfo_signing_alg_values_supported") {
            let app = NewApp::web().oauth("userinfo_signed_response_alg", json!(alg)).make(at).await;
            let tokens = self.person.code(at, &app, "openid").await.redeem(at, &app).await;
            let told = at.userinfo(&tokens.access_token).await.expect(200).text();
            assert_eq!(self.verified(&told).await["sub"], self.person.id);
            assert_eq!(Jwt::decode(&told).header["alg"], alg);
        }
    }

    async fn claims(&self) {
        let scopes = self.list("scopes_supported").join(" ");
        let tokens = self.tokens(&scopes).await;
        let userinfo = self.tenant.userinfo(&tokens.access_token).await.expect(200).json();
        let told: BTreeSet<String> = [tokens.id().claims, userinfo]
            .iter()
            .flat_map(|claims| claims.as_object().expect("claims").keys().cloned())
            .collect();
        let said: BTreeSet<String> = self.list("claims_supported").into_iter().collect();
        let missing: Vec<_> = said.difference(&told).collect();
        let unsaid: Vec<_> = told.difference(&said).collect();
        assert!(missing.is_empty() && unsaid.is_empty(), "not told: {missing:?}, not said: {unsaid:?}");
    }

    async fn languages(&self) {
        for language in self.list("ui_locales_supported") {
            let url = self.request("openid").set("ui_locales", &language).url();
            let page = self.tenant.visitor().open(&url).await.expect(200);
            assert_eq!(page.page().attributes("html", "lang"), [language]);
        }
    }

    async fn request_objects(&self) {
        let at = &self.tenant;
        for alg in self.list("request_object_signing_alg_values_supported") {
            let key = ClientKey::new(alg.parse().expect("an algorithm"));
            let app = NewApp::web().oauth("jwks", json!({ "keys": [key.jwk] })).make(at).await;
            let request = at.authorize(&app, "openid");
            let mut object = json!({ "iss": app.client_id, "aud": at.issuer(), "exp": now() + 60 });
            for (name, value) in &request.params {
                object[name] = value.as_str().into();
            }
            let short = AuthRequest {
                params: vec![
                    ("client_id".to_owned(), app.client_id.clone()),
                    ("request".to_owned(), key.sign(&key.header(), &object)),
                ],
                ..request.clone()
            };
            assert_eq!(self.answer(&short).await.get("state"), request.get("state"), "{alg}");
        }
    }

    async fn proofs(&self) {
        for alg in self.list("dpop_signing_alg_values_supported") {
            let key = ProofKey::of(alg.parse().expect("an algorithm"));
            let (request, callback) = self.flow("openid").await;
            let params = code_params(&request, &callback);
            let params: Vec<_> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let tokens = token_by(&self.tenant, &self.web, &key, &params).await.tokens();
            assert_eq!(tokens.token_type, "DPoP", "{alg}");
            assert_eq!(tokens.access().claims["cnf"]["jkt"], key.thumbprint(), "{alg}");
        }
    }
}

fn code_params(request: &AuthRequest, callback: &Callback) -> Vec<(&'static str, String)> {
    vec![
        ("grant_type", "authorization_code".to_owned()),
        ("code", callback.code().to_owned()),
        ("redirect_uri", request.get("redirect_uri").to_owned()),
        ("code_verifier", request.verifier.clone()),
    ]
}

async fn every_entry_of_an_ordinary_server_works(app: Shared) {
    let server = Server::new(&app.acme(), json!({})).await;
    server.scope("orders:read", "IMPLICIT").await;
    Walk::of(server.tenant, Some("orders:read")).await.all().await;
}

async fn every_entry_of_the_org_server_works(app: Shared) {
    Walk::of(app.acme().at_org(), None).await.all().await;
}

async fn every_entry_of_a_server_with_all_switched_on_works(app: Shared) {
    let acme = app.acme();
    let settings = json!({ "signingAlgorithm": "ES384", "sessionManagement": true });
    let server = Server::new(&acme, settings).await;
    server.scope("orders:read", "IMPLICIT").await;
    set_policy(&server, &json!({ "mode": "OPEN" })).await.expect(200);
    let claim = json!({ "name": "dept", "claimType": "IDENTITY", "value": "user.department", "alwaysIncludeInToken": true });
    acme.api("POST", &format!("/api/v1/authorizationServers/{}/claims", server.id))
        .json(&claim)
        .await
        .expect(201);
    let walk = Walk::of(server.tenant, Some("orders:read")).await;
    for member in ["registration_endpoint", "check_session_iframe"] {
        assert!(walk.document[member].is_string(), "{}", walk.document);
    }
    walk.all().await;
}

async fn what_a_server_does_not_name_it_does_not_do(app: Shared) {
    let org = app.acme().at_org();
    let walk = Walk::of(org, None).await;
    let at = &walk.tenant;
    assert!(!walk.list("grant_types_supported").contains(&"client_credentials".to_owned()));
    let service = NewApp::service().make(at).await;
    at.client_credentials(&service, "openid").await.expect_oauth_error(400, "invalid_scope");
    for (name, value) in [
        ("response_type", "token"),
        ("response_type", "id_token"),
        ("response_type", "code id_token"),
        ("response_mode", "web_message"),
        ("response_mode", "query.jwt"),
        ("code_challenge_method", "plain"),
    ] {
        let visitor = at.visitor();
        let reply = visitor.get(&walk.request("openid").set(name, value).url()).await;
        let back = Callback::read(&reply, CALLBACK);
        assert!(!back.get("error").is_empty(), "{name}={value}: {}", back.url);
    }
    for grant in ["implicit", "urn:ietf:params:oauth:grant-type:device_code"] {
        let reply = at.token_as(&walk.web, &[("grant_type", grant)]).await;
        reply.expect_oauth_error(400, "unsupported_grant_type");
    }
}

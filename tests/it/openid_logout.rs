//! OpenID Connect RP-Initiated Logout as a certified client meets it.

use signet_testkit::{App, Callback, Jwt, Reply, Shared, Tenant, Visitor, json, on_each_engine};

use crate::support::apps::{self, CALLBACK, Made, NewApp, Person};
use crate::support::forge::{Signer, b64};
use crate::support::log::{assert_refusal, events, fact};
use crate::support::registering::{Registered, ordinary, server_with};

on_each_engine! {
    an_app_signs_its_user_out,
    a_sign_out_that_proves_nothing_asks_and_stays,
    a_sign_out_goes_only_where_it_was_registered,
    a_contradicted_hint_proves_nothing,
    a_confirmed_sign_out_goes_back_to_its_app,
    an_app_that_registered_itself_sends_nobody_on_unasked,
    an_app_that_is_off_signs_nobody_out,
}

const BYE: &str = "https://app.example/bye";

struct SignedIn {
    app: Made,
    visitor: Visitor,
    hint: String,
}

async fn sign_in(tenant: &Tenant) -> SignedIn {
    let app = NewApp::web().oauth("post_logout_redirect_uris", json!([BYE])).make(tenant).await;
    let person = Person::new(tenant).await;
    let flow = person.code(tenant, &app, "openid").await;
    let hint = flow.redeem(tenant, &app).await.id_token.clone().expect("an ID token");
    SignedIn { app, visitor: flow.visitor, hint }
}

impl SignedIn {
    async fn sign_out(&self, tenant: &Tenant, params: &[(&str, &str)]) -> Reply {
        let call = self.visitor.call("GET", &tenant.endpoint("logout"));
        self.visitor.send(call.query(params.iter().copied())).await
    }

    /// Whether the browser is still signed in, as `prompt=none` tells the app.
    async fn is_signed_in(&self, tenant: &Tenant) -> bool {
        let silent = tenant.authorize(&self.app, "openid").set("prompt", "none");
        let callback = Callback::read(&self.visitor.get(&silent.url()).await, CALLBACK);
        match callback.get("error") {
            "" => true,
            "login_required" => false,
            other => panic!("{other}"),
        }
    }
}

fn links(reply: &Reply) -> Vec<String> {
    reply.page().attributes("a[href]", "href")
}

async fn an_app_signs_its_user_out(app: Shared) {
    let acme = app.acme();
    assert_eq!(acme.discovery().await["end_session_endpoint"], acme.endpoint("logout"));
    for state in [Some("a state"), None] {
        let own = sign_in(&acme).await;
        let mut params = vec![("id_token_hint", own.hint.as_str()), ("post_logout_redirect_uri", BYE)];
        params.extend(state.map(|state| ("state", state)));
        let reply = own.sign_out(&acme, &params).await.expect(303);
        let to = reply.location();
        assert!(to.as_str().starts_with(BYE), "{to}");
        let told = to.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned());
        assert_eq!(told.as_deref(), state);
        assert!(!own.is_signed_in(&acme).await);
    }
    // Nowhere to go: it ends here.
    let own = sign_in(&acme).await;
    let reply = own.sign_out(&acme, &[("id_token_hint", &own.hint)]).await.expect(200);
    assert!(reply.header("location").is_none());
    assert!(!own.is_signed_in(&acme).await);
}

async fn a_sign_out_that_proves_nothing_asks_and_stays(app: Shared) {
    let acme = app.acme();
    let own = sign_in(&acme).await;
    let (message, signature) = own.hint.rsplit_once('.').expect("a token");
    let (header, _) = message.split_once('.').expect("a token");
    let mut claims = Jwt::decode(&own.hint).claims;
    claims["sub"] = "somebody".into();
    let changed = format!("{header}.{}.{signature}", b64(claims.to_string()));
    let unsigned = format!("{}.{}.", b64(r#"{"alg":"none"}"#), message.split_once('.').expect("a token").1);
    // By a key of the same tenant, but another server's.
    let other = apps::Server::new(&acme, json!({})).await;
    other.tenant.keys().await;
    let mut signer = Signer::of(&app, &other.tenant.issuer()).await;
    let foreign = signer.sign(signer.header().to_string(), Jwt::decode(&own.hint).claims.to_string());
    signer.kid = Jwt::decode(&own.hint).header["kid"].as_str().expect("a kid").to_owned();
    let forged = signer.sign(signer.header().to_string(), Jwt::decode(&own.hint).claims.to_string());
    let cut = own.hint[..own.hint.len() - 8].to_owned();
    for (what, params) in [
        ("no parameters", vec![]),
        ("only a state", vec![("state", "a state")]),
        ("no hint", vec![("post_logout_redirect_uri", BYE), ("state", "a state")]),
        ("a changed hint", vec![("id_token_hint", changed.as_str()), ("post_logout_redirect_uri", BYE)]),
        ("a cut hint", vec![("id_token_hint", cut.as_str()), ("post_logout_redirect_uri", BYE)]),
        ("no token", vec![("id_token_hint", "a hint"), ("post_logout_redirect_uri", BYE)]),
        ("an unsigned hint", vec![("id_token_hint", unsigned.as_str()), ("post_logout_redirect_uri", BYE)]),
        (
            "another server's hint",
            vec![("id_token_hint", foreign.as_str()), ("post_logout_redirect_uri", BYE)],
        ),
        ("a forged hint", vec![("id_token_hint", forged.as_str()), ("post_logout_redirect_uri", BYE)]),
    ] {
        let reply = own.sign_out(&acme, &params).await.expect(200);
        assert!(reply.header("location").is_none(), "{what}: {}", reply.describe());
        assert!(own.is_signed_in(&acme).await, "{what} signed somebody out");
        let form = reply.page().forms().into_iter().find(|form| form.method == "POST");
        assert!(form.is_some(), "{what} isn't asked about: {}", reply.text());
        if params.iter().any(|(name, _)| *name == "id_token_hint") {
            assert_refusal(&acme, &reply, "id_token_invalid").await;
        }
    }
    let asking = own.sign_out(&acme, &[]).await;
    let form = asking.page().forms().into_iter().find(|form| form.method == "POST").expect("a form");
    let done = own.visitor.submit(&asking, &form).await.expect(200);
    assert!(done.header("location").is_none());
    assert!(!own.is_signed_in(&acme).await);
}

async fn a_sign_out_goes_only_where_it_was_registered(app: Shared) {
    let acme = app.acme();
    for uri in ["https://app.example/other", "https://app.example/bye?foo=bar"] {
        let own = sign_in(&acme).await;
        let params = [("id_token_hint", own.hint.as_str()), ("post_logout_redirect_uri", uri)];
        let reply = own.sign_out(&acme, &params).await.expect(200);
        assert!(reply.header("location").is_none(), "{uri}: {}", reply.describe());
        // Signed out all the same, and told why it ends here.
        assert!(!own.is_signed_in(&acme).await, "{uri}");
        assert!(reply.text().contains("has not registered"), "{uri}: {}", reply.text());
        let told = events(&acme, &reply).await;
        let refusal = told.iter().find(|event| event["outcome"]["result"] == "FAILURE").expect("a refusal");
        assert_eq!(refusal["outcome"]["reason"], "illegal_post_logout_redirect_uri");
        assert_eq!(fact(refusal, "postLogoutRedirectUri"), uri.split('?').next().expect("an address"));
        assert_eq!(
            told.iter().filter(|event| event["eventType"] == "user.session.end").count(),
            2,
            "{told:?}"
        );
    }
}

async fn a_contradicted_hint_proves_nothing(app: Shared) {
    let acme = app.acme();
    let own = sign_in(&acme).await;
    let other = NewApp::web().oauth("post_logout_redirect_uris", json!([BYE])).make(&acme).await;
    for client_id in [other.client_id.as_str(), "nobody"] {
        let params = [
            ("id_token_hint", own.hint.as_str()),
            ("client_id", client_id),
            ("post_logout_redirect_uri", BYE),
        ];
        let asking = own.sign_out(&acme, &params).await.expect(200);
        assert!(own.is_signed_in(&acme).await, "{client_id} signed somebody out");
        assert_refusal(&acme, &asking, "mismatched_client").await;
        // Neither of the two is used, so nothing says whose address that is.
        let form = asking.page().forms().into_iter().find(|form| form.method == "POST").expect("a form");
        assert!(form.get("post_logout_redirect_uri").is_none(), "{form:?}");
    }
    let params = [
        ("id_token_hint", own.hint.as_str()),
        ("client_id", own.app.client_id.as_str()),
        ("post_logout_redirect_uri", BYE),
    ];
    assert_eq!(own.sign_out(&acme, &params).await.expect(303).location().as_str(), BYE);
}

async fn a_confirmed_sign_out_goes_back_to_its_app(app: Shared) {
    let acme = app.acme();
    let own = sign_in(&acme).await;
    let other = sign_in(&acme).await;
    let client_id = own.app.client_id.clone();
    let by_name = [("client_id", client_id.as_str()), ("post_logout_redirect_uri", BYE), ("state", "a b&c")];
    // Nobody is asked who isn't signed in, and nobody is led on who wasn't asked.
    let nobody = acme.visitor();
    let call = nobody.call("GET", &acme.endpoint("logout")).query(by_name);
    let reply = nobody.send(call).await.expect(200);
    let link = format!("{BYE}?state=a%20b%26c");
    assert!(!links(&reply).contains(&link), "{}", reply.text());

    // An app's name alone, and the hint of somebody else's sign-in, are asked about; the answer leads back.
    let theirs = [("id_token_hint", own.hint.as_str()), by_name[1], by_name[2]];
    for (who, params) in [(&own, by_name), (&other, theirs)] {
        let asking = who.sign_out(&acme, &params).await.expect(200);
        assert!(who.is_signed_in(&acme).await);
        let form = asking.page().forms().into_iter().find(|form| form.method == "POST").expect("a form");
        assert!(form.get("id_token_hint").is_none(), "{form:?}");
        let policy = asking.header("content-security-policy").expect("a policy");
        assert!(policy.contains("https://app.example"), "the redirect is not admitted: {policy}");
        let done = who.visitor.submit(&asking, &form).await.expect(303);
        assert_eq!(done.location().as_str(), link);
        assert!(!who.is_signed_in(&acme).await);
    }
}

async fn an_app_that_registered_itself_sends_nobody_on_unasked(app: Shared) {
    let acme = app.acme();
    let server = server_with(&acme, &json!({ "mode": "OPEN" })).await;
    let tenant = &server.tenant;
    let mut metadata = ordinary();
    metadata["post_logout_redirect_uris"] = json!([BYE]);
    let stranger: App = Registered::new(&server, None, &metadata).await.app;
    let person = Person::new(&acme).await;
    let flow = person.code(tenant, &stranger, "openid").await;
    let hint = flow.redeem(tenant, &stranger).await.id_token.clone().expect("an ID token");
    let visitor = flow.visitor;

    let params = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE)];
    let nobody = tenant.visitor();
    let reply = nobody.send(nobody.call("GET", &tenant.endpoint("logout")).query(params)).await.expect(200);
    assert!(links(&reply).iter().any(|link| link == BYE), "{}", reply.text());
    // Who is signed in there has met the app.
    let reply = visitor.send(visitor.call("GET", &tenant.endpoint("logout")).query(params)).await.expect(303);
    assert_eq!(reply.location().as_str(), BYE);
}

async fn an_app_that_is_off_signs_nobody_out(app: Shared) {
    let acme = app.acme();
    let own = sign_in(&acme).await;
    acme.api("POST", &format!("/api/v1/apps/{}/lifecycle/deactivate", own.app.id)).await.expect(200);
    let params = [("id_token_hint", own.hint.as_str()), ("post_logout_redirect_uri", BYE)];
    let reply = own.sign_out(&acme, &params).await.expect(200);
    assert_refusal(&acme, &reply, "id_token_invalid").await;
    assert!(reply.page().forms().iter().any(|form| form.method == "POST"), "{}", reply.text());
    let nobody = acme.visitor();
    let reply = nobody.send(nobody.call("GET", &acme.endpoint("logout")).query(params)).await.expect(200);
    assert!(reply.header("location").is_none(), "{}", reply.describe());
}
